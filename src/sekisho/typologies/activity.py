"""How much accounts trade in a market: by instrument, window and account, and the market's own total."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import reduce
from typing import NamedTuple

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
