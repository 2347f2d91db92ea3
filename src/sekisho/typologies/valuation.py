"""Valuation: what a quantity was worth in yen at a day's cut-off, by which price, and when that cannot be said.

A day is a Japan date. Its cut-off is a time of that day in Japan ("24:00" is midnight at its end). The price of an asset
for a day is the last quotation at or before the cut-off; a quotation that is too old, or none at all, leaves the asset
not valued, which is an answer of its own and never zero. All sums are exact.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Context, Decimal, Inexact, InvalidOperation, Overflow
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import ibis
from ibis import _

from sekisho.records.table import key_text

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from sekisho.records import Records

ANY_SOURCE = "any"
"""Says that a quotation of any source will do; of two at the same moment the source first in the alphabet counts."""

EXACT = Context(prec=200, traps=[Inexact, InvalidOperation, Overflow])
"""Arithmetic that never rounds: two numbers of 38 digits multiply and a billion of them add up well below 200 digits."""

JAPAN = timedelta(hours=9)
"""Japan Standard Time is nine hours ahead of UTC all year."""

_MICROSECOND = timedelta(microseconds=1)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Cutoff:
    """The time of a Japan day at which its balances and prices are taken, as time elapsed since 00:00 in Japan."""

    elapsed: timedelta

    @classmethod
    def parse(cls, text: object) -> Cutoff:
        """``"24:00"`` is midnight at the end of the day, ``"15:30"`` half past three in the afternoon, both in Japan."""
        match = re.fullmatch(r"(\d\d):(\d\d)", str(text))
        elapsed = timedelta(hours=int(match[1]), minutes=int(match[2])) if match else timedelta()
        if match is None or int(match[2]) > 59 or not timedelta() < elapsed <= _DAY:
            raise ValueError(f"cut-off '{text}' is not a time of day; write it as HH:MM from 00:01 to 24:00, in Japan time")
        return cls(elapsed)

    def at(self, day: date) -> datetime:
        """The moment of the cut-off of ``day`` (UTC)."""
        return starts_at(day) + self.elapsed

    def day_of(self, moment: ir.TimestampValue) -> ir.DateValue:
        """The day for which a moment counts: the first one whose cut-off is not before it."""
        shift = JAPAN + _DAY - self.elapsed - _MICROSECOND
        return (moment + ibis.interval(microseconds=shift // _MICROSECOND)).date()


def japan_day(moment: ir.TimestampValue) -> ir.DateValue:
    """The Japan date on which something happened; midnight is the first moment of its day."""
    return (moment + ibis.interval(microseconds=JAPAN // _MICROSECOND)).date()


@dataclass(frozen=True, slots=True)
class Quote:
    """One quotation: a row of ``reference_price``, taken for ``day``."""

    asset: str
    day: date
    quoted_at: datetime
    price_jpy: Decimal
    source: str

    @property
    def name(self) -> tuple[str, str]:
        """The record as evidence names it."""
        return "reference_price", f"{self.asset}|{key_text(self.quoted_at)}|{self.source}"


class Prices:
    """The price of each asset for each day, or None where there is none that is fresh enough."""

    def __init__(self, quotes: Iterable[Quote], cutoff: Cutoff, age_max: timedelta) -> None:
        self._cutoff = cutoff
        self._age_max = age_max
        self._quotes: dict[str, list[Quote]] = defaultdict(list)
        for quote in sorted(quotes, key=lambda q: (q.asset, q.day)):
            self._quotes[quote.asset].append(quote)

    def quote(self, asset: str, day: date) -> Quote | None:
        """The last quotation at or before the cut-off of ``day``; None when there is none or it is older than allowed."""
        quotes = self._quotes.get(asset, [])
        at = bisect_right(quotes, day, key=lambda q: q.day)
        if not at:
            return None
        last = quotes[at - 1]
        return last if self._cutoff.at(day) - last.quoted_at <= self._age_max else None

    def value(self, asset: str, quantity: Decimal, day: date) -> Decimal | None:
        """The yen value of a quantity; None when the asset is not valued on that day. Nothing is worth exactly nothing."""
        if not quantity:
            return Decimal(0)
        quote = self.quote(asset, day)
        return None if quote is None else EXACT.multiply(quantity, quote.price_jpy)


def read_prices(records: Records, cutoff: Cutoff, source: str, age_max: timedelta) -> Prices:
    """The closing quotation of each asset and day; empty when the records hold no prices."""
    rows = closing_quotes(records.optional("reference_price"), cutoff, source).to_pyarrow().to_pylist()
    quotes = (Quote(r["asset"], r["day"], in_utc(r["quoted_at"]), r["price_jpy"], r["source"]) for r in rows)
    return Prices(quotes, cutoff, age_max)


def closing_quotes(reference_price: ir.Table, cutoff: Cutoff, source: str) -> ir.Table:
    """One row for each asset and day that has a quotation: the last one at or before the cut-off."""
    usable = reference_price if source == ANY_SOURCE else reference_price.filter(_.source == source)
    ranked = usable.mutate(day=cutoff.day_of(usable.quoted_at)).mutate(
        rank=ibis.row_number().over(group_by=["asset", "day"], order_by=[ibis.desc("quoted_at"), "source"])
    )
    return ranked.filter(_.rank == 0).select("asset", "day", "quoted_at", "price_jpy", "source")


@lru_cache(maxsize=4096)
def starts_at(day: date) -> datetime:
    """The moment at which a Japan day starts (UTC)."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) - JAPAN


def whole_days(first: date, last: date) -> dict[str, Any]:
    """The window of Japan days from the first to the end of the last (UTC, half open)."""
    return {"window_from": starts_at(first), "window_until": starts_at(last + _DAY)}


def in_utc(moment: datetime) -> datetime:
    """A moment as read from a table; one without a zone is UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def total(amounts: Iterable[Decimal]) -> Decimal:
    """An exact sum."""
    found = Decimal(0)
    for amount in amounts:
        found = EXACT.add(found, amount)
    return found
