"""Business report: the report as of the end of March that the local finance bureau collects by the end of May."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sekisho.engine.answers import Obligation
from sekisho.typologies.business_days import month_ends, months_end_on

if TYPE_CHECKING:
    from sekisho.engine.calendar import Calendar
    from sekisho.rulebook import Parameters


def due(calendar: Calendar, p: Parameters) -> Iterator[Obligation]:
    """The report of every base day in the books."""
    for end in month_ends(*calendar.period):
        if end.month == p.base_month:
            yield Obligation(
                name="business_report",
                due_on=months_end_on(end, p.report_months),
                arose_on=end,
                because=f"Collected as of {end} by the end of the month {p.report_months} months later.",
            )
