"""The loss of a year: how many thefts, how large each, added up exactly on a grid of amounts instead of being simulated.

The count is Poisson with a rate known only up to a gamma distribution (so the count is negative binomial); the sum follows by
the fast Fourier transform. There is no simulation noise: the same incidents give the same quantiles to the last digit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sekisho.reserve.severity import Floats, Severity

JEFFREYS = 0.5
"""Half an event more than was seen: Jeffreys' prior of a Poisson rate."""


@dataclass(frozen=True, slots=True)
class Rate:
    """Thefts a year as they are known: a gamma distribution of ``shape`` events over ``years``."""

    shape: float
    years: float

    @property
    def mean(self) -> float:
        """Thefts expected in a year."""
        return self.shape / self.years

    def times(self, factor: float) -> Rate:
        """The rate multiplied by a factor, as uncertain as before."""
        return Rate(self.shape, self.years / factor)


def rate_of(counts: Sequence[int], discount: float) -> Rate:
    """The rate after the counts of consecutive years, the last one weighing 1, each earlier one ``discount`` times the next."""
    weights = discount ** np.arange(len(counts) - 1, -1, -1, dtype=np.float64)
    return Rate(float(weights @ np.asarray(counts, dtype=np.float64)) + JEFFREYS, float(weights.sum()))


@dataclass(frozen=True, slots=True)
class YearLoss:
    """The loss of a year: the chance of each amount ``step * k``."""

    step: float
    chances: Floats

    @property
    def amounts(self) -> Floats:
        """The amounts, rising."""
        return self.step * np.arange(len(self.chances), dtype=np.float64)

    def quantile(self, level: float) -> float:
        """The least amount that is not exceeded with this chance."""
        return self.quantiles((level,))[0]

    def quantiles(self, levels: Iterable[float]) -> list[float]:
        """The quantiles at several levels."""
        sums = np.cumsum(self.chances)
        return [float(self.step * min(int(np.searchsorted(sums, level - 1e-12)), len(sums) - 1)) for level in levels]

    def exceeded(self, amounts: Floats) -> Floats:
        """The chance of a loss above each amount."""
        sums = np.cumsum(self.chances)
        at = np.clip(np.floor(np.asarray(amounts) / self.step + 1e-9).astype(int), 0, len(sums) - 1)
        above: Floats = np.maximum(1 - sums[at], 0.0)
        return above

    def share_where(self, wanted: Callable[[Floats], NDArray[np.bool_]]) -> float:
        """The chance that the year's loss is one of the amounts that are wanted."""
        return float(self.chances[wanted(self.amounts)].sum())

    @property
    def mean(self) -> float:
        """The expected loss of a year."""
        return float(self.step * (np.arange(len(self.chances)) @ self.chances))


def on_grid(severity: Severity, step: float, cells: int, cap: float | None = None) -> Floats:
    """The chance of each amount ``step * k`` for one theft; all above ``cap`` is lost up to the cap."""
    amounts = step * np.arange(cells, dtype=np.float64)
    below = severity.below(amounts + step / 2)
    if cap is not None:
        below[int(np.ceil(cap / step - 1e-6)) :] = 1.0
    chances: Floats = np.diff(below, prepend=0.0)
    return chances


def year_of(rate: Rate, one_theft: Floats, step: float) -> YearLoss:
    """The loss of a year from the rate and the chances of one theft on a grid that holds several of the largest."""
    cells = len(one_theft)
    spectrum = np.fft.rfft(one_theft, 2 * cells)
    sums = np.fft.irfft((1 + (1 - spectrum) / rate.years) ** -rate.shape, 2 * cells)[:cells]
    chances = np.maximum(sums, 0.0)
    # What several of the largest thefts in one year take beyond the grid is lost at its end.
    chances[-1] += max(0.0, 1 - chances.sum())
    return YearLoss(step, chances)


GRID_CELLS = 2**17
GRID_CAPS = 12
"""How many of the largest possible theft one year of the industry's grid holds."""


def industry_year(rate: Rate, severity: Severity) -> YearLoss:
    """The loss of a year over all exchanges together."""
    step = GRID_CAPS * severity.cap / GRID_CELLS
    return year_of(rate, on_grid(severity, step, GRID_CELLS), step)
