"""A number is read exactly or not at all."""

from __future__ import annotations

from decimal import Context, Decimal, InvalidOperation

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.records.convert.fields import exact_decimal, unix_time

CONNECTION = duckdb.connect()
CONNECTION.execute("SET TimeZone = 'UTC'")
_WIDE = Context(prec=60)


def read_all(texts: list[str], divide_by_ten: int = 0) -> list[Decimal | None]:
    expression = exact_decimal("t", precision=18, scale=8, divide_by_ten=divide_by_ten)
    query = f"SELECT {expression} FROM (SELECT unnest(?::VARCHAR[]) AS t, unnest(range({len(texts)})) AS n) ORDER BY n"
    return [value for (value,) in CONNECTION.execute(query, [texts]).fetchall()]


def read(text: str) -> Decimal | None:
    return read_all([text])[0]


def expected(text: str, divide_by_ten: int = 0) -> Decimal | None:
    value = _WIDE.create_decimal(text).scaleb(-divide_by_ten, _WIDE)
    fits = value == value.quantize(Decimal("1e-8"), context=_WIDE) and abs(value) < Decimal(10) ** 10
    return value if fits else None


numbers = st.from_regex(r"-?[0-9]{1,12}(\.[0-9]{1,12})?(e-?[0-9])?", fullmatch=True)


@settings(max_examples=20, deadline=None)
@given(st.lists(numbers, min_size=1, max_size=50))
def test_number_is_exact_or_refused(texts: list[str]) -> None:
    for text, answer in zip(texts, read_all(texts), strict=True):
        assert answer is None or answer == _WIDE.create_decimal(text)
        if "e" not in text:
            assert answer == expected(text)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.from_regex(r"[0-9]{1,20}", fullmatch=True), min_size=1, max_size=50))
def test_whole_number_of_satoshi_is_divided_exactly(texts: list[str]) -> None:
    assert read_all(texts, divide_by_ten=8) == [expected(text, divide_by_ten=8) for text in texts]


@pytest.mark.parametrize("text", ["7.18e-06", "1e-05", "1.5E3", "2e9", "0.00000001", "9999999999.99999999", "+1", ".5", "5."])
def test_what_exchanges_write_is_understood(text: str) -> None:
    assert read(text) == Decimal(text)


@pytest.mark.parametrize(
    "text",
    ["nan", "NaN", "inf", "-Infinity", "", " 1", "1 ", "1_000", "1,5", "0x10", "1e", "1e-9", "1.000000001", "10000000000", "１"],
)
def test_what_is_no_number_that_fits_is_refused(text: str) -> None:
    assert read(text) is None
    if text in ("1e-9", "1.000000001", "10000000000"):
        assert expected(text) is None
    elif text not in ("nan", "NaN", "inf", "-Infinity", "1_000", "１", " 1", "1 "):
        with pytest.raises(InvalidOperation):
            Decimal(text)


@pytest.mark.parametrize(
    ("text", "unit", "micros"),
    [
        ("1777689380521", "ms", 1777689380521000),
        ("1700000000000347384", "ns", 1700000000000347),
        ("1.5", "s", None),
        ("-1", "ms", None),
    ],
)
def test_unix_time_is_cut_not_rounded(text: str, unit: str, micros: int | None) -> None:
    expression = unix_time("t", unit)  # type: ignore[arg-type]
    row = CONNECTION.execute(f"SELECT epoch_us({expression}) FROM (SELECT ?::VARCHAR AS t)", [text]).fetchone()
    assert row == (micros,)
