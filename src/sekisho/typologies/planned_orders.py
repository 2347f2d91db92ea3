"""Planned orders: what somebody bound himself to before he knew something, and whether the plan still has room for an order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from sekisho.typologies.handled_assets import Pair
from sekisho.typologies.material_facts import Plan

Ordered = Callable[[str, str, str, datetime], Decimal]
"""What a party has ordered of an asset on a side since a moment."""


class Wish(NamedTuple):
    """An order in terms of one asset."""

    account_id: str
    asset: str
    side: str
    quantity: Decimal
    at: datetime


def wishes(pair: Pair, account_id: str, side: str, quantity: Decimal, at: datetime) -> Iterator[Wish]:
    """An order in terms of its two assets: who buys one gives the other."""
    yield Wish(account_id, pair.base, side, quantity, at)
    yield Wish(account_id, pair.quote, "sell" if side == "buy" else "buy", quantity, at)


class OrderedSoFar:
    """What each party has ordered so far, as the gate's own memory keeps it."""

    def __init__(self, party_of: Mapping[str, str]) -> None:
        self._party_of = party_of
        self._wishes: dict[tuple[str, str, str], list[Wish]] = defaultdict(list)

    def add(self, wish: Wish) -> None:
        """Remember an order."""
        self._wishes[self._party_of[wish.account_id], wish.asset, wish.side].append(wish)

    def __call__(self, party_id: str, asset: str, side: str, since: datetime) -> Decimal:
        """What the party ordered of the asset on the side from a moment on."""
        return sum((w.quantity for w in self._wishes[party_id, asset, side] if w.at >= since), Decimal(0))


def plan_for(wish: Wish, plans: Iterable[Plan], knew_at: datetime, ordered: Ordered) -> Plan | None:
    """A plan made before its owner knew, for this asset, side and time, with room left for all of the order."""
    for plan in plans:
        fits = plan.made_at < knew_at and plan.covers(wish.asset, wish.side, wish.at)
        if fits and ordered(plan.party_id, wish.asset, wish.side, plan.executes_from) + wish.quantity <= plan.quantity:
            return plan
    return None
