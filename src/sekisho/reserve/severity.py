"""How large one theft is: no curve is fitted; the next loss falls between any two past ones with equal chance.

Hill (1968): of n+1 future and past losses in exchangeable order, the next one is as likely to lie in each of the n+1
intervals that the n past ones leave. Within an interval it is spread evenly over the logarithm. The last interval, beyond
the largest loss seen, is a Pareto tail that ends at a cap: without a cap a tail of index 1 or less has no mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Tail:
    """What lies beyond the largest loss seen: the index of the Pareto tail, and the cap as a multiple of that loss."""

    alpha: float
    cap_multiple: float


@dataclass(frozen=True, slots=True)
class Severity:
    """The size of one theft. ``edges`` rise from the least loss counted to the cap; ``weights``: chances between."""

    edges: Floats
    weights: Floats
    alpha: float

    @property
    def cap(self) -> float:
        """The largest loss thought possible, in the unit of the losses."""
        return float(self.edges[-1])

    def below(self, amounts: Floats) -> Floats:
        """The chance of a loss of at most each amount."""
        logs, edges = np.log(np.clip(amounts, self.edges[0], self.cap)), np.log(self.edges)
        sums = np.concatenate([[0.0], np.cumsum(self.weights)])
        chance = np.interp(logs, edges[:-1], sums[:-1])
        beyond = logs > edges[-2]
        depth = np.exp(-self.alpha * (logs[beyond] - edges[-2]))
        chance[beyond] = sums[-2] + self.weights[-1] * (1 - depth) / (1 - np.exp(-self.alpha * (edges[-1] - edges[-2])))
        chance[amounts < self.edges[0]] = 0.0
        kept: Floats = np.minimum(chance, 1.0)
        return kept


def severity_of(losses: Sequence[float], threshold: float, tail: Tail, weights: Floats | None = None) -> Severity:
    """The severity that past losses of at least ``threshold`` leave. ``weights`` are the intervals' chances, equal if None."""
    seen = np.sort(np.asarray(losses, dtype=np.float64))
    assert len(seen), "a severity needs at least one loss"
    # Equal losses leave an interval of no width; a hair of width keeps its mass at its place.
    apart = seen * (1 + 1e-12 * np.arange(1, len(seen) + 1))
    edges = np.concatenate([[threshold], apart, [tail.cap_multiple * seen[-1]]])
    equal = np.full(len(edges) - 1, 1 / (len(edges) - 1))
    return Severity(edges, equal if weights is None else weights, tail.alpha)
