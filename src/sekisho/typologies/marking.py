"""Marking the close: one trader's trades carry the price away just before the moment at which it is read.

A market that never closes has its closes all the same: the cut-off at which books are valued, the fixing of an index, the end
of a session. A mark is told by four things that come together, each measured against the instrument itself:

* weight: far more than the largest trader takes here in a stretch of that length, and a large part of what is taken on that side;
  what an order that took all there was wanted besides counts as well;
* drive: the trades go one way, each at or beyond the price of the one before, and take the price further than it usually moves;
  where it came back between two orders, the next must take it away anew, and it must be read away from where it was;
  who trades or quotes the other way meanwhile, as a dealer does who lays off what he holds, carries nothing;
* timing: it is done in the last stretch, neither spread over the time before nor gone on with after the price was read;
* aftermath: the price comes back once it has been read, or the same trader does it at one fixing after another.

The last stretch is looked at in several lengths, since some mark in seconds and some in minutes. What comes after a fixing is
only weighed where the records go on after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from math import factorial
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sekisho.typologies.fixings import Fixing, TimeOfDay
from sekisho.typologies.meetings import trades_at
from sekisho.typologies.order_book import BestPrices, best_prices
from sekisho.typologies.order_stream import BUY, LIMIT, MARKET, NEW, NO_PRICE, NOBODY, SELL, Int32, Int64, OrderStream
from sekisho.typologies.tape import (
    UNNAMED,
    Float,
    Tape,
    accounts_of,
    micros,
    middle_at,
    middles_between,
    moment,
    orders_of,
    tape_of,
    traders,
)
from sekisho.typologies.trades import Trade

_SIDES: Final = {BUY: "buy", SELL: "sell"}
_PLACES: Final = 4
_ROUNDING: Final = 0.01
"""More than rounding the signs can add to their mean."""
_HALF: Final = 0.5
_NEXT_TO_NOTHING: Final = 0.1
"""An order of less than a tenth of the chain's mean order neither proves nor carries anything."""
_STEPS_COUNTED: Final = 12
"""Beyond so many steps in a row the odds against chance no longer change in the fourth place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How a mark is looked for. Lengths of the last stretch in seconds, the longest first; shares and scores from 0 to 1.

    ``usual`` is the quantile, over all stretches so long, up to which a move or the largest trader's taking is usual, and
    ``moved_full`` the multiple of a usual move that leaves no doubt. ``candidate`` is the least structure of a mark worth keeping.
    """

    stretches: tuple[Decimal | int, ...]
    side_share: Decimal | int
    usual: Decimal | int
    moved_full: Decimal | int
    candidate: Decimal | int


@dataclass(frozen=True, slots=True)
class Mark:
    """One trader's trades before one fixing. Prices in the quote asset, quantities in the base asset.

    ``reverted`` is the share of the move that was gone after the fixing, None where the records end there. ``trades`` carried
    the price; ``orders`` are all sent to take this way in the stretch, for a series is more than its best steps.
    """

    instrument: str
    account_ids: tuple[str, ...]
    side: str
    fixing: Fixing
    begins_at: datetime
    ends_at: datetime
    weight: Decimal
    drive: Decimal
    timing: Decimal
    reverted: Decimal | None
    share: Decimal
    quantity: Decimal
    from_price: Decimal
    to_price: Decimal
    orders: tuple[str, ...]
    trades: tuple[Trade, ...]

    @property
    def proof(self) -> frozenset[str]:
        """Ids of the orders and trades."""
        return frozenset((*self.orders, *(trade.trade_id for trade in self.trades)))

    @property
    def structure(self) -> float:
        """What the trades before the fixing say by themselves, from 0 to 1: none of the three signs can be missing."""
        return float(np.cbrt(float(self.weight * self.drive * self.timing)))


@dataclass(frozen=True, slots=True)
class Scheme:
    """The marks of one trader on one instrument and side, in order of time, and how strong they are together."""

    marks: tuple[Mark, ...]
    score: Decimal

    @property
    def best(self) -> Mark:
        """The plainest mark."""
        return max(self.marks, key=lambda mark: (mark.structure, mark.fixing.at))

    @property
    def reverted(self) -> Decimal | None:
        """The largest share of a move that was gone after its fixing, None where the records end before."""
        return max((mark.reverted for mark in self.marks if mark.reverted is not None), default=None)

    @property
    def orders(self) -> tuple[str, ...]:
        """All orders that took."""
        return tuple(sorted({order for mark in self.marks for order in mark.orders}))

    @property
    def account_ids(self) -> tuple[str, ...]:
        """All accounts used."""
        return tuple(sorted({account for mark in self.marks for account in mark.account_ids}))


def marks(
    stream: OrderStream,
    owners: Mapping[str, str],
    shared: frozenset[str],
    fixings: tuple[Mapping[str, tuple[Fixing, ...]], tuple[TimeOfDay, ...]],
    shape: Shape,
) -> list[Mark]:
    """The marks of one instrument: the best stretch for each trader, side and fixing.

    ``fixings`` are those of each instrument, and times of day that hold for all.
    """
    owner = traders(stream, owners, shared)
    tape = tape_of(stream, owner)
    if len(tape.at) < 2:
        return []
    market = _Market(stream, owner, tape, shape)
    dated, daily = fixings
    found: list[Mark] = []
    ends_at = moment(market.ends_at + micros(shape.stretches[-1]))
    for fixing in _moments(dated.get(stream.instrument, ()), daily, moment(tape.at[0]), ends_at):
        found += market.at(fixing)
    return found


def schemes(found: Iterable[Mark], owners: Mapping[str, str]) -> list[Scheme]:
    """Marks of one trader, instrument and side as one scheme; its score weighs the aftermath as well.

    Fixings so close that the same trades count for both are one. Schemes come in order of time.
    """
    groups: dict[tuple[str, str, str], list[Mark]] = {}
    for mark in sorted(found, key=lambda mark: (mark.fixing.at, mark.fixing.name)):
        trader = owners.get(mark.account_ids[0], mark.account_ids[0])
        series = groups.setdefault((mark.instrument, trader, mark.side), [])
        if series and series[-1].proof & mark.proof:
            series[-1] = max(mark, series[-1], key=lambda one: one.structure)
        else:
            series.append(mark)
    each = (Scheme(tuple(series), _score(series)) for series in groups.values())
    return sorted(each, key=lambda one: (one.marks[0].begins_at, one.best.instrument, one.account_ids))


def _score(series: list[Mark]) -> Decimal:
    """The geometric mean of the plainest mark's signs and of the aftermath: the better of coming back and being done again.

    Where the records say nothing of what came after, and it was done once, the signs before the fixing count alone.
    """
    best = max(series, key=lambda mark: mark.structure)
    again = 1 - 0.5 ** (len(series) - 1)
    parts = [float(best.weight), float(best.drive), float(best.timing)]
    known = [float(mark.reverted) for mark in series if mark.reverted is not None]
    if known or again:
        parts.append(max(again, *known))
    return _rounded(float(np.prod(parts)) ** (1 / len(parts)))


class _Market:
    """One instrument's tape, as the fixings ask for it."""

    def __init__(self, stream: OrderStream, owner: Int64, tape: Tape, shape: Shape) -> None:
        self.stream, self.owner, self.tape, self.shape = stream, owner, tape, shape
        self.usual: dict[tuple[int, int], tuple[float, float]] = {}
        self.clock = np.maximum.accumulate(stream.at)
        self.ends_at = int(self.clock[-1])

    @cached_property
    def best(self) -> BestPrices:
        """The best prices after each event of the stream."""
        return best_prices(self.stream)

    @cached_property
    def scratch(self) -> Int64:
        """A zero for each leg."""
        return np.zeros(int(self.legs.max()) + 1, np.int64)

    @cached_property
    def legs(self) -> Int64:
        """A number for each trade's taker and side; those of the unnamed are 0 and 1."""
        return np.asarray((self.tape.taker + 1) * 2 + (self.tape.side == BUY))

    def at(self, fixing: Fixing) -> list[Mark]:
        """For each trader and side the stretch before this fixing that speaks most plainly."""
        best: dict[tuple[int, int], Mark] = {}
        at = round((fixing.at - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1))
        for seconds in self.shape.stretches:
            length = micros(seconds)
            for whose, mark in self._in_stretch(fixing, at, length):
                if whose not in best or mark.structure > best[whose].structure:
                    best[whose] = mark
        return [best[whose] for whose in sorted(best)]

    def _in_stretch(self, fixing: Fixing, at: int, length: int) -> Iterable[tuple[tuple[int, int], Mark]]:
        tape = self.tape
        first, last = np.searchsorted(tape.at, [at - length, at], "right")
        if last - first < 1:
            return
        inside = slice(first, last)
        taker, taken, bought = tape.taker[inside], tape.lots[inside], tape.side[inside] == BUY
        named = taker != UNNAMED
        whose, back = np.unique(self.legs[inside][named] - 2, return_inverse=True)
        lots = np.bincount(back, taken[named], minlength=len(whose))
        of_sides = np.array([taken[tape.side[inside] == SELL].sum(), taken[bought].sum()], np.float64)
        large = np.flatnonzero(lots >= float(self.shape.side_share) * of_sides[whose & 1])
        for number in large[np.argsort(-lots[large], kind="stable")]:
            trader, side = int(whose[number]) >> 1, BUY if whose[number] & 1 else SELL
            of_side = float(of_sides[whose[number] & 1])
            own = first + np.flatnonzero((taker == trader) & (tape.side[inside] == side))
            mark = self._mark(fixing, (at, length), own, of_side)
            if mark is not None and mark.structure >= float(self.shape.candidate):
                yield (trader, side), mark

    def _mark(self, fixing: Fixing, when: tuple[int, int], own: NDArray[np.intp], of_side: float) -> Mark | None:
        """The mark that these trades of one trader and side make, or None where they show no drive."""
        tape, (at, length) = self.tape, when
        side, trader = int(tape.side[own[0]]), int(tape.taker[own[0]])
        taken = float(tape.lots[own].sum())
        usual_lots, usual_move = self._usual(at, length)
        emptied = self._emptied(own, side)
        if taken <= usual_lots and not emptied:
            return None
        chain = self._material(own[_heaviest_chain(side * tape.price[own], tape.lots[own])], side)
        lots = float(tape.lots[chain].sum())
        share = lots / of_side
        if share < float(self.shape.side_share):
            return None
        timing = self._timing(trader, side, (at, length), taken)
        if self._hopeless((1 + share) / 2, timing):
            return None
        left = self._left(self._sent(trader, side, at - length, at), own, side) if emptied else 0.0
        offered = taken + left
        weight = (max(0.0, (offered - usual_lots) / (offered + usual_lots)) + share) / 2 if offered > usual_lots else 0.0
        if self._hopeless(weight, timing):
            return None
        against = max(float(tape.lots[self._of(trader, -side, at - length, at)].sum()), self._shown(trader, -side, at - length, at))
        read, first = self._level(at, side), int(own[0])
        stands = read > side * self._before(int(tape.place[first]), first)
        straight = max(0.0, 2 * (self._carried(own, chain, side) if stands else lots) / (taken + against) - 1)
        before, after = self._around(chain, at)
        reached = side * (float(tape.price[chain[-1]]) - before)
        moved = min(reached, read - side * before)
        further = max(0.0, min(1.0, (moved / usual_move - 1) / (float(self.shape.moved_full) - 1)))
        drive = max(further, self._walked(chain, side, left > 0)) * straight
        if drive == 0.0 or self._hopeless(weight, timing, drive):
            return None
        # Gone is counted from the furthest price reached: some of the move may be gone before the price is read.
        reverted = None if after is None else max(0.0, min(1.0, 1 - side * (after - before) / reached)) if reached > 0 else 0.0
        sent = self._sent(trader, side, at - length, at)
        series = (chain, self._orders(sent, self._material(own, side), side))
        return self._described(fixing, series, (weight, drive, timing, reverted, share, before))

    def _hopeless(self, weight: float, timing: float, drive: float = 1.0) -> bool:
        """Whether these signs cannot make a candidate, even where the drive is all it can be."""
        return weight * timing * drive == 0.0 or (weight * timing * drive) ** (1 / 3) < float(self.shape.candidate) - _ROUNDING

    def _material(self, chain: NDArray[np.intp], side: int) -> NDArray[np.intp]:
        """Without the orders that are next to nothing beside the chain's others: they carry no price."""
        places, lots = self.tape.place[chain], self.tape.lots[chain]
        codes = self.stream.order[places] if side == BUY else self.stream.contra_order[places]
        _, back = np.unique(codes, return_inverse=True)
        each = np.bincount(back, lots)
        kept: NDArray[np.intp] = chain[(each >= _NEXT_TO_NOTHING * each.mean())[back]]
        return kept

    def _carried(self, own: NDArray[np.intp], chain: NDArray[np.intp], side: int) -> float:
        """The lots of the chain, and those of other orders that took the price away anew from where it had come back to."""
        price = side * self.tape.price[own]
        codes = (self.stream.order if side == BUY else self.stream.contra_order)[self.tape.place[own]]
        _, first, back = np.unique(codes, return_index=True, return_inverse=True)
        furthest = np.full(len(first), price.min())
        np.maximum.at(furthest, back, price)
        anew = (furthest > price[first])[back]
        return float(self.tape.lots[own[anew | np.isin(own, chain)]].sum())

    def _sent(self, trader: int, side: int, after: int, until: int) -> NDArray[np.intp]:
        """Where in the stream this trader's orders to take at any price came."""
        new = self._new(trader, side, after, until)
        market: NDArray[np.intp] = new[self.stream.order_type[new] == MARKET]
        return market

    def _shown(self, trader: int, side: int, after: int, until: int) -> float:
        """The lots of this trader's new limit orders on a side: who quotes there meanwhile is a dealer and carries no price."""
        new = self._new(trader, side, after, until)
        return float(self.stream.quantity[new[self.stream.order_type[new] == LIMIT]].sum())

    def _new(self, trader: int, side: int, after: int, until: int) -> NDArray[np.intp]:
        """Where in the stream this trader's new orders on a side came, after and until a moment."""
        stream = self.stream
        first, last = np.searchsorted(self.clock, [after, until], "right")
        inside = slice(first, last)
        new = (stream.kind[inside] == NEW) & (stream.side[inside] == side) & (stream.account[inside] != NOBODY)
        places = first + np.flatnonzero(new)
        own: NDArray[np.intp] = places[self.owner[stream.account[places]] == trader]
        return own

    def _emptied(self, own: NDArray[np.intp], side: int) -> bool:
        """Whether one of these trades took the last that was offered to it."""
        facing = self.best.ask if side == BUY else self.best.bid
        return bool((facing[self.tape.place[own]] == NO_PRICE).any())

    def _left(self, sent: NDArray[np.intp], own: NDArray[np.intp], side: int) -> float:
        """The lots that orders which took all there was wanted besides: an offer, too. Who found nobody there took nothing."""
        stream = self.stream
        codes = (stream.order if side == BUY else stream.contra_order)[self.tape.place[own]]
        took = sent[np.isin(stream.order[sent], codes)]
        got = self.tape.lots[own][np.isin(codes, stream.order[took])].sum()
        return max(0.0, float(stream.quantity[took].sum() - got))

    def _orders(self, sent: NDArray[np.intp], taken: NDArray[np.intp], side: int) -> Int32:
        """The orders of these trades, and those sent to take at any price, found they anybody or not."""
        stream = self.stream
        enough = sent[stream.quantity[sent] >= _NEXT_TO_NOTHING * float(np.mean(stream.quantity[sent]))] if len(sent) else sent
        order = stream.order if side == BUY else stream.contra_order
        return np.union1d(order[self.tape.place[taken]], stream.order[enough]).astype(np.int32)

    def _of(self, trader: int, side: int, after: int, until: int) -> NDArray[np.intp]:
        """Places on the tape of one trader's taking on one side, after and until a moment."""
        first, last = np.searchsorted(self.tape.at, [after, until], "right")
        inside = slice(first, last)
        places: NDArray[np.intp] = first + np.flatnonzero((self.tape.taker[inside] == trader) & (self.tape.side[inside] == side))
        return places

    def _timing(self, trader: int, side: int, when: tuple[int, int], lots: float) -> float:
        """How far what the trader took this way exceeds what he took as long before, or goes on to take after: 0 where it was even.

        Each is told from three stretches so long. Whoever only wants the price read has no reason to go on.
        """
        at, length = when
        around = (at - 4 * length, at - length), (at, at + 3 * length)
        even = max(float(self.tape.lots[self._of(trader, side, since, until)].sum()) for since, until in around) / 3
        return max(0.0, (lots - even) / (lots + even))

    def _walked(self, chain: NDArray[np.intp], side: int, emptied: bool) -> float:
        """The odds that so many orders in a row do not end each at a further price by chance alone; one order proves nothing.

        An order that took all there was, and wanted more, went beyond every price there was.
        """
        places = self.tape.place[chain]
        codes = self.stream.order[places] if side == BUY else self.stream.contra_order[places]
        last_of_order = np.r_[codes[1:] != codes[:-1], True]
        steps = len(np.unique(self.tape.price[chain][last_of_order])) + int(emptied)
        return 1 - 1 / factorial(min(steps, _STEPS_COUNTED))

    def _around(self, chain: NDArray[np.intp], at: int) -> tuple[float, float | None]:
        """The price before the first trade of the chain, and the typical one after the fixing, None where nothing is known."""
        before = self._before(int(self.tape.place[chain[0]]), int(chain[0]))
        until = at + micros(self.shape.stretches[0])
        if self.ends_at < until:
            return before, None
        first, last = np.searchsorted(self.clock, [at, until], "right")
        middle = middles_between(self.best, first, last)
        if len(middle) and not np.isnan(middle).all():
            return before, float(np.nanmedian(middle))
        first, last = np.searchsorted(self.tape.at, [at, until], "right")
        traded = self.tape.price[first : max(last, first + 1)]  # where nothing is quoted or traded for so long, the next trade's
        return before, float(np.median(traded)) if len(traded) else None

    def _before(self, place: int, trade: int) -> float:
        """The middle price before the taking order came, or the last trade's price where the book is not known."""
        order = self.stream.order[place] if self.tape.side[trade] == BUY else self.stream.contra_order[place]
        came = place
        while came > 0 and self.stream.at[came - 1] >= self.stream.at[place] and order in (
            self.stream.order[came - 1], self.stream.contra_order[came - 1],
        ):  # fmt: skip
            came -= 1
        middle = middle_at(self.best, came - 1) if came else np.nan
        near = float(self.tape.price[trade - 1]) if trade else float(self.tape.price[trade])
        return near if np.isnan(middle) else middle

    def _level(self, at: int, side: int) -> float:
        """What can be read at a moment, the last price or the middle, whichever lies further on this side; signed by the side."""
        last = float(self.tape.price[max(0, int(np.searchsorted(self.tape.at, at, "right")) - 1)])
        middle = middle_at(self.best, max(0, int(np.searchsorted(self.clock, at, "right")) - 1))
        return side * last if np.isnan(middle) else max(side * last, side * middle)

    def _usual(self, at: int, length: int) -> tuple[float, float]:
        """What the largest trader of a side usually takes in a stretch so long, and how far the price usually moves in it."""
        if (at, length) not in self.usual:
            self.usual[at, length] = self._usual_of(at, length)
        return self.usual[at, length]

    def _usual_of(self, at: int, length: int) -> tuple[float, float]:
        tape = self.tape
        largest, moves = _by_stretch((tape.at, tape.price, tape.lots, self.legs), self.scratch, at, length)
        tick = max(1.0, _quantile(moves, float(self.shape.usual))) if (moves > 0).any() else 1.0
        return (_quantile(largest, float(self.shape.usual)) if len(largest) else 0.0), tick

    def _described(
        self,
        fixing: Fixing,
        series: tuple[NDArray[np.intp], Int32],
        parts: tuple[float, float, float, float | None, float, float],
    ) -> Mark:
        """``series`` are the trades that carried the price, and all orders sent to take that are more than nothing."""
        stream, tape, (chain, sent) = self.stream, self.tape, series
        weight, drive, timing, reverted, share, before = parts
        side, places = int(tape.side[chain[0]]), tape.place[chain]
        order, account = (stream.order, stream.account) if side == BUY else (stream.contra_order, stream.contra_account)
        return Mark(
            stream.instrument,
            accounts_of(stream, account[places]),
            _SIDES[side],
            fixing,
            moment(tape.at[chain[0]]),
            moment(tape.at[chain[-1]]),
            _rounded(weight),
            _rounded(drive),
            _rounded(timing),
            None if reverted is None else _rounded(reverted),
            _rounded(share),
            int(tape.lots[chain].sum()) * stream.lot,
            Decimal(round(before)) * stream.tick,
            int(tape.price[chain[-1]]) * stream.tick,
            orders_of(stream, np.union1d(order[places], sent)),
            tuple(trades_at(stream, places)),
        )


def _moments(dated: Iterable[Fixing], daily: Iterable[TimeOfDay], first: datetime, last: datetime) -> list[Fixing]:
    """The fixings within a period, one for each moment."""
    days = (last.date() - first.date()).days
    every = [
        Fixing(each.on(first.date() + timedelta(days=day)), each.name) for each in daily for day in range(-1, days + 2)
    ] + list(dated)
    inside = sorted(fixing for fixing in set(every) if first <= fixing.at <= last)
    return [one for place, one in enumerate(inside) if place == 0 or one.at > inside[place - 1].at]


def _rounded(number: float) -> Decimal:
    return Decimal(str(round(number, _PLACES)))


@njit(cache=True, nogil=True)
def _heaviest_chain(price: Int64, lots: Int64) -> Int64:
    """Of trades in order, those with the most lots of which each is at or beyond the price of the one before."""
    count = len(price)
    best, came = lots.copy(), np.full(count, -1, np.int64)
    for i in range(count):
        for j in range(i):
            if price[j] <= price[i] and best[j] + lots[i] > best[i]:
                best[i], came[i] = best[j] + lots[i], j
    at, length = int(np.argmax(best)), 0
    spot = at
    while spot >= 0:
        length += 1
        spot = came[spot]
    chain = np.empty(length, np.int64)
    for n in range(length - 1, -1, -1):
        chain[n] = at
        at = came[at]
    return chain


def _quantile(values: Float, share: float) -> float:
    """What ``np.quantile`` gives, without its care for every kind of array."""
    place = share * (len(values) - 1)
    low = int(place)
    high, between = min(low + 1, len(values) - 1), place - low
    parted = np.partition(values, (low, high))
    a, b = float(parted[low]), float(parted[high])
    return b - (b - a) * (1 - between) if between >= _HALF else a + (b - a) * between


@njit(cache=True, nogil=True)
def _by_stretch(tape: tuple[Int64, Int64, Int64, Int64], total: Int64, until: int, length: int) -> tuple[Float, Float]:
    """For each stretch so long, counted back from a moment, the most one taker takes on a side, and how far the price moves.

    Neither is told of the stretch that ends at the moment itself. A stretch without trades moves nothing and has no largest taker.
    The unnamed (legs 0 and 1) do not count. ``total`` has a place for each leg, all zero, and is left so.
    """
    at, price, lots, legs = tape
    count = len(at)
    first, last = -((until - at[0]) // length), -((until - at[count - 1]) // length)
    largest, moves = np.empty(count), np.zeros(last - first)
    runs, begins, closed = 0, 0, 0.0
    while begins < count:
        stretch, most, ends = -((until - at[begins]) // length), 0, begins
        while ends < count and -((until - at[ends]) // length) == stretch:
            if legs[ends] > 1:
                total[legs[ends]] += lots[ends]
                most = max(most, total[legs[ends]])
            ends += 1
        for i in range(begins, ends):
            total[legs[i]] = 0
        if stretch != 0:
            largest[runs] = most
            runs += 1
        closing = float(price[ends - 1])
        if stretch > first:
            moves[stretch - first - 1] = abs(closing - closed)
        closed, begins = closing, ends
    if first < 0 <= last:
        moves[-first - 1 : -1] = moves[-first:].copy()
        moves = moves[:-1]
    return largest[:runs], moves
