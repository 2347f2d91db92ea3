"""Ramping: one trader lifts (or presses) the price step by step and then trades the other way at the price he made.

Five things must come together, each measured against the instrument's own tape, so that no figure depends on asset, price or lot:

* move: the price goes further than it usually does in as long a time;
* climb: the trader's own orders make most of the new highs (lows), and the quotes do not rise by themselves between them;
* steps: he does so in many orders, not in one sweep;
* unwinding: he trades the other way at the moved price, as much as he traded to move it.

A large buyer who keeps what he buys unwinds nothing; where news moves the price, others make the highs or the quotes move first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sekisho.typologies.order_book import best_prices
from sekisho.typologies.order_stream import BUY, NO_PRICE, NOBODY, TRADE, Int8, Int32, Int64, OrderStream
from sekisho.typologies.trades import Trade

_PLACES: Final = 4
_PARTS: Final = 5
_HALVING: Final = 2.0


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
    climb: Decimal
    own_doing: Decimal
    steps: Decimal
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


class Tape(NamedTuple):
    """The trades of a stream: place in it, time, price, lots, aggressor's side (0 unknown), buying and selling trader."""

    place: Int64
    at: Int64
    price: Int64
    lots: Int64
    side: Int8
    buyer: Int64
    seller: Int64

    @property
    def aggressor(self) -> Int64:
        """The trader who took, NOBODY where unknown."""
        whose: Int64 = np.where(self.side == BUY, self.buyer, np.where(self.side == -BUY, self.seller, NOBODY))
        return whose


def ramps(stream: OrderStream, owners: Mapping[str, str], shape: Shape) -> list[Ramp]:
    """The ramps of one instrument, in order of time. ``owners`` names the owner of accounts that belong together."""
    tape = tape_of(stream, owners)
    if not len(tape.place):
        return []
    climbs = _climbs_of(stream, tape, shape)
    if not len(climbs):
        return []
    market = _Market(stream, tape, shape)
    found = [ramp for climb in climbs if (ramp := market.judged(climb)) is not None]
    return sorted(found, key=lambda ramp: (ramp.begins_at, ramp.account_ids))


def tape_of(stream: OrderStream, owners: Mapping[str, str]) -> Tape:
    """The trades, with the later of the two orders as the aggressor where the venue does not say."""
    place = np.flatnonzero(stream.kind == TRADE)
    side = stream.side[place]
    if (side == 0).any():
        seen = np.full(len(stream.order_ids) + 1, -1, np.int64)
        events = np.flatnonzero((stream.kind != TRADE) & (stream.order != NOBODY))[::-1]
        seen[stream.order[events]] = events
        later = np.sign(seen[stream.order[place]] - seen[stream.contra_order[place]]).astype(np.int8)
        side = np.where(side == 0, later, side)
    trader = _traders(stream, owners)
    clock = np.maximum.accumulate(stream.at)
    buyer, seller = trader[stream.account[place]], trader[stream.contra_account[place]]
    return Tape(place, clock[place], stream.price[place], stream.quantity[place], side, buyer, seller)


def _traders(stream: OrderStream, owners: Mapping[str, str]) -> Int64:
    """A number for the trader behind each account: the code of the first account of the same owner."""
    codes = np.append(np.arange(len(stream.account_ids)), NOBODY)
    if owners:
        first: dict[str, int] = {}
        for code, name in enumerate(stream.account_ids.to_pylist()):
            if name in owners:
                codes[code] = first.setdefault(owners[name], code)
    return codes


def _climbs_of(stream: OrderStream, tape: Tape, shape: Shape) -> NDArray[np.int64]:
    """Rows of (first trade, last trade, trader, side, steps, own rise, whole rise) of the climbs worth a look."""
    whose = tape.aggressor
    order = np.where(tape.side == BUY, stream.order[tape.place], stream.contra_order[tape.place])
    by_trader = np.lexsort((np.arange(len(whose)), whose))
    by_trader = by_trader[whose[by_trader] != NOBODY]
    count = (tape.side == BUY).astype(np.int64)
    taken = np.concatenate([[0], np.cumsum(count)])
    limits = (int(shape.pause * 1_000_000), shape.steps, float(shape.participation))
    rows = _climbs(by_trader, (tape.at, tape.price, tape.side, order, whose), taken, limits)
    return np.asarray(rows, np.int64).reshape(-1, 7)


@njit(cache=True, nogil=True)
def _climbs(
    by_trader: Int64, tape: tuple[Int64, Int64, Int8, Int32, Int64], taken: Int64, limits: tuple[int, int, float]
) -> list[tuple[int, int, int, int, int, int, int]]:
    at, price, side, order, whose = tape
    pause, steps_min, participation = limits
    found = [(0, 0, 0, 0, 0, 0, 0) for _ in range(0)]
    start = 0
    for n in range(1, len(by_trader) + 1):
        if n < len(by_trader):
            i, j = by_trader[n], by_trader[n - 1]
            if whose[i] == whose[j] and side[i] == side[j] and at[i] - at[j] <= pause:
                continue
        s = side[by_trader[start]]
        low = top = start
        best_low = best_top = start
        for m in range(start, n):
            if s * (price[by_trader[m]] - price[by_trader[low]]) < 0:
                low = m
            if s * (price[by_trader[m]] - price[by_trader[low]]) > s * (price[by_trader[best_top]] - price[by_trader[best_low]]):
                best_low, best_top = low, m
        low, top = best_low, best_top
        start = n
        if top - low + 1 < steps_min:
            continue
        a, b, who = by_trader[low], by_trader[top], whose[by_trader[low]]
        others = taken[b + 1] - taken[a] if s == 1 else (b + 1 - a) - (taken[b + 1] - taken[a])
        if top - low + 1 < participation * others:
            continue
        high, own, whole, steps, last = price[a], 0, 0, 0, -2
        for i in range(a, b + 1):
            rise = s * (price[i] - high)
            if rise > 0:
                whole += rise
                high = price[i]
                if whose[i] == who and side[i] == s:
                    own += rise
                    if order[i] != last or order[i] == -1:
                        steps += 1
                        last = order[i]
        if steps + 1 >= steps_min:
            found.append((a, b, who, s, steps + 1, own, whole))
    return found


class _Market:
    """The instrument's usual moves and quotes, against which a climb is judged."""

    def __init__(self, stream: OrderStream, tape: Tape, shape: Shape) -> None:
        self.stream, self.tape, self.shape = stream, tape, shape
        best = best_prices(stream)
        sound = (best.bid != NO_PRICE) & (best.ask != NO_PRICE) & (best.bid < best.ask)
        self.quoted = bool(sound.any())
        last = np.maximum.accumulate(np.where(sound, np.arange(len(sound)), np.argmax(sound)))
        self.middle = (best.bid + best.ask)[last] if self.quoted else np.zeros(len(sound), np.int64)
        self.spread = float(np.median((best.ask - best.bid)[sound])) if self.quoted else 1.0

    def judged(self, climb: NDArray[np.int64]) -> Ramp | None:
        """The climb as a ramp, or None where its score is too low."""
        a, b, who, side, steps, own, whole = (int(value) for value in climb)
        tape = self.tape
        pushing = np.arange(a, b + 1)[(tape.aggressor[a : b + 1] == who) & (tape.side[a : b + 1] == side)]
        unwinding = self._unwinding(a, b, who, side)
        lots = int(tape.lots[pushing].sum())
        parts = (
            1 - _HALVING ** -(whole / self._usual(a, b)),
            own / whole,
            self._own_doing(pushing, side, whole),
            1 - _HALVING ** -((steps - 1) / 2),
            min(1.0, int(tape.lots[unwinding].sum()) / lots),
        )
        score = round(float(np.prod(parts)) ** (1 / _PARTS), _PLACES)
        if score < self.shape.score:
            return None
        return self._ramp((pushing, unwinding), side, steps, (score, parts))

    def _unwinding(self, a: int, b: int, who: int, side: int) -> NDArray[np.intp]:
        """Own trades the other way, from the start of the climb, beyond the price it started from."""
        tape = self.tape
        until = int(np.searchsorted(tape.at, tape.at[b] + int(self.shape.unwound * 1_000_000), "right"))
        against = tape.seller[a:until] if side == BUY else tape.buyer[a:until]
        along = tape.buyer[a:until] if side == BUY else tape.seller[a:until]
        start = int(self.middle[max(int(tape.place[a]) - 1, 0)]) if self.quoted else 2 * int(tape.price[a])
        chosen = (against == who) & (along != who) & (side * (2 * tape.price[a:until] - start) > 0)
        return a + np.flatnonzero(chosen)

    def _own_doing(self, pushing: NDArray[np.intp], side: int, whole: int) -> float:
        """How little of the rise the quotes made by themselves between the trader's own orders."""
        if not self.quoted:
            return 1.0
        place = self.tape.place[pushing]
        before, after = self.middle[np.maximum(place - 1, 0)], self.middle[place]
        by_others = float((before[1:] - after[:-1]).sum()) * side / 2
        return float(np.clip(1 - by_others / whole, 0, 1))

    def _usual(self, a: int, b: int) -> float:
        """How far the price goes at most times in as long a time, outside this climb and its aftermath; at least the spread."""
        tape = self.tape
        length = max(int(tape.at[b] - tape.at[a]), 1_000_000)
        first, last = int(tape.at[a]), int(tape.at[b]) + length
        outside = np.flatnonzero((tape.at < first) | (tape.at > last))
        if len(outside) < 2:
            return max(self.spread, 1.0)
        bins = (tape.at[outside] - int(tape.at[0])) // length
        starts = np.flatnonzero(np.r_[True, bins[1:] != bins[:-1]])
        price = tape.price[outside]
        carried = price[np.maximum(starts - 1, 0)]
        high, low = np.maximum.reduceat(price, starts), np.minimum.reduceat(price, starts)
        ranges = np.maximum(high, carried) - np.minimum(low, carried)
        return max(float(np.quantile(ranges, float(self.shape.usual))), self.spread, 1.0)

    def _ramp(
        self, legs: tuple[NDArray[np.intp], NDArray[np.intp]], side: int, steps: int, judged: tuple[float, tuple[float, ...]]
    ) -> Ramp:
        stream, tape = self.stream, self.tape
        pushing, unwinding = legs
        pushed, unwound = (tuple(self._trade(int(tape.place[n])) for n in leg) for leg in legs)
        own = [t.buy_order_id if side == BUY else t.sell_order_id for t in pushed]
        own += [t.sell_order_id if side == BUY else t.buy_order_id for t in unwound]
        accounts = {t.buy_account_id if side == BUY else t.sell_account_id for t in pushed}
        accounts |= {t.sell_account_id if side == BUY else t.buy_account_id for t in unwound}
        score, parts = judged
        return Ramp(
            stream.instrument,
            tuple(sorted(accounts)),
            "buy" if side == BUY else "sell",
            _moment(int(tape.at[pushing[0]])),
            _moment(int(tape.at[np.concatenate([pushing, unwinding])].max())),
            Decimal(str(score)),
            Parts(*(Decimal(str(round(float(part), _PLACES))) for part in parts)),
            steps,
            int(tape.price[pushing[0]]) * stream.tick,
            int(tape.price[pushing[-1]]) * stream.tick,
            pushed,
            unwound,
            tuple(sorted({order for order in own if order is not None})),
        )

    def _trade(self, place: int) -> Trade:
        stream = self.stream
        orders = [
            None if c == NOBODY else stream.order_ids[int(c)].as_py() for c in (stream.order[place], stream.contra_order[place])
        ]
        codes = (stream.account[place], stream.contra_account[place])
        accounts = ["" if c == NOBODY else stream.account_ids[int(c)].as_py() for c in codes]
        name = stream.trade_ids[int(stream.trade[place])].as_py()
        price, quantity = int(stream.price[place]) * stream.tick, int(stream.quantity[place]) * stream.lot
        moment = _moment(int(stream.at[place]))
        return Trade(name, int(stream.sequence[place]), moment, stream.instrument, price, quantity, orders[0], orders[1], *accounts)


def _moment(microseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
