"""Quarterly report on customers' property: which three months end, and by when report and statements are filed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sekisho.engine.answers import Obligation
from sekisho.typologies.business_days import month_ends, months_end_on

if TYPE_CHECKING:
    from sekisho.engine.calendar import Calendar
    from sekisho.rulebook import Parameters


def due(calendar: Calendar, p: Parameters) -> Iterator[Obligation]:
    """The report and the statements of every period that ends while the books run."""
    for end in month_ends(*calendar.period):
        if (end.month - p.business_year_end_month) % p.quarter_months == 0:
            for name, months in (("property_report", p.report_months), ("financial_statements", p.statements_months)):
                yield Obligation(
                    name=name,
                    due_on=months_end_on(end, months),
                    arose_on=end,
                    because=f"Within {months} month(s) after the end of the period, the day after {end} being the first day.",
                )
