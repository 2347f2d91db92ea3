"""The page of a comparison: what changes on the day one regime takes over from another, and because of which provision or value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sekisho.findings.report import typeset, words
from sekisho.findings.report.setting import write_page
from sekisho.rulebook.texts import Text

CHANGES = ("appears", "disappears", "weight")
LINES_PER_RULE_MAX = 2_000
OPEN = Text("undetermined", "未定")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One reason for a difference, with the value on each side where it is a value."""

    kind: str
    name: str
    before: Text
    after: Text
    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One finding that appears, disappears or changes weight."""

    change: str
    sentence: Text
    when: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSwitch:
    """One rule under both regimes."""

    rule: str
    title: Text
    before: str
    after: str
    counts: Mapping[str, int]
    causes: tuple[Cause, ...]
    lines: tuple[Line, ...]
    unlisted: int

    @property
    def differs(self) -> bool:
        """Whether anything is different on the day of the switch, be it only the text of the law."""
        return self.before != self.after or bool(self.causes) or any(self.counts.values())

    @property
    def anchor(self) -> str:
        """The section's place in the page."""
        return "rule-" + self.rule.replace("/", "-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What one rule of the gate, or all together, would have delayed and protected."""

    title: Text
    variant: str
    held: int
    clients: int
    jpy: Text
    days: str
    caught: str
    protected: Text
    ordinary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """The gate under one regime: its rules, dearest first, then all together. ``known`` says whether misconduct was known."""

    regime: str
    asked: int
    clients: int
    known: bool
    rows: tuple[Price, ...]
    open: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """Everything the page of a comparison shows."""

    before: str
    after: str
    as_of: Text
    counts: Mapping[str, int]
    same: int
    rules: tuple[RuleSwitch, ...]
    warnings: tuple[str, ...]
    gates: tuple[Gate, ...] = ()

    @property
    def unchanged(self) -> tuple[RuleSwitch, ...]:
        """The rules that stand as they stood."""
        return tuple(rule for rule in self.rules if not rule.differs)


def render_comparison(out: Path, comparison: Mapping[str, Any]) -> None:
    """Write the page of a comparison to ``out``, a file. ``comparison`` is comparison.json as parsed."""
    write_page(out, "comparison.html", switch=compose(comparison))


def compose(told: Mapping[str, Any]) -> Switch:
    """The comparison as values, before it becomes HTML."""
    findings = told["findings"]
    return Switch(
        before=told["before"]["regime"], after=told["after"]["regime"], as_of=typeset.day(told["as_of"]),
        counts={change: sum(f["change"] == change for f in findings) for change in CHANGES},
        same=sum(f["change"] == "same" for f in findings),
        rules=tuple(_rule(rule, [f for f in findings if f["rule"] == rule["rule"]]) for rule in told["rules"]),
        warnings=tuple(dict.fromkeys(told.get("warnings", ()))),
        gates=tuple(_gate(told[side]["regime"], told["gate"][side]) for side in ("before", "after") if told.get("gate")),
    )  # fmt: skip


def _gate(regime: str, told: Mapping[str, Any]) -> Gate:
    rows = [row for row in told["rules"] if row["held"] + row["refused"]]
    return Gate(
        regime=regime, asked=told["asked"], clients=told["clients"], known=bool(told["known"]),
        rows=tuple(_price(row, told) for row in (*rows, *(told["together"] if rows else ()))), open=tuple(told["open"]),
    )  # fmt: skip


def _price(row: Mapping[str, Any], told: Mapping[str, Any]) -> Price:
    """One line; the share of ordinary transfers stopped to two decimals."""
    _rule_path, _, variant = row["rule"].partition(" [")
    share = 100 * row["ordinary_stopped"] / told["ordinary"] if told["ordinary"] else 0
    return Price(
        title=Text(row["title_en"].partition(" [")[0], row["title_ja"].partition(" [")[0]), variant=variant.rstrip("]"),
        held=row["held"] + row["refused"], clients=row["clients_delayed"], jpy=typeset.yen(row["yen_delayed"]),
        days=row["median_delay_days"] or "–", caught=str(row["cases_caught"]), protected=typeset.yen(row["yen_protected"]),
        ordinary=f"{row['ordinary_stopped']} ({share:.2f} %)",
    )  # fmt: skip


def _rule(told: Mapping[str, Any], findings: Sequence[Mapping[str, Any]]) -> RuleSwitch:
    moved = [f for f in findings if f["change"] in CHANGES]
    return RuleSwitch(
        rule=told["rule"], title=Text(told["title_en"], told["title_ja"]), before=told["before"], after=told["after"],
        counts={change: told[change] for change in CHANGES},
        causes=tuple(_cause(cause) for cause in told["causes"]),
        lines=tuple(_line(f) for f in moved[:LINES_PER_RULE_MAX]), unlisted=max(0, len(moved) - LINES_PER_RULE_MAX),
    )  # fmt: skip


def _cause(told: Mapping[str, Any]) -> Cause:
    before, after = (_side(told["kind"], told[side]) for side in ("before", "after"))
    return Cause(kind=told["kind"], name=told["name"], before=before, after=after, text=Text(told["text_en"], told["text_ja"]))


def _side(kind: str, value: str | None) -> Text:
    """One side of a cause: a status in words, a number in groups of three, an open value as such."""
    if value is None:
        return Text("", "")
    if kind == "status":
        return words.worded(value, words.STATUS)
    return OPEN if value == "undetermined" else typeset.same(typeset.number(value))


def _line(told: Mapping[str, Any]) -> Line:
    return Line(
        change=told["change"],
        sentence=Text(told["summary_en"], told["summary_ja"]),
        when=typeset.window(datetime.fromisoformat(told["window_from"]), datetime.fromisoformat(told["window_until"])),
        before=told["severity_before"] or "",
        after=told["severity_after"] or "",
    )
