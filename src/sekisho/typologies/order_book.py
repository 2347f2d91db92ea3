"""The order book after every event: what everybody in the market could see, rebuilt exactly from orders and trades.

Every order is followed on its own (L3). Prices are levels of a ladder: a dense run of ticks around where the orders are, and a
sorted list of the few far prices outside it, so that one absurd price costs one level and not gigabytes.
"""

from __future__ import annotations

from functools import partial
from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sekisho.typologies.order_stream import (
    BUY,
    LIMIT,
    NO_PRICE,
    NOBODY,
    REJECT,
    REPLACE,
    TRADE,
    Int8,
    Int32,
    Int64,
    OrderStream,
)

DENSE_TICKS_MAX: Final = 1 << 22
_SAMPLE: Final = 4096
_BLOCK_BITS: Final = 10


class Ladder(NamedTuple):
    """Prices in ticks to levels 0, 1, 2 … in order of price: far low prices, then every tick from ``first``, then far high ones."""

    far_low: Int64
    first: int
    ticks: int
    far_high: Int64

    @property
    def levels(self) -> int:
        return len(self.far_low) + self.ticks + len(self.far_high)

    def level_of(self, prices: Int64) -> Int32:
        """Level of each price of the ladder; -1 for NO_PRICE."""
        level = prices - self.first + len(self.far_low)
        low, high = prices < self.first, prices >= self.first + self.ticks
        if low.any():
            level[low] = np.searchsorted(self.far_low, prices[low])
        if high.any():
            level[high] = len(self.far_low) + self.ticks + np.searchsorted(self.far_high, prices[high])
        level[prices == NO_PRICE] = -1
        return level.astype(np.int32)

    def price_of(self, levels: Int32) -> Int64:
        """The price of each level; NO_PRICE for -1."""
        every = np.concatenate(
            [self.far_low, np.arange(self.first, self.first + self.ticks, dtype=np.int64), self.far_high, [NO_PRICE]]
        )
        return every[levels]


def ladder_of(prices: Int64) -> Ladder:
    """The ladder for these prices: dense where most of them are, sorted where they are few and far."""
    real = prices if not len(prices) or prices.min() != NO_PRICE else prices[prices != NO_PRICE]
    if not len(real):
        return Ladder(np.empty(0, np.int64), 0, 1, np.empty(0, np.int64))
    sample = np.sort(real[:: max(1, len(real) // _SAMPLE)])
    middle = int(sample[len(sample) // 2])
    usual = int(sample[len(sample) - 1 - len(sample) // 50]) - int(sample[len(sample) // 50])
    reach = min(DENSE_TICKS_MAX, max(2 * usual, len(real), _SAMPLE)) // 2
    first, last = max(int(real.min()), middle - reach), min(int(real.max()), middle + reach)
    far_low, far_high = np.unique(real[real < first]), np.unique(real[real > last])
    return Ladder(far_low, first, last - first + 1, far_high)


class BestPrices(NamedTuple):
    """Best bid and ask in ticks after each event of a stream; NO_PRICE where a side is empty."""

    bid: Int64
    ask: Int64


class Depth(NamedTuple):
    """The best levels of both sides after each event: arrays of event by side (0 bid, 1 ask) by level, best first."""

    price: Int64
    lots: Int64


def best_prices(stream: OrderStream) -> BestPrices:
    """Best bid and ask after each event; rebuilt once for each stream."""
    return stream.shelf.once("best_prices", BestPrices, partial(_best_prices, stream))


def _best_prices(stream: OrderStream) -> BestPrices:
    ladder = ladder_of(stream.price)
    best, _, _ = _rebuilt(stream, ladder, np.empty(0, np.int64), 0)
    return BestPrices(ladder.price_of(best[:, 0]), ladder.price_of(best[:, 1]))


class _Usual(NamedTuple):
    spread: NDArray[np.float64]


def usual_spread(stream: OrderStream) -> float | None:
    """The median distance of the best prices in ticks while the book is sound, None where it never is; once for each stream."""
    usual = stream.shelf.once("usual_spread", _Usual, partial(_usual_spread, stream)).spread
    return float(usual[0]) if len(usual) else None


def _usual_spread(stream: OrderStream) -> _Usual:
    spreads = _sound_spreads(*best_prices(stream))
    return _Usual(np.full(1, np.median(spreads)) if len(spreads) else np.empty(0, np.float64))


@njit(cache=True, nogil=True)
def _sound_spreads(bid: Int64, ask: Int64) -> Int64:
    spreads = np.empty(len(bid), np.int64)
    count = 0
    for i in range(len(bid)):
        if bid[i] != NO_PRICE and ask[i] != NO_PRICE and bid[i] < ask[i]:
            spreads[count] = ask[i] - bid[i]
            count += 1
    return spreads[:count]


def depth(stream: OrderStream, levels: int, after: Int64 | None = None) -> Depth:
    """The best ``levels`` prices of each side and the lots resting there, after each event (or after these, ascending)."""
    ladder = ladder_of(stream.price)
    after = np.arange(len(stream)) if after is None else after
    _, level, lots = _rebuilt(stream, ladder, after, levels)
    return Depth(ladder.price_of(level), lots)


def _rebuilt(stream: OrderStream, ladder: Ladder, after: Int64, levels: int) -> tuple[Int32, Int32, Int64]:
    best = np.empty((len(stream), 2), np.int32)
    level, lots = np.full((len(after), 2, levels), -1, np.int32), np.zeros((len(after), 2, levels), np.int64)
    _follow(
        (stream.kind, stream.side, stream.order_type, ladder.level_of(stream.price), stream.quantity, stream.at),
        (stream.order, stream.contra_order),
        (len(stream.order_ids), ladder.levels),
        (best, after, level, lots),
    )
    return best, level, lots


@njit(cache=True, nogil=True)
def _follow(
    event: tuple[Int8, Int8, Int8, Int32, Int64, Int64],
    parties: tuple[Int32, Int32],
    size: tuple[int, int],
    seen: tuple[Int32, Int64, Int32, Int64],
) -> None:
    """Follow every order through the stream. One loop without inner calls: a call would cost more than the work.

    Some venues tell a fill twice, as a smaller order and as a trade of the same moment. What an order lost at its price without a
    trade is kept in ``told``, so that a trade that follows in that moment does not take it away again; a reduction followed by a
    later trade is the customer's own. Market and stop orders never show. A trade proves that nothing better rested on the passive
    side; what the records still show there (a cancellation lost) is swept away.
    """
    kind, side, order_type, level, quantity, moment = event
    buyer, seller = parties
    orders, levels = size
    best, after, seen_level, seen_lots = seen
    lots, busy = np.zeros((2, levels), np.int64), np.zeros((2, (levels >> _BLOCK_BITS) + 1), np.int32)
    left, told, told_at = np.zeros(orders, np.int64), np.zeros(orders, np.int64), np.zeros(orders, np.int64)
    at, row = np.zeros(orders, np.int32), np.zeros(orders, np.int8)
    top, looked = np.array([-1, levels]), 0
    swept, age = np.zeros((2, levels), np.int32), np.zeros(orders, np.int32)
    for i in range(len(kind)):
        for leg in range(2 if kind[i] == TRADE else 1):
            order = seller[i] if leg else buyer[i]
            if order == NOBODY or kind[i] == REJECT or (kind[i] <= REPLACE and (order_type[i] != LIMIT or level[i] < 0)):
                continue
            was = left[order] if age[order] == swept[row[order], at[order]] else 0
            if kind[i] == TRADE:
                known = min(told[order], quantity[i]) if told_at[order] == moment[i] else 0
                told[order] -= known
                now = max(was - quantity[i] + known, 0)
            else:
                now = quantity[i] if kind[i] <= REPLACE else 0
                stays = was > 0 and at[order] == level[i]
                kept = told[order] if told_at[order] == moment[i] else 0
                told[order], told_at[order] = (kept + was - now if stays and now < was else 0), moment[i]
            if was > 0:
                r, spot = row[order], at[order]
                lots[r, spot] -= was
                if lots[r, spot] == 0:
                    busy[r, spot >> _BLOCK_BITS] -= 1
                    if spot == top[r] and r == 0:
                        while spot >= 0 and lots[0, spot] == 0:
                            spot = _past(spot, 0) if busy[0, spot >> _BLOCK_BITS] == 0 else spot - 1
                        top[0] = spot
                    elif spot == top[r]:
                        while spot < levels and lots[1, spot] == 0:
                            spot = _past(spot, 1) if busy[1, spot >> _BLOCK_BITS] == 0 else spot + 1
                        top[1] = min(spot, levels)
            left[order] = now
            if now > 0:
                if kind[i] != TRADE:
                    at[order], row[order] = level[i], 0 if side[i] == BUY else 1
                r, spot = row[order], at[order]
                age[order] = swept[r, spot]
                busy[r, spot >> _BLOCK_BITS] += 1 if lots[r, spot] == 0 else 0
                lots[r, spot] += now
                top[r] = max(top[r], spot) if r == 0 else min(top[r], spot)
        if kind[i] == TRADE and side[i] != 0 and level[i] >= 0:
            r = 1 if side[i] == BUY else 0
            step = 1 if r else -1
            while 0 <= top[r] < levels and (level[i] - top[r]) * step > 0:
                spot = top[r]
                if lots[r, spot] > 0:
                    lots[r, spot] = 0
                    swept[r, spot] += 1
                    busy[r, spot >> _BLOCK_BITS] -= 1
                empty = busy[r, spot >> _BLOCK_BITS] == 0
                top[r] = _past(spot, r) if empty else spot + step
            while 0 <= top[r] < levels and lots[r, top[r]] == 0:
                top[r] = _past(top[r], r) if busy[r, top[r] >> _BLOCK_BITS] == 0 else top[r] + step
            top[1] = min(top[1], levels)
        best[i, 0], best[i, 1] = top[0], top[1] if top[1] < levels else -1
        while looked < len(after) and after[looked] == i:
            _look(lots, busy, top, seen_level[looked], seen_lots[looked])
            looked += 1


@njit(cache=True, nogil=True)
def _look(lots: Int64, busy: Int32, top: Int64, seen_level: Int32, seen_lots: Int64) -> None:
    """Copy the best levels of both sides, best first, blocks of empty levels skipped at once."""
    for r in range(2):
        spot, rank = top[r], 0
        while 0 <= spot < lots.shape[1] and rank < seen_level.shape[1]:
            if busy[r, spot >> _BLOCK_BITS] == 0:
                spot = _past(spot, r)
                continue
            if lots[r, spot] > 0:
                seen_level[r, rank], seen_lots[r, rank] = spot, lots[r, spot]
                rank += 1
            spot += -1 if r == 0 else 1


@njit(cache=True, nogil=True)
def _past(spot: int, row: int) -> int:
    """The first level beyond the block of ``spot``, away from the touch."""
    first = (spot >> _BLOCK_BITS) << _BLOCK_BITS
    return first - 1 if row == 0 else first + (1 << _BLOCK_BITS)
