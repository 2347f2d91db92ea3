"""A deadline of a report of a suspicious transaction for the matrix of roles, acts and objects."""

from __future__ import annotations

from datetime import date
from typing import Any

from console.objects import Made, Maker, Wanted, concerned, refused
from sekisho.console.deadlines.models import Obligation
from sekisho.console.journal.acting import SYSTEM, acting

PATH = "deadlines/<str:pk>/"


def a_secret_deadline(wanted: Wanted) -> Made:
    """An open deadline that tells of a report of a suspicious transaction; to others it is not there."""
    row = Obligation(
        obligation_id="STR-M", source="alerts", rule="transfers/structuring", name="str", title_en="x", title_ja="x",
        chapter=wanted.chapter or "transfers", secret=True, parties=concerned(wanted), arose_on=date(2026, 11, 1),
        due_on=date(2026, 11, 30),
    )  # fmt: skip
    with acting(SYSTEM, "look for deadlines"):
        row.save()
    return Made(ids={"pk": row.pk}, has_chapter=True, has_parties=True, needs={"deadline": ("read STR",)}, own=refused(PATH, 404))


def a_calendar(_wanted: Wanted) -> Made:
    """The list as a calendar: it keeps what the list keeps."""
    return Made(ids={"form": "ics"})


MAKERS: dict[str, Maker] = {PATH: a_secret_deadline, "deadlines/calendar.<str:form>": a_calendar}
BODIES: dict[str, dict[str, Any]] = {
    "prove deadline": {"met_on": "2026-11-02", "proof": "receipt"},
    "meet deadline": {"filing": "STR-2026-00001"},
}
