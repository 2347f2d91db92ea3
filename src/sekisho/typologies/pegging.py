"""Pegging and capping: one trader's orders hold a price at a level by coming back to it again and again.

A wall of orders that somebody means to trade is no peg. A peg is told by five things that come together, each measured against
the instrument itself:

* stubborn: the same side, the same level, again and again over a long time, whatever has just been filled or withdrawn. Most of
  what the trader shows on that side stands there: orders that follow the price are at each level only as long as it is;
* weight: the orders are large for this market and most of what its side shows at the touch while they stand;
* one-sided: the trader does not show as much on the other side, as a market maker would;
* held: the price leans on the level, and strays less from it than it strays before and after;
* artifice: most of what is shown is taken away unfilled, or what was traded is undone elsewhere by the same trader. Somebody
  who really sells a position lets his orders be filled, and keeps what he got for it.

Orders that replace one another count as well as orders that take: whoever sells into every rise holds it down, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sekisho.typologies.order_book import BestPrices, best_prices, depth
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
    Tape,
    accounts_of,
    micros,
    moment,
    orders_of,
    tape_of,
    trade_at,
    traders,
)
from sekisho.typologies.trades import Trade

_SIDES: Final = {BUY: "buy", SELL: "sell"}
_PLACES: Final = 4
_LEVELS: Final = 10
_SLICES: Final = 24
"""Into how many equal parts the time of a peg is cut to ask how things stood."""
_MOST: Final = 0.5
_CLOSE: Final = 4
"""Orders within a quarter of what is near a level are at the level itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What counts as a peg. Times in seconds, shares and scores from 0 to 1; ``near_spreads`` in usual spreads.

    ``large`` is the share of the side's orders that are smaller than a large one; ``apart`` the longest pause within one peg.
    """

    lasts_min: Decimal | int
    apart: Decimal | int
    orders_min: Decimal | int
    near_spreads: Decimal | int
    large: Decimal | int
    present_share: Decimal | int
    artifice: Decimal | int
    one_sided: Decimal | int
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
    owner = traders(stream, owners, shared)
    market = _Market(stream, stints, owner, best_prices(stream), shape)
    holds = [hold for run in market.runs() if (hold := market.hold(run)) is not None]
    return _apart(sorted(market.pegs(holds), key=lambda peg: (-peg.score, peg.begins_at, peg.side)))


def stints_of(stream: OrderStream) -> Stints:
    """Follow every order of a named account through the prices it stood at."""
    size = int(((stream.kind <= REPLACE) & (stream.quantity > 0)).sum())
    longs = [np.zeros(size, np.int64) for _column in range(5)]
    price, since, until, lots, filled = longs
    ints = np.zeros(size, np.int32), np.zeros(size, np.int32)
    out = Stints(*ints, np.zeros(size, np.int8), price, since, until, lots, filled)
    events = (stream.kind, stream.side, stream.order_type, stream.price, stream.quantity)
    count = _stints(events, (stream.order, stream.contra_order, stream.account), len(stream.order_ids), out)
    kept = out.price[:count] != NO_PRICE
    order, account, side, *rest = (column[:count][kept] for column in out)
    price, since, until, lots, filled = rest
    return Stints(order, account, side, price, since, until, lots, filled)


class _Hold(NamedTuple):
    """What a run of stints shows before the depth of the book is looked at."""

    run: NDArray[np.intp]
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

    def __init__(self, stream: OrderStream, stints: Stints, owner: Int64, best: BestPrices, shape: Shape) -> None:
        self.stream, self.stints, self.best, self.shape = stream, stints, best, shape
        self.owner = owner
        self.whose = owner[stints.account]
        self.by_trader = np.argsort(self.whose, kind="stable")
        self.traders = self.whose[self.by_trader]
        self.clock = np.maximum.accumulate(stream.at)
        self.touch = {BUY: _last_known(best.bid), SELL: _last_known(best.ask)}
        self.tape: Tape = tape_of(stream, owner)
        sound = (best.bid != NO_PRICE) & (best.ask != NO_PRICE) & (best.bid < best.ask)
        spread = float(np.median((best.ask - best.bid)[sound])) if sound.any() else 1.0
        self.near = max(1, round(float(shape.near_spreads) * spread))
        self.large = {side: self._large(side) for side in (BUY, SELL)}

    def _large(self, side: int) -> float:
        lots = self.stints.lots[self.stints.side == side]
        return float(np.quantile(lots, float(self.shape.large))) if len(lots) else 1.0

    def runs(self) -> list[NDArray[np.intp]]:
        """Large stints of one trader and side about one level, without long pauses: long enough and often enough to be looked at.

        Levels are cut twice, the second time by half a step, so that no level lies on an edge both times.
        """
        stints, shape = self.stints, self.shape
        bar = np.where(stints.side == BUY, self.large[BUY], self.large[SELL])
        chosen = np.flatnonzero((self.whose != UNNAMED) & (stints.lots >= bar))
        found: list[NDArray[np.intp]] = []
        for shift in (0, self.near):
            level = (stints.price[chosen] + shift) // (2 * self.near)
            by_level = chosen[np.lexsort((stints.since[chosen], level, stints.side[chosen], self.whose[chosen]))]
            if not len(by_level):
                continue
            level = (stints.price[by_level] + shift) // (2 * self.near)
            key = np.column_stack([self.whose[by_level], stints.side[by_level], level])
            starts, ends = self.clock[stints.since[by_level]], self.clock[np.minimum(stints.until[by_level], len(self.clock) - 1)]
            cut = np.r_[0, _cuts((key[1:] == key[:-1]).all(axis=1), starts, ends, micros(shape.apart)), len(by_level)]
            lasts = np.maximum.reduceat(ends, cut[:-1]) - starts[cut[:-1]]  # a run is in order of its beginnings
            runs = np.flatnonzero((np.diff(cut) >= int(shape.orders_min)) & (lasts >= micros(shape.lasts_min)))
            found += [by_level[cut[run] : cut[run + 1]] for run in runs]
        return found

    def _times(self, run: NDArray[np.intp]) -> tuple[int, int]:
        since, until = self.stints.since[run].min(), self.stints.until[run].max()
        return int(self.clock[since]), int(self.clock[min(int(until), len(self.clock) - 1)])

    def hold(self, run: NDArray[np.intp]) -> _Hold | None:
        """What these stints show, or None where the trader was seldom there, meant to trade, or quoted both sides."""
        stints, shape = self.stints, self.shape
        side, whose = int(stints.side[run[0]]), int(self.whose[run[0]])
        first, last = self._times(run)
        asked = np.linspace(first, last, _SLICES + 2)[1:-1]
        places = np.maximum(np.searchsorted(self.clock, asked, "right") - 1, 0)
        own = self._standing(run, places)
        if (own > 0).mean() < float(shape.present_share):
            return None
        one_sided = self._one_sided(run, whose, side, places, own)
        level = int(np.median(stints.price[run]))
        leaning = (own > 0) & (np.abs(self.touch[side][places] - level) <= self.near)
        if one_sided < float(shape.one_sided) or not leaning.any() or self._fixed(run, whose, level) < _MOST:
            return None
        artifice = max(self._withdrawn(run), self._undone(whose, side, (first, last), int(stints.filled[run].sum())))
        if artifice < float(shape.artifice):
            return None
        calm = self._calm(side, level, first, last)
        return _Hold(run, level, side, (first, last), places, own, leaning, one_sided, artifice, calm)

    def pegs(self, holds: list[_Hold]) -> list[Peg]:
        """Candidates among the holds, by the weight of their orders in the book, which is rebuilt once for all of them."""
        if not holds:
            return []
        asked = np.unique(np.concatenate([hold.places for hold in holds]))
        lots = depth(self.stream, _LEVELS, asked).lots.sum(axis=2)
        found = []
        for hold in holds:
            shown = lots[np.searchsorted(asked, hold.places), 0 if hold.side == BUY else 1]
            weight = float(np.minimum(1.0, hold.own / np.maximum(shown, 1))[hold.leaning].mean())
            held = float(hold.leaning.mean()) * (1.0 if hold.calm is None else 1 - hold.calm**2)
            stubborn = 1 - int(self.shape.orders_min) / (2 * len(hold.run))
            leaned = _rounded(weight), _rounded(hold.one_sided), _rounded(held), _rounded(hold.artifice)
            signs = (_rounded(stubborn), *leaned)
            if _score(signs) >= self.shape.candidate:
                found.append(self._described(hold, signs))
        return found

    def _standing(self, chosen: NDArray[np.intp], places: Int64) -> Float:
        """Lots of these stints that stand after each of the places, fills counted as if they came evenly."""
        stints = self.stints
        since, until = stints.since[chosen][:, None], stints.until[chosen][:, None]
        stands = (since <= places) & (places < until)
        gone = np.clip((places - since) / np.maximum(until - since, 1), 0, 1) * stints.filled[chosen][:, None]
        standing: Float = (stands * (stints.lots[chosen][:, None] - gone)).sum(axis=0)
        return standing

    def _one_sided(self, run: NDArray[np.intp], whose: int, side: int, places: Int64, own: Float) -> float:
        """How little the same trader showed on the other side: at the moments asked, or in all, whichever says more.

        A quote that is met is gone when it is asked for, but it has been shown. What takes at once is not shown.
        """
        stints, (first, last) = self.stints, self._times(run)
        other = self.by_trader[slice(*np.searchsorted(self.traders, [whose, whose + 1]))]
        other = other[stints.side[other] == -side]
        since, until = self.clock[stints.since[other]], self.clock[np.minimum(stints.until[other], len(self.clock) - 1)]
        other = other[(since <= last) & (until >= first) & (until > since)]
        if not len(other):
            return 1.0
        standing = float(self._standing(other, places).sum()) / max(float(own.sum()), 1.0)
        shown = float(stints.lots[other].sum()) / float(stints.lots[run].sum())
        return max(0.0, 1 - max(standing, shown))

    def _fixed(self, run: NDArray[np.intp], whose: int, level: int) -> float:
        """How much of it was shown at one price, and how much of all that the trader showed there meanwhile, before and after."""
        stints, (first, last) = self.stints, self._times(run)
        own = self.by_trader[slice(*np.searchsorted(self.traders, [whose, whose + 1]))]
        own = own[stints.side[own] == stints.side[run[0]]]
        at = self.clock[stints.since[own]]
        own = own[(at >= 2 * first - last) & (at <= 2 * last - first)]
        close = np.abs(stints.price[run] - level) <= self.near // _CLOSE
        lots = float(stints.lots[run].sum())
        return min(float(stints.lots[run][close].sum()) / lots, lots / max(float(stints.lots[own].sum()), 1.0))

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
        back again and again is held: its moves from slice to slice are many, but they lead nowhere. None where the records do
        not cover the stretch.
        """
        if first < self.clock[0] or last > self.clock[-1]:
            return None
        places = np.searchsorted(self.clock, np.linspace(first, last, _SLICES + 1), "right") - 1
        price = self.touch[side][np.maximum(places, 0)]
        price = price[~np.isnan(price)]
        if not len(price):
            return None
        return float(np.abs(price - (np.median(price) if level is None else level)).mean())

    def _undone(self, whose: int, side: int, when: tuple[int, int], filled: int) -> float:
        """How much of what was filled the same trader traded back meanwhile or as long after."""
        length = when[1] - when[0]
        first, last = np.searchsorted(self.tape.at, [when[0], when[1] + length], "right")
        inside = slice(first, last)
        taken = (self.tape.taker[inside] == whose) & (self.tape.side[inside] == -side)
        met = (self.tape.maker[inside] == whose) & (self.tape.side[inside] == side)
        back = float(self.tape.lots[inside][taken | met].sum())
        return min(1.0, back / filled) if filled else 0.0

    def _withdrawn(self, run: NDArray[np.intp]) -> float:
        """How much of what was shown was taken away and shown again; what goes after the last new order was only given up."""
        lots, filled, until = self.stints.lots[run], self.stints.filled[run], self.stints.until[run]
        again = until < int(self.stints.since[run].max())
        return max(0.0, float((lots - filled)[again].sum()) / float(lots.sum()))

    def _described(self, hold: _Hold, signs: _Signs) -> Peg:
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
            tuple(trade_at(stream, int(place)) for place in fills),
        )


def _apart(found: list[Peg]) -> list[Peg]:
    """Of pegs that share orders the strongest, in order of time."""
    kept: list[Peg] = []
    seen: set[str] = set()
    for peg in found:
        if seen.isdisjoint(peg.orders):
            kept.append(peg)
            seen.update(peg.orders)
    return sorted(kept, key=lambda peg: (peg.begins_at, peg.account_ids, peg.side))


def _last_known(price: Int64) -> Float:
    """A best price after each event, the last one where the side is empty; nan before the first."""
    there = price != NO_PRICE
    last = np.maximum.accumulate(np.where(there, np.arange(len(price)), -1))
    return np.where(last >= 0, price[last].astype(np.float64), np.nan)


def _score(signs: _Signs) -> Decimal:
    return _rounded(float(np.prod([float(sign) for sign in signs])) ** (1 / len(signs)))


def _rounded(number: float) -> Decimal:
    return Decimal(str(round(number, _PLACES)))


@njit(cache=True, nogil=True)
def _cuts(same: NDArray[np.bool_], starts: Int64, ends: Int64, apart: int) -> Int64:
    """Where a new run begins: another trader, side or level, or a pause since everything before had ended."""
    cut = np.zeros(len(starts), np.int64)
    count, until = 0, ends[0]
    for i in range(1, len(starts)):
        if not same[i - 1] or starts[i] - until > apart:
            cut[count] = i
            count += 1
            until = ends[i]
        else:
            until = max(until, ends[i])
    return cut[:count]


@njit(cache=True, nogil=True)
def _stints(events: tuple[Int8, Int8, Int8, Int64, Int64], parties: tuple[Int32, Int32, Int32], orders: int, out: Stints) -> int:
    """One pass over the stream. A taking order that never rests is a stint from its place to the next."""
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
        order_of[count], account_of[count], side_of[count] = order, account[i], side[i]
        price_of[count] = price[i] if order_type[i] == LIMIT else NO_PRICE
        since[count], until[count], lots[count] = i, last, quantity[i]
        open_stint[order], left[order] = count, quantity[i]
        count += 1
    return count
