"""A finding stands alone: rule, law, day, subject, proof and sentence, replayable from the same books."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal

import msgspec
import pyarrow as pa

from sekisho.engine.answers import Evidence, Found, Severity
from sekisho.engine.run import RuleRun
from sekisho.findings.sentence import say
from sekisho.rulebook import Parameters, Rule

SCHEMA = pa.schema(
    [
        pa.field("finding_id", pa.string(), nullable=False),
        pa.field("rule", pa.string(), nullable=False),
        pa.field("regime", pa.string(), nullable=False),
        pa.field("as_of", pa.date32(), nullable=False),
        pa.field("severity", pa.string(), nullable=False),
        pa.field("score", pa.float64(), nullable=False),
        pa.field("subject_kind", pa.string(), nullable=False),
        pa.field("subject_id", pa.string(), nullable=False),
        pa.field("instrument", pa.string()),
        pa.field("asset", pa.string()),
        pa.field("window_from", pa.timestamp("us", "UTC"), nullable=False),
        pa.field("window_until", pa.timestamp("us", "UTC"), nullable=False),
        pa.field("amount_jpy", pa.decimal128(38, 8)),
        pa.field("evidence", pa.list_(pa.struct([("table", pa.string()), ("id", pa.string())])), nullable=False),
        pa.field("parameters", pa.string(), nullable=False),
        pa.field("summary_en", pa.string(), nullable=False),
        pa.field("summary_ja", pa.string(), nullable=False),
    ]
)
_SCORE = Decimal("0.0001")
_YEN = Decimal("0.00000001")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One row of findings.parquet."""

    finding_id: str
    rule: str
    regime: str
    as_of: date
    severity: str
    score: float
    subject_kind: str
    subject_id: str
    instrument: str | None
    asset: str | None
    window_from: datetime
    window_until: datetime
    amount_jpy: Decimal | None
    evidence: tuple[Evidence, ...]
    parameters: str
    summary_en: str
    summary_ja: str

    @property
    def rank(self) -> tuple[object, ...]:
        """The order findings are listed in: by rule, the gravest first."""
        return (self.rule, -Severity[self.severity], -self.score, self.window_from, self.subject_id, self.finding_id)


def findings_of(run: RuleRun) -> list[Finding]:
    """The findings of one rule, in order."""
    if run.parameters is None:
        return []
    parameters = run.parameters
    return sorted((_finding(run.rule, parameters, found) for found in run.found), key=lambda f: f.rank)


def parameters_json(parameters: Parameters) -> str:
    """The parameter values used, names to exact text; assumed and firm-set ones are listed beside them."""
    values: dict[str, object] = {p.name: exact_text(p.value) for p in parameters}
    if assumed := sorted(p.name for p in parameters if p.assumed):
        values["_assumed"] = assumed
    if firm_set := sorted(p.name for p in parameters if p.set_by == "firm" and not p.assumed):
        values["_firm_set"] = firm_set
    return msgspec.json.encode(values, order="sorted").decode()


def to_table(findings: Iterable[Finding]) -> pa.Table:
    """Findings as the table of the contract."""
    rows = [{name: _cell(finding, name) for name in SCHEMA.names} for finding in findings]
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def _finding(rule: Rule, parameters: Parameters, found: Found) -> Finding:
    score = found.score.quantize(_SCORE, rounding=ROUND_HALF_EVEN)
    amount = None if found.amount_jpy is None else found.amount_jpy.quantize(_YEN, rounding=ROUND_HALF_EVEN)
    severity = found.severity.name if found.severity else rule.severity_of(score)
    evidence = tuple(sorted(set(found.evidence)))
    used = parameters_json(parameters)
    summary = say(rule.sentences[found.sentence], sentence_facts(parameters, found))
    assumed = [p for p in parameters if p.assumed]
    if assumed:
        given = ", ".join(f"{p.name} = {exact_text(p.value)}" for p in assumed)
        summary = summary._replace(en=f"{summary.en} (Assumed: {given}.)", ja=f"{summary.ja}（仮定値: {given}）")
    return Finding(
        finding_id=_identity(rule, parameters, found, evidence, used),
        rule=rule.path,
        regime=parameters.regime,
        as_of=parameters.as_of,
        severity=severity,
        score=float(score),
        subject_kind=found.subject_kind,
        subject_id=found.subject_id,
        instrument=found.instrument,
        asset=found.asset,
        window_from=found.window_from,
        window_until=found.window_until,
        amount_jpy=amount,
        evidence=evidence,
        parameters=used,
        summary_en=summary.en,
        summary_ja=summary.ja,
    )


def same_case(one: Finding, other: Finding) -> bool:
    """Whether two findings speak of one case: a record proves both, or subject and instrument are the same and the windows meet."""
    if not {(e.table, e.id) for e in one.evidence}.isdisjoint((e.table, e.id) for e in other.evidence):
        return True
    same = (one.subject_id, one.instrument, one.asset) == (other.subject_id, other.instrument, other.asset)
    return same and one.window_from < other.window_until and other.window_from < one.window_until


def sentence_facts(parameters: Parameters, found: Found) -> Mapping[str, object]:
    """Everything a sentence may name: the parameters, what the finding is about, and the control's own facts."""
    return {
        **sentence_values(parameters),
        "subject_id": found.subject_id,
        "instrument": found.instrument,
        "asset": found.asset,
        "score": found.score,
        "amount_jpy": found.amount_jpy,
        "window_from": found.window_from,
        "window_until": found.window_until,
        **found.facts,
    }


def sentence_values(parameters: Parameters) -> dict[str, object]:
    """The parameters by name, as a sentence may name them."""
    return {p.name: p.value for p in parameters}


def _identity(rule: Rule, parameters: Parameters, found: Found, evidence: tuple[Evidence, ...], used: str) -> str:
    told = [
        rule.path, rule.hash, parameters.regime, parameters.as_of.isoformat(), found.subject_kind, found.subject_id,
        found.instrument, found.asset, found.window_from.isoformat(), found.window_until.isoformat(), found.sentence,
        used, *(f"{e.table}\0{e.id}" for e in evidence),
    ]  # fmt: skip
    return "F" + hashlib.sha256(msgspec.json.encode(told)).hexdigest()[:20]


def exact_text(value: object) -> object:
    """A value without loss in JSON: decimals as plain text, days in ISO form."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def _cell(finding: Finding, name: str) -> object:
    if name == "evidence":
        return [{"table": e.table, "id": e.id} for e in finding.evidence]
    return getattr(finding, name)
