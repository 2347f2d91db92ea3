"""The market around some trades: how busy their accounts are, and how often two orders are alike by chance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from sekisho.typologies.activity import Activity, Place
from sekisho.typologies.busy_spells import Busy, Busyness
from sekisho.typologies.order_pairs import AlikeTrades, BaseRate
from sekisho.typologies.trades import Trade, window_of


class Orders(NamedTuple):
    """Which trades come from orders alike, and how often that is so in the market."""

    alike: AlikeTrades
    base_rate: BaseRate


class Market(NamedTuple):
    """What suspicious trades are held against. ``seconds`` is the length of the windows activity is counted in.

    ``owners`` names the group of each account that ``busy`` counts.
    """

    activity: Activity
    orders: Orders
    busy: Busyness
    owners: Mapping[str, str]
    seconds: int

    def places(self, trades: Iterable[Trade]) -> set[Place]:
        """The instruments and windows the trades fall in."""
        return {(trade.instrument, window_of(trade.executed_at, self.seconds)) for trade in trades}

    def busy_with(self, trades: Sequence[Trade]) -> list[Busy] | None:
        """How busy the group was that traded with itself, in each window; None where several groups traded with each other."""
        groups = {self.owners.get(account, account) for trade in trades for account in trade.pair}
        if len(groups) > 1:
            return None
        keys = ((place, min(groups)) for place in self.places(trades))
        return [self.busy.groups[key] for key in sorted(keys) if key in self.busy.groups]
