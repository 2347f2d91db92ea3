"""An incident and what hangs on it for the matrix of roles, acts and objects."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.utils import timezone

from console.objects import Made, Maker, Wanted, concerned, refused
from sekisho.console.desk.files import keep_file
from sekisho.console.incidents.models import FIRM, Check, Clock, Incident, IncidentFile, Indicator, Lesson, Measure
from sekisho.console.journal.acting import SYSTEM, Kept, acting
from sekisho.console.people.models import Person

AT = datetime(2026, 11, 1, tzinfo=UTC)
PATH = "incidents/<str:pk>/"


def incident_of(wanted: Wanted) -> Incident:
    """An incident of the chapter wanted, about those wanted, with something to share."""
    incident = Incident(
        incident_id="INC-2026-0001", title="x", incident_kind="other", severity="high", rank=3, chapter=wanted.chapter or FIRM,
        source="hand", detected_at=AT, known_at=AT, known_by="x", summary="x", parties=concerned(wanted), opened_at=AT,
        opened_by="SYSTEM",
    )  # fmt: skip
    with acting(SYSTEM, "open an incident"):
        incident.save()
        Indicator(incident=incident, indicator_kind="domain", value="thief.invalid", added_at=AT, by="SYSTEM").save()
    return incident


def _made(incident: Incident, **more: Any) -> Made:
    return Made(ids={"pk": incident.pk, **more}, has_chapter=True, has_parties=True, own=refused(PATH))


def an_incident(wanted: Wanted) -> Made:
    """An incident."""
    return _made(incident_of(wanted))


def _with(row_of: Callable[[Incident], Kept]) -> Maker:
    def maker(wanted: Wanted) -> Made:
        incident = incident_of(wanted)
        with acting(SYSTEM, "t"):
            row = row_of(incident)
            row.save()
        return _made(incident, number=row.pk)

    return maker


def _clock(incident: Incident) -> Clock:
    return Clock(
        incident=incident, name_en="x", name_ja="x", audience="authority", urgency="at_once", starts_at=AT, confidence="unknown"
    )


def _file(incident: Incident) -> IncidentFile:
    kept = keep_file("log.txt", [b"what happened"])
    return IncidentFile(
        incident=incident, name=kept.name, sha256=kept.sha256, size=kept.size, media=kept.media, added_at=AT, by="SYSTEM"
    )


def lesson_of(incident: Incident, lesson_kind: str = "task") -> Lesson:
    """A lesson of it."""
    return Lesson(
        incident=incident, lesson_kind=lesson_kind, words="x", owner=Person.objects.get(pk="PERSON-AUDIT"), due_on=date(2027, 1, 31)
    )


def _measure(incident: Incident) -> Measure:
    return Measure(incident=incident, code="preserve_logs", words="x", two_people=False, planned_at=AT, planned_by="SYSTEM")


MAKERS: dict[str, Maker] = {
    PATH: an_incident,
    f"{PATH}checks/<int:number>/": _with(lambda incident: Check(incident=incident, code="tested")),
    f"{PATH}clocks/<int:number>/": _with(_clock),
    f"{PATH}files/<int:number>/": _with(_file),
    f"{PATH}lessons/<int:number>/": _with(lesson_of),
    f"{PATH}measures/<int:number>/": _with(_measure),
}
_LATER = (timezone.now() + timedelta(days=7)).isoformat()
_NEW = {"title": "x", "incident_kind": "other", "severity": "low", "summary": "x", "known_by": "x"}
BODIES: dict[str, dict[str, Any]] = {
    "open incident by hand": {**_NEW, "chapter": FIRM},
    "open incident from outflow": {"known_by": "x", "content": "e30="},
    "write into the log": {"entry_kind": "fact", "words": "x"},
    "plan measure": {"code": "preserve_logs", "words": "x"},
    "measure carried out": {},
    "drop measure": {"words": "x"},
    "propose measure again": {"reason_code": "stop_harm", "reason": "x"},
    "propose lifting measure": {"reason_code": "tested", "reason": "x"},
    "add clock": {"name": "x", "audience": "authority", "due_at": _LATER, "source": "x"},
    "set term": {"due_at": _LATER, "source": "x"},
    "report sent": {"words": "x"},
    "propose not to report": {"reason_code": "no_duty", "reason": "x"},
    "add check": {"code": "tested"},
    "check done": {"passed": True, "result": "x"},
    "incident reached": {"state": "contained", "words": "x"},
    "cause found": {"cause": "x"},
    "amend incident": {"why": "x", "severity": "low"},
    "add lesson": {"words": "x", "lesson_kind": "task", "owner": "PERSON-AUDIT", "due_on": "2027-01-31"},
    "no lesson": {"why": "x"},
    "lesson done": {"words": "x"},
    "add indicator": {"indicator_kind": "domain", "value": "example.invalid"},
    "add incident file": {"words": "x", "name": "log.txt", "content": "eA=="},
    "propose closing incident": {"reason_code": "no_incident", "reason": "x"},
    "propose reopening incident": {"reason_code": "new_facts", "reason": "x"},
}
