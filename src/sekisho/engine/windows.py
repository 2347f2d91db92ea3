"""Windows: what a search over order flow looks at in one go, one Japan day of one instrument and what led up to it.

A window holds the day's events and trades, those of the LOOKBACK before it, and every order that already rested when the lookback
begins, shown as a new order in the state it had then, with its own name, time and sequence. So a scheme across midnight is seen
whole, and no search needs more than a day in memory. Both engines cut the same windows: a book of one day is one window, as it is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple, Protocol, TypeVar

import numpy as np
import pyarrow as pa
from numba import njit

from sekisho.typologies.order_stream import (
    COLUMNS,
    LIMIT,
    NEW,
    NO_PRICE,
    NOBODY,
    REJECT,
    REPLACE,
    TRADE,
    Int8,
    Int32,
    Int64,
    OrderStream,
    Shelf,
)

LOOKBACK: Final = 4 * 3_600_000_000
"""Microseconds of the day before that a window holds as well."""
SETTLED: Final = 600_000_000
"""What ends in the last microseconds of a day is told only once what followed it is known: the next day's window sees both."""
DAY: Final = 86_400_000_000
AHEAD: Final = 9 * 3_600_000_000
"""Japan is nine hours ahead of UTC."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Window(NamedTuple):
    """One instrument and one Japan day, the day as its number since 1970."""

    instrument: str
    day: int

    @property
    def opens_at(self) -> int:
        """Microseconds since 1970 (UTC) at which the judged day begins."""
        return self.day * DAY - AHEAD

    @property
    def on(self) -> date:
        """The Japan date judged."""
        return date(1970, 1, 1) + timedelta(days=self.day)


class Resting(NamedTuple):
    """Orders that rest when lookbacks begin: which start, whose, first shown and last placed where, lots left."""

    start: Int64
    order: Int64
    born: Int64
    placed: Int64
    lots: Int64


def windows_of(stream: OrderStream) -> list[tuple[Window, OrderStream]]:
    """The windows of a whole stream, in order of day. A stream of one day is its own window."""
    days = _days(stream.at)
    windows = [Window(stream.instrument, day) for day in days]
    if len(windows) == 1:
        return [(windows[0], replace(stream, opens_at=windows[0].opens_at, shelf=Shelf()))]
    starts = np.array([window.opens_at - LOOKBACK for window in windows])
    resting = resting_at(stream, starts)
    edges = np.searchsorted(resting.start, np.arange(len(windows) + 1))
    ordered = bool((stream.at[1:] >= stream.at[:-1]).all())
    cut = []
    for n, window in enumerate(windows):
        low, high = starts[n], window.opens_at + DAY
        if ordered:
            place: Any = slice(*np.searchsorted(stream.at, (low, high)).tolist())
        else:
            place = np.flatnonzero((stream.at >= low) & (stream.at < high))
        carried = Resting(*(column[edges[n] : edges[n + 1]] for column in resting))
        cut.append((window, _cut(stream, place, carried, window)))
    return cut


def _days(at: Int64) -> list[int]:
    number = (at + AHEAD) // DAY
    first = int(number.min())
    days: list[int] = (np.flatnonzero(np.bincount(number - first)) + first).tolist()
    return days


def _cut(stream: OrderStream, place: Any, carried: Resting, window: Window) -> OrderStream:
    """The part of a stream at ``place`` behind the orders carried in, numbered anew as if it had been read alone."""
    before = carried_rows(stream, carried)
    arrays: dict[str, Any] = {name: np.concatenate([before[name], getattr(stream, name)[place]]) for name in COLUMNS}
    sequence = arrays["sequence"]
    if (sequence[1:] < sequence[:-1]).any():
        by_sequence = np.argsort(sequence, kind="stable")
        arrays = {name: column[by_sequence] for name, column in arrays.items()}
    names: dict[str, Any] = {}
    for own, contra, ids in (("order", "contra_order", "order_ids"), ("account", "contra_account", "account_ids")):
        recorded = getattr(stream, ids)
        arrays[own], arrays[contra], used = _recoded(arrays["kind"], arrays[own], arrays[contra], len(recorded))
        names[ids] = recorded.take(pa.array(used))
    traded = arrays["kind"] == TRADE
    names["trade_ids"] = stream.trade_ids.take(pa.array(arrays["trade"][traded]))
    arrays["trade"] = np.where(traded, np.cumsum(traded) - 1, NOBODY).astype(np.int32)
    arrays["price"], tick = _in_own_unit(arrays["price"], stream.tick, stream.tick_known)
    arrays["quantity"], lot = _in_own_unit(arrays["quantity"], stream.lot, stream.lot_known)
    for column in arrays.values():
        column.setflags(write=False)
    return replace(stream, tick=tick, lot=lot, opens_at=window.opens_at, shelf=Shelf(), **arrays, **names)


def _in_own_unit(values: Int64, unit: Decimal, known: Decimal | None) -> tuple[Int64, Decimal]:
    """Whole numbers in the unit a window has by itself: the largest that holds all its numbers and divides the known one."""
    step = int(common_unit(values, int(known / unit) if known else 0)) or 1
    return np.where(values == NO_PRICE, NO_PRICE, values // step), unit * step


@njit(cache=True, nogil=True)
def common_unit(values: Int64, start: int) -> int:
    """The largest whole number that divides ``start`` and every value; 0 where there is none but 0."""
    unit = start
    for value in values:
        if value == NO_PRICE:
            continue
        if unit == 0:
            unit = abs(value)
        elif value % unit != 0:
            rest = abs(value)
            while rest != 0:
                unit, rest = rest, unit % rest
    return unit


@njit(cache=True, nogil=True)
def _recoded(kind: Int8, own: Int32, contra: Int32, names: int) -> tuple[Int32, Int32, Int32]:
    """Codes in order of first appearance among order events, then buyers, then sellers, as reading the rows gives them."""
    code, used, count = np.full(names, NOBODY, np.int32), np.empty(names, np.int32), 0
    for leg in range(3):
        for i in range(len(kind)):
            if (kind[i] == TRADE) != (leg > 0):
                continue
            name = contra[i] if leg == 2 else own[i]
            if name != NOBODY and code[name] == NOBODY:
                code[name], used[count] = count, name
                count += 1
    new_own, new_contra = np.full(len(kind), NOBODY, np.int32), np.full(len(kind), NOBODY, np.int32)
    for i in range(len(kind)):
        if own[i] != NOBODY:
            new_own[i] = code[own[i]]
        if contra[i] != NOBODY:
            new_contra[i] = code[contra[i]]
    return new_own, new_contra, used[:count]


# --- orders that rest when a window begins ----------------------------------------------------------------------------------


def resting_at(stream: OrderStream, starts: Int64) -> Resting:
    """The orders that rest at each of ``starts`` (microseconds, ascending), told from each order's own events and trades before it.

    Nothing but an order's own events decides, so any part of the orders with their trades gives its part of the answer.
    """
    slot = np.searchsorted(starts, stream.at, "right").astype(np.int32)
    events = (stream.kind, stream.side, stream.order_type, stream.price, stream.quantity, stream.at, slot)
    parties, orders = (stream.order, stream.contra_order), len(stream.order_ids)
    out = np.empty((0, 5), np.int64)
    count = _rest(events, parties, (orders, len(starts)), out)
    out = np.empty((count, 5), np.int64)
    _rest(events, parties, (orders, len(starts)), out)
    # Where a venue's clock runs back, an order may be seen twice at one start: its later state holds.
    latest = np.lexsort((np.arange(count), out[:, 1], out[:, 0]))
    out = out[latest]
    last = np.r_[(out[1:, 0] != out[:-1, 0]) | (out[1:, 1] != out[:-1, 1]), True][:count]
    out = out[last]
    out = out[np.lexsort((out[:, 2], out[:, 0]))]
    return Resting(*(np.ascontiguousarray(column) for column in out.T))


def carried_rows(stream: OrderStream, resting: Resting) -> dict[str, Any]:
    """Resting orders as rows of a stream: new orders with the price and the lots they had, at their own time and sequence."""
    born, placed, count = resting.born, resting.placed, len(resting.order)
    nobody = np.full(count, NOBODY, np.int32)
    return {
        "sequence": stream.sequence[born],
        "at": stream.at[born],
        "kind": np.full(count, NEW, np.int8),
        "side": stream.side[placed],
        "order_type": np.full(count, LIMIT, np.int8),
        "price": stream.price[placed],
        "quantity": resting.lots,
        "order": resting.order.astype(np.int32),
        "contra_order": nobody,
        "account": stream.account[placed],
        "contra_account": nobody,
        "trade": nobody,
    }


@njit(cache=True, nogil=True)
def _rest(
    event: tuple[Int8, Int8, Int8, Int64, Int64, Int64, Int32], parties: tuple[Int32, Int32], size: tuple[int, int], out: Int64
) -> int:
    """Follow every order (as the order book does) and write a row wherever it rests over a start; returns how many there are."""
    kind, _, order_type, price, quantity, moment, slot = event
    orders, starts = size
    left, told, told_at = np.zeros(orders, np.int64), np.zeros(orders, np.int64), np.zeros(orders, np.int64)
    born, placed, since = np.zeros(orders, np.int64), np.zeros(orders, np.int64), np.zeros(orders, np.int32)
    count = 0
    for i in range(len(kind)):
        for leg in range(2 if kind[i] == TRADE else 1):
            order = parties[1][i] if leg else parties[0][i]
            unseen = kind[i] <= REPLACE and (order_type[i] != LIMIT or price[i] == NO_PRICE)
            if order == NOBODY or kind[i] == REJECT or unseen:
                continue
            was = left[order]
            if was > 0:
                for start in range(since[order], slot[i]):
                    if count < len(out):
                        out[count, 0], out[count, 1], out[count, 2] = start, order, born[order]
                        out[count, 3], out[count, 4] = placed[order], was
                    count += 1
            if kind[i] == TRADE:
                known = min(told[order], quantity[i]) if told_at[order] == moment[i] else 0
                told[order] -= known
                now = max(was - quantity[i] + known, 0)
            else:
                now = quantity[i] if kind[i] <= REPLACE else 0
                stays = was > 0 and price[placed[order]] == price[i]
                kept = told[order] if told_at[order] == moment[i] else 0
                told[order], told_at[order] = (kept + was - now if stays and now < was else 0), moment[i]
                if now > 0:
                    born[order] = i if was == 0 else born[order]
                    placed[order] = i
            left[order], since[order] = now, slot[i]
    for order in range(orders):
        if left[order] > 0:
            for start in range(since[order], starts):
                if count < len(out):
                    out[count, 0], out[count, 1], out[count, 2] = start, order, born[order]
                    out[count, 3], out[count, 4] = placed[order], left[order]
                count += 1
    return count


# --- a scheme is told once --------------------------------------------------------------------------------------------------


class StreamScheme(Protocol):
    """What a search of streams answers: who did what, when, and the ids of the orders and trades that prove it."""

    @property
    def instrument(self) -> str: ...
    @property
    def account_ids(self) -> tuple[str, ...]: ...
    @property
    def begins_at(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime: ...
    @property
    def proof(self) -> frozenset[str]:
        """Ids of orders and trades."""
        ...


Scheme = TypeVar("Scheme", bound=StreamScheme)


def told_once(answers: Sequence[tuple[Window, list[Scheme]]]) -> list[Scheme]:
    """Each scheme once, though two windows may see it; windows come in order of instrument and day.

    * What ends more than SETTLED before a window's day is left to the day before, which saw it.
    * What ends in the last SETTLED of a day stands only if the next day's window, which sees what followed, finds it too.
    * Schemes in neighbouring windows are one where they share proof and the accounts of one are among those of the other; of such
      a chain the one with the most proof is told, the later of equals. So the later is kept where it contains the earlier's proof.
    """
    by_window = dict(answers)
    finders = {window: _Finder(schemes) for window, schemes in answers}
    chain: dict[tuple[Window, int], tuple[Window, int]] = {}
    chains: dict[tuple[Window, int], list[tuple[Window, int]]] = {}
    for window, schemes in answers:
        after, before = window._replace(day=window.day + 1), window._replace(day=window.day - 1)
        for place, scheme in enumerate(schemes):
            ends_at = (scheme.ends_at - _EPOCH) // timedelta(microseconds=1)
            if ends_at < window.opens_at - SETTLED:
                continue
            if ends_at >= after.opens_at - SETTLED and after in finders and next(finders[after].same_as(scheme), None) is None:
                continue
            own = (window, place)
            chain[own], chains[own] = own, [own]
            if before in finders:
                for earlier in finders[before].same_as(scheme):
                    if (before, earlier) in chain:
                        _join(chain, chains, (before, earlier), own)

    def weight(one: tuple[Window, int]) -> tuple[int, int, int]:
        return len(by_window[one[0]][one[1]].proof), one[0].day, -one[1]

    largest = (max(members, key=weight) for members in chains.values())
    found = [by_window[window][place] for window, place in largest]
    return sorted(found, key=lambda scheme: (scheme.instrument, scheme.begins_at, scheme.account_ids, scheme.ends_at))


def _join(chain: dict[Any, Any], chains: dict[Any, list[Any]], one: Any, other: Any) -> None:
    one, other = chain[one], chain[other]
    if one == other:
        return
    for member in chains[other]:
        chain[member] = one
    chains[one] += chains.pop(other)


class _Finder:
    """The schemes of one window by what proves them."""

    def __init__(self, schemes: list[Any]) -> None:
        self._schemes = schemes
        self._proving: dict[str, list[int]] = defaultdict(list)
        for place, scheme in enumerate(schemes):
            for name in scheme.proof:
                self._proving[name].append(place)

    def same_as(self, scheme: StreamScheme) -> Iterator[int]:
        """Places of the schemes that share proof with this one and are about the same trader."""
        sharing = {place for name in scheme.proof for place in self._proving.get(name, ())}
        own = set(scheme.account_ids)
        for place in sorted(sharing):
            theirs = set(self._schemes[place].account_ids)
            if bool(own) == bool(theirs) and (own <= theirs or theirs <= own):
                yield place
