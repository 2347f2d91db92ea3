"""Numbers, money, days and times as the report sets them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.findings.report import Text, typeset


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Decimal("1234567.500"), "1,234,567.5"), (Decimal("-0.0"), "0"), (Decimal("-12"), "\u221212"), ("1E+3", "1,000"),
        (Decimal("0.000000000000000001"), "0.000000000000000001"), ("n/a", "n/a"), (True, "True"), (Decimal("NaN"), "NaN"),
    ],
)  # fmt: skip
def test_number_is_grouped_and_exact(value: object, shown: str) -> None:
    assert typeset.number(value) == shown


@given(st.decimals(allow_nan=False, allow_infinity=False, places=18, min_value=-(10**15), max_value=10**15))
def test_number_loses_nothing(value: Decimal) -> None:
    assert Decimal(typeset.number(value).replace(",", "").replace("\u2212", "-")) == value


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (Decimal("0.05"), "share", Text("5\u202f%", "5\u202f%")),
        (Decimal(1), "business_day", Text("1 business day", "1営業日")),
        (5, "business_day", Text("5 business days", "5営業日")),
        (Decimal("-1000000"), "JPY", Text("\u2212¥1,000,000", "\u22121,000,000円")),
        (("a", "b"), "text", Text("a, b", "a, b")),
        (True, "", Text("yes", "はい")),
        ("24:00", "text", Text("24:00", "24:00")),
        (Decimal("1.5"), "bp", Text("1.5\u202fbp", "1.5\u202fbp")),
    ],
)
def test_value_carries_its_unit_in_both_languages(value: object, unit: str, shown: Text) -> None:
    assert typeset.valued(value, unit) == shown


def test_times_are_told_in_utc_and_japan_time() -> None:
    assert typeset.instant(datetime(2026, 5, 2, 2, 36, 23, 201000, tzinfo=UTC)) == "2026-05-02 02:36:23.201 UTC (11:36:23.201 JST)"
    assert typeset.instant(datetime(2026, 5, 2, 20, 0, tzinfo=UTC)) == "2026-05-02 20:00:00 UTC (2026-05-03 05:00:00 JST)"
    assert typeset.day(date(2026, 5, 2)) == Text("2 May 2026", "2026年5月2日")


def test_whole_japan_days_are_told_as_days() -> None:
    start = datetime(2026, 5, 1, 15, 0, tzinfo=UTC)
    assert typeset.window(start, start + timedelta(days=1)) == "2026-05-02 JST"
    assert typeset.window(start, start + timedelta(days=3)) == "2026-05-02 – 2026-05-04 JST"


@pytest.mark.parametrize(
    ("span", "shown"),
    [
        (timedelta(0), "an instant"), (timedelta(milliseconds=5), "5 ms"), (timedelta(minutes=2, seconds=5), "2 min 5 s"),
        (timedelta(days=3, hours=4, minutes=9), "3 d 4 h"),
    ],
)  # fmt: skip
def test_length_is_told_in_its_biggest_units(span: timedelta, shown: str) -> None:
    assert typeset.lasting(span).en == shown
