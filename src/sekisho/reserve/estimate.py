"""The level of a reserve for one exchange: how often exchanges are robbed, what the firm holds where, and a year of that."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import gamma

from sekisho.records import RecordsError
from sekisho.reserve.annual import JEFFREYS, Rate, YearLoss, on_grid, rate_of, year_of
from sekisho.reserve.assumptions import Assumptions
from sekisho.reserve.incidents import THEFT, Incident
from sekisho.reserve.severity import Floats, Severity, Tail, severity_of

CELLS = 2**15
DRAW_CELLS = 2**13
GRID_HOLDINGS = 3
"""How many times its whole holdings a firm could lose in a year on the grid: more than two thefts of everything do not fit."""

JAPAN = "JP"
JAPAN_FROM = "2017-04-01"


@dataclass(frozen=True, slots=True)
class Exposure:
    """What the firm keeps for customers, in yen: where a network reaches it (hot) and where none does (cold)."""

    hot_jpy: float
    cold_jpy: float

    @property
    def whole_jpy(self) -> float:
        """Hot and cold together: what a theft that reaches the cold wallets can take."""
        return self.hot_jpy + self.cold_jpy


@dataclass(frozen=True, slots=True)
class Cover:
    """What stands ready: the reserve, and an insurance that pays a year's loss above the deductible up to the limit. Yen."""

    reserve_jpy: float = 0.0
    limit_jpy: float = 0.0
    deductible_jpy: float = 0.0

    def left(self, loss: float) -> float:
        """What the insurance leaves of a year's loss: it grows with the loss, so its quantile is that of the loss, left over."""
        return loss - min(max(loss - self.deductible_jpy, 0.0), self.limit_jpy)

    def chance_exceeded(self, year: YearLoss, *, insured: bool) -> float:
        """The chance that what is left of a year's loss is more than the reserve."""
        limit = self.limit_jpy if insured else 0.0
        hair = 1e-6
        return year.share_where(
            lambda amounts: amounts - np.clip(amounts - self.deductible_jpy, 0.0, limit) > self.reserve_jpy * (1 + 1e-12) + hair
        )


@dataclass(frozen=True, slots=True)
class Frequency:
    """Thefts per exchange and year: how many were seen over how many exchange-years, and where that was taken from."""

    basis: str
    events: int
    rate: Rate

    def interval(self, share: float = 0.9) -> tuple[float, float]:
        """The middle ``share`` of what the rate may be."""
        edge = (1 - share) / 2
        low, high = gamma.ppf([edge, 1 - edge], self.rate.shape, scale=1 / self.rate.years)
        return float(low), float(high)


@dataclass(frozen=True, slots=True)
class Past:
    """The incidents an estimate uses."""

    incidents: tuple[Incident, ...]

    def without(self, dropped: Incident) -> Past:
        """The same past with one incident left out."""
        return Past(tuple(one for one in self.incidents if one is not dropped))

    def thefts(self, a: Assumptions) -> list[tuple[Incident, float]]:
        """Each theft from an exchange that counts, with its loss in yen: the official figure, or dollars at the assumed rate."""
        found = []
        for one in self.incidents:
            yen = float(one.jpy) if one.jpy is not None else float(one.usd) * a["usd_jpy"] if one.usd is not None else None
            if one.kind == THEFT and yen is not None and yen >= a["threshold_usd"] * a["usd_jpy"]:
                found.append((one, yen))
        return found


def frequency(past: Past, a: Assumptions, basis: str) -> Frequency:
    """Thefts per exchange-year, from the Japanese incidents since registration began or from the whole table."""
    thefts = [one for one, _ in past.thefts(a)]
    if basis == "japan":
        seen = [one for one in thefts if one.country == JAPAN and one.occurred_on.isoformat() >= JAPAN_FROM]
        rate = Rate(len(seen) + JEFFREYS, a["japan_exchanges"] * a["watched_years"])
        return Frequency(basis, len(seen), rate.times(a["grade_factor"]))
    years = [one.occurred_on.year for one in thefts if one.usd is not None]
    if not years:
        raise RecordsError(
            "incidents", "hold no theft with a dollar figure", "give the table as it is described in docs/reserve.md"
        )
    first = min(one.occurred_on.year for one in past.incidents)
    counts = [years.count(year) for year in range(first, max(years) + 1)]
    world = rate_of(counts, a["discount"])
    return Frequency(basis, len(years), Rate(world.shape, world.years * a["world_exchanges"]).times(a["grade_factor"]))


def severity(past: Past, a: Assumptions, weights: Floats | None = None, alpha: float | None = None) -> Severity:
    """The size of one theft anywhere, in yen, before the firm's holdings cap it."""
    losses = [yen for _, yen in past.thefts(a)]
    if not losses:
        raise RecordsError("incidents", "hold no theft that counts", "give a table with thefts of at least --set threshold_usd")
    tail = Tail(a["tail_alpha"] if alpha is None else alpha, a["cap_multiple"])
    return severity_of(losses, a["threshold_usd"] * a["usd_jpy"], tail, weights)


def year_loss(rate: Rate, size: Severity, exposure: Exposure, cold_reach: float, cells: int = CELLS) -> YearLoss:
    """The firm's loss of a year: a theft takes at most the hot wallets, or with the chance ``cold_reach`` at most everything."""
    whole = exposure.whole_jpy
    if whole < 1:
        # Less than one yen is nothing, and no grid can be laid over it.
        return YearLoss(1.0, np.ones(1))
    step = GRID_HOLDINGS * whole / cells
    if exposure.hot_jpy >= step:
        # The hot holdings, at which many losses end, lie on the grid exactly.
        step = exposure.hot_jpy / np.floor(exposure.hot_jpy / step)
    hot = on_grid(size, step, cells, exposure.hot_jpy)
    both = on_grid(size, step, cells, whole)
    return year_of(rate, (1 - cold_reach) * hot + cold_reach * both, step)


@dataclass(frozen=True, slots=True)
class Estimator:
    """The loss of a year for any exposure, under one past and one set of assumptions."""

    past: Past
    assumptions: Assumptions
    basis: str

    def year(self, exposure: Exposure, cells: int = CELLS) -> YearLoss:
        """The firm's loss of a year."""
        a = self.assumptions
        return year_loss(frequency(self.past, a, self.basis).rate, severity(self.past, a), exposure, a["cold_reach"], cells)

    def required(self, exposure: Exposure, cells: int = CELLS) -> float:
        """The loss at the chosen level, in yen: what reserve and cover together are to bear."""
        return self.year(exposure, cells).quantile(self.assumptions["level"])

    def draws(self, exposure: Exposure, number: int, seed: int, progress: Callable[[int, int], None]) -> list[YearLoss]:
        """The loss of a year under values drawn from what the incidents leave open: rate, sizes, tail, reach of cold wallets.

        The chances of the intervals between past losses are Dirichlet(1, …, 1) (the Bayesian bootstrap of Rubin 1981).
        """
        random = np.random.default_rng(seed)
        a, rate = self.assumptions, frequency(self.past, self.assumptions, self.basis).rate
        intervals = len(self.past.thefts(a)) + 1
        drawn = []
        for at in range(number):
            known = _fixed(float(random.gamma(rate.shape, 1 / rate.years)))
            size = severity(self.past, a, random.dirichlet(np.ones(intervals)), float(random.uniform(0.5, 1.0)))
            strength = 7.0
            reach = float(random.beta(strength * a["cold_reach"], strength * (1 - a["cold_reach"]))) if a["cold_reach"] < 1 else 1.0
            drawn.append(year_loss(known, size, exposure, reach, DRAW_CELLS))
            progress(at + 1, number)
        return drawn


def _fixed(mean: float) -> Rate:
    """A rate known for certain: a gamma distribution so narrow that the count is Poisson."""
    certain = 1e9
    return Rate(certain, certain / max(mean, 1e-12))


@dataclass(frozen=True, slots=True)
class Effect:
    """What one change makes of the required amount, in yen."""

    name: str
    low_value: float | None
    high_value: float | None
    low_jpy: float
    high_jpy: float
    low_mean_jpy: float
    high_mean_jpy: float


def sensitivities(estimator: Estimator, exposure: Exposure) -> list[Effect]:
    """The required amount with each assumption at either end of its range, and with the other basis of frequency; widest first."""
    a = estimator.assumptions

    def effect(name: str, ends: tuple[float | None, float | None], others: tuple[Estimator, Estimator]) -> Effect:
        years = [other.year(exposure) for other in others]
        levels = [year.quantile(other.assumptions["level"]) for year, other in zip(years, others, strict=True)]
        return Effect(name, *ends, *levels, *(year.mean for year in years))

    effects = [
        effect(
            each.name,
            (each.low, each.high),
            (
                replace(estimator, assumptions=a.but(each.name, each.low)),
                replace(estimator, assumptions=a.but(each.name, each.high)),
            ),
        )
        for each in a.by_name.values()
    ]
    other_basis = "world" if estimator.basis == "japan" else "japan"
    effects.append(effect("frequency_basis", (None, None), (estimator, replace(estimator, basis=other_basis))))
    return sorted(effects, key=lambda e: (-abs(e.high_jpy - e.low_jpy), -abs(e.high_mean_jpy - e.low_mean_jpy), e.name))


def leaving_out(estimator: Estimator, exposure: Exposure) -> list[tuple[Incident, float]]:
    """The required amount with each single incident left out, the largest change first."""
    base = estimator.required(exposure)
    found = [
        (one, Estimator(estimator.past.without(one), estimator.assumptions, estimator.basis).required(exposure))
        for one, _ in estimator.past.thefts(estimator.assumptions)
    ]
    return sorted(found, key=lambda pair: (-abs(pair[1] - base), pair[0].name))


def interval(values: Sequence[float], share: float = 0.9) -> tuple[float, float]:
    """The middle ``share`` of values."""
    edge = (1 - share) / 2
    low, high = np.quantile(np.asarray(values), [edge, 1 - edge])
    return float(low), float(high)


def amounts_shown(exposure: Exposure, points: int = 200) -> Floats:
    """The amounts an exceedance curve shows: from a thousandth of the holdings to all of them, evenly over the logarithm."""
    whole = max(exposure.whole_jpy, 1.0)
    return np.geomspace(whole / 1000, whole, points)
