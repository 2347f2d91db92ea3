"""Orders in the market: every book by price and place, every account's own orders, and who inside could see which order.

Kept up step by step, so that a question costs what its answer is long, however deep the books are.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple, overload

from sekisho.engine.open_orders import Standing
from sekisho.engine.requests import OpenOrder, SeenOrder

Row = Mapping[str, Any]


class _Level(NamedTuple):
    """The orders at one price in order of their place."""

    price: Decimal
    orders: dict[str, Standing]


class Market:
    """Orders that have something left, by id, by account, by side of the book, and by who could see them."""

    def __init__(self) -> None:
        self._orders: dict[str, Standing] = {}
        self._sides: dict[tuple[str, str], list[_Level]] = defaultdict(list)
        self._of: dict[str, dict[str, Standing]] = {}
        self._margin: set[str] = set()
        self._known: dict[str, dict[str, datetime]] = {}
        self._seen: dict[tuple[str, str], list[str]] = defaultdict(list)

    def enter(self, row: Row) -> None:
        """An order entered or changed, as a row of ``order_event`` tells it.

        A change of price or a larger quantity takes a new place; any other keeps the place the order had. One with nothing left is
        not in the market; who could see it stays known, for it may be enlarged again.
        """
        if row["quantity"] <= 0:
            if row["order_id"] in self._orders:
                self.withdraw(row["order_id"])
            return
        order = OpenOrder(
            row["order_id"],
            row.get("account_id"),
            row["instrument"],
            row["side"],
            row["order_type"],
            row.get("price"),
            row["quantity"],
        )
        before = self._orders.get(order.order_id)
        keeps = before is not None and before.row.price == order.price and order.quantity <= before.row.quantity
        if before is not None and keeps and before.rests and before.row.order_type == order.order_type:
            before.row = order
        else:
            self.stand(order, before.place if before is not None and keeps else row["sequence"])

    def stand(self, order: OpenOrder, place: int) -> None:
        """Put an order at a place in time; one of the same id makes way."""
        before = self._orders.get(order.order_id)
        if before is not None:
            self._take(before)
        else:
            for party in self._known.get(order.order_id, ()):
                insort(self._seen[party, order.instrument], order.order_id)
        self._put(Standing(order, place))

    def fill(self, order_id: str | None, quantity: Decimal) -> None:
        """A trade has taken so much of an order; one that is not in the market is passed over. Who could see it stays known."""
        order = self._orders.get(order_id or "")
        if order is None:
            return
        left = order.row.quantity - quantity
        if left <= 0:
            self.withdraw(order.row.order_id)
        else:
            order.row = order.row._replace(quantity=left)

    def remove(self, order_id: str) -> None:
        """The order has come to its end, and with it what was kept about it."""
        if order_id in self._orders:
            self.withdraw(order_id)
        self._margin.discard(order_id)
        self._known.pop(order_id, None)

    def withdraw(self, order_id: str) -> None:
        """Take an order out as if it had not been entered; who could see it stays known."""
        order = self._orders[order_id]
        self._take(order)
        for party in self._known.get(order_id, ()):
            seen = self._seen[party, order.row.instrument]
            del seen[bisect_left(seen, order_id)]
            if not seen:
                del self._seen[party, order.row.instrument]

    def on_margin(self, order_id: str) -> None:
        """The order is one on margin."""
        self._margin.add(order_id)

    def not_on_margin(self, order_id: str) -> None:
        """Nobody says any longer that it is."""
        self._margin.discard(order_id)

    def is_on_margin(self, order_id: str) -> bool:
        """Whether it is."""
        return order_id in self._margin

    def see(self, order_id: str, party_id: str, learned_at: datetime) -> None:
        """A party could see an order since a moment (UTC), whether it is in the market already or not."""
        known, order = self._known.setdefault(order_id, {}), self._orders.get(order_id)
        if party_id not in known and order is not None:
            insort(self._seen[party_id, order.row.instrument], order_id)
        known[party_id] = learned_at

    def standing(self, order_id: str) -> tuple[OpenOrder, int] | None:
        """An order and its place; None where it is not in the market."""
        order = self._orders.get(order_id)
        return None if order is None else (order.row, order.place)

    def of_account(self, account_id: str, on_margin: bool) -> Sequence[OpenOrder]:
        """The account's own orders, on margin or not, in order of their ids."""
        own = self._of.get(account_id)
        if not own:
            return ()
        return tuple(own[each].row for each in sorted(own) if (each in self._margin) == on_margin)

    def seen_by(self, party_id: str, instrument: str) -> Sequence[SeenOrder]:
        """The orders that a party could see, in order of their ids."""
        ids = self._seen.get((party_id, instrument))
        return _Lazy(ids, lambda each: SeenOrder(self._orders[each].row, self._known[each][party_id])) if ids else ()

    def book(self, instrument: str, side: str) -> Sequence[OpenOrder]:
        """The resting limit orders of one side by price, then by place; read as far as one goes."""
        levels = self._sides.get((instrument, side))
        return _Book(levels, descending=side == "buy") if levels else ()

    def orders(self) -> list[tuple[OpenOrder, int]]:
        """Every order with its place, in order of their ids."""
        return [(self._orders[each].row, self._orders[each].place) for each in sorted(self._orders)]

    def margin_orders(self) -> list[str]:
        """The orders on margin, in order."""
        return sorted(self._margin)

    def knowledge(self) -> list[tuple[str, str, datetime]]:
        """Who could see which order since when, as (party, order, moment), in order of party and order."""
        rows = ((party, order, at) for order, parties in self._known.items() for party, at in parties.items())
        return sorted(rows, key=lambda row: row[:2])

    def _put(self, order: Standing) -> None:
        row = order.row
        self._orders[row.order_id] = order
        if row.account_id is not None:
            self._of.setdefault(row.account_id, {})[row.order_id] = order
        if order.rests:
            assert row.price is not None
            levels = self._sides[row.instrument, row.side]
            at = bisect_left(levels, row.price, key=_price)
            if at == len(levels) or levels[at].price != row.price:
                levels.insert(at, _Level(row.price, {}))
            orders = levels[at].orders
            last = next(reversed(orders.values()), order)
            orders[row.order_id] = order
            if order.place < last.place:  # An order that keeps an earlier place comes back among later ones.
                in_order = sorted(orders.items(), key=lambda each: each[1].place)
                orders.clear()
                orders.update(in_order)

    def _take(self, order: Standing) -> None:
        row = order.row
        del self._orders[row.order_id]
        if row.account_id is not None:
            own = self._of[row.account_id]
            del own[row.order_id]
            if not own:
                del self._of[row.account_id]
        if order.rests:
            assert row.price is not None
            levels = self._sides[row.instrument, row.side]
            at = bisect_left(levels, row.price, key=_price)
            orders = levels[at].orders
            del orders[row.order_id]
            if not orders:
                del levels[at]


class _Lazy(Sequence[SeenOrder]):
    """Orders in order of their ids, made as they are read."""

    def __init__(self, ids: Sequence[str], make: Callable[[str], SeenOrder]) -> None:
        self._ids, self._make = ids, make

    @overload
    def __getitem__(self, at: int) -> SeenOrder: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[SeenOrder]: ...
    def __getitem__(self, at: int | slice) -> SeenOrder | Sequence[SeenOrder]:
        return self._make(self._ids[at]) if isinstance(at, int) else tuple(map(self._make, self._ids[at]))

    def __len__(self) -> int:
        return len(self._ids)


class _Book(Sequence[OpenOrder]):
    """One side of a book, the best price first, read as far as one goes."""

    def __init__(self, levels: Sequence[_Level], *, descending: bool) -> None:
        self._levels, self._descending = levels, descending

    def __iter__(self) -> Iterator[OpenOrder]:
        for level in reversed(self._levels) if self._descending else self._levels:
            for order in level.orders.values():
                yield order.row

    @overload
    def __getitem__(self, at: int) -> OpenOrder: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[OpenOrder]: ...
    def __getitem__(self, at: int | slice) -> OpenOrder | Sequence[OpenOrder]:
        return tuple(self)[at]

    def __len__(self) -> int:
        return sum(len(level.orders) for level in self._levels)


def _price(level: _Level) -> Decimal:
    return level.price
