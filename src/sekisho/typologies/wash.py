"""Wash trading: one interest on both sides of a trade, so nothing changes hands but the volume is seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import NamedTuple

import numpy as np

from sekisho.typologies.activity import Activity
from sekisho.typologies.busy_spells import Busy, Busyness, Spell, busyness
from sekisho.typologies.chance import expected_meetings, unlikelihood
from sekisho.typologies.market import Market
from sekisho.typologies.meetings import Counted, Scope, counted, dealings, likeness, numbered, trades_at, turnovers
from sekisho.typologies.order_pairs import AlikeTrades, Closeness
from sekisho.typologies.order_stream import OrderStream
from sekisho.typologies.ownership import NEARNESS, Chain, Link, Ownership
from sekisho.typologies.rings import Circle, Flow, Ring, circulating_flows, trades_in_rings
from sekisho.typologies.trades import Trade, grouped, runs

_PLACES = Decimal("0.0001")
_NEVER = 1e-9
"""Fewer chance meetings than this are never told apart."""


class Crossing(NamedTuple):
    """A trade between two accounts of one interest, and what ties them."""

    trade: Trade
    chain: Chain


class Signs(NamedTuple):
    """What speaks for purpose in a group's trades with itself, each 0..1; ``alike`` is None without order entries.

    ``share``: of its own volume, ``market_share``: of everybody's volume meanwhile, ``alike``: trades from orders
    alike, ``repeated``: nought for a single meeting of two orders, ``beyond_chance``: nought when its activity in the
    market alone explains them. ``against_chance`` counts powers of ten against a group as busy as this one meeting itself as
    often by accident (None: a ring of several groups, which does not meet itself). ``shown_share``: of the quantity of all its
    orders those days, what the orders that met each other make up (None: not on record).
    """

    share: Decimal
    market_share: Decimal
    alike: Decimal | None
    repeated: Decimal
    beyond_chance: Decimal
    against_chance: Decimal | None
    shown_share: Decimal | None


class Weights(NamedTuple):
    """How much each sign counts; they sum to 1. ``occurred`` is what the mere fact counts."""

    occurred: Decimal
    share: Decimal
    alike: Decimal
    repeated: Decimal

    def score(self, signs: Signs, nearness: Decimal) -> Decimal:
        """Score in 0..1. Where order entries are not on record, the other signs are scaled up to take their place."""
        told = self.occurred + self.share * signs.share + self.repeated * signs.repeated
        if signs.alike is None:
            told /= 1 - self.alike
        else:
            told += self.alike * signs.alike
        return (nearness * told * signs.beyond_chance).quantize(_PLACES, rounding=ROUND_HALF_EVEN)


class Scheme(NamedTuple):
    """Trades of one interest with itself in one instrument over a continuous period."""

    crossings: tuple[Crossing, ...]
    signs: Signs

    @property
    def trades(self) -> tuple[Trade, ...]:
        """The trades, in time order."""
        return tuple(crossing.trade for crossing in self.crossings)

    @property
    def meetings(self) -> int:
        """How many times two orders met; several fills of the same two are one meeting."""
        return len({trade.meeting for trade in self.trades})

    @property
    def quantity(self) -> Decimal:
        """How much was traded, in the base asset."""
        return sum((trade.quantity for trade in self.trades), Decimal(0))

    @property
    def accounts(self) -> tuple[str, ...]:
        """The accounts that crossed, in order of their names."""
        return accounts_in(self.trades)

    @property
    def links(self) -> tuple[Link, ...]:
        """Every link that ties the accounts."""
        return tuple(dict.fromkeys(link for crossing in self.crossings for link in crossing.chain.links))

    def nearness_by(self, weights: Mapping[str, Decimal]) -> Decimal:
        """How near the two sides are on average, each trade counted by its quantity."""
        told = sum((c.trade.quantity * weights[c.chain.nearness] for c in self.crossings), Decimal(0))
        return told / self.quantity

    @property
    def nearness(self) -> str:
        """The weakest tie that any of the trades rests on."""
        return max((crossing.chain.nearness for crossing in self.crossings), key=NEARNESS.index)


def accounts_in(trades: Iterable[Trade]) -> tuple[str, ...]:
    """The accounts of the trades, in order of their names."""
    return tuple(sorted({account for trade in trades for account in trade.pair}))


class Look(NamedTuple):
    """What one instrument shows at first sight: trades that may be of one interest, and flows of which rings are made.

    ``known`` and ``alike`` are the trades among them whose orders are on record, and alike; ``counts`` by window, of all trades.
    """

    instrument: str
    trades: list[Trade]
    orders: AlikeTrades
    flows: list[Flow]
    counts: dict[int, Counted]


class Closer(NamedTuple):
    """What one instrument shows at second sight: the trades of rings, and what the accounts concerned traded in all."""

    rings: dict[Ring, list[Trade]]
    orders: AlikeTrades
    activity: Activity
    busy: Busyness


NOTHING_CLOSER = Closer({}, AlikeTrades.none(), Activity({}, {}), Busyness({}, {}))


class Crossed(NamedTuple):
    """By instrument the accounts that may have traded with themselves, and the group of each; ``pause``: what parts two spells."""

    groups: Mapping[str, Mapping[str, str]]
    pause: timedelta


def first_look(stream: OrderStream, ties: Mapping[str, str], circle: Circle, closeness: Closeness, scope: Scope) -> Look:
    """Trades of one account, or of two accounts that were ever tied, with themselves; and flows that may be part of a ring."""
    done = dealings(stream, *scope)
    alike = likeness(stream, scope, closeness)
    tie = numbered(stream, ties)
    together = (done.buyer == done.seller) | ((tie[done.buyer] >= 0) & (tie[done.buyer] == tie[done.seller]))
    trades = trades_at(stream, done.place[together])
    orders = AlikeTrades.of(trades, alike.known[together], alike.alike[together])
    flows = circulating_flows(stream, done, circle)
    return Look(stream.instrument, trades, orders, flows, counted(done.window, alike.known, alike.alike))


def closer_look(stream: OrderStream, rings: Sequence[Ring], crossed: Crossed, closeness: Closeness, scope: Scope) -> Closer:
    """The trades of the rings of this instrument, the activity of the accounts named for it, and how busy their groups were."""
    here, groups = [ring for ring in rings if ring.instrument == stream.instrument], crossed.groups.get(stream.instrument, {})
    wanted = frozenset(groups).union(*(ring.accounts for ring in here))
    if not wanted:
        return NOTHING_CLOSER
    done, alike = dealings(stream, *scope), likeness(stream, scope, closeness)
    inside = trades_in_rings(stream, done, here)
    orders = AlikeTrades.none()
    if any(map(len, inside.values())):
        among = np.isin(done.place, np.concatenate(list(inside.values())))
        orders = AlikeTrades.of(trades_at(stream, done.place[among]), alike.known[among], alike.alike[among])
    trades = {ring: trades_at(stream, place) for ring, place in inside.items()}
    busy = busyness(stream, (done, alike), groups, scope, Spell(crossed.pause, closeness.size_ratio_min))
    return Closer(trades, orders, turnovers(stream, done, wanted), busy)


def own_crossings(trades: Iterable[Trade], owners: Ownership, beyond_owner: frozenset[str]) -> list[Crossing]:
    """The trades whose two accounts belong together on their day, by the links in force then.

    ``beyond_owner`` are accounts that many clients share (omnibus): who is behind such a side is not on record.
    """
    crossings = []
    for one in trades:
        chain = owners.chain(one.buy_account_id, one.sell_account_id, one.day)
        if chain is not None and beyond_owner.isdisjoint(one.pair):
            crossings.append(Crossing(one, chain))
    return crossings


def split(crossings: Sequence[Crossing], ties: Mapping[str, str], apart: timedelta) -> list[tuple[Crossing, ...]]:
    """One bundle for each owner group, instrument and continuous period."""
    chain_of = {crossing.trade.trade_id: crossing for crossing in crossings}
    trades = [crossing.trade for crossing in crossings]

    def group(trade: Trade) -> tuple[str, str]:
        return trade.instrument, ties.get(trade.buy_account_id, trade.buy_account_id)

    bundles = (run for together in grouped(trades, group).values() for run in runs(together, apart))
    return [tuple(chain_of[trade.trade_id] for trade in run) for run in bundles]


def weigh(trades: Sequence[Trade], market: Market) -> Signs:
    """The signs of purpose in trades that a group of accounts made with itself."""
    places = market.places(trades)
    own, everybody = market.activity.of(accounts_in(trades), places), market.activity.market(places)
    quantity = sum((trade.quantity for trade in trades), Decimal(0))
    share = min(Decimal(1), 2 * quantity / own.quantity)
    known, same = market.orders.alike.counted(trades)
    meetings = len({trade.meeting for trade in trades})
    expected = expected_meetings(own.buys, own.sells, len(trades), everybody.buys, float(share))
    chances, busy = _chances(trades, market, expected), market.busy_with(trades)
    return Signs(
        share=_rounded(share),
        market_share=_rounded(quantity / everybody.bought),
        alike=_rounded(Decimal(same) / known) if known else None,
        repeated=_rounded(1 - 1 / Decimal(meetings)),
        beyond_chance=_rounded(Decimal(max(0.0, *(1 - one.expected / one.trades for one in chances)))),
        against_chance=None if busy is None else _rounded(Decimal(max(one.against for one in chances))),
        shown_share=_shown_share(busy or ()),
    )


def _shown_share(busy: Sequence[Busy]) -> Decimal | None:
    entered = sum(one.entered for one in busy)
    return _rounded(Decimal(sum(one.used for one in busy)) / entered) if entered else None


class Chance(NamedTuple):
    """So many trades, of so many meetings of two orders, and how many chance explains."""

    trades: int
    meetings: int
    expected: float

    @property
    def against(self) -> float:
        """Powers of ten against chance."""
        return unlikelihood(self.meetings, max(self.expected, _NEVER))


def _chances(trades: Sequence[Trade], market: Market, expected: float) -> list[Chance]:
    """What chance explains of the trades, of those from orders alike, and of the one whose two orders are rarest in size.

    ``expected`` is what the day as a whole explains; the spells in which the group acted may explain more.
    """
    busy, base = market.busy_with(trades) or (), market.orders.base_rate
    rate = base.without(trades[0].instrument, base.of_own(trades))
    met = max(expected, sum(one.expected for one in busy))
    chances = [Chance(len(trades), len({trade.meeting for trade in trades}), met)]
    same = [trade for trade in trades if trade.trade_id in market.orders.alike.alike]
    if same:
        alike = max(expected * rate, sum(one.expected_alike for one in busy))
        rarest = min(market.busy.as_large.get(trade.trade_id, 1.0) for trade in same)
        as_large = min(alike * rarest, met * rarest**2)  # the other order is alike, or as large by itself
        chances += [Chance(len(same), len({trade.meeting for trade in same}), alike), Chance(1, 1, as_large)]
    return chances


def as_crossings(trades: Iterable[Trade], owners: Ownership) -> tuple[Crossing, ...]:
    """Trades of a ring as crossings, each with the tie on record or with none but the ring itself."""
    return tuple(Crossing(t, owners.chain(t.buy_account_id, t.sell_account_id, t.day) or Chain("ring", ())) for t in trades)


def widest(bundles: Iterable[tuple[Crossing, ...]]) -> list[tuple[Crossing, ...]]:
    """Leave out a bundle whose trades are all part of another one: one scheme is one finding."""
    kept: list[tuple[Crossing, ...]] = []
    seen: list[frozenset[str]] = []
    holders: dict[str, list[int]] = {}
    for bundle in sorted(bundles, key=lambda b: (-len(b), b[0].trade.sequence, b[0].trade.trade_id)):
        ids = frozenset(crossing.trade.trade_id for crossing in bundle)
        if any(ids <= seen[number] for number in holders.get(min(ids), ())):
            continue
        for one in ids:
            holders.setdefault(one, []).append(len(seen))
        seen.append(ids)
        kept.append(bundle)
    return kept


def _rounded(value: Decimal) -> Decimal:
    return value.quantize(_PLACES, rounding=ROUND_HALF_EVEN)
