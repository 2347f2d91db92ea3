"""Exact numbers and times out of foreign text: every digit is kept, or the value is refused."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Clamped, Context, Decimal, DivisionByZero, Inexact, InvalidOperation, Overflow

WHOLE_DIGITS_MAX = 20
PLACES_MAX = 18
"""What a quantity of the record tables holds."""

EXACT = Context(prec=200, traps=[Inexact, InvalidOperation, DivisionByZero, Overflow, Clamped])
"""Arithmetic that stops rather than round: the usual context keeps 28 digits, a quantity has up to 38."""

_NUMBER = re.compile(r"[0-9]{1,60}(\.[0-9]{1,60})?([eE][+-]?[0-9]{1,2})?")
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS_MIN, _SECONDS_MAX = 0, 7_258_118_400  # 1970 to 2199


def exact_quantity(text: str) -> Decimal | None:
    """A number that is not negative, written out or with an exponent; None where it is none or would lose a digit."""
    return fitting(Decimal(text)) if _NUMBER.fullmatch(text) else None


def fitting(number: Decimal, places_max: int = PLACES_MAX) -> Decimal | None:
    """The number in plain form if it is not negative and fits a quantity of the tables; None otherwise."""
    if not number.is_finite() or number < 0:
        return None
    _, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)
    written = "".join(map(str, digits)).rstrip("0")
    if not written:
        return Decimal(0)
    exponent += len(digits) - len(written)
    if -exponent > places_max or len(written) + exponent > WHOLE_DIGITS_MAX:
        return None
    return Decimal((0, tuple(map(int, written)), exponent))


def from_base_units(units: int, decimals: int) -> Decimal | None:
    """A whole number of the smallest unit (wei, satoshi) in units of the asset; None where it does not fit."""
    if units < 0:
        return None
    return fitting(Decimal((0, tuple(map(int, str(units))), -decimals)))


def utc_time(text: str) -> datetime | None:
    """A time with its offset, or None."""
    if not _TIME.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def unix_seconds(seconds: int) -> datetime | None:
    """A Unix time in whole seconds, or None where it is before 1970 or after 2199."""
    return _EPOCH + timedelta(seconds=seconds) if _SECONDS_MIN < seconds < _SECONDS_MAX else None
