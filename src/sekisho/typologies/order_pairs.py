"""The two orders behind a trade: were they entered at nearly the same time, at the same price and in the same size?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa

from sekisho.typologies.trades import Trade

if TYPE_CHECKING:
    from sekisho.records import Records

_PRIOR_TRADES = 20
"""How many trades of the whole market the base rate of one instrument leans on."""


class Closeness(NamedTuple):
    """How near two orders must be to count as alike: entry times, limit prices (relative), sizes (smaller by larger)."""

    entry_gap: timedelta
    price_gap_max: Decimal
    size_ratio_min: Decimal


class Entry(NamedTuple):
    """How an order was entered; the price of a market order is None."""

    entered_at: datetime
    price: Decimal | None
    quantity: Decimal


class AlikeTrades(NamedTuple):
    """Which trades have their two orders on record, and which of those came from orders alike."""

    known: frozenset[str]
    alike: frozenset[str]

    def counted(self, trades: Iterable[Trade]) -> tuple[int, int]:
        """How many of the trades are known, how many of them alike."""
        ids = [trade.trade_id for trade in trades]
        return sum(i in self.known for i in ids), sum(i in self.alike for i in ids)


def alike_trades(trades: Sequence[Trade], entries: Mapping[str, Entry], closeness: Closeness) -> AlikeTrades:
    """Compare the two orders of every trade. Size is what was entered, or what was filled here if that is more."""
    known, near = set(), []
    for trade in trades:
        buy, sell = entries.get(trade.buy_order_id or ""), entries.get(trade.sell_order_id or "")
        if buy is not None and sell is not None:
            known.add(trade.trade_id)
            if abs(buy.entered_at - sell.entered_at) <= closeness.entry_gap:
                near.append((trade, buy, sell))
    filled = _filled(trades, {order for trade, _, _ in near for order in trade.meeting})
    alike = set()
    for trade, buy, sell in near:
        sizes = sorted(max(entry.quantity, filled[order]) for entry, order in zip((buy, sell), trade.meeting, strict=True))
        price_close = _price_gap(buy, sell, trade.price) <= closeness.price_gap_max * trade.price
        if price_close and sizes[0] >= closeness.size_ratio_min * sizes[1]:
            alike.add(trade.trade_id)
    return AlikeTrades(frozenset(known), frozenset(alike))


def entries_of(records: Records, trades: Iterable[Trade]) -> dict[str, Entry]:
    """The entry of every order behind the trades, from ``order_event``; empty where that table is missing."""
    orders = sorted({o for t in trades for o in (t.buy_order_id, t.sell_order_id) if o is not None})
    if not orders or "order_event" not in records.present:
        return {}
    wanted = records.memory("wanted_orders", pa.table({"order_id": pa.array(orders, pa.string())}))
    event = records.order_event
    new = event.filter(event.action == "new").semi_join(wanted, "order_id")
    rows = new.select("order_id", "sequence", "occurred_at", "price", "quantity").to_pyarrow()
    latest_first = rows.sort_by([("order_id", "ascending"), ("sequence", "descending")])
    order, _, *entered = (column.to_pylist() for column in latest_first.columns)
    return dict(zip(order, map(Entry._make, zip(*entered, strict=True)), strict=True))  # the first entry comes last and stays


class BaseRate:
    """The share of ordinary trades whose two orders are alike anyway, by instrument, from a sample of the market."""

    def __init__(self, sample: Iterable[Trade], alike: AlikeTrades) -> None:
        self._market = (0, 0)
        self._instruments: dict[str, tuple[int, int]] = {}
        self._pairs: dict[tuple[str, tuple[str, str]], tuple[int, int]] = {}
        for trade in sample:
            if trade.trade_id in alike.known:
                one = (1, int(trade.trade_id in alike.alike))
                pair = (trade.instrument, trade.pair)
                self._market = _add(self._market, one)
                self._instruments[trade.instrument] = _add(self._instruments.get(trade.instrument, (0, 0)), one)
                self._pairs[pair] = _add(self._pairs.get(pair, (0, 0)), one)

    def without(self, instrument: str, pairs: Iterable[tuple[str, str]]) -> float:
        """The base rate in an instrument, leaving out the trades of the pairs under judgement.

        Laplace's rule over the whole market, then drawn towards what the instrument itself shows.
        """
        own = (0, 0)
        for pair in set(pairs):
            own = _add(own, self._pairs.get((instrument, pair), (0, 0)))
        here = self._instruments.get(instrument, (0, 0))
        market = (self._market[1] - own[1] + 1) / (self._market[0] - own[0] + 2)
        return (here[1] - own[1] + _PRIOR_TRADES * market) / (here[0] - own[0] + _PRIOR_TRADES)


def _filled(trades: Iterable[Trade], orders: Set[str]) -> dict[str, Decimal]:
    """How much of each of the orders was filled in these trades."""
    filled = dict.fromkeys(orders, Decimal(0))
    for trade in trades:
        for order in (trade.buy_order_id, trade.sell_order_id):
            if order in filled:
                filled[order] += trade.quantity
    return filled


def _price_gap(buy: Entry, sell: Entry, price: Decimal) -> Decimal:
    """A market order stands at the price it got."""
    return abs((price if buy.price is None else buy.price) - (price if sell.price is None else sell.price))


def _add(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    return one[0] + other[0], one[1] + other[1]
