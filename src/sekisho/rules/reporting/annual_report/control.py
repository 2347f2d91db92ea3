"""Annual report: for which business year it is due, and by when."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sekisho.engine.answers import Obligation
from sekisho.typologies.business_days import month_ends, months_end_on

if TYPE_CHECKING:
    from sekisho.engine.calendar import Calendar
    from sekisho.rulebook import Parameters


def due(calendar: Calendar, p: Parameters) -> Iterator[Obligation]:
    """The report of every business year that ends while the books run."""
    months = p.report_months_foreign if p.foreign == "yes" else p.report_months
    for end in month_ends(*calendar.period):
        if end.month == p.business_year_end_month:
            yield Obligation(
                name="annual_report",
                due_on=months_end_on(end, months),
                arose_on=end,
                because=f"Within {months} months of the end of the business year, the day after {end} being the first day.",
            )
