"""Quote stuffing: the answer depends on the structure of the messages alone, so not on price, lot, side or engine."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.layering_quality import capture, tables, unnamed
from rules.case import Case, cases_of
from sekisho.engine.answers import Found
from sekisho.engine.controls import load_control
from sekisho.records import records_of
from sekisho.rulebook import load_rulebook

(RULE,) = load_rulebook().matching("unfair_trading/quote_stuffing")
FOUND = [case for case in cases_of(RULE) if case.expect.get("findings")]
START = datetime(2026, 6, 4, 1, tzinfo=UTC)


def detect(recorded: dict[str, pa.Table], engine: str = "duckdb") -> list[Found]:
    control = load_control(RULE).detect
    assert control is not None
    day = date(2026, 6, 5)
    return list(control(records_of(recorded, engine=engine), RULE.parameters_in("PSA-2026", day, day, {})))


def flood(quotes: int, every: float, life: float, accounts: int = 1) -> dict[str, pa.Table]:
    """So many orders, one after the other, each withdrawn after so many seconds, by so many accounts in turn."""
    rows = []
    for number in range(quotes):
        entered = 60 + number * every
        for moment, action, quantity in ((entered, "new", 2), (entered + life, "cancel", 0)):
            rows.append((moment, f"Q{number}", f"A{number % accounts}", action, quantity))
    rows += [(second * 7.0, f"C{second}", f"C{second}", "new", 1) for second in range(60)]
    rows.sort()
    return {
        "order_event": pa.table(
            {
                "event_id": [f"E{place}" for place in range(len(rows))],
                "sequence": pa.array(range(len(rows)), pa.int64()),
                "occurred_at": pa.array([START + timedelta(seconds=row[0]) for row in rows], pa.timestamp("us", "UTC")),
                "instrument": ["BTC/JPY"] * len(rows),
                "order_id": [row[1] for row in rows],
                "account_id": [row[2] for row in rows],
                "side": ["buy"] * len(rows),
                "action": [row[3] for row in rows],
                "order_type": ["limit"] * len(rows),
                "price": pa.array([Decimal(1000)] * len(rows), pa.decimal128(38, 18)),
                "quantity": pa.array([Decimal(row[4]) for row in rows], pa.decimal128(38, 18)),
            }
        )
    }


@pytest.mark.parametrize("case", FOUND[:3], ids=lambda case: case.name)
@pytest.mark.parametrize(("column", "factor"), [("quantity", "0.0001"), ("price", "1000")])
def test_the_score_knows_neither_lot_nor_tick(case: Case, column: str, factor: str) -> None:
    table = case.records["order_event"]
    values = [None if value is None else value * Decimal(factor) for value in table[column].to_pylist()]
    changed = table.set_column(table.column_names.index(column), column, pa.array(values, pa.decimal128(38, 18)))
    plain, other = detect(case.records), detect({"order_event": changed})
    assert [(found.score, found.evidence) for found in plain] == [(found.score, found.evidence) for found in other]


@given(quotes=st.integers(50, 120), every=st.floats(0.005, 0.05))
@settings(max_examples=15, deadline=None)
def test_a_flood_is_found_once_with_every_quote_counted(quotes: int, every: float) -> None:
    (found,) = detect(flood(quotes, every, 0.01))
    assert found.subject_id == "A0"
    assert found.facts["quotes"] == found.facts["fleeting"] == len(found.evidence)
    assert quotes - 1 <= len(found.evidence) <= quotes  # a last one alone in its second is no part of it


@given(life=st.floats(0.6, 5))
@settings(max_examples=10, deadline=None)
def test_orders_that_stay_a_while_are_no_flood(life: float) -> None:
    assert detect(flood(80, 0.02, life)) == []


def test_what_many_do_is_nobodys_flood_unless_one_owner_is_behind_them() -> None:
    apart = flood(80, 0.02, 0.01, accounts=8)
    opened = pa.array([datetime(2026, 1, 1, tzinfo=UTC)] * 8, pa.timestamp("us", "UTC"))
    names = {"account_id": [f"A{n}" for n in range(8)], "party_id": ["P1"] * 8, "kind": ["customer"] * 8, "opened_at": opened}
    assert detect(apart) == []
    (found,) = detect({**apart, "account": pa.table(names)})
    assert found.subject_id == "|".join(f"A{n}" for n in range(8))


@pytest.mark.usefixtures("spark")
def test_spark_finds_the_same() -> None:
    records = flood(60, 0.02, 0.01)
    assert detect(records, "spark") == detect(records) != []


def test_real_flow_is_quiet(shared_data: Path) -> None:
    """Three quarters of the orders of the untouched capture live for moments, and none of them is a flood."""
    events = capture(shared_data / "market" / "bitstamp_2026").events
    assert detect(tables(events, list(range(len(events))), unnamed)) == []
