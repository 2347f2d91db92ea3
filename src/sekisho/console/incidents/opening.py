"""Opening an incident: by hand, from an alert or a case, or from what ``sekisho outflow`` found in the logs."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import msgspec
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from sekisho.console.alerts.models import RANK, SEVERITIES
from sekisho.console.desk.files import KeptFile
from sekisho.console.desk.pages import Unfit
from sekisho.console.incidents.clocks import start_clocks
from sekisho.console.incidents.models import FIRM, KINDS, Entry, Incident, IncidentFile, Indicator
from sekisho.console.journal.acting import acting
from sekisho.console.people.actor import Actor
from sekisho.intelligence.sharing import report_of_outflow
from sekisho.rulebook import load_rulebook
from sekisho.typologies.listed_forms import normal_form

_STAMP: Final = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)[:：]\s*(.*)", re.DOTALL)
_TRIES: Final = 5


class Noted(msgspec.Struct, frozen=True, kw_only=True):
    """A line the log begins with."""

    entry_kind: str
    happened_at: datetime
    words: str


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """An indicator the incident begins with."""

    indicator_kind: str
    value: str
    asset: str = ""
    role: str = ""


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """What is known when an incident is opened. ``known_at`` is when the firm recognised it: clocks run from there."""

    title: str
    incident_kind: str
    severity: str
    known_at: datetime
    known_by: str
    summary: str
    detected_at: datetime | None = None
    began_at: datetime | None = None
    chapter: str = ""
    source: str = "hand"
    source_ref: str = ""
    systems: tuple[str, ...] = ()
    assets: tuple[dict[str, Any], ...] = ()
    amount_jpy: Decimal | None = None
    clients: int | None = None
    clients_words: str = ""
    short: bool = False
    parties: tuple[str, ...] = ()
    details: dict[str, Any] = {}
    alert: str | None = None
    case: str | None = None
    log: tuple[Noted, ...] = ()
    indicators: tuple[Seen, ...] = ()


def open_incident(actor: Actor, opening: Opening) -> Incident:
    """Open it, start its clocks, and write the first lines of its log. Raises ``Denied`` or ``Unfit``."""
    chapter = opening.chapter or ("client_assets" if opening.incident_kind == "outflow" else FIRM)
    actor.need("open an incident", chapter, opening.parties)
    _refuse(opening, chapter, actor.at)
    with acting(actor.author, "open an incident", at=actor.at):
        incident = _numbered(actor, opening, chapter)
        recognised = _("Recognised by {who}.").format(who=opening.known_by)
        lines = [*opening.log, Noted(entry_kind="detection", happened_at=opening.known_at, words=recognised)]
        for line in lines:
            Entry(
                incident=incident,
                entry_kind=line.entry_kind,
                happened_at=line.happened_at,
                written_at=actor.at,
                by=actor.person.person_id,
                words=line.words,
            ).save()
        for each in opening.indicators:
            Indicator(incident=incident, added_at=actor.at, by=actor.person.person_id, **msgspec.structs.asdict(each)).save()
        start_clocks(incident)
    return incident


def attach(actor: Actor, incident: Incident, kept: KeptFile, words: str) -> None:
    """Say of a file in the store that it belongs to an incident, and what it shows."""
    IncidentFile(
        incident=incident,
        name=kept.name,
        sha256=kept.sha256,
        size=kept.size,
        media=kept.media,
        words=words,
        added_at=actor.at,
        by=actor.person.person_id,
    ).save()


def _refuse(opening: Opening, chapter: str, at: datetime) -> None:
    faults = {}
    if opening.incident_kind not in dict(KINDS):
        faults["incident_kind"] = _("choose one of the kinds")
    if opening.severity not in dict(SEVERITIES):
        faults["severity"] = _("choose one of the severities")
    if chapter != FIRM and chapter not in {rule.chapter for rule in load_rulebook().rules.values()}:
        faults["chapter"] = _("is no chapter of the rulebook")
    for name in ("title", "summary", "known_by"):
        if not getattr(opening, name).strip():
            faults[name] = _("must say something")
    if opening.known_at > at:
        faults["known_at"] = _("lies in the future: give when it happened")
    if opening.detected_at is not None and opening.detected_at > opening.known_at:
        faults["detected_at"] = _("lies after the firm recognised it: nothing is recognised before it is detected")
    if opening.clients is not None and opening.clients < 0:
        faults["clients"] = _("cannot be below zero")
    if faults:
        raise Unfit(faults)


def _numbered(actor: Actor, opening: Opening, chapter: str) -> Incident:
    """The row under the next number of its year; two that are opened at once get two numbers."""
    year = timezone.localdate(actor.at).year
    for attempt in range(_TRIES):
        last = Incident.objects.filter(pk__startswith=f"INC-{year}-").order_by("-pk").values_list("pk", flat=True).first()
        number = int(str(last).rpartition("-")[2]) + 1 if last else 1
        incident = Incident(
            incident_id=f"INC-{year}-{number:04}",
            title=opening.title,
            incident_kind=opening.incident_kind,
            severity=opening.severity,
            rank=RANK[opening.severity],
            chapter=chapter,
            source=opening.source,
            source_ref=opening.source_ref,
            detected_at=opening.detected_at or opening.known_at,
            known_at=opening.known_at,
            known_by=opening.known_by,
            began_at=opening.began_at,
            summary=opening.summary,
            systems=list(opening.systems),
            assets=list(opening.assets),
            amount_jpy=opening.amount_jpy,
            clients=opening.clients,
            clients_words=opening.clients_words,
            short=opening.short,
            parties=sorted(opening.parties),
            details=opening.details,
            opened_at=actor.at,
            opened_by=actor.person.person_id,
            alert_id=opening.alert,
            case_id=opening.case,
        )
        try:
            with transaction.atomic():
                incident.save(force_insert=True)
        except IntegrityError:
            if attempt + 1 == _TRIES:
                raise
            continue
        return incident
    raise AssertionError("every attempt returns or raises")


def opening_of_outflow(content: bytes, number: int, *, known_at: datetime | None, known_by: str, lang: str) -> Opening:
    """What ``sekisho outflow --json`` (or its incident.json) tells of one event, as an incident to open.

    Without ``known_at`` the firm is taken to recognise it with the analysis: now, which the caller passes.
    """
    try:
        told = msgspec.json.decode(content)
        event = next((each for each in told["events"] if each["number"] == number), None)
    except (msgspec.DecodeError, KeyError, TypeError):
        raise Unfit({"file": _("is not what 'sekisho outflow --json' writes")}) from None
    if event is None:
        raise Unfit({"event": _("the file tells of no event {number}").format(number=number)})
    try:
        return _opening_of(told, event, content, known_at or timezone.now(), known_by, "ja" if lang == "ja" else "en")
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise Unfit({"file": _("is not what 'sekisho outflow --json' writes: {what}").format(what=error)}) from None


def _opening_of(
    told: Mapping[str, Any], event: dict[str, Any], content: bytes, known_at: datetime, known_by: str, lang: str
) -> Opening:
    route, worth = event["route"], event["amount_jpy"]
    sections = {each["id"]: each["statements"] for each in event["sections"]}
    seen = report_of_outflow(told, event["number"]).addresses
    details = {
        "sha256": hashlib.sha256(content).hexdigest(),
        "regime": told["regime"],
        "gaps": told["gaps"],
        "open_items": [
            {"section": section["title"], "en": line["en"], "ja": line["ja"]}
            for section in event["sections"]
            for line in section["statements"]
            if line["state"] == "to_fill_in"
        ],
        "statements": [
            {
                "title": section["title"],
                "lines": [{"en": s["en"], "ja": s["ja"]} for s in section["statements"] if s["state"] != "to_fill_in"],
            }
            for section in event["sections"]
            if section["id"] != "timeline"
        ],
        **{name: event[name] for name in event if name not in ("sections", "terms")},
    }
    return Opening(
        title=event["title"][lang],
        incident_kind="outflow",
        severity="critical",
        known_at=known_at,
        known_by=known_by,
        detected_at=known_at,
        began_at=_utc(event["first_at"]),
        summary=" ".join(line[lang] for line in sections["summary"] if line["state"] == "known"),
        source="outflow",
        source_ref=f"incident.json {hashlib.sha256(content).hexdigest()[:12]}, {event['number']}",
        systems=tuple(wallet["wallet_id"] for wallet in route["wallets"]),
        assets=tuple({"asset": asset, "quantity": quantity} for asset, quantity in event["quantities"].items()),
        amount_jpy=None if worth is None else Decimal(worth),
        clients=sum(int(each["not_wholly_covered"]) for each in event["clients"]) if event["clients"] else None,
        clients_words=" ".join(line[lang] for line in sections.get("clients", ()) if line["state"] == "known"),
        short=any(Decimal(each["short"]) > 0 for each in event["clients"]),
        parties=tuple(sorted({*route["requesters"], *route["approvers"], *route["signers"]})),
        details=details,
        log=tuple(_lines(sections["timeline"], lang)),
        indicators=tuple(
            Seen(indicator_kind="address", value=normal_form(each.address, each.asset), asset=each.asset, role=each.role)
            for each in seen
        ),
    )


def _utc(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=timezone.get_default_timezone())


def _lines(statements: Sequence[Mapping[str, Any]], lang: str) -> list[Noted]:
    """The lines of the draft's sequence that have a moment, as the log has them."""
    found = []
    for each in statements:
        stamped = _STAMP.match(each[lang])
        if stamped and each["state"] == "known":
            found.append(Noted(entry_kind="fact", happened_at=_utc(stamped[1].replace(" ", "T")), words=stamped[2]))
    return found
