"""A report of a suspicious transaction for the matrix: the filing that fewest may know of."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from console.objects import Made, Maker, Wanted
from sekisho.console.filings.documents import WRITERS
from sekisho.console.filings.life import digest
from sekisho.console.filings.models import Filing, Version
from sekisho.console.journal.acting import SYSTEM, acting
from sekisho.console.people.models import Account

AT = datetime(2026, 11, 1, tzinfo=UTC)
PATH = "filings/<str:pk>/"


def a_secret_filing(wanted: Wanted) -> Made:
    """A validated report; to whom it is not shown it is not there. Whoever wrote it reviews nothing."""
    by = Account.objects.get(username=wanted.own_of).person_id if wanted.own_of else "PERSON-ELSE"
    filing = Filing(
        filing_id="STR-2026-00001", filing_kind="suspicious-transaction", secret=True, chapter=wanted.chapter or "transfers",
        parties=list(wanted.parties), state="validated", version=1, begun_at=AT, written_by=by, written_at=AT, validated_at=AT,
    )  # fmt: skip
    with acting(SYSTEM, "begin STR"):
        filing.save()
        Version(
            version_id=f"{filing.pk}/1", filing=filing, number=1, content={}, sha256=digest({}), written_by=by, written_at=AT
        ).save()
    return Made(
        ids={"pk": filing.pk},
        has_chapter=True,
        has_parties=True,
        needs=dict.fromkeys(("filing", "filing versions", "filing document"), ("read STR",)),
        own={"filing": 200, "review filing": 422},
    )


def a_document(wanted: Wanted) -> Made:
    """The same as a document."""
    made = a_secret_filing(wanted)
    return Made(ids={**made.ids, "form": min(WRITERS)}, has_chapter=True, has_parties=True, needs=made.needs)


MAKERS: dict[str, Maker] = {PATH: a_secret_filing, f"{PATH}as/<str:form>/": a_document}
BODIES: dict[str, dict[str, Any]] = {
    "begin filing": {"kind": "misconduct"},
    "write filing": {"version": 1, "content": {}},
    "review filing": {"version": 1, "words": "x"},
    "send back filing": {"words": "x"},
    "propose filing": {"filed_on": "2026-11-01", "channel": "e_gov", "reason_code": "required"},
    "answer to filing": {"outcome": "accepted", "answered_on": "2026-11-02"},
    "drop filing": {"words": "x"},
}
