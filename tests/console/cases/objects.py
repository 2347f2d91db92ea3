"""A case with its evidence and a bundle for the matrix of roles, acts and objects."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from console.alerts.objects import alert_of
from console.objects import Made, Maker, Wanted, concerned, refused
from sekisho.console.cases.models import Bundle, Case, CaseAlert, CaseParty, Evidence
from sekisho.console.desk.files import keep_file
from sekisho.console.journal.acting import SYSTEM, acting

AT = datetime(2026, 11, 1, tzinfo=UTC)
PATH = "cases/<str:case_id>/"


def case_of(wanted: Wanted) -> Case:
    """A case of the chapter wanted, about those wanted, with an alert of another rule's subject in it."""
    parties = concerned(wanted)
    case = Case(
        case_id="C-2026-000001", title="x", chapter=wanted.chapter or "unfair_trading", severity="high", rank=3, parties=parties,
        opened_at=AT, opened_by="SYSTEM", due_at=AT,
    )  # fmt: skip
    with acting(SYSTEM, "open a case"):
        case.save()
        for party in parties:
            CaseParty(case=case, party_id=party).save()
        CaseAlert(case=case, alert=alert_of(wanted), joined_at=AT).save()
    return case


def _made(case: Case, **more: Any) -> Made:
    return Made(ids={"case_id": case.pk, **more}, has_chapter=True, has_parties=True, own=refused(PATH))


def a_case(wanted: Wanted) -> Made:
    """A case."""
    return _made(case_of(wanted))


def a_piece(wanted: Wanted) -> Made:
    """A record in the register of a case."""
    case = case_of(wanted)
    with acting(SYSTEM, "t"):
        piece = Evidence(case=case, evidence_kind="record", what="x", sha256="a" * 64, content=[], added_at=AT, added_by="SYSTEM")
        piece.save()
    return _made(case, evidence_id=piece.pk)


def a_bundle(wanted: Wanted) -> Made:
    """A bundle that was made of a case."""
    case, kept = case_of(wanted), keep_file("C.zip", [b"a bundle"])
    with acting(SYSTEM, "t"):
        bundle = Bundle(case=case, sha256=kept.sha256, seal="s", size=kept.size, made_at=AT, made_by="SYSTEM", why="x")
        bundle.save()
    return _made(case, bundle_id=bundle.pk)


MAKERS: dict[str, Maker] = {
    PATH: a_case,
    f"{PATH}evidence/<int:evidence_id>/": a_piece,
    f"{PATH}bundle/<int:bundle_id>/": a_bundle,
}
_WHY = {"why": "x"}
BODIES: dict[str, dict[str, Any]] = {
    "open case": {"alerts": ["F-M"]},
    "open case by hand": {"title": "x", "chapter": "unfair_trading", "severity": "low", "words": "x"},
    "join alerts to case": {"alerts": ["F-N"]},
    "take alert out of case": {"alert": "F-M", **_WHY},
    "link case": {"other": "C-2026-000002", **_WHY},
    "assign case": {"to": "PERSON-COMPLIANCE2", "words": "x"},
    "move case": {"state": "investigating"},
    "note on case": {"words": "x"},
    "save narrative": {"version": 0, "narrative_en": "x", "narrative_ja": "x"},
    "add evidence file": {"kind": "document", "what": "x", "obtained": "x", "name": "x.txt", "content": "eA=="},
    "register record": {"table": "trade", "record_id": "T1", **_WHY},
    "take evidence": _WHY,
    "propose closing case": {"outcome": "unfounded", "reason_code": "other", "words": "x"},
    "propose reopening case": {"reason_code": "other", "words": "x"},
    "make bundle": _WHY,
    "take bundle": _WHY,
}
