"""The references a reserve model is measured against: Poisson counts with the usual severities, simulated as the protocol says."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sekisho.reserve.severity import Floats

REFERENCES = ("lognormal", "empirical", "pareto")


def simulated_year(
    name: str, losses: Sequence[float], years: int, threshold: float, simulations: int, random: np.random.Generator
) -> Floats:
    """Simulated totals of the next year after ``losses`` in ``years`` years, rising. One generator serves all calls, in order.

    ``lognormal`` by mean and sample deviation of the logarithms, ``empirical`` draws past losses again, ``pareto`` by
    maximum likelihood from the threshold, without a cap.
    """
    past = np.asarray(losses, dtype=np.float64)
    counts = random.poisson(len(past) / years, simulations)
    drawn = _DRAWS[name](past, threshold, int(counts.sum()), random)
    totals: Floats = np.bincount(np.repeat(np.arange(simulations), counts), drawn, simulations).astype(np.float64)
    totals.sort()
    return totals


def _lognormal(past: Floats, _threshold: float, number: int, random: np.random.Generator) -> Floats:
    logs = np.log(past)
    spread = float(logs.std(ddof=1)) if len(logs) > 1 else 0.0
    return random.lognormal(float(logs.mean()), spread, number)


def _empirical(past: Floats, _threshold: float, number: int, random: np.random.Generator) -> Floats:
    return random.choice(past, number)


def _pareto(past: Floats, threshold: float, number: int, random: np.random.Generator) -> Floats:
    excess = float(np.log(past / threshold).sum())
    return np.asarray(threshold * (1 + random.pareto(len(past) / excess, number)) if excess else np.full(number, threshold))


_DRAWS = {"lognormal": _lognormal, "empirical": _empirical, "pareto": _pareto}
