"""The accrual of a liability reserve keeps what the provision says, whatever the volumes."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from sekisho.rulebook import load_rulebook
from sekisho.typologies.liability_reserve import BusinessYear, Rates, accrual

RULE = load_rulebook()["liability_reserve/accrual"]
DAY = date(2026, 8, 3)
BASES = sorted(name.removeprefix("rate_") for name in RULE.parameters if name.startswith("rate_") and "crypto" not in name)
VOLUMES = st.dictionaries(st.sampled_from(BASES), st.decimals(min_value=0, max_value=10**16, places=2), max_size=4)
RESERVE = st.decimals(min_value=0, max_value=10**13, places=2)


def rates() -> dict[str, Rates]:
    p = RULE.parameters_in("FIEA", DAY, DAY, {})
    return {base: Rates(Decimal(getattr(p, f"rate_{base}")), Decimal(getattr(p, f"ceiling_{base}"))) for base in BASES}


def year(starts_in: int, volumes: dict[str, Decimal]) -> BusinessYear:
    return BusinessYear(date(starts_in, 4, 1), date(starts_in + 1, 3, 31), volumes)


def test_every_ceiling_is_four_times_its_rate() -> None:
    assert len(rates()) == 11
    assert all(each.ceiling == 4 * each.annual for each in rates().values())


@given(st.lists(VOLUMES, min_size=4, max_size=4), RESERVE)
def test_an_accrual_never_exceeds_the_year_nor_takes_the_reserve_above_the_ceiling(
    volumes: list[dict[str, Decimal]], existing: Decimal
) -> None:
    years = [year(2022 + at, each) for at, each in enumerate(volumes)]
    found = accrual(years[-1], years, existing, rates(), 2)
    assert 0 <= found.due <= found.annual
    assert existing + found.due <= max(found.ceiling, existing)
    assert found.due == 0 or found.releasable(existing) == 0
    assert existing - found.releasable(existing) <= found.ceiling
    assert found.ceiling >= 4 * found.annual, "the year itself is one of those looked back on"


@given(st.lists(VOLUMES, min_size=4, max_size=4), VOLUMES)
def test_a_year_begun_more_than_two_years_before_changes_nothing(
    volumes: list[dict[str, Decimal]], other: dict[str, Decimal]
) -> None:
    years = [year(2022 + at, each) for at, each in enumerate(volumes)]
    replaced = [year(2022, other), *years[1:]]
    assert accrual(years[-1], years, Decimal(0), rates(), 2).ceiling == accrual(years[-1], replaced, Decimal(0), rates(), 2).ceiling


@given(st.lists(VOLUMES, min_size=3, max_size=3), RESERVE, RESERVE)
def test_the_more_is_set_aside_the_less_is_due(volumes: list[dict[str, Decimal]], one: Decimal, other: Decimal) -> None:
    years = [year(2023 + at, each) for at, each in enumerate(volumes)]
    less, more = (accrual(years[-1], years, existing, rates(), 2) for existing in sorted((one, other)))
    assert less.due >= more.due


def test_years_of_another_length_are_looked_back_on_by_their_first_day() -> None:
    short = BusinessYear(date(2024, 4, 1), date(2024, 12, 31), {"equities": Decimal(10**13)})
    long = BusinessYear(date(2025, 1, 1), date(2025, 12, 31), {"equities": Decimal(1)})
    now = BusinessYear(date(2026, 1, 1), date(2026, 12, 31), {"equities": Decimal(1)})
    found = accrual(now, [short, long, now], Decimal(0), rates(), 2)
    assert found.ceiling == 800_000_000
    assert not found.looked_back_whole, "January to March 2024 is not on record"
    assert accrual(now, [short, now], Decimal(0), rates(), 2).seen_from == now.starts_on, "a year is missing between"
