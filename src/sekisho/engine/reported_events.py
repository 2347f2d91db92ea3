"""Events that are to be reported: which report answers which event, by when, and how late it is.

No law and no terms are here: rules say which events start a duty and how long it runs. A report answers an event by its kind and
by the Japan day on which the event became known; two events of one kind known on one day share their report.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ibis import _

from sekisho.engine.answers import Amount, Evidence, Found, Obligation, Severity, Step
from sekisho.typologies.custody import Name
from sekisho.typologies.valuation import JAPAN, in_utc, starts_at, whole_days
from sekisho.typologies.winding import Filed

if TYPE_CHECKING:
    from sekisho.engine.calendar import Calendar
    from sekisho.records import Records


@dataclass(frozen=True, slots=True)
class Known:
    """One event the firm came to know of; recovery and cause as far as they were known by the day looked at."""

    event_id: str
    kind: str
    known_at: datetime
    recovered_at: datetime | None
    cause_known_at: datetime | None

    @property
    def known_on(self) -> date:
        """The Japan day on which it became known."""
        return japan_day(self.known_at)

    @property
    def name(self) -> Name:
        """The record as evidence names it."""
        return "reportable_event", self.event_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """One report owed about an event: what, since when, by when, and the report that answered it, if any."""

    name: str
    event: Known
    arose_on: date
    due_on: date
    done: Filed | None
    because: str


def japan_day(moment: datetime) -> date:
    """The Japan day of a moment."""
    return (moment + JAPAN).date()


def read_known(records: Records, kinds: Collection[str], until: date) -> tuple[Known, ...]:
    """The events of some kinds known by the end of a day, in order of time."""
    end = starts_at(until + timedelta(days=1))
    columns = ("event_id", "kind", "known_at", "recovered_at", "cause_known_at")
    table = records.reportable_event.filter(_.kind.isin(sorted(kinds)), _.known_at < end).select(*columns)

    def by_then(moment: datetime | None) -> datetime | None:
        return None if moment is None or in_utc(moment) >= end else in_utc(moment)

    return tuple(
        Known(
            row["event_id"],
            row["kind"],
            in_utc(row["known_at"]),
            by_then(row["recovered_at"]),
            by_then(row["cause_known_at"]),
        )
        for row in table.order_by("known_at", "event_id").to_pyarrow().to_pylist()
    )


def late(duties: Iterable[Duty], as_of: date, severity: Callable[[Duty], Severity]) -> Iterator[Found]:
    """One finding for each report that is missing after its day, or was made after it."""
    for duty in duties:
        done_on = duty.done.filed_on if duty.done else None
        if (done_on or as_of) <= duty.due_on:
            continue
        until = done_on or as_of
        yield Found(
            subject_kind="exchange",
            subject_id=duty.event.event_id,
            **whole_days(duty.event.known_on, until),
            score=Decimal(1) if done_on is None else Decimal("0.5"),
            severity=severity(duty) if done_on is None else None,
            sentence="default" if done_on is None else "late",
            evidence=_evidence(duty),
            facts={
                "duty": duty.name,
                "event": duty.event.event_id,
                "known_on": duty.event.known_on,
                "due_on": duty.due_on,
                "done_on": done_on,
                "days_late": (until - duty.due_on).days,
            },
        )


def days_left(duties: Iterable[Duty], as_of: date) -> Iterator[Amount]:
    """For each report owed, the days that are left until its day; below 0 it is late."""
    for duty in duties:
        left = Decimal((duty.due_on - as_of).days)
        yield Amount(
            name=duty.name,
            as_of=as_of,
            value=left,
            unit="day",
            band="done" if duty.done else "late" if left < 0 else "open",
            working=(Step("days left", f"{duty.due_on} - {as_of}", left),),
            evidence=_evidence(duty),
            facts={
                "event": duty.event.event_id,
                "arose_on": duty.arose_on,
                "due_on": duty.due_on,
                "done_on": duty.done.filed_on if duty.done else None,
                "because": duty.because,
            },
        )


def owed(calendar: Calendar) -> Iterator[Obligation]:
    """Every report owed, by its day, with the day on which it was made."""
    for trigger in calendar.triggers:
        if isinstance(trigger, Amount):
            facts: dict[str, Any] = dict(trigger.facts)
            yield Obligation(
                name=trigger.name,
                due_on=facts["due_on"],
                arose_on=facts["arose_on"],
                because=facts["because"],
                evidence=trigger.evidence,
                facts={"event": facts["event"], "done_on": facts["done_on"]},
            )


def _evidence(duty: Duty) -> tuple[Evidence, ...]:
    names = {duty.event.name} | ({duty.done.name} if duty.done else set())
    return tuple(Evidence(*name) for name in sorted(names))
