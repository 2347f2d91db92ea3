"""Price collar: how far a price lies from the last trade or the reference price, and which orders and trades lay too far."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

import ibis
from ibis import _

from sekisho.typologies.valuation import in_utc, starts_at

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from sekisho.records import Records


class Compared(NamedTuple):
    """A price to compare with, and where it comes from: ``last_trade`` or ``reference_price``."""

    price: Decimal
    kind: str


class Strayed(NamedTuple):
    """An order that lay too far (``how``: through, away, no_price), the price it was judged by, and the trades that show it."""

    order_id: str
    instrument: str
    at: datetime
    how: str
    price: Decimal | None
    compared_with: Decimal | None
    trades: tuple[str, ...]

    @property
    def distance(self) -> Decimal:
        """How far, as a share of what it was compared with."""
        if self.price is None or not self.compared_with:
            return Decimal(0)
        return abs(self.price - self.compared_with) / self.compared_with


def through(side: str, price: Decimal, compared_with: Decimal, share: Decimal) -> bool:
    """Whether a price lies further through the market than a share: a buy above it, a sell below it."""
    return price > compared_with * (1 + share) if side == "buy" else price < compared_with * (1 - share)


def away(side: str, price: Decimal, compared_with: Decimal, share: Decimal) -> bool:
    """Whether a price rests further from the market than a share: a buy below it, a sell above it."""
    return through("sell" if side == "buy" else "buy", price, compared_with, share)


def sweep(levels: Iterable[tuple[Decimal | None, Decimal]], quantity: Decimal) -> Decimal | None:
    """The worst price that a quantity would trade at against resting orders, best first; None where nothing rests."""
    worst = None
    for price, resting in levels:
        if quantity <= 0:
            break
        worst, quantity = price, quantity - resting
    return worst


def reference(base_jpy: Decimal | None, quote_jpy: Decimal | None) -> Compared | None:
    """The price of a pair by the reference prices of its two assets; None where one is missing."""
    return None if base_jpy is None or not quote_jpy else Compared(base_jpy / quote_jpy, "reference_price")


def strayed(records: Records, since: date, share_through: Decimal, share_away: Decimal | None) -> Iterator[Strayed]:
    """Limit orders outside the collar, and market orders that traded outside it, in order of time."""
    rows = [*_limit_orders(records, since), *_market_orders(records, since)]
    quoted = _Quoted(records)
    found = []
    for row in rows:
        compared = row["last_price"] if row["last_price"] is not None else quoted.price(row["instrument"], row["at"])
        name = (row["order_id"], row["instrument"], row["at"])
        if compared is None:
            found.append(Strayed(*name, "no_price", row["price"], None, row["trades"]))
        elif row["price"] is None:
            continue
        elif through(row["side"], row["price"], compared, share_through):
            found.append(Strayed(*name, "through", row["price"], compared, row["trades"]))
        elif share_away is not None and not row["trades"] and away(row["side"], row["price"], compared, share_away):
            found.append(Strayed(*name, "away", row["price"], compared, ()))
    yield from sorted(found, key=lambda one: (one.at, one.order_id))


def _limit_orders(records: Records, since: date) -> Iterator[dict[str, Any]]:
    """Limit orders entered or changed with the last trade before each, without those rejected."""
    rows = _entered(records, since).filter(_.order_type == "limit")
    for row in _with_last_trade(records, rows).to_pyarrow().to_pylist():
        yield {**row, "at": in_utc(row["occurred_at"]), "trades": ()}


def _market_orders(records: Records, since: date) -> Iterator[dict[str, Any]]:
    """Market orders with the last trade before each and their own trades at the worst price."""
    rows = _entered(records, since).filter(_.order_type == "market")
    entered = _with_last_trade(records, rows).to_pyarrow().to_pylist()
    if not entered:
        return
    orders = rows.select("order_id").distinct()
    own: dict[str, list[tuple[Decimal, str]]] = defaultdict(list)
    for side in ("buy", "sell"):
        name = f"{side}_order_id"
        trade = records.optional("trade").filter(_.aggressor_side == side).semi_join(orders, [(name, "order_id")])
        for row in trade.select("trade_id", "price", order_id=name).to_pyarrow().to_pylist():
            own[row["order_id"]].append((row["price"], row["trade_id"]))
    for row in entered:
        trades = own.get(row["order_id"], [])
        worst = (max if row["side"] == "buy" else min)((price for price, _trade in trades), default=None)
        at_worst = tuple(sorted(trade for price, trade in trades if price == worst))
        yield {**row, "at": in_utc(row["occurred_at"]), "price": worst, "trades": at_worst}


def _entered(records: Records, since: date) -> ir.Table:
    event = records.optional("order_event")
    rejected = event.filter(_.action == "reject").select("order_id").distinct()
    rows = event.filter(_.action.isin(["new", "replace"]), _.occurred_at >= starts_at(since))
    return rows.anti_join(rejected, "order_id").select(
        "instrument", "sequence", "occurred_at", "order_id", "side", "order_type", "price"
    )


def _with_last_trade(records: Records, rows: ir.Table) -> ir.Table:
    """Each order with the price of the last trade of its pair before it in the venue's order; null before the first."""
    trade = records.optional("trade")
    trades = trade.group_by("instrument", "sequence").aggregate(last_price=_.price.argmax(_.trade_id))
    marks = trades.select("instrument", "sequence", order_id=ibis.null("string"), trade_sequence="sequence")
    steps = ibis.union(rows.select("instrument", "sequence", "order_id", trade_sequence=ibis.null("int64")), marks)
    before = ibis.window(group_by="instrument", order_by=["sequence", ibis.desc(_.order_id.notnull())], preceding=(None, 0))
    last = steps.mutate(last_sequence=_.trade_sequence.max().over(before)).filter(_.order_id.notnull())
    last = last.select("instrument", "sequence", "order_id", "last_sequence")
    prices = trades.select("instrument", "last_price", last_sequence="sequence")
    joined = rows.inner_join(last, ["instrument", "sequence", "order_id"]).left_join(prices, ["instrument", "last_sequence"])
    return joined.select(*rows.columns, "last_price")


class _Quoted:
    """Reference prices of pairs at a moment."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._quotes: Mapping[str, list[tuple[datetime, str, Decimal]]] | None = None
        rows = records.optional("instrument").select("instrument", "base_asset", "quote_asset").to_pyarrow().to_pylist()
        self._pairs = {row["instrument"]: (row["base_asset"], row["quote_asset"]) for row in rows}

    def price(self, instrument: str, at: datetime) -> Decimal | None:
        """By the last quotations of both assets before the moment; None where one is missing, or the pair is not on record."""
        if instrument not in self._pairs:
            return None
        base, quote = (self._jpy(asset, at) for asset in self._pairs[instrument])
        compared = reference(base, quote)
        return compared.price if compared else None

    def _jpy(self, asset: str, at: datetime) -> Decimal | None:
        if asset == "JPY":
            return Decimal(1)
        if self._quotes is None:
            quotes: dict[str, list[tuple[datetime, str, Decimal]]] = defaultdict(list)
            for row in self._records.optional("reference_price").to_pyarrow().to_pylist():
                quotes[row["asset"]].append((in_utc(row["quoted_at"]), row["source"], row["price_jpy"]))
            self._quotes = {name: sorted(each) for name, each in quotes.items()}
        known = self._quotes.get(asset, [])
        place = bisect_left(known, (at,))
        return known[place - 1][2] if place else None
