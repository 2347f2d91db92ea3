"""Spoofing and layering: orders shown to push the price and taken away together once the other side has been served.

A scheme is told by its structure, not by one large cancelled order. Three things must come together, each measured against the
instrument's own book and orders, so that no figure depends on the asset, its price or its lot:

* pressure: much of what the side shows, large for this market or stacked at several prices, and on one side only;
* benefit: the schemer's own opposite order is served meanwhile, or the price moves as pushed, or the play is repeated;
* withdrawal: the orders go together, hardly filled, and are not put back.

A stack and a small order opposite that come together are one play, however late the stack goes; a large order that comes opposite
a small one again and again is a play whether or not the small one is served. A quote renewed before the old one goes is not
withdrawn, and of a maker's two quotes the one that was hit counts as shown.

An order is followed through its amendments: moved far from the touch or cut to a crumb it is withdrawn, brought back it is shown
anew, and slices entered again at once as the last one goes are one order shown in slices.

Accounts of one owner are one trader. Where the records name no account, orders that come together and go together are taken
for one trader's, and only what the tape shows (a trade on the other side just before they went) counts as benefit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sekisho.typologies.meetings import trades_at
from sekisho.typologies.order_book import BestPrices, Depth, best_prices, depth
from sekisho.typologies.order_stream import (
    BUY,
    CANCEL,
    EXPIRE,
    LIMIT,
    NEW,
    NO_PRICE,
    NOBODY,
    REPLACE,
    TRADE,
    Int8,
    Int32,
    Int64,
    OrderStream,
)
from sekisho.typologies.tape import UNNAMED, traders
from sekisho.typologies.trades import Trade

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

_BEST_LEVELS: Final = 10
_SIDES: Final = {BUY: "buy", -BUY: "sell"}
_PLACES: Final = 4
_HALF: Final = 0.5
_SERVED_ONCE: Final = 0.7
"""To be served once may be luck; a play served again and again comes close to 1."""
_BEHIND: Final = 8
"""How many withdrawals of a trader are looked back at for the one that a new slice continues."""
_MOVED_ALONE: Final = 4
"""A price that moved as pushed is a quarter of the proof that a served order is: prices move without schemes, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What counts as together, soon, large and hardly. Times in seconds, the others shares from 0 to 1.

    Named traders are those whose account is on record; for unnamed orders only their timing tells who belongs together.
    """

    together: Decimal | int
    together_share: Decimal | int
    together_unnamed: Decimal | int
    placed_together: Decimal | int
    shown_min: Decimal | int
    put_back: Decimal | int
    served: Decimal | int
    reaction: Decimal | int
    repeated: Decimal | int
    large: Decimal | int
    unfilled: Decimal | int
    score: Decimal | int
    score_unnamed: Decimal | int


class Parts(NamedTuple):
    """What the score is made of, each from 0 to 1; the score is their geometric mean, so that none can be missing."""

    pressure: Decimal
    benefit: Decimal
    withdrawal: Decimal


@dataclass(frozen=True, slots=True)
class Scheme:
    """One play of one trader in one instrument, its cycles joined; orders by the names recorded, quantities in the base asset.

    ``served`` are the trades on the other side; ``shown`` is the most on show at a time; ``side`` that of the plainest cycle.
    """

    instrument: str
    account_ids: tuple[str, ...]
    side: str
    begins_at: datetime
    ends_at: datetime
    score: Decimal
    parts: Parts
    cycles: int
    levels: int
    shown: Decimal
    orders: tuple[str, ...]
    served: tuple[Trade, ...]

    @property
    def proof(self) -> frozenset[str]:
        """Ids of the orders shown and of the trades served."""
        return frozenset(self.orders) | {trade.trade_id for trade in self.served}

    @property
    def served_quantity(self) -> Decimal:
        """Traded on the other side."""
        return sum((trade.quantity for trade in self.served), Decimal(0))


class Orders(NamedTuple):
    """The life of each order of a stream, by its code. ``born`` and ``gone`` are places in the stream, -1 if never."""

    born: Int64
    gone: Int64
    side: Int8
    price: Int64
    lots: Int64
    filled: Int64
    account: Int32


class Episodes(NamedTuple):
    """Orders of one trader and side withdrawn together. ``member`` lists order codes, episode after episode from ``start``."""

    member: Int64
    start: Int64
    owner: Int64
    side: Int8
    lots: Int64
    filled: Int64
    levels: Int64
    first_born: Int64
    last_born: Int64
    first_gone: Int64
    last_gone: Int64

    def __len__(self) -> int:
        return len(self.start) - 1

    def only(self, chosen: NDArray[np.intp]) -> Episodes:
        """The chosen episodes, in the given order."""
        sizes = np.diff(self.start)[chosen]
        start = np.concatenate([[0], np.cumsum(sizes)])
        member = (
            np.concatenate([self.member[self.start[e] : self.start[e + 1]] for e in chosen]) if len(chosen) else self.member[:0]
        )
        rest: list[Any] = [column[chosen] for column in self[2:]]
        return Episodes(member, start, *rest)


def layering_schemes(stream: OrderStream, owners: Mapping[str, str], shape: Shape) -> list[Scheme]:
    """The schemes of one instrument, in order of time. ``owners`` names the owner of accounts that belong together."""
    owner, best = traders(stream, owners), best_prices(stream)
    market = _Market(stream, showings(stream, owner, best, shape), owner, best, shape)
    found = [scheme for episodes in market.episodes() for scheme in market.schemes(episodes)]
    return sorted(found, key=lambda scheme: (scheme.begins_at, scheme.side, scheme.orders))


def lives(stream: OrderStream) -> Orders:
    """Follow every order from its first showing to its last event; once for each stream."""
    return stream.shelf.once("lives", Orders, partial(_lives, stream))


def _lives(stream: OrderStream) -> Orders:
    count = len(stream.order_ids)
    orders = Orders(
        np.full(count, -1, np.int64),
        np.full(count, -1, np.int64),
        np.zeros(count, np.int8),
        np.zeros(count, np.int64),
        np.zeros(count, np.int64),
        np.zeros(count, np.int64),
        np.full(count, NOBODY, np.int32),
    )
    events = (stream.kind, stream.side, stream.order_type, stream.price, stream.quantity)
    _live(events, (stream.order, stream.contra_order, stream.account), orders)
    return orders


@njit(cache=True, nogil=True)
def _live(events: tuple[Int8, Int8, Int8, Int64, Int64], parties: tuple[Int32, Int32, Int32], orders: Orders) -> None:
    kind, side, order_type, price, quantity = events
    buyer, seller, account = parties
    born, gone, own_side, own_price, lots, filled, own_account = orders
    for i in range(len(kind)):
        order = buyer[i]
        if kind[i] == TRADE:
            if order != NOBODY:
                filled[order] += quantity[i]
            if seller[i] != NOBODY:
                filled[seller[i]] += quantity[i]
        elif order == NOBODY:
            continue
        elif kind[i] <= REPLACE and order_type[i] == LIMIT and price[i] != NO_PRICE and quantity[i] > 0:
            if born[order] < 0:
                born[order] = i
                own_side[order], own_price[order], own_account[order] = side[i], price[i], account[i]
            lots[order] = max(lots[order], quantity[i])
        elif kind[i] in (CANCEL, EXPIRE, REPLACE):
            gone[order] = i


class Showings(NamedTuple):
    """What was on show: like ``Orders``, by showing. ``part`` lists the codes of each one's orders, from ``start`` on."""

    born: Int64
    gone: Int64
    side: Int8
    price: Int64
    lots: Int64
    filled: Int64
    account: Int32
    part: Int64
    start: Int64

    @property
    def slices(self) -> Int64:
        """How many orders, one after the other, each showing consists of."""
        return np.diff(self.start)


def showings(stream: OrderStream, owner: Int64, best: BestPrices, shape: Shape) -> Showings:
    """Cut the life of each order where an amendment withdraws it in effect, and join slices that a trader enters again at once."""
    events = (stream.kind, stream.side, stream.order_type, stream.price, stream.quantity)
    own = np.where(stream.side == BUY, best.bid, best.ask)
    touch = np.r_[NO_PRICE, np.where(stream.side[1:] == BUY, best.bid[:-1], best.ask[:-1])] if len(own) else own
    entered = (stream.kind == NEW) & (stream.order_type == LIMIT) & (stream.price != NO_PRICE) & (touch != NO_PRICE)
    away = ((touch - stream.price) * stream.side)[entered]
    far = int(np.quantile(away, float(shape.large), method="higher")) if len(away) else 0
    room = len(stream.order_ids) + int((stream.kind == REPLACE).sum())
    shown = np.full((room, 8), -1, np.int64)
    parties = (stream.order, stream.contra_order, stream.account)
    reading = (np.maximum.accumulate(stream.at), owner, _micros(shape.put_back))
    follows = np.full(room, -1, np.int64)
    count = _show(events, parties, (touch, max(far, 0), float(shape.unfilled)), reading, (len(stream.order_ids), shown, follows))
    return _joined(shown[:count], follows[:count])


def _joined(shown: Int64, follows: Int64) -> Showings:
    """Showings, each with those that continue it; ``shown`` is by birth, ``follows`` names the one before or -1."""
    order, first = _grouped(follows)
    told = shown[order]
    if not len(first):
        nothing = np.empty(0, np.int64)
        return Showings(
            nothing, nothing, nothing.astype(np.int8), *(nothing,) * 3, nothing.astype(np.int32), nothing, np.zeros(1, np.int64)
        )
    last = np.r_[first[1:], len(order)] - 1
    return Showings(
        told[first, 0],
        told[last, 1],
        told[first, 2].astype(np.int8),
        told[last, 3],
        np.maximum.reduceat(told[:, 4], first),
        np.add.reduceat(told[:, 5], first),
        told[first, 6].astype(np.int32),
        told[:, 7],
        np.r_[first, len(order)],
    )


@njit(cache=True, nogil=True)
def _grouped(follows: Int64) -> tuple[Int64, Int64]:
    """Showings behind the first that they continue, these by birth, and where each group begins."""
    root, starts = np.arange(len(follows)), np.zeros(len(follows) + 1, np.int64)
    for each in range(len(follows)):
        if follows[each] >= 0:
            root[each] = root[follows[each]]
        starts[root[each] + 1] += 1
    first, count = np.empty(len(follows), np.int64), 0
    for each in range(len(follows)):
        if starts[each + 1] > 0:
            first[count] = starts[each]
            count += 1
        starts[each + 1] += starts[each]
    order = np.empty(len(follows), np.int64)
    for each in range(len(follows)):
        order[starts[root[each]]] = each
        starts[root[each]] += 1
    return order, first[:count]


@njit(cache=True, nogil=True)
def _show(
    events: tuple[Int8, Int8, Int8, Int64, Int64],
    parties: tuple[Int32, Int32, Int32],
    book: tuple[Int64, int, float],
    reading: tuple[Int64, Int64, int],
    answer: tuple[int, Int64, Int64],
) -> int:
    """Fill ``shown`` with born, gone, side, price, lots, filled, account, order of each showing, by birth; returns how many.

    ``follows`` says which earlier one of the same named trader, side and size each continues, the latest withdrawn, or -1.
    """
    kind, side, order_type, price, quantity = events
    buyer, seller, account = parties
    touch, far, unfilled = book
    clock, owner, put_back = reading
    orders, shown, follows = answer
    lately, withdrawn = np.full((2 * len(owner), _BEHIND), -1, np.int64), np.zeros(2 * len(owner), np.int64)
    row = np.full(orders, -1, np.int64)
    hidden = np.zeros(orders, np.bool_)
    count = 0
    for i in range(len(kind)):
        order = buyer[i]
        if kind[i] == TRADE:
            if order != NOBODY and row[order] >= 0:
                shown[row[order], 5] += quantity[i]
            if seller[i] != NOBODY and row[seller[i]] >= 0:
                shown[row[seller[i]], 5] += quantity[i]
            continue
        if order == NOBODY:
            continue
        r = row[order]
        if kind[i] <= REPLACE and order_type[i] == LIMIT and price[i] != NO_PRICE and quantity[i] > 0:
            off = touch[i] != NO_PRICE and (touch[i] - price[i]) * side[i] > far
            if r < 0 or shown[r, 1] >= 0:
                if hidden[order] and off:
                    continue
                row[order] = r = count
                count += 1
                shown[r, 0], shown[r, 2], shown[r, 3], shown[r, 4] = i, side[i], price[i], quantity[i]
                shown[r, 5], shown[r, 6], shown[r, 7] = 0, account[i], order
                hidden[order] = False
                if account[i] == NOBODY:
                    continue
                key = 2 * owner[account[i]] + (1 if side[i] == BUY else 0)
                for back in range(min(withdrawn[key], _BEHIND)):
                    spot = (withdrawn[key] - 1 - back) % _BEHIND
                    old = lately[key, spot]
                    if old < 0:
                        continue
                    gap, life = clock[i] - clock[shown[old, 1]], clock[shown[old, 1]] - clock[shown[old, 0]]
                    if gap > put_back:
                        break
                    near = 3 * min(quantity[i], shown[old, 4]) >= 2 * max(quantity[i], shown[old, 4])
                    if near and gap <= life and shown[old, 4] - shown[old, 5] >= unfilled * shown[old, 4]:
                        follows[r], lately[key, spot] = old, -1
                        break
                continue
            backed = (shown[r, 3] - price[i]) * side[i] > 0
            if kind[i] == REPLACE and ((off and backed) or shown[r, 4] - quantity[i] >= unfilled * shown[r, 4]):
                shown[r, 1] = i
                hidden[order] = True
                if shown[r, 6] != NOBODY:
                    key = 2 * owner[shown[r, 6]] + (1 if shown[r, 2] == BUY else 0)
                    lately[key, withdrawn[key] % _BEHIND] = r
                    withdrawn[key] += 1
                continue
            shown[r, 3], shown[r, 4] = price[i], max(shown[r, 4], quantity[i])
        elif kind[i] in (CANCEL, EXPIRE, REPLACE) and r >= 0 and not hidden[order]:
            again = shown[r, 1] >= 0
            shown[r, 1] = i
            if shown[r, 6] != NOBODY and not again:
                key = 2 * owner[shown[r, 6]] + (1 if shown[r, 2] == BUY else 0)
                lately[key, withdrawn[key] % _BEHIND] = r
                withdrawn[key] += 1
    return count


class _Legs:
    """Something that happened to traders on a side at a place in the stream (a fill, a placement), summed over any stretch."""

    def __init__(self, owner: Int64, side: Int8, place: Int64, lots: Int64, ends: Int64 | None = None) -> None:
        by_leg, self._starts = _by_leg(_leg(owner, side), place)
        self.place, self._lots = place[by_leg], lots[by_leg]
        self.ends = self.place if ends is None else ends[by_leg]
        self._sums = np.concatenate([[0], np.cumsum(self._lots)])

    def between(self, owner: Int64, side: Int8, after: Int64, until: Int64) -> tuple[Int64, Int64]:
        """For each query the range of legs (by trader, side and place) with ``after`` < place <= ``until``."""
        leg = _leg(owner, side)
        return _bounds(self._starts, self.place, leg, after), _bounds(self._starts, self.place, leg, until)

    def lots(self, owner: Int64, side: Int8, after: Int64, until: Int64) -> Int64:
        """Lots of those legs."""
        first, last = self.between(owner, side, after, until)
        return np.where(last > first, self._sums[last] - self._sums[np.minimum(first, last)], 0)

    def lots_as_large(self, whose: tuple[Int64, Int8], after: Int64, until: Int64, bar: Float) -> Int64:
        """Lots of those legs that are at least as large as each query's bar."""
        first, last = self.between(*whose, after, until)
        total: Int64 = _sum_as_large(first, last, self._lots, bar)
        return total

    def lots_beyond(self, whose: tuple[Int64, Int8], after: Int64, until: Int64, end: Int64) -> Int64:
        """Lots of those legs that end only beyond each query's end."""
        first, last = self.between(*whose, after, until)
        total: Int64 = _sum_beyond(first, last, (self._lots, self.ends), end)
        return total


class _Market:
    """One instrument's orders, fills and prices, as the search for schemes asks for them."""

    def __init__(self, stream: OrderStream, orders: Showings, owner: Int64, best: BestPrices, shape: Shape) -> None:
        self.stream, self.orders = stream, orders
        self.together, self.together_unnamed = _micros(shape.together), _micros(shape.together_unnamed)
        self.together_share, self.reaction = float(shape.together_share), _micros(shape.reaction)
        self.placed_together, self.shown_min = _micros(shape.placed_together), _micros(shape.shown_min)
        self.put_back, self.served, self.repeated = _micros(shape.put_back), _micros(shape.served), _micros(shape.repeated)
        self.large, self.unfilled = float(shape.large), float(shape.unfilled)
        self.score, self.score_unnamed = float(shape.score), float(shape.score_unnamed)
        self.clock = np.maximum.accumulate(stream.at)
        self.owner = owner[orders.account]
        self.middle, self.spread = middle_and_spread(best)
        self.norm = {side: _norms(orders.lots[(orders.side == side) & (orders.born >= 0)], self.large) for side in (BUY, -BUY)}
        self.fills, self.large_fills = self._fills(owner), self._fills_of_large()
        placed = np.flatnonzero((orders.born >= 0) & ((self.owner != UNNAMED) | self._large()) & (self._life() >= self.shown_min))
        self.placed = self._legs(placed, orders.born, np.where(orders.gone >= 0, orders.gone, len(stream)))

    def _legs(self, order: NDArray[np.intp], place: Int64, ends: Int64 | None = None) -> _Legs:
        until = None if ends is None else ends[order]
        return _Legs(self.owner[order], self.orders.side[order], place[order], self.orders.lots[order], until)

    def _fills(self, owner: Int64) -> _Legs:
        """Both legs of each trade where accounts are named; only the passive one where not (its aggressor pays for his haste)."""
        stream = self.stream
        trades = np.flatnonzero(stream.kind == TRADE)
        entered = np.full(len(stream.order_ids) + 1, -1, np.int64)  # the last place is nobody's
        shown = np.flatnonzero((stream.kind == NEW) & (stream.order_type == LIMIT) & (stream.order != NOBODY))[::-1]
        entered[stream.order[shown]] = shown
        parts = []
        for account, side in ((stream.account, BUY), (stream.contra_account, -BUY)):
            whose = owner[account[trades]]
            seen = (whose != UNNAMED) | (stream.side[trades] == -side)
            order = (stream.order if side == BUY else stream.contra_order)[trades]
            parts.append((trades[seen], whose[seen], np.full(int(seen.sum()), side, np.int8), entered[order[seen]]))
        place, whose, own_side, came = (np.concatenate(column) for column in zip(*parts, strict=True))
        return _Legs(whose, own_side, place, stream.quantity[place], came)

    def _fills_of_large(self) -> _Legs:
        """What resting large orders traded, whoever owned them: beside unnamed orders it says that such orders were meant to."""
        stream, orders = self.stream, self.orders
        sizes = np.zeros(len(stream.order_ids) + 1, np.int64)
        sizes[orders.part] = np.repeat(orders.lots, orders.slices)
        trades = np.flatnonzero((stream.kind == TRADE) & (stream.side != 0))
        side = (-stream.side[trades]).astype(np.int8)
        passive = np.where(side == BUY, stream.order[trades], stream.contra_order[trades])
        large = sizes[passive] >= np.where(side == BUY, self.norm[BUY], self.norm[-BUY])
        place, side = trades[large], side[large]
        return _Legs(np.full(len(place), UNNAMED), side, place, stream.quantity[place])

    def _large(self) -> Bool:
        bar = np.where(self.orders.side == BUY, self.norm[BUY], self.norm[-BUY])
        return self.orders.lots >= bar

    def _life(self) -> Int64:
        last = np.where(self.orders.gone >= 0, self.orders.gone, len(self.stream) - 1)
        return self.clock[last] - self.clock[np.maximum(self.orders.born, 0)]

    # --- orders withdrawn together

    def episodes(self) -> tuple[Episodes, Episodes]:
        """Withdrawals of named traders, and those that only their timing holds together."""
        orders = self.orders
        withdrawn = (orders.born >= 0) & (orders.gone > orders.born) & (self._life() >= self.shown_min)
        withdrawn &= orders.lots - orders.filled >= self.unfilled * orders.lots
        named = np.flatnonzero(withdrawn & (self.owner != UNNAMED))
        unnamed = np.flatnonzero(withdrawn & (self.owner == UNNAMED) & self._large())
        return self._together(named, named=True), self._together(unnamed, named=False)

    def _together(self, order: NDArray[np.intp], *, named: bool) -> Episodes:
        """Cut orders of one trader and side where the next one goes too late, or came only after the first had gone."""
        orders = self.orders
        order = order[_by_leg(_leg(self.owner[order], orders.side[order]), orders.gone[order])[0]]
        whose = self.owner[order] * 2 + (orders.side[order] == BUY)
        gone, born = self.clock[orders.gone[order]], self.clock[orders.born[order]]
        share = (self.together_share, self.placed_together, self.served) if named else (0.0, 0, 0)
        burst = _bursts(whose, born, gone, self.together if named else self.together_unnamed, share)
        if not named:
            by_birth = np.lexsort((born, burst))
            order, burst, born = order[by_birth], burst[by_birth], born[by_birth]
            burst = np.cumsum(np.r_[True, (burst[1:] != burst[:-1]) | (np.diff(born) > self.placed_together)][: len(order)])
        return self._described(order, np.flatnonzero(np.r_[True, burst[1:] != burst[:-1]][: len(order)]))

    def _described(self, member: NDArray[np.intp], first: NDArray[np.intp]) -> Episodes:
        orders = self.orders
        if not len(member):
            nothing = np.empty(0, np.int64)
            return Episodes(nothing, np.zeros(1, np.int64), nothing, nothing.astype(np.int8), *(nothing,) * 7)
        by_price = np.lexsort((orders.price[member], np.repeat(first, np.diff(np.r_[first, len(member)]))))
        price = orders.price[member][by_price]
        another = np.r_[True, price[1:] != price[:-1]]
        another[first] = True
        return Episodes(
            member,
            np.r_[first, len(member)],
            self.owner[member[first]],
            orders.side[member[first]],
            np.add.reduceat(orders.lots[member], first),
            np.add.reduceat(orders.filled[member], first),
            np.add.reduceat(another.astype(np.int64), first),
            np.minimum.reduceat(orders.born[member], first),
            np.maximum.reduceat(orders.born[member], first),
            np.minimum.reduceat(orders.gone[member], first),
            np.maximum.reduceat(orders.gone[member], first),
        )

    # --- schemes

    def schemes(self, episodes: Episodes) -> list[Scheme]:
        """Score the episodes and join those of one trader that follow one another."""
        if not len(episodes):
            return []
        episodes, parts, score = self.scored(episodes)
        chosen = np.flatnonzero(score >= self._bar(episodes))
        series = self._series(episodes.only(chosen))
        return [self._scheme(episodes.only(chosen[group]), score[chosen[group]], parts[chosen[group]]) for group in series]

    def scored(self, episodes: Episodes) -> tuple[Episodes, Float, Float]:
        """The episodes worth a look, their parts (pressure, benefit, withdrawal) and their score, the geometric mean.

        Left out are those whose benefit is too small for the bar however plain the rest were: of a large market nearly all.
        """
        episodes, served = self._worth_a_look(episodes)
        repeats = self._repeats(episodes, served)
        by_luck = (1 - _SERVED_ONCE * served) * (1 - self._moved(episodes) / _MOVED_ALONE) * 0.5 ** (repeats - 1)
        able = np.flatnonzero(np.cbrt(1 - by_luck) >= self._bar(episodes) - 10**-_PLACES)
        episodes, served, repeats, by_luck = episodes.only(able), served[able], repeats[able], by_luck[able]
        pressure = self._pressure(episodes, np.where(served > 0, repeats, 1))
        parts = np.column_stack([pressure, 1 - by_luck, self._withdrawal(episodes)])
        score: Float = np.asarray(np.cbrt(parts.prod(axis=1)), np.float64).round(_PLACES)
        return episodes, parts, score

    def _bar(self, episodes: Episodes) -> Float:
        """The lowest score reported of each episode's trader, named or not."""
        return np.where(episodes.owner == UNNAMED, self.score_unnamed, self.score)

    def _worth_a_look(self, episodes: Episodes) -> tuple[Episodes, Float]:
        """Episodes with a stack or one large order, on the side opposite to which something was served or that come again."""
        bar = np.where(episodes.side == BUY, self.norm[BUY], self.norm[-BUY])
        some = np.flatnonzero((episodes.levels > 1) | (episodes.lots >= bar))
        episodes = episodes.only(some)
        return episodes, self._how_well_served(episodes)

    def _served_until(self, episodes: Episodes) -> Int64:
        until: Int64 = np.where(episodes.owner == UNNAMED, episodes.last_gone, self._later(episodes.first_gone, self.served))
        return until

    def _how_well_served(self, episodes: Episodes) -> Float:
        """How well, and how plainly in connection, the other side was served: by the trader's own fills or, unnamed, by a trade.

        The longer the pause between the last such fill and the withdrawal, the less they have to do with each other: measured
        against a reaction, against the time the orders were shown, and against how often the trader is filled there anyway.
        """
        until = self._served_until(episodes)
        first, last = self.fills.between(episodes.owner, -episodes.side, episodes.first_born, until)
        lots = np.maximum(self.fills.lots(episodes.owner, -episodes.side, episodes.first_born, until), 1)
        latest = np.append(self.clock[self.fills.place], 0)[np.maximum(last - 1, 0)]
        named = episodes.owner != UNNAMED
        begun, over = self.clock[episodes.first_gone], self.clock[episodes.last_gone]
        wait = np.where(named, np.maximum(np.maximum(begun - latest, latest - over), 0), over - latest)
        soon = np.maximum(0.0, 1 - wait / self.served)
        shown = np.maximum(begun - self.clock[episodes.first_born], 1)
        linked = np.maximum(0.0, 1 - wait / shown) * self.reaction / (self.reaction + wait)
        linked *= np.exp(-self._usual_fills(episodes, last - first) * wait)
        linked = np.maximum(linked, self._came_with(episodes, first, last))
        share = np.where(named, np.minimum(1.0, episodes.lots / lots) * linked, soon)
        return np.where(last > first, share, 0.0)

    def _came_with(self, episodes: Episodes, first: Int64, last: Int64) -> Bool:
        """Whether an order served meanwhile had come with a stack: then they are one play, however late the stack went."""
        begun = self.clock[episodes.first_born]
        entered = np.where(self.fills.ends >= 0, np.append(self.clock, 0)[self.fills.ends], -(1 << 62))
        came: Bool = _any_between(first, last, entered, (begun - self.placed_together, begun + self.placed_together))
        return came & (episodes.levels > 1)

    def _usual_fills(self, episodes: Episodes, meanwhile: Int64) -> Float:
        """Fills of the same trader on the other side in each microsecond of his trading, those of the episode apart."""
        none, every = np.full(len(episodes), -1, np.int64), np.full(len(episodes), len(self.stream), np.int64)
        first, last = self.fills.between(episodes.owner, -episodes.side, none, every)
        place = np.append(self.clock[self.fills.place], 0)
        span = np.where(last > first, place[np.maximum(last - 1, 0)] - place[np.minimum(first, len(place) - 1)], 0)
        usual: Float = np.maximum(last - first - meanwhile, 0) / np.maximum(span, 1)
        return usual

    def _later(self, place: Int64, microseconds: int) -> Int64:
        """The last place of the stream at most so much later."""
        later: Int64 = np.searchsorted(self.clock, self.clock[place] + microseconds, "right") - 1
        return later

    def _moved(self, episodes: Episodes) -> Float:
        """Move of the middle price in the direction of the pressure, in spreads, at most 1."""
        before, after = self.middle[np.maximum(episodes.first_born - 1, 0)], self.middle[np.maximum(episodes.first_gone - 1, 0)]
        moved: Float = np.clip((after - before) * episodes.side / self.spread, 0, 1)
        return moved

    def _repeats(self, episodes: Episodes, served: Float) -> Int64:
        """How many episodes of the same trader, side and build follow one another.

        Counted are those that served, and of a named trader stacks and what stood opposite a small order of his: one large order
        shown again and again proves nothing.
        """
        named = episodes.owner != UNNAMED
        counted = np.flatnonzero((named & ((episodes.levels > 1) | self._opposite_a_small_one(episodes))) | (served > 0))
        begins, ends = self.clock[episodes.first_born], self.clock[episodes.last_gone]
        by_time = counted[np.lexsort((begins[counted], episodes.side[counted], episodes.owner[counted]))]
        repeats = np.ones(len(episodes), np.int64)
        whose, build = (episodes.owner[by_time], episodes.side[by_time]), (episodes.lots[by_time], np.diff(episodes.start)[by_time])
        repeats[by_time] = _alike(whose, (begins[by_time], ends[by_time]), build, self.repeated)
        return repeats

    def _opposite_a_small_one(self, episodes: Episodes) -> Bool:
        """Whether a much smaller order of the same trader came with these on the other side and outlived them or was filled."""
        early, late = (self._later(episodes.first_born, pause) for pause in (-self.placed_together, self.placed_together))
        lots = self.placed.lots_beyond((episodes.owner, -episodes.side), early, late, episodes.first_gone)
        small: Bool = (lots > 0) & (lots <= _HALF * episodes.lots)
        return small

    def _pressure(self, episodes: Episodes, plays: Int64) -> Float:
        """Share of what its side shows at the best prices; and size in multiples of a large order, or stacked high or often.

        A named trader who is served behind one order again and again stacks in time as others stack in price.
        """
        shown = self._shown(episodes)
        bar = np.where(episodes.side == BUY, self.norm[BUY], self.norm[-BUY])
        size = np.minimum(1.0, np.log2(1 + episodes.lots / bar) / 3)
        stacked = np.where(episodes.owner == UNNAMED, episodes.levels, np.maximum(episodes.levels, plays))
        stack = np.minimum(1.0, (stacked - 1) / 2)
        return (episodes.lots / np.maximum(shown, episodes.lots) + np.maximum(size, stack)) / 2

    def _shown(self, episodes: Episodes) -> Int64:
        """Lots at the best levels of the own side just before the first order goes."""
        asked, back = np.unique(np.maximum(episodes.first_gone - 1, 0), return_inverse=True)
        seen: Depth = depth(self.stream, _BEST_LEVELS, asked)
        shown: Int64 = seen.lots[back, np.where(episodes.side == BUY, 0, 1)].sum(axis=1)
        return shown

    def _withdrawal(self, episodes: Episodes) -> Float:
        """Gone together, unfilled, not put back, and without as much being withdrawn or shown on the other side."""
        span = self.clock[episodes.last_gone] - self.clock[episodes.first_gone]
        shown = np.maximum(self.clock[episodes.first_gone] - self.clock[episodes.first_born], 1)
        until = self._later(episodes.last_gone, self.put_back)
        before = self._later(episodes.first_born, -self.put_back)
        own = self.fills.lots(episodes.owner, episodes.side, episodes.first_born, episodes.last_gone)
        beside = self.large_fills.lots(np.full(len(episodes), UNNAMED), episodes.side, before, episodes.last_gone)
        filled = np.maximum(np.where(episodes.owner == UNNAMED, beside, own), episodes.filled)
        whose = (episodes.owner, episodes.side)
        again = self.placed.lots_as_large(whose, episodes.first_gone, until, _alike_size(episodes))
        again = np.maximum(again, np.maximum(self._renewed(episodes, before), self._replaced(episodes)))
        alike = self.large_fills.lots_as_large(
            (np.full(len(episodes), UNNAMED), episodes.side), before, episodes.last_gone, _alike_size(episodes)
        )
        meant = np.where(episodes.owner == UNNAMED, np.maximum(0.0, 1 - alike / episodes.lots), 1.0)
        unfilled, kept_away = meant * episodes.lots / (episodes.lots + filled), np.maximum(0.0, 1 - again / episodes.lots)
        withdrawal: Float = shown / (shown + span) * unfilled * kept_away * self._one_sided(episodes)
        return withdrawal

    def _renewed(self, episodes: Episodes, before: Int64) -> Int64:
        """Lots that the same named trader had withdrawn on this side just before, so that these are only their renewal."""
        orders = self.orders
        gone = np.flatnonzero((orders.gone >= 0) & (self.owner != UNNAMED) & self._of_these(episodes))
        went = self._legs(gone, orders.gone).lots(episodes.owner, episodes.side, before, episodes.first_born)
        return np.where(episodes.owner == UNNAMED, 0, went)

    def _of_these(self, episodes: Episodes) -> Bool:
        """Which showings are of the traders of these episodes."""
        return (self.orders.born >= 0) & np.isin(self.owner, np.unique(episodes.owner))

    def _replaced(self, episodes: Episodes) -> Int64:
        """Lots that the same named trader showed anew just before these went and that stood on: quotes renewed, not withdrawn."""
        after = self._later(episodes.first_gone, -self.put_back)
        stood = self.placed.lots_beyond((episodes.owner, episodes.side), after, episodes.first_gone, episodes.last_gone)
        return np.where(episodes.owner == UNNAMED, 0, stood)

    def _one_sided(self, episodes: Episodes) -> Float:
        """How little the same trader showed on the other side when these orders went, or of like size when they had come.

        A maker quotes both sides at a time: of two quotes the one that is hit first was shown no less than the other. A small order
        that is hit is what a show is for.
        """
        orders = self.orders
        filled = (orders.gone < 0) & (orders.filled >= orders.lots)
        last = np.where(orders.gone >= 0, orders.gone, np.where(filled, orders.born, len(self.stream)))
        counted = self._of_these(episodes) & ((self.owner != UNNAMED) | (self._large() & (self._life() >= self.shown_min)))
        chosen, hit = np.flatnonzero(counted), np.flatnonzero(counted & filled & (self.owner != UNNAMED))
        came, went = self._legs(chosen, orders.born), self._legs(chosen, last)
        hit_came, hit_went = self._legs(hit, orders.born), self._legs(hit, self._filled_at())
        whose, none = (episodes.owner, -episodes.side), np.full(len(episodes), -1, np.int64)
        named, just_before = np.zeros(len(episodes), np.int64), np.maximum(episodes.first_gone - 1, 0)
        for now in (episodes.last_born, np.minimum(self._later(episodes.last_born, self.placed_together), just_before)):
            shown = came.lots(*whose, none, now) - went.lots(*whose, none, now)
            shown += hit_came.lots(*whose, none, now) - hit_went.lots(*whose, none, now)
            named = np.maximum(named, np.where(shown >= _HALF * episodes.lots, shown, 0))
        for now in (just_before, self._later(episodes.first_gone, -self.together)):
            named = np.maximum(named, came.lots(*whose, none, now) - went.lots(*whose, none, now))
        early, late = self._later(episodes.first_gone, -self.together), self._later(episodes.last_gone, self.together)
        unnamed = went.lots_as_large((episodes.owner, -episodes.side), early, late, _alike_size(episodes))
        opposite = np.where(episodes.owner == UNNAMED, unnamed, named)
        return np.maximum(0.0, 1 - opposite / episodes.lots)

    def _filled_at(self) -> Int64:
        """Where the orders of each showing were last filled, -1 where they never were."""
        stream, orders = self.stream, self.orders
        trades = np.flatnonzero(stream.kind == TRADE)
        filled = np.full(len(stream.order_ids) + 1, -1, np.int64)  # the last place is nobody's
        for codes in (stream.order, stream.contra_order):
            np.maximum.at(filled, codes[trades], trades)
        return np.maximum.reduceat(filled[orders.part], orders.start[:-1]) if len(orders.part) else filled[:0]

    def _series(self, episodes: Episodes) -> list[NDArray[np.intp]]:
        """Episodes of one trader that follow one another closely enough to be one scheme; unnamed ones must be alike as well."""
        begins, ends = self.clock[episodes.first_born], self.clock[episodes.last_gone]
        build = np.where(episodes.owner == UNNAMED, episodes.side * np.diff(episodes.start), 0)
        by_time = np.lexsort((begins, build, episodes.owner))
        if not len(by_time):
            return []
        lots, owner = episodes.lots[by_time], episodes.owner[by_time]
        same = (np.diff(owner) == 0) & (np.diff(build[by_time]) == 0)
        same &= begins[by_time][1:] - ends[by_time][:-1] <= self.repeated
        alike = 3 * np.minimum(lots[1:], lots[:-1]) >= 2 * np.maximum(lots[1:], lots[:-1])
        return np.split(by_time, np.flatnonzero(~(same & ((owner[1:] != UNNAMED) | alike))) + 1)

    def _scheme(self, episodes: Episodes, scores: Float, parts: Float) -> Scheme:
        stream, best = self.stream, int(scores.argmax())
        first, last = self.fills.between(episodes.owner, -episodes.side, episodes.first_born, self._served_until(episodes))
        served = np.unique(np.concatenate([self.fills.place[a:b] for a, b in zip(first, last, strict=True)]))
        accounts = {int(code) for code in self.orders.account[episodes.member] if code != NOBODY}
        start = self.orders.start
        parts_of = np.concatenate([self.orders.part[start[each] : start[each + 1]] for each in np.unique(episodes.member)])
        return Scheme(
            stream.instrument,
            tuple(sorted(stream.account_ids[code].as_py() for code in accounts)),
            _SIDES[int(episodes.side[best])],
            _moment(int(self.clock[episodes.first_born].min())),
            _moment(int(self.clock[episodes.last_gone].max())),
            _rounded(scores[best]),
            Parts(*(_rounded(part) for part in parts[best])),
            len(episodes),
            int(episodes.levels.max()),
            int(episodes.lots.max()) * stream.lot,
            tuple(sorted(stream.order_ids[int(code)].as_py() for code in np.unique(parts_of))),
            tuple(trades_at(stream, served)),
        )


def _rounded(share: Any) -> Decimal:
    return Decimal(str(round(float(share), _PLACES)))


def _alike_size(episodes: Episodes) -> Float:
    """Of unnamed orders only those at least half as large as an episode's can be its own, put back or on the other side."""
    return np.where(episodes.owner == UNNAMED, episodes.lots / np.diff(episodes.start) / 2, 0.0)


def _leg(owner: Int64, side: Int8) -> Int64:
    """A number for each trader and side, sells first; 0 and 1 are nobody's."""
    leg: Int64 = (owner.astype(np.int64) + 1) * 2 + (side == BUY)
    return leg


@njit(cache=True, nogil=True)
def _by_leg(leg: Int64, place: Int64) -> tuple[Int64, Int64]:
    """Rows by leg and place, equal ones as they come, and where each leg begins. Linear where a leg's places come in order."""
    starts = np.zeros((leg.max() if len(leg) else 0) + 2, np.int64)
    for one in leg:
        starts[one + 1] += 1
    starts = np.cumsum(starts)
    rows, spot = np.empty(len(leg), np.int64), starts.copy()
    for i in range(len(leg)):
        rows[spot[leg[i]]] = i
        spot[leg[i]] += 1
    for one in range(len(starts) - 1):
        first, last = starts[one], starts[one + 1]
        for n in range(first + 1, last):
            if place[rows[n]] < place[rows[n - 1]]:
                own = rows[first:last].copy()
                key = place[own] * (last - first) + np.arange(last - first)  # a place and a count: far from 63 bits
                key.sort()
                rows[first:last] = own[key % (last - first)]
                break
    return rows, starts


@njit(cache=True, nogil=True)
def _bounds(starts: Int64, place: Int64, leg: Int64, until: Int64) -> Int64:
    """How far, of all rows, the query's leg has come at its place."""
    bounds = np.empty(len(leg), np.int64)
    for i in range(len(leg)):
        if leg[i] + 1 >= len(starts):
            bounds[i] = len(place)
            continue
        low, high = starts[leg[i]], starts[leg[i] + 1]
        while low < high:
            middle = (low + high) // 2
            if place[middle] <= until[i]:
                low = middle + 1
            else:
                high = middle
        bounds[i] = low
    return bounds


@njit(cache=True, nogil=True)
def _sum_as_large(first: Int64, last: Int64, lots: Int64, bar: Float) -> Int64:
    total = np.zeros(len(first), np.int64)
    for i in range(len(first)):
        for leg in range(first[i], last[i]):
            if lots[leg] >= bar[i]:
                total[i] += lots[leg]
    return total


@njit(cache=True, nogil=True)
def _any_between(first: Int64, last: Int64, value: Int64, bounds: tuple[Int64, Int64]) -> Bool:
    least, most = bounds
    found = np.zeros(len(first), np.bool_)
    for i in range(len(first)):
        for leg in range(first[i], last[i]):
            if least[i] <= value[leg] <= most[i]:
                found[i] = True
                break
    return found


@njit(cache=True, nogil=True)
def _sum_beyond(first: Int64, last: Int64, legs: tuple[Int64, Int64], end: Int64) -> Int64:
    lots, ends = legs
    total = np.zeros(len(first), np.int64)
    for i in range(len(first)):
        for leg in range(first[i], last[i]):
            if ends[leg] > end[i]:
                total[i] += lots[leg]
    return total


def _micros(seconds: Decimal | int) -> int:
    return int(seconds * 1_000_000)


def _moment(microseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)


def _norms(lots: Int64, large: float) -> int:
    """The size that counts as large on this side: that share of its orders is smaller. Nothing is large where half are as large."""
    if not len(lots):
        return 1
    bar, usual = (int(np.quantile(lots, share, method="higher")) for share in (large, _HALF))
    return max(1, bar if bar > usual else bar + 1)


def middle_and_spread(best: BestPrices) -> tuple[Int64, float]:
    """Twice the middle price after each event (the last sound one where the book is crossed) and twice the usual spread."""
    sound = (best.bid != NO_PRICE) & (best.ask != NO_PRICE) & (best.bid < best.ask)
    if not sound.any():
        return np.zeros(len(best.bid), np.int64), 1.0
    last = np.maximum.accumulate(np.where(sound, np.arange(len(sound)), np.argmax(sound)))
    return (best.bid + best.ask)[last], float(np.median((best.ask - best.bid)[sound])) * 2


@njit(cache=True, nogil=True)
def _bursts(whose: Int64, born: Int64, gone: Int64, together: int, share: tuple[float, int, int]) -> Int64:
    """Number of the burst of each order; orders come sorted by trader, side and going.

    Orders that came together may go more slowly: within a share of the time they were shown, and a bound.
    """
    of_shown, placed_together, bound = share
    burst = np.zeros(len(whose), np.int64)
    first = 0
    for i in range(1, len(whose)):
        pause = gone[i] - gone[i - 1]
        slowly = abs(born[i] - born[i - 1]) <= placed_together and pause <= min(of_shown * (gone[first] - born[first]), bound)
        joined = whose[i] == whose[i - 1] and (pause <= together or slowly) and born[i] <= gone[first]
        if not joined:
            first = i
        burst[i] = burst[i - 1] + (0 if joined else 1)
    return burst


@njit(cache=True, nogil=True)
def _alike(whose: tuple[Int64, Int8], when: tuple[Int64, Int64], build: tuple[Int64, Int64], repeated: int) -> Int64:
    """Episodes in the same series, itself included: same trader and side, as many orders, about as large, soon after the last."""
    (owner, side), (begins, ends), (lots, orders) = whose, when, build
    count = np.ones(len(owner), np.int64)
    chain = np.full(len(owner), -1, np.int64)
    for i in range(len(owner)):
        j = i - 1
        while j >= 0 and owner[j] == owner[i] and side[j] == side[i] and begins[i] - ends[j] <= repeated:
            near = 3 * min(lots[i], lots[j]) >= 2 * max(lots[i], lots[j])
            if orders[i] == orders[j] and near and begins[i] >= ends[j]:
                chain[i] = j
                count[i] = count[j] + 1
                break
            j -= 1
    for i in range(len(owner) - 1, -1, -1):
        if chain[i] >= 0:
            count[chain[i]] = max(count[chain[i]], count[i])
    return count
