"""The SESC's powers of investigation on the day of an act, in one line each and as a page of the evidence package."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

import msgspec

from sekisho.cases.from_finding import VIOLATIONS
from sekisho.cases.penalty import powers
from sekisho.cases.result import Finding
from sekisho.engine.penalty_case import PenaltyCase
from sekisho.rulebook import Rulebook
from sekisho.rulebook.texts import Text

NAMES = {
    "criminal_investigation": Text("criminal investigation", "犯則調査"),
    "penalty_investigation": Text("investigation for a monetary penalty", "課徴金調査"),
    "firm_inspection": Text("inspection of the firm", "業者検査"),
    "court_order_inquiry": Text("inquiry for a court order", "裁判所の禁止・停止命令の申立てのための調査"),
}
STANDINGS = {
    "held": Text("yes", "可"),
    "not_held": Text("no", "不可"),
    "undetermined": Text("undetermined", "未確定"),
}


class Asked(NamedTuple):
    """The powers over the act of one finding; empty where no rule holds on its day."""

    finding_id: str
    violation: str
    powers: list[dict[str, Any]]


def power_en(power: Mapping[str, Any]) -> str:
    """One power as a line: what, whether, by which article, how sure, and why."""
    name, standing = NAMES[power["power"]].en, STANDINGS[power["standing"]].en
    return f"{name}: {standing} ({power['provision']}; {power['confidence']}): {power['why']}"


def asked_of(findings: Sequence[Finding], rulebook: Rulebook) -> list[Asked]:
    """The powers on the last day of each finding whose rule speaks of a violation, as to crypto-assets."""
    asked = []
    for finding in findings:
        violation = VIOLATIONS.get(str(finding["rule"]).partition("/")[2])
        if violation is None:
            continue
        day = (finding["window_until"] - timedelta.resolution).isoformat()
        case = msgspec.convert({"violation": violation, "violation_until": day}, PenaltyCase)
        asked.append(Asked(finding["finding_id"], violation, powers(rulebook, case)))
    return asked


def page(asked: Sequence[Asked], notes: Mapping[str, Text | None]) -> str:
    """The page of the package, Japanese first; ``notes`` holds what the rule says beside each regime."""
    lines = ["# 証券取引等監視委員会の調査権限 / Powers of the SESC on the day of the act"]
    for one in asked:
        lines.append(f"## `{one.finding_id}` ({one.violation})")
        if not one.powers:
            lines.append("当日について規則がない。/ No rule holds on that day.")
            continue
        on, regime = one.powers[0]["on"], one.powers[0]["regime"]
        lines.append(f"{on} ({regime}, {one.powers[0]['status']})")
        rows = ["| 権限 / power | 可否 / may | 条文 / article | 確度 / confidence | why |", "| --- | --- | --- | --- | --- |"]
        rows += [_row(power) for power in one.powers]
        lines.append("\n".join(rows))
    lines += [line for note in notes.values() if note is not None for line in (note.ja, note.en)]
    return "\n\n".join(lines) + "\n"


def _row(power: Mapping[str, Any]) -> str:
    name, standing = _both(NAMES[power["power"]]), _both(STANDINGS[power["standing"]])
    return f"| {name} | {standing} | {power['provision']} | {power['confidence']} | {power['why']} |"


def _both(text: Text) -> str:
    return f"{text.ja} / {text.en}"
