"""What the page of one alert says."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from sekisho.console.alerts import bulk, dispositions, remembered, rules
from sekisho.console.alerts.models import DISPOSITIONS, SEVERITIES, STATES, Alert
from sekisho.console.alerts.the_queue import HEAVY
from sekisho.console.alerts.working import JAPAN, SNOOZE_REASONS, SNOOZED_DAYS_MOST, seen_by
from sekisho.console.approvals.four_eyes import KINDS, may_decide
from sekisho.console.approvals.models import Proposal
from sekisho.console.approvals.pages import address_of
from sekisho.console.desk.pages import Asked
from sekisho.console.journal.models import Change
from sekisho.console.journal.naming import act_title, field_title, reason_title
from sekisho.console.people.actor import Actor
from sekisho.console.people.chapters import chapter_title
from sekisho.console.people.naming import value_said

RELATED_SHOWN: Final = 10
EVIDENCE_SHOWN: Final = 200
LINES_SHOWN: Final = 400


def content_of(request: Asked, alert: Alert) -> dict[str, Any]:
    """The alert in plain values, its rule and law, what is related, what happened, and what this person may do."""
    now = request.actor.at
    state = alert.state_at(now)
    reasons = {**dict(dispositions.EVERY_REASON), **dict(remembered.WORDS), "remembered": _("remembered as false positive")}
    return {
        "alert": {
            "alert_id": alert.alert_id,
            "severity": alert.severity,
            "severity_words": dict(SEVERITIES)[alert.severity],
            "score": round(alert.score, 4),
            "state": state,
            "state_words": dict(STATES)[state],
            "said": rules.summary(alert),
            "summary_en": alert.summary_en,
            "summary_ja": alert.summary_ja,
            "rule": alert.rule,
            "rule_at": rules.address(alert.rule),
            "chapter": alert.chapter,
            "chapter_title": chapter_title(alert.chapter),
            "regime": alert.regime,
            "as_of": alert.as_of,
            "subject_kind": alert.subject_kind,
            "subjects": alert.subject_id.split("|"),
            "parties": alert.parties,
            "instrument": alert.instrument or None,
            "asset": alert.asset or None,
            "window_from": alert.window_from,
            "window_until": alert.window_until,
            "amount_jpy": alert.amount_jpy,
            "raised_at": alert.raised_at,
            "due_at": alert.due_at if alert.is_live else None,
            "assignee": alert.assignee or None,
            "snoozed_until": alert.snoozed_until if state == "snoozed" else None,
            "disposition": alert.disposition or None,
            "disposition_words": dict(DISPOSITIONS).get(alert.disposition),
            "reason": str(reasons.get(alert.disposition_reason, alert.disposition_reason)) or None,
            "closed_at": alert.closed_at,
            "proposed": alert.proposed or None,
            "earlier": alert.earlier or None,
            "earlier_at": reverse("alert", args=[alert.earlier]) if alert.earlier else None,
            "memory": alert.memory_id,
            "memory_at": reverse("remembered pair", args=[alert.memory_id]) if alert.memory_id else None,
        },
        "law": rules.law(alert),
        "values": [
            {"name": name, "value": _plain(value)} for name, value in sorted(alert.parameters.items()) if not name.startswith("_")
        ],
        "assumed": alert.parameters.get("_assumed", []),
        "firm_set": alert.parameters.get("_firm_set", []),
        "evidence": _evidence(alert),
        "evidence_count": len(alert.evidence),
        "evidence_shown": EVIDENCE_SHOWN,
        "same_subject": _related(request.actor, alert, Q(subject_key=alert.subject_key)),
        "same_rule": _related(request.actor, alert, Q(rule=alert.rule, is_live=1)),
        "intake": _intake(alert),
        "history": _history(request, alert),
        "proposals": _proposals(request.actor, alert),
        "may": _may(request.actor, alert, state),
        **_forms(request, now),
    }


def _plain(value: Any) -> Any:
    return ", ".join(str(each) for each in value) if isinstance(value, list) else value


def _evidence(alert: Alert) -> list[dict[str, Any]]:
    """The records that prove it, by table; of very many the first."""
    tables: dict[str, list[str]] = {}
    for item in alert.evidence[:EVIDENCE_SHOWN]:
        tables.setdefault(item["table"], []).append(item["id"])
    return [{"table": table, "ids": ids} for table, ids in sorted(tables.items())]


def _related(actor: Actor, alert: Alert, alike: Q) -> list[dict[str, Any]]:
    rows = seen_by(actor).filter(alike).exclude(pk=alert.pk).defer(*HEAVY).order_by("-priority", "alert_id")[:RELATED_SHOWN]
    return [
        {
            "alert": row.alert_id,
            "at": reverse("alert", args=[row.alert_id]),
            "title": rules.title(row.rule),
            "severity": row.severity,
            "severity_words": dict(SEVERITIES)[row.severity],
            "subject": row.subject_key,
            "window": row.window_from,
            "state_words": dict(DISPOSITIONS).get(row.disposition) or dict(STATES)[row.state_at(actor.at)],
        }
        for row in rows
    ]


def _intake(alert: Alert) -> dict[str, Any] | None:
    intake = alert.intake
    if intake is None:
        return None
    return {"at": intake.at, "by": intake.by, "sha256": intake.sha256, "version": intake.sekisho}


def _history(request: Asked, alert: Alert) -> list[dict[str, Any]]:
    """What the journal says of the alert, each act with the fields it changed, the latest first."""
    acts: dict[tuple[datetime, str, str], dict[str, Any]] = {}
    for line in Change.objects.filter(kind="alert", object=alert.alert_id).order_by("-number")[:LINES_SHOWN]:
        act = acts.setdefault(
            (line.at, line.person, line.act),
            {
                "at": line.at,
                "person": line.person,
                "act": line.act,
                "act_words": act_title(line.act),
                "reason": line.reason,
                "reason_words": reason_title(line.act, line.reason),
                "number": line.number,
                "changes": [],
            },
        )
        is_time = line.field.endswith(("_at", "_until", "_from"))
        old, new = (value_said(request, "alert", line.field, value) for value in (line.old, line.new))
        act["changes"].append({"field": field_title("alert", line.field), "old": old, "new": new, "is_time": is_time})
    return list(acts.values())


def _proposals(actor: Actor, alert: Alert) -> list[dict[str, Any]]:
    about = Q(about_kind="alert", about_id=alert.alert_id)
    if alert.proposal is not None:
        about |= Q(pk=alert.proposal)
    found = []
    for each in Proposal.objects.filter(about).order_by("-pk")[:20]:
        takes = KINDS[each.proposal_kind]
        found.append(
            {
                "at": address_of(each, actor),
                "key": each.pk,
                "title": takes.title,
                "disposition": dict(DISPOSITIONS).get(each.payload.get("disposition", "")),
                "remember_until": each.payload.get("remember_until"),
                "alerts": len(each.payload.get("alerts", ())),
                "reason": str(dict(takes.reasons).get(each.reason_code, each.reason_code)),
                "words": each.reason,
                "by": each.proposed_by,
                "proposed_at": each.proposed_at,
                "state": each.state,
                "state_words": each.get_state_display(),
                "decided_by": each.decided_by or None,
                "may_decide": may_decide(actor, each),
            }
        )
    return found


def _may(actor: Actor, alert: Alert, state: str) -> dict[str, bool]:
    """What this person may do with it as it stands."""
    works = bool(alert.is_live) and actor.may("work on alerts", alert.chapter)
    mine = alert.assignee == actor.person.person_id
    free = alert.assignee == "" or mine or "supervisor" in actor.roles
    proposes = actor.may("propose a disposition", alert.chapter)
    return {
        "claim": works and not alert.assignee,
        "assign": works,
        "release": works and bool(alert.assignee),
        "snooze": works and free and state != "snoozed",
        "wake": works and free and alert.state == "snoozed",
        "dispose": works and free and proposes and not alert.proposed,
        "reopen": proposes and alert.state == "closed",
        "remember": proposes and alert.disposition == "false_positive" and alert.memory_id is None,
        "reason_needed": works and bool(alert.assignee) and not mine,
    }


def _forms(request: Asked, now: datetime) -> dict[str, Any]:
    today = now.astimezone(JAPAN).date()

    def choices(values: Any) -> list[dict[str, Any]]:
        return [{"value": value, "title": title} for value, title in values]

    return {
        "snooze_reasons": choices(SNOOZE_REASONS),
        "ways": choices(bulk.ways(request)),
        "reopening_reasons": choices(dispositions.REOPENING),
        "memory_reasons": choices(remembered.REASONS),
        "tomorrow": today + timedelta(days=1),
        "snooze_last": today + timedelta(days=SNOOZED_DAYS_MOST),
        "memory_last": today + timedelta(days=remembered.DAYS_MOST),
    }
