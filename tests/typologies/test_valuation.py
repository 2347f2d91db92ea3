"""Valuation: which price counts for a day, exact sums, and no value where there is no price."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.records import TABLES, records_of
from sekisho.typologies.valuation import ANY_SOURCE, JAPAN, Cutoff, Prices, Quote, read_prices, starts_at, total

DAY = date(2026, 6, 3)
ONE_DAY = timedelta(days=1)
AGE = timedelta(days=30)


@pytest.mark.parametrize(("text", "at"), [("24:00", (15, 0)), ("09:00", (0, 0)), ("15:30", (6, 30))])
def test_a_cutoff_is_a_time_in_japan(text: str, at: tuple[int, int]) -> None:
    assert Cutoff.parse(text).at(DAY) == datetime(2026, 6, 3, *at, tzinfo=UTC)


@pytest.mark.parametrize("text", ["00:00", "24:01", "9:00", "12:60", "noon", ""])
def test_a_cutoff_that_is_no_time_of_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="HH:MM"):
        Cutoff.parse(text)


def _prices(
    rows: list[tuple[str, datetime, Decimal, str]], cutoff: Cutoff, source: str = ANY_SOURCE, age: timedelta = AGE
) -> Prices:
    columns = zip(*rows, strict=True)
    names = ("asset", "quoted_at", "price_jpy", "source")
    table = pa.table(dict(zip(names, map(list, columns), strict=True)), schema=TABLES["reference_price"].arrow_schema)
    with records_of({"reference_price": table}) as records:
        return read_prices(records, cutoff, source, age)


def test_the_last_price_at_or_before_the_cutoff_counts() -> None:
    cutoff = Cutoff.parse("24:00")
    end = cutoff.at(DAY)
    microsecond = timedelta(microseconds=1)
    prices = _prices(
        [
            ("BTC", end - ONE_DAY, Decimal(1), "a"),
            ("BTC", end - ONE_DAY + microsecond, Decimal(2), "a"),
            ("BTC", end, Decimal(3), "b"),
            ("BTC", end, Decimal(4), "a"),
            ("BTC", end + microsecond, Decimal(5), "a"),
        ],
        cutoff,
    )
    assert [prices.quote("BTC", DAY + timedelta(days=n)).price_jpy for n in (-1, 0, 1)] == [1, 4, 5]  # type: ignore[union-attr]
    assert prices.quote("BTC", DAY - 2 * ONE_DAY) is None
    assert prices.quote("ETH", DAY) is None


def test_only_the_chosen_source_counts_and_only_while_it_is_fresh() -> None:
    cutoff = Cutoff.parse("24:00")
    rows = [("BTC", cutoff.at(DAY), Decimal(1), "a"), ("BTC", cutoff.at(DAY + ONE_DAY), Decimal(9), "b")]
    prices = _prices(rows, cutoff, source="a", age=ONE_DAY)
    assert prices.value("BTC", Decimal(2), DAY) == 2
    assert prices.value("BTC", Decimal(2), DAY + ONE_DAY) == 2
    assert prices.value("BTC", Decimal(2), DAY + 2 * ONE_DAY) is None
    assert prices.value("BTC", Decimal(0), DAY + 2 * ONE_DAY) == 0


def test_without_a_price_table_nothing_is_valued() -> None:
    with records_of({}) as records:
        assert read_prices(records, Cutoff.parse("24:00"), ANY_SOURCE, AGE).value("BTC", Decimal(1), DAY) is None


def test_values_of_38_digits_are_exact() -> None:
    quantity, price = Decimal("99999999999999999999.999999999999999999"), Decimal("99999999999999999999.999999999999999999")
    prices = Prices([Quote("BTC", DAY, starts_at(DAY), price, "a")], Cutoff.parse("24:00"), AGE)
    value = prices.value("BTC", quantity, DAY)
    assert value is not None
    assert Fraction(value) == Fraction((10**38 - 1) ** 2, 10**36)
    assert Fraction(total([value, Decimal("1e-36")])) == Fraction(value) + Fraction(1, 10**36)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(-3 * 86_400_000_000, 3 * 86_400_000_000),
            st.integers(1, 10**6),
            st.sampled_from(["a", "b"]),
        ),
        min_size=1,
        max_size=8,
        unique_by=lambda row: (row[0], row[2]),
    ),
    st.integers(1, 24 * 60),
    st.integers(-4, 4),
)
def test_the_table_agrees_with_the_definition(rows: list[tuple[int, int, str]], minutes: int, ahead: int) -> None:
    """A slow, plain reading of the rule: of all quotations not after the cut-off the last, then the first source."""
    cutoff = Cutoff(timedelta(minutes=minutes))
    day = DAY + timedelta(days=ahead)
    quotes = [("BTC", starts_at(DAY) + timedelta(microseconds=us), Decimal(price), source) for us, price, source in rows]
    usable = [q for q in quotes if q[1] <= cutoff.at(day) and cutoff.at(day) - q[1] <= ONE_DAY]
    expected = min(usable, key=lambda q: (-q[1].timestamp(), q[3]))[2] if usable else None
    quote = _prices(quotes, cutoff, age=ONE_DAY).quote("BTC", day)
    assert (quote.price_jpy if quote else None) == expected


def test_japan_is_nine_hours_ahead() -> None:
    assert starts_at(DAY) + JAPAN == datetime(2026, 6, 3, tzinfo=UTC)
