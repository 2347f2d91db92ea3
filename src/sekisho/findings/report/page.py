"""The report of an inspection: one file a compliance officer can read, print and hand over, in English and Japanese."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sekisho.findings.report import pictures, typeset, words
from sekisho.findings.report.card import ParameterInForce, RuleCard
from sekisho.findings.report.charts import gauge
from sekisho.findings.report.charts.canvas import Picture
from sekisho.findings.report.exhibits import open_books
from sekisho.findings.report.setting import write_page
from sekisho.findings.report.shown import Finding, Shown, counted, findings_of, value_text, values_used
from sekisho.findings.report.strip import Cell, calendar_of, strip
from sekisho.rulebook.texts import Text

if TYPE_CHECKING:
    from sekisho.records import Records

CARDS_PER_RULE_MAX = 30
PICTURED_PER_RULE_MAX = 8
"""Cards of a rule that carry pictures: the gravest; a year of findings would else take minutes to draw."""
LINES_MAX = 12_000
PICTURE_CHARACTERS_MAX = 3_000_000
"""Past this the lighter findings go without a picture, so that the page still opens at once."""
_OPEN_CARDS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One line of a rule's table of values."""

    of: ParameterInForce
    value: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSection:
    """One rule of the run: its law, its state, its findings as cards and as lines."""

    card: RuleCard
    state: str
    why: str
    hash: str
    counts: Mapping[str, int]
    total: int
    heat: tuple[Cell, ...]
    by_law: tuple[Parameter, ...]
    by_firm: Mapping[str, tuple[Parameter, ...]]
    shown: tuple[Shown, ...]
    lines: tuple[Finding, ...]

    @property
    def anchor(self) -> str:
        """The section's place in the page."""
        return "rule-" + self.card.rule.replace("/", "-")

    @property
    def pictured(self) -> int:
        """Cards with pictures where not every card may have one; 0 where the limit takes nothing away."""
        return PICTURED_PER_RULE_MAX if len(self.shown) > PICTURED_PER_RULE_MAX and any(s.pictures for s in self.shown) else 0

    @property
    def unlisted(self) -> int:
        """Findings left to findings.parquet, the lightest of the rule."""
        return self.total - len(self.shown) - len(self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """The rules of one chapter."""

    name: str
    title: Text
    rules: tuple[RuleSection, ...]

    def count(self, severity: str) -> int:
        """Findings of one severity over the chapter."""
        return sum(rule.counts[severity] for rule in self.rules)

    @property
    def total(self) -> int:
        """All findings of the chapter."""
        return sum(rule.total for rule in self.rules)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One obligation and how its clock stands on the day judged."""

    title: Text
    name: str
    due_on: Text
    arose_on: Text
    repeats: str
    because: Text
    days_left: int
    cured_on: Text | None = None
    """The day on which the books show the cause cured, where they show it."""
    cure_shown: bool = True
    """Whether books can show the cure at all; a notice or a report they cannot."""

    @property
    def late(self) -> bool:
        """Whether the day went by and the books, which would show a cure, show none in time."""
        return self.days_left < 0 and self.cure_shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Computed:
    """One computed figure with its working, its gauge and its course over time."""

    title: Text
    name: str
    as_of: Text
    value: Text
    band: str
    working: tuple[tuple[str, str, str], ...]
    scale: Picture | None
    course: Picture | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything the page shows, in its order."""

    run: Mapping[str, Any]
    regime: Text
    as_of: Text
    counts: Mapping[str, int]
    total: int
    chapters: tuple[Chapter, ...]
    obligations: tuple[Due, ...]
    amounts: tuple[Computed, ...]
    attestations: tuple[Mapping[str, Any], ...]
    untested: tuple[Text, ...]

    @property
    def warnings(self) -> list[str]:
        """What else has to be read first, as run.json says it."""
        said = {each["warning"] for each in self.run.get("untested", ())}
        return [warning for warning in self.run["warnings"] if warning not in said]

    def in_state(self, state: str) -> tuple[RuleSection, ...]:
        """The rules that ended in one state."""
        return tuple(rule for chapter in self.chapters for rule in chapter.rules if rule.state == state)

    @property
    def late(self) -> int:
        """Obligations whose day has gone by."""
        return sum(due.late for due in self.obligations)


def render_report(
    out: Path, run: Mapping[str, Any], findings: Any, rules: Mapping[str, RuleCard], records: Records
) -> dict[str, tuple[Picture, ...]]:  # fmt: skip
    """Write the report of one inspection to ``out``, a file; gives the pictures it shows, by finding.

    ``run`` is run.json as parsed, ``findings`` the Arrow table of findings.parquet, ``rules`` a card for each rule of
    the run, ``records`` the books inspected, from which evidence rows and pictures are drawn.
    """
    report = compose(run, findings_of(findings), rules, records)
    write_page(out, "report.html", report=report)
    shown = (each for chapter in report.chapters for rule in chapter.rules for each in rule.shown)
    return {each.finding.id: each.pictures for each in shown if each.pictures}


def compose(
    run: Mapping[str, Any], findings: Sequence[Finding], cards: Mapping[str, RuleCard], records: Records
) -> Report:  # fmt: skip
    """The report as values, before it becomes HTML."""
    carded = {f.id for rule in {f.rule for f in findings} for f in _of(rule, findings)[:CARDS_PER_RULE_MAX]}
    full = [finding for finding in findings if finding.id in carded]
    listed = {finding.id for finding in [f for f in findings if f.id not in carded][:LINES_MAX]}
    pictured = {f.id for rule in {f.rule for f in full} for f in _of(rule, full)[:PICTURED_PER_RULE_MAX]}
    drawn_of = [finding for finding in full if finding.id in pictured]
    plain = [finding.evidence for finding in full if finding.id not in pictured]
    books = open_books(records, [finding.evidence for finding in drawn_of], plain)
    studio = pictures.open_studio(records, books, run, cards, drawn_of)
    shown, drawn = {}, 0
    for finding in full:
        made = studio.pictures(finding) if finding.id in pictured and drawn < PICTURE_CHARACTERS_MAX else ()
        drawn += sum(len(picture.marks) for picture in made)
        shown[finding.id] = Shown(
            finding=finding, values=values_used(finding, cards.get(finding.rule)),
            exhibits=books.exhibits(finding.evidence), pictures=made,
        )  # fmt: skip
    return Report(
        run=run, regime=_regime(run), as_of=typeset.day(run["as_of"]), counts=counted(findings), total=len(findings),
        chapters=_chapters(run, findings, cards, shown, listed), obligations=_obligations(run, cards),
        amounts=_amounts(run, cards), attestations=tuple(run.get("attestations", ())), untested=tuple(_untested(run)),
    )  # fmt: skip


def _untested(run: Mapping[str, Any]) -> Iterator[Text]:
    """For each table that is not there, the rules that would have looked into it."""
    asking: dict[str, list[Mapping[str, Any]]] = {}
    for each in run.get("untested", ()):
        for table in each["tables"]:
            asking.setdefault(table, []).append(each)
    for table, rules in asking.items():
        held = words.RECORDS.get(table, Text(f"table {table}", f"表 {table}"))
        en, ja = ("; ".join(each["title_en"] for each in rules), "、".join(f"「{each['title_ja']}」" for each in rules))
        yield Text(
            f"The books hold no {held.en}: what needs them was not tested ({en}).",
            f"帳簿に{held.ja}がないため、これを要する部分は検査していない（{ja}）。",
        )


def _of(rule: str, findings: Sequence[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.rule == rule]


def _regime(run: Mapping[str, Any]) -> Text:
    """The regime's title; its id where run.json gives none."""
    regime = run["regime"]
    return Text(regime.get("title_en") or regime["id"], regime.get("title_ja") or regime["id"])


def _chapters(
    run: Mapping[str, Any], findings: Sequence[Finding], cards: Mapping[str, RuleCard], shown: Mapping[str, Shown],
    listed: set[str],
) -> tuple[Chapter, ...]:  # fmt: skip
    calendar = calendar_of(findings)
    chapters: dict[str, list[RuleSection]] = {}
    for told in run["rules"]:
        card = _card(told["rule"], cards)
        own = _of(card.rule, findings)
        section = RuleSection(
            card=card, state=told["state"], why=told.get("why") or "", hash=told.get("hash") or "", counts=counted(own),
            total=len(own), heat=strip(own, calendar),
            by_law=tuple(_parameter(p) for p in card.parameters if p.set_by != "firm" or p.assumed), by_firm=_by_firm(card),
            shown=tuple(shown[f.id] for f in own if f.id in shown), lines=tuple(f for f in own if f.id in listed),
        )  # fmt: skip
        chapters.setdefault(card.chapter, []).append(section)
    order = list(words.CHAPTERS)
    return tuple(
        Chapter(name=name, title=words.worded(name, words.CHAPTERS), rules=tuple(chapters[name]))
        for name in sorted(chapters, key=lambda n: (order.index(n) if n in order else len(order), n))
    )


def _card(rule: str, cards: Mapping[str, RuleCard]) -> RuleCard:
    """The rule's card; a rule without one is shown by its path alone."""
    known = cards.get(rule)
    return known or RuleCard(rule=rule, chapter=rule.split("/")[0], title=typeset.same(rule), statement=Text("", ""))


def _parameter(parameter: ParameterInForce) -> Parameter:
    return Parameter(of=parameter, value=value_text(parameter.value, parameter.unit, parameter.set_by))


def _by_firm(card: RuleCard) -> dict[str, tuple[Parameter, ...]]:
    """The values the law leaves to the firm, under the source they share."""
    grouped: dict[str, tuple[Parameter, ...]] = {}
    for parameter in card.parameters:
        if parameter.set_by == "firm" and not parameter.assumed:
            grouped[parameter.source] = (*grouped.get(parameter.source, ()), _parameter(parameter))
    return grouped


def _obligations(run: Mapping[str, Any], cards: Mapping[str, RuleCard]) -> tuple[Due, ...]:
    as_of = date.fromisoformat(str(run["as_of"]))
    told = sorted(run.get("obligations", ()), key=lambda o: (str(o["due_on"]), o["rule"], o["name"]))
    return tuple(_due(one, as_of, _card(one["rule"], cards)) for one in told)


def _due(told: Mapping[str, Any], as_of: date, card: RuleCard) -> Due:
    """The clock of one obligation stops on the day the books show it met."""
    due_on, cured_on = date.fromisoformat(str(told["due_on"])), told.get("cured_on")
    stopped_on = date.fromisoformat(str(cured_on)) if cured_on else as_of
    return Due(
        title=card.title,
        name=told["name"].replace("_", " "),
        due_on=typeset.day(told["due_on"]),
        arose_on=typeset.day(told["arose_on"]),
        repeats=told.get("repeats") or "",
        because=Text(told.get("because_en") or "", told.get("because_ja") or ""),
        days_left=(due_on - stopped_on).days,
        cured_on=typeset.day(cured_on) if cured_on else None,
        cure_shown=bool(told.get("cure_shown_by_books", True)),
    )


def _figure(value: object, unit: str) -> Text:
    """A computed figure as prose gives it; a ratio also as the percentage the law speaks in. The working is exact."""
    if unit == "ratio" and typeset.decimal(value) is not None:
        return typeset.same(f"{typeset.rounded(value, 4)} ({typeset.percent(value, 1)})")
    return typeset.valued(value, unit)


def _amounts(run: Mapping[str, Any], cards: Mapping[str, RuleCard]) -> tuple[Computed, ...]:
    """The latest figure under each name, with the course of the earlier ones."""
    by_name: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for told in run.get("amounts", ()):
        by_name.setdefault((told["rule"], told["name"]), []).append(told)
    computed = []
    for (rule, name), told in by_name.items():
        card, last = _card(rule, cards), max(told, key=lambda a: str(a["as_of"]))
        unit, bands = str(last["unit"]), pictures.bands_of(card, str(last["unit"]))
        value = typeset.decimal(last["value"])
        points = [(date.fromisoformat(str(a["as_of"])), v) for a in told if (v := typeset.decimal(a["value"])) is not None]
        computed.append(
            Computed(
                title=card.title, name=name.replace("_", " "), as_of=typeset.day(last["as_of"]),
                value=_figure(last["value"], unit), band=str(last.get("band") or "").replace("_", " "),
                working=tuple((s["label"], s["expression"], typeset.number(s["value"])) for s in last.get("working", ())),
                scale=None if value is None else gauge.draw(value, unit, bands, card.title),
                course=gauge.draw_series(points, unit, bands, card.title),
            )
        )  # fmt: skip
    return tuple(computed)
