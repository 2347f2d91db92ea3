"""Bitstamp order log of 2026: live orders with the exchange's clock, a starting book, closing rows and the trades beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from sekisho.records.convert.fields import decimal, epoch, integer, words
from sekisho.records.convert.format import Conversion, Option, Options
from sekisho.records.convert.market import pair, write_pair
from sekisho.records.convert.staging import Staging, file_of
from sekisho.records.errors import RecordsError

NAME = "bitstamp-2026"
DESCRIPTION = "Bitstamp live orders (orders.csv) with trades.csv beside them, as captured in 2026"
OPTIONS = {
    "instrument": Option("BTC/USD", "The pair: base/quote"),
    "clock": Option("exchange", "The clock that dates events: the venue's, or the capture's", ("exchange", "local")),
    "starting_book": Option("new", "Orders resting at the start: written as 'new' events, or left out", ("new", "drop")),
    "unseen": Option("enter", "Orders withdrawn but never told to enter: entered at the start, or not", ("enter", "keep")),
    "closing": Option("drop", "Rows that close the capture: left out, or written as 'expire' events", ("drop", "expire")),
}

# The feed shows a market order as a limit that nothing can stop: a bid at 999999999, an ask at 0. A bid at 0 is a limit
# order below half a unit of money, which the feed rounds.
_IS_MARKET = "(side = 'buy' AND price = 999999999 OR side = 'sell' AND price = 0)"
_ORDERS = {
    "order_number": integer("id"),
    "received_at": epoch("timestamp", "ms"),
    "handled_at": epoch("exchange_timestamp", "ms"),
    "price": decimal("price", sign="not_negative"),
    "quantity": decimal("volume", sign="not_negative"),
    "step": words("action", {"created": "created", "changed": "changed", "deleted": "deleted"}),
    "side": words("direction", {"bid": "buy", "ask": "sell"}),
}
_TRADES = {
    "trade_number": integer("trade_id"),
    "received_at": epoch("timestamp", "ms"),
    "handled_at": epoch("exchange_timestamp", "ms"),
    "price": decimal("price"),
    "quantity": decimal("amount"),
    "buy_order": integer("buy_order_id"),
    "sell_order": integer("sell_order_id"),
    "aggressor_side": words("side", {"buy": "buy", "sell": "sell"}),
}


class Frame(NamedTuple):
    """The rows of the capture that are no events: so many at the start, so many at the end."""

    starting: int
    closing: int


def convert(source: Path, out: Path, options: Options) -> Conversion:
    """Convert a folder with orders.csv and trades.csv (each may be packed as .gz or .xz)."""
    orders, trades = file_of(source, "orders.csv"), file_of(source, "trades.csv")
    with Staging(out) as staging:
        options.progress("reading orders")
        rows = staging.csv("orders", orders, _ORDERS)
        frame = _frame(staging, source, rows)
        options.progress("reading trades")
        staging.csv("trades", trades, _TRADES)
        options.progress("telling fills from withdrawals")
        _tell_fills(staging, rows - frame.closing)
        options.progress("writing tables")
        clock, other = ("handled_at", "received_at") if options["clock"] == "exchange" else ("received_at", "handled_at")
        _order_events(staging, options, frame, rows)
        _number_the_venue(staging)
        shown_other = "received_at" if other == "received_at" else "exchange_at"
        _write(staging, options["instrument"], clock, f"{other} AS {shown_other}")
        return _conversion(staging, frame)


def _frame(staging: Staging, source: Path, rows: int) -> Frame:
    """How many rows stand for the starting book and for the close.

    The capture's own meta.json says so. Without it, the starting book is the leading run of two or more creations that
    share both clocks, and the close is the trailing run of two or more deletions that do.
    """
    counted = Frame(_run(staging, rows, "created", first=True), _run(staging, rows, "deleted", first=False))
    meta = source / "meta.json"
    if not meta.is_file():
        return counted
    try:
        said = json.loads(meta.read_text(encoding="utf-8"))
        frame = Frame(int(said["synthetic_created"]), int(said["synthetic_deleted"]))
    except (ValueError, KeyError, TypeError):
        problem = "does not count synthetic_created and synthetic_deleted"
        raise RecordsError(meta.name, problem, "correct or remove the file") from None
    if frame != counted:
        problem = (
            f"counts {frame.starting} rows of starting book and {frame.closing} of close; "
            f"the order log shows {counted.starting} and {counted.closing}"
        )
        raise RecordsError(meta.name, problem, "fetch both files of the same capture")
    return frame


def _run(staging: Staging, rows: int, step: str, *, first: bool) -> int:
    edge = 1 if first else rows
    inward = "min" if first else "max"
    broken = staging.sql(
        f"SELECT {inward}(o.row) FROM orders o JOIN (SELECT * FROM orders WHERE row = {edge}) e ON true "
        f"WHERE o.step <> '{step}' OR o.handled_at <> e.handled_at OR o.received_at <> e.received_at"
    ).fetchone()
    assert broken is not None
    if broken[0] is None:
        return 0
    length = broken[0] - 1 if first else rows - broken[0]
    return length if length > 1 else 0


def _tell_fills(staging: Staging, last: int) -> None:
    """Join the k-th fall of an order's quantity with its k-th trade; what falls without a trade was changed or withdrawn.

    ``first_quantity`` is what the order came in with: as written, or, for an order that is shown only when its trades
    are done (quantity 0), the sum of its trades.
    """
    staging.sql(
        "CREATE TEMP TABLE sides AS "
        "SELECT trade_number, buy_order AS order_number, quantity FROM trades UNION ALL "
        "SELECT trade_number, sell_order, quantity FROM trades"
    )
    staging.sql("CREATE TEMP TABLE filled AS SELECT order_number, sum(quantity)::DECIMAL(18,8) AS quantity FROM sides GROUP BY ALL")
    staging.sql(
        "CREATE TEMP TABLE steps AS SELECT o.*, f.quantity AS filled, lag(o.quantity) OVER life AS before, "
        "first_value(o.quantity) OVER life AS first_shown, first_value(o.step) OVER life AS first_step "
        f"FROM orders o LEFT JOIN filled f USING (order_number) WHERE o.row <= {last} "
        "WINDOW life AS (PARTITION BY o.order_number ORDER BY o.row)"
    )
    staging.sql(
        "CREATE TEMP TABLE fills AS SELECT s.row, t.trade_number, s.before - s.quantity <> t.quantity AS differs FROM "
        "(SELECT *, row_number() OVER (PARTITION BY order_number ORDER BY row) AS nth FROM steps "
        " WHERE filled IS NOT NULL AND (step = 'changed' OR (step = 'deleted' AND quantity < before))) s JOIN "
        "(SELECT *, row_number() OVER (PARTITION BY order_number ORDER BY trade_number) AS nth FROM sides) t "
        "USING (order_number, nth)"
    )


def _order_events(staging: Staging, options: Options, frame: Frame, rows: int) -> None:
    """Keep the rows that are events. A deletion after the trades used the order up is the end of its last fill."""
    first_quantity = "CASE WHEN quantity = 0 THEN coalesce(filled, 0) ELSE quantity END"
    spent = "filled >= CASE WHEN first_shown = 0 THEN filled ELSE first_shown END AND first_step = 'created'"
    staging.sql(
        "CREATE TEMP TABLE events AS SELECT row, order_number, handled_at, received_at, side, price, "
        "CASE step WHEN 'created' THEN 'new' WHEN 'changed' THEN 'replace' ELSE 'cancel' END AS action, "
        f"CASE step WHEN 'created' THEN {first_quantity} WHEN 'changed' THEN quantity ELSE 0 END AS quantity, "
        f"CASE WHEN row <= {frame.starting} THEN 'starting_book' ELSE 'event' END AS origin, row AS place "
        "FROM steps ANTI JOIN fills USING (row) "
        f"WHERE NOT (step = 'deleted' AND coalesce({spent}, false))"
    )
    if options["starting_book"] == "drop":
        staging.sql("DELETE FROM events WHERE origin = 'starting_book'")
    if options["unseen"] == "enter":
        # They rested before the capture began and the starting book missed them: place 0 puts them in front of it.
        staging.sql(
            "INSERT INTO events SELECT row, order_number, (SELECT min(handled_at) FROM orders), "
            "(SELECT min(received_at) FROM orders), side, price, 'new', quantity, 'entered_unseen', 0 "
            "FROM steps WHERE first_step = 'deleted'"
        )
    if options["closing"] == "expire":
        staging.sql(
            "INSERT INTO events SELECT row, order_number, handled_at, received_at, side, price, 'expire', 0, 'closing', row "
            f"FROM orders WHERE row > {rows - frame.closing}"
        )


def _number_the_venue(staging: Staging) -> None:
    """Put events and trades into one order: a trade stands where its first fill stood in the log."""
    staging.sql(
        "CREATE TEMP TABLE placed_trades AS SELECT t.*, coalesce(f.row, ("
        "SELECT max(o.row) FROM orders o WHERE o.handled_at <= t.handled_at AND o.step = 'created')) AS place "
        "FROM trades t LEFT JOIN (SELECT trade_number, min(row) AS row FROM fills GROUP BY ALL) f USING (trade_number)"
    )
    staging.sql(
        "CREATE TEMP TABLE places AS SELECT *, row_number() OVER (ORDER BY place, trade_number NULLS FIRST, row) AS sequence FROM "
        "(SELECT place, row, NULL AS trade_number FROM events UNION ALL SELECT place, NULL, trade_number FROM placed_trades)"
    )


def _write(staging: Staging, instrument: str, clock: str, other: str) -> None:
    name = pair(instrument)
    staging.write(
        "order_event",
        f"SELECT e.row || CASE origin WHEN 'entered_unseen' THEN '/entry' ELSE '' END AS event_id, "
        f"sequence, {clock} AS occurred_at, '{name.text}' AS instrument, "
        "order_number::VARCHAR AS order_id, side, action, "
        f"CASE WHEN {_IS_MARKET} THEN 'market' ELSE 'limit' END AS order_type, "
        f"CASE WHEN {_IS_MARKET} THEN NULL ELSE price END AS price, "
        f"quantity, origin, {other} FROM events e JOIN places p ON p.place = e.place AND p.row = e.row",
    )
    staging.write(
        "trade",
        f"SELECT trade_number::VARCHAR AS trade_id, sequence, {clock} AS executed_at, '{name.text}' AS instrument, price, "
        f"quantity, buy_order::VARCHAR AS buy_order_id, sell_order::VARCHAR AS sell_order_id, aggressor_side, {other} "
        "FROM placed_trades JOIN places USING (trade_number)",
    )
    write_pair(staging, name)


def _conversion(staging: Staging, frame: Frame) -> Conversion:
    counts = {
        "starting_book_rows": frame.starting,
        "closing_rows": frame.closing,
        "fill_rows": staging.number("SELECT count(*) FROM fills"),
        "fills_that_differ_from_their_trade": staging.number("SELECT count(*) FILTER (WHERE differs) FROM fills"),
        "trades_without_a_fill_row": staging.number("SELECT count(*) FROM trades ANTI JOIN fills USING (trade_number)"),
        "withdrawals_of_orders_never_created": staging.number("SELECT count(*) FROM steps WHERE first_step = 'deleted'"),
    }
    notes = (
        f"The first {frame.starting} rows are the starting book, the last {frame.closing} close the capture: neither is an event.",
        f"{counts['fill_rows']} rows are fills of {staging.rows['trade']} trades and became trades, not order events.",
    )
    return staging.conversion(notes, counts)
