"""What the rulebook says, as plain content for pages: all of it read by ``sekisho.rulebook``, nothing kept here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from sekisho.console.desk.words_of_law import CONFIDENCES, CONSEQUENCES, SET_BY, STATUSES
from sekisho.console.people.chapters import chapter_title
from sekisho.rulebook import Holding, Parameter, Rule, Rulebook, load_rulebook
from sekisho.rulebook.coverage import STATES, Covered, coverage
from sekisho.rulebook.difference import RuleDifference, difference
from sekisho.rulebook.documents import load_documents
from sekisho.rulebook.parameters import DatedValue, InForce, Source, Value
from sekisho.rulebook.provision import CitationError, citations_of
from sekisho.rulebook.texts import Text
from sekisho.rulebook.worked import worked_examples

QUESTIONS = {
    "detect": gettext_lazy("finds in the books what broke it"),
    "decide": gettext_lazy("answers at the gate before it happens"),
    "compute": gettext_lazy("computes an amount"),
    "due": gettext_lazy("sets deadlines"),
    "attest": gettext_lazy("asks people to attest what no record shows"),
}
CHANGES = {
    "comes": gettext_lazy("comes"),
    "goes": gettext_lazy("goes"),
    "changes": gettext_lazy("changes"),
    "same": gettext_lazy("same"),
}
COVERED = {
    "running": gettext_lazy("running rule"),
    "written": gettext_lazy("rule without control"),
    "none": gettext_lazy("no rule"),
}


def said(text: Text | None) -> str:
    """A text in the reader's language."""
    return "" if text is None else text.ja if get_language() == "ja" else text.en


def address(name: str, *args: Any) -> str | None:
    """Where a page of another part is; None where this console has none."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return None


def regimes_of(rulebook: Rulebook) -> list[tuple[str, str]]:
    """The regimes a reader may choose, with their titles."""
    return [(regime.id, f"{regime.id} – {said(regime.title)}") for regime in rulebook.regimes.choosable()]


def written(value: Value | None) -> str:
    """A value as it is shown; what the law leaves open is shown as that."""
    if value is None:
        return _("undetermined")
    if isinstance(value, tuple):
        return ", ".join(value)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return f"{value:f}" if hasattr(value, "as_tuple") else str(value)


def row_of(rule: Rule, regime: str, law_day: date) -> dict[str, Any]:
    """A rule as one line of the list: how it stands under the regime on that day of law, and which values are open."""
    holding = rule.holding(regime, law_day)
    status = holding.status if holding else "absent"
    missing = rule.parameters_in(regime, law_day, law_day, {}).missing() if holding else ()
    return {
        "rule": rule.path,
        "at": reverse("rule", args=[rule.path]),
        "chapter": rule.chapter,
        "chapter_title": chapter_title(rule.chapter),
        "title": said(rule.title),
        "status": status,
        "status_words": str(STATUSES.get(status, _("does not hold"))),
        "asks": [str(QUESTIONS[each]) for each in rule.questions],
        "questions": list(rule.questions),
        "undetermined": list(missing),
        "runs": rule.has_control or rule.questions == ("attest",),
    }


def finds(rule: Rule, words: str) -> bool:
    """Whether every word stands somewhere in the rule: its name, its texts in both languages, its citations and quotations."""
    texts = [rule.path, *rule.title, *rule.statement, *rule.anchors, *rule.parameters]
    texts += [part or "" for citation in rule.citations for part in citation]
    texts += [each for text in rule.false_positives for each in text]
    whole = "\n".join(texts).casefold()
    return all(word in whole for word in words.casefold().split())


def rule_content(rule: Rule, regime: str, law_day: date, as_of: date) -> dict[str, Any]:
    """One rule, whole."""
    holding = rule.holding(regime, law_day)
    return {
        "path": rule.path,
        "title": rule.title._asdict(),
        "statement": rule.statement._asdict(),
        "chapter": rule.chapter,
        "chapter_title": chapter_title(rule.chapter),
        "binds": list(rule.binds),
        "questions": [{"name": each, "words": str(QUESTIONS[each])} for each in rule.questions],
        "needs": list(rule.needs),
        "uses": list(rule.uses),
        "hash": rule.hash,
        "standing": _holding(holding) if holding else None,
        "holdings": [{**_holding(each), "now": each is holding} for each in rule.holdings],
        "parameters": [_parameter(rule.parameters[each.name], each) for each in _values(rule, regime, law_day, as_of, holding)],
        "all_parameters": [_dated(parameter) for parameter in rule.parameters.values()],
        "attestations": [
            {"item": said(each.item), "evidence": said(each.evidence), "by": each.by, "every": each.every}
            for each in rule.attestations
        ],
        "false_positives": [said(each) for each in rule.false_positives],
        "examples": [{"name": each.name, "text": each.text} for each in worked_examples(rule)],
        "client": said(rule.client),
        "anchors": _anchors(rule),
        "severity": [{"name": name, "starts": f"{start:f}"} for name, start in rule.severity],
    }


def _values(rule: Rule, regime: str, law_day: date, as_of: date, holding: Holding | None) -> Iterable[InForce]:
    return rule.parameters_in(regime, law_day, as_of, {}) if holding else ()


def _holding(holding: Holding) -> dict[str, Any]:
    return {
        "regimes": list(holding.regimes),
        "status": holding.status,
        "status_words": str(STATUSES[holding.status]),
        "confidence": str(CONFIDENCES[holding.confidence]),
        "analogy": holding.analogy,
        "starts_on": holding.starts_on,
        "until": holding.until,
        "note": said(holding.note),
        "provisions": [
            {**place(each.document, each.provision), "quote": each.quote, "checked_on": each.checked_on}
            for each in holding.provisions
        ],
        "consequences": [
            {
                "kind": str(CONSEQUENCES[each.kind]),
                "text": said(each.text),
                "confidence": str(CONFIDENCES[each.confidence]),
                **place(each.document, each.provision),
            }
            for each in holding.consequences
        ],
    }


def place(document: str, provision: str | None) -> dict[str, Any]:
    """A place in the law: document, provision as cited and as Japanese drafting writes it, and where the text can be read."""
    known = load_documents().get(document)
    japanese = ""
    if provision:
        try:
            japanese = "、".join(each.japanese for each in citations_of(document, provision))
        except CitationError:
            japanese = ""
    return {
        "document": document,
        "document_title": (known.title_ja if get_language() == "ja" else known.title_en) if known else document,
        "document_ja": known.title_ja if known else "",
        "provision": provision or "",
        "japanese": japanese,
        "url": known.url if known else None,
    }


def _source(source: Source | None) -> dict[str, Any] | None:
    if source is None:
        return None
    told = place(source.document, source.provision)
    return {**told, "confidence": str(CONFIDENCES[source.confidence]), "checked_on": source.checked_on, "note": source.note}


def _parameter(parameter: Parameter, now: InForce) -> dict[str, Any]:
    return {
        "name": now.name,
        "description": said(parameter.description),
        "value": written(now.value),
        "undetermined": now.value is None,
        "optional": parameter.optional,
        "unit": now.unit,
        "set_by": str(SET_BY[now.set_by]),
        "source": _source(now.source),
    }


def _dated(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "description": said(parameter.description),
        "unit": parameter.unit,
        "set_by": str(SET_BY[parameter.set_by]),
        "values": [_dated_value(each) for each in parameter.values],
    }


def _dated_value(dated: DatedValue) -> dict[str, Any]:
    return {
        "regimes": list(dated.regimes),
        "starts_on": dated.starts_on,
        "until": dated.until,
        "value": written(dated.value),
        "undetermined": dated.value is None,
        "source": _source(dated.source),
    }


def _anchors(rule: Rule) -> list[dict[str, str]]:
    asked = {each.asked.id: each.asked for each in coverage(load_rulebook())}
    return [{"id": each, "name": said(asked[each].name), "sentence": said(asked[each].sentence)} for each in rule.anchors]


def differences(before: str, after: str, as_of: date) -> list[dict[str, Any]]:
    """Each rule that comes, goes, changes or stays between two regimes; those in neither are left out."""
    changes = difference(load_rulebook(), before, after, as_of)
    return [_difference(each) for each in changes if each.change != "neither"]


def _difference(change: RuleDifference) -> dict[str, Any]:
    return {
        "rule": change.rule.path,
        "at": reverse("rule", args=[change.rule.path]),
        "chapter_title": chapter_title(change.rule.chapter),
        "title": said(change.rule.title),
        "change": change.change,
        "change_words": str(CHANGES[change.change]),
        "before": _side(change.before),
        "after": _side(change.after),
        "values": [{"name": v.name, "unit": v.unit, "before": written(v.before), "after": written(v.after)} for v in change.values],
        "consequences": list(_consequences(change)),
    }


def _side(holding: Holding | None) -> dict[str, Any]:
    if holding is None:
        return {"status": "absent", "words": _("no such rule"), "confidence": "", "places": []}
    places = [place(each.document, each.provision) for each in holding.provisions]
    return {
        "status": holding.status,
        "words": str(STATUSES[holding.status]),
        "confidence": str(CONFIDENCES[holding.confidence]),
        "places": [f"{each['document']} {each['provision']}".strip() for each in places],
    }


def _consequences(change: RuleDifference) -> Iterator[dict[str, str]]:
    """Consequences on one side only. A text not read says nothing of them: what is absent is not established, not gone."""
    old = dict.fromkeys((c.kind, c.text) for c in change.before.consequences) if change.before else {}
    new = dict.fromkeys((c.kind, c.text) for c in change.after.consequences) if change.after else {}
    for kind, text in new:
        if (kind, text) not in old:
            yield {"sign": "+", "kind": str(CONSEQUENCES[kind]), "text": said(text)}
    for kind, text in old:
        if (kind, text) not in new:
            yield {"sign": "−", "kind": str(CONSEQUENCES[kind]), "text": said(text)}


def covered() -> list[dict[str, Any]]:
    """What the framework asks for, section by section, each with its state and the rules that answer to it."""
    sections: dict[str, dict[str, Any]] = {}
    for each in coverage(load_rulebook()):
        section = sections.setdefault(
            each.asked.section.code,
            {
                "code": each.asked.section.code,
                "title": said(each.asked.section.title),
                "asked": [],
                "counts": dict.fromkeys(STATES, 0),
            },
        )
        section["asked"].append(_covered(each))
        section["counts"][each.state] += 1
    return list(sections.values())


def _covered(each: Covered) -> dict[str, Any]:
    return {
        "id": each.asked.id,
        "kind": each.asked.kind,
        "actors": list(each.asked.actors),
        "name": said(each.asked.name),
        "sentence": said(each.asked.sentence),
        "state": each.state,
        "state_words": str(COVERED[each.state]),
        "rules": [{"path": path, "at": reverse("rule", args=[path])} for path in each.rules],
    }
