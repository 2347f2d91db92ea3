"""Report clocks: what an incident sets running, by which text, and which of it is late. Deadlines and filings ask here.

Terms stand in ``terms.yaml`` with the words of the law; months and business days are those of the rulebook's rules. Where the text
of a regime was not read, the clock says so and names no day.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
from django.utils import timezone
from django.utils.translation import get_language

from sekisho.console.desk.pages import Unfit
from sekisho.console.incidents.models import Clock, Incident
from sekisho.console.people.actor import Actor
from sekisho.rulebook import RulebookError, load_rulebook
from sekisho.typologies.business_days import BusinessDays, months_end_on

READ_REGIMES: Final = frozenset({"PSA-2020", "PSA-2026"})
"""The regimes whose orders and guideline were read; under others no term is carried over."""

Due = Literal["at_once", "promptly", "none", "recovery", "cause"]


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text in both languages."""

    en: str
    ja: str


class Counted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A term that is counted: so many days, or the months or business days that a parameter of a rule names."""

    days: int | None = None
    months: str | None = None
    business_days: str | None = None


class Term(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One report an incident of these kinds asks for, and the text that asks for it (None: none was found)."""

    code: str
    kinds: tuple[str, ...]
    audience: str
    name: Words
    due: Due | Counted
    document: str | None
    provision: str | None
    quote: str | None
    confidence: Literal["confirmed", "unverified", "unknown"]
    note: Words


@cache
def terms() -> tuple[Term, ...]:
    """Every term, in the order in which they are told."""
    return msgspec.yaml.decode((Path(__file__).parent / "terms.yaml").read_bytes(), type=tuple[Term, ...])


def start_clocks(incident: Incident) -> None:
    """Start every clock that the incident's kind asks for and that does not run yet; within an act."""
    running = set(Clock.objects.filter(incident=incident).values_list("code", flat=True))
    for term in terms():
        if incident.incident_kind in term.kinds and term.code not in running and (term.code != "shortfall" or incident.short):
            clock = Clock(
                incident=incident,
                code=term.code,
                name_en=term.name.en,
                name_ja=term.name.ja,
                audience=term.audience,
                urgency=term.due if isinstance(term.due, str) else "counted",
                source="" if term.document is None else f"{term.document} {term.provision}",
                quote=term.quote or "",
                confidence=term.confidence,
                note_en=term.note.en,
                note_ja=term.note.ja,
            )
            _set_running(clock, term, incident)
            clock.save()


def run_again(incident: Incident) -> None:
    """Count the clocks that are still open anew, after the moment of recognition was corrected or something has happened."""
    known = {term.code: term for term in terms()}
    open_rows = Clock.objects.filter(incident=incident, sent_at=None, waived_at=None).exclude(code="")
    for clock in open_rows.exclude(confidence="by hand"):
        _set_running(clock, known[clock.code], incident)
        clock.save()


def _set_running(clock: Clock, term: Term, incident: Incident) -> None:
    try:
        regime, law_day = load_rulebook().regime_on(None, timezone.localdate(incident.known_at))
    except RulebookError as error:
        raise Unfit({"known_at": str(error)}) from None
    known_regime = regime in READ_REGIMES
    if not known_regime and term.document is not None:
        clock.confidence = "unknown"
        clock.note_en = f"Under {regime} no text of this term was read. {term.note.en}"
        clock.note_ja = f"{regime}の下での期限の条文は未確認。{term.note.ja}"
    elif regime == "PSA-2020" and term.document == "G16":
        clock.confidence = "unverified"  # the guideline was read as of 2026: since when each sentence stands is not established
    happened = {"recovery": incident.recovered_at, "cause": incident.cause_found_at}
    clock.starts_at = happened.get(clock.urgency, incident.known_at)
    clock.due_at = None
    if isinstance(term.due, Counted) and known_regime:
        clock.due_at = _end_of(_last_day(term.due, incident, (regime, law_day)))


def _last_day(due: Counted, incident: Incident, law: tuple[str, date]) -> date | None:
    known_on = timezone.localdate(incident.known_at)
    if due.days is not None:
        return known_on + timedelta(days=due.days)
    if due.months is not None:
        months = _value(due.months, law, known_on)
        return None if months is None else months_end_on(known_on, months)
    assert due.business_days is not None, "a counted term names days, months or business days"
    days = _value(due.business_days, law, known_on)
    arose_on = timezone.localdate(incident.began_at or incident.detected_at)
    return None if days is None else BusinessDays().add(arose_on, days)


def _value(named: str, law: tuple[str, date], as_of: date) -> int | None:
    path, _dot, name = named.rpartition(".")
    value = load_rulebook()[path].parameters_in(law[0], law[1], as_of, {}).in_force[name].value
    return value if isinstance(value, int) else None


def _end_of(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time(23, 59, 59), timezone.get_default_timezone())


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A clock of an incident as calendars and filings need it. ``due_at`` None: the text names no day (``urgency`` says what)."""

    incident_id: str
    title: str
    kind: str
    chapter: str
    clock_id: int
    code: str
    name: str
    audience: str
    urgency: str
    starts_at: datetime | None
    due_at: datetime | None
    source: str
    confidence: str
    stands: str


def running_clocks(actor: Actor, at: datetime, codes: Iterable[str] | None = None) -> list[Running]:
    """The clocks that are neither sent nor waived, of the incidents this person may see: the latest first, then by day."""
    from sekisho.console.incidents.found import seen_by

    rows = Clock.objects.filter(incident__in=seen_by(actor), sent_at=None, waived_at=None).exclude(incident__state="closed")
    rows = rows.select_related("incident")
    if codes is not None:
        rows = rows.filter(code__in=list(codes))
    order = {"late": 0, "now": 1, "running": 2, "waiting": 3}
    found = [running_of(row, at) for row in rows]
    far = datetime.max.replace(tzinfo=at.tzinfo)
    return sorted(found, key=lambda each: (order[each.stands], each.due_at or far, each.incident_id, each.clock_id))


def running_of(clock: Clock, at: datetime) -> Running:
    """One clock."""
    incident = clock.incident
    return Running(
        incident_id=incident.pk,
        title=incident.title,
        kind=incident.incident_kind,
        chapter=incident.chapter,
        clock_id=clock.pk,
        code=clock.code,
        name=in_language(clock, "name"),
        audience=clock.audience,
        urgency=clock.urgency,
        starts_at=clock.starts_at,
        due_at=clock.due_at,
        source=clock.source,
        confidence=clock.confidence,
        stands=clock.stands(at),
    )


def in_language(row: Any, name: str) -> str:
    """Of a text that a row has in both languages the one being read."""
    return str(getattr(row, f"{name}_{'ja' if (get_language() or '').startswith('ja') else 'en'}"))
