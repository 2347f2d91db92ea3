"""Marking the close: the answer depends on structure alone, so not on price, lot, side, engine or how a fixing is named."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.test_layering import scaled
from rules.case import Case, cases_of
from sekisho.engine.answers import Found
from sekisho.engine.controls import load_control
from sekisho.records import records_of
from sekisho.rulebook import load_rulebook
from sekisho.typologies.fixings import time_of_day, times_of_day
from sekisho.typologies.marking import _heaviest_chain

(RULE,) = load_rulebook().matching("unfair_trading/marking_the_close")
FOUND = [case for case in cases_of(RULE) if case.expect.get("findings") and case.regime == "PSA-2026"]


def detect(recorded: dict[str, pa.Table], engine: str = "duckdb", **assumed: str) -> list[Found]:
    control = load_control(RULE).detect
    assert control is not None
    day = date(2026, 6, 5)
    return list(control(records_of(recorded, engine=engine), RULE.parameters_in("PSA-2026", day, day, assumed)))


@pytest.mark.parametrize(("column", "factor"), [("quantity", "0.0001"), ("quantity", "1000"), ("price", "0.001")])
def test_the_score_knows_neither_lot_nor_tick(column: str, factor: str) -> None:
    recorded = {name: table for name, table in FOUND[0].records.items() if name in ("order_event", "trade")}
    plain, changed = detect(recorded), detect(scaled(recorded, column, factor))
    assert plain
    assert [(found.score, found.evidence) for found in plain] == [(found.score, found.evidence) for found in changed]


@pytest.mark.usefixtures("spark")
def test_duckdb_and_spark_agree() -> None:
    index = next(case for case in FOUND if "reference_price" in case.records)
    plain = detect(index.records)
    assert plain
    assert detect(index.records, "spark") == plain


def test_a_user_may_name_the_fixing_by_a_zone() -> None:
    case: Case = FOUND[0]
    assert detect(case.records, fixings="12:00+09:00") == []
    (plain,) = detect(case.records)
    (other,) = detect(case.records, fixings="12:00+09:00, 16:00Europe/London")
    assert (plain.score, plain.evidence) == (other.score, other.evidence)
    assert other.facts["fixing"] == "16:00Europe/London"


@pytest.mark.parametrize(
    ("text", "day", "moment"),
    [
        ("00:00+09:00", date(2026, 6, 5), datetime(2026, 6, 4, 15, tzinfo=UTC)),
        ("22:13:20+00:00", date(2026, 6, 5), datetime(2026, 6, 5, 22, 13, 20, tzinfo=UTC)),
        ("16:00Europe/London", date(2026, 6, 5), datetime(2026, 6, 5, 15, tzinfo=UTC)),
        ("16:00Europe/London", date(2026, 1, 5), datetime(2026, 1, 5, 16, tzinfo=UTC)),
        ("09:30-05:00", date(2026, 6, 5), datetime(2026, 6, 5, 14, 30, tzinfo=UTC)),
    ],
)
def test_times_of_day(text: str, day: date, moment: datetime) -> None:
    assert time_of_day(text).on(day) == moment


@pytest.mark.parametrize("text", ["noon", "25:00+09:00", "16:00Nowhere/Land", "16:00", "00:00+9"])
def test_a_time_without_sense_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="such as 00:00"):
        times_of_day(text)


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 50)), min_size=1, max_size=9))
def test_the_heaviest_chain_is_the_heaviest(trades: list[tuple[int, int]]) -> None:
    price, lots = (np.array(column, np.int64) for column in zip(*trades, strict=True))
    chain = _heaviest_chain(price, lots)
    assert (np.diff(chain) > 0).all()
    assert (np.diff(price[chain]) >= 0).all()
    heaviest = 0
    for chosen in range(1, 1 << len(trades)):
        places = [n for n in range(len(trades)) if chosen >> n & 1]
        if all(price[a] <= price[b] for a, b in pairwise(places)):
            heaviest = max(heaviest, int(lots[places].sum()))
    assert int(lots[chain].sum()) == heaviest


def test_amount_is_what_was_taken() -> None:
    (found,) = detect(FOUND[0].records)
    assert found.amount_jpy == Decimal(6 * (1004 + 1008 + 1012))
