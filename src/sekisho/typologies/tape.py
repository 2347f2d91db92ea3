"""The tape: an instrument's trades with the trader who took and the one who was met, as far as the records name them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray

from sekisho.typologies.order_book import BestPrices
from sekisho.typologies.order_stream import BUY, NO_PRICE, NOBODY, REPLACE, TRADE, Int8, Int32, Int64, OrderStream

Float = NDArray[np.float64]

UNNAMED: Final = -1


class Tape(NamedTuple):
    """Trades in order: place in the stream, time (never running back), price, lots, who took (side) and who was met.

    ``taker`` and ``maker`` are numbers of traders (accounts of one owner are one trader), UNNAMED where not on record.
    ``side`` is the taker's, 0 where nobody can say; then neither is named.
    """

    place: Int64
    at: Int64
    price: Int64
    lots: Int64
    side: Int8
    taker: Int64
    maker: Int64


class _Takes(NamedTuple):
    """A tape whose takers and makers are accounts."""

    place: Int64
    at: Int64
    price: Int64
    lots: Int64
    side: Int8
    taker: Int32
    maker: Int32


def tape_of(stream: OrderStream, owner: Int64) -> Tape:
    """The trades of a stream; ``owner`` gives the trader behind each account, its last element stands for nobody.

    Where the venue does not say who took, it is the side whose order came last; an order that is not on record cannot be said
    to have come last.
    """
    takes = stream.shelf.once("tape", _Takes, partial(_takes, stream))
    return Tape(*takes[:5], owner[takes.taker], owner[takes.maker])


def _takes(stream: OrderStream) -> _Takes:
    place = np.flatnonzero((stream.kind == TRADE) & (stream.price != NO_PRICE) & (stream.quantity > 0))
    side = stream.side[place]
    open_question = np.flatnonzero(side == 0)
    if len(open_question):
        born = _first_seen(stream.kind, stream.order, len(stream.order_ids))
        buy, sell = (born[codes[place[open_question]]] for codes in (stream.order, stream.contra_order))
        side[open_question] = np.sign(buy - sell).astype(np.int8)
    buyer, seller = stream.account[place], stream.contra_account[place]
    taker, maker = np.where(side == BUY, buyer, seller), np.where(side == BUY, seller, buyer)
    unknown = side == 0
    taker[unknown], maker[unknown] = NOBODY, NOBODY
    clock = np.maximum.accumulate(stream.at[place]) if len(place) else stream.at[place]
    return _Takes(place, clock, stream.price[place], stream.quantity[place], side, taker, maker)


def traders(stream: OrderStream, owners: Mapping[str, str], shared: Collection[str] = ()) -> Int64:
    """The trader behind each account of the stream: the code of the first account of the same owner, UNNAMED for nobody.

    ``owners`` names the owner of accounts that belong together. Accounts ``shared`` by many customers are nobody in particular.
    """
    codes = np.append(np.arange(len(stream.account_ids)), UNNAMED)
    if not owners and not shared:
        return codes
    first: dict[str, int] = {}
    for code, name in enumerate(stream.account_ids.to_pylist()):
        if name in owners:
            codes[code] = first.setdefault(owners[name], code)
        if name in shared:
            codes[code] = UNNAMED
    return codes


def accounts_of(stream: OrderStream, codes: Int32) -> tuple[str, ...]:
    """The names of some accounts of the stream, in order."""
    return _names(stream.account_ids, codes)


def orders_of(stream: OrderStream, codes: Int32) -> tuple[str, ...]:
    """The names of some orders of the stream, in order."""
    return _names(stream.order_ids, codes)


def _names(names: pa.Array, codes: Int32) -> tuple[str, ...]:
    named = np.unique(codes[codes != NOBODY])
    return tuple(sorted(names.take(pa.array(named)).to_pylist()))


def middles(best: BestPrices) -> Float:
    """The middle price after each event, the last sound one where the book is one-sided or crossed; nan before the first."""
    sound = (best.bid != NO_PRICE) & (best.ask != NO_PRICE) & (best.bid < best.ask)
    last = np.maximum.accumulate(np.where(sound, np.arange(len(sound)), -1)) if len(sound) else np.empty(0, np.int64)
    middle = np.where(sound, (best.bid.astype(np.float64) + best.ask) / 2, np.nan)
    return np.where(last >= 0, middle[last], np.nan)


def middle_at(best: BestPrices, place: int) -> float:
    """The middle price after one event, as ``middles`` gives it."""
    return float(_middle_at(best.bid, best.ask, place))


def middles_between(best: BestPrices, first: int, last: int) -> Float:
    """The middle price after each event from one place until another, as ``middles`` gives them."""
    between = middles(BestPrices(best.bid[first:last], best.ask[first:last]))
    unknown = np.isnan(between)
    if first and unknown.any():
        between[unknown] = middle_at(best, first - 1)
    return between


def micros(seconds: object) -> int:
    """Seconds as microseconds."""
    return round(float(str(seconds)) * 1_000_000)


def moment(microseconds: int) -> datetime:
    """A time of the stream."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(microseconds))


@njit(cache=True, nogil=True)
def _first_seen(kind: Int8, order: Int32, orders: int) -> Int64:
    """Place at which each order first shows, -1 for one that never does; one more at the end for nobody."""
    born = np.full(orders + 1, -1, np.int64)
    for i in range(len(kind)):
        if kind[i] <= REPLACE and order[i] != NOBODY and born[order[i]] < 0:
            born[order[i]] = i
    return born


@njit(cache=True, nogil=True)
def _middle_at(bid: Int64, ask: Int64, place: int) -> float:
    """The middle where the book was sound last; nan where it never was."""
    for i in range(place, -1, -1):
        if bid[i] != NO_PRICE and ask[i] != NO_PRICE and bid[i] < ask[i]:
            return (float(bid[i]) + float(ask[i])) / 2
    return np.nan
