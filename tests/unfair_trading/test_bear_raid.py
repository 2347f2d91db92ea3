"""Bear raid: a fall is a run on the tape turned upside down, and its size is told as a share of the level it left."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.case import Case, cases_of
from sekisho.engine.answers import Found
from sekisho.engine.controls import load_control
from sekisho.records import records_of
from sekisho.rulebook import load_rulebook
from sekisho.typologies.bear_raid import fall_of, falls
from sekisho.typologies.price_runs import Shape, price_runs
from sekisho.typologies.trade_tape import Tape

(RULE,) = load_rulebook().matching("unfair_trading/bear_raid")
CASES = [case for case in cases_of(RULE) if case.regime == "PSA-2026"]
MINUTE = 60_000_000
SHAPE = Shape(level_minutes=30, rise_minutes=60, fall_minutes=240, history_hours=24, rise_min=Decimal("1.5"), back_min=0)


def tape(seed: int, fall: float) -> Tape:
    """Ten quiet hours with one sudden move for good in the eighth."""
    random = np.random.default_rng(seed)
    at = np.sort(random.integers(0, 600 * MINUTE, 1200)).astype(np.int64)
    price = 100 * np.exp(random.normal(0, 0.0005, len(at))) * np.where(at > 480 * MINUTE, 1 - fall, 1)
    return Tape("ABC/JPY", at, price, np.ones(len(at)), np.where(random.random(len(at)) < 0.5, 1, -1).astype(np.int8))


@given(seed=st.integers(0, 1000), fall=st.floats(0.03, 0.3))
@settings(max_examples=15, deadline=None)
def test_a_fall_is_found_and_measured_and_a_rise_is_none(seed: int, fall: float) -> None:
    """The fall planted is found within its size; the same tape going up holds no fall, but a run."""
    found = falls(tape(seed, fall), SHAPE)
    assert len(found) >= 1
    assert abs(float(max(map(fall_of, found))) - fall) < 0.01
    rising = tape(seed, -fall)
    assert falls(rising, SHAPE) == [] or max(map(fall_of, falls(rising, SHAPE))) < fall / 2
    assert price_runs(rising, SHAPE)


@given(seed=st.integers(0, 1000), unit=st.sampled_from([0.001, 7.0, 1e6]))
@settings(max_examples=10, deadline=None)
def test_units_of_the_price_do_not_matter(seed: int, unit: float) -> None:
    """The same falls whatever the price is quoted in."""
    plain = tape(seed, 0.05)
    scaled = replace(plain, price=plain.price * unit)
    assert [run.peaks_at for run in falls(plain, SHAPE)] == [run.peaks_at for run in falls(scaled, SHAPE)]


def detect(case: Case, engine: str) -> list[Found]:
    control, day = load_control(RULE).detect, date(2026, 6, 5)
    assert control is not None
    return list(control(records_of(case.records, engine=engine), RULE.parameters_in("PSA-2026", day, day, {})))


@pytest.mark.usefixtures("spark")
@pytest.mark.parametrize("expected", [True, False], ids=["a raid", "no raid"])
def test_duckdb_and_spark_agree(expected: bool) -> None:
    """The first worked example that holds a raid, and the first that holds none, to the last digit."""
    case = next(case for case in CASES if bool(case.expect.get("findings")) == expected)
    plain = detect(case, "duckdb")
    assert bool(plain) == expected
    assert detect(case, "spark") == plain
