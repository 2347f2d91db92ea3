"""Who met whom in one instrument: its trades between known accounts, and whether the two orders behind each are alike.

Everything here is counted in days of Japan or in shorter windows, never across them, so that a stream may hold a day or a year:
``merged`` puts the answers for one instrument together again. A day that two streams saw (the later one only in part) counts once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray

from sekisho.typologies.activity import Activity, Place, Turnover
from sekisho.typologies.order_pairs import Closeness
from sekisho.typologies.order_stream import NO_PRICE, NOBODY, TRADE, Int8, Int32, Int64, OrderStream
from sekisho.typologies.trades import Trade

Bool = NDArray[np.bool_]

DAY_SECONDS: Final = 86_400
_MICROSECONDS: Final = 1_000_000
_AHEAD: Final = 9 * 3600 * _MICROSECONDS
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Scope(NamedTuple):
    """Which trades are looked at: those from a Japan date on, counted in windows of so many seconds from midnight in Japan."""

    since: date
    seconds: int


class Dealings(NamedTuple):
    """The trades of a stream whose two accounts are named, from a first moment on; arrays by trade.

    ``place`` in the stream, ``window`` by number, ``buyer`` and ``seller`` by account code.
    """

    place: Int64
    window: Int64
    buyer: Int32
    seller: Int32

    def only(self, chosen: Any) -> Dealings:
        """Some of them."""
        return Dealings(*(column[chosen] for column in self))


class Likeness(NamedTuple):
    """By trade of ``Dealings``: are both its orders on record, and are they alike? ``entered`` and ``filled`` are lots by order."""

    known: Bool
    alike: Bool
    entered: Int64
    filled: Int64


def window_length(seconds: int) -> int:
    """The length of the windows that are counted within a stream: a day of Japan, or less where less is asked for."""
    return min(seconds, DAY_SECONDS)


def day_of_window(window: int, length: int) -> date:
    """The Japan date a window of ``length`` seconds (at most a day) lies in."""
    return (_EPOCH + timedelta(seconds=window * length)).date()


def dealings(stream: OrderStream, since: date, seconds: int) -> Dealings:
    """The trades from a Japan date on, in windows of so many seconds from midnight in Japan; once for each stream."""
    return stream.shelf.once(f"dealings {since} {seconds}", Dealings, partial(_dealings, stream, since, seconds))


def _dealings(stream: OrderStream, since: date, seconds: int) -> Dealings:
    first = int((datetime(since.year, since.month, since.day, tzinfo=UTC) - _EPOCH) / timedelta.resolution) - _AHEAD
    place = np.flatnonzero((stream.kind == TRADE) & (stream.account != NOBODY) & (stream.contra_account != NOBODY))
    at = stream.at[place]
    if len(at) and at.min() < first:
        place, at = place[at >= first], at[at >= first]
    window = window_numbers(at, seconds)
    return Dealings(place, window, stream.account[place], stream.contra_account[place])


def window_numbers(at: Int64, seconds: int) -> Int64:
    """The numbers of the windows that moments (microseconds) fall in; windows start at midnight in Japan."""
    return (at + _AHEAD) // (seconds * _MICROSECONDS)


def likeness(stream: OrderStream, scope: Scope, closeness: Closeness) -> Likeness:
    """Compare the two orders of every trade of the ``dealings`` of a scope; once for each stream.

    Size is what was entered, or what was filled if that is more.
    """
    name = "likeness " + " ".join(map(str, (*scope, *closeness)))
    return stream.shelf.once(name, Likeness, partial(_likeness, stream, scope, closeness))


def _likeness(stream: OrderStream, scope: Scope, closeness: Closeness) -> Likeness:
    done, count = dealings(stream, *scope), len(stream.order_ids)
    at, price = np.full(count, -1, np.int64), np.full(count, NO_PRICE, np.int64)
    entered, filled = np.full(count, -1, np.int64), np.zeros(count, np.int64)
    columns = (stream.kind, stream.order, stream.contra_order, stream.at, stream.price, stream.quantity)
    _enter(columns, (at, price, entered, filled))
    known, alike = np.zeros(len(done.place), np.bool_), np.zeros(len(done.place), np.bool_)
    gap = int(closeness.entry_gap / timedelta.resolution)
    ratios = (*closeness.price_gap_max.as_integer_ratio(), *closeness.size_ratio_min.as_integer_ratio())
    orders = (stream.order[done.place], stream.contra_order[done.place], stream.price[done.place])
    _compare(orders, (at, price, entered, filled), gap, ratios, known, alike)
    return Likeness(known, alike, entered, filled)


@njit(cache=True, nogil=True)
def _enter(columns: tuple[Int8, Int32, Int32, Int64, Int64, Int64], orders: tuple[Int64, Int64, Int64, Int64]) -> None:
    kind, order, contra, at, price, quantity = columns
    entered_at, limit, entered, filled = orders
    for i in range(len(kind)):
        one = order[i]
        if kind[i] == TRADE:
            if one != NOBODY:
                filled[one] += quantity[i]
            if contra[i] != NOBODY:
                filled[contra[i]] += quantity[i]
        elif kind[i] == 0 and one != NOBODY and entered[one] < 0:
            entered_at[one], limit[one], entered[one] = at[i], price[i], quantity[i]


@njit(cache=True, nogil=True)
def _compare(
    trades: tuple[Int32, Int32, Int64],
    orders: tuple[Int64, Int64, Int64, Int64],
    gap: int,
    ratios: tuple[int, int, int, int],
    known: Bool,
    alike: Bool,
) -> None:
    buy, sell, traded_at = trades
    entered_at, limit, entered, filled = orders
    price_gap, price_unit, size_ratio, size_unit = ratios
    for i in range(len(buy)):
        one, other = buy[i], sell[i]
        if one == NOBODY or other == NOBODY or entered[one] < 0 or entered[other] < 0:
            continue
        known[i] = True
        if abs(entered_at[one] - entered_at[other]) > gap:
            continue
        bid = traded_at[i] if limit[one] == NO_PRICE else limit[one]
        ask = traded_at[i] if limit[other] == NO_PRICE else limit[other]
        if abs(bid - ask) * price_unit > price_gap * traded_at[i]:
            continue
        size, opposite = max(entered[one], filled[one]), max(entered[other], filled[other])
        alike[i] = min(size, opposite) * size_unit >= size_ratio * max(size, opposite)


# --- names and trades -------------------------------------------------------------------------------------------------------


def codes_of(stream: OrderStream, accounts: Iterable[str]) -> dict[str, int]:
    """The codes of those accounts that the stream names, in order of name."""
    asked = accounts if isinstance(accounts, Mapping | Set) else set(accounts)
    named = ((name, code) for code, name in enumerate(stream.account_ids.to_pylist()) if name in asked)
    return dict(sorted(named))


def marks(stream: OrderStream, accounts: Iterable[str]) -> Bool:
    """For each account code of the stream: is it one of these?"""
    marked = np.zeros(len(stream.account_ids), np.bool_)
    marked[list(codes_of(stream, accounts).values())] = True
    return marked


def numbered(stream: OrderStream, groups: Mapping[str, str]) -> Int32:
    """For each account code of the stream the number of its group, -1 for an account of no group."""
    group = np.full(len(stream.account_ids), -1, np.int32)
    number: dict[str, int] = {}
    for account, code in codes_of(stream, groups).items():
        group[code] = number.setdefault(groups[account], len(number))
    return group


def names(stream: OrderStream, codes: Any) -> list[str]:
    """Account ids of account codes."""
    listed: list[str] = stream.account_ids.take(pa.array(codes, pa.int64())).to_pylist()
    return listed


def trades_at(stream: OrderStream, place: Int64) -> list[Trade]:
    """The trades at these places of the stream, exact; an account not on record is an empty name."""

    def ids(named: pa.Array, codes: Int32) -> list[Any]:
        listed: list[Any] = named.take(pa.array(codes, pa.int32(), mask=codes == NOBODY)).to_pylist()
        return listed

    def accounts(codes: Int32) -> list[str]:
        return [name or "" for name in ids(stream.account_ids, codes)]

    return [
        Trade(*one)
        for one in zip(
            ids(stream.trade_ids, stream.trade[place]),
            stream.sequence[place].tolist(),
            (_EPOCH + timedelta(microseconds=at) for at in stream.at[place].tolist()),
            (stream.instrument for _ in place),
            (price * stream.tick for price in stream.price[place].tolist()),
            (lots * stream.lot for lots in stream.quantity[place].tolist()),
            ids(stream.order_ids, stream.order[place]),
            ids(stream.order_ids, stream.contra_order[place]),
            accounts(stream.account[place]),
            accounts(stream.contra_account[place]),
            strict=True,
        )
    ]


# --- counting ---------------------------------------------------------------------------------------------------------------


class Counted(NamedTuple):
    """Of one window: how many trades there were, how many whose orders are on record, how many from orders alike."""

    trades: int
    known: int
    alike: int


def counted(window: Int64, known: Bool, alike: Bool) -> dict[int, Counted]:
    """Trades by window."""
    if not len(window):
        return {}
    first = int(window.min())
    totals = (np.bincount(window - first), np.bincount((window - first)[known]), np.bincount((window - first)[alike]))
    length = len(totals[0])
    rows = zip(*(np.pad(total, (0, length - len(total))).tolist() for total in totals), strict=True)
    return {first + number: Counted(*row) for number, row in enumerate(rows) if row[0]}


def turnovers(stream: OrderStream, done: Dealings, accounts: Iterable[str]) -> Activity:
    """What these accounts traded in each window, and everybody there."""
    codes = codes_of(stream, accounts)
    marked = np.zeros(len(stream.account_ids), np.bool_)
    marked[list(codes.values())] = True
    name = {code: account for account, code in codes.items()}
    lots = stream.quantity[done.place]
    by_account: dict[tuple[Place, str], Turnover] = {}
    for buys, side in ((True, done.buyer), (False, done.seller)):
        theirs = marked[side]
        for (window, code), (trades, quantity) in _sums(done.window[theirs], side[theirs], lots[theirs]).items():
            key = ((stream.instrument, window), name[code])
            by_account[key] = by_account.get(key, Turnover()).plus(_turnover(stream, trades, quantity, buys=buys))
    everybody = _sums(done.window, np.zeros(len(done.window), np.int32), lots)
    markets = {
        (stream.instrument, window): _turnover(stream, *row, buys=True).plus(_turnover(stream, *row, buys=False))
        for (window, _), row in everybody.items()
    }
    return Activity(by_account, markets)


def _turnover(stream: OrderStream, trades: int, lots: int, *, buys: bool) -> Turnover:
    quantity = lots * stream.lot
    return Turnover(buys=trades, bought=quantity) if buys else Turnover(sells=trades, sold=quantity)


def _sums(window: Int64, code: Int32, lots: Int64) -> dict[tuple[int, int], tuple[int, int]]:
    """Trades and lots by window and code."""
    if not len(window):
        return {}
    first, span = int(window.min()), int(code.max()) + 1
    key = (window - first) * span + code
    order = np.argsort(key, kind="stable")
    key, lots = key[order], lots[order]
    start = np.flatnonzero(np.r_[True, key[1:] != key[:-1]])
    trades = np.diff(np.r_[start, len(key)])
    rows = zip(key[start].tolist(), trades.tolist(), np.add.reduceat(lots, start).tolist(), strict=True)
    return {(first + one // span, one % span): (count, total) for one, count, total in rows}


def totals(parts: Iterable[tuple[str, Mapping[int, Counted]]]) -> dict[str, dict[int, Counted]]:
    """Counts of several streams by instrument and window. A window that two of them saw counts once."""
    every: dict[str, dict[int, Counted]] = {}
    for instrument, counts in parts:
        here = every.setdefault(instrument, {})
        for window, one in counts.items():
            here[window] = max(one, here.get(window, one))
    return every


def compared(every: Mapping[str, Mapping[int, Counted]]) -> dict[str, tuple[int, int]]:
    """By instrument, the trades whose orders could be compared and those from orders alike."""
    return {name: (sum(c.known for c in by.values()), sum(c.alike for c in by.values())) for name, by in every.items()}


def distinct(trades: Iterable[Trade]) -> list[Trade]:
    """Each trade once, in venue order."""
    by_id = {trade.trade_id: trade for trade in trades}
    return sorted(by_id.values(), key=lambda trade: (trade.sequence, trade.trade_id))


def merged(parts: Iterable[Activity]) -> Activity:
    """Activity from several streams. A window that two of them saw is taken from the one that saw more of it."""
    accounts: dict[tuple[Place, str], Turnover] = {}
    markets: dict[Place, Turnover] = {}
    for part in parts:
        _keep_fuller(accounts, part.accounts)
        _keep_fuller(markets, part.markets)
    return Activity(accounts, markets)


def _keep_fuller(kept: dict[Any, Turnover], more: Mapping[Any, Turnover]) -> None:
    for key, one in more.items():
        if key not in kept or (one.buys, one.sells) > (kept[key].buys, kept[key].sells):
            kept[key] = one
