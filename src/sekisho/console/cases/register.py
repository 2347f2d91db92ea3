"""The evidence register of a case: files and records, each with its hash and its chain of custody."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import msgspec
from django.utils.translation import gettext as _

from sekisho.console.cases.books import asked, books
from sekisho.console.cases.file_kinds import content_type_of, plain_name
from sekisho.console.cases.models import EVIDENCE_KINDS, Case, Evidence, Handled
from sekisho.console.cases.seen import the_case, to_change
from sekisho.console.desk.files import store, stored
from sekisho.console.desk.pages import Unfit
from sekisho.console.journal.acting import acting, plain
from sekisho.console.people.actor import Actor
from sekisho.records import TABLES

PERSONAL: Final = frozenset(
    {"born_on", "experience", "net_worth_jpy", "income_jpy", "risk_tolerance", "travel_rule_payload", "payload"}
)
"""Columns of the record tables that tell more of a client than an id: neither shown with evidence nor copied into the register."""


def add_file(actor: Actor, case_id: str, kind: str, name: str, content: bytes, *, what: str = "", obtained: str = "") -> Evidence:
    """Take a file in: first it lies under its hash, then a row and the first link of its chain say so."""
    if kind not in dict(EVIDENCE_KINDS):
        raise Unfit({"kind": _("choose one of the kinds")})
    if not obtained.strip():
        raise Unfit({"obtained": _("say where it was obtained")})
    the_case(actor, case_id, "work on cases")
    safe = plain_name(name)
    content_type = content_type_of(safe, content)
    if kind == "run":
        run_in(content)
    digest, size = store([content])
    with acting(actor.author, "add evidence", at=actor.at):
        case = to_change(actor, case_id)
        if Evidence.objects.filter(case=case, sha256=digest).exists():
            raise Unfit({"file": _("this file is in the register already")})
        return _registered(
            Evidence(
                case=case,
                evidence_kind=kind,
                what=(what.strip() or safe)[:300],
                obtained=obtained.strip()[:300],
                sha256=digest,
                name=safe,
                content_type=content_type,
                size=size,
                added_at=actor.at,
                added_by=actor.person.person_id,
            ),
            "received",
            obtained,
        )


def add_record(actor: Actor, case_id: str, table: str, record_id: str, why: str) -> Evidence:
    """Register a record of the books as evidence: as it is now, with the hash of what it says."""
    the_case(actor, case_id, "work on cases")
    if not why.strip():
        raise Unfit({"why": _("say what it proves")})
    if table not in {*TABLES, "order"}:
        raise Unfit({"table": _("there is no such record table")})
    if books() is None:
        raise Unfit(_("No books are set: name their folder as 'books' in the settings of the console."))
    named = (table, record_id)
    found = (asked(lambda there: there.rows([named])) or {}).get(named)
    if not found:
        raise Unfit({"record_id": _("the books have no %(table)s %(record)s") % {"table": table, "record": record_id}})
    rows = [as_plain(table, row) for row in found]
    content = msgspec.json.encode(rows, order="sorted")
    with acting(actor.author, "register a record as evidence", reason=why, at=actor.at):
        case = to_change(actor, case_id)
        if Evidence.objects.filter(case=case, table=table, record_id=record_id).exists():
            raise Unfit({"record_id": _("this record is in the register already")})
        return _registered(
            Evidence(
                case=case,
                evidence_kind="record",
                what=f"{table} {record_id}"[:300],
                obtained=_("books of the firm"),
                sha256=hashlib.sha256(content).hexdigest(),
                content_type="application/json",
                size=len(content),
                table=table,
                record_id=record_id,
                content=rows,
                added_at=actor.at,
                added_by=actor.person.person_id,
            ),
            "registered",
            why,
        )


def take_out(actor: Actor, case_id: str, evidence_id: int, why: str) -> tuple[Evidence, bytes]:
    """A piece of evidence, for somebody who says why; its chain says so before he has it."""
    case = the_case(actor, case_id, "take evidence out")
    piece: Evidence | None = Evidence.objects.filter(case=case, pk=evidence_id).first()
    if piece is None:
        raise Unfit(_("The case has no such piece of evidence."))
    if not why.strip():
        raise Unfit({"why": _("say what it is taken out for")})
    content = content_of(piece)
    with acting(actor.author, "take evidence out", reason=why, at=actor.at):
        Handled(evidence=piece, at=actor.at, by=actor.person.person_id, did="taken out", why=why).save()
    return piece, content


def content_of(piece: Evidence) -> bytes:
    """What a piece is, byte for byte."""
    return msgspec.json.encode(piece.content, order="sorted") if piece.evidence_kind == "record" else stored(piece.sha256)


def run_in(content: bytes) -> dict[str, Any]:
    """The run.json of an inspection. Raises ``Unfit`` where it is none."""
    try:
        run: dict[str, Any] = msgspec.json.decode(content, type=dict)
    except msgspec.MsgspecError as error:
        raise Unfit({"file": _("this is not the run.json of an inspection: %(error)s") % {"error": error}}) from None
    lacking = {"rules", "records", "regime", "as_of", "law_day", "sekisho"} - run.keys()
    if lacking:
        said = _("this is not the run.json of an inspection: it lacks %(keys)s")
        raise Unfit({"file": said % {"keys": ", ".join(sorted(lacking))}})
    return run


def runs_of(case: Case) -> list[dict[str, Any]]:
    """The run.json files in the register of a case, the newest first."""
    pieces = Evidence.objects.filter(case=case, evidence_kind="run").order_by("-pk")
    return [run_in(stored(piece.sha256)) for piece in pieces]


def as_plain(table: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """A record as JSON has it, without what is a client's own affair: exact decimals without the zeros of the column, times in UTC.

    Columns that the books carry beyond the contract are left out, too: nobody knows what they tell.
    """
    schema = TABLES["order_event" if table == "order" else table]
    shown = [each.name for each in schema.columns if each.name not in PERSONAL]
    return {name: _exact(row[name]) for name in shown if row.get(name) is not None}


def _exact(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value.isoformat() if isinstance(value, datetime) else plain(value)


def _registered(piece: Evidence, did: str, why: str) -> Evidence:
    piece.save()
    Handled(evidence=piece, at=piece.added_at, by=piece.added_by, did=did, why=why).save()
    return piece
