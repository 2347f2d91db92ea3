"""Business days against dates that anyone can look up, and properties that hold for every day."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.typologies.business_days import (
    BusinessDays,
    day_of_next_month,
    days,
    month_end,
    month_ends,
    months_elapsed_on,
    months_end_on,
)

CALENDAR = BusinessDays()
ANY_DAY = st.dates(min_value=date(2000, 1, 1), max_value=date(2090, 12, 31))


@pytest.mark.parametrize(
    ("day", "why"),
    [
        (date(2026, 4, 29), "Showa Day"),
        (date(2026, 5, 2), "Saturday"),
        (date(2026, 5, 3), "Constitution Day, on a Sunday"),
        (date(2026, 5, 4), "Greenery Day"),
        (date(2026, 5, 5), "Children's Day"),
        (date(2026, 5, 6), "substitute for Constitution Day"),
        (date(2026, 9, 21), "Respect for the Aged Day"),
        (date(2026, 9, 22), "citizens' holiday between two holidays"),
        (date(2026, 9, 23), "Autumnal Equinox Day"),
        (date(2026, 11, 23), "Labour Thanksgiving Day"),
        (date(2027, 3, 22), "substitute for the Vernal Equinox on a Sunday"),
        (date(2019, 4, 30), "between Showa Day and the Accession"),
        (date(2019, 5, 2), "between the Accession and Constitution Day"),
        (date(2021, 7, 23), "Sports Day, moved for the Olympic Games"),
        (date(2026, 12, 31), "year end of banks"),
        (date(2027, 1, 1), "New Year's Day"),
        (date(2025, 1, 2), "year end of banks"),
        (date(2025, 1, 3), "year end of banks"),
    ],
)
def test_closed(day: date, why: str) -> None:
    assert not CALENDAR.is_open(day), why


@pytest.mark.parametrize(
    "day",
    [date(2026, 4, 28), date(2026, 4, 30), date(2026, 5, 1), date(2026, 5, 7), date(2026, 9, 24), date(2026, 12, 30),
     date(2021, 7, 19), date(2021, 10, 11), date(2027, 1, 4)],
)  # fmt: skip
def test_open(day: date) -> None:
    assert CALENDAR.is_open(day)


def test_the_day_after_is_day_one_and_golden_week_does_not_count() -> None:
    assert CALENDAR.add(date(2026, 4, 27), 1) == date(2026, 4, 28)
    assert CALENDAR.add(date(2026, 5, 1), 1) == date(2026, 5, 7)
    assert CALENDAR.add(date(2026, 5, 3), 1) == date(2026, 5, 7)  # an event on a holiday counts from the day after, too
    assert CALENDAR.add(date(2026, 4, 30), 5) == date(2026, 5, 12)  # 1, 7, 8, 11, 12 May
    assert CALENDAR.add(date(2026, 9, 18), 1) == date(2026, 9, 24)  # a weekend and three holidays
    assert CALENDAR.add(date(2026, 12, 30), 1) == date(2027, 1, 4)


def test_the_year_end_break_is_a_choice() -> None:
    without = BusinessDays(year_end=())
    assert without.is_open(date(2026, 12, 31))
    assert not without.is_open(date(2027, 1, 1))  # a national holiday all the same
    assert without.add(date(2024, 12, 30), 2) == date(2025, 1, 2)
    assert CALENDAR.add(date(2024, 12, 30), 2) == date(2025, 1, 7)


def test_a_day_outside_the_known_years_is_refused() -> None:
    with pytest.raises(ValueError, match="1949 to 2099"):
        CALENDAR.is_open(date(2100, 1, 4))
    for number in (-1, 2.5, Decimal("0.5")):
        with pytest.raises(ValueError, match="whole number"):
            CALENDAR.add(date(2026, 1, 5), number)  # type: ignore[arg-type]


def test_the_twentieth_of_the_next_month_is_kept_even_on_a_saturday() -> None:
    assert day_of_next_month(date(2026, 5, 31), 20) == date(2026, 6, 20)
    assert date(2026, 6, 20).strftime("%A") == "Saturday"
    assert day_of_next_month(date(2026, 12, 31), 20) == date(2027, 1, 20)


@pytest.mark.parametrize(
    ("quarter_end", "elapsed", "kept_until"),
    [
        (date(2027, 3, 31), date(2027, 5, 1), date(2027, 7, 31)),
        (date(2027, 6, 30), date(2027, 8, 1), date(2027, 10, 31)),
        (date(2027, 9, 30), date(2027, 11, 1), date(2028, 1, 31)),
        (date(2027, 12, 31), date(2028, 2, 1), date(2028, 4, 30)),
    ],
)
def test_one_month_after_a_quarter_then_three_on_display(quarter_end: date, elapsed: date, kept_until: date) -> None:
    assert months_elapsed_on(quarter_end, 1) == elapsed
    assert months_end_on(elapsed - timedelta(days=1), 3) == kept_until


def test_months_without_a_corresponding_day_end_with_the_month() -> None:
    assert months_end_on(date(2027, 1, 30), 1) == date(2027, 2, 28)
    assert months_end_on(date(2028, 1, 30), 1) == date(2028, 2, 29)
    assert months_end_on(date(2026, 7, 22), 12) == date(2027, 7, 22)
    assert month_ends(date(2026, 2, 28), date(2026, 5, 30)) == (date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30))


@given(ANY_DAY, st.integers(min_value=1, max_value=30))
def test_add_passes_exactly_n_business_days(day: date, n: int) -> None:
    due = CALENDAR.add(day, n)
    assert CALENDAR.is_open(due)
    assert CALENDAR.between(day + timedelta(days=1), due)[-1] == due
    assert len(CALENDAR.between(day + timedelta(days=1), due)) == n


@given(ANY_DAY, st.integers(min_value=0, max_value=10), st.integers(min_value=0, max_value=10))
def test_counting_in_two_goes_is_counting_once(day: date, a: int, b: int) -> None:
    assert CALENDAR.add(CALENDAR.add(day, a), b) == CALENDAR.add(day, a + b)


@given(ANY_DAY)
def test_the_next_business_day(day: date) -> None:
    following = CALENDAR.on_or_after(day)
    assert CALENDAR.is_open(following)
    assert not any(CALENDAR.is_open(d) for d in days(day, following - timedelta(days=1)))


@given(ANY_DAY, st.integers(min_value=1, max_value=24))
def test_a_period_from_a_month_end_ends_on_a_month_end(day: date, months: int) -> None:
    assert months_end_on(month_end(day), months) == month_end(months_end_on(month_end(day), months))
