"""Quote stuffing: a flood of quotes entered and withdrawn within moments, that fills the market with messages and hardly trades.

A flood is told by what comes together in it, each measured against the instrument's own messages:

* rate: far more quotes a second than the market, and the trader himself, send in all but their busiest seconds;
* emptiness: nearly every quote is gone within moments, nothing is filled, and they answer no change of the market;
* burden: most messages of those seconds, or most changes of the best prices, are the trader's.

Quick traders whose orders all live for moments, makers who requote in a fast market, a market in which everybody hurries, and
a withdrawal of everything at once lack at least one of them. Accounts of one owner are one trader. Orders that name no account
are taken for one trader's where they are all of exactly one size.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sekisho.typologies.order_book import best_prices
from sekisho.typologies.order_stream import (
    CANCEL,
    EXPIRE,
    LIMIT,
    NEW,
    NOBODY,
    REJECT,
    REPLACE,
    TRADE,
    Int8,
    Int32,
    Int64,
    OrderStream,
)
from sekisho.typologies.tape import traders

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

_PLACES: Final = 4
_ANSWERS: Final = 6
"""Quotes with which a maker answers one change of the market: three levels on each side."""
_FULL: Final = 4
"""Doublings of the usual rate at which a flood is as plain as can be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flood:
    """What counts as a flood. Times in seconds, shares from 0 to 1."""

    window: Decimal | int
    fleeting: Decimal | int
    pause: Decimal | int
    repeated: Decimal | int
    learned: Decimal | int
    quotes: int
    usual: Decimal | int
    multiple: Decimal | int
    share: Decimal | int
    score: Decimal | int


class Parts(NamedTuple):
    """What the score is made of, each from 0 to 1; the score is their geometric mean, so that none can be missing."""

    rate: Decimal
    emptiness: Decimal
    burden: Decimal


@dataclass(frozen=True, slots=True)
class Scheme:
    """The floods of one trader in one instrument that follow one another. Rates are quotes a second, shares are of the plainest.

    ``account_ids`` is empty where the orders name no account. ``usual`` is the rate of a busy second of this market or trader.
    """

    instrument: str
    account_ids: tuple[str, ...]
    begins_at: datetime
    ends_at: datetime
    score: Decimal
    parts: Parts
    bursts: int
    quotes: int
    fleeting: int
    rate: Decimal
    usual: Decimal
    message_share: Decimal
    flicker_share: Decimal
    orders: tuple[str, ...]

    @property
    def proof(self) -> frozenset[str]:
        """Ids of the orders."""
        return frozenset(self.orders)


class _Burst(NamedTuple):
    trader: int
    begins: int
    ends: int
    score: float
    parts: tuple[float, float, float]
    quotes: int
    fleeting: int
    rate: float
    usual: float
    message_share: float
    flicker_share: float
    orders: Int32
    accounts: Int32


def quote_stuffing(stream: OrderStream, owners: Mapping[str, str], flood: Flood) -> list[Scheme]:
    """The floods of one instrument, in order of time. ``owners`` names the owner of accounts that belong together."""
    market = _Market(stream, owners, flood)
    found = [burst for burst in market.bursts() if burst.score >= float(flood.score)]
    found.sort(key=lambda burst: (burst.trader, burst.begins))
    series: list[list[_Burst]] = []
    for burst in found:
        last = series[-1][-1] if series else None
        if last and last.trader == burst.trader and burst.begins - last.ends <= _micros(flood.repeated):
            series[-1].append(burst)
        else:
            series.append([burst])
    return sorted((_scheme(stream, each) for each in series), key=lambda scheme: (scheme.begins_at, scheme.orders))


class _Market:
    """One instrument's messages, second by second and trader by trader."""

    def __init__(self, stream: OrderStream, owners: Mapping[str, str], flood: Flood) -> None:
        self.stream, self.flood = stream, flood
        self.clock = np.maximum.accumulate(stream.at)
        self.window = _micros(flood.window)
        self.second = self.clock // self.window
        self.trader = _traders(stream, traders(stream, owners))
        state = (np.full(len(stream.order_ids), -1, np.int64), np.zeros(len(stream.order_ids), np.bool_))
        self.fleeting = np.zeros(len(stream), np.bool_)
        parties = (stream.order, stream.contra_order)
        _mark_fleeting((stream.kind, stream.quantity), parties, self.clock, _micros(flood.fleeting), state, self.fleeting)
        self.messages = stream.kind != TRADE
        self.quoted = (stream.kind <= REPLACE) & (stream.order_type == LIMIT)
        self.seconds = int(self.second[-1] - self.second[0]) + 1 if len(stream) else 1
        new = np.r_[True, self.second[1:] != self.second[:-1]][: len(stream)]
        self.active, self.place = self.second[new], np.cumsum(new) - 1
        self.per_second = np.bincount(self.place[self.messages], minlength=len(self.active))
        self.quotes_per_second = np.bincount(self.place[self.quoted], minlength=len(self.active))
        self.usual: dict[int, float] = {}

    def bursts(self) -> Iterator[_Burst]:
        """Stretches of seconds most messages of which are one trader's fleeting quotes, with enough quotes to be a flood."""
        if not len(self.stream):
            return
        traders = int(self.trader.max()) + 1
        trader, place, quotes = _columns(_cells(self.trader, self.fleeting, self.place, traders))
        chosen = 2 * quotes >= float(self.flood.share) * self.per_second[place]
        trader, second, quotes = trader[chosen], self.active[place[chosen]], quotes[chosen]
        order = np.lexsort((second, trader))
        trader, second, quotes = trader[order], second[order], quotes[order]
        pause = -(-_micros(self.flood.pause) // self.window)
        apart = (np.diff(trader) != 0) | (np.diff(second) > pause)
        groups = [g for g in np.split(np.arange(len(trader)), np.flatnonzero(apart) + 1) if quotes[g].sum() >= self.flood.quotes]
        self._learn_usual(np.unique([trader[group[0]] for group in groups]).astype(np.int64), traders)
        for group in groups:
            burst = self._burst(int(trader[group[0]]), int(second[group[0]]), int(second[group[-1]]))
            if burst is not None:
                yield burst

    def _learn_usual(self, suspects: Int64, traders: int) -> None:
        """The quotes of a busy second, of each suspect himself or of all others, whichever are more.

        Of a trader a short record shows too little: what he did in it is taken for all he did in a longer time.
        """
        number = np.full(traders + 1, -1, np.int64)
        number[suspects] = np.arange(len(suspects))
        who, place, quotes = _columns(_cells(number[self.trader], self.quoted, self.place, len(suspects)))
        order = np.argsort(who, kind="stable")
        bounds = np.searchsorted(who[order], np.arange(len(suspects) + 1))
        for n, suspect in enumerate(suspects):
            own = order[bounds[n] : bounds[n + 1]]
            others = self.quotes_per_second.copy()
            others[place[own]] -= quotes[own]
            least = -(-_micros(self.flood.learned) // self.window)
            himself = self._busy(quotes[own], max(self.seconds, least))
            self.usual[int(suspect)] = max(1.0, himself, self._busy(others[others > 0], self.seconds))

    def _busy(self, counts: Int64, seconds: int) -> float:
        """As many or fewer are quoted in that share of so many seconds, the empty ones too."""
        rank = int(np.ceil(float(self.flood.usual) * seconds)) - (seconds - len(counts))
        return float(np.partition(counts, rank - 1)[rank - 1]) if rank > 0 else 0.0

    def _burst(self, trader: int, first: int, last: int) -> _Burst | None:
        stream = self.stream
        begins, ends = np.searchsorted(self.second, first), np.searchsorted(self.second, last, "right")
        here = slice(int(begins), int(ends))
        own, message, kind = self.trader[here] == trader, self.messages[here], stream.kind[here]
        quoted = own & self.quoted[here]
        fleeting = int((quoted & self.fleeting[here]).sum())
        places = np.flatnonzero(own & message)
        span = max(int(self.clock[here][places[-1]] - self.clock[here][places[0]]), self.window)
        rate = int(quoted.sum()) * self.window / span
        usual = self.usual[trader]
        if rate < float(self.flood.multiple) * usual:
            return None
        share = float((own & message).sum() / message.sum())
        moved = self._moved(here)
        mine = own & message
        flicker = float((moved & mine).sum() / max(moved.sum(), _ANSWERS))
        others = int((moved & ~mine).sum()) + int((kind == TRADE).sum())
        quotes = int(quoted.sum())
        emptiness = fleeting / (quotes + _ANSWERS * others) * self._unfilled(here, places)
        parts = (min(1.0, float(np.log2(rate / usual)) / _FULL), emptiness, max(share, flicker))
        score = round(float(np.cbrt(np.prod(parts))), _PLACES)
        orders, accounts = np.unique(stream.order[here][places]), np.unique(stream.account[here][places])
        moments = self.clock[here][places[0]], self.clock[here][places[-1]]
        told = (quotes, fleeting, rate * 1_000_000 / self.window, usual * 1_000_000 / self.window, share, flicker)
        return _Burst(trader, int(moments[0]), int(moments[1]), score, parts, *told, orders, accounts)

    def _moved(self, here: slice) -> Bool:
        """Whether the best bid or ask is another after each event."""
        best = self._best()
        before = slice(max(here.start - 1, 0), here.stop)
        changed = (np.diff(best[0][before]) != 0) | (np.diff(best[1][before]) != 0)
        moved: Bool = changed if here.start else np.r_[False, changed]
        return moved

    def _best(self) -> tuple[Int64, Int64]:
        if not hasattr(self, "_prices"):
            best = best_prices(self.stream)
            self._prices = (best.bid, best.ask)
        return self._prices

    def _unfilled(self, here: slice, places: NDArray[np.intp]) -> float:
        """The share, in lots, of what was quoted that nobody took."""
        stream = self.stream
        orders = np.unique(stream.order[here][places])
        entered = stream.quantity[here][places][stream.kind[here][places] <= REPLACE].sum()
        trades = stream.kind[here] == TRADE
        ours = trades & (np.isin(stream.order[here], orders) | np.isin(stream.contra_order[here], orders))
        return float(1 - min(1.0, stream.quantity[here][ours].sum() / max(entered, 1)))


def _traders(stream: OrderStream, owner: Int64) -> Int64:
    """A number for the trader of each order event, -1 for trades and rejections; unnamed orders go by their size."""
    whose: Int64 = owner[stream.account]
    nameless = (whose < 0) & (stream.kind <= EXPIRE) & (stream.order != NOBODY)
    if nameless.any():
        sizes = np.zeros(len(stream.order_ids), np.int64)
        entered = nameless & (stream.kind == NEW)
        sizes[stream.order[entered]] = stream.quantity[entered]
        _, code = np.unique(sizes, return_inverse=True)
        whose[nameless] = len(stream.account_ids) + 1 + code[stream.order[nameless]]
    whose[(stream.kind == TRADE) | (stream.kind == REJECT)] = -1
    return whose


def _columns(cells: tuple[list[int], list[int], list[int]]) -> tuple[Int64, Int64, Int64]:
    whose, when, quotes = (np.array(column, np.int64) for column in cells)
    return whose, when, quotes


@njit(cache=True, nogil=True)
def _mark_fleeting(
    event: tuple[Int8, Int64], parties: tuple[Int32, Int32], clock: Int64, fleeting: int, state: tuple[Int64, Bool], marked: Bool
) -> None:
    """Mark each event that put up a quote which was changed or withdrawn within moments and of which nothing was taken."""
    kind, quantity = event
    buyer, seller = parties
    since, touched = state
    for i in range(len(kind)):
        order = buyer[i]
        if kind[i] == TRADE:
            if order != NOBODY:
                touched[order] = True
            if seller[i] != NOBODY:
                touched[seller[i]] = True
            continue
        if order == NOBODY or kind[i] == REJECT:
            continue
        if kind[i] in (REPLACE, CANCEL, EXPIRE) and since[order] >= 0:
            was = since[order]
            if not touched[order] and clock[i] - clock[was] <= fleeting:
                marked[was] = True
            since[order] = -1
        if kind[i] in (NEW, REPLACE) and quantity[i] > 0:
            since[order], touched[order] = i, False


@njit(cache=True, nogil=True)
def _cells(trader: Int64, fleeting: Bool, second: Int64, traders: int) -> tuple[list[int], list[int], list[int]]:
    """Fleeting quotes of each trader in each second, as three lists; only those of at least two."""
    count = np.zeros(traders, np.int64)
    seen = np.zeros(traders, np.int64)
    whose, when, quotes = [0 for _ in range(0)], [0 for _ in range(0)], [0 for _ in range(0)]
    some, now = 0, second[0]
    for i in range(len(trader) + 1):
        if i == len(trader) or second[i] != now:
            for n in range(some):
                if count[seen[n]] > 1:
                    whose.append(seen[n])
                    when.append(now)
                    quotes.append(count[seen[n]])
                count[seen[n]] = 0
            some = 0
            if i == len(trader):
                break
            now = second[i]
        if fleeting[i] and trader[i] >= 0:
            if count[trader[i]] == 0:
                seen[some] = trader[i]
                some += 1
            count[trader[i]] += 1
    return whose, when, quotes


def _scheme(stream: OrderStream, bursts: list[_Burst]) -> Scheme:
    plainest = max(bursts, key=lambda burst: burst.score)
    orders = np.unique(np.concatenate([burst.orders for burst in bursts]))
    accounts = np.unique(np.concatenate([burst.accounts for burst in bursts]))
    return Scheme(
        stream.instrument,
        tuple(sorted(stream.account_ids[int(code)].as_py() for code in accounts if code != NOBODY)),
        _moment(bursts[0].begins),
        _moment(max(burst.ends for burst in bursts)),
        _rounded(plainest.score),
        Parts(*(_rounded(part) for part in plainest.parts)),
        len(bursts),
        sum(burst.quotes for burst in bursts),
        sum(burst.fleeting for burst in bursts),
        Decimal(str(round(plainest.rate, 1))),
        Decimal(str(round(plainest.usual, 1))),
        _rounded(plainest.message_share),
        _rounded(plainest.flicker_share),
        tuple(sorted(stream.order_ids[int(code)].as_py() for code in orders)),
    )


def _rounded(share: float) -> Decimal:
    return Decimal(str(round(share, _PLACES)))


def _micros(seconds: Decimal | int) -> int:
    return int(seconds * 1_000_000)


def _moment(microseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
