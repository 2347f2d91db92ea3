"""Account-level orders and executions: who ordered, what was executed against whom, and who owns which account."""

from __future__ import annotations

from pathlib import Path

from sekisho.records.convert.fields import decimal, integer, literal, text, words
from sekisho.records.convert.format import Conversion, Option, Options
from sekisho.records.convert.market import Pair, write_pairs
from sekisho.records.convert.staging import Staging, file_of, found
from sekisho.records.errors import RecordsError

NAME = "account-orders"
DESCRIPTION = "Orders, executions and accounts with ids and nanoseconds (orders.csv, executions.csv, accounts_*.csv)"
OPTIONS = {
    "accounts": Option(
        "auto", "Which accounts file counts; auto takes the one with links", ("auto", "with_links", "without_links")
    ),
    "quote": Option("USD", "The asset that prices are in, where the symbol does not say"),
    "country": Option("ZZ", "Country of every party, which the files do not state"),
}

_ORDERS = {
    "order_id": text("order_id"),
    "account_id": text("account_id"),
    "symbol": text("instrument_id"),
    "side": words("side", {"Buy": "buy", "Sell": "sell"}),
    "price": decimal("price", sign="not_negative"),
    "quantity": decimal("qty"),
    "order_type": words("order_type", {"Limit": "limit", "Market": "market"}),
    "nanoseconds": integer("timestamp_ns"),
    "action": words("status", {"New": "new", "Cancelled": "cancel"}),
    "venue": text("venue"),
}
_EXECUTIONS = {
    "execution_id": text("trade_id"),
    "order_id": text("order_id"),
    "account_id": text("account_id"),
    "symbol": text("instrument_id"),
    "price": decimal("price"),
    "quantity": decimal("qty"),
    "nanoseconds": integer("timestamp_ns"),
    "counterparty_id": text("counterparty_account_id"),
    "venue": text("venue"),
}
_ACCOUNTS = {
    "account_id": text("account_id"),
    "kind": words("entity_type", {"Client": "customer", "Proprietary": "house", "MarketMaker": "market_maker"}),
}
_LINKS = {"owner_id": text("beneficial_owner_id"), "linked": text("linked_account_ids", nullable=True)}
_INSTRUMENTS = {
    "symbol": text("instrument_id"),
    "asset_class": text("asset_class"),
    "tick": decimal("tick_size"),
    "close_ns": integer("session_close_ns"),
}


def convert(source: Path, out: Path, options: Options) -> Conversion:
    """Convert a folder with orders.csv and, where present, executions.csv, an accounts file and instruments.csv."""
    with Staging(out) as staging:
        options.progress("reading orders")
        orders = file_of(source, "orders.csv")
        staging.csv("orders", orders, _ORDERS)
        options.progress("reading executions")
        executions = found(source, "executions.csv")
        _read_executions(staging, executions)
        options.progress("joining the two sides of each execution")
        _join_sides(staging)
        pairs = _instruments(staging, source, options["quote"])
        options.progress("writing tables")
        _write_market(staging, with_trades=executions is not None)
        write_pairs(staging, pairs, centralised=True)
        _write_accounts(staging, source, options)
        return _conversion(staging)


def _read_executions(staging: Staging, executions: Path | None) -> None:
    if executions is None:
        staging.sql(
            "CREATE TEMP TABLE executions AS SELECT row, '' AS execution_id, order_id, account_id, symbol, price, quantity, "
            "nanoseconds, '' AS counterparty_id, venue FROM orders LIMIT 0"
        )
        return
    staging.csv("executions", executions, _EXECUTIONS)
    orphan = staging.sql(
        "SELECT e.row, e.order_id FROM executions e ANTI JOIN (FROM orders WHERE action = 'new') o "
        "USING (order_id, account_id, symbol) ORDER BY e.row LIMIT 1"
    ).fetchone()
    if orphan is not None:
        raise RecordsError(
            executions.name,
            f"'{orphan[1]}' is not an order of that account and instrument in the orders file",
            "add the order or leave the execution out",
            row=orphan[0],
            column="order_id",
        )


def _join_sides(staging: Staging) -> None:
    """One trade for each real execution.

    A row tells one side: its order, its account, and the account opposite. Where the opposite side is reported as well,
    its row has the same time, instrument, price and quantity with the accounts exchanged; the k-th such buy and the k-th
    such sell are one trade, and its id holds both: ``EXE-1+EXE-2``.
    """
    staging.sql(
        "CREATE TEMP TABLE sided AS SELECT e.*, o.side, o.order_type, o.nanoseconds AS ordered_at, row_number() OVER ("
        "PARTITION BY e.nanoseconds, e.symbol, e.price, e.quantity, o.side, "
        "CASE o.side WHEN 'buy' THEN e.account_id ELSE e.counterparty_id END, "
        "CASE o.side WHEN 'buy' THEN e.counterparty_id ELSE e.account_id END ORDER BY e.row) AS nth "
        "FROM executions e JOIN (FROM orders WHERE action = 'new') o USING (order_id)"
    )
    staging.sql(
        "CREATE TEMP TABLE trades AS SELECT coalesce(b.nanoseconds, s.nanoseconds) AS nanoseconds, "
        "least(b.row, s.row) AS row, least(b.execution_id, s.execution_id) || CASE WHEN b.row IS NULL OR s.row IS NULL "
        "THEN '' ELSE '+' || greatest(b.execution_id, s.execution_id) END AS trade_id, "
        "coalesce(b.symbol, s.symbol) AS symbol, coalesce(b.price, s.price) AS price, "
        "coalesce(b.quantity, s.quantity) AS quantity, b.order_id AS buy_order_id, s.order_id AS sell_order_id, "
        "coalesce(b.account_id, s.counterparty_id) AS buy_account_id, "
        "coalesce(s.account_id, b.counterparty_id) AS sell_account_id, "
        "CASE WHEN b.ordered_at > s.ordered_at THEN 'buy' WHEN s.ordered_at > b.ordered_at THEN 'sell' "
        "WHEN s.row IS NULL AND b.order_type = 'market' THEN 'buy' "
        "WHEN b.row IS NULL AND s.order_type = 'market' THEN 'sell' END AS aggressor_side, "
        "coalesce(b.venue, s.venue) AS venue "
        "FROM (FROM sided WHERE side = 'buy') b FULL JOIN (FROM sided WHERE side = 'sell') s ON "
        "b.nanoseconds = s.nanoseconds AND b.symbol = s.symbol AND b.price = s.price AND b.quantity = s.quantity "
        "AND b.account_id = s.counterparty_id AND b.counterparty_id = s.account_id AND b.nth = s.nth"
    )


def _instruments(staging: Staging, source: Path, quote: str) -> list[Pair]:
    """Name each symbol as a pair: a currency symbol of six letters holds both halves, others are priced in ``quote``."""
    stated = found(source, "instruments.csv")
    if stated is not None:
        staging.csv("listed", stated, _INSTRUMENTS)
    else:
        staging.sql(
            "CREATE TEMP TABLE listed AS "
            "SELECT DISTINCT symbol, '' AS asset_class, NULL AS tick, NULL::BIGINT AS close_ns FROM orders"
        )
    staging.sql(
        "CREATE TEMP TABLE names AS SELECT symbol, coalesce(tick::VARCHAR, '') AS tick, close_ns // 1000 AS ends_us, "
        "CASE WHEN asset_class = 'FX' AND length(symbol) = 6 THEN left(symbol, 3) ELSE symbol END AS base, "
        f"CASE WHEN asset_class = 'FX' AND length(symbol) = 6 THEN right(symbol, 3) ELSE {literal(quote)} END AS quote "
        "FROM listed"
    )
    unlisted = staging.sql("SELECT min(symbol) FROM orders WHERE symbol NOT IN (SELECT symbol FROM names)").fetchone()
    if unlisted is not None and unlisted[0] is not None:
        raise RecordsError("instruments.csv", f"has no row for '{unlisted[0]}', which orders name", "add the instrument")
    rows = staging.sql("SELECT base, quote, tick, ends_us FROM names ORDER BY symbol").fetchall()
    return [Pair(f"{base}/{quote}", base, quote, tick, ends_us) for base, quote, tick, ends_us in rows]


def _write_market(staging: Staging, *, with_trades: bool) -> None:
    """Events and trades in one order: by nanosecond; at the same one entries, then executions, then withdrawals."""
    staging.sql(
        "CREATE TEMP TABLE places AS SELECT *, row_number() OVER (ORDER BY nanoseconds, rank, row) AS sequence FROM ("
        "SELECT nanoseconds, CASE action WHEN 'new' THEN 0 ELSE 2 END AS rank, row FROM orders UNION ALL "
        "SELECT nanoseconds, 1, row FROM trades)"
    )
    staging.write(
        "order_event",
        "SELECT order_id || '/' || action AS event_id, sequence, make_timestamptz(o.nanoseconds // 1000) AS occurred_at, "
        "base || '/' || quote AS instrument, order_id, account_id, side, action, order_type, "
        "CASE order_type WHEN 'limit' THEN price END AS price, CASE action WHEN 'new' THEN quantity ELSE 0 END AS quantity, "
        "venue FROM orders o JOIN names USING (symbol) JOIN places p ON p.row = o.row AND p.rank <> 1",
    )
    if with_trades:
        staging.write(
            "trade",
            "SELECT trade_id, sequence, make_timestamptz(t.nanoseconds // 1000) AS executed_at, "
            "base || '/' || quote AS instrument, price, quantity, buy_order_id, sell_order_id, buy_account_id, "
            "sell_account_id, aggressor_side, venue "
            "FROM trades t JOIN names USING (symbol) JOIN places p ON p.row = t.row AND p.rank = 1",
        )


def _write_accounts(staging: Staging, source: Path, options: Options) -> None:
    """Write account, party and, where links are given, party_link.

    With links an account belongs to its beneficial owner; without, every account is a party of its own and there is no
    party_link. The files do not say when an account was opened: the first record stands in for it.
    """
    linked = found(source, "accounts_with_links.csv") if options["accounts"] != "without_links" else None
    plain = found(source, "accounts_without_links.csv") if options["accounts"] != "with_links" else None
    if options["accounts"] != "auto" and linked is None and plain is None:
        raise RecordsError(str(source), f"holds no accounts_{options['accounts']}.csv", "choose the other accounts file")
    if linked is not None:
        staging.csv("holders", linked, _ACCOUNTS | _LINKS)
    elif plain is not None:
        staging.csv("holders", plain, _ACCOUNTS)
    else:
        staging.sql("CREATE TEMP TABLE holders AS SELECT DISTINCT account_id, 'customer' AS kind FROM orders")
    owner = "owner_id" if linked is not None else "'OWNER-OF-' || account_id"
    staging.write(
        "account",
        f"SELECT account_id, {owner} AS party_id, kind, "
        "(SELECT make_timestamptz(min(nanoseconds) // 1000) FROM orders) AS opened_at FROM holders",
    )
    staging.write(
        "party",
        f"SELECT {owner} AS party_id, CASE WHEN bool_and(kind = 'customer') THEN 'individual' ELSE 'corporate' END AS kind, "
        f"{literal(options['country'])} AS country FROM holders GROUP BY ALL",
    )
    if linked is not None:
        staging.write(
            "party_link",
            "SELECT DISTINCT least(a.owner_id, b.owner_id) AS party_id, greatest(a.owner_id, b.owner_id) AS linked_party_id, "
            "'same_owner' AS relation FROM (SELECT owner_id, unnest(string_split(linked, ';')) AS other FROM holders) a "
            "JOIN holders b ON b.account_id = trim(a.other) WHERE a.owner_id <> b.owner_id",
        )


def _conversion(staging: Staging) -> Conversion:
    counts = {
        "executions": staging.number("SELECT count(*) FROM executions"),
        "trades_told_from_both_sides": staging.number("SELECT count(*) FROM trades WHERE contains(trade_id, '+')"),
        "trades_with_one_order_known": staging.number("SELECT count(*) FROM trades WHERE NOT contains(trade_id, '+')"),
        "trades_with_a_known_aggressor": staging.number("SELECT count(aggressor_side) FROM trades"),
    }
    both = counts["trades_told_from_both_sides"]
    notes = (
        f"{both} trades were reported from both sides; their id joins the two execution ids with '+'.",
        "The other side's order is unknown where only one side was reported; the aggressor is then known only for market orders.",
        "Times are cut from nanoseconds to microseconds; the sequence keeps the order of the nanoseconds.",
    )
    return staging.conversion(notes, counts)
