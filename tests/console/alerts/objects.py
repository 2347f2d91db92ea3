"""Alerts, remembered pairs and saved views for the matrix of roles, acts and objects."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from console.objects import Made, Maker, Wanted, concerned, refused
from sekisho.console.alerts.models import Alert, Memory, SavedView
from sekisho.console.journal.acting import SYSTEM, acting
from sekisho.console.people.models import Account

AT = datetime(2026, 11, 1, tzinfo=UTC)


def alert_of(wanted: Wanted) -> Alert:
    """An alert of the chapter wanted, about those wanted."""
    alert = Alert(
        alert_id="F-M", rule="unfair_trading/wash_trading", chapter=wanted.chapter or "unfair_trading", regime="PSA-2026",
        as_of=AT.date(), severity="high", rank=3, score=0.9, subject_kind="account", subject_id="A-M", window_from=AT,
        window_until=AT, summary_en="x", summary_ja="x", parties=concerned(wanted), raised_at=AT, due_at=AT,
    )  # fmt: skip
    with acting(SYSTEM, "take in findings"):
        alert.save()
    return alert


def an_alert(wanted: Wanted) -> Made:
    """An alert nobody works on yet."""
    return Made(ids={"alert_id": alert_of(wanted).pk}, has_chapter=True, has_parties=True, own=refused("alerts/<str:alert_id>/"))


def a_memory(wanted: Wanted) -> Made:
    """A rule and subject remembered as a false positive."""
    memory = Memory(
        rule="unfair_trading/wash_trading", chapter=wanted.chapter or "unfair_trading", subject_kind="account", subject_id="A-M",
        rank_most=3, parties=concerned(wanted), alert_id="F-M", reason_code="known_pattern", proposed_by="A", approved_by="B",
        at=AT, expires_at=timezone.now() + timedelta(days=30),
    )  # fmt: skip
    with acting(SYSTEM, "remember", effect="remember false positive"):
        memory.save()
    return Made(ids={"pk": memory.pk}, has_chapter=True, has_parties=True, own=refused("alerts/remembered/<int:pk>/"))


def a_view(wanted: Wanted) -> Made:
    """A view somebody saved and shares; only he removes it."""
    owner = Account.objects.get(username=wanted.own_of).person_id if wanted.own_of else "PERSON-ELSE"
    view = SavedView(owner=owner, title="x", query="", shared=True)
    with acting(SYSTEM, "save a view"):
        view.save()
    return Made(ids={"pk": view.pk}, own={"remove view": 200}, nobody=frozenset({"remove view"}))


MAKERS: dict[str, Maker] = {
    "alerts/<str:alert_id>/": an_alert,
    "alerts/remembered/<int:pk>/": a_memory,
    "alerts/views/<int:pk>/": a_view,
}
_LATER = (timezone.now() + timedelta(days=7)).date().isoformat()
BODIES: dict[str, dict[str, Any]] = {
    "assign alert": {"person": "PERSON-COMPLIANCE2", "reason": "x"},
    "snooze alert": {"until": _LATER, "reason_code": "monitoring"},
    "dispose alert": {"disposition": "valuable", "reason_code": "other", "reason": "x"},
    "reopen alert": {"reason_code": "other", "reason": "x"},
    "remember alert": {"until": _LATER, "reason_code": "other", "reason": "x"},
    "revoke remembered": {"reason": "x"},
    "alerts in bulk": {"do": "claim", "keys": ["F-M"]},
    "save view": {"title": "x"},
    "propose service level": {"severity": "low", "business_days": 9, "from_on": "2099-01-01", "reason": "x"},
}
