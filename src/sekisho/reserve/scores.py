"""How good predictions of a year's loss were: pinball loss, exceedances and their tests, the whole distribution."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log

import numpy as np
from scipy.stats import binomtest, chi2

from sekisho.reserve.severity import Floats

LEAST = 1e6
"""A year without a loss counts as this much where logarithms are taken: the threshold of the protocol, in dollars."""


def pinball(predicted: float, seen: float, level: float) -> float:
    """Pinball (quantile) loss: what a quantile costs when it is missed, in the unit of the amounts (Koenker and Bassett 1978)."""
    return max(level * (seen - predicted), (level - 1) * (seen - predicted))


@dataclass(frozen=True, slots=True)
class Coverage:
    """Whether a quantile was exceeded as often as it should be. All are p values; None where a test cannot be made."""

    exceeded: int
    years: int
    binomial: float
    kupiec: float
    christoffersen: float | None

    @property
    def passed(self) -> bool:
        """No test rejects at 5 %."""
        return all(p is None or p > 0.05 for p in (self.binomial, self.kupiec, self.christoffersen))


def coverage(hits: Sequence[bool], level: float) -> Coverage:
    """Exact binomial test, Kupiec's test of the share and Christoffersen's of independence (1998), over consecutive years."""
    count, years, share = sum(hits), len(hits), 1 - level
    return Coverage(
        count,
        years,
        float(binomtest(count, years, share).pvalue),
        _tail(2 * (_likelihood(count, years, count / years) - _likelihood(count, years, share))),
        _independence(hits),
    )


def _independence(hits: Sequence[bool]) -> float | None:
    pairs = np.zeros((2, 2), dtype=int)
    for before, after in pairwise(hits):
        pairs[int(before), int(after)] += 1
    if not pairs[1].sum() or not pairs[:, 1].sum():
        return None
    whole = _likelihood(int(pairs[:, 1].sum()), int(pairs.sum()), pairs[:, 1].sum() / pairs.sum())
    parts = sum(_likelihood(int(row[1]), int(row.sum()), row[1] / row.sum()) for row in pairs if row.sum())
    return _tail(2 * (parts - whole))


def _likelihood(count: int, of: int, share: float) -> float:
    return (count * log(share) if count else 0.0) + ((of - count) * log(1 - share) if of > count else 0.0)


def _tail(statistic: float) -> float:
    return float(chi2.sf(max(statistic, 0.0), 1))


def crps_log(amounts: Floats, chances: Floats, seen: float) -> float:
    """Continuous ranked probability score of the decimal logarithm of the year's loss (Gneiting and Raftery 2007)."""
    logs = np.log10(np.maximum(amounts, LEAST))
    truth = np.log10(max(seen, LEAST))
    below, widths = np.cumsum(chances)[:-1], np.diff(logs)
    # The step in which the truth lies is cut at the truth.
    left = np.clip(truth - logs[:-1], 0.0, widths)
    return float((below**2 * left + (1 - below) ** 2 * (widths - left)).sum())
