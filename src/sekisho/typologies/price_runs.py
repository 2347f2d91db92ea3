"""Price runs: a price that leaves its level for a peak within the hour, far beyond an ordinary hour, and falls back again.

Where it comes halfway back and then goes further still, each of the two is a run of its own: what is sold (bought) to make the
first is not what made the second.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from math import exp
from typing import Final

import numpy as np
from numba import njit

from sekisho.typologies.trade_tape import Float, Int64, Tape

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE: Final = 60_000_000
_SMALLEST: Final = 0.0005
_PLACES: Final = Decimal("0.0001")
_RISING: Final = 0.2
"""The run begins with the last minute before its peak in which no more than a fifth of the way had been made."""
_HALF: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What is a run. ``rise_min`` by the range of an ordinary (median) hour of the day before, ``back_min`` a share of the rise."""

    level_minutes: int
    rise_minutes: int
    fall_minutes: int
    history_hours: int
    rise_min: Decimal | int
    back_min: Decimal | int


@dataclass(frozen=True, slots=True)
class Run:
    """One run: when it begins, is half way, peaks, and has fallen back; ``rise`` is a share of the level it left."""

    instrument: str
    begins_at: datetime
    half_at: datetime
    peaks_at: datetime
    back_at: datetime
    rise: Decimal
    back: Decimal


def price_runs(tape: Tape, shape: Shape) -> list[Run]:
    """The runs of one instrument, in order of their peaks. Prices are medians of minutes, so that no single print makes a run."""
    if not len(tape):
        return []
    first = int(tape.at[0] // _MINUTE)
    bars, traded = _minutes(tape.at, np.log(np.maximum(tape.price, np.finfo(np.float64).tiny)))
    spans = (shape.level_minutes, shape.rise_minutes, shape.fall_minutes, shape.history_hours)
    rows = _runs(bars, traded, spans, float(shape.rise_min), float(shape.back_min))
    return [_run(tape.instrument, first, row) for row in rows]


def _run(instrument: str, first: int, row: Float) -> Run:
    begins, half, peak, back = (_EPOCH + timedelta(minutes=first + int(each)) for each in row[:4])
    rise, fell = (Decimal(each).quantize(_PLACES, rounding=ROUND_HALF_EVEN) for each in (exp(row[4]) - 1, row[5]))
    return Run(instrument, begins, half, peak, back, rise, fell)


@njit(cache=True, nogil=True)
def _minutes(at: Int64, price: Float) -> tuple[Float, Int64]:
    """The median price of each minute (the last one known where nothing traded), and how many trades it had."""
    first = at[0] // _MINUTE
    bars, traded = np.zeros(at[-1] // _MINUTE - first + 1), np.zeros(at[-1] // _MINUTE - first + 1, np.int64)
    start, last = 0, price[0]
    for minute in range(len(bars)):
        end = start
        while end < len(at) and at[end] // _MINUTE - first == minute:
            end += 1
        if end > start:
            last = np.median(price[start:end])
        bars[minute], traded[minute] = last, end - start
        start = end
    return bars, traded


@njit(cache=True, nogil=True)
def _runs(bars: Float, traded: Int64, spans: tuple[int, int, int, int], rise_min: float, back_min: float) -> Float:
    level_minutes, rise_minutes, fall_minutes, hours = spans
    found, ranges = np.zeros((len(bars), 6)), _hours(bars, traded)
    number, minute = 0, level_minutes
    while minute < len(bars):
        until = min(len(bars), minute + rise_minutes + 1)
        peak = minute + int(np.argmax(bars[minute:until]))
        level = np.median(bars[minute - level_minutes : minute])
        least = rise_min * max(_ordinary(ranges, minute, hours), _SMALLEST)
        if peak == minute or bars[peak] - level < least:
            minute += 1
            continue
        start = minute
        while start <= peak:
            top, start = _leg(bars, start, peak, level, least)
            run = _made(bars, top, level, (minute - level_minutes, min(len(bars), top + fall_minutes + 1)), back_min)
            if run[5] >= back_min:
                found[number] = run
                number += 1
        minute = peak + 1
    return found[:number]


@njit(cache=True, nogil=True)
def _leg(bars: Float, start: int, peak: int, level: float, least: float) -> tuple[int, int]:
    """How far the price first went before it turned: its furthest minute, and the minute by which it had come halfway back."""
    top = start
    for here in range(start, peak + 1):
        rise = bars[top] - level
        if bars[here] > bars[top]:
            top = here
        elif rise >= least and bars[top] - bars[here] >= _HALF * rise:
            return top, here
    return top, peak + 1


@njit(cache=True, nogil=True)
def _made(bars: Float, peak: int, level: float, within: tuple[int, int], back_min: float) -> Float:
    """When a rise to this peak began, was half way and had come back, how far it went, and what it gave back."""
    earliest, end = within
    rise, begins = bars[peak] - level, peak
    while begins > earliest and bars[begins] > level + _RISING * rise:
        begins -= 1
    half = begins
    while bars[half] < level + _HALF * rise:
        half += 1
    lowest = peak + int(np.argmin(bars[peak:end]))
    fell, back = (bars[peak] - bars[lowest]) / rise, peak
    while fell >= back_min and bars[peak] - bars[back] < back_min * rise:
        back += 1
    return np.array([begins, half, peak, back, rise, min(fell, 1.0)])


@njit(cache=True, nogil=True)
def _hours(bars: Float, traded: Int64) -> Float:
    """The range of the price in the hour before each minute; -1 where nothing was traded in it or it is no hour yet."""
    ranges, trades = np.full(len(bars) + 1, -1.0), 0
    for end in range(1, len(bars) + 1):
        start = max(0, end - 60)
        trades += traded[end - 1] - (traded[start - 1] if start > 0 else 0)
        if end > 1 and trades > 0:
            ranges[end] = bars[start:end].max() - bars[start:end].min()
    return ranges


@njit(cache=True, nogil=True)
def _ordinary(ranges: Float, minute: int, hours: int) -> float:
    """The range of the price in a median hour of those before this minute in which anything was traded."""
    known_ranges = np.zeros(hours)
    known = 0
    for back in range(hours):
        end = minute - 60 * back
        if end < 2:
            break
        if ranges[end] >= 0:
            known_ranges[known] = ranges[end]
            known += 1
    return np.median(known_ranges[:known]) if known else np.inf
