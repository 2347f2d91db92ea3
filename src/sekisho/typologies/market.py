"""The market around some trades: how busy their accounts are, and how often two orders are alike by chance."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sekisho.typologies.activity import Activity, Place
from sekisho.typologies.order_pairs import AlikeTrades, BaseRate
from sekisho.typologies.trades import Trade, window_of


class Orders(NamedTuple):
    """Which trades come from orders alike, and how often that is so in the market."""

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
