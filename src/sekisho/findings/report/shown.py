"""Findings as the page shows them: ordered by weight, the gravest as full cards with a picture, the rest as lines of a table."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sekisho.engine.answers import Severity
from sekisho.findings.report import typeset
from sekisho.findings.report.card import RuleCard
from sekisho.findings.report.charts.canvas import Picture
from sekisho.findings.report.exhibits import Evidence, Exhibit
from sekisho.rulebook.texts import Text

SEVERITIES = tuple(severity.name for severity in sorted(Severity, reverse=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueUsed:
    """One parameter value a finding rests on, marked when the user assumed it or the firm set it."""

    name: str
    value: Text
    assumed: bool
    set_by: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One row of findings.parquet with its texts and figures ready for the page."""

    id: str
    rule: str
    severity: str
    score: Decimal
    subject_kind: str
    subject_id: str
    instrument: str | None
    asset: str | None
    window_from: datetime
    window_until: datetime
    amount_jpy: Decimal | None
    evidence: tuple[Evidence, ...]
    parameters: Mapping[str, Any]
    sentence: Text

    @property
    def weight(self) -> tuple[int, Decimal, Decimal, str]:
        """Sorting key: the gravest first, ties by score, amount, then id."""
        return SEVERITIES.index(self.severity), -self.score, -(self.amount_jpy or Decimal(0)), self.id

    @property
    def when(self) -> str:
        """The window in UTC and Japan time."""
        return typeset.window(self.window_from, self.window_until)

    @property
    def short_when(self) -> str:
        """The Japan date and time at which the window starts, for a line of a table."""
        start = typeset.as_utc(self.window_from).astimezone(typeset.JST)
        return f"{start:%Y-%m-%d %H:%M}"

    @property
    def lasted(self) -> Text:
        """How long the window is."""
        return typeset.lasting(self.window_until - self.window_from)

    @property
    def amount(self) -> Text | None:
        """The amount in yen, where the rule gives one."""
        return None if self.amount_jpy is None else typeset.yen(self.amount_jpy)

    @property
    def mark(self) -> str:
        """The score to two places."""
        return f"{self.score:.2f}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A finding with everything that proves it, as a full card."""

    finding: Finding
    values: tuple[ValueUsed, ...]
    exhibits: tuple[Exhibit, ...]
    pictures: tuple[Picture, ...]

    @property
    def by_law(self) -> tuple[ValueUsed, ...]:
        """Values the law sets, and values somebody assumed."""
        return tuple(value for value in self.values if value.set_by != "firm" or value.assumed)

    @property
    def by_firm(self) -> tuple[ValueUsed, ...]:
        """Values the law leaves to the firm."""
        return tuple(value for value in self.values if value.set_by == "firm" and not value.assumed)


def findings_of(table: Any) -> list[Finding]:
    """The rows of findings.parquet, gravest first."""
    return sorted((_finding(row) for row in table.to_pylist()), key=lambda finding: finding.weight)


def values_used(finding: Finding, card: RuleCard | None) -> tuple[ValueUsed, ...]:
    """The parameter values a finding carries, with what the rule's card knows about each."""
    known = {parameter.name: parameter for parameter in card.parameters} if card else {}
    assumed, firm_set = (set(finding.parameters.get(mark, ())) for mark in ("_assumed", "_firm_set"))
    used = []
    for name, value in sorted(finding.parameters.items()):
        if name.startswith("_"):
            continue
        parameter = known.get(name)
        set_by = "firm" if name in firm_set else parameter.set_by if parameter else ""
        used.append(
            ValueUsed(
                name=name,
                value=value_text(value, parameter.unit if parameter else "", set_by),
                assumed=name in assumed or bool(parameter and parameter.assumed),
                set_by=set_by,
                source=parameter.source if parameter else "",
            )
        )
    return tuple(used)


def value_text(value: object, unit: str, set_by: str = "law") -> Text:
    """A parameter's value with its unit; an open value says so."""
    if value is None:
        return Text("not set", "未設定") if set_by == "firm" else Text("undetermined", "未定")
    return typeset.valued(value, unit)


def counted(findings: Sequence[Finding]) -> dict[str, int]:
    """How many findings of each severity, all four always named."""
    return {severity: sum(f.severity == severity for f in findings) for severity in SEVERITIES}


def _finding(row: Mapping[str, Any]) -> Finding:
    amount = row.get("amount_jpy")
    return Finding(
        id=row["finding_id"], rule=row["rule"], severity=row["severity"], score=Decimal(str(row["score"])),
        subject_kind=row["subject_kind"], subject_id=row["subject_id"], instrument=row.get("instrument"),
        asset=row.get("asset"), window_from=row["window_from"], window_until=row["window_until"],
        amount_jpy=None if amount is None else Decimal(str(amount)),
        evidence=tuple((item["table"], item["id"]) for item in row["evidence"] or ()),
        parameters=json.loads(row["parameters"] or "{}", parse_float=Decimal),
        sentence=Text(row["summary_en"] or "", row["summary_ja"] or ""),
    )  # fmt: skip
