"""Incident reports: at once on recognition, on recovery and when the cause is known, and the state within a month if it is not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from sekisho.engine.answers import Amount, Found, Obligation, Severity
from sekisho.engine.reported_events import Duty, Known, days_left, japan_day, late, owed, read_known
from sekisho.typologies.business_days import months_end_on
from sekisho.typologies.winding import Filed, first_about, read_filings

if TYPE_CHECKING:
    from sekisho.engine.calendar import Calendar
    from sekisho.records import Records
    from sekisho.rulebook import Parameters

KINDS = ("system_fault", "cyber_incident", "attack_warning")
FIRST, STATUS = "incident_first_report", "incident_status_report"
RECOVERY, CAUSE = "incident_recovery_report", "incident_cause_report"


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """Reports that were made late or not at all."""
    return late(_duties(records, p), p.as_of, lambda duty: Severity.critical if duty.name == FIRST else Severity.high)


def compute(records: Records, p: Parameters) -> Iterator[Amount]:
    """The days left for each report."""
    return days_left(_duties(records, p), p.as_of)


def due(calendar: Calendar, p: Parameters) -> Iterator[Obligation]:
    """Each report, by its day."""
    return owed(calendar)


def _duties(records: Records, p: Parameters) -> Iterator[Duty]:
    filings = read_filings(records, (FIRST, STATUS, RECOVERY, CAUSE), p.as_of)
    for event in read_known(records, KINDS, p.as_of):
        yield _at_once(FIRST, event, event.known_at, filings, p)
        for name, moment in ((RECOVERY, event.recovered_at), (CAUSE, event.cause_known_at)):
            if moment is not None:
                yield _at_once(name, event, moment, filings, p)
        month = months_end_on(event.known_on, p.status_months)
        if event.cause_known_at is None or japan_day(event.cause_known_at) > month:
            because = f"The cause is not known: the state is reported within {p.status_months} month of {event.known_on}."
            yield _duty(STATUS, event, (event.known_on, month), filings, because)


def _at_once(name: str, event: Known, moment: datetime, filings: tuple[Filed, ...], p: Parameters) -> Duty:
    """The guideline says at once and names no number of days; the firm says how many it takes that for."""
    day = japan_day(moment)
    return _duty(name, event, (day, day + timedelta(days=int(p.at_once_days))), filings, _BECAUSE[name])


def _duty(name: str, event: Known, days: tuple[date, date], filings: tuple[Filed, ...], because: str) -> Duty:
    done = first_about(filings, name, event.known_on)
    return Duty(name=name, event=event, arose_on=days[0], due_on=days[1], done=done, because=because)


_BECAUSE = {
    FIRST: "A fault or cyber incident is reported at once on recognition.",
    RECOVERY: "Recovery is reported again.",
    CAUSE: "The cause, once known, is reported again.",
}
