"""What happened: the acts of people from the journal of the case, and the records behind its alerts from the books."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from django.urls import reverse
from django.utils.translation import gettext as _

from sekisho.console.alerts.models import Alert
from sekisho.console.alerts.rules import said_of
from sekisho.console.approvals.four_eyes import KINDS
from sekisho.console.approvals.models import Proposal
from sekisho.console.approvals.pages import address_of
from sekisho.console.cases.books import asked
from sekisho.console.cases.models import STATES, Case, Evidence, Note
from sekisho.console.cases.register import as_plain
from sekisho.console.journal.models import Change
from sekisho.console.people.actor import Actor
from sekisho.records import TABLES

EVENTS_MAX: Final = 400
NAMED_MAX: Final = 3_000
ON_PAGE: Final = 100
Event = dict[str, Any]


def acts_and_alerts(case: Case, alerts: Sequence[Alert], actor: Actor, names: Mapping[str, str]) -> list[Event]:
    """What the alerts are about, when they were raised, and all that people did with the case; the latest first.

    ``names`` are those of the persons by their codes.
    """
    events: list[Event] = [_event(case.opened_at, "act", _("Case opened"), by=case.opened_by)]
    for alert in alerts:
        at = reverse("case records", args=[case.case_id]) + f"?alert={alert.alert_id}"
        events.append(_event(alert.window_from, "fact", alert.rule, **said_of(alert), at=at))
        events.append(_event(alert.raised_at, "alert", _("Alert raised"), words=f"{alert.rule} {alert.alert_id}"))
    notes = Note.objects.filter(case=case).order_by("-pk")[:EVENTS_MAX]
    pieces = Evidence.objects.filter(case=case).defer("content").order_by("-pk")[:EVENTS_MAX]
    events += [_event(each.at, "note", _("Note"), words=each.words, by=each.by) for each in notes]
    events += [_event(each.added_at, "evidence", _("Evidence added"), words=each.what, by=each.added_by) for each in pieces]
    for proposal in Proposal.objects.filter(about_kind="case", about_id=case.case_id):
        title, leads_to = str(KINDS[proposal.proposal_kind].title), address_of(proposal, actor)
        told = _("Proposed: %(what)s") % {"what": title}
        events.append(_event(proposal.proposed_at, "act", told, words=proposal.reason, by=proposal.proposed_by, at=leads_to))
        if proposal.decided_at:
            told = f"{proposal.get_state_display()}: {title}"
            events.append(
                _event(proposal.decided_at, "act", told, words=proposal.decided_words, by=proposal.decided_by, at=leads_to)
            )
    events += _changes(case, names)
    return sorted(events, key=lambda each: each["when"], reverse=True)[:EVENTS_MAX]


def _changes(case: Case, names: Mapping[str, str]) -> list[Event]:
    told = {
        "state": _("State"),
        "assignee": _("Assigned to"),
        "severity": _("Severity"),
        "narrative_version": _("Narrative, version"),
    }
    lines = Change.objects.filter(kind=Case.kind(), object=case.case_id, field__in=sorted(told), old__isnull=False)
    words = {**{code: f"{name} ({code})" for code, name in names.items()}, **{state: str(name) for state, name in STATES}}
    return [
        _event(
            line.at,
            "act",
            f"{told[line.field]}: {_said(words, line.old)} → {_said(words, line.new)}",
            words=line.reason,
            by=line.person,
        )
        for line in lines.order_by("-number")[:EVENTS_MAX]
    ]


def _said(words: Mapping[str, str], value: Any) -> str:
    return words.get(str(value), str(value)) if value not in (None, "") else "–"


def _event(when: datetime, kind: str, title: str, **more: Any) -> Event:
    return {"when": when, "kind": kind, "title": title, "words": "", "by": "", "at": None, "en": "", "ja": "", **more}


def records(alerts: Sequence[Alert], page: int = 1) -> dict[str, Any]:
    """The records that the alerts name, row by row in order of time, each with the alerts it proves; ``ON_PAGE`` at once."""
    cited: dict[tuple[str, str], list[str]] = defaultdict(list)
    for alert in alerts:
        for item in alert.evidence:
            cited[item["table"], item["id"]].append(alert.alert_id)
    named = sorted(cited)
    found = asked(lambda there: there.rows(named[:NAMED_MAX]))
    rows: list[dict[str, Any]] = sorted(
        (
            {"when": _moment(table, row), "table": table, "id": key, "alerts": cited[table, key], "row": as_plain(table, row)}
            for (table, key), some in (found or {}).items()
            for row in some
        ),
        key=_in_order,
    )
    start = (max(1, page) - 1) * ON_PAGE
    return {
        "books": found is not None,
        "named": len(named),
        "unread": max(0, len(named) - NAMED_MAX),
        "missing": [f"{table} {key}" for table, key in named[:NAMED_MAX] if (table, key) not in (found or {})][:50],
        "count": len(rows),
        "number": max(1, page),
        "pages": max(1, -(-len(rows) // ON_PAGE)),
        "rows": rows[start : start + ON_PAGE],
    }


def _in_order(shown: dict[str, Any]) -> tuple[Any, ...]:
    """By time, what has none last; then by the venue's number."""
    none = shown["when"] is None
    return none, None if none else shown["when"], shown["row"].get("sequence", 0), shown["table"], shown["id"]


def _moment(table: str, row: Any) -> datetime | None:
    """When a record happened: its first time, or the beginning of its first day."""
    schema = TABLES["order_event" if table == "order" else table]
    for kind in ("time", "date"):
        for column in schema.columns:
            value = row.get(column.name)
            if column.kind == kind and value is not None:
                return value if isinstance(value, datetime) else datetime(value.year, value.month, value.day, tzinfo=UTC)
    return None
