"""The items the rulebook asks for: those of ``attest``, and each thing that an inspection wants looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec

from sekisho.console.attestations.models import Item
from sekisho.console.journal.acting import Author, acting
from sekisho.engine.assessed_items import words
from sekisho.rulebook import Rulebook, load_rulebook
from sekisho.rulebook.rule import Rule

_PER_SUBJECT: Final = {"client_assets/outsourcing": "provider", "client_assets/third_party_custody": "custodian"}
"""Rules that want each subject looked at; which there are only the firm's register says, so people add those items."""
_LISTS: Final = ("items", "cold_wallet_items")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One item as the rulebook asks for it."""

    item_id: str
    rule: str
    chapter: str
    text_en: str
    text_ja: str
    evidence_en: str
    evidence_ja: str
    by_unit: str
    independent_of: str
    every: str
    word: str = ""
    line: int | None = None
    subject_kind: str = "exchange"
    subject_id: str = "exchange"


@cache
def named() -> Mapping[str, Mapping[str, str]]:
    """The words of assessments in both languages."""
    return msgspec.yaml.decode((Path(__file__).parent / "words.yaml").read_bytes(), type=dict[str, dict[str, str]])


def asked_by(rulebook: Rulebook, on: date) -> Iterator[Asked]:
    """Every item the rules ask for under the law of a day."""
    regime, law_day = rulebook.regime_on(None, on)
    for rule in rulebook.rules.values():
        if not rule.attestations:
            continue
        for number, each in enumerate(rule.attestations, 1):
            yield Asked(
                item_id=f"{rule.path}#{number}",
                rule=rule.path,
                chapter=rule.chapter,
                text_en=each.item.en,
                text_ja=each.item.ja,
                evidence_en=each.evidence.en,
                evidence_ja=each.evidence.ja,
                by_unit=each.by,
                independent_of=each.independent_of or "",
                every=each.every or "",
            )
        if "assessment" in rule.needs and rule.path not in _PER_SUBJECT:
            values = {name: each.value for name, each in rule.parameters_in(regime, law_day, on, {}).in_force.items()}
            yield from _looks(rule, values)


def _looks(rule: Rule, values: Mapping[str, Any]) -> Iterator[Asked]:
    """What the rule's inspection wants looked at, word by word; nothing where the law of the day names nothing."""
    months = values.get("months_max")
    every = f"P{months}M" if isinstance(months, int) else ""
    for name in _LISTS:
        for word in _words(values.get(name)):
            yield _look(rule, word, every, None)
    lines = values.get("lines")
    for word in _words(values.get("controls")):
        for line in range(1, lines + 1) if isinstance(lines, int) else ():
            yield _look(rule, word, every, line)


def _words(value: Any) -> tuple[str, ...]:
    return () if value is None or value == "undetermined" else words(value)


def _look(rule: Rule, word: str, every: str, line: int | None) -> Asked:
    said = named().get(word, {"en": word.replace("_", " "), "ja": word.replace("_", " ")})
    first = rule.attestations[0]
    return Asked(
        item_id=f"{rule.path}:{word}" + ("" if line is None else f"/{line}"),
        rule=rule.path,
        chapter=rule.chapter,
        text_en=said["en"] + ("" if line is None else f" Line {line}."),
        text_ja=said["ja"] + ("" if line is None else f"（第{line}線）"),
        evidence_en=first.evidence.en,
        evidence_ja=first.evidence.ja,
        by_unit=first.by if line is None else "",
        independent_of=(first.independent_of or "") if line is None else "",
        every=every,
        word=word,
        line=line,
    )


def take_up(author: Author, at: datetime, on: date) -> dict[str, int]:
    """Bring the items in line with the rulebook: new ones are added, changed words are taken over, what is gone is retired.

    What was attested stays; a changed item keeps its attestation, and the journal shows what changed.
    """
    asked = {each.item_id: each for each in asked_by(load_rulebook(), on)}
    counts = {"added": 0, "changed": 0, "retired": 0}
    with acting(author, "take up the rulebook's items", at=at):
        here = {item.item_id: item for item in Item.objects.filter(source="rule", subject_id="exchange")}
        for item_id, each in asked.items():
            item = here.get(item_id)
            if item is None:
                Item(source="rule", **asdict(each)).save()
                counts["added"] += 1
                continue
            changed = {name: value for name, value in asdict(each).items() if getattr(item, name) != value}
            if changed or item.retired_at is not None:
                for name, value in changed.items():
                    setattr(item, name, value)
                item.retired_at = None
                item.save()
                counts["changed"] += 1
        for item_id in here.keys() - asked.keys():
            item = here[item_id]
            if item.retired_at is None:
                item.retired_at = at
                item.save()
                counts["retired"] += 1
    return counts


def subjects_words() -> dict[str, tuple[str, ...]]:
    """The rules that want each subject looked at, and the words they want of each."""
    rulebook = load_rulebook()
    found = {}
    for path in _PER_SUBJECT:
        rule = rulebook[path]
        listed = [
            word
            for name in ("items", "sub_items")
            if name in rule.parameters
            for dated in rule.parameters[name].values
            if dated.value not in (None, "undetermined")
            for word in words(dated.value)
        ]
        found[path] = tuple(dict.fromkeys(listed))
    return found


def subject_kind_of(rule: str) -> str:
    """What kind of subject a rule wants looked at."""
    return _PER_SUBJECT.get(rule, "exchange")
