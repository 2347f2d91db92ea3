"""Closure notice: was the public told thirty days before a closure, the offices posted, and the authority told at once?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sekisho.engine.answers import Amount, Evidence, Found, Obligation, Severity, Step
from sekisho.typologies.valuation import starts_at
from sekisho.typologies.winding import Event, Filed, first_about, read_events, read_filings

if TYPE_CHECKING:
    from sekisho.engine.calendar import Calendar
    from sekisho.records import Records
    from sekisho.rulebook import Parameters

PLANNED = ("closure_planned", "business_transfer_planned", "merger_planned", "dissolution_planned", "split_planned")
ENDED = ("ceased", "insolvency_filed")
PUBLIC, POSTING, WEBSITE = "closure_public_notice", "closure_posting", "closure_website_posting"
TO_AUTHORITY, CESSATION = "closure_notice_to_authority", "cessation_notice"


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """For each planned end its notices, and for each end that came its notification."""
    filings = read_filings(records, (PUBLIC, POSTING, WEBSITE, TO_AUTHORITY, CESSATION), p.as_of)
    for event in read_events(records, PLANNED, p.as_of):
        yield from _planned(event, filings, p)
    for event in read_events(records, ENDED, p.as_of):
        yield from _ended(event, first_about(filings, CESSATION, event.effective_on), p)


def compute(records: Records, p: Parameters) -> Iterator[Amount]:
    """For each planned end, the days left for the notices that are not made yet and not late yet."""
    filings = read_filings(records, (PUBLIC, POSTING), p.as_of)
    for event in read_events(records, PLANNED, p.as_of):
        due_on = event.effective_on - timedelta(days=int(p.notice_days))
        for duty, kind in (("public_notice", PUBLIC), ("posting_in_offices", POSTING)):
            left = Decimal((due_on - p.as_of).days)
            if left >= 0 and first_about(filings, kind, event.effective_on) is None:
                yield Amount(
                    name=f"{duty}_days_left",
                    as_of=p.as_of,
                    value=left,
                    unit="day",
                    working=(Step("days left", f"{due_on} - {p.as_of}", left),),
                    evidence=(Evidence(*event.name),),
                    facts={
                        "duty": duty,
                        "arose_on": event.occurred_on,
                        "due_on": due_on,
                        "because": _BECAUSE[duty],
                        "done_on": None,
                    },
                )


def due(calendar: Calendar, p: Parameters) -> Iterator[Obligation]:
    """The days by which notices are due that are open, missing or late; "at once" and "without delay" name the day itself."""
    for trigger in calendar.triggers:
        facts: dict[str, Any] = dict(trigger.facts)
        if "duty" in facts:
            yield Obligation(
                name=facts["duty"],
                due_on=facts["due_on"],
                arose_on=facts["arose_on"],
                because=facts["because"],
                evidence=trigger.evidence,
                facts={"cured_on": facts["done_on"]},
            )


def _planned(event: Event, filings: Sequence[Filed], p: Parameters) -> Iterator[Found]:
    last_day = event.effective_on - timedelta(days=int(p.notice_days))
    public, posted = first_about(filings, PUBLIC, event.effective_on), first_about(filings, POSTING, event.effective_on)
    for duty, done in (("public_notice", public), ("posting_in_offices", posted)):
        if done is None and last_day < p.as_of:
            yield _found(event, duty, None, last_day, "missing", p)
        elif done is not None and done.filed_on > last_day:
            yield _found(event, duty, done, last_day, "late", p)
        elif done is not None and done.filed_on == last_day:
            yield _found(event, duty, done, last_day, "on_the_last_day", p)
    if public is not None:
        told = first_about(filings, TO_AUTHORITY, event.effective_on)
        by = public.filed_on + timedelta(days=int(p.at_once_days))
        if told is None and by < p.as_of:
            yield _found(event, "notice_to_authority", None, by, "missing", p, public)
        elif told is not None and told.filed_on > by:
            yield _found(event, "notice_to_authority", told, by, "late", p, public)


def _ended(event: Event, told: Filed | None, p: Parameters) -> Iterator[Found]:
    by = event.effective_on + timedelta(days=int(p.without_delay_days))
    if told is None and by < p.as_of:
        yield _found(event, "notification_of_end", None, by, "missing", p)
    elif told is not None and told.filed_on > by:
        yield _found(event, "notification_of_end", told, by, "late", p)


def _sentence(duty: str, state: str) -> str:
    if state == "on_the_last_day":
        return state
    return "default" if (duty, state) == ("public_notice", "missing") else f"{duty}_{state}"


_SEVERITY = {"missing": Severity.critical, "late": Severity.high, "on_the_last_day": Severity.low}
_BECAUSE = {
    "public_notice": "Public notice days before the closure, transfer, merger, dissolution or split.",
    "posting_in_offices": "Posted where the public sees it in every office, as long before.",
    "notice_to_authority": "The authority is told at once of the public notice.",
    "notification_of_end": "A closure or an insolvency filing is notified without delay.",
}


def _found(
    event: Event, duty: str, done: Filed | None, due_on: date, state: str, p: Parameters, after: Filed | None = None
) -> Found:
    done_on = done.filed_on if done else None
    until = max(event.occurred_on, min(p.as_of, done_on or p.as_of))
    late = (until - due_on).days
    names = [event.name, *(one.name for one in (done, after) if one is not None)]
    return Found(
        subject_kind="exchange",
        subject_id="exchange",
        window_from=starts_at(event.occurred_on),
        window_until=starts_at(until + timedelta(days=1)),
        score=min(Decimal(1), Decimal(max(0, late)) / Decimal(int(p.notice_days))).quantize(Decimal("0.000001")),
        severity=_SEVERITY[state],
        sentence=_sentence(duty, state),
        evidence=tuple(sorted(Evidence(*name) for name in names)),
        facts={
            "duty": duty,
            "event": event.kind,
            "effective_on": event.effective_on,
            "arose_on": after.filed_on if after else event.occurred_on,
            "due_on": due_on,
            "done_on": done_on,
            "days_late": max(0, late),
            "because": _BECAUSE[duty],
        },
    )
