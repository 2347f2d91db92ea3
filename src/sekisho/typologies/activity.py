"""How much accounts trade in a market: by instrument, window and account, and the market's own total."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from functools import reduce
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

from sekisho.typologies.held import held
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


class Sides(NamedTuple):
    """Ibis tables, computed once: what each account bought and what it sold, by instrument and window.

    Columns of both: instrument, window, account, n (trades), quantity.
    """

    bought: Any
    sold: Any
    seconds: int


@contextmanager
def both_sides(records: Records, trade: Any, seconds: int) -> Iterator[Sides]:
    """Count the trades (Ibis) of every account on each side, in windows of ``seconds``; kept while the block runs."""
    timed = trade.select(
        "instrument", "buy_account_id", "sell_account_id", "quantity", window=window_number(trade.executed_at, seconds)
    )
    bought, sold = (
        timed.group_by("instrument", "window", account=timed[side]).aggregate(n=timed.count(), quantity=timed.quantity.sum())
        for side in ("buy_account_id", "sell_account_id")
    )
    with held(records, bought) as held_bought, held(records, sold) as held_sold:
        yield Sides(held_bought, held_sold, seconds)


def activity(records: Records, sides: Sides, account_ids: Iterable[str]) -> Activity:
    """Turnover of the accounts named (a small set) and of every market."""
    wanted = sorted(set(account_ids))
    if not wanted:
        return Activity({}, {})
    accounts = records.memory("active_accounts", pa.table({"account": pa.array(wanted, pa.string())}))
    turnover: dict[tuple[Place, str], Turnover] = {}
    for side, table in (("buy", sides.bought), ("sell", sides.sold)):
        for row in table.semi_join(accounts, "account").to_pyarrow().to_pylist():
            key = ((row["instrument"], row["window"]), row["account"])
            turnover[key] = turnover.get(key, Turnover()).plus(_one_side(side, row))
    traded = sides.bought
    sums = traded.group_by("instrument", "window").aggregate(n=traded.n.sum().cast("int64"), quantity=traded.quantity.sum())
    markets = {
        (row["instrument"], row["window"]): _one_side("buy", row).plus(_one_side("sell", row))
        for row in sums.to_pyarrow().to_pylist()
    }
    return Activity(turnover, markets)


def _one_side(side: str, row: Mapping[str, Any]) -> Turnover:
    if side == "buy":
        return Turnover(buys=row["n"], bought=row["quantity"])
    return Turnover(sells=row["n"], sold=row["quantity"])
