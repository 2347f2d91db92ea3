"""The loss of a year: computed on a grid, it is what simulation gives; it cannot exceed what is held; nothing later leaks in."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sekisho.reserve.annual import Rate, industry_year, on_grid, rate_of, year_of
from sekisho.reserve.assumptions import Assumptions, assumptions_of
from sekisho.reserve.backtest import MODEL, Protocol, backtest
from sekisho.reserve.estimate import Cover, Estimator, Exposure, Past, frequency, leaving_out
from sekisho.reserve.incidents import PROJECT_TABLE, Incident, read_incidents
from sekisho.reserve.scores import coverage, crps_log, pinball
from sekisho.reserve.severity import Tail, severity_of

LOSSES = st.lists(st.floats(1e6, 1e9), min_size=1, max_size=20)
TABLE = read_incidents(PROJECT_TABLE)
PLAIN = assumptions_of(())


def estimator(assumptions: Assumptions = PLAIN, basis: str = "japan") -> Estimator:
    return Estimator(Past(TABLE), assumptions, basis)


@given(LOSSES, st.floats(0.3, 2.0), st.floats(1.5, 20))
def test_each_interval_between_past_losses_is_as_likely_as_the_others(losses: list[float], alpha: float, multiple: float) -> None:
    size = severity_of(losses, 1e6, Tail(alpha, multiple))
    chances = size.below(np.array([*sorted(losses), size.cap]))
    wanted = (1 + np.arange(len(losses) + 1)) / (len(losses) + 1)
    spaced = np.diff(np.sort(losses), prepend=1e6) > 1
    assert np.allclose(chances[:-1][spaced], wanted[:-1][spaced], atol=1e-6)
    assert chances[-1] == pytest.approx(1)
    assert size.below(np.array([0.0, 999_999.0])).tolist() == [0, 0]
    assert size.cap == pytest.approx(multiple * max(losses), rel=1e-6)


def test_the_grid_gives_what_a_million_simulated_years_give() -> None:
    losses = [2e6, 7e6, 3e7, 4.5e8]
    size, rate = severity_of(losses, 1e6, Tail(0.5, 7)), Rate(4.5, 6)
    year = industry_year(rate, size)
    random = np.random.default_rng(11)
    counts = random.poisson(random.gamma(rate.shape, 1 / rate.years, 1_000_000))
    drawn, at = random.random(counts.sum()), np.geomspace(1e6, size.cap, 20_001)
    sizes = np.interp(drawn, size.below(at), at)
    totals = np.bincount(np.repeat(np.arange(len(counts)), counts), sizes, len(counts))
    for level in (0.6, 0.9, 0.95, 0.99):
        assert year.quantile(level) == pytest.approx(np.quantile(totals, level), rel=0.015, abs=year.step)
    assert year.mean == pytest.approx(totals.mean(), rel=0.01)


@given(st.floats(0, 1e11), st.floats(0, 1e12), st.floats(0.01, 1))
@example(hot=0.0, cold=5e-324, reach=1.0)
@settings(max_examples=25)
def test_a_single_theft_takes_no_more_than_the_tiers_hold(hot: float, cold: float, reach: float) -> None:
    exposure = Exposure(hot, cold)
    year = estimator(PLAIN.but("cold_reach", reach)).year(exposure, 2**13)
    # One theft empties everything at most; several in a year are less likely than one in ten thousand years.
    assert year.quantile(0.995) <= 2 * exposure.whole_jpy * 1.001 + 1
    assert year.quantile(0.9) == 0, "nine years in ten see no theft"
    assert year.chances.sum() == pytest.approx(1)


def test_a_hot_wallet_smaller_than_the_grid_does_not_shrink_it() -> None:
    year = estimator(PLAIN.but("cold_reach", 1.0)).year(Exposure(1.0, 1e12))
    assert year.step * len(year.chances) >= 2.9e12
    assert year.mean == pytest.approx(estimator(PLAIN.but("cold_reach", 1.0)).year(Exposure(0.0, 1e12)).mean, rel=1e-6)


def test_nothing_held_is_nothing_lost() -> None:
    for less_than_a_yen in (0, 0.5, 5e-324):
        assert estimator().year(Exposure(0, less_than_a_yen)).quantile(0.999) == 0


def test_more_hot_more_frequent_or_further_reaching_is_never_cheaper() -> None:
    base = estimator().year(Exposure(5e9, 95e9)).mean
    assert estimator().year(Exposure(10e9, 90e9)).mean > base
    assert estimator(PLAIN.but("grade_factor", 2)).year(Exposure(5e9, 95e9)).mean == pytest.approx(2 * base, rel=1e-3)
    assert estimator(PLAIN.but("cold_reach", 0.5)).year(Exposure(5e9, 95e9)).mean > base


def test_the_rate_is_official_thefts_over_exchange_years_and_half_a_theft() -> None:
    found = frequency(Past(TABLE), PLAIN, "japan")
    assert found.events == 5, "Coincheck, Zaif, BITPoint, Liquid, DMM Bitcoin"
    assert found.rate.mean == pytest.approx(5.5 / (25 * 9.39))
    low, high = found.interval()
    assert low < found.rate.mean < high


def test_a_discount_weighs_the_last_year_most() -> None:
    assert rate_of([0, 0, 4], 0.5).mean > rate_of([4, 0, 0], 0.5).mean
    assert rate_of([1, 2, 3], 1.0) == Rate(6.5, 3)


def test_leaving_out_an_incident_never_adds_to_the_rate() -> None:
    exposure = Exposure(5e9, 95e9)
    effects = {one.name: amount for one, amount in leaving_out(estimator(), exposure)}
    assert len(effects) == len(Past(TABLE).thefts(PLAIN))
    assert effects["DMM Bitcoin 2024-05"] < estimator().required(exposure)


def test_the_official_yen_figure_comes_first() -> None:
    yen = {one.entity: loss for one, loss in Past(TABLE).thefts(PLAIN)}
    assert yen["Coincheck"] == 58e9
    assert yen["DMM Bitcoin"] == 48.2e9
    assert yen["Liquid"] == 97e6 * 150


def test_an_insurance_pays_above_the_deductible_and_up_to_the_limit() -> None:
    cover = Cover(reserve_jpy=1e9, limit_jpy=3e9, deductible_jpy=5e8)
    assert [cover.left(loss) for loss in (0, 5e8, 6e8, 3.5e9, 5e9)] == [0, 5e8, 5e8, 5e8, 2e9]
    year = estimator().year(Exposure(5e9, 95e9))
    assert cover.chance_exceeded(year, insured=True) < cover.chance_exceeded(year, insured=False)
    whole = Cover(reserve_jpy=5e9)
    assert whole.chance_exceeded(year, insured=False) == pytest.approx(float(year.exceeded(np.array([5e9]))[0]))


def test_draws_are_the_same_for_the_same_seed() -> None:
    one, same, other = (
        [year.quantile(0.99) for year in estimator().draws(Exposure(5e9, 95e9), 20, seed, lambda done, of: None)]
        for seed in (3, 3, 4)
    )
    assert one == same
    assert one != other


def incident(year: int, usd: int, month: int = 6) -> Incident:
    return Incident(
        name=f"E {year}-{month}", occurred_on=date(year, month, 1), entity="E", kind="exchange_theft", usd=Decimal(usd), sources="a"
    )


@given(st.lists(st.tuples(st.integers(2011, 2018), st.integers(10**6, 10**9)), min_size=3, max_size=12), st.integers(10**6, 10**10))
@settings(max_examples=10)
def test_no_later_loss_changes_an_earlier_prediction(past: list[tuple[int, int]], later: int) -> None:
    known = [incident(2011, 5 * 10**6), incident(2012, 10**7), *(incident(*each) for each in past)]
    protocol = Protocol(first=2016, last=2018, simulations=100)
    before = backtest(known, protocol, stability=False)["methods"]
    after = backtest([*known, incident(2018, later, 12)], protocol, stability=False)["methods"]
    for level in ("0.9", "0.95", "0.99"):
        assert before[MODEL]["levels"][level]["quantiles_usd"] == after[MODEL]["levels"][level]["quantiles_usd"]


def test_pinball_and_coverage_by_hand() -> None:
    assert pinball(100, 150, 0.9) == pytest.approx(45)
    assert pinball(150, 100, 0.9) == pytest.approx(5)
    found = coverage([False, True, False, False, False, False, False], 0.9)
    assert found.exceeded == 1
    assert found.binomial == pytest.approx(0.5217031)
    assert found.passed
    assert not coverage([True] * 7, 0.9).passed
    assert coverage([False] * 7, 0.99).christoffersen is None


def test_crps_of_a_certain_prediction_is_its_distance() -> None:
    amounts = np.array([0.0, 1e7, 1e8])
    certain = np.array([0.0, 1.0, 0.0])
    assert crps_log(amounts, certain, 1e8) == pytest.approx(1)
    assert crps_log(amounts, certain, 1e7) == pytest.approx(0)
    assert crps_log(amounts, certain, 3e7) == pytest.approx(np.log10(3))


def test_mass_at_the_cap_of_a_tier_is_kept() -> None:
    size = severity_of([1e9, 5e9], 1e8, Tail(0.5, 7))
    chances = on_grid(size, 1e7, 4096, 2e9)
    assert chances.sum() == pytest.approx(1)
    assert chances[200] == pytest.approx(1 - float(size.below(np.array([1.995e9]))[0]))
    assert year_of(Rate(1.0, 10), chances, 1e7).quantile(0.99) <= 4e9
