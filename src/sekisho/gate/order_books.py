"""Orders as the gate knows them: what is in the market, what each account has ordered, and who inside could see it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from sekisho.engine.market import Market
from sekisho.engine.open_orders import GONE, OPPOSITE
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
        self._market = Market()
        self._ordered: dict[str, dict[tuple[str, int], Ordered]] = defaultdict(dict)
        self._prices: dict[str, Decimal] = {}
        self._place = 0

    def enter(self, order: OrderRequest, at: datetime) -> Callable[[], None]:
        """An order that the gate let in; gives what takes it back."""
        place, before = self._place, self._market.standing(order.order_id)
        self._place += 1
        row = OpenOrder(
            order.order_id, order.account_id, order.instrument, order.side, order.order_type, order.price, order.quantity
        )
        self._market.stand(row, place)
        new_on_margin = order.product == "margin" and not self._market.is_on_margin(order.order_id)
        if new_on_margin:
            self._market.on_margin(order.order_id)
        key = (order.order_id, -1)
        self._ordered[order.account_id][key] = (at, order.order_id, order.instrument, order.side, order.quantity)

        def take_back() -> None:
            self._place = place
            if new_on_margin:
                self._market.not_on_margin(order.order_id)
            del self._ordered[order.account_id][key]
            if before is None:
                self._market.withdraw(order.order_id)
            else:
                self._market.stand(*before)

        return take_back

    def learn_event(self, row: Row) -> None:
        """One row of ``order_event``."""
        self._place = max(self._place, row["sequence"] + 1)
        account = row.get("account_id")
        if row["action"] in GONE:
            self._market.remove(row["order_id"])
            if row["action"] == "reject" and account is not None:
                ordered = self._ordered[account]
                self._ordered[account] = {key: one for key, one in ordered.items() if key[0] != row["order_id"]}
            return
        if account is not None:
            self._ordered[account].pop((row["order_id"], -1), None)
            told = (in_utc(row["occurred_at"]), row["order_id"], row["instrument"], row["side"], row["quantity"])
            self._ordered[account][row["order_id"], row["sequence"]] = told
        self._market.enter(row)

    def learn_trade(self, row: Row) -> None:
        """One row of ``trade``: what it filled is no longer in the market."""
        self._prices[row["instrument"]] = row["price"]
        for order_id in (row.get("buy_order_id"), row.get("sell_order_id")):
            self._market.fill(order_id, row["quantity"])

    def learn_knowledge(self, row: Row) -> None:
        """One row of ``customer_order_knowledge``."""
        self._market.see(row["order_id"], row["party_id"], in_utc(row["learned_at"]))

    def on_margin(self, order_id: str) -> None:
        """One row of ``margin_order``: the order is one on margin."""
        self._market.on_margin(order_id)

    def open_orders(self, account_id: str, *, margin: bool) -> Sequence[OpenOrder]:
        """The account's own orders in the market, on margin or not, in order of their ids."""
        return self._market.of_account(account_id, margin)

    def last_price(self, instrument: str) -> Decimal | None:
        """The price of the last trade of the pair; None before the first."""
        return self._prices.get(instrument)

    def book(self, instrument: str, side: str) -> Sequence[OpenOrder]:
        """Resting limit orders of one side by price, then by the time they took their place; read as far as one goes."""
        return self._market.book(instrument, side)

    def known_to(self, party_id: str, instrument: str) -> Sequence[SeenOrder]:
        """Clients' orders in the market that the party could see, in order of their ids."""
        return self._market.seen_by(party_id, instrument)

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
            standing=self._market.orders(),
            ordered=[(account, key[1], told) for account, orders in self._ordered.items() for key, told in orders.items()],
            known=self._market.knowledge(),
            margin=self._market.margin_orders(),
            prices=dict(self._prices),
        )

    def recall(self, kept: Kept) -> None:
        """Know again what a snapshot kept."""
        self._place = kept.place
        for row, place in kept.standing:
            self._market.stand(row, place)
        for account, sequence, told in kept.ordered:
            self._ordered[account][told[1], sequence] = told
        for party, order_id, learned_at in kept.known:
            self._market.see(order_id, party, learned_at)
        for order_id in kept.margin:
            self._market.on_margin(order_id)
        self._prices.update(kept.prices)

    def rows(self) -> Iterable[tuple[str, tuple[Any, ...]]]:
        """Everything known, in a fixed order, for a digest."""
        yield from (("standing", (*row, place)) for row, place in self._market.orders())
        for account in sorted(self._ordered):
            for key, told in sorted(self._ordered[account].items()):
                yield "ordered", (account, *key, *told)
        yield from (("known", one) for one in self._market.knowledge())
        yield from (("margin", (order_id,)) for order_id in self._market.margin_orders())
        yield from (("price", one) for one in sorted(self._prices.items()))
