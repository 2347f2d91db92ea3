"""What changes on the day of the switch: the same books under two regimes, and the provision or value that makes the difference."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from sekisho.engine.answers import Severity
from sekisho.engine.run import RuleRun
from sekisho.findings.finding import Finding, exact_text
from sekisho.findings.gate_cost import Costs
from sekisho.findings.gate_cost import to_json as costs_json
from sekisho.findings.inspection import Inspection
from sekisho.findings.report.words import CONFIDENCE, STATE, STATUS
from sekisho.rulebook.texts import Text

UNKNOWN: Final = STATE["undetermined"]


CHANGES = ("appears", "disappears", "weight", "same")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Why a rule answers differently: a provision, a parameter, a consequence, or an answer the law leaves open."""

    kind: str
    name: str
    before: str | None
    after: str | None
    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleChange:
    """How one rule stands under each of the two regimes."""

    rule: str
    title: Text
    before: str
    after: str
    causes: tuple[Cause, ...]
    appearing: int
    disappearing: int
    reweighted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingChange:
    """One finding that appears, disappears, changes weight, or stays."""

    change: str
    rule: str
    before: Finding | None
    after: Finding | None

    @property
    def finding(self) -> Finding:
        """The finding as it stands after the switch, or as it stood before where it is gone."""
        one = self.after or self.before
        assert one is not None
        return one


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two inspections of the same books, side by side."""

    before: Inspection
    after: Inspection
    rules: tuple[RuleChange, ...]
    findings: tuple[FindingChange, ...]
    gate: tuple[Costs, Costs] | None = None
    """What the gate would have cost and protected before and after; None where the books hold no transfers."""


def compare(before: Inspection, after: Inspection, gate: tuple[Costs, Costs] | None = None) -> Comparison:
    """Match the findings of two inspections of the same books and name the cause of every difference."""
    rules, changes = [], []
    later = {run.rule.path: run for run in after.runs}
    for run in before.runs:
        other = later[run.rule.path]
        causes = tuple(_causes(run, other))
        matched = _matched(run.rule.path, before, after, weight=bool([c for c in causes if c.kind == "consequence"]))
        changes.extend(matched)
        rules.append(
            RuleChange(
                rule=run.rule.path,
                title=run.rule.title,
                before=run.state,
                after=other.state,
                causes=causes,
                appearing=sum(c.change == "appears" for c in matched),
                disappearing=sum(c.change == "disappears" for c in matched),
                reweighted=sum(c.change == "weight" for c in matched),
            )
        )
    return Comparison(before=before, after=after, rules=tuple(rules), findings=tuple(changes), gate=gate)


def to_json(comparison: Comparison) -> dict[str, object]:
    """The comparison as a plain structure, for comparison.json and ``--json``."""
    return {
        "before": {"regime": comparison.before.regime.id, "law_day": comparison.before.judged.law_day.isoformat()},
        "after": {"regime": comparison.after.regime.id, "law_day": comparison.after.judged.law_day.isoformat()},
        "as_of": comparison.before.judged.as_of.isoformat(),
        "rules": [_rule_json(rule) for rule in comparison.rules],
        "findings": [_finding_json(change) for change in comparison.findings],
        "warnings": [*comparison.before.warnings, *comparison.after.warnings],
        **_gate_json(comparison.gate),
    }


def _gate_json(gate: tuple[Costs, Costs] | None) -> dict[str, object]:
    return {} if gate is None else {"gate": {"before": costs_json(gate[0]), "after": costs_json(gate[1])}}


def _causes(before: RuleRun, after: RuleRun) -> list[Cause]:
    causes = []
    if (before.holding is None) != (after.holding is None):
        causes.append(_holding_cause(before, after))
    if before.holding and after.holding:
        causes.extend(_standing_causes(before, after))
    if before.parameters and after.parameters:
        causes.extend(_parameter_causes(before, after))
    elif (run := after if after.parameters else before).parameters is not None and run.state == "undetermined":
        causes.extend(_open_causes(run))
    return causes


def _holding_cause(before: RuleRun, after: RuleRun) -> Cause:
    run = after if after.holding else before
    assert run.holding is not None
    cited = ", ".join(f"{p.document} {p.provision or ''}".strip() for p in run.holding.provisions)
    standing = STATUS[run.holding.status]
    instead = run.holding.note or Text(run.holding.status, standing.ja)
    named = Text(cited or instead.en, cited or instead.ja)
    regime = run.judged.regime
    gone = (after if run is before else before).judged.regime
    return Cause(
        kind="provision",
        name=named.en,
        before=None if run is after else run.holding.status,
        after=run.holding.status if run is after else None,
        text=Text(
            f"The rule holds under {regime} ({named.en}; {run.holding.status}) and has no counterpart under {gone}.",
            f"{regime} の下で適用される規律（{named.ja}）であり、{gone} には対応する規律がない。",
        ),
    )


def _standing_causes(before: RuleRun, after: RuleRun) -> list[Cause]:
    assert before.holding is not None
    assert after.holding is not None
    causes = []
    was, becomes, sure = before.holding.status, after.holding.status, after.holding.confidence
    if was != becomes:
        said = Text(
            f"The rule is {was} before and {becomes} after (text: {sure}).",
            f"規律の位置付けが「{STATUS[was].ja}」から「{STATUS[becomes].ja}」に変わる（確度：{CONFIDENCE[sure].ja}）。",
        )
        causes.append(Cause(kind="status", name="status", before=was, after=becomes, text=said))
    old = {(c.kind, c.text) for c in before.holding.consequences}
    new = {(c.kind, c.text) for c in after.holding.consequences}
    for kind, text in sorted(new - old):
        causes.append(
            Cause(
                kind="consequence",
                name=kind,
                before=None,
                after=text.en,
                text=Text(f"New consequence: {text.en}", f"新たな効果: {text.ja}"),
            )
        )
    for kind, text in sorted(old - new):
        causes.append(
            Cause(
                kind="consequence",
                name=kind,
                before=text.en,
                after=None,
                text=Text(f"Not established under the new regime: {text.en}", f"新制度では確認できない効果: {text.ja}"),
            )
        )
    return causes


def _parameter_causes(before: RuleRun, after: RuleRun) -> list[Cause]:
    assert before.parameters is not None
    assert after.parameters is not None
    causes = []
    for old, new in zip(before.parameters, after.parameters, strict=True):
        if old.value == new.value:
            continue
        was, becomes = _shown(old.value), _shown(new.value)
        where = f"{new.source.document} {new.source.provision or ''}".strip() if new.source else "no source"
        causes.append(
            Cause(
                kind="parameter",
                name=f"{after.rule.path}.{new.name}",
                before=was,
                after=becomes,
                text=Text(
                    f"{new.name}: {was} becomes {becomes} ({where}).",
                    f"{new.name}：{_shown(old.value, UNKNOWN.ja)} から {_shown(new.value, UNKNOWN.ja)} へ（{where}）。",
                ),
            )
        )
    return causes


def _open_causes(run: RuleRun) -> list[Cause]:
    assert run.parameters is not None
    return [
        Cause(
            kind="parameter",
            name=f"{run.rule.path}.{name}",
            before=None,
            after=None,
            text=Text(f"{name}: left open under {run.judged.regime}.", f"{name}: {run.judged.regime} では未確定。"),
        )
        for name in run.parameters.missing()
    ]


def _shown(value: object, unknown: str = UNKNOWN.en) -> str:
    if isinstance(value, tuple | list):
        return ", ".join(str(exact_text(each)) for each in value) or "–"
    return unknown if value is None else f"{value:f}" if isinstance(value, Decimal) else str(exact_text(value))


def _matched(rule: str, before: Inspection, after: Inspection, *, weight: bool) -> list[FindingChange]:
    old = {_key(f): f for f in before.findings if f.rule == rule}
    new = {_key(f): f for f in after.findings if f.rule == rule}
    changes = []
    for key in [*old, *(k for k in new if k not in old)]:
        was, becomes = old.get(key), new.get(key)
        changes.append(FindingChange(change=_change(was, becomes, weight=weight), rule=rule, before=was, after=becomes))
    return sorted(changes, key=lambda c: (CHANGES.index(c.change), *c.finding.rank))


def _key(finding: Finding) -> tuple[object, ...]:
    return (finding.subject_kind, finding.subject_id, finding.instrument, finding.asset, finding.window_from, finding.window_until)


def _change(was: Finding | None, becomes: Finding | None, *, weight: bool) -> str:
    if was is None:
        return "appears"
    if becomes is None:
        return "disappears"
    moved = was.severity != becomes.severity or was.score != becomes.score or was.amount_jpy != becomes.amount_jpy
    return "weight" if moved or weight else "same"


def _rule_json(rule: RuleChange) -> dict[str, object]:
    return {
        "rule": rule.rule,
        "title_en": rule.title.en,
        "title_ja": rule.title.ja,
        "before": rule.before,
        "after": rule.after,
        "appears": rule.appearing,
        "disappears": rule.disappearing,
        "weight": rule.reweighted,
        "causes": [
            {"kind": c.kind, "name": c.name, "before": c.before, "after": c.after, "text_en": c.text.en, "text_ja": c.text.ja}
            for c in rule.causes
        ],
    }


def _finding_json(change: FindingChange) -> dict[str, object]:
    one = change.finding
    return {
        "change": change.change,
        "rule": change.rule,
        "finding_id_before": change.before.finding_id if change.before else None,
        "finding_id_after": change.after.finding_id if change.after else None,
        "severity_before": change.before.severity if change.before else None,
        "severity_after": change.after.severity if change.after else None,
        "subject_kind": one.subject_kind,
        "subject_id": one.subject_id,
        "instrument": one.instrument,
        "asset": one.asset,
        "window_from": one.window_from.isoformat(),
        "window_until": one.window_until.isoformat(),
        "summary_en": one.summary_en,
        "summary_ja": one.summary_ja,
    }


def gravest(findings: tuple[Finding, ...]) -> Severity | None:
    """The highest severity among findings; None where there are none."""
    return max((Severity[f.severity] for f in findings), default=None)
