"""A certificate of client assets for the matrix of roles, acts and objects."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from console.objects import Made, Maker, Wanted
from sekisho.console.custody.making import folder_of
from sekisho.console.custody.models import Certificate
from sekisho.console.custody.pages import CHAPTER
from sekisho.console.journal.acting import SYSTEM, acting

AT = datetime(2026, 11, 1, tzinfo=UTC)


def _certificate() -> Certificate:
    made = Certificate(
        day=date(2026, 10, 31), books="b", regime="PSA-2026", state="made", asked_by="SYSTEM", asked_at=AT, made_at=AT,
        summary={"verdicts": {}},
    )  # fmt: skip
    with acting(SYSTEM, "certify a day"):
        made.save()
    return made


def a_certificate(_wanted: Wanted) -> Made:
    """A certificate; all are of the chapter of client assets."""
    return Made(ids={"pk": _certificate().pk}, has_chapter=True, only_chapter=CHAPTER)


def a_file(_wanted: Wanted) -> Made:
    """A file of it."""
    made, name = _certificate(), "certificate.pdf"
    place = folder_of(made)
    place.mkdir(parents=True, exist_ok=True)
    (place / name).write_bytes(b"%PDF")
    return Made(ids={"pk": made.pk, "name": name}, has_chapter=True, only_chapter=CHAPTER)


MAKERS: dict[str, Maker] = {"custody/<int:pk>/": a_certificate, "custody/<int:pk>/files/<str:name>/": a_file}
BODIES: dict[str, dict[str, Any]] = {}
