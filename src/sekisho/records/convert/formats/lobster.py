"""LOBSTER message files: NASDAQ limit orders of one day, executions visible and hidden, halts."""

from __future__ import annotations

import re
import zipfile
from datetime import date
from pathlib import Path
from typing import NamedTuple

from sekisho.records.convert.fields import Field, exact_decimal, integer, literal, quoted, words
from sekisho.records.convert.format import Conversion, Option, Options
from sekisho.records.convert.market import Pair, write_pairs
from sekisho.records.convert.staging import Staging
from sekisho.records.errors import RecordsError

NAME = "lobster"
DESCRIPTION = "LOBSTER message files (TICKER_DAY_START_END_message_LEVEL.csv, or the zip that holds one)"
OPTIONS = {
    "quote": Option("USD", "The asset that prices are in"),
    "zone": Option("America/New_York", "The time zone in which the seconds after midnight are counted"),
}

_FILE = re.compile(r"([A-Z0-9.]+)_(\d{4}-\d{2}-\d{2})_\d+_\d+_message_\d+\.csv")
_COLUMNS = ("time", "type", "order", "size", "price", "direction")
_NANOSECONDS = 1_000_000_000
_SECONDS = Field(
    "time",
    f"CAST(CAST({exact_decimal(quoted('time'), precision=18, scale=9)} AS DECIMAL(38,9)) * {_NANOSECONDS} AS BIGINT)",
    "a number of seconds with at most nine decimals",
)
_MESSAGES = {
    "nanoseconds": _SECONDS,
    "kind": words(
        "type",
        {"1": "new", "2": "reduced", "3": "deleted", "4": "executed", "5": "hidden", "6": "cross", "7": "halt"},
    ),
    "order_number": integer("order"),
    "size": integer("size"),
    "ticks": integer("price"),
    "side": words("direction", {"1": "buy", "-1": "sell"}),
}
_PRICE = "CAST(CAST(ticks AS DECIMAL(18,0)) / 10000 AS DECIMAL(18,8))"


class Day(NamedTuple):
    """One ticker's day: the file its messages lie in, inside a zip or on its own."""

    ticker: str
    day: str
    path: Path
    member: str | None


def convert(source: Path, out: Path, options: Options) -> Conversion:
    """Convert one message file, one zip, or a folder of them; each ticker and day may come once."""
    days = _days(source)
    with Staging(out) as staging:
        for day in days:
            options.progress(f"reading {day.ticker} {day.day}")
            _read(staging, day)
        options.progress("following each order's quantity")
        _follow(staging, options["zone"])
        options.progress("writing tables")
        _write(staging, options["quote"])
        tickers = sorted({day.ticker for day in days})
        pairs = [Pair(f"{t}/{options['quote']}", t, options["quote"]) for t in tickers]
        write_pairs(staging, pairs, centralised=True)
        return _conversion(staging)


def _days(source: Path) -> list[Day]:
    paths = [source] if source.is_file() else sorted(source.iterdir())
    days = [day for path in paths if (day := _day(path)) is not None]
    if not days:
        raise RecordsError(str(source), "holds no LOBSTER message file", "give TICKER_DAY_START_END_message_LEVEL.csv or its zip")
    seen: dict[tuple[str, str], Day] = {}
    for day in days:
        first = seen.setdefault((day.ticker, day.day), day)
        if first is not day:
            problem = f"tells the same day of {day.ticker} as {first.path.name}"
            raise RecordsError(day.path.name, problem, "convert one number of levels only")
    return days


def _day(path: Path) -> Day | None:
    """The ticker and day of a message file or of the zip around it; None for any other file."""
    if path.suffix != ".zip":
        return _named(path, path.name, None)
    try:
        with zipfile.ZipFile(path) as packed:
            names = [name for name in packed.namelist() if _FILE.fullmatch(Path(name).name)]
    except (zipfile.BadZipFile, OSError) as error:
        raise RecordsError(path.name, f"damaged or cut short ({error})", "fetch the file again") from None
    return _named(path, Path(names[0]).name, names[0]) if names else None


def _named(path: Path, name: str, member: str | None) -> Day | None:
    match = _FILE.fullmatch(name)
    if match is None:
        return None
    try:
        date.fromisoformat(match[2])
    except ValueError:
        raise RecordsError(path.name, f"'{match[2]}' is no day of the calendar", "correct the name of the file") from None
    return Day(match[1], match[2], path, member)


def _read(staging: Staging, day: Day) -> None:
    path = day.path
    if day.member is not None:
        path = staging.member(day.path, day.member)
    staging.csv("part", path, _MESSAGES, header=_COLUMNS)
    halt = "kind = 'halt'"
    for column, condition in (("size", "size < 1"), ("price", "ticks < 1")):
        row = staging.sql(f"SELECT min(row) FROM part WHERE {condition} AND NOT {halt}").fetchone()
        if row is not None and row[0] is not None:
            problem = "is not positive, which only a halt may be"
            raise RecordsError(path.name, problem, "correct or remove the row", row=row[0], column=column)
    named = f"{literal(day.ticker)} AS ticker, {literal(day.day)} AS day"
    staging.sql(f"CREATE TEMP TABLE IF NOT EXISTS messages AS SELECT {named}, * FROM part LIMIT 0")
    staging.sql(f"INSERT INTO messages SELECT {named}, * FROM part")


def _follow(staging: Staging, zone: str) -> None:
    """Work out what is left of an order after each message, and give every message its place and its time.

    An order that entered before the file starts, or below the levels it shows, has no entry: what is left of it is then
    what later messages still take away, which is exact if the file sees its end and too little if not.
    """
    staging.sql(
        "CREATE TEMP TABLE placed AS SELECT *, "
        "row_number() OVER (ORDER BY day, nanoseconds, ticker, row) AS sequence, "
        f"timezone({literal(zone)}, day::TIMESTAMP) + to_microseconds(nanoseconds // 1000) AS occurred_at, "
        "coalesce(sum(CASE kind WHEN 'new' THEN size ELSE -size END) OVER life, 0) AS balance, "
        "bool_or(kind = 'new') OVER life AS entered, "
        "coalesce(sum(size) FILTER (WHERE kind <> 'new') OVER rest, 0) AS taken_later "
        "FROM messages WINDOW "
        "life AS (PARTITION BY ticker, day, order_number ORDER BY row), "
        "rest AS (PARTITION BY ticker, day, order_number ORDER BY row ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING)"
    )


def _write(staging: Staging, quote: str) -> None:
    named = f"ticker || '-' || day || '-' || row AS {{}}, sequence, occurred_at{{}}, ticker || {literal('/' + quote)} AS instrument"
    staging.write(
        "order_event",
        f"SELECT {named.format('event_id', '')}, order_number::VARCHAR AS order_id, side, "
        "CASE kind WHEN 'new' THEN 'new' WHEN 'reduced' THEN 'replace' ELSE 'cancel' END AS action, "
        f"'limit' AS order_type, {_PRICE} AS price, "
        "CASE WHEN kind = 'deleted' THEN 0 WHEN entered THEN balance ELSE taken_later END AS quantity, "
        "CASE WHEN entered THEN 'event' ELSE 'entered_unseen' END AS origin "
        "FROM placed WHERE kind IN ('new', 'reduced', 'deleted')",
    )
    other = "CASE WHEN kind <> 'cross' THEN CASE side WHEN 'buy' THEN 'sell' ELSE 'buy' END END"
    staging.write(
        "trade",
        f"SELECT {named.format('trade_id', ' AS executed_at')}, {_PRICE} AS price, size AS quantity, "
        "CASE WHEN kind = 'executed' AND side = 'buy' THEN order_number::VARCHAR END AS buy_order_id, "
        "CASE WHEN kind = 'executed' AND side = 'sell' THEN order_number::VARCHAR END AS sell_order_id, "
        f"{other} AS aggressor_side, kind = 'hidden' AS hidden "
        "FROM placed WHERE kind IN ('executed', 'hidden', 'cross')",
    )


def _conversion(staging: Staging) -> Conversion:
    counts = {
        kind: staging.number(f"SELECT count(*) FROM messages WHERE kind = {literal(kind)}")
        for kind in ("new", "reduced", "deleted", "executed", "hidden", "cross", "halt")
    }
    counts["events_of_orders_that_entered_unseen"] = staging.number(
        "SELECT count(*) FROM placed WHERE NOT entered AND kind IN ('reduced', 'deleted')"
    )
    halts = staging.sql(
        "SELECT ticker, strftime(occurred_at, '%Y-%m-%dT%H:%M:%S.%fZ'), "
        "CASE ticks WHEN -1 THEN 'halted' WHEN 0 THEN 'quoting again' ELSE 'trading again' END "
        "FROM placed WHERE kind = 'halt' ORDER BY sequence"
    ).fetchall()
    notes = [
        f"{counts['hidden']} executions met a hidden order: they are trades without order ids, marked hidden.",
        "The order that took liquidity is not in the file; only the resting order of a trade is named.",
        *(f"{ticker}: {what} at {when}; no record table holds halts." for ticker, when, what in halts),
    ]
    return staging.conversion(notes, counts)
