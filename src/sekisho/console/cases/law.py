"""The law of a case: for each alert the rule as it held on the day, its provisions, the values then in force and those used."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sekisho.console.alerts.models import Alert
from sekisho.console.cases.work import JAPAN
from sekisho.console.desk.words_of_law import CONFIDENCES, SET_BY, STATUSES
from sekisho.engine.run import Judged, RuleRun
from sekisho.findings.cards import cards
from sekisho.findings.finding import exact_text
from sekisho.rulebook import RulebookError, load_rulebook
from sekisho.rulebook.texts import Text


def law_of(alerts: Sequence[Alert]) -> list[dict[str, Any]]:
    """One entry for each rule and day of the alerts. A rule that the rulebook no longer has is said, not left out."""
    asked: dict[tuple[str, str, date, date], list[Alert]] = {}
    for alert in alerts:
        day = alert.window_from.astimezone(JAPAN).date()
        asked.setdefault((alert.rule, alert.regime, day, alert.as_of), []).append(alert)
    return [_entry(*key, some) for key, some in sorted(asked.items(), key=lambda item: item[0])]


def _entry(path: str, regime: str, day: date, as_of: date, alerts: Sequence[Alert]) -> dict[str, Any]:
    told: dict[str, Any] = {"rule": path, "regime": regime, "day": day, "alerts": [a.alert_id for a in alerts], "known": False}
    rulebook = load_rulebook()
    try:
        # Under a regime that is not in force yet, the day of law is the regime's first: what a proposal would have said.
        _regime, law_day = rulebook.regime_on(regime, day)
        rule = rulebook[path]
    except RulebookError as error:
        return told | {"why": str(error)}
    judged, holding = Judged(regime=regime, law_day=law_day, as_of=as_of), rule.holding(regime, law_day)
    parameters = rule.parameters_in(regime, law_day, as_of, {}) if holding else None
    run = RuleRun(rule=rule, judged=judged, state="ran", holding=holding, parameters=parameters)
    card = cards(rulebook, (run,))[path]
    used = alerts[0].parameters
    return told | {
        "known": True,
        "law_day": law_day,
        "holds": holding is not None,
        "title": _both(card.title),
        "statement": _both(card.statement),
        "status": card.status,
        "status_words": str(STATUSES.get(card.status, card.status)),
        "confidence": card.confidence,
        "confidence_words": str(CONFIDENCES.get(card.confidence, card.confidence)),
        "provisions": [
            {"document": p.document, "title": _both(p.title), "provision": p.provision, "quote": p.quote, "url": p.url}
            for p in card.provisions
        ],
        "consequences": [
            {"kind": c.kind, "text": _both(c.text), "document": c.document, "provision": c.provision} for c in card.consequences
        ],
        "values": [_value(p, used) for p in card.parameters],
        "false_positives": [_both(text) for text in card.false_positives],
        "note": _both(card.note),
    }


def _value(parameter: Any, used: dict[str, Any]) -> dict[str, Any]:
    """A value in force and the one the alert was raised with: where they differ, one was assumed, or the rulebook moved."""
    now, then = exact_text(parameter.value), used.get(parameter.name)
    return {
        "name": parameter.name,
        "value": now,
        "used": then,
        "differs": parameter.name in used and str(now) != str(then),
        "unit": parameter.unit,
        "set_by": parameter.set_by,
        "set_by_words": str(SET_BY.get(parameter.set_by, parameter.set_by)),
        "source": parameter.source,
        "what": _both(parameter.description),
    }


def _both(text: Text | None) -> dict[str, str] | None:
    return None if text is None else {"en": text.en, "ja": text.ja}
