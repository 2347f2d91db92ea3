"""Pegging and capping: one trader's orders hold a price at a level by coming back to it again and again.

A wall of orders that somebody means to trade is no peg. A peg is told by five things that come together, each measured against
the instrument itself:

* stubborn: the same side, the same level, again and again over a long time, whatever has just been filled or withdrawn. Most of
  what the trader shows on that side stands there: orders that follow the price are at each level only as long as it is;
* weight: the orders are large for this market and most of what its side shows at the touch while they stand;
* one-sided: the trader does not show as much on the other side, as a market maker would;
* held: the price leans on the level, and strays less from it than it strays before and after;
* artifice: what is shown is taken away before it is filled and shown again, or what was traded is undone elsewhere by the same
  trader. Somebody who really sells a position leaves his orders until they are filled, and keeps what he got for it.

Orders that replace one another count as well as orders that take: whoever sells into every rise holds it down, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sekisho.typologies.meetings import trades_at
from sekisho.typologies.order_book import best_prices, depth, usual_spread
from sekisho.typologies.order_stream import (
    BUY,
    LIMIT,
    NO_PRICE,
    NOBODY,
    REPLACE,
    SELL,
    TRADE,
    Int8,
    Int32,
    Int64,
    OrderStream,
)
from sekisho.typologies.tape import (
    UNNAMED,
    Float,
    accounts_of,
    micros,
    moment,
    orders_of,
    tape_of,
    traders,
)
from sekisho.typologies.trades import Trade

_SIDES: Final = {BUY: "buy", SELL: "sell"}
_PLACES: Final = 4
_LEVELS: Final = 10
_LEFT: Final = 0.1
"""An order of which less than a tenth is left has been filled."""
_SLICES: Final = 24
"""Into how many equal parts the time of a peg is cut to ask how things stood."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What counts as a peg. Times in seconds, shares and scores from 0 to 1; ``near_spreads`` in usual spreads.

    ``large`` is the share of the side's orders that are smaller than a large one; ``apart`` the longest pause within one peg.
    At least ``level_share`` of what is shown stands at the level itself, which is ``level_width`` of what is near. Who shows at
    most ``beside`` of what another's peg shows there stands beside it.
    """

    lasts_min: Decimal | int
    apart: Decimal | int
    orders_min: Decimal | int
    near_spreads: Decimal | int
    large: Decimal | int
    present_share: Decimal | int
    artifice: Decimal | int
    one_sided: Decimal | int
    level_share: Decimal | int
    level_width: Decimal | int
    beside: Decimal | int
    candidate: Decimal | int


@dataclass(frozen=True, slots=True)
class Peg:
    """One trader's holding of one level. Prices in the quote asset, quantities in the base asset; signs from 0 to 1."""

    instrument: str
    account_ids: tuple[str, ...]
    side: str
    level: Decimal
    begins_at: datetime
    ends_at: datetime
    stubborn: Decimal
    weight: Decimal
    one_sided: Decimal
    held: Decimal
    artifice: Decimal
    shown: Decimal
    filled: Decimal
    calm: Decimal | None
    orders: tuple[str, ...]
    trades: tuple[Trade, ...]

    @property
    def proof(self) -> frozenset[str]:
        """Ids of the orders and trades."""
        return frozenset((*self.orders, *(trade.trade_id for trade in self.trades)))

    @property
    def evidence(self) -> frozenset[tuple[str, str]]:
        """Every record that proves it."""
        return frozenset({("order", order) for order in self.orders} | {("trade", trade.trade_id) for trade in self.trades})

    @property
    def facts(self) -> dict[str, str | int | Decimal | datetime | None]:
        """What a sentence may say of it."""
        return {
            "side": self.side,
            "level": self.level,
            "orders": len(self.orders),
            "shown": self.shown,
            "filled": self.filled,
            "first_at": self.begins_at,
            "last_at": self.ends_at,
            "calm": self.calm,
            "stubborn": self.stubborn,
            "weight": self.weight,
            "one_sided": self.one_sided,
            "held": self.held,
            "artifice": self.artifice,
        }

    @property
    def score(self) -> Decimal:
        """The geometric mean of the signs, so that none can be missing."""
        return _score((self.stubborn, self.weight, self.one_sided, self.held, self.artifice))


_Signs = tuple[Decimal, Decimal, Decimal, Decimal, Decimal]


class Stints(NamedTuple):
    """Stretches of an order at one price: places in the stream (``until`` past the last), lots put there, lots filled there.

    An order made larger at its price starts a new one. An order that takes at once is a stint of one moment, at the price it got.
    """

    order: Int32
    account: Int32
    side: Int8
    price: Int64
    since: Int64
    until: Int64
    lots: Int64
    filled: Int64


def pegs(stream: OrderStream, owners: Mapping[str, str], shared: frozenset[str], shape: Shape) -> list[Peg]:
    """The pegs of one instrument, in order of time. Orders that no account is named for are not looked at."""
    stints = stints_of(stream)
    if not len(stints.order):
        return []
    market = _Market(stream, stints, traders(stream, owners, shared), shape)
    ranked = sorted(market.held(), key=lambda one: (-_score(one[1]), one[0].when[0], _SIDES[one[0].side]))
    found = _apart(ranked, stints, (market.near, float(shape.beside)))
    return sorted((market.described(*one) for one in found), key=lambda peg: (peg.begins_at, peg.account_ids, peg.side))


def stints_of(stream: OrderStream) -> Stints:
    """Follow every order of a named account through the prices it stood at."""
    size = int(np.count_nonzero(stream.kind <= REPLACE))
    price, since, until, lots, filled = (np.empty(size, np.int64) for _column in range(5))
    ints = np.empty(size, np.int32), np.empty(size, np.int32)
    out = Stints(*ints, np.empty(size, np.int8), price, since, until, lots, filled)
    events = (stream.kind, stream.side, stream.order_type, stream.price, stream.quantity)
    count = _stints(events, (stream.order, stream.contra_order, stream.account), len(stream.order_ids), out)
    columns: list[Any] = [column[:count] for column in out]
    return Stints(*columns)


class _Hold(NamedTuple):
    """What a run of stints shows before the depth of the book is looked at."""

    run: Int64
    level: int
    side: int
    when: tuple[int, int]
    places: Int64
    own: Float
    leaning: NDArray[np.bool_]
    one_sided: float
    artifice: float
    calm: float | None


class _Market:
    """One instrument's stints and prices, as the search for pegs asks for them."""

    def __init__(self, stream: OrderStream, stints: Stints, owner: Int64, shape: Shape) -> None:
        self.stream, self.stints, self.owner, self.shape = stream, stints, owner, shape
        self.clock = np.maximum.accumulate(stream.at)
        best = best_prices(stream)
        self.touch = {BUY: best.bid, SELL: best.ask}
        self.near = max(1, round(float(shape.near_spreads) * (usual_spread(stream) or 1.0)))

    def held(self) -> list[tuple[_Hold, _Signs]]:
        """Runs that hold a level, and their signs; the book is rebuilt once for all of them, where one could be a candidate."""
        holds = [hold for hold in self._holds() if _score(self._signs(hold, 1.0)) >= self.shape.candidate]
        if not holds:
            return []
        asked = np.unique(np.concatenate([hold.places for hold in holds]))
        lots = depth(self.stream, _LEVELS, asked).lots.sum(axis=2)
        found = []
        for hold in holds:
            shown = lots[np.searchsorted(asked, hold.places), 0 if hold.side == BUY else 1]
            weight = float(np.minimum(1.0, hold.own / np.maximum(shown, 1))[hold.leaning].mean())
            signs = self._signs(hold, weight)
            if _score(signs) >= self.shape.candidate:
                found.append((hold, signs))
        return found

    def _signs(self, hold: _Hold, weight: float) -> _Signs:
        held = float(hold.leaning.mean()) * (1.0 if hold.calm is None else 1 - hold.calm**2)
        stubborn = 1 - int(self.shape.orders_min) / (2 * len(hold.run))
        return _rounded(stubborn), _rounded(weight), _rounded(hold.one_sided), _rounded(held), _rounded(hold.artifice)

    def _holds(self) -> list[_Hold]:
        """Runs of a trader who is there, leans on the level, shows little on the other side and does not mean to trade."""
        shape, stints = self.shape, self.stints
        by_leg, starts = _by_leg(self.owner, stints)
        bars = self._large(SELL), self._large(BUY)
        often = int(shape.orders_min), micros(shape.lasts_min), micros(shape.apart)
        run, run_starts = _runs(stints, self.clock, (by_leg, starts), bars, (self.near, *often))
        if len(run_starts) < 2:
            return []
        tape = tape_of(self.stream, self.owner)
        trades = (tape.at, tape.lots, tape.side, tape.taker, tape.maker)
        bounds = float(shape.present_share), float(shape.one_sided), float(shape.artifice)
        at_level = float(shape.level_share), int(self.near * float(shape.level_width))
        signs = np.empty((len(run_starts) - 1, 2))
        touch = self.touch[SELL], self.touch[BUY]
        legs = (self.owner, by_leg, starts)
        number, level = _held((stints, self.clock, touch), (run, run_starts), legs, trades, ((self.near, *bounds), at_level), signs)
        return [
            self._hold(run[run_starts[each] : run_starts[each + 1]], int(price), float(signs[each, 0]), float(signs[each, 1]))
            for each, price in zip(number, level, strict=True)
        ]

    def _large(self, side: int) -> float:
        lots = self.stints.lots[self.stints.side == side]
        return float(np.quantile(lots, float(self.shape.large))) if len(lots) else 1.0

    def _hold(self, run: Int64, level: int, one_sided: float, artifice: float) -> _Hold:
        side = int(self.stints.side[run[0]])
        first, last = _times(self.stints, self.clock, run)
        places = _asked(self.clock, first, last)
        own = _standing(self.stints, run, places)
        leaning = _leaning(self.touch[side], own, places, level, self.near)
        calm = self._calm(side, level, first, last)
        return _Hold(run, level, side, (first, last), places, own, leaning, one_sided, artifice, calm)

    def _calm(self, side: int, level: int, first: int, last: int) -> float | None:
        """How far the side's best price strayed from the level, beside before and after; None where nothing is known of that."""
        length = last - first
        inside = self._strayed(side, level, first, last)
        around = [self._strayed(side, None, *stretch) for stretch in ((first - length, first), (last, last + length))]
        known = [strayed for strayed in around if strayed is not None]
        if inside is None or not known:
            return None
        usual = float(np.mean(known))
        return min(1.0, inside / usual) if usual > 0 else 1.0

    def _strayed(self, side: int, level: int | None, first: int, last: int) -> float | None:
        """How far the side's best price lies on average from the level, or from where it mostly was itself.

        A pair that rests at another price before and after is as calm as one that is held. A level that is broken and brought
        back again and again is held: its moves from slice to slice are many, but they lead nowhere. A price further away than
        what is near has left, and is not further gone the further it went. The stretch is asked within: at its end the last
        order is gone already. None where the records do not cover the stretch.
        """
        if first < self.clock[0] or last > self.clock[-1]:
            return None
        price = _last_known(self.touch[side], _asked(self.clock, first, last))
        price = price[~np.isnan(price)]
        if not len(price):
            return None
        return float(np.minimum(np.abs(price - (np.median(price) if level is None else level)), self.near).mean())

    def described(self, hold: _Hold, signs: _Signs) -> Peg:
        """The peg in the units recorded, with its orders and trades."""
        stream, stints, run, when = self.stream, self.stints, hold.run, hold.when
        stubborn, weight, one_sided, held, artifice = signs
        lots, filled = int(stints.lots[run].sum()), int(stints.filled[run].sum())
        codes = np.unique(stints.order[run])
        first, last = int(stints.since[run].min()), min(int(stints.until[run].max()) + 1, len(stream))
        order = stream.order if stints.side[run[0]] == BUY else stream.contra_order
        fills = first + np.flatnonzero((stream.kind[first:last] == TRADE) & np.isin(order[first:last], codes))
        return Peg(
            stream.instrument,
            accounts_of(stream, stints.account[run]),
            _SIDES[int(stints.side[run[0]])],
            hold.level * stream.tick,
            moment(when[0]),
            moment(when[1]),
            stubborn,
            weight,
            one_sided,
            held,
            artifice,
            lots * stream.lot,
            filled * stream.lot,
            None if hold.calm is None else _rounded(hold.calm),
            orders_of(stream, codes),
            tuple(trades_at(stream, fills)),
        )


def _apart(found: list[tuple[_Hold, _Signs]], stints: Stints, close: tuple[int, float]) -> list[tuple[_Hold, _Signs]]:
    """Of pegs that share orders the first, and none that only stands beside an earlier one."""
    kept: list[tuple[_Hold, _Signs]] = []
    seen: set[int] = set()
    for one in found:
        orders = stints.order[one[0].run].tolist()
        if seen.isdisjoint(orders) and not any(_beside(one[0], other[0], *close) for other in kept):
            kept.append(one)
            seen.update(orders)
    return kept


def _beside(one: _Hold, other: _Hold, near: int, share: float) -> bool:
    """Whether somebody else holds the level most of the time, and with so much more that these orders do not.

    Orders that follow the market's best price, on either side, all stand at one level while another does not let it leave that.
    """
    (first, last), (since, until) = one.when, other.when
    if abs(one.level - other.level) > near or min(last, until) - max(first, since) <= (last - first) / 2:
        return False
    return bool(one.own.mean() <= share * other.own.mean())


def _score(signs: _Signs) -> Decimal:
    return _rounded(float(np.prod([float(sign) for sign in signs])) ** (1 / len(signs)))


def _rounded(number: float) -> Decimal:
    return Decimal(str(round(number, _PLACES)))


@njit(cache=True, nogil=True)
def _by_leg(owner: Int64, stints: Stints) -> tuple[Int64, Int64]:
    """Stints of known traders by trader and side (sells first), each leg in order of time; legs are 2 * trader + (side is buy)."""
    starts = np.zeros(2 * len(owner) + 1, np.int64)
    for i in range(len(stints.order)):
        trader = owner[stints.account[i]]
        if trader != UNNAMED:
            starts[2 * trader + (1 if stints.side[i] == BUY else 0) + 1] += 1
    starts = np.cumsum(starts)
    by_leg, spot = np.empty(starts[-1], np.int64), starts.copy()
    for i in range(len(stints.order)):
        trader = owner[stints.account[i]]
        if trader != UNNAMED:
            leg = 2 * trader + (1 if stints.side[i] == BUY else 0)
            by_leg[spot[leg]] = i
            spot[leg] += 1
    return by_leg, starts


@njit(cache=True, nogil=True)
def _runs(
    stints: Stints, clock: Int64, legs: tuple[Int64, Int64], bars: tuple[float, float], often: tuple[int, int, int, int]
) -> tuple[Int64, Int64]:
    """Large stints of one leg about one level, without long pauses: long enough and often enough to be looked at.

    Levels are cut twice, the second time by half a step, so that no level lies on an edge both times. A new run begins at
    another level, or after a pause since everything before had ended.
    """
    by_leg, starts = legs
    near, orders_min, lasts_min, apart = often
    end = len(clock) - 1
    large = np.empty(len(by_leg), np.int64)
    member, found, count = np.empty(2 * len(by_leg), np.int64), np.zeros(2 * len(by_leg) // max(orders_min, 1) + 1, np.int64), 0
    for shift in (0, near):
        for leg in range(len(starts) - 1):
            some, last = 0, 0
            for i in range(starts[leg], starts[leg + 1]):
                stint = by_leg[i]
                if stints.lots[stint] >= bars[leg % 2]:
                    large[some] = stint
                    some += 1
                    last = max(last, clock[min(stints.until[stint], end)])
            if some < orders_min or last - clock[stints.since[large[0]]] < lasts_min:
                continue
            level = (stints.price[large[:some]] + shift) // (2 * near)
            order = _in_order(level)
            first, until = 0, 0
            for n in range(some + 1):
                since = clock[stints.since[large[order[n]]]] if n < some else 0
                if n and (n == some or level[order[n]] != level[order[n - 1]] or since - until > apart):
                    if n - first >= orders_min and until - clock[stints.since[large[order[first]]]] >= lasts_min:
                        into = found[count]
                        for m in range(first, n):
                            member[into + m - first] = large[order[m]]
                        count += 1
                        found[count] = into + n - first
                    first, until = n, 0
                if n < some:
                    until = max(until, clock[min(stints.until[large[order[n]]], end)])
    return member[: found[count]], found[: count + 1]


@njit(cache=True, nogil=True)
def _in_order(level: Int64) -> Int64:
    """Places by level, equal ones as they come. Where it fits, level and place are sorted as one number, which is faster."""
    least = level.min()
    if level.max() - least >= 1 << 31:
        order: Int64 = np.argsort(level, kind="mergesort")
    else:
        order = (level - least) * len(level) + np.arange(len(level))
        order.sort()
        order %= len(level)
    return order


@njit(cache=True, nogil=True)
def _held(
    market: tuple[Stints, Int64, tuple[Int64, Int64]],
    runs: tuple[Int64, Int64],
    legs: tuple[Int64, Int64, Int64],
    tape: tuple[Int64, Int64, Int8, Int64, Int64],
    limits: tuple[tuple[int, float, float, float], tuple[float, int]],
    signs: Float,
) -> tuple[list[int], list[int]]:
    """Which runs are held, and their levels: two lists; ``signs`` gets how one-sided and how artificial each is."""
    stints, clock, touch = market
    member, starts = runs
    owner, by_leg, leg_starts = legs
    (near, present_share, one_sided_min, artifice_min), (level_share, close) = limits
    number, level = [0 for _ in range(0)], [0 for _ in range(0)]
    for each in range(len(starts) - 1):
        run = member[starts[each] : starts[each + 1]]
        side, whose = stints.side[run[0]], owner[stints.account[run[0]]]
        first, last = _times(stints, clock, run)
        places = _asked(clock, first, last)
        own = _standing(stints, run, places)
        if (own > 0).sum() / _SLICES < present_share:
            continue
        price = int(np.median(stints.price[run]))
        if not _leaning(touch[1 if side == BUY else 0], own, places, price, near).any():
            continue
        lots, filled = 0, 0
        for stint in run:
            lots += stints.lots[stint]
            filled += stints.filled[stint]
        other, same = 2 * whose + (0 if side == BUY else 1), 2 * whose + (1 if side == BUY else 0)
        mine = by_leg[leg_starts[same] : leg_starts[same + 1]]
        if _fixed((stints, clock), mine, run, (first, last), (price, close)) < level_share:
            continue
        opposite = by_leg[leg_starts[other] : leg_starts[other + 1]]
        signs[each, 0] = _one_sided((stints, clock), opposite, places, (first, last), (own.sum(), float(lots)))
        if signs[each, 0] < one_sided_min:
            continue
        signs[each, 1] = max(_withdrawn(stints, run, lots), _undone(tape, whose, side, (first, last), filled))
        if signs[each, 1] >= artifice_min:
            number.append(each)
            level.append(price)
    return number, level


@njit(cache=True, nogil=True)
def _times(stints: Stints, clock: Int64, run: Int64) -> tuple[int, int]:
    """When a run begins and ends. Its stints are in order of their beginnings within a level, and no others are in it."""
    since, until = stints.since[run].min(), stints.until[run].max()
    return clock[since], clock[min(until, len(clock) - 1)]


@njit(cache=True, nogil=True)
def _asked(clock: Int64, first: int, last: int) -> Int64:
    """The places of the stream at so many moments between two times, the same time apart."""
    places = np.empty(_SLICES, np.int64)
    step = (float(last) - float(first)) / (_SLICES + 1)
    for n in range(_SLICES):
        asked = int(np.floor((n + 1) * step + float(first)))
        before = np.searchsorted(clock, asked, "right") - 1
        places[n] = before if before > 0 else 0
    return places


@njit(cache=True, nogil=True)
def _standing(stints: Stints, chosen: Int64, places: Int64) -> Float:
    """Lots of these stints that stand after each of the places, fills counted as if they came evenly."""
    standing = np.zeros(len(places))
    for stint in chosen:
        since, until = stints.since[stint], stints.until[stint]
        for n in range(len(places)):
            if since <= places[n] < until:
                standing[n] += stints.lots[stint] - (places[n] - since) / max(until - since, 1) * stints.filled[stint]
    return standing


@njit(cache=True, nogil=True)
def _leaning(touch: Int64, own: Float, places: Int64, level: int, near: int) -> NDArray[np.bool_]:
    """At which of the places the trader was there and the best price near the level."""
    leaning = np.zeros(len(places), np.bool_)
    known = _last_known(touch, places)
    for n in range(len(places)):
        leaning[n] = own[n] > 0 and abs(known[n] - level) <= near
    return leaning


@njit(cache=True, nogil=True)
def _last_known(touch: Int64, places: Int64) -> Float:
    """A best price after some events, the last one where the side is empty; nan before the first."""
    known = np.full(len(places), np.nan)
    for n in range(len(places)):
        place = places[n]
        while place >= 0 and touch[place] == NO_PRICE:
            place -= 1
        if place >= 0:
            known[n] = touch[place]
    return known


@njit(cache=True, nogil=True)
def _one_sided(
    market: tuple[Stints, Int64], opposite: Int64, places: Int64, when: tuple[int, int], shown: tuple[float, float]
) -> float:
    """How little the same trader showed on the other side: at the moments asked, or in all, whichever says more.

    A quote that is met is gone when it is asked for, but it has been shown. What takes at once is not shown.
    """
    stints, clock = market
    first, last = when
    other, count, lots = np.empty(len(opposite), np.int64), 0, 0
    for stint in opposite:
        since, until = clock[stints.since[stint]], clock[min(stints.until[stint], len(clock) - 1)]
        if since > last:
            break
        if until >= first and until > since:
            other[count] = stint
            count += 1
            lots += stints.lots[stint]
    standing = _standing(stints, other[:count], places).sum() / max(shown[0], 1.0)
    much: float = max(standing, lots / shown[1])
    return max(0.0, 1 - much)


@njit(cache=True, nogil=True)
def _fixed(market: tuple[Stints, Int64], mine: Int64, run: Int64, when: tuple[int, int], near: tuple[int, int]) -> float:
    """How much of a run was shown at one price, and how much of all that the trader showed there meanwhile, before and after."""
    stints, clock = market
    (first, last), (level, close) = when, near
    there, lots, shown = 0, 0, 0
    for stint in run:
        lots += stints.lots[stint]
        if abs(stints.price[stint] - level) <= close:
            there += stints.lots[stint]
    for stint in mine:
        at = clock[stints.since[stint]]
        if at > 2 * last - first:
            break
        if at >= 2 * first - last:
            shown += stints.lots[stint]
    return min(there / lots, lots / max(shown, 1))


@njit(cache=True, nogil=True)
def _withdrawn(stints: Stints, run: Int64, lots: int) -> float:
    """How much of what was shown was taken away and shown again, or how many of the orders were, whichever says more.

    Somebody who means to trade leaves an order until it is filled, however hard the market presses; a wall that is renewed by the
    clock is taken away with what is left of it. What goes after the last new order was only given up.
    """
    last, gone, orders = stints.since[run].max(), 0, 0
    for stint in run:
        left = stints.lots[stint] - stints.filled[stint]
        if stints.until[stint] < last and left > 0:
            gone += left
            orders += 1 if left >= _LEFT * stints.lots[stint] else 0
    return max(gone / lots, orders / len(run))


@njit(cache=True, nogil=True)
def _undone(tape: tuple[Int64, Int64, Int8, Int64, Int64], whose: int, side: int, when: tuple[int, int], filled: int) -> float:
    """How much of what was filled the same trader traded back meanwhile or as long after."""
    at, lots, taken, taker, maker = tape
    if filled == 0:
        return 0.0
    first, last = np.searchsorted(at, when[0], "right"), np.searchsorted(at, 2 * when[1] - when[0], "right")
    back = 0
    for i in range(first, last):
        if (taker[i] == whose and taken[i] == -side) or (maker[i] == whose and taken[i] == side):
            back += lots[i]
    return min(1.0, back / filled)


@njit(cache=True, nogil=True)
def _stints(events: tuple[Int8, Int8, Int8, Int64, Int64], parties: tuple[Int32, Int32, Int32], orders: int, out: Stints) -> int:
    """One pass over the stream. A taking order that never rests is a stint from its place to the next, none if it got nothing."""
    kind, side, order_type, price, quantity = events
    buyer, seller, account = parties
    order_of, account_of, side_of, price_of, since, until, lots, filled = out
    open_stint = np.full(orders, -1, np.int64)
    left = np.zeros(orders, np.int64)
    count, last = 0, len(kind)
    for i in range(last):
        if kind[i] == TRADE:
            for leg in range(2):
                order = seller[i] if leg else buyer[i]
                if order == NOBODY or open_stint[order] < 0:
                    continue
                stint = open_stint[order]
                filled[stint] += quantity[i]
                if price_of[stint] == NO_PRICE:
                    price_of[stint] = price[i]
                left[order] -= quantity[i]
                if left[order] <= 0:
                    until[stint], open_stint[order] = i, -1
            continue
        order = buyer[i]
        if order == NOBODY:
            continue
        stint = open_stint[order]
        if kind[i] > REPLACE or quantity[i] <= 0:
            if stint >= 0:
                until[stint], open_stint[order] = i, -1
            continue
        if account[i] == NOBODY:
            continue
        if stint >= 0 and price_of[stint] == price[i] and quantity[i] <= left[order]:
            left[order] = quantity[i]
            continue
        if stint >= 0:
            until[stint] = i
        filled[count] = 0
        order_of[count], account_of[count], side_of[count] = order, account[i], side[i]
        price_of[count] = price[i] if order_type[i] == LIMIT else NO_PRICE
        since[count], until[count], lots[count] = i, last, quantity[i]
        open_stint[order], left[order] = count, quantity[i]
        count += 1
    kept = 0
    for i in range(count):
        if price_of[i] != NO_PRICE:
            order_of[kept], account_of[kept], side_of[kept], price_of[kept] = order_of[i], account_of[i], side_of[i], price_of[i]
            since[kept], until[kept], lots[kept], filled[kept] = since[i], until[i], lots[i], filled[i]
            kept += 1
    return kept
