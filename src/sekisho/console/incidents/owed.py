"""What incidents put on the calendar: their report clocks. Where the text names no number of days, the day itself counts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from django.urls import reverse
from django.utils import timezone

from sekisho.console.filings.owed import Owed
from sekisho.console.incidents.models import Clock
from sekisho.rulebook.texts import Text

_AT_THAT_TIME = ("at_once", "recovery", "cause")


def owed(_today: date) -> Iterator[Owed]:
    """Every clock that runs to a day. "Promptly" names none, and what waits for the recovery or the cause has not begun."""
    rows = Clock.objects.filter(waived_at=None, starts_at__isnull=False).select_related("incident").order_by("pk")
    for clock in rows:
        arose_on = timezone.localdate(clock.starts_at)
        due_on = timezone.localdate(clock.due_at) if clock.due_at else arose_on if clock.urgency in _AT_THAT_TIME else None
        if due_on is None:
            continue
        incident = clock.incident
        yield Owed(
            key=str(clock.pk),
            rule="",
            name=clock.code or "report",
            title=Text(f"{clock.name_en}: {incident.pk}", f"{clock.name_ja}：{incident.pk}"),
            chapter=incident.chapter,
            arose_on=arose_on,
            due_on=due_on,
            because=Text(clock.note_en or clock.name_en, clock.note_ja or clock.name_ja),
            provision=clock.source,
            at=reverse("incident", args=[incident.pk]),
            parties=tuple(incident.parties),
            met_on=timezone.localdate(clock.sent_at) if clock.sent_at else None,
            facts={"incident": incident.pk, "confidence": clock.confidence},
        )
