"""One meeting that chance does not explain: two very large orders, alike, which nobody but each other has filled.

That two accounts met once proves nothing, unless the meeting itself is improbable. How large the orders are is told by the
instrument's own orders and by what each of the two accounts enters otherwise; how improbable it is that two orders so large
should find each other follows from how few such orders there are and how many meetings were looked at.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

import numpy as np

from sekisho.typologies.meetings import Dealings, Likeness, trades_at
from sekisho.typologies.order_stream import NEW, NOBODY, Int64, OrderStream
from sekisho.typologies.trades import Trade


class Rarity(NamedTuple):
    """When one meeting counts as rare. ``own_share_max``: of the account's other orders here, how many may be as large;
    ``expected_max``: how many such meetings chance may explain.
    """

    own_share_max: Decimal
    expected_max: float


class Single(NamedTuple):
    """One meeting of two orders: its trades, and how likely it is for the two orders of a meeting to be so large by chance."""

    trades: tuple[Trade, ...]
    chance: float


def rare_meetings(stream: OrderStream, done: Dealings, alike: Likeness, rarity: Rarity) -> list[Single]:
    """The meetings of two accounts whose size alone makes them rare among the meetings of this instrument."""
    sizes = np.sort(alike.entered[alike.entered > 0])
    if len(sizes) < 3:  # the two orders and something to hold them against
        return []
    buy, sell = stream.order[done.place], stream.contra_order[done.place]
    told = np.flatnonzero(alike.alike & (done.buyer != done.seller))
    told = told[alike.filled[buy[told]] == alike.filled[sell[told]]]
    smaller = np.minimum(alike.entered[buy[told]], alike.entered[sell[told]])
    others_as_large = np.maximum(len(sizes) - np.searchsorted(sizes, smaller) - 2, 0)
    chance = ((others_as_large + 1) / (len(sizes) - 1)) ** 2
    rare = (chance * int(alike.known.sum()) <= rarity.expected_max) & (alike.filled[buy[told]] >= smaller)
    chance_of = dict(zip(zip(buy[told[rare]].tolist(), sell[told[rare]].tolist(), strict=True), chance[rare].tolist(), strict=True))
    found = []
    for (one, other), likelihood in chance_of.items():
        together = np.flatnonzero((buy == one) & (sell == other))
        only_each_other = int(stream.quantity[done.place[together]].sum()) == int(alike.filled[one])
        extreme = _is_extreme(stream, alike.entered, one, rarity) and _is_extreme(stream, alike.entered, other, rarity)
        if only_each_other and extreme and not _of_one_round_size(int(alike.entered[one]), int(alike.entered[other])):
            found.append(Single(tuple(trades_at(stream, done.place[together])), likelihood))
    return found


def each_once(singles: Iterable[Single]) -> list[Single]:
    """Each meeting once, though two streams may have seen it."""
    return list({single.trades[0].trade_id: single for single in singles}.values())


def _is_extreme(stream: OrderStream, entered: Int64, order: int, rarity: Rarity) -> bool:
    """Whether hardly any other order of the account is as large: for a trader of blocks, a block is nothing special."""
    account = stream.account[np.flatnonzero(stream.order == order)[0]]
    theirs = np.unique(stream.order[(stream.account == account) & (stream.kind == NEW)])
    theirs = theirs[(theirs != NOBODY) & (theirs != order)]
    as_large = int((entered[theirs] >= entered[order]).sum())
    return as_large + 1 <= rarity.own_share_max * (len(theirs) + 1)


def _of_one_round_size(one: int, other: int) -> bool:
    """Whether both orders have the same size of one digit and noughts, as strangers like it."""
    return one == other and len(str(one).rstrip("0")) == 1
