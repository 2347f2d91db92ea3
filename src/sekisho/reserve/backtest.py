"""The back-test: for each year, what the years before would have said about its loss, against what then happened.

Nothing of the year predicted, or of any later one, is used. The references run side by side over the same windows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from sekisho.records import RecordsError
from sekisho.reserve.annual import YearLoss, industry_year, rate_of
from sekisho.reserve.incidents import THEFT, Incident
from sekisho.reserve.references import REFERENCES, simulated_year
from sekisho.reserve.scores import Coverage, coverage, crps_log, pinball
from sekisho.reserve.severity import Floats, Tail, severity_of

MODEL = "sekisho"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The three values of the model, each a stated assumption (docs/reserve.md).

    ``discount``: what a year's count weighs against the year after it. ``tail``: beyond the largest loss seen.
    """

    discount: float = 0.95
    tail: Tail = field(default_factory=lambda: Tail(alpha=0.5, cap_multiple=7.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """What is predicted from what: the protocol of the incident tables, with every choice explicit."""

    kinds: tuple[str, ...] = (THEFT,)
    threshold: float = 1e6
    amount: str = "usd"
    observed_from: int = 2011
    first: int = 2017
    last: int | None = None
    levels: tuple[float, ...] = (0.9, 0.95, 0.99)
    simulations: int = 40_000
    seed: int = 1
    settings: Settings = field(default_factory=Settings)


@dataclass(frozen=True, slots=True)
class Losses:
    """The losses of the industry that count: year and dollars of each, over years that were watched from first to last."""

    events: tuple[tuple[int, float], ...]
    observed_from: int

    def before(self, year: int) -> list[float]:
        """The losses of the years before, in order of time."""
        return [amount for when, amount in self.events if self.observed_from <= when < year]

    def counts(self, year: int) -> list[int]:
        """How many there were in each of the years before."""
        return [sum(when == each for when, _ in self.events) for each in range(self.observed_from, year)]

    def total(self, year: int) -> float:
        """What was lost in a year."""
        return sum(amount for when, amount in self.events if when == year)


def counted(incidents: Sequence[Incident], protocol: Protocol, amount: str | None = None) -> Losses:
    """The losses a protocol counts; an incident without dollar figure, of another kind or below the threshold is left out."""
    stated = ((one, one.amount(amount or protocol.amount)) for one in incidents if one.kind in protocol.kinds)
    events = tuple((one.occurred_on.year, float(usd)) for one, usd in stated if usd is not None and usd >= protocol.threshold)
    return Losses(events, protocol.observed_from)


def predicted(losses: Losses, year: int, threshold: float, settings: Settings) -> YearLoss:
    """The loss of ``year`` over all exchanges, by what was known at the end of the year before."""
    severity = severity_of(losses.before(year), threshold, settings.tail)
    return industry_year(rate_of(losses.counts(year), settings.discount), severity)


def backtest(incidents: Sequence[Incident], protocol: Protocol, *, stability: bool = True) -> dict[str, Any]:
    """Run the protocol; amounts in dollars. Raises RecordsError where the incidents do not allow it."""
    losses = counted(incidents, protocol)
    years = _years(losses, incidents, protocol)
    forecasts = {MODEL: [_exact(predicted(losses, year, protocol.threshold, protocol.settings)) for year in years]}
    random = np.random.default_rng(protocol.seed)
    for name in REFERENCES:
        forecasts[name] = [_reference(name, losses, year, protocol, random) for year in years]
    seen = [losses.total(year) for year in years]
    methods = {name: _scored(each, seen, years, protocol.levels) for name, each in forecasts.items()}
    answer: dict[str, Any] = {
        "protocol": _told(protocol, years),
        "events": len(losses.events),
        "left_out": _left_out(incidents, protocol),
        "years": {str(year): total for year, total in zip(years, seen, strict=True)},
        "methods": methods,
        "beside_the_best_reference": _beside(methods, protocol.levels),
    }
    if stability:
        answer["stability"] = _stability(incidents, protocol, years[-1] + 1)
    return answer


def _years(losses: Losses, incidents: Sequence[Incident], protocol: Protocol) -> list[int]:
    last = protocol.last or max((year for year, _ in losses.events), default=0)
    years = [year for year in range(protocol.first, last + 1) if len(losses.before(year)) > 1]
    if not years:
        kinds = ", ".join(sorted({one.kind for one in incidents})) or "none"
        raise RecordsError(
            "incidents",
            f"no year from {protocol.first} to {last} has two losses before it that count ({', '.join(protocol.kinds)})",
            f"the kinds there are: {kinds}; choose with --kind, --threshold-usd, --first, --last",
        )
    return years


@dataclass(frozen=True, slots=True)
class _Forecast:
    """A distribution of a year's loss: amounts that rise and the chance of each."""

    amounts: Floats
    chances: Floats
    quantile: Callable[[float], float]


def _exact(year: YearLoss) -> _Forecast:
    return _Forecast(year.amounts, year.chances, year.quantile)


def _reference(name: str, losses: Losses, year: int, protocol: Protocol, random: np.random.Generator) -> _Forecast:
    totals = simulated_year(
        name, losses.before(year), year - losses.observed_from, protocol.threshold, protocol.simulations, random
    )
    return _Forecast(totals, np.full(len(totals), 1 / len(totals)), lambda level: float(np.quantile(totals, level)))


def _scored(forecasts: Sequence[_Forecast], seen: Sequence[float], years: Sequence[int], levels: Sequence[float]) -> dict[str, Any]:
    by_level = {}
    for level in levels:
        quantiles = [each.quantile(level) for each in forecasts]
        hits = [truth > quantile for truth, quantile in zip(seen, quantiles, strict=True)]
        losses = [pinball(quantile, truth, level) for quantile, truth in zip(quantiles, seen, strict=True)]
        by_level[f"{level:g}"] = {
            "mean_pinball_usd": float(np.mean(losses)),
            **_coverage_told(coverage(hits, level)),
            "quantiles_usd": {str(year): quantile for year, quantile in zip(years, quantiles, strict=True)},
        }
    scores = [crps_log(each.amounts, each.chances, truth) for each, truth in zip(forecasts, seen, strict=True)]
    return {"levels": by_level, "crps_log10": float(np.mean(scores))}


def _coverage_told(found: Coverage) -> dict[str, Any]:
    return {
        "exceeded": found.exceeded,
        "years": found.years,
        "binomial_p": found.binomial,
        "kupiec_p": found.kupiec,
        "christoffersen_p": found.christoffersen,
        "coverage_passed": found.passed,
    }


def _beside(methods: Mapping[str, Any], levels: Sequence[float]) -> dict[str, Any]:
    beside = {}
    for level in levels:
        losses = {name: told["levels"][f"{level:g}"]["mean_pinball_usd"] for name, told in methods.items()}
        best = min(REFERENCES, key=losses.__getitem__)
        beside[f"{level:g}"] = {
            "best_reference": best,
            "reference_usd": losses[best],
            "sekisho_usd": losses[MODEL],
            "ratio": losses[MODEL] / losses[best] if losses[best] else None,
            "below": losses[MODEL] < losses[best],
        }
    return beside


def _left_out(incidents: Sequence[Incident], protocol: Protocol) -> dict[str, int]:
    of_kind = [one for one in incidents if one.kind in protocol.kinds]
    stated = [amount for one in of_kind if (amount := one.amount(protocol.amount)) is not None]
    return {
        "of_another_kind": len(incidents) - len(of_kind),
        "without_a_dollar_figure": len(of_kind) - len(stated),
        "below_the_threshold": sum(amount < protocol.threshold for amount in stated),
    }


def _told(protocol: Protocol, years: Sequence[int]) -> dict[str, Any]:
    settings = protocol.settings
    return {
        "kinds": list(protocol.kinds),
        "threshold_usd": protocol.threshold,
        "amount": protocol.amount,
        "observed_from": protocol.observed_from,
        "first": years[0],
        "last": years[-1],
        "levels": list(protocol.levels),
        "simulations_of_the_references": protocol.simulations,
        "seed": protocol.seed,
        "discount": settings.discount,
        "tail_alpha": settings.tail.alpha,
        "cap_multiple": settings.tail.cap_multiple,
    }


def _stability(incidents: Sequence[Incident], protocol: Protocol, year: int) -> dict[str, Any]:
    """How far the next year's quantiles move without one event or one source, or with amounts read otherwise."""

    def quantiles(some: Sequence[Incident], amount: str | None = None) -> list[float] | None:
        losses = counted(some, protocol, amount)
        if len(losses.before(year)) < 2:
            return None
        return predicted(losses, year, protocol.threshold, protocol.settings).quantiles(protocol.levels)

    base = quantiles(incidents)
    assert base is not None, "a year after a year that could be predicted can be predicted"
    matter = [one for one in incidents if counted([one], protocol).events]
    events = {one.name: quantiles([other for other in incidents if other is not one]) for one in matter}
    sources = sorted({source for one in matter for source in sources_of(one)})
    dropped = {source: quantiles([without for one in incidents if (without := _without(one, source))]) for source in sources}
    return {
        "year": year,
        "quantiles_usd": _by_level(protocol.levels, base),
        "largest_change_by_one_event": _largest(protocol.levels, base, events),
        "change_by_event": _changes(protocol.levels, base, events),
        "change_by_source": _changes(protocol.levels, base, dropped),
        "change_by_amount": _changes(protocol.levels, base, {name: quantiles(incidents, name) for name in ("usd_min", "usd_max")}),
    }


def sources_of(incident: Incident) -> tuple[str, ...]:
    """The sources of an incident without the page in each: ``dn-institute``, ``oak``."""
    parts = (re.split(r"[:\s]", part.strip(), maxsplit=1)[0] for part in (incident.sources or "").split(";"))
    return tuple(dict.fromkeys(part for part in parts if part))


def _without(incident: Incident, source: str) -> Incident | None:
    """The incident as it would be known without a source; None where it would not be known at all."""
    left = [part for part in (incident.sources or "").split(";") if part.strip() and re.split(r"[:\s]", part.strip())[0] != source]
    return replace(incident, sources=";".join(left)) if left or not incident.sources else None


def _by_level(levels: Sequence[float], values: Sequence[float]) -> dict[str, float]:
    return {f"{level:g}": value for level, value in zip(levels, values, strict=True)}


def _changes(levels: Sequence[float], base: Sequence[float], others: Mapping[str, list[float] | None]) -> dict[str, Any]:
    """Relative change at each level; None where too little is left to predict anything."""
    return {
        name: None if other is None else _by_level(levels, [b / a - 1 for a, b in zip(base, other, strict=True)])
        for name, other in others.items()
    }


def _largest(levels: Sequence[float], base: Sequence[float], others: Mapping[str, list[float] | None]) -> dict[str, Any]:
    largest = {}
    for at, level in enumerate(levels):
        changes = {name: other[at] / base[at] - 1 for name, other in others.items() if other is not None}
        name = max(changes, key=lambda each: abs(changes[each]), default=None)
        largest[f"{level:g}"] = None if name is None else {"event": name, "change": changes[name]}
    return largest
