"""The market around some trades: how busy their accounts are, and how often two orders are alike by chance."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from sekisho.typologies.activity import Activity, Place, Sides, activity
from sekisho.typologies.order_pairs import AlikeTrades, BaseRate, Closeness, alike_trades, entries_of
from sekisho.typologies.trades import Trade, window_of

if TYPE_CHECKING:
    from sekisho.records import Records

_SAMPLE_TRADES = 20_000
"""Trades looked at to learn how often two orders are alike in the whole market."""


class Sample(NamedTuple):
    """Every n-th trade of the venue by its sequence number."""

    stride: int

    def of(self, trade: Any) -> Any:
        """The condition (Ibis) that a trade is in the sample."""
        return trade.sequence % self.stride == 0

    def among(self, trades: Iterable[Trade]) -> list[Trade]:
        """The sampled ones among trades in memory."""
        return [trade for trade in trades if trade.sequence % self.stride == 0]


class Orders(NamedTuple):
    """Which trades come from orders alike, and how often that is so in the sampled market."""

    alike: AlikeTrades
    base_rate: BaseRate


class Market(NamedTuple):
    """What suspicious trades are held against. ``seconds`` is the length of the windows activity is counted in."""

    activity: Activity
    orders: Orders
    seconds: int

    def places(self, trades: Iterable[Trade]) -> set[Place]:
        """The instruments and windows the trades fall in."""
        return {(trade.instrument, window_of(trade.executed_at, self.seconds)) for trade in trades}


def sample_of(records: Records) -> Sample:
    """A sample of the market, thin enough to be looked at trade by trade."""
    return Sample(max(1, int(records.trade.count().execute()) // _SAMPLE_TRADES))


def orders_behind(records: Records, trades: Iterable[Trade], sample: Sequence[Trade], closeness: Closeness) -> Orders:
    """Compare the orders behind the trades and behind the sample; without order entries nothing is known of them."""
    looked_at = list({trade.trade_id: trade for trade in (*trades, *sample)}.values())
    alike = alike_trades(looked_at, entries_of(records, looked_at), closeness)
    return Orders(alike, BaseRate(sample, alike))


def market_around(records: Records, sides: Sides, trades: Sequence[Trade], orders: Orders) -> Market:
    """Look at what the accounts of the trades traded, and everybody else."""
    return Market(activity(records, sides, (account for trade in trades for account in trade.pair)), orders, sides.seconds)
