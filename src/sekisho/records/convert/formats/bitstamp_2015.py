"""Bitstamp order log of 2015: orders without trades beside them, so that executions are inferred or joined with prints."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import duckdb

from sekisho.records.convert.fields import decimal, epoch, integer, literal, words
from sekisho.records.convert.format import Conversion, Option, Options
from sekisho.records.convert.market import pair, write_pair
from sekisho.records.convert.staging import Staging, csv_trouble
from sekisho.records.errors import RecordsError

NAME = "bitstamp-2015"
DESCRIPTION = "Bitstamp order log of 2015: orders.csv (fills inferred) or the raw .log (fills joined with its trade prints)"
OPTIONS = {
    "instrument": Option("BTC/USD", "The pair: base/quote"),
    "trades": Option("auto", "How trades are found; auto takes the prints of a raw log", ("auto", "prints", "inferred")),
    "unseen": Option("enter", "Orders that rested before the log starts: entered at its start, or not", ("enter", "keep")),
    "window_ms": Option("5000", "How far apart in time the two sides of one execution may be told, in milliseconds"),
}

_SATOSHI_PLACES = 8
_ORDERS = {
    "order_number": integer("id"),
    "received_at": epoch("timestamp", "ms"),
    "entered_at": epoch("exchange.timestamp", "ms"),
    "price": decimal("price"),
    "quantity": decimal("volume", sign="not_negative", divide_by_ten=_SATOSHI_PLACES),
    "step": words("action", {"created": "created", "changed": "changed", "deleted": "deleted"}),
    "side": words("direction", {"bid": "buy", "ask": "sell"}),
}
_LOGGED = _ORDERS | {
    "entered_at": epoch("datetime", "s"),
    "quantity": decimal("amount", sign="not_negative"),
    "step": words("kind", {"order_created": "created", "order_changed": "changed", "order_deleted": "deleted"}),
    "side": words("order_type", {"0": "buy", "1": "sell"}),
}
_PRINTS = {
    "trade_number": integer("id"),
    "received_at": epoch("timestamp", "ms"),
    "price": decimal("price"),
    "quantity": decimal("amount"),
}
_KINDS = ("order_created", "order_changed", "order_deleted", "trade", "order_book")
_LINE = f"[0-9]+ ({'|'.join(_KINDS)}) [{{\\[].*[}}\\]]"


class Candidate(NamedTuple):
    """Two rows that may tell the same execution, and how many microseconds lie between them."""

    apart: int
    one: int
    other: int


def convert(source: Path, out: Path, options: Options) -> Conversion:
    """Convert orders.csv or a raw .log (each may be packed), or a folder that holds one; a raw log is preferred."""
    file = _file(source)
    raw = ".log" in file.suffixes
    if options["trades"] == "prints" and not raw:
        raise RecordsError(file.name, "holds no trade prints", "give the raw .log, or leave 'trades' at inferred")
    window = _window(options["window_ms"])
    with Staging(out) as staging:
        options.progress("reading orders")
        rows = _read_log(staging, file) if raw else staging.csv("orders", file, _ORDERS)
        options.progress("putting each order's life in order")
        _follow(staging)
        options.progress("finding executions")
        if raw and options["trades"] != "inferred":
            _join_prints(staging, window)
        else:
            _infer_trades(staging, window)
        options.progress("writing tables")
        _order_events(staging, enter=options["unseen"] == "enter")
        _write(staging, options["instrument"])
        return _conversion(staging, rows)


def _file(source: Path) -> Path:
    if source.is_file():
        return source
    for pattern in ("*.log", "*.log.xz", "*.log.gz", "orders.csv", "orders.csv.xz", "orders.csv.gz"):
        files = sorted(source.glob(pattern))
        if len(files) > 1:
            raise RecordsError(str(source), f"holds {len(files)} files {pattern}", "give one of them as the source")
        if files:
            return files[0]
    raise RecordsError(str(source), "holds neither a raw .log nor orders.csv", "give the folder that holds the capture")


def _window(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise RecordsError("option window_ms", f"'{text}' is not a whole number of milliseconds", "write 5000")
    return int(text) * 1000


def _read_log(staging: Staging, file: Path) -> int:
    """Split the lines of a raw log into orders and prints; snapshots of the summed-up book carry no order and are left."""
    plain = staging.plain(file)
    try:
        staging.sql(
            "CREATE TEMP TABLE lines AS SELECT row_number() OVER () AS row, line FROM read_csv("
            f"{literal(str(plain))}, auto_detect = false, header = false, delim = '\\x01', quote = '', escape = '', "
            "columns = {'line': 'VARCHAR'})"
        )
    except duckdb.Error as error:
        raise RecordsError(file.name, f"not a readable log: {csv_trouble(error)}", "correct that line") from None
    wrong = staging.sql(
        f"SELECT min(row) FROM lines WHERE line IS NULL OR NOT regexp_full_match(line, {literal(_LINE)})"
    ).fetchone()
    if wrong is not None and wrong[0] is not None:
        problem = "is not a time in milliseconds, a known kind of message and a JSON object"
        raise RecordsError(file.name, problem, "correct or remove the line", row=wrong[0])
    head = "row, split_part(line, ' ', 1) AS timestamp, split_part(line, ' ', 2) AS kind"
    fields = ", ".join(
        f"""nullif(regexp_extract(line, '"{name}": "?([^",}}]*)', 1), '') AS {name}"""
        for name in ("id", "price", "amount", "datetime", "order_type")
    )
    staging.sql(
        f"CREATE TEMP TABLE raw AS SELECT {head}, {fields} FROM lines WHERE contains(line, ' order_') "
        "AND NOT contains(line, ' order_book ')"
    )
    rows = staging.typed("orders", file, "raw", _LOGGED)
    # The feed prints trades as binary fractions (1.7885566900000001): to eight places they are what was traded.
    eight = ", ".join(f"round(TRY_CAST({name} AS DECIMAL(38,18)), 8)::VARCHAR AS {name}" for name in ("price", "amount"))
    staging.sql(
        f"CREATE TEMP TABLE raw AS SELECT * REPLACE ({eight}) FROM (SELECT {head}, {fields} FROM lines "
        "WHERE contains(line, ' trade '))"
    )
    staging.typed("prints", file, "raw", _PRINTS)
    return rows


def _follow(staging: Staging) -> None:
    """Put each order's rows into the only order its life allows: the feed tells them out of turn.

    An order enters, its quantity falls, it ends. Its rows are sorted that way and take the places and times the order's
    rows have in the log, earliest first. A second deletion of the same order is left out. ``fall`` is by how much the
    quantity fell at an unchanged price: an execution, or part of one.
    """
    staging.sql(
        "CREATE TEMP TABLE kept AS SELECT * FROM orders QUALIFY step <> 'deleted' OR "
        "row_number() OVER (PARTITION BY order_number, step ORDER BY quantity, row) = 1"
    )
    staging.sql(
        "CREATE TEMP TABLE lives AS SELECT *, row_number() OVER (PARTITION BY order_number ORDER BY quantity DESC, "
        "CASE step WHEN 'created' THEN 0 WHEN 'changed' THEN 1 ELSE 2 END, received_at, row) AS nth, "
        "row_number() OVER (PARTITION BY order_number ORDER BY received_at, row) AS nth_told FROM kept"
    )
    staging.sql(
        "CREATE TEMP TABLE steps AS SELECT l.* EXCLUDE (received_at, nth_told), told.received_at, told.row AS place, "
        "CASE WHEN l.price = lag(l.price) OVER life THEN lag(l.quantity) OVER life - l.quantity END AS fall, "
        "lag(l.quantity) OVER life IS NULL AND l.step <> 'created' AS unseen "
        "FROM lives l JOIN lives told ON told.order_number = l.order_number AND told.nth_told = l.nth "
        "WINDOW life AS (PARTITION BY l.order_number ORDER BY l.nth)"
    )


def _infer_trades(staging: Staging, window: int) -> None:
    """An execution is a bid and an ask whose quantity fell by the same amount at nearly the same time, the bid not below.

    The pair closest in time is taken first and each row once. The order that entered later, by its number, took the
    other, and the price is the other's.
    """
    pairs = _closest(
        staging.sql(
            "SELECT abs(epoch_us(b.received_at) - epoch_us(s.received_at)) AS apart, b.row, s.row "
            "FROM steps b JOIN steps s ON b.fall = s.fall AND b.side = 'buy' AND s.side = 'sell' AND b.price >= s.price "
            f"WHERE b.fall > 0 AND abs(epoch_us(b.received_at) - epoch_us(s.received_at)) <= {window}"
        ).fetchall()
    )
    _remember(staging, "found", ("buy_row", "sell_row"), [(pair.one, pair.other) for pair in pairs])
    staging.sql(
        "CREATE TEMP TABLE trades AS SELECT b.row || '+' || s.row AS trade_id, buy_row, sell_row, "
        "least(b.place, s.place) AS place, least(b.received_at, s.received_at) AS executed_at, b.fall AS quantity, "
        "CASE WHEN b.order_number < s.order_number THEN b.price ELSE s.price END AS price "
        "FROM found JOIN steps b ON b.row = buy_row JOIN steps s ON s.row = sell_row"
    )


def _join_prints(staging: Staging, window: int) -> None:
    """Give each print the bid and the ask whose quantity fell by its amount, to the last digit, nearest in time."""
    matched = []
    for side, bound in (("buy", ">="), ("sell", "<=")):
        pairs = _closest(
            staging.sql(
                "SELECT abs(epoch_us(p.received_at) - epoch_us(f.received_at)) AS apart, p.row, f.row "
                f"FROM prints p JOIN steps f ON f.side = '{side}' AND abs(f.fall - p.quantity) <= 0.00000001 "
                f"AND f.fall > 0 AND f.price {bound} p.price "
                f"WHERE abs(epoch_us(p.received_at) - epoch_us(f.received_at)) <= {window}"
            ).fetchall()
        )
        matched += [(pair.one, side, pair.other) for pair in pairs]
    _remember(staging, "found", ("print_row", "is_sell", "row"), [(p, side == "sell", row) for p, side, row in matched])
    staging.sql(
        "CREATE TEMP TABLE trades AS SELECT p.trade_number::VARCHAR AS trade_id, "
        "b.row AS buy_row, s.row AS sell_row, "
        "coalesce(least(bs.place, ss.place), p.row) AS place, "
        "coalesce(least(bs.received_at, ss.received_at), p.received_at) AS executed_at, "
        "p.quantity, p.price "
        "FROM prints p LEFT JOIN (FROM found WHERE is_sell = 0) b ON b.print_row = p.row "
        "LEFT JOIN (FROM found WHERE is_sell = 1) s ON s.print_row = p.row "
        "LEFT JOIN steps bs ON bs.row = b.row LEFT JOIN steps ss ON ss.row = s.row"
    )


def _closest(candidates: Sequence[tuple[int, int, int]]) -> list[Candidate]:
    """One to one, the closest in time first; a tie goes to the earlier row."""
    ones: set[int] = set()
    others: set[int] = set()
    chosen = []
    for candidate in sorted(Candidate(*row) for row in candidates):
        if candidate.one not in ones and candidate.other not in others:
            ones.add(candidate.one)
            others.add(candidate.other)
            chosen.append(candidate)
    return chosen


def _remember(staging: Staging, table: str, columns: tuple[str, ...], rows: Sequence[tuple[int, ...]]) -> None:
    staging.sql(f"CREATE TEMP TABLE {table} ({', '.join(f'{column} BIGINT' for column in columns)})")
    if rows:
        values = ", ".join(f"({', '.join(str(int(value)) for value in row)})" for row in rows)
        staging.sql(f"INSERT INTO {table} VALUES {values}")


def _order_events(staging: Staging, *, enter: bool) -> None:
    """Keep the rows that are events; a fall that found no trade still leaves the book, as 'expire'.

    An order that rested before the log starts enters at its start with the quantity it is first shown with. One that is
    only shown when nothing is left of it has no known quantity: its row is left out, for its trades are what it did.
    """
    staging.sql(
        "CREATE TEMP TABLE events AS SELECT *, CASE WHEN step = 'created' THEN 'new' WHEN step = 'changed' THEN 'replace' "
        "WHEN coalesce(fall, 0) > 0 OR unseen AND quantity = 0 THEN 'expire' ELSE 'cancel' END AS action, "
        "CASE WHEN fall > 0 OR unseen AND step = 'deleted' AND quantity = 0 THEN 'filled_unseen' ELSE 'event' END AS origin "
        "FROM steps WHERE row NOT IN (SELECT buy_row FROM trades WHERE buy_row IS NOT NULL) "
        "AND row NOT IN (SELECT sell_row FROM trades WHERE sell_row IS NOT NULL)"
    )
    staging.sql("CREATE TEMP TABLE endings AS SELECT row FROM steps WHERE unseen AND quantity = 0")
    if enter:
        staging.sql("DELETE FROM events WHERE row IN (FROM endings)")
        staging.sql(
            "INSERT INTO events BY NAME SELECT * REPLACE ((SELECT min(received_at) FROM steps) AS received_at, 0 AS place, "
            "'created' AS step), 'new' AS action, 'entered_unseen' AS origin FROM steps WHERE unseen AND quantity > 0"
        )
    staging.sql(
        "CREATE TEMP TABLE places AS SELECT *, row_number() OVER (ORDER BY place, trade_id NULLS FIRST, row) AS sequence "
        "FROM (SELECT place, row, NULL AS trade_id FROM events UNION ALL SELECT place, NULL, trade_id FROM trades)"
    )


def _write(staging: Staging, instrument: str) -> None:
    name = pair(instrument)
    staging.write(
        "order_event",
        f"SELECT e.row || CASE origin WHEN 'entered_unseen' THEN '/entry' ELSE '' END AS event_id, "
        f"sequence, received_at AS occurred_at, '{name.text}' AS instrument, "
        "order_number::VARCHAR AS order_id, side, action, 'limit' AS order_type, price, "
        "CASE WHEN step = 'deleted' THEN 0 ELSE quantity END AS quantity, origin, entered_at "
        "FROM events e JOIN places p ON p.place = e.place AND p.row = e.row",
    )
    staging.write(
        "trade",
        f"SELECT trade_id, sequence, executed_at, '{name.text}' AS instrument, t.price, t.quantity, "
        "b.order_number::VARCHAR AS buy_order_id, s.order_number::VARCHAR AS sell_order_id, "
        "CASE WHEN b.order_number > s.order_number THEN 'buy' WHEN s.order_number > b.order_number THEN 'sell' END "
        "AS aggressor_side FROM trades t JOIN places USING (trade_id) "
        "LEFT JOIN steps b ON b.row = t.buy_row LEFT JOIN steps s ON s.row = t.sell_row",
    )
    write_pair(staging, name)


def _conversion(staging: Staging, rows: int) -> Conversion:
    kept = staging.number("SELECT count(*) FROM steps")
    counts = {
        "rows_read": rows,
        "rows_kept": kept,
        "second_deletions_left_out": rows - kept,
        "trades_with_both_orders": staging.number("SELECT count(*) FROM trades WHERE buy_row + sell_row IS NOT NULL"),
        "trades_with_one_order": staging.number("SELECT count(*) FROM trades WHERE (buy_row IS NULL) <> (sell_row IS NULL)"),
        "trades_with_no_order": staging.number("SELECT count(*) FROM trades WHERE buy_row IS NULL AND sell_row IS NULL"),
        "orders_entered_at_the_start": staging.number("SELECT count(*) FROM events WHERE origin = 'entered_unseen'"),
        "endings_of_orders_of_unknown_quantity": staging.number("SELECT count(*) FROM endings"),
        "fills_without_a_trade": staging.number("SELECT count(*) FROM events WHERE origin = 'filled_unseen'"),
    }
    notes = (
        f"{counts['second_deletions_left_out']} second deletions of an order were left out: {kept} order rows remain.",
        f"{staging.rows['trade']} trades; {counts['fills_without_a_trade']} rows tell a fill for which no trade was found: "
        "they leave the book as 'expire' or 'replace', never as a withdrawal.",
        "The clock is the capture's: the exchange's column dates an order's entry, not its events.",
    )
    return staging.conversion(notes, counts)
