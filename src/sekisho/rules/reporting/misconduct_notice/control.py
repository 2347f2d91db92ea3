"""Notice of misconduct: told within two weeks of the day on which the firm came to know."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from sekisho.engine.answers import Amount, Found, Obligation, Severity
from sekisho.engine.reported_events import Duty, days_left, late, owed, read_known
from sekisho.typologies.winding import first_about, read_filings

if TYPE_CHECKING:
    from sekisho.engine.calendar import Calendar
    from sekisho.records import Records
    from sekisho.rulebook import Parameters

NOTICE = "misconduct_notice"


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """Misconduct that was notified late or not at all."""
    return late(_duties(records, p), p.as_of, lambda _: Severity.high)


def compute(records: Records, p: Parameters) -> Iterator[Amount]:
    """The days left for each notice."""
    return days_left(_duties(records, p), p.as_of)


def due(calendar: Calendar, p: Parameters) -> Iterator[Obligation]:
    """Each notice, by its day."""
    return owed(calendar)


def _duties(records: Records, p: Parameters) -> Iterator[Duty]:
    filings = read_filings(records, (NOTICE,), p.as_of)
    for event in read_known(records, ("misconduct",), p.as_of):
        yield Duty(
            name=NOTICE,
            event=event,
            arose_on=event.known_on,
            # Civil Code 140: the day itself does not count, so fourteen days end on the fourteenth day after it.
            due_on=event.known_on + timedelta(weeks=int(p.notice_weeks)),
            done=first_about(filings, NOTICE, event.known_on),
            because=f"Within {p.notice_weeks} weeks of {event.known_on}, the day on which the firm came to know.",
        )
