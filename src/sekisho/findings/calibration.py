"""Calibration: how often a rule fires on books, how its scores are spread, and what another parameter value adds and removes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Final

from sekisho.engine.run import RuleRun
from sekisho.findings.finding import Finding, exact_text, same_case
from sekisho.findings.inspection import Inspection, Inspector, Question
from sekisho.findings.labels import Judgement, Label, interval, judge
from sekisho.records import Records
from sekisho.rulebook import RulebookError
from sekisho.rulebook.parameters import Value

BINS: Final = 10
_QUANTILES: Final = (0.0, 0.25, 0.5, 0.75, 1.0)
_PLACES: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Firing:
    """What one setting of a rule finds: its findings, its run, and how they stand against the labels, where there are any."""

    run: RuleRun
    findings: tuple[Finding, ...]
    judged: Judgement | None

    @property
    def severities(self) -> Counter[str]:
        """Findings by severity."""
        return Counter(f.severity for f in self.findings)

    @property
    def histogram(self) -> list[int]:
        """Findings by score, in ten steps from 0 to 1."""
        counts = Counter(min(int(f.score * BINS), BINS - 1) for f in self.findings)
        return [counts[step] for step in range(BINS)]

    @property
    def quantiles(self) -> list[float]:
        """Lowest, quartiles and highest score; empty without findings."""
        scores = sorted(f.score for f in self.findings)
        return [_quantile(scores, share) for share in _QUANTILES] if scores else []


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a candidate setting changes against the reference."""

    setting: Mapping[str, Value | None]
    candidate: Firing
    newly_fired: tuple[Finding, ...]
    no_longer_fired: tuple[Finding, ...]
    changed: tuple[tuple[Finding, Finding], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """A rule on books: as it stands, and under each candidate setting."""

    rule: str
    regime: str
    period: tuple[date, date]
    orders: int | None
    reference: Firing
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which rule, under which regime and day, with which assumptions in both settings, and which candidates."""

    rule: str
    regime: str | None
    as_of: date | None
    assume: tuple[str, ...]
    candidates: tuple[Mapping[str, str], ...]


def calibrate(inspector: Inspector, asked: Asked, labels: Sequence[Label] | None) -> Calibration:
    """Run the rule as it stands and under every candidate; raises RulebookError where it cannot run at all."""
    reference, inspection = _fire(inspector, asked, {}, labels)
    if reference.run.state != "ran":
        raise RulebookError(f"{asked.rule} cannot be calibrated on these records: {reference.run.why}")
    changes = []
    for candidate in asked.candidates:
        firing, _ = _fire(inspector, asked, candidate, labels)
        if firing.run.state != "ran":
            raise RulebookError(f"{asked.rule} does not run under {dict(candidate)}: {firing.run.why}")
        changes.append(_change(reference, firing, candidate))
    return Calibration(
        rule=asked.rule,
        regime=inspection.judged.regime,
        period=inspection.period,
        orders=_new_orders(inspector.records),
        reference=reference,
        changes=tuple(changes),
    )


def to_json(calibration: Calibration) -> dict[str, object]:
    """The calibration as a plain structure."""
    return {
        "rule": calibration.rule,
        "regime": calibration.regime,
        "period": [day.isoformat() for day in calibration.period],
        "new_orders": calibration.orders,
        "reference": _firing_json(calibration, calibration.reference),
        "candidates": [
            {
                "setting": {name: exact_text(value) for name, value in change.setting.items()},
                **_firing_json(calibration, change.candidate),
                "newly_fired": [_finding_json(f) for f in change.newly_fired],
                "no_longer_fired": [_finding_json(f) for f in change.no_longer_fired],
                "changed": [{"before": _finding_json(before), "after": _finding_json(after)} for before, after in change.changed],
            }
            for change in calibration.changes
        ],
    }


def per_ten_thousand(calibration: Calibration, firing: Firing) -> Decimal | None:
    """Findings for every 10,000 new orders; None where the books hold no orders."""
    if not calibration.orders:
        return None
    return (Decimal(len(firing.findings)) * 10_000 / calibration.orders).quantize(Decimal("0.01"))


def _new_orders(records: Records) -> int | None:
    if "order_event" not in records.present:
        return None
    events = records.order_event
    return int(events.filter(events.action == "new").count().execute())


def _fire(
    inspector: Inspector, asked: Asked, setting: Mapping[str, str], labels: Sequence[Label] | None
) -> tuple[Firing, Inspection]:
    assume = (*asked.assume, *(f"{asked.rule}.{name}={value}" for name, value in setting.items()))
    inspection = inspector.inspect(Question(regime=asked.regime, as_of=asked.as_of, rules=asked.rule, assume=assume))
    judged = judge(inspection.findings, labels, asked.rule) if labels is not None else None
    return Firing(run=inspection.runs[0], findings=inspection.findings, judged=judged), inspection


def _change(reference: Firing, candidate: Firing, setting: Mapping[str, str]) -> Change:
    pairs = [(a, b) for a in reference.findings for b in candidate.findings if same_case(a, b)]
    kept_before = {a.finding_id for a, _ in pairs}
    kept_after = {b.finding_id for _, b in pairs}
    parameters = candidate.run.parameters
    assert parameters is not None
    return Change(
        setting={name: parameters.in_force[name].value for name in parameters.in_force if _named(name, setting)},
        candidate=candidate,
        newly_fired=tuple(f for f in candidate.findings if f.finding_id not in kept_after),
        no_longer_fired=tuple(f for f in reference.findings if f.finding_id not in kept_before),
        changed=tuple((a, b) for a, b in pairs if _differs(a, b)),
    )


def _named(name: str, setting: Iterable[str]) -> bool:
    return any(name == given or name.startswith(f"{given}_") for given in setting)


def _differs(one: Finding, other: Finding) -> bool:
    told = ("severity", "score", "evidence", "window_from", "window_until")
    return any(getattr(one, name) != getattr(other, name) for name in told)


def _firing_json(calibration: Calibration, firing: Firing) -> dict[str, object]:
    rate = per_ten_thousand(calibration, firing)
    return {
        "findings": len(firing.findings),
        "per_10000_orders": None if rate is None else f"{rate:f}",
        "by_severity": dict(firing.severities),
        "score_histogram": firing.histogram,
        "score_quantiles": firing.quantiles,
        "labels": None if firing.judged is None else _judgement_json(firing.judged),
    }


def _judgement_json(judged: Judgement) -> dict[str, object]:
    return {
        "cases": judged.cases,
        "found": judged.found,
        "right": judged.right,
        "wrong": len(judged.wrong),
        "precision": _rounded(judged.precision),
        "precision_95": _both(interval(judged.right, judged.findings)),
        "recall": _rounded(judged.recall),
        "recall_95": _both(interval(judged.found, judged.cases)),
        "f1": _rounded(judged.f1),
        "look_alikes": judged.innocent,
        "look_alikes_flagged": judged.flagged,
        "missed": [{"case": m.name, "pattern": m.pattern, "severity": m.severity} for m in judged.missed],
    }


def _finding_json(finding: Finding) -> dict[str, object]:
    names = ("finding_id", "severity", "score", "subject_id", "instrument", "summary_en", "summary_ja")
    return {name: getattr(finding, name) for name in names} | {"window_from": finding.window_from.isoformat()}


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, _PLACES)


def _both(bounds: tuple[float, float] | None) -> list[float] | None:
    return None if bounds is None else [round(bound, _PLACES) for bound in bounds]


def _quantile(scores: Sequence[float], share: float) -> float:
    """Linear between the two nearest scores."""
    place = share * (len(scores) - 1)
    low = int(place)
    steps = list(pairwise([*scores, scores[-1]]))
    return round(steps[low][0] + (steps[low][1] - steps[low][0]) * (place - low), _PLACES)
