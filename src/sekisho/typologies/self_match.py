"""Self-match: an order would trade, or did trade, with an order behind which the same interest stands."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import pyarrow as pa

from sekisho.typologies.ownership import Chain, Ownership
from sekisho.typologies.trades import collect
from sekisho.typologies.wash import Crossing, split

if TYPE_CHECKING:
    from sekisho.records import Records


class Order(Protocol):
    """What is compared of two orders."""

    @property
    def side(self) -> str: ...

    @property
    def order_type(self) -> str: ...

    @property
    def price(self) -> Decimal | None: ...


class Ties(NamedTuple):
    """Which ties count, and accounts behind which many clients stand, so that their orders may meet."""

    nearness: Collection[str]
    shared: Collection[str]

    def between(self, owners: Ownership, account: str | None, other: str | None, on: date) -> Chain | None:
        """How two accounts are tied on a Japan date; None where they are not, or an account is not named."""
        if account is None or other is None or account in self.shared or other in self.shared:
            return None
        chain = owners.chain(account, other, on)
        return chain if chain is not None and chain.nearness in self.nearness else None


def crosses(order: Order, resting_price: Decimal | None) -> bool:
    """Whether an order that comes in would take one that rests at a price. A stop order waits and takes nothing."""
    if order.order_type == "stop" or resting_price is None:
        return False
    if order.order_type == "market" or order.price is None:
        return True
    return order.price >= resting_price if order.side == "buy" else order.price <= resting_price


def self_matches(records: Records, trade: Any, owners: Ownership, ties: Ties, apart: timedelta) -> list[tuple[Crossing, ...]]:
    """Trades (Ibis) of accounts with themselves or with accounts tied to them, by instrument, owners and continuous period."""
    groups = owners.groups
    table = pa.table({"account_id": pa.array(groups.keys(), pa.string()), "tie": pa.array(groups.values(), pa.string())})
    tied = records.memory("self_matching", table)
    buyer, seller = tied.rename(buyer="account_id", buyer_tie="tie"), tied.rename(seller="account_id", seller_tie="tie")
    both = trade.left_join(buyer, trade.buy_account_id == buyer.buyer)
    both = both.left_join(seller, both.sell_account_id == seller.seller)
    together = (both.buy_account_id == both.sell_account_id) | (both.buyer_tie == both.seller_tie)
    met = collect(both.filter(together.fill_null(False)))
    crossings = []
    for one in met:
        chain = ties.between(owners, one.buy_account_id, one.sell_account_id, one.day)
        if chain is not None:
            crossings.append(Crossing(one, chain))
    return split(crossings, groups, apart)


def risen(once: Decimal, times: int) -> Decimal:
    """A score that starts at ``once`` and comes nearer to 1 with every further time."""
    return 1 - (1 - once) ** times


def quantity_of(crossings: Iterable[Crossing]) -> Decimal:
    """What changed hands."""
    return sum((crossing.trade.quantity for crossing in crossings), Decimal(0))
