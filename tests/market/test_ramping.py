"""Ramping: the answer depends on structure alone, so not on price, lot, side or engine."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.test_layering import scaled
from rules.case import cases_of
from sekisho.engine.answers import Found
from sekisho.engine.controls import load_control
from sekisho.records import records_of
from sekisho.rulebook import load_rulebook
from sekisho.typologies.ramping import _ranges

(RULE,) = load_rulebook().matching("unfair_trading/ramping")
FOUND = [case for case in cases_of(RULE) if case.expect.get("findings") and case.regime == "PSA-2026"]
LEVEL = 1000


def detect(recorded: dict[str, pa.Table], engine: str = "duckdb") -> list[Found]:
    control = load_control(RULE).detect
    assert control is not None
    day = date(2026, 6, 5)
    return list(control(records_of(recorded, engine=engine), RULE.parameters_in("PSA-2026", day, day, {})))


def mirrored(recorded: dict[str, pa.Table]) -> dict[str, pa.Table]:
    """The same trades with buyers and sellers changed about and prices upside down."""
    rows: list[dict[str, Any]] = recorded["trade"].to_pylist()
    for row in rows:
        row["price"] = 2 * LEVEL - row["price"]
        for name in ("order_id", "account_id"):
            row[f"buy_{name}"], row[f"sell_{name}"] = row[f"sell_{name}"], row[f"buy_{name}"]
        row["aggressor_side"] = {"buy": "sell", "sell": "buy"}[row["aggressor_side"]]
    return {"trade": pa.Table.from_pylist(rows, recorded["trade"].schema)}


@pytest.mark.parametrize(("column", "factor"), [("quantity", "0.0001"), ("quantity", "1000"), ("price", "0.001")])
def test_the_score_knows_neither_lot_nor_tick(column: str, factor: str) -> None:
    recorded = {"trade": FOUND[0].records["trade"], "order_event": FOUND[0].records.get("order_event")}
    recorded = {name: table for name, table in recorded.items() if table is not None}
    (plain,), (changed,) = detect(recorded), detect(scaled(recorded, column, factor))
    assert (plain.score, plain.evidence) == (changed.score, changed.evidence)


def test_pressing_is_judged_as_lifting() -> None:
    (lifted,) = detect(FOUND[0].records)
    (pressed,) = detect(mirrored(FOUND[0].records))
    assert (lifted.score, lifted.evidence) == (pressed.score, pressed.evidence)
    assert (lifted.sentence, pressed.sentence) == ("default", "sell")
    assert pressed.facts["price_until"] == 2 * LEVEL - Decimal(str(lifted.facts["price_until"]))


@pytest.mark.usefixtures("spark")
def test_duckdb_and_spark_agree() -> None:
    plain = detect(FOUND[0].records)
    assert plain
    assert detect(FOUND[0].records, "spark") == plain


@given(
    st.lists(st.tuples(st.integers(0, 5_000_000), st.integers(1, 50)), min_size=1, max_size=40),
    st.integers(1_000_000, 9_000_000),
)
def test_ranges_are_those_of_each_stretch_and_the_price_it_began_with(trades: list[tuple[int, int]], width: int) -> None:
    at = np.cumsum(np.array([pause for pause, _price in trades], np.int64))
    price = np.array([price for _pause, price in trades], np.int64)
    begins, ranges = _ranges(at, price, width)
    told = []
    for begin in begins:
        inside = np.flatnonzero((at >= begin) & (at < begin + width))
        prices = price[max(inside[0] - 1, 0) : inside[-1] + 1]
        told.append(prices.max() - prices.min())
    assert ranges.tolist() == told
