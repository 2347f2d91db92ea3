"""Layering: the answer depends on structure alone, so not on price, lot, asset, side or engine."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from benchmarks.layering_quality import capture, tables, unnamed
from rules.case import Case, cases_of
from sekisho.engine.answers import Found
from sekisho.engine.controls import load_control
from sekisho.records import records_of
from sekisho.rulebook import load_rulebook

(RULE,) = load_rulebook().matching("unfair_trading/layering")
FOUND = [case for case in cases_of(RULE) if case.expect.get("findings")]


def detect(recorded: dict[str, pa.Table], engine: str = "duckdb") -> list[Found]:
    control = load_control(RULE).detect
    assert control is not None
    day = date(2026, 6, 5)
    return list(control(records_of(recorded, engine=engine), RULE.parameters_in("PSA-2026", day, day, {})))


def scaled(recorded: dict[str, pa.Table], column: str, factor: str) -> dict[str, pa.Table]:
    """The same records with every price or quantity multiplied."""

    def times(table: pa.Table) -> pa.Table:
        values = [None if value is None else value * Decimal(factor) for value in table[column].to_pylist()]
        return table.set_column(table.column_names.index(column), column, pa.array(values, pa.decimal128(38, 18)))

    return {name: times(table) for name, table in recorded.items() if name in ("order_event", "trade")}


@pytest.mark.parametrize("case", FOUND, ids=lambda case: case.name)
@pytest.mark.parametrize(("column", "factor"), [("quantity", "0.0001"), ("quantity", "1000"), ("price", "0.001")])
def test_the_score_knows_neither_lot_nor_tick(case: Case, column: str, factor: str) -> None:
    plain, changed = detect(case.records), detect(scaled(case.records, column, factor))
    assert [(found.score, found.evidence) for found in plain] == [(found.score, found.evidence) for found in changed]


@pytest.mark.parametrize("case", FOUND[:1], ids=lambda case: case.name)
def test_the_mirror_image_is_the_same_scheme(case: Case) -> None:
    mirrored = {}
    for name, table in case.records.items():
        for column in {"side", "aggressor_side"} & set(table.column_names):
            words = [{"buy": "sell", "sell": "buy"}.get(word, word) for word in table[column].to_pylist()]
            table = table.set_column(table.column_names.index(column), column, pa.array(words, pa.string()))
        if name == "trade":
            swap = {"buy_order_id": "sell_order_id", "buy_account_id": "sell_account_id"}
            swap |= {there: here for here, there in swap.items()}
            table = table.rename_columns([swap.get(column, column) for column in table.column_names])
        prices = [None if price is None else 2002 - price for price in table["price"].to_pylist()]
        mirrored[name] = table.set_column(table.column_names.index("price"), "price", pa.array(prices, pa.decimal128(38, 18)))
    (plain,), (other,) = detect(case.records), detect(mirrored)
    assert (plain.score, plain.evidence) == (other.score, other.evidence)
    assert (plain.facts["side"], other.facts["side"]) == ("buy", "sell")


def test_the_genuine_order_may_stand_in_another_account_of_the_owner() -> None:
    apart = {name: _moved_to(table, "G1", "A2") for name, table in FOUND[0].records.items()}
    opened = pa.array([datetime(2026, 1, 1, tzinfo=UTC)] * 2, pa.timestamp("us", "UTC"))
    kinds = {"kind": ["customer", "customer"], "opened_at": opened}
    account = pa.table({"account_id": ["A1", "A2"], "party_id": ["P1", "P1"], **kinds})
    assert detect(apart) == []
    (found,) = detect({**apart, "account": account})
    assert (found.subject_id, found.evidence) == ("A1", detect(FOUND[0].records)[0].evidence)


def _moved_to(table: pa.Table, order: str, account: str) -> pa.Table:
    for orders, accounts in (("order_id", "account_id"), ("sell_order_id", "sell_account_id")):
        if orders in table.column_names:
            pairs = zip(table[orders].to_pylist(), table[accounts].to_pylist(), strict=True)
            names = [account if own == order else name for own, name in pairs]
            table = table.set_column(table.column_names.index(accounts), accounts, pa.array(names, pa.string()))
    return table


@pytest.mark.usefixtures("spark")
def test_spark_finds_the_same() -> None:
    case = FOUND[0]
    assert detect(case.records, "spark") == detect(case.records)


def test_real_flow_is_quiet(shared_data: Path) -> None:
    """At most one false finding in 10,000 new orders of the untouched capture."""
    events = capture(shared_data / "market" / "bitstamp_2026").events
    found = detect(tables(events, list(range(len(events))), unnamed))
    assert len(found) <= len([event for event in events if event.action == "new"]) / 10_000
