"""A study for the matrix of roles, acts and objects."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from console.objects import Made, Wanted
from sekisho.console.impact.asking import folder_of
from sekisho.console.impact.models import Study
from sekisho.console.impact.results import SUMMARY
from sekisho.console.journal.acting import SYSTEM, acting

AT = datetime(2026, 11, 1, tzinfo=UTC)


def a_study(_wanted: Wanted) -> Made:
    """A study that was worked out: asking again changes nothing and starts nothing."""
    asked = {
        "study_kind": "compare", "before": "PSA-2026", "after": "FIEA-ACT64", "rules": "", "as_of": "", "assume": [], "vary": [],
        "known": False,
    }  # fmt: skip
    with acting(SYSTEM, "t"):
        study = Study(key="m" * 64, study_kind="compare", asked=asked, books="books", state="done", asked_by="SYSTEM", asked_at=AT)
        study.save()
    place = folder_of(study.key)
    place.mkdir(parents=True, exist_ok=True)
    (place / SUMMARY).write_text("{}")
    return Made(ids={"key": study.key})


MAKERS = {"impact/<str:key>/": a_study}
BODIES: dict[str, dict[str, Any]] = {
    "ask for impact": {"study_kind": "compare", "before": "PSA-2026", "after": "FIEA-ACT64"},
}
