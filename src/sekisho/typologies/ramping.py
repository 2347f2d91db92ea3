"""Ramping: one trader lifts (or presses) the price step by step and then trades the other way at the price he made.

Signs must come together, each measured against the instrument's own tape, so that no figure depends on asset, price or lot:

* move: the price goes, or is sold at, further from where it started than it usually goes in as long a time;
* lead: what is taken at the highest (lowest) price so far is mostly taken by the trader;
* dominance: so is what is taken on that side at all meanwhile;
* progress: he does so in many orders, not in one sweep;
* unwinding: after that he trades the other way beyond the price he started from, net of what he goes on to push with and of what
  he had traded the other way meanwhile.

A large buyer who keeps what he buys unwinds nothing; where news moves the price, others take as much, and at the highs; who
quotes on both sides has sold before he buys back.
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

from sekisho.typologies.layering import middle_and_spread
from sekisho.typologies.meetings import trades_at
from sekisho.typologies.order_book import best_prices
from sekisho.typologies.order_stream import BUY, Int8, Int32, Int64, OrderStream
from sekisho.typologies.tape import UNNAMED, Tape, accounts_of, micros, moment, orders_of, tape_of, traders
from sekisho.typologies.trades import Trade

_PLACES: Final = 4
_SECOND: Final = 1_000_000
_SIDES: Final = {BUY: "buy", -BUY: "sell"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Times in seconds, ``steps`` a count, the others shares from 0 to 1."""

    pause: Decimal | int
    unwound: Decimal | int
    steps: int
    participation: Decimal | int
    usual: Decimal | int
    score: Decimal | int


class Parts(NamedTuple):
    """What the score is made of, each from 0 to 1; the score is their geometric mean, so that none can be missing."""

    move: Decimal
    lead: Decimal
    dominance: Decimal
    progress: Decimal
    unwinding: Decimal


@dataclass(frozen=True, slots=True)
class Ramp:
    """One climb of one trader; ``side`` is that of his orders. ``pushed`` are the trades that moved, ``unwound`` those against."""

    instrument: str
    account_ids: tuple[str, ...]
    side: str
    begins_at: datetime
    ends_at: datetime
    score: Decimal
    parts: Parts
    steps: int
    price_from: Decimal
    price_until: Decimal
    pushed: tuple[Trade, ...]
    unwound: tuple[Trade, ...]
    orders: tuple[str, ...]

    @property
    def proof(self) -> frozenset[str]:
        """Ids of orders and trades."""
        return frozenset(self.orders) | {trade.trade_id for trade in (*self.pushed, *self.unwound)}


class Climb(NamedTuple):
    """Trades ``first`` to ``last`` in which a trader took on one side: in how many orders, how far the price went, how many lots.

    ``high_lots`` are those taken on that side at the furthest price so far or beyond it.
    """

    first: int
    last: int
    trader: int
    side: int
    steps: int
    rise: int
    own_high_lots: int
    high_lots: int
    own_lots: int
    lots: int


def ramps(stream: OrderStream, owners: Mapping[str, str], shape: Shape, shared: frozenset[str] = frozenset()) -> list[Ramp]:
    """The ramps of one instrument, in order of time. ``owners`` names the owner of accounts that belong together.

    Accounts ``shared`` by many, and those whose business is to quote, are nobody in particular.
    """
    owner = traders(stream, owners, shared)
    tape = tape_of(stream, owner)
    if not len(tape.at):
        return []
    market = _Market(stream, tape, shape)
    climbs = _climbs_of(stream, tape, shape, int(market.spread))
    found = [ramp for climb in climbs if (ramp := market.judged(climb)) is not None]
    return sorted(found, key=lambda ramp: (ramp.begins_at, ramp.account_ids))


def _climbs_of(stream: OrderStream, tape: Tape, shape: Shape, spread: int) -> list[Climb]:
    """The climbs worth a look: in so many orders, with a fair share of what was taken on that side."""
    named = np.flatnonzero(tape.taker != UNNAMED)
    by_trader = named[np.argsort(tape.taker[named], kind="stable")]
    order = np.where(tape.side == BUY, stream.order[tape.place], stream.contra_order[tape.place])
    limits = (micros(shape.pause), int(shape.steps), float(shape.participation), spread)
    rows = _climbs(by_trader, (tape.at, tape.price, tape.lots, tape.side, tape.taker), order, limits)
    return [Climb(*row) for row in rows]


@njit(cache=True, nogil=True)
def _climbs(
    by_trader: Int64, tape: tuple[Int64, Int64, Int64, Int8, Int64], order: Int32, limits: tuple[int, int, float, int]
) -> list[tuple[int, int, int, int, int, int, int, int, int, int]]:
    """Of each run of takings on one side without a long pause, the stretch in which the price went furthest, and what is near."""
    at, price, lots, side, taker = tape
    pause, steps_min, participation, spread = limits
    bought = np.zeros(len(at) + 1, np.int64)
    sold = np.zeros(len(at) + 1, np.int64)
    for i in range(len(at)):
        bought[i + 1] = bought[i] + (lots[i] if side[i] == 1 else 0)
        sold[i + 1] = sold[i] + (lots[i] if side[i] == -1 else 0)
    found = [(0, 0, 0, 0, 0, 0, 0, 0, 0, 0) for _ in range(0)]
    start = 0
    for n in range(1, len(by_trader) + 1):
        if n < len(by_trader):
            i, j = by_trader[n], by_trader[n - 1]
            if taker[i] == taker[j] and side[i] == side[j] and at[i] - at[j] <= pause:
                continue
        s = side[by_trader[start]]
        low = best_low = best_top = start
        for m in range(start, n):
            if s * (price[by_trader[m]] - price[by_trader[low]]) < 0:
                low = m
            if s * (price[by_trader[m]] - price[by_trader[low]]) > s * (price[by_trader[best_top]] - price[by_trader[best_low]]):
                best_low, best_top = low, m
        furthest = s * (price[by_trader[best_top]] - price[by_trader[best_low]])
        near = min(spread, furthest // 4)
        bottom, top = s * price[by_trader[best_low]] + near, s * price[by_trader[best_top]] - near
        while best_low > start and s * price[by_trader[best_low - 1]] <= bottom:
            best_low -= 1
        while best_top < n - 1 and s * price[by_trader[best_top + 1]] >= top:
            best_top += 1
        start = n
        if best_top - best_low + 1 < steps_min:
            continue
        a, b, who = by_trader[best_low], by_trader[best_top], taker[by_trader[best_low]]
        mine = 0
        for m in range(best_low, best_top + 1):
            mine += lots[by_trader[m]]
        all_lots = bought[b + 1] - bought[a] if s == 1 else sold[b + 1] - sold[a]
        if mine < participation * all_lots:
            continue
        high, own, at_high, steps, last = s * price[a], 0, 0, 0, -2
        for i in range(a, b + 1):
            if side[i] == s and taker[i] == who and (order[i] != last or last == -1):
                steps += 1
                last = order[i]
            if side[i] == s and s * price[i] >= high:
                at_high += lots[i]
                own += lots[i] if taker[i] == who else 0
            high = max(high, s * price[i])
        rise = high - s * price[a]
        if steps >= steps_min and rise > 0:
            found.append((a, b, who, int(s), steps, rise, own, at_high, mine, all_lots))
    return found


class _Market:
    """The instrument's usual moves, against which a climb is judged."""

    def __init__(self, stream: OrderStream, tape: Tape, shape: Shape) -> None:
        self.stream, self.tape, self.shape = stream, tape, shape
        middle, twice_spread = middle_and_spread(best_prices(stream))
        self.middle, self.spread = middle, max(twice_spread / 2, 1.0)
        self.ranges: dict[int, tuple[Int64, Int64]] = {}

    def judged(self, climb: Climb) -> Ramp | None:
        """The climb as a ramp, or None where its score is too low."""
        unwinding, unwound = self._unwinding(climb)
        if not len(unwinding) or unwound <= 0:
            return None
        signs = (
            1 - 2 ** -self._move(climb, unwinding),
            climb.own_high_lots / climb.high_lots,
            climb.own_lots / climb.lots,
            1 - 2 ** -((climb.steps - 1) / 2),
            unwound,
        )
        score = round(float(np.prod(signs)) ** (1 / len(signs)), _PLACES)
        return None if score < self.shape.score else self._ramp(climb, unwinding, score, Parts(*map(_rounded, signs)))

    def _unwinding(self, climb: Climb) -> tuple[NDArray[np.intp], float]:
        """Own trades the other way after the climb, beyond the price it started from, and the share of the climb they undo."""
        tape, side = self.tape, climb.side
        until = int(np.searchsorted(tape.at, tape.at[climb.last] + micros(self.shape.unwound), "right"))
        before = int(np.searchsorted(tape.at, 2 * tape.at[climb.first] - tape.at[climb.last], "left"))
        taken, met = tape.taker[before:until] == climb.trader, tape.maker[before:until] == climb.trader
        lots, towards = tape.lots[before:until], tape.side[before:until] == side
        apart = taken != met
        against, along = apart & np.where(towards, met, taken), apart & np.where(towards, taken, met)
        later = np.arange(before, until) > climb.last
        beyond = side * tape.price[before:until] > side * self._start(climb)
        undone = int(lots[against & later & beyond].sum()) - int(lots[along & later].sum())
        meanwhile = int(lots[against & ~later].sum())
        share = min(1.0, undone / climb.own_lots) * max(0.0, 1 - meanwhile / climb.own_lots)
        return before + np.flatnonzero(against & later & beyond), share

    def _move(self, climb: Climb, unwinding: NDArray[np.intp]) -> float:
        """How often the usual move the climb was, or the one from its start to the prices at which it was unwound."""
        tape = self.tape
        begins, lots = int(tape.at[climb.first]), tape.lots[unwinding]
        price, at = (float(np.average(column[unwinding], weights=lots)) for column in (tape.price, tape.at))
        until_unwound = climb.side * (price - self._start(climb)) / self._usual(climb, int(at) - begins)
        return max(until_unwound, climb.rise / self._usual(climb, int(tape.at[climb.last]) - begins))

    def _start(self, climb: Climb) -> float:
        """The middle price before the climb; its first price where there is no book."""
        return float(self.middle[max(int(self.tape.place[climb.first]) - 1, 0)]) / 2 or float(self.tape.price[climb.first])

    def _usual(self, climb: Climb, length: int) -> float:
        """How far the price goes at most times in so many microseconds, outside this climb and its aftermath; at least the spread.

        Taken over the next power of two seconds, and brought to that length as a random walk would be.
        """
        at = self.tape.at
        length = max(length, _SECOND)
        power = max(0, int(np.ceil(np.log2(length / _SECOND))))
        width = _SECOND << power
        if power not in self.ranges:
            self.ranges[power] = _ranges(at, self.tape.price, width)
        begins, ranges = self.ranges[power]
        outside = ranges[(begins + width <= at[climb.first]) | (begins >= at[climb.last] + length)]
        usual = float(np.quantile(outside, float(self.shape.usual))) if len(outside) > 1 else 0.0
        return max(usual * float(np.sqrt(length / width)), self.spread)

    def _ramp(self, climb: Climb, unwinding: NDArray[np.intp], score: float, parts: Parts) -> Ramp:
        stream, tape, side = self.stream, self.tape, climb.side
        whole = np.arange(climb.first, climb.last + 1)
        pushing = whole[(tape.taker[whole] == climb.trader) & (tape.side[whole] == side)]
        legs = [(tape.place[pushing], side), (tape.place[unwinding], -side)]
        codes = [
            np.concatenate([(buy if way == BUY else sell)[place] for place, way in legs])
            for buy, sell in ((stream.account, stream.contra_account), (stream.order, stream.contra_order))
        ]
        pushed, unwound = (tuple(trades_at(stream, leg)) for leg, _way in legs)
        furthest = int((side * tape.price[pushing]).max()) * side
        return Ramp(
            stream.instrument,
            accounts_of(stream, codes[0]),
            _SIDES[side],
            moment(tape.at[climb.first]),
            moment(tape.at[unwinding].max()),
            Decimal(str(score)),
            parts,
            climb.steps,
            int(tape.price[climb.first]) * stream.tick,
            furthest * stream.tick,
            pushed,
            unwound,
            orders_of(stream, codes[1]),
        )


def _rounded(share: float) -> Decimal:
    return Decimal(str(round(float(share), _PLACES)))


@njit(cache=True, nogil=True)
def _ranges(at: Int64, price: Int64, width: int) -> tuple[Int64, Int64]:
    """Where each stretch of so many microseconds begins that has trades, and how far the price went from its last price on."""
    begins, ranges = np.empty(len(at), np.int64), np.empty(len(at), np.int64)
    count, high, low = 0, price[0], price[0]
    for i in range(len(at)):
        begin = at[0] + (at[i] - at[0]) // width * width
        if count == 0 or begin != begins[count - 1]:
            before = price[max(i - 1, 0)]
            high, low = before, before
            begins[count] = begin
            count += 1
        high, low = max(high, price[i]), min(low, price[i])
        ranges[count - 1] = high - low
    return begins[:count], ranges[:count]
