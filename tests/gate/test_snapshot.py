"""A gate that starts from a snapshot, or from a base of its books, remembers what one does that replays everything."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gate.gates import NOW, known_address, open_gate, order, put_in_force, rule_set, transfer
from rules.case import table_of
from sekisho.cli import app
from sekisho.gate import Gate, GateDown, GateError
from sekisho.gate.clock import GivenClock
from sekisho.gate.explain import explain
from sekisho.gate.journals import open_journal
from sekisho.gate.snapshot import begin, take_snapshot
from sekisho.records import records_of
from sekisho.rulebook import load_rulebook

TABLES = {
    "account": "account_id party_id kind opened_at\nold P1 customer 2020-01-01T00:00:00Z\nhouse P0 house 2019-01-01T00:00:00Z",
    "party": "party_id kind country born_on\nP1 individual JP 1950-01-01\nP0 corporate JP -",
    "transfer": (
        "transfer_id requested_at account_id direction asset quantity value_jpy address counterparty released_at status\n"
        "B1 2026-01-01T00:00:00Z old out BTC 1.50 1000 bc1known unhosted 2026-01-02T00:00:00Z completed\n"
        "B2 2026-10-30T00:00:00Z old in BTC 2 2000 bc1in hosted - completed"
    ),
    "customer_balance": "account_id asset as_of_date quantity\nold BTC 2026-10-31 5.250\nold BTC 2026-10-30 9",
    "reference_price": "asset quoted_at source price_jpy\nBTC 2026-10-31T00:00:00Z s 10000000",
    "instrument": "instrument base_asset quote_asset tick_size lot_size listed_from\nBTC/JPY BTC JPY 1 1 2019-01-01T00:00:00Z",
    "party_link": "party_id linked_party_id relation since\nP1 P0 employee 2025-01-01",
    "chain_movement": ("asset txid occurred_at from_address to_address quantity\nBTC x1 2026-10-01T00:00:00Z bc1a bc1known 3"),
    "order_event": (
        "event_id occurred_at sequence order_id account_id instrument side action order_type price quantity\n"
        "E1 2026-10-31T00:00:00Z 1 S1 old BTC/JPY sell new limit 100 5\n"
        "E2 2026-10-31T00:01:00Z 3 S2 old BTC/JPY sell new limit 101 2"
    ),
    "trade": (
        "trade_id sequence executed_at instrument price quantity buy_account_id sell_account_id buy_order_id sell_order_id\n"
        "X1 2 2026-10-31T00:00:30Z BTC/JPY 100 2 house old - S1"
    ),
}


def _books(*names: str) -> dict[str, str]:
    return {name: TABLES[name] for name in names or TABLES}


def _gate(where: str, snapshots: Path, at: object = NOW) -> Gate:
    return Gate(where, clock=GivenClock(at), snapshots=snapshots)  # type: ignore[arg-type]


def test_a_base_of_the_books_is_what_learning_them_would_be(where: str, tmp_path: Path) -> None:
    books = records_of({name: table_of(name, text) for name, text in _books().items()})
    journal = open_journal(where)
    begin(journal, tmp_path / "based", books, None, NOW)
    with pytest.raises(GateError, match="has begun already"):
        begin(journal, tmp_path / "again", books, None, NOW)
    journal.close()
    with _gate(where, tmp_path / "based") as based, Gate(str(tmp_path / "learnt.sqlite"), clock=GivenClock(NOW)) as learnt:
        for name in _books():
            learnt.learn(name, books.optional(name).to_pyarrow().to_pylist())
        assert based.digest() == learnt.digest()
        view = based._view
        assert view.holdings("old")["BTC"] == learnt._view.holdings("old")["BTC"]
        assert [(one.order_id, one.quantity) for one in view.book("BTC/JPY", "sell")] == [("S1", 3), ("S2", 2)]
        assert view.registers().owners.chain("old", "house", NOW.date()) is None
        assert view.registers().circle.serves_exchange("P1", NOW.date())[0]
        assert view.pair("BTC/JPY").base == "BTC"
        assert [one.address for one in view.neighbours("bc1known", "BTC", NOW)] == ["bc1a"]
        put_in_force(based, rule_set())
        assert based.submit(transfer("T1")).result().outcome == "allow"
        decision = based.submit(transfer("T2", address="bc1new")).result()
    with pytest.raises(GateDown, match="began with a base"):
        _gate(where, tmp_path / "nowhere")
    journal = open_journal(where)
    assert explain(journal, decision.decision_id, load_rulebook(), tmp_path / "based").same
    journal.close()


def test_starting_from_a_snapshot_is_starting_from_nothing(where: str, tmp_path: Path) -> None:
    gate, clock = open_gate(where)
    with gate:
        known_address(gate)
        for name in _books("instrument", "party_link", "reference_price", "chain_movement", "order_event", "trade", "party"):
            gate.learn(name, records_of({name: table_of(name, TABLES[name])}).optional(name).to_pyarrow().to_pylist())
        gate.decide([transfer(f"T{n}", address=f"bc{n % 4}") for n in range(20)] + [order(f"O{n}") for n in range(5)])
        journal = open_journal(where)
        number, place = take_snapshot(journal, tmp_path / "snapshots")
        assert number == gate.number
        with pytest.raises(GateError, match="there is a snapshot of entry"):
            take_snapshot(journal, tmp_path / "snapshots")
        clock.at = NOW + timedelta(days=2)
        gate.decide([transfer(f"T{n}", address=f"bc{n % 4}") for n in range(10, 30)], [f"k{n}" for n in range(20)])
        gate.learn("account", [{"account_id": "old", "party_id": "P9", "kind": "customer", "opened_at": NOW}])
        take_snapshot(journal, tmp_path / "snapshots")
        journal.close()
        gate.decide([transfer("last")])
        digest = gate.digest()
    for snapshots in (tmp_path / "snapshots", tmp_path / "nothing"):
        with _gate(where, snapshots, clock.at) as again:
            assert again.digest() == digest
            assert again.life.active is not None
    (place.parent / f"{number:012d}").rename(tmp_path / "away")
    newest = next((tmp_path / "snapshots").iterdir())
    (newest / "clients" / "account.parquet").write_bytes(b"damaged")
    with pytest.raises(GateDown, match="remove the snapshot"):
        _gate(where, tmp_path / "snapshots")


def test_a_snapshot_of_another_journal_is_passed_over(tmp_path: Path) -> None:
    for name in ("one", "other"):
        gate, _ = open_gate(str(tmp_path / name))
        with gate:
            gate.decide([transfer(f"{name}-{n}") for n in range(3)])
            digest = gate.digest()
    journal = open_journal(tmp_path / "one")
    take_snapshot(journal, tmp_path / "snapshots")
    journal.close()
    with _gate(str(tmp_path / "other"), tmp_path / "snapshots") as gate:
        assert gate.digest() == digest


def test_a_file_is_decided_by_what_the_books_held_before_it(tmp_path: Path) -> None:
    books = tmp_path / "books"
    books.mkdir()
    for name in ("account", "party", "transfer"):
        lines = TABLES[name].splitlines()
        (books / f"{name}.csv").write_text(
            "\n".join(",".join("" if cell == "-" else cell for cell in line.split()) for line in lines)
        )
    row = {"account_id": "old", "direction": "out", "asset": "BTC", "quantity": "1", "value_jpy": "9", "address": "bc1known"}
    lines = [
        {"transfer": {**row, "transfer_id": "T1", "requested_at": "2026-11-02T00:00:00Z"}, "key": "k"},
        {"transfer": {**row, "transfer_id": "T2", "requested_at": "2026-11-02T00:00:00Z", "address": "bc1new"}},
        {"request_id": "T2", "event": {"kind": "cancelled", "party_id": "P1"}},
    ]
    file = tmp_path / "requests.jsonl"
    file.write_text("\n".join(json.dumps(line) for line in lines))
    words = ["gate", "decide", str(file), "--records", str(books), "--regime", "FIEA-ACT64", "--rules", "transfers/cooling_off"]
    words += ["--assume", "transfers/cooling_off.days=7"]
    done = CliRunner().invoke(app, [*words, "--json"])
    assert done.exit_code == 0, done.output
    assert [json.loads(line)["outcome"] for line in done.stdout.splitlines()] == ["allow", "hold", "refuse"]
    assert CliRunner().invoke(app, [*words, "--json"]).stdout == done.stdout
    assert "bc1new" in CliRunner().invoke(app, words).stdout
    file.write_text('{"transfer": {"transfer_id": "T1"}}')
    wrong = CliRunner().invoke(app, words)
    assert "line 1" in str(wrong.exception)
