"""Frauds in the simulated exchange: what the answer key says of a story is what the records show, and addresses are real ones."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from sekisho.simulation import Options, simulate
from sekisho.simulation.addresses import address, look_alike

SEED = bytes(range(32))


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("frauds")
    simulate(Options(seed=3, days=3, accounts=600, instruments=3, orders=20_000, history=12), folder)
    return folder


def _rows(folder: Path, table: str) -> list[dict[str, Any]]:
    return list(pq.read_table(folder / f"{table}.parquet").to_pylist())


def _told(folder: Path, pattern: str) -> list[list[dict[str, Any]]]:
    """The transfers that prove each story of a pattern, oldest first."""
    by_id = {row["transfer_id"]: row for row in _rows(folder, "transfer")}
    key = [each for each in _rows(folder, "answer_key") if each["pattern"] == pattern]
    stories = [[by_id[e["id"]] for e in each["evidence"] if e["table"] == "transfer"] for each in key]
    assert stories, pattern
    return [sorted(story, key=lambda row: row["requested_at"]) for story in stories]


def test_an_address_is_written_as_its_chain_writes_it() -> None:
    # BIP 173 test vector, the black hole of XRP Ledger, EIP-55 test vector.
    key_hash = bytes.fromhex("751e76e8199196d454941c45d1b3a323f1433bd6").ljust(32, b"\0")
    assert address("BTC", key_hash) == "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
    assert address("XRP", bytes(32)) == "rrrrrrrrrrrrrrrrrrrrrhoLvTp"
    checksummed = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
    assert address("ETH", bytes.fromhex(checksummed[2:]).ljust(32, b"\0")) == checksummed
    assert address("LINK", SEED) == address("ETH", SEED)


def test_a_look_alike_begins_and_ends_alike_and_is_an_address() -> None:
    asked, other = address("ETH", SEED), address("ETH", SEED[::-1])
    false = look_alike(asked, other)
    assert false.lower() != asked.lower()
    assert (false[:6].lower(), false[-4:].lower()) == (asked[:6].lower(), asked[-4:].lower())
    assert address("ETH", bytes.fromhex(false[2:]).ljust(32, b"\0")) == false


def test_what_is_bought_in_haste_leaves_for_a_wallet_nobody_has_seen(exchange: Path) -> None:
    trades = _rows(exchange, "trade")
    for (row,) in _told(exchange, "bought_and_sent"):
        assert row["address_first_used_at"] is None
        bought = [each["executed_at"] for each in trades if each["buy_account_id"] == row["account_id"]]
        assert any(timedelta(0) < row["requested_at"] - at < timedelta(days=2) for at in bought)


def test_who_was_taken_over_changed_a_password_hours_before(exchange: Path) -> None:
    changes = [row for row in _rows(exchange, "account_event") if row["kind"] == "password_changed"]
    for (row,) in _told(exchange, "taken_over"):
        mine = [each["occurred_at"] for each in changes if each["account_id"] == row["account_id"]]
        assert any(timedelta(0) < row["requested_at"] - at < timedelta(hours=24) for at in mine)


def test_pieces_are_each_below_the_threshold_and_together_above(exchange: Path) -> None:
    for story in _told(exchange, "in_pieces"):
        assert all(row["value_jpy"] <= 100_000 for row in story)
        assert sum(row["value_jpy"] for row in story) > 100_000
        assert story[-1]["requested_at"] - story[0]["requested_at"] < timedelta(days=1)


def test_a_collector_is_sent_to_by_clients_who_are_not_linked(exchange: Path) -> None:
    for story in _told(exchange, "one_collector"):
        assert len({row["address"] for row in story}) == 1
        assert len({row["account_id"] for row in story}) == len(story) >= 5
    for story in _told(exchange, "one_exchange"):
        assert {row["counterparty"] for row in story} == {"hosted"}


def test_a_poisoned_address_was_seen_only_in_a_trifle_that_came_in(exchange: Path) -> None:
    transfers = _rows(exchange, "transfer")
    for (row,) in _told(exchange, "poisoned"):
        others = [each for each in transfers if each["account_id"] == row["account_id"] and each is not row]
        assert {each["direction"] for each in others if each["address"] == row["address"]} >= {"in"}
        known = [each["address"] for each in others if each["direction"] == "out" and each["address"] != row["address"]]
        assert row["address"].lower()[:6] in {each.lower()[:6] for each in known}
        assert row["address"].lower()[-4:] in {each.lower()[-4:] for each in known}


def test_a_notice_that_is_missing_is_missing(exchange: Path) -> None:
    assert all(row["travel_rule_payload"] is None for (row,) in _told(exchange, "no_notice"))
    assert all('"beneficiaryPersons":[]' in row["travel_rule_payload"] for (row,) in _told(exchange, "unnamed"))
    assert all(row["travel_rule_payload"] for (row,) in _told(exchange, "with_notice"))


def test_ordinary_first_payments_wait(exchange: Path) -> None:
    told = {e["id"] for each in _rows(exchange, "answer_key") for e in each["evidence"]}
    first = [
        row
        for row in _rows(exchange, "transfer")
        if row["direction"] == "out" and row["address_first_used_at"] is None and row["transfer_id"] not in told
    ]
    assert first
    for row in first:
        waited = None if row["released_at"] is None else row["released_at"] - row["requested_at"]
        assert waited is None or waited > timedelta(days=7)
