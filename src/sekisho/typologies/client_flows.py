"""Flows through an account: how much of what came in went out again, which payments add up to one, and who shares a place.

Quantities and yen are exact; moments are UTC. What counts as much or as soon is for the caller to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from sekisho.typologies.custody import share
from sekisho.typologies.valuation import EXACT, total


class Inflow(NamedTuple):
    """One amount that came to an account: a purchase, coins received, money paid in. ``id`` names the record."""

    id: str
    at: datetime
    amount: Decimal


class Passage(NamedTuple):
    """What came in, what goes out since the first of it, the share moved (0..1), and the time from the last of it."""

    inflows: tuple[Inflow, ...]
    came_in: Decimal
    goes_out: Decimal
    share: Decimal
    interval: timedelta

    @property
    def first_in_at(self) -> datetime:
        """When the first of it came in."""
        return self.inflows[0].at

    @property
    def last_in_at(self) -> datetime:
        """When the last of it came in."""
        return self.inflows[-1].at


def passage(
    newest_first: Iterable[Inflow], outs: Sequence[tuple[datetime, Decimal]], asked: Decimal, at: datetime, share_min: Decimal
) -> Passage | None:
    """What passes through an account when ``asked`` leaves at a moment, where it is at least ``share_min`` of what came in.

    ``outs`` are the earlier payments out in the same unit, in any order. Whoever keeps more than that is told so after few
    inflows: what came in can only grow while the older ones are added.
    """
    most = asked + sum((amount for _, amount in outs), Decimal(0))
    inflows: list[Inflow] = []
    came_in = Decimal(0)
    for inflow in newest_first:
        inflows.append(inflow)
        came_in += inflow.amount
        if EXACT.multiply(came_in, share_min) > most:
            return None
    if not came_in:
        return None
    first = inflows[-1].at
    goes_out = total([asked, *(amount for when, amount in outs if when >= first)])
    if goes_out < EXACT.multiply(came_in, share_min):
        return None
    return Passage(tuple(reversed(inflows)), came_in, goes_out, share(min(goes_out, came_in), came_in), at - inflows[0].at)


def worth_of(holdings: Mapping[str, Decimal], prices: Mapping[str, Decimal | None]) -> tuple[Decimal, tuple[str, ...]]:
    """What holdings are worth in yen at given prices, and the assets without a price, which count nothing."""
    worth = total(
        EXACT.multiply(quantity, price) for asset, quantity in holdings.items() if (price := prices.get(asset)) is not None
    )
    return worth, tuple(sorted(asset for asset, quantity in holdings.items() if quantity and prices.get(asset) is None))


def age_on(born_on: date, day: date) -> int:
    """Full years of age on a day; who was born on 29 February is a year older on 1 March of other years."""
    return day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))


def over(amount: Decimal, limit: Decimal) -> Decimal:
    """The share of an amount that lies over a limit, 0..1."""
    return share(amount - limit, amount) if amount > limit else Decimal(0)


def waited_share(since: datetime, until: datetime, at: datetime) -> Decimal:
    """The share of a waiting period that was still ahead at a moment, 0..1."""
    microsecond = timedelta(microseconds=1)
    return share(Decimal((until - at) // microsecond), Decimal(max((until - since) // microsecond, 1)))
