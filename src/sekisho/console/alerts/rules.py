"""What an alert's rule says: its title, its text and the law it rests on, as the rulebook has it on the day that was judged."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.translation import get_language

from sekisho.console.alerts.models import Alert
from sekisho.rulebook import RulebookError, load_rulebook
from sekisho.rulebook.texts import Text


def said(text: Text) -> str:
    """A text in the reader's language."""
    return text.ja if (get_language() or "").startswith("ja") else text.en


def title(rule: str) -> str:
    """The title of a rule in the reader's language; its path where the rulebook has it no longer."""
    known = load_rulebook().rules.get(rule)
    return rule if known is None else said(known.title)


def summary(alert: Alert) -> str:
    """What the alert says, in the reader's language."""
    told = said_of(alert)
    return told["ja"] if (get_language() or "").startswith("ja") else told["en"]


def said_of(alert: Alert) -> dict[str, str]:
    """The sentences of the finding in both languages as a page shows them: what says that there is nothing to say is left out."""
    return {"en": alert.summary_en.replace(" Links: –.", ""), "ja": alert.summary_ja.replace("関係：–。", "")}


def address(rule: str) -> str | None:
    """The rule's page in the office, where there is one."""
    for ids in ([rule], rule.split("/")):
        try:
            return reverse("rule", args=ids)
        except NoReverseMatch:
            continue
    return None


def law(alert: Alert) -> dict[str, Any]:
    """The rule of an alert in plain values: what it asks, the provisions with the sentences they rest on, known false positives."""
    rulebook = load_rulebook()
    rule = rulebook.rules.get(alert.rule)
    if rule is None:
        return {"title": alert.rule, "statement": "", "provisions": [], "consequences": [], "false_positives": [], "status": ""}
    holding = next((found for name, day in _regimes(alert) if (found := rule.holding(name, day)) is not None), None)
    return {
        "title": said(rule.title),
        "statement": said(rule.statement),
        "status": holding.status if holding else "",
        "provisions": [
            {"document": each.document, "provision": each.provision or "", "quote": each.quote or ""} for each in holding.provisions
        ]
        if holding
        else [],
        "consequences": [said(each.text) for each in holding.consequences] if holding else [],
        "false_positives": [said(each) for each in rule.false_positives],
        "note": said(holding.note) if holding and holding.note else "",
    }


def _regimes(alert: Alert) -> list[tuple[str, date]]:
    """The regimes that judged an alert, each with its day of law; none where the rulebook has them no longer."""
    rulebook = load_rulebook()
    try:
        name, day = rulebook.regime_on(alert.regime, alert.as_of)
        return [(each.id, day) for each in rulebook.regimes.with_companions(rulebook.regimes.chosen(name), day)]
    except RulebookError:
        return []
