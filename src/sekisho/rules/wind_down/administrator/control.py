"""Administrator: who was put in the place of a management found incapable, and whether anybody else still decides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from sekisho.engine.answers import Evidence, Found, Outcome, Reason, Severity
from sekisho.engine.requests import InstructionRequest, Request, View
from sekisho.typologies.valuation import JAPAN, starts_at
from sekisho.typologies.winding import APPOINTED, Event, Instruction, in_office, read_events, read_instructions

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.rulebook import Parameters

INCAPABLE = "management_incapable"


def decide(request: Request, view: View, p: Parameters) -> Iterator[Reason]:
    """While an administrator is in office, an instruction of anybody else is refused; each answer names the event it rests on."""
    if not isinstance(request, InstructionRequest):
        return
    office = view.administrator(request.given_at)
    if office is None or office.party_id == request.party_id:
        return
    yield Reason(
        outcome=Outcome.refuse if office.party_id is not None else Outcome.hold,
        sentence="not_the_administrator" if office.party_id is not None else "administrator_not_named",
        facts={
            "instruction": request.instruction_id,
            "by": request.party_id,
            "event": office.event_id,
            "basis": str(p.legal_basis),
        },
    )


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """Found incapable and nobody appointed, appointed without such a finding, and decisions of others that were followed."""
    events = read_events(records, (INCAPABLE, APPOINTED), p.as_of)
    found = [one for one in events if one.kind == INCAPABLE]
    appointed = [one for one in events if one.kind == APPOINTED]
    for one in found:
        if not any(other.occurred_on >= one.occurred_on for other in appointed):
            yield _found("default", one.occurred_on, [one], [], p)
    for one in appointed:
        if not any(other.occurred_on <= one.occurred_on for other in found):
            yield _found("no_finding", one.occurred_on, [one], [], p)
    followed = [one for one in read_instructions(records, p.as_of) if one.accepted]
    for office in appointed:
        wrong = [one for one in followed if _in_force(records, one) == office and one.party_id != office.party_id]
        if wrong:
            yield _found("decided_by_others", (wrong[0].given_at + JAPAN).date(), [office], wrong, p)


def _in_force(records: Records, one: Instruction) -> Event | None:
    return in_office(records, (one.given_at + JAPAN).date())


def _found(sentence: str, first: date, events: Sequence[Event], wrong: Sequence[Instruction], p: Parameters) -> Found:
    names = [*(one.name for one in events), *(one.name for one in wrong)]
    return Found(
        subject_kind="exchange",
        subject_id="exchange",
        window_from=starts_at(first),
        window_until=starts_at(max(first, p.as_of) + timedelta(days=1)),
        score=Decimal(0),
        severity=Severity.critical if wrong else Severity.high,
        sentence=sentence,
        evidence=tuple(sorted(Evidence(*name) for name in names)),
        facts={
            "event": events[0].event_id,
            "on": events[0].occurred_on,
            "administrator": events[0].party_id,
            "instructions": [one.instruction_id for one in wrong] or None,
            "people": sorted({one.party_id for one in wrong}) or None,
            "basis": str(p.legal_basis),
        },
    )
