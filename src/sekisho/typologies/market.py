"""The market around some trades: how busy their accounts are, and how often two orders are alike by chance."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from sekisho.typologies.activity import Activity, Place, activity
from sekisho.typologies.order_pairs import AlikeTrades, BaseRate, Closeness, alike_trades, entries_of
from sekisho.typologies.trades import Trade, collect, window_of

if TYPE_CHECKING:
    from sekisho.records import Records

_SAMPLE_TRADES = 20_000
"""Trades looked at to learn how often two orders are alike in the whole market."""


class Market(NamedTuple):
    """What suspicious trades are held against. ``seconds`` is the length of the windows activity is counted in."""

    activity: Activity
    alike: AlikeTrades
    base_rate: BaseRate
    seconds: int

    def places(self, trades: Iterable[Trade]) -> set[Place]:
        """The instruments and windows the trades fall in."""
        return {(trade.instrument, window_of(trade.executed_at, self.seconds)) for trade in trades}


def market_around(records: Records, trade: Any, trades: Sequence[Trade], closeness: Closeness, seconds: int) -> Market:
    """Look at the accounts and orders behind the trades, and at a regular sample of everybody's trades."""
    unique = {one.trade_id: one for one in trades}
    accounts = {account for one in unique.values() for account in one.pair}
    sample = _sample(trade) if unique and "order_event" in records.present else []
    looked_at = list({**unique, **{one.trade_id: one for one in sample}}.values())
    alike = alike_trades(looked_at, entries_of(records, looked_at), closeness)
    return Market(activity(records, trade, accounts, seconds), alike, BaseRate(sample, alike), seconds)


def _sample(trade: Any) -> list[Trade]:
    """Every n-th trade of the venue by its sequence number."""
    stride = max(1, trade.count().execute() // _SAMPLE_TRADES)
    return collect(trade.filter(trade.sequence % int(stride) == 0))
