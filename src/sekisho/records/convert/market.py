"""What every market converter writes beside events and trades: the pair, its assets, its smallest steps."""

from __future__ import annotations

import re
from typing import NamedTuple

from sekisho.records.convert.fields import literal
from sekisho.records.convert.staging import Staging
from sekisho.records.errors import RecordsError

_PLACES_MAX = 8
_MONEY = frozenset({"JPY", "USD", "EUR", "GBP", "AUD", "CHF", "CAD"})


class Pair(NamedTuple):
    """A pair as the instrument table names it, with the tick and the end of trading (microseconds) its source states, if any."""

    text: str
    base: str
    quote: str
    tick: str = ""
    ends_us: int | None = None


def pair(text: str) -> Pair:
    """``BTC/USD`` as base and quote; refuses anything else."""
    if not re.fullmatch(r"[A-Z0-9]{1,20}/[A-Z0-9]{1,20}", text):
        raise RecordsError("option instrument", f"'{text}' is not a pair in capitals and digits", "write it as BTC/USD")
    base, quote = text.split("/")
    return Pair(text, base, quote)


def write_pair(staging: Staging, name: Pair) -> None:
    """Write the tables instrument and asset for one pair from the events and trades already written."""
    write_pairs(staging, [name], centralised=False)


def write_pairs(staging: Staging, names: list[Pair], *, centralised: bool) -> None:
    """Write instrument and asset for some pairs.

    A pair's tick is the smallest power of ten that every price written lies on, its lot the same for quantities: a
    source that states neither cannot be held to more. ``centralised`` is what the base assets are; money always is.
    """
    market = [staging.out / f"{table}.parquet" for table in ("order_event", "trade")]
    numbers = " UNION ALL ".join(
        f"SELECT instrument, price, quantity FROM read_parquet({literal(str(path))})" for path in market if path.exists()
    )
    given = ", ".join(
        f"({literal(n.text)}, {literal(n.base)}, {literal(n.quote)}, {literal(n.tick)}, {n.ends_us or 'NULL'}::BIGINT)"
        for n in names
    )
    staging.sql(
        f"CREATE OR REPLACE TEMP TABLE pairs AS SELECT * FROM (VALUES {given}) "
        "p(instrument, base_asset, quote_asset, tick, ends_us)"
    )
    staging.sql(
        f"CREATE OR REPLACE TEMP TABLE steps_of AS SELECT instrument, {_places('price')} AS price_places, "
        f"{_places('quantity')} AS quantity_places FROM ({numbers}) GROUP BY ALL"
    )
    step = "('1e-' || {}::VARCHAR)::DECIMAL(18,8)"
    staging.write(
        "instrument",
        f"SELECT instrument, base_asset, quote_asset, "
        f"coalesce(nullif(tick, '')::DECIMAL(18,8), {step.format('price_places')}) AS tick_size, "
        f"{step.format('quantity_places')} AS lot_size, make_timestamptz(ends_us) AS listed_until "
        "FROM pairs JOIN steps_of USING (instrument)",
    )
    money = ", ".join(literal(code) for code in sorted(_MONEY))
    staging.write(
        "asset",
        f"SELECT asset, {str(centralised).lower()} OR asset IN ({money}) AS centralised FROM "
        "(SELECT base_asset AS asset FROM pairs UNION SELECT quote_asset FROM pairs)",
    )


def _places(column: str) -> str:
    """SQL: how many decimal places the finest value of a DECIMAL(18,8) column needs."""
    fractions = [f"WHEN count(*) FILTER (WHERE {column} <> round({column}, {n})) = 0 THEN {n}" for n in range(_PLACES_MAX)]
    return f"CASE {' '.join(fractions)} ELSE {_PLACES_MAX} END"
