"""Items, their evidence and a lesson to attest for the matrix of roles, acts and objects."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from console.incidents.objects import incident_of, lesson_of
from console.objects import Made, Maker, Wanted, refused
from sekisho.console.attestations.models import Attestation, Evidence, Item
from sekisho.console.desk.files import keep_file
from sekisho.console.journal.acting import SYSTEM, acting
from sekisho.console.people.models import Account, Person

AT = datetime(2026, 11, 1, tzinfo=UTC)
OF_OWNER = frozenset({"draft attestation", "add evidence", "remove evidence", "hand in attestation"})


def _item(wanted: Wanted) -> Item:
    """An item about a provider, owned by whoever's own work is wanted, else by somebody with no role that attests."""
    owner = Account.objects.get(username=wanted.own_of).person if wanted.own_of else Person.objects.get(pk="PERSON-SRO")
    item = Item(
        item_id="own/1", source="own", chapter=wanted.chapter or "client_assets", subject_kind="provider",
        subject_id=(*wanted.parties, "P-PROVIDER")[0], text_en="x", text_ja="x", owner=owner,
    )  # fmt: skip
    with acting(SYSTEM, "add an item"):
        item.save()
    return item


def an_item(wanted: Wanted) -> Made:
    """An item; only its owner attests, and may."""
    return Made(
        ids={"pk": _item(wanted).pk},
        has_chapter=True,
        has_parties=True,
        own={"attestation": 200, "draft attestation": 200, "add evidence": 422, "hand in attestation": 422},
        nobody=OF_OWNER,
    )


def an_evidence(wanted: Wanted) -> Made:
    """Evidence of a draft; only the owner takes it off."""
    item = _item(wanted)
    kept = keep_file("drill.txt", [b"who came"])
    with acting(SYSTEM, "t"):
        row = Attestation(item=item, owner=item.owner, statement="x", result="met", base_on=AT.date(), drafted_at=AT)
        row.save()
        shown = Evidence(
            attestation=row, evidence_kind="file", name=kept.name, sha256=kept.sha256, size=kept.size, added_at=AT, by="SYSTEM"
        )
        shown.save()
    return Made(
        ids={"pk": item.pk, "number": shown.pk},
        has_chapter=True,
        has_parties=True,
        own={"attestation evidence": 200, "remove evidence": 200},
        nobody=OF_OWNER,
    )


def a_lesson(wanted: Wanted) -> Made:
    """A lesson of an incident, which whoever may not see the incident does not find."""
    with acting(SYSTEM, "t"):
        lesson = lesson_of(incident_of(wanted), "attestation")
        lesson.save()
    return Made(ids={"lesson": lesson.pk}, has_chapter=True, has_parties=True, own=refused("attestations/lessons/", 404))


MAKERS: dict[str, Maker] = {
    "attestations/<int:pk>/": an_item,
    "attestations/<int:pk>/evidence/<int:number>/": an_evidence,
    "attestations/lessons/<int:lesson>/": a_lesson,
}
BODIES: dict[str, dict[str, Any]] = {
    "draft attestation": {"statement": "x", "result": "met"},
    "give item an owner": {"owner": "PERSON-AUDIT"},
    "add item": {"text_en": "x"},
    "attest a lesson": {"evidence": "x"},
    "set unit meaning": {"word": "x", "units": "operations"},
}
