"""Onset of a pump: within seconds a market sees several times the rush of buyers it saw at any moment of the past day.

No account is needed, only the tape. Three things of one short window are held against the instrument's own recent past:

* how many separate moments of aggressive buying it has (one order that sweeps the book is one moment, a crowd is many),
* how much was bought aggressively in it,
* how far the price rose.

The first two are measured by the largest such window of the past day, so that no figure depends on asset, price or lot; the
third by what the best rise of an ordinary hour is. Every figure looks back only: a live watch says the same at the same moment.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sekisho.typologies.order_stream import BUY
from sekisho.typologies.trade_tape import Float, Int8, Int64, Tape

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND: Final = 1_000_000
_HOUR: Final = 3600 * _SECOND
_MOMENT: Final = 1_000
"""Buys within one millisecond are one moment: most often one order that met several."""
_SMALLEST_RISE: Final = 0.0005
"""Where an ordinary hour knows no rise at all, five hundredths of a percent stand for it: less than a usual spread."""
_PLACES: Final = Decimal("0.01")
_FINE: Final = Decimal("0.0001")


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """What counts as an onset. Times in seconds or hours as their names say, the others ratios to the instrument's own past."""

    window_seconds: Decimal | int
    apart_seconds: Decimal | int
    rise_seconds: Decimal | int
    history_hours: int
    warm_up_hours: Decimal | int
    merge_minutes: Decimal | int
    moments_min: int
    strength_min: Decimal | int
    each_min: Decimal | int
    rise_min: Decimal | int


@dataclass(frozen=True, slots=True)
class Onset:
    """One onset: the window (begins_at, ends_at], its moments of buying, and its ratios to the past.

    ``ends_at`` is the moment at which it could first be said. ``rise`` is a share of the price. ``strength`` is the geometric
    mean of the two ratios of flow.
    """

    instrument: str
    begins_at: datetime
    ends_at: datetime
    moments: int
    moments_ratio: Decimal
    notional_ratio: Decimal
    rise: Decimal
    rise_ratio: Decimal
    strength: Decimal

    @property
    def score(self) -> Decimal:
        """From 0 (nothing beyond the past) towards 1."""
        return (1 - 1 / max(self.strength, Decimal(1))).quantize(_FINE, rounding=ROUND_HALF_EVEN)


def pump_onsets(tape: Tape, burst: Burst) -> list[Onset]:
    """The onsets of one instrument, in order of time; what goes on within the merging time belongs to the first."""
    if not len(tape):
        return []
    times = (burst.window_seconds, burst.apart_seconds, burst.rise_seconds)
    bars = (burst.moments_min, burst.strength_min, burst.each_min, burst.rise_min)
    place, first, told = _onsets(
        (tape.at, tape.price, tape.price * tape.quantity, tape.side),
        (int(times[0] * _SECOND), int(times[1] * _SECOND), int(times[2] * _SECOND)),
        (burst.history_hours, int(burst.warm_up_hours * 3600 * _SECOND), int(burst.merge_minutes * 60 * _SECOND)),
        tuple(float(each) for each in bars),
    )
    return [_onset(tape, int(last), int(begin), row) for last, begin, row in zip(place, first, told, strict=True)]


def _onset(tape: Tape, last: int, first: int, told: Float) -> Onset:
    moments, by_moments, by_notional, rise, by_rise = (float(each) for each in told)
    return Onset(
        instrument=tape.instrument,
        begins_at=_EPOCH + timedelta(microseconds=int(tape.at[first])),
        ends_at=_EPOCH + timedelta(microseconds=int(tape.at[last])),
        moments=round(moments),
        moments_ratio=_rounded(by_moments, _PLACES),
        notional_ratio=_rounded(by_notional, _PLACES),
        rise=_rounded(rise, _FINE),
        rise_ratio=_rounded(by_rise, _PLACES),
        strength=_rounded((by_moments * by_notional) ** 0.5, _PLACES),
    )


def _rounded(value: float, places: Decimal) -> Decimal:
    return Decimal(value).quantize(places, rounding=ROUND_HALF_EVEN)


@njit(cache=True, nogil=True)
def _onsets(
    tape: tuple[Int64, Float, Float, Int8], times: tuple[int, int, int], spans: tuple[int, int, int], bars: tuple[float, ...]
) -> tuple[Int64, Int64, Float]:
    """Places of the trades at which an onset could be said, of the first trade of its window, and its five figures."""
    at, price, notional, side = tape
    window, apart, rise_window = times
    hours, warm_up, merge = spans
    moments_min, strength_min, each_min, rise_min = bars
    count = len(at)
    buys = _taken_by_buyers(price, side)
    moments, bought, risen = np.zeros(count), np.zeros(count), np.zeros(count)
    # the largest of each hour; an onset is never held against what happened less than ``apart`` before it
    hour_zero = at[0] // _HOUR
    in_hour = np.zeros((3, at[-1] // _HOUR - hour_zero + 1))
    starts = np.zeros(count, np.int64)
    places, firsts, told = [np.int64(0) for _ in range(0)], [np.int64(0) for _ in range(0)], [np.zeros(5) for _ in range(0)]
    start, before, learned, oldest = 0, -1, 0, 0
    running, sum_bought, last_moment, last_burst = 0.0, 0.0, np.int64(-1), np.int64(-1) << 60
    new_moment = np.zeros(count, np.bool_)
    for i in range(count):
        if buys[i]:
            new_moment[i] = at[i] // _MOMENT != last_moment
            last_moment = at[i] // _MOMENT
            running += new_moment[i]
            sum_bought += notional[i]
        while at[start] <= at[i] - window:
            if buys[start]:
                running -= new_moment[start]
                sum_bought -= notional[start]
            start += 1
        if running < 0.5:
            sum_bought = notional[i] if buys[i] else 0.0
        while before + 1 < i and at[before + 1] <= at[i] - rise_window:
            before += 1
        moments[i], bought[i], starts[i] = running, sum_bought, start
        risen[i] = max(0.0, price[i] / price[max(before, 0)] - 1.0)
        while learned < i and at[learned] <= at[i] - apart:
            hour = at[learned] // _HOUR - hour_zero
            in_hour[0, hour] = max(in_hour[0, hour], moments[learned])
            in_hour[1, hour] = max(in_hour[1, hour], bought[learned])
            in_hour[2, hour] = max(in_hour[2, hour], risen[learned])
            learned += 1
        while at[oldest] <= at[i] - hours * _HOUR:
            oldest += 1
        if not buys[i] or running < moments_min or at[i] - at[oldest] < warm_up:
            continue
        until = (at[i] - apart) // _HOUR - hour_zero + 1
        since = max(0, until - hours - 1, at[oldest] // _HOUR - hour_zero)
        past_moments, past_bought = in_hour[0, since:until].max(), in_hour[1, since:until].max()
        if past_moments < 1.0 or past_bought <= 0.0:
            continue
        by_moments, by_bought = running / past_moments, sum_bought / past_bought
        if by_moments < each_min or by_bought < each_min or by_moments * by_bought < strength_min * strength_min:
            continue
        by_rise = risen[i] / max(np.median(in_hour[2, since:until]), _SMALLEST_RISE)
        if by_rise < rise_min:
            continue
        if at[i] - last_burst > merge:
            places.append(np.int64(i))
            firsts.append(starts[i])
            told.append(np.array([running, by_moments, by_bought, risen[i], by_rise]))
        last_burst = at[i]
    figures = np.zeros((len(told), 5))
    for n in range(len(told)):
        figures[n] = told[n]
    return np.array(places, np.int64), np.array(firsts, np.int64), figures


@njit(cache=True, nogil=True)
def _taken_by_buyers(price: Float, side: Int8) -> NDArray[np.bool_]:
    """Whether each trade was taken by a buyer; where the record does not say, whether the price last moved up."""
    buys = np.zeros(len(price), np.bool_)
    up = False
    for i in range(len(price)):
        if i > 0 and price[i] != price[i - 1]:
            up = price[i] > price[i - 1]
        buys[i] = side[i] == BUY if side[i] != 0 else up
    return buys
