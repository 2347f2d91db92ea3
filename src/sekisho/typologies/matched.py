"""Matched orders: two interests that meet again and again, at one time, price and size, more than chance explains."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sekisho.typologies.activity import Activity, Turnover
from sekisho.typologies.chance import expected_meetings, tries, unlikelihood
from sekisho.typologies.market import Orders
from sekisho.typologies.meetings import (
    Bool,
    Counted,
    Dealings,
    Scope,
    codes_of,
    counted,
    day_of_window,
    dealings,
    likeness,
    names,
    trades_at,
    turnovers,
)
from sekisho.typologies.order_pairs import AlikeTrades, Closeness
from sekisho.typologies.order_stream import Int32, Int64, OrderStream
from sekisho.typologies.ownership import Link, Ownership
from sekisho.typologies.rare_meetings import Rarity, Single, rare_meetings
from sekisho.typologies.rings import Turn, closed_circles
from sekisho.typologies.trades import Trade

_PLACES = Decimal("0.0001")

Pair = tuple[str, str, str]
"""An instrument and two accounts in order of their names."""


class Meeting(NamedTuple):
    """Two accounts (low < high) that met in one instrument and window, beside what each traded there in all.

    ``low_bought`` counts the trades in which the low account bought from the high one; ``market`` all trades, ``known`` those
    between the two whose orders are on record.
    """

    instrument: str
    window: int
    low: str
    high: str
    low_bought: int
    high_bought: int
    low_buys: int
    low_sells: int
    high_buys: int
    high_sells: int
    market: int
    known: int

    @property
    def met(self) -> int:
        """How often they met."""
        return self.low_bought + self.high_bought

    @property
    def share(self) -> float:
        """The smaller of the two accounts' shares of trades made with the other."""
        return min(self.met / (self.low_buys + self.low_sells), self.met / (self.high_buys + self.high_sells))

    @property
    def expected(self) -> float:
        """How often they would have met at random, in both directions."""
        return sum(
            expected_meetings(bought, sold, met, self.market, self.share, unseen=1)
            for bought, sold, met in (
                (self.low_buys, self.high_sells, self.low_bought),
                (self.high_buys, self.low_sells, self.high_bought),
            )
        )


class Match(NamedTuple):
    """A pair's meetings in one instrument held against chance.

    ``trades``: those that speak against the pair (from orders alike, where entries are on record); ``seen`` of them,
    ``expected`` by chance, ``against_chance`` powers of ten after allowing for ``compared`` chances to be struck; ``share`` of
    the trading of the account less bound, ``alike``: share of their trades that came from orders alike.
    """

    instrument: str
    pair: tuple[str, str]
    trades: tuple[Trade, ...]
    seen: int
    expected: Decimal
    against_chance: Decimal
    share: Decimal
    alike: Decimal | None
    links: tuple[Link, ...]

    @property
    def judged_by_entries(self) -> bool:
        """Whether the entry of the orders is on record."""
        return self.alike is not None

    @classmethod
    def of(cls, meetings: Sequence[Meeting], trades: Sequence[Trade], orders: Orders, owners: Ownership, compared: int) -> Match:
        """Hold a pair's meetings, all in one instrument, against chance; ``trades`` are those that can speak against it."""
        first, pair = meetings[0], (meetings[0].low, meetings[0].high)
        known, met = sum(meeting.known for meeting in meetings), sum(meeting.met for meeting in meetings)
        same = orders.alike.counted(trades)[1]
        expected, speaking = sum(meeting.expected for meeting in meetings), tuple(trades)
        if known:
            expected *= orders.base_rate.without(first.instrument, (known, same)) * known / met
            speaking = tuple(trade for trade in trades if trade.trade_id in orders.alike.alike)
        seen = len({trade.meeting for trade in speaking})
        days = sorted({trade.day for trade in trades})
        return cls(
            instrument=first.instrument,
            pair=pair,
            trades=speaking,
            seen=seen,
            expected=_rounded(expected),
            against_chance=_rounded(max(0.0, unlikelihood(seen, expected) - tries(compared))),
            share=_rounded(max(meeting.share for meeting in meetings)),
            alike=_rounded(same / known) if known else None,
            links=tuple(dict.fromkeys(link for day in days for link in owners.associations(*pair, on=day))),
        )

    @classmethod
    def once(cls, single: Single, looked_at: int, owners: Ownership) -> Match:
        """Hold one rare meeting against chance, among all the meetings of the book whose orders could be compared."""
        trades, first = single.trades, single.trades[0]
        expected = single.chance * looked_at
        return cls(
            instrument=first.instrument,
            pair=first.pair,
            trades=trades,
            seen=1,
            expected=_rounded(expected),
            against_chance=_rounded(unlikelihood(1, expected)),
            share=_rounded(0),
            alike=_rounded(1),
            links=owners.associations(*first.pair, on=first.day),
        )


class Weights(NamedTuple):
    """How much each sign counts; the first four sum to 1. ``linked`` closes that part of the gap to a full score."""

    occurred: Decimal
    share: Decimal
    alike: Decimal
    chance: Decimal
    linked: Decimal

    def score(self, match: Match, against_chance_full: int) -> Decimal:
        """Score in 0..1. Where order entries are not on record, that sign counts as nought."""
        unlikely = min(Decimal(1), match.against_chance / against_chance_full)
        alike = match.alike or Decimal(0)
        told = self.occurred + self.share * match.share + self.alike * alike + self.chance * unlikely
        if match.links:
            told += (1 - told) * self.linked
        return told.quantize(_PLACES, rounding=ROUND_HALF_EVEN)


class Speaking(NamedTuple):
    """Of one instrument: how often pairs met in a way that can speak against them, by window, and how much there was in all.

    A trade speaks when its orders are alike, or when they are not on record. Arrays by pair (low < high) and window.
    """

    instrument: str
    windows: Int64
    low: list[str]
    high: list[str]
    trades: Int64
    counts: dict[int, Counted]
    singles: list[Single]


class Met(NamedTuple):
    """How often two accounts (low < high) met in a window; ``known`` of the trades had both their orders on record."""

    low_bought: int
    high_bought: int
    known: int


class Between(NamedTuple):
    """What one instrument tells of the pairs asked for: how often they met by window, the trades that can speak against
    them, and what each of the accounts traded in all.
    """

    met: dict[tuple[Pair, int], Met]
    trades: list[Trade]
    orders: AlikeTrades
    activity: Activity


def speaking(stream: OrderStream, closeness: Closeness, scope: Scope, rarity: Rarity) -> Speaking:
    """Count the trades that can speak against each pair of accounts, by window."""
    done = dealings(stream, *scope)
    alike = likeness(stream, scope, closeness)
    told = np.flatnonzero((alike.alike | ~alike.known) & (done.buyer != done.seller))
    low, high = np.minimum(done.buyer, done.seller)[told], np.maximum(done.buyer, done.seller)[told]
    span = len(stream.account_ids)
    first = int(done.window.min()) if len(done.window) else 0
    key, times = np.unique(((done.window[told] - first) * span + low) * span + high, return_counts=True)
    one, other = names(stream, key // span % span), names(stream, key % span)
    pairs = [(a, b) if a < b else (b, a) for a, b in zip(one, other, strict=True)]
    counts = counted(done.window, alike.known, alike.alike)
    lows, highs = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    singles = rare_meetings(stream, done, alike, rarity)
    return Speaking(stream.instrument, key // span**2 + first, lows, highs, times, counts, singles)


def pairs_that_met(parts: Iterable[Speaking], seconds: int, length: int, met_min: int) -> set[Pair]:
    """Pairs with ``met_min`` such trades within a window of ``seconds``; the parts counted in windows of ``length`` seconds."""
    tables = [
        pa.table(
            {
                "instrument": pa.array([part.instrument] * len(part.low), pa.string()),
                "at": pa.array(part.windows),
                "low": pa.array(part.low, pa.string()),
                "high": pa.array(part.high, pa.string()),
                "trades": pa.array(part.trades),
            }
        )
        for part in parts
    ]
    if not tables:
        return set()
    once = pa.concat_tables(tables).group_by(["instrument", "at", "low", "high"]).aggregate([("trades", "max")])
    window = pa.array(once["at"].to_numpy() * length // seconds)
    wide = once.append_column("window", window).group_by(["instrument", "window", "low", "high"]).aggregate([("trades_max", "sum")])
    often = wide.filter(pc.greater_equal(wide["trades_max_sum"], met_min))
    return set(zip(*(often[name].to_pylist() for name in ("instrument", "low", "high")), strict=True))


def between(stream: OrderStream, pairs: frozenset[Pair], closeness: Closeness, scope: Scope) -> Between:
    """The meetings of these pairs and the activity of their accounts."""
    here = [pair for pair in pairs if pair[0] == stream.instrument]
    if not here:
        return Between({}, [], AlikeTrades.none(), Activity({}, {}))
    done = dealings(stream, *scope)
    accounts = {account for _, *two in here for account in two}
    code = codes_of(stream, accounts)
    span = len(stream.account_ids)
    pair_of = {code[one] * span + code[other]: pair for pair in here if (one := pair[1]) in code and (other := pair[2]) in code}
    marked = np.zeros(span, np.bool_)
    marked[list(code.values())] = True
    among = np.flatnonzero(marked[done.buyer] & marked[done.seller])
    there, back = (one.astype(np.int64)[among] * span + other[among] for one, other in _both_ways(done))
    wanted = np.array(sorted(pair_of), np.int64)
    low_bought = np.isin(there, wanted)
    chosen = low_bought | np.isin(back, wanted)
    among, key, low_bought = among[chosen], np.where(low_bought, there, back)[chosen], low_bought[chosen]
    alike = likeness(stream, scope, closeness)
    met = _met(pair_of, key, done.window[among], low_bought, alike.known[among])
    told = among[alike.alike[among] | ~alike.known[among]]
    trades = trades_at(stream, done.place[told])
    orders = AlikeTrades.of(trades, alike.known[told], alike.alike[told])
    return Between(met, trades, orders, turnovers(stream, done, accounts))


def _both_ways(done: Dealings) -> tuple[tuple[Int32, Int32], tuple[Int32, Int32]]:
    return (done.buyer, done.seller), (done.seller, done.buyer)


def _met(pair_of: Mapping[int, Pair], key: Int64, window: Int64, low_bought: Bool, known: Bool) -> dict[tuple[Pair, int], Met]:
    order = np.lexsort((window, key))
    key, window = key[order], window[order]
    start = np.flatnonzero(np.r_[True, (key[1:] != key[:-1]) | (window[1:] != window[:-1])][: len(key)])
    if not len(start):
        return {}
    counts = [np.add.reduceat(each[order].astype(np.int64), start).tolist() for each in (low_bought, ~low_bought, known)]
    places = zip(key[start].tolist(), window[start].tolist(), strict=True)
    return {(pair_of[one], at): Met(*row) for (one, at), row in zip(places, zip(*counts, strict=True), strict=True)}


def met_once(parts: Iterable[Between], owners: Ownership, length: int) -> dict[tuple[Pair, int], Met]:
    """The meetings of all streams; a window that two of them saw counts once, and days on which one interest stood behind
    both accounts do not count: these are wash trades. Windows have ``length`` seconds and lie within a day.
    """
    every: dict[tuple[Pair, int], Met] = {}
    for part in parts:
        for place, met in part.met.items():
            every[place] = max(met, every.get(place, met))
    return {
        ((instrument, low, high), at): met
        for ((instrument, low, high), at), met in every.items()
        if owners.chain(low, high, on=day_of_window(at, length)) is None
    }


def met_in(met: Mapping[tuple[Pair, int], Met], activity: Activity, seconds: int, length: int) -> dict[Pair, list[Meeting]]:
    """How often each pair met in each window of ``seconds``; meetings and activity are counted in windows of ``length``."""
    accounts: dict[tuple[str, int, str], Turnover] = {}
    markets: dict[tuple[str, int], int] = {}
    for ((instrument, at), account), one in activity.accounts.items():
        key = (instrument, at * length // seconds, account)
        accounts[key] = accounts.get(key, Turnover()).plus(one)
    for (instrument, at), one in activity.markets.items():
        markets[instrument, at * length // seconds] = markets.get((instrument, at * length // seconds), 0) + one.buys
    together: dict[tuple[Pair, int], list[Met]] = {}
    for (pair, at), one_met in sorted(met.items()):
        together.setdefault((pair, at * length // seconds), []).append(one_met)
    meetings: dict[Pair, list[Meeting]] = {}
    for (pair, window), parts in together.items():
        instrument, low, high = pair
        low_bought, high_bought, known = map(sum, zip(*parts, strict=True))
        one, other = (accounts[instrument, window, account] for account in (low, high))
        counts = (one.buys, one.sells, other.buys, other.sells, markets[instrument, window])
        meetings.setdefault(pair, []).append(Meeting(instrument, window, low, high, low_bought, high_bought, *counts, known))
    return meetings


def beyond_chance(meetings: Iterable[Meeting], met_min: int, excess_min: Decimal) -> list[Meeting]:
    """Those windows in which the pair met often, and oftener than its own activity explains."""
    return [one for one in meetings if one.met >= met_min and one.met >= float(excess_min) * one.expected]


def met_often(meetings: Sequence[Meeting], trades: Sequence[Trade], orders: Orders, met_min: int) -> bool:
    """Whether the trades that can speak against a pair are ``met_min`` meetings or more; most pairs fall away here."""
    known = any(meeting.known for meeting in meetings)
    speaking = (trade for trade in trades if not known or trade.trade_id in orders.alike.alike)
    return len({trade.meeting for trade in speaking}) >= met_min


def without_rings(matches: Sequence[Match], turn: Turn) -> list[Match]:
    """Leave out matches through which a position goes round three accounts or more: these are wash trades."""
    going_round: set[tuple[str, tuple[str, str]]] = set()
    for instrument in sorted({match.instrument for match in matches}):
        trades = [trade for match in matches if match.instrument == instrument for trade in match.trades]
        going_round |= {(instrument, trade.pair) for ring in closed_circles(trades, turn) for trade in ring}
    return [match for match in matches if (match.instrument, match.pair) not in going_round]


def _rounded(value: float) -> Decimal:
    return Decimal(value).quantize(_PLACES, rounding=ROUND_HALF_EVEN)
