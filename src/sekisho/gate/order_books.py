"""Orders as the gate knows them: what is in the market, what each account has ordered, and who inside could see it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from sekisho.engine.open_orders import GONE, OPPOSITE, Standing
from sekisho.engine.requests import OpenOrder, OrderRequest, SeenOrder
from sekisho.typologies.handled_assets import Handled
from sekisho.typologies.valuation import in_utc

Row = Mapping[str, Any]
Ordered = tuple[datetime, str, str, str, Decimal]
"""When, under which order, in which instrument, on which side, how much."""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """The books as a snapshot keeps them."""

    place: int
    standing: list[tuple[OpenOrder, int]]
    ordered: list[tuple[str, int, Ordered]]
    known: list[tuple[str, str, datetime]]
    margin: list[str] = []
    prices: dict[str, Decimal] = {}


class OrderBooks:
    """Orders learnt from decisions of the gate and from ``order_event`` and ``trade``; an order known from both counts once."""

    def __init__(self) -> None:
        self._standing: dict[str, dict[str, Standing]] = defaultdict(dict)
        self._instrument_of: dict[str, str] = {}
        self._ordered: dict[str, dict[tuple[str, int], Ordered]] = defaultdict(dict)
        self._known: dict[str, dict[str, datetime]] = defaultdict(dict)
        self._orders_of: dict[str, dict[str, str]] = defaultdict(dict)
        self._margin: set[str] = set()
        self._prices: dict[str, Decimal] = {}
        self._place = 0

    def enter(self, order: OrderRequest, at: datetime) -> Callable[[], None]:
        """An order that the gate let in; gives what takes it back."""
        place, before = self._place, self._standing[order.instrument].get(order.order_id)
        self._place += 1
        row = OpenOrder(
            order.order_id, order.account_id, order.instrument, order.side, order.order_type, order.price, order.quantity
        )
        self._stand(row, place)
        new_on_margin = order.product == "margin" and order.order_id not in self._margin
        if new_on_margin:
            self._margin.add(order.order_id)
        key = (order.order_id, -1)
        self._ordered[order.account_id][key] = (at, order.order_id, order.instrument, order.side, order.quantity)

        def take_back() -> None:
            self._place = place
            if new_on_margin:
                self._margin.remove(order.order_id)
            del self._ordered[order.account_id][key]
            if before is None:
                self._gone(order.order_id)
            else:
                self._standing[order.instrument][order.order_id] = before

        return take_back

    def learn_event(self, row: Row) -> None:
        """One row of ``order_event``."""
        self._place = max(self._place, row["sequence"] + 1)
        account = row.get("account_id")
        if row["action"] in GONE:
            self._gone(row["order_id"])
            if row["action"] == "reject" and account is not None:
                ordered = self._ordered[account]
                self._ordered[account] = {key: one for key, one in ordered.items() if key[0] != row["order_id"]}
            return
        if account is not None:
            self._ordered[account].pop((row["order_id"], -1), None)
            told = (in_utc(row["occurred_at"]), row["order_id"], row["instrument"], row["side"], row["quantity"])
            self._ordered[account][row["order_id"], row["sequence"]] = told
        open_order = OpenOrder(**{name: row.get(name) for name in OpenOrder._fields})  # type: ignore[arg-type]
        before = self._standing[row["instrument"]].get(row["order_id"])
        keeps = before is not None and before.row.price == open_order.price and open_order.quantity <= before.row.quantity
        self._stand(open_order, before.place if before is not None and keeps else row["sequence"])

    def learn_trade(self, row: Row) -> None:
        """One row of ``trade``: what it filled is no longer in the market."""
        self._prices[row["instrument"]] = row["price"]
        for order_id in (row.get("buy_order_id"), row.get("sell_order_id")):
            instrument = self._instrument_of.get(order_id or "")
            if instrument is None or order_id is None:
                continue
            order = self._standing[instrument][order_id]
            left = order.row._replace(quantity=order.row.quantity - row["quantity"])
            if left.quantity > 0:
                self._standing[instrument][order_id] = Standing(left, order.place)
            else:
                self._gone(order_id)

    def learn_knowledge(self, row: Row) -> None:
        """One row of ``customer_order_knowledge``."""
        known, learned_at = self._known[row["party_id"]], in_utc(row["learned_at"])
        known[row["order_id"]] = min(learned_at, known.get(row["order_id"], learned_at))

    def on_margin(self, order_id: str) -> None:
        """One row of ``margin_order``: the order is one on margin."""
        self._margin.add(order_id)

    def open_orders(self, account_id: str, *, margin: bool) -> Sequence[OpenOrder]:
        """The account's own orders in the market, on margin or not, in order of their ids."""
        own = sorted(self._orders_of.get(account_id, {}).items())
        return tuple(self._standing[instrument][each].row for each, instrument in own if (each in self._margin) == margin)

    def last_price(self, instrument: str) -> Decimal | None:
        """The price of the last trade of the pair; None before the first."""
        return self._prices.get(instrument)

    def book(self, instrument: str, side: str) -> Sequence[OpenOrder]:
        """Resting limit orders of one side by price, then by the time they took their place."""
        resting = [order for order in self._standing.get(instrument, {}).values() if order.rests and order.row.side == side]
        sign = -1 if side == "buy" else 1
        return tuple(order.row for order in sorted(resting, key=lambda o: (sign * (o.row.price or 0), o.place)))

    def known_to(self, party_id: str, instrument: str) -> Sequence[SeenOrder]:
        """Clients' orders in the market that the party could see, in order of their ids."""
        standing = self._standing.get(instrument, {})
        known = self._known.get(party_id, {})
        return tuple(SeenOrder(standing[each].row, known[each]) for each in sorted(known) if each in standing)

    def ordered(self, accounts: Iterable[str], asset: str, side: str, since: datetime, handled: Handled) -> Decimal:
        """How much the accounts ordered of an asset on one side since a moment."""
        total = Decimal(0)
        for account in accounts:
            for at, _order, instrument, its_side, quantity in self._ordered.get(account, {}).values():
                pair = handled.pairs.get(instrument)
                if at >= since and pair is not None and asset in (pair.base, pair.quote):
                    total += quantity if (its_side if pair.base == asset else OPPOSITE[its_side]) == side else 0
        return total

    def kept(self) -> Kept:
        """Everything known, for a snapshot."""
        return Kept(
            place=self._place,
            standing=[(one.row, one.place) for orders in self._standing.values() for one in orders.values()],
            ordered=[(account, key[1], told) for account, orders in self._ordered.items() for key, told in orders.items()],
            known=[(party, order, at) for party, orders in self._known.items() for order, at in orders.items()],
            margin=sorted(self._margin),
            prices=dict(self._prices),
        )

    def recall(self, kept: Kept) -> None:
        """Know again what a snapshot kept."""
        self._place = kept.place
        for row, place in kept.standing:
            self._stand(row, place)
        for account, sequence, told in kept.ordered:
            self._ordered[account][told[1], sequence] = told
        for party, order_id, learned_at in kept.known:
            self._known[party][order_id] = learned_at
        self._margin.update(kept.margin)
        self._prices.update(kept.prices)

    def rows(self) -> Iterable[tuple[str, tuple[Any, ...]]]:
        """Everything known, in a fixed order, for a digest."""
        for instrument in sorted(self._standing):
            for order_id, order in sorted(self._standing[instrument].items()):
                yield "standing", (*order.row, order.place, order_id)
        for account in sorted(self._ordered):
            for key, told in sorted(self._ordered[account].items()):
                yield "ordered", (account, *key, *told)
        for party in sorted(self._known):
            for order_id, learned_at in sorted(self._known[party].items()):
                yield "known", (party, order_id, learned_at)
        yield from (("margin", (order_id,)) for order_id in sorted(self._margin))
        yield from (("price", one) for one in sorted(self._prices.items()))

    def _stand(self, row: OpenOrder, place: int) -> None:
        self._standing[row.instrument][row.order_id] = Standing(row, place)
        self._instrument_of[row.order_id] = row.instrument
        if row.account_id is not None:
            self._orders_of[row.account_id][row.order_id] = row.instrument

    def _gone(self, order_id: str) -> None:
        instrument = self._instrument_of.pop(order_id, None)
        order = None if instrument is None else self._standing[instrument].pop(order_id, None)
        if order is not None and order.row.account_id is not None:
            self._orders_of[order.row.account_id].pop(order_id, None)
