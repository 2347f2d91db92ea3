"""Business days: when a clock that the law starts in Japan runs out.

Japanese rules of custody count 「翌日から起算してN営業日以内」: the day after the event is day 1, and only business days
count. No provision of the crypto-asset rules says what a business day is. Here it is a day that is not a Saturday,
a Sunday or a national holiday (with substitute holidays 振替休日 and the citizens' holidays 国民の休日 between two
others), nor one of the year-end days on which banks close; those last days are a choice of whoever makes the calendar.
"""

from __future__ import annotations

from calendar import SATURDAY, SUNDAY, monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import holidays

YEAR_END_OF_BANKS: tuple[tuple[int, int], ...] = ((12, 31), (1, 1), (1, 2), (1, 3))
"""31 December to 3 January as (month, day): the days on which banks in Japan close besides holidays."""

FIRST_YEAR, LAST_YEAR = 1949, 2099
"""The years for which the national holidays are known or computed (the equinoxes are astronomical)."""

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class BusinessDays:
    """A calendar of Japanese business days.

    ``year_end`` lists the (month, day) pairs on which the calendar closes besides weekends and national holidays;
    give ``()`` for a calendar without the year-end break. Days outside 1949..2099 raise ``ValueError``.
    """

    year_end: tuple[tuple[int, int], ...] = YEAR_END_OF_BANKS

    def is_open(self, day: date) -> bool:
        """Whether ``day`` is a business day."""
        return (
            day.weekday() not in (SATURDAY, SUNDAY)
            and (day.month, day.day) not in self.year_end
            and day not in _national_holidays(day.year)
        )

    def add(self, day: date, n: int) -> date:
        """The n-th business day counted from the day after ``day`` (翌日から起算してn営業日); 0 gives ``day`` itself.

        The day after is day 1 when it is a business day. ``day`` itself may be any day.
        """
        if n < 0 or n != int(n):
            raise ValueError(f"business days are counted forward one by one: {n} is not a whole number from 0; give one")
        while n:
            day += _DAY
            n -= self.is_open(day)
        return day

    def between(self, first: date, last: date) -> tuple[date, ...]:
        """The business days of the closed interval from ``first`` to ``last``, in order."""
        return tuple(day for day in days(first, last) if self.is_open(day))

    def on_or_after(self, day: date) -> date:
        """``day`` if it is a business day, or else the next one."""
        while not self.is_open(day):
            day += _DAY
        return day

    def holiday(self, day: date, lang: str = "en") -> str | None:
        """The name of the national holiday on ``day`` in English or Japanese, if there is one."""
        return _national_holidays(day.year, "ja" if lang == "ja" else "en_US").get(day)


def days(first: date, last: date) -> Iterator[date]:
    """Every day of the closed interval from ``first`` to ``last``, in order."""
    while first <= last:
        yield first
        first += _DAY


def month_end(day: date) -> date:
    """The last day of the month of ``day``."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def month_ends(first: date, last: date) -> tuple[date, ...]:
    """The month-ends in the closed interval from ``first`` to ``last``, in order."""
    found = []
    end = month_end(first)
    while end <= last:
        found.append(end)
        end = month_end(end + _DAY)
    return tuple(found)


def day_of_next_month(day: date, number: int) -> date:
    """Day ``number`` of the month after that of ``day`` (翌月20日): 20 and any day of May give 20 June.

    The date is the one the law names, whether or not it is a business day: nothing is rolled.
    """
    return (month_end(day) + _DAY).replace(day=number)


def months_end_on(day: date, months: int) -> date:
    """The last day of a period of months counted from the day after ``day`` (Civil Code, articles 140 and 143).

    It ends the day before the day that corresponds to the first one, or with the month where none corresponds: one
    month from 31 March ends on 30 April, one month from 30 January (first day 31 January) on the last of February.
    """
    first = day + _DAY
    year, month0 = divmod(first.year * 12 + first.month - 1 + months, 12)
    length = monthrange(year, month0 + 1)[1]
    if first.day > length:
        return date(year, month0 + 1, length)
    return date(year, month0 + 1, first.day) - _DAY


def months_before(day: date, months: int) -> date:
    """The earliest day from which months counted from the day after have not yet ended before ``day``."""
    first = day - timedelta(days=31 * months + 3)
    while months_end_on(first, months) < day:
        first += _DAY
    return first


def months_elapsed_on(day: date, months: int) -> date:
    """The day on which months counted from the day after ``day`` have elapsed (経過した日): the day after their end."""
    return months_end_on(day, months) + _DAY


@cache
def _national_holidays(year: int, language: str = "en_US") -> dict[date, str]:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(f"Japanese holidays are known for {FIRST_YEAR} to {LAST_YEAR}, not for {year}; check the date")
    return dict(holidays.country_holidays("JP", years=year, language=language))
