"""How much accounts trade in a market: by instrument, window and account, and the market's own total."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import reduce
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

from sekisho.typologies.trades import window_number

if TYPE_CHECKING:
    from sekisho.records import Records

Place = tuple[str, int]
"""An instrument and the number of a window of time."""


class Turnover(NamedTuple):
    """Trades and quantities on each side; a market has every trade on both sides."""

    buys: int = 0
    sells: int = 0
    bought: Decimal = Decimal(0)
    sold: Decimal = Decimal(0)

    def plus(self, other: Turnover) -> Turnover:
        """Sum, side by side."""
        return Turnover(self.buys + other.buys, self.sells + other.sells, self.bought + other.bought, self.sold + other.sold)

    @property
    def quantity(self) -> Decimal:
        """Bought and sold together."""
        return self.bought + self.sold


class Activity(NamedTuple):
    """Turnover of accounts and of whole markets, by instrument and window."""

    accounts: Mapping[tuple[Place, str], Turnover]
    markets: Mapping[Place, Turnover]

    def of(self, account_ids: Iterable[str], places: Iterable[Place]) -> Turnover:
        """What the accounts traded together in those places."""
        among = sorted(set(account_ids))
        found = (self.accounts.get((place, account), Turnover()) for place in set(places) for account in among)
        return reduce(Turnover.plus, found, Turnover())

    def market(self, places: Iterable[Place]) -> Turnover:
        """What everybody traded in those places."""
        return reduce(Turnover.plus, (self.markets.get(place, Turnover()) for place in set(places)), Turnover())


def activity(records: Records, trade: Any, account_ids: Iterable[str], seconds: int) -> Activity:
    """Turnover of the accounts named (a small set) and of every market, in windows of ``seconds``."""
    wanted = sorted(set(account_ids))
    if not wanted:
        return Activity({}, {})
    accounts = records.memory("active_accounts", pa.table({"account_id": pa.array(wanted, pa.string())}))
    timed = trade.mutate(window=window_number(trade.executed_at, seconds))
    turnover: dict[tuple[Place, str], Turnover] = {}
    for side, label in (("buy_account_id", "buy"), ("sell_account_id", "sell")):
        own = timed.join(accounts, timed[side] == accounts.account_id)
        sums = own.group_by("instrument", "window", "account_id").aggregate(n=own.count(), quantity=own.quantity.sum())
        for row in sums.to_pyarrow().to_pylist():
            key = ((row["instrument"], row["window"]), row["account_id"])
            turnover[key] = turnover.get(key, Turnover()).plus(_one_side(label, row))
    sums = timed.group_by("instrument", "window").aggregate(n=timed.count(), quantity=timed.quantity.sum())
    markets = {
        (row["instrument"], row["window"]): _one_side("buy", row).plus(_one_side("sell", row))
        for row in sums.to_pyarrow().to_pylist()
    }
    return Activity(turnover, markets)


def _one_side(side: str, row: Mapping[str, Any]) -> Turnover:
    if side == "buy":
        return Turnover(buys=row["n"], bought=row["quantity"])
    return Turnover(sells=row["n"], sold=row["quantity"])
