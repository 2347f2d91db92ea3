"""Validation lists every fault of a folder, value by value and table against table."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from records.small_exchange import Row, sound, write_csv, write_parquet
from sekisho.records import TABLES, validate_folder
from sekisho.records.validation.folder_check import comparisons


@pytest.mark.parametrize("write", [write_csv, write_parquet])
def test_records_that_hold_together_have_no_problem(tmp_path: Path, write) -> None:
    assert validate_folder(write(tmp_path, sound())) == []


CONTRADICTIONS = [
    # table, index of the row changed (None: added), changes, expected (file, row, column, kind)
    ("account", 1, {"party_id": "P9"}, ("account.csv", 2, "party_id", "orphan")),
    ("trade", 0, {"buy_account_id": "A9"}, ("trade.csv", 1, "buy_account_id", "orphan")),
    ("trade", 0, {"buy_order_id": "O9"}, ("trade.csv", 1, "buy_order_id", "orphan")),
    ("wallet_balance", 0, {"wallet_id": "W9"}, ("wallet_balance.csv", 1, "wallet_id", "orphan")),
    ("customer_balance", 3, {"account_id": "A9"}, ("customer_balance.csv", 4, "account_id", "orphan")),
    ("order_event", 2, {"order_id": "O9"}, ("order_event.csv", 3, "order_id", "never_entered")),
    ("order_event", 4, {"order_id": "O2"}, ("order_event.csv", 5, "order_id", "entered_twice")),
    ("order_event", 2, {"order_id": "O4", "sequence": "9"}, ("order_event.csv", 3, "order_id", "after_end")),
    ("order_event", 2, {"side": "buy"}, ("order_event.csv", 3, "order_id", "changed_identity")),
    ("order_event", 5, {"quantity": "1"}, ("order_event.csv", 6, "quantity", "left_after_end")),
    ("order_event", 4, {"price": ""}, ("order_event.csv", 5, "price", "limit_without_price")),
    ("order_event", 4, {"price": "90.5"}, ("order_event.csv", 5, "price", "off_tick_size")),
    ("order_event", 4, {"quantity": "1.0001"}, ("order_event.csv", 5, "quantity", "off_lot_size")),
    ("order_event", 4, {"sequence": "8"}, ("order_event.csv", 6, "sequence", "sequence_shared")),
    ("order_event", 1, {"sequence": "3"}, ("trade.csv", 1, "sequence", "sequence_shared")),
    ("order_event", 4, {"occurred_at": "2026-05-02T00:00:05Z"}, ("order_event.csv", 5, "occurred_at", "time_backwards")),
    ("trade", 1, {"executed_at": "2026-05-02T00:00:09Z"}, ("order_event.csv", 5, "occurred_at", "time_backwards")),
    ("trade", 0, {"buy_order_id": "O1", "sell_order_id": "O2"}, ("trade.csv", 1, "buy_order_id", "wrong_side")),
    ("trade", 0, {"instrument": "ETH/JPY"}, ("trade.csv", 1, "buy_order_id", "wrong_instrument")),
    ("trade", 0, {"buy_account_id": "A1"}, ("trade.csv", 1, "buy_account_id", "wrong_account")),
    ("trade", 1, {"sell_order_id": "O1", "buy_order_id": "O4"}, ("trade.csv", 2, "sequence", "too_early")),
    ("trade", 1, {"buy_order_id": "O4", "sequence": "9", "price": "90"}, ("trade.csv", 2, "sequence", "too_late")),
    ("trade", 0, {"price": "102"}, ("trade.csv", 1, "price", "beyond_limit")),
    ("trade", 0, {"quantity": "1.5"}, ("trade", None, "quantity", "overfilled")),
    ("trade", 1, {"quantity": "0.6"}, ("trade", None, "quantity", "overfilled")),
    ("order_event", 2, {"price": "100"}, ("trade", None, "price", "beyond_replaced_limit")),
    ("wallet_balance", 1, {"quantity": "11"}, ("wallet_balance", None, "quantity", "does_not_add_up")),
    ("customer_balance", 1, {"quantity": "3.4"}, ("customer_balance", None, "quantity", "does_not_add_up")),
]


@pytest.mark.parametrize(("table", "index", "changes", "expected"), CONTRADICTIONS)
def test_a_contradiction_is_found(tmp_path: Path, table: str, index: int, changes: Row, expected: tuple[object, ...]) -> None:
    tables = sound()
    tables[table][index] |= changes
    found = validate_folder(write_csv(tmp_path, tables))
    assert expected in {(p.file, p.row, p.column, p.kind) for p in found}
    assert all(p.problem and p.remedy for p in found)


def test_every_fault_of_a_file_is_listed_with_its_row(tmp_path: Path) -> None:
    rows = [
        "wallet_id,observed_at,quantity",
        "W1,2026-05-02T00:00:00Z,1",
        "W1,2026-05-02 00:00:00,1",
        "W1,2026-05-03T00:00:00Z",
        "W1,2026-05-04T00:00:00Z,-1",
        ",2026-05-05T00:00:00Z,nan",
        "W1,2026-05-06T00:00:00Z,1,2",
        "W1,2026-05-02T00:00:00Z,5",
        "W1,2026-05-07T09:00:00+09:00,5",
    ]
    (tmp_path / "wallet_balance.csv").write_text("\n".join(rows), encoding="utf-8")
    found = {(p.row, p.column, p.kind) for p in validate_folder(tmp_path)}
    assert found == {
        (2, "observed_at", "unreadable"),
        (3, None, "shape"),
        (4, "quantity", "sign"),
        (5, "wallet_id", "missing"),
        (5, "quantity", "unreadable"),
        (6, None, "shape"),
        (7, "wallet_id, observed_at", "duplicate"),
        (8, "observed_at", "unreadable"),
    }


def test_only_the_first_hundred_of_a_kind_are_listed_but_all_are_counted(tmp_path: Path) -> None:
    lines = "".join(f"W{i},2026-05-02T00:00:00Z,-1\n" for i in range(250))
    (tmp_path / "wallet_balance.csv").write_text("wallet_id,observed_at,quantity\n" + lines, encoding="utf-8")
    found = validate_folder(tmp_path)
    assert [p.row for p in found] == list(range(1, 101))
    assert {p.total for p in found} == {250}


def test_a_table_that_cannot_be_read_does_not_hide_the_others(tmp_path: Path) -> None:
    folder = write_csv(tmp_path, sound())
    (folder / "trade.csv").write_bytes(b"\xff\xfet\0r\0")
    with (folder / "party.csv").open("a", encoding="utf-8") as text:
        text.write("P1,individual,JP\n")
    found = {(p.file, p.row, p.kind) for p in validate_folder(folder)}
    assert found == {("trade.csv", None, "unusable"), ("party.csv", 3, "duplicate")}


def test_a_release_after_midnight_may_fall_on_either_day(tmp_path: Path) -> None:
    tables = sound()
    tables["transfer"][0] |= {"requested_at": "2026-05-01T14:00:00Z"}  # 23:00 in Japan on the day before
    assert validate_folder(write_csv(tmp_path, tables)) == []


def test_numbers_out_of_proportion_are_told_and_do_not_end_the_validation(tmp_path: Path) -> None:
    tables = sound()
    for trade in tables["trade"]:
        trade["quantity"] = "60000000000000000000"
        trade["sell_order_id"] = "O1"
    tables["party"][0]["party_id"] = "P9"
    found = {(p.file, p.kind) for p in validate_folder(write_csv(tmp_path, tables))}
    assert ("trade", "overfilled") in found
    assert ("customer_balance", "not_compared") in found
    assert ("account.csv", "orphan") in found


def test_the_guide_explains_every_kind_of_fault() -> None:
    project = Path(__file__).resolve().parents[2]
    guide = set(re.findall(r"^\| `(\w+)` \|", (project / "docs" / "records.md").read_text(encoding="utf-8"), re.MULTILINE))
    between = [check.kind for _, checks in comparisons(TABLES.keys()) for check in checks]
    single = ["unusable", "shape", "missing", "unreadable", "not_finite", "empty_text", "unknown_word", "pattern", "sign"]
    assert guide == {*single, "implausible", "duplicate", "not_compared", *between}
