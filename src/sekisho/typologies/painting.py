"""Painting the tape: small prints, one after the other beyond the last price, that move the tape and hardly the quotes.

Four things must come together, each measured against the instrument's own tape, so that no figure depends on asset, price or lot:

* upticks: the prints go beyond the last price, and not back behind the print before, far oftener than those of other takers of
  the same side do here; where a wide spread makes everybody's print an uptick, nothing speaks against chance. Whoever prints
  with himself or his friends has chosen whom he meets, so that less is left to chance to begin with, and goes beyond his own
  print before, whatever others traded meanwhile;
* smallness: what is taken is small beside what is usually taken;
* tape and quotes: from the first to the last print of each climb the quotes moved less than these prints moved the tape;
* series: it is done again and again within a short time.

A series may be several climbs with longer pauses between them. What tape and quotes do in such a pause is not the painter's: the
print that opens a climb says nothing for or against chance.

Accounts of one owner are one trader, and so are accounts whose small prints are mostly with one another. An order that takes
several levels of the book is one print.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from math import comb, log10
from typing import Any, Final, NamedTuple

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from sekisho.typologies.meetings import trades_at
from sekisho.typologies.order_book import best_prices
from sekisho.typologies.order_stream import BUY, NOBODY, SELL, Int64, OrderStream
from sekisho.typologies.tape import (
    UNNAMED,
    Tape,
    accounts_of,
    micros,
    middle_at,
    moment,
    orders_of,
    tape_of,
    traders,
)
from sekisho.typologies.trades import Trade

_SIDES: Final = {BUY: "buy", SELL: "sell"}
_PLACES: Final = 4
_CERTAIN: Final = 8.0
"""With so many powers of ten against chance nothing is left to it."""
_SURELY: Final = 0.98
"""However common upticks are here, one in fifty prints of a taker is none."""
_EVEN: Final = 0.5
"""A print inside the spread is as likely beyond the one before as not."""
_PAUSE: Final = 4
"""A pause of more than so many usual ones of a series (a second at least) parts one climb from the next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """``pause`` in seconds, ``prints`` a count, ``small`` by the median order, ``against_chance`` in powers of ten; else shares.

    ``against_chance_together`` is for prints of accounts that mostly meet one another.
    """

    pause: Decimal | int
    prints: int
    small: Decimal | int
    uptick_share: Decimal | int
    against_chance: Decimal | int
    against_chance_together: Decimal | int
    together: Decimal | int
    score: Decimal | int


class Parts(NamedTuple):
    """What the score is made of, each from 0 to 1; the score is their geometric mean, so that none can be missing."""

    upticks: float
    chance: float
    small: float
    quotes: float
    series: float


@dataclass(frozen=True, slots=True)
class Painting:
    """One series of prints. ``expected`` are the upticks that chance explains; ``volume``, ``tape`` and ``quotes`` are shares."""

    instrument: str
    account_ids: tuple[str, ...]
    side: str
    begins_at: datetime
    ends_at: datetime
    score: Decimal
    prints: int
    upticks: int
    expected: Decimal
    volume: Decimal
    tape: Decimal
    quotes: Decimal
    trades: tuple[Trade, ...]
    orders: tuple[str, ...]

    @property
    def proof(self) -> frozenset[str]:
        """Ids of orders and trades."""
        return frozenset(self.orders) | {trade.trade_id for trade in self.trades}


class Prints(NamedTuple):
    """What each taking order printed in one go: first and last trade, trader, side, lots, price, and step from the last price."""

    first: Int64
    last: Int64
    taker: Int64
    side: Int64
    lots: Int64
    price: Int64
    step: Int64


def paintings(stream: OrderStream, owners: Mapping[str, str], outside: frozenset[str], shape: Shape) -> list[Painting]:
    """The painted series of one instrument, in order of time. ``outside`` are accounts never judged (market makers, omnibus)."""
    owner = traders(stream, owners, outside)
    tape = tape_of(stream, owner)
    if len(tape.place) < shape.prints:
        return []
    prints = _prints(stream, tape)
    usual = float(np.median(prints.lots))
    small = (prints.taker != UNNAMED) & (prints.lots <= float(shape.small) * usual)
    group = _together(tape, prints, small, float(shape.together))
    chosen = np.flatnonzero(small)
    whose = np.array([group.get(int(code), int(code)) for code in prints.taker[chosen]], np.int64)
    usually = {side: _usually(prints, side) for side in (BUY, SELL)}
    found: list[Painting] = []
    for series in _series(tape, prints, chosen, whose, shape):
        opens, among = _opens(tape, prints, series), _among(tape, prints, series, shape)
        upticks, expected, chance = _against_chance(prints, (series, opens), usually[int(prints.side[series[0]])], among=among)
        least = shape.against_chance_together if among else shape.against_chance
        if upticks < float(shape.uptick_share) * (~opens).sum() or chance < float(least):
            continue
        own = float(np.maximum(_steps(prints, (series, opens), among=among), 0).sum())
        painting = _judged((stream, tape, prints), (series, opens), (upticks, expected, chance, usual, own), shape)
        if painting is not None:
            found.append(painting)
    return sorted(found, key=lambda each: (each.begins_at, each.account_ids))


def _prints(stream: OrderStream, tape: Tape) -> Prints:
    """Trades of one taking order in a row are one print."""
    buys = tape.side == BUY
    order = np.where(buys, stream.order[tape.place], stream.contra_order[tape.place])
    new = np.r_[True, (order[1:] != order[:-1]) | (order[1:] == NOBODY) | (tape.side[1:] != tape.side[:-1])]
    first = np.flatnonzero(new)
    last = np.r_[first[1:], len(order)] - 1
    lots = np.add.reduceat(tape.lots, first)
    before = tape.price[np.maximum(first - 1, 0)]
    side = tape.side[first].astype(np.int64)
    return Prints(first, last, tape.taker[first], side, lots, tape.price[last], side * (tape.price[first] - before))


def _together(tape: Tape, prints: Prints, small: NDArray[np.bool_], share: float) -> dict[int, int]:
    """By trader the one who stands for those whose small prints are mostly with one another, where there are such."""
    places = np.flatnonzero(small & (tape.maker[prints.first] != UNNAMED))
    taker, maker = prints.taker[places], tape.maker[prints.first[places]]
    low, high = np.minimum(taker, maker), np.maximum(taker, maker)
    pairs, met = np.unique(np.stack([low, high]), axis=1, return_counts=True)
    often = (met > 2) & (pairs[0] != pairs[1])
    graph = nx.Graph([(int(a), int(b)) for a, b in pairs[:, often].T])
    names, counts = np.unique(np.r_[low, high[low != high]], return_counts=True)
    total = dict(zip(names.tolist(), counts.tolist(), strict=True))
    inside: dict[int, int] = defaultdict(int)
    meetings = {(int(a), int(b)): int(n) for (a, b), n in zip(pairs.T, met, strict=True)}
    close = nx.Graph()
    for members in list(nx.connected_components(graph)):
        for a, b in graph.subgraph(members).edges:
            inside[a] += meetings[min(a, b), max(a, b)]
            inside[b] += meetings[min(a, b), max(a, b)]
    close.add_edges_from((a, b) for a, b in graph.edges if min(inside[a] / total[a], inside[b] / total[b]) >= share)
    return {code: min(members) for members in nx.connected_components(close) for code in members}


def _series(tape: Tape, prints: Prints, chosen: Int64, whose: Int64, shape: Shape) -> list[Int64]:
    """Small prints of one trader (or group) and side, no long pause between them, enough of them."""
    side = prints.side[chosen]
    by_trader = np.lexsort((chosen, side, whose))
    chosen, whose, side = chosen[by_trader], whose[by_trader], side[by_trader]
    at = tape.at[prints.first[chosen]]
    cut = (whose[1:] != whose[:-1]) | (side[1:] != side[:-1]) | (np.diff(at) > micros(shape.pause))
    bounds = np.r_[0, np.flatnonzero(cut) + 1, len(chosen)]
    enough = np.flatnonzero(np.diff(bounds) >= int(shape.prints))
    return [chosen[bounds[n] : bounds[n + 1]] for n in enough]


def _usually(prints: Prints, side: int) -> tuple[int, int]:
    """How many prints takers of this side made, and how many of them went beyond the last price."""
    same = prints.side == side
    return int(same.sum()), int((prints.step[same] > 0).sum())


def _opens(tape: Tape, prints: Prints, series: Int64) -> NDArray[np.bool_]:
    """Which prints of a series open a climb."""
    pauses = np.diff(tape.at[prints.first[series]])
    opens: NDArray[np.bool_] = np.r_[True, pauses > _PAUSE * max(float(np.median(pauses)), micros(1))]
    return opens


def _against_chance(
    prints: Prints, climbs: tuple[Int64, NDArray[np.bool_]], usually: tuple[int, int], *, among: bool
) -> tuple[int, float, float]:
    """How many prints of the series go beyond the last price, how many would by chance, and the powers of ten against that.

    A print that is its own sequel (nobody traded in between) counts as a step only where it goes further. What others of the
    same side do is counted the same way. Prints of accounts ``among`` themselves need no last price of others: they count where
    they go beyond their own before, and chance lets at least every other do so.
    """
    series, opens = climbs
    every, beyond = usually
    others, theirs = every - len(series), beyond - int((prints.step[series] > 0).sum())
    usual = min(max((1 + theirs) / (2 + others), _EVEN if among else 1 - _SURELY), _SURELY)
    count, upticks = int((~opens).sum()), int((_steps(prints, climbs, among=among)[~opens] > 0).sum())
    tail = sum(comb(count, k) * usual**k * (1 - usual) ** (count - k) for k in range(upticks, count + 1))
    return upticks, count * usual, -log10(max(tail, 1e-300))


def _steps(prints: Prints, climbs: tuple[Int64, NDArray[np.bool_]], *, among: bool) -> Int64:
    """How far each print goes beyond the last price or, in a climb of those who print with one another, beyond their own before."""
    series, opens = climbs
    beyond_last = prints.step[series]
    if not among:
        return beyond_last
    before = np.r_[0, prints.price[series[:-1]]]
    return np.where(opens, beyond_last, prints.side[series] * (prints.price[series] - before))


def _among(tape: Tape, prints: Prints, series: Int64, shape: Shape) -> bool:
    """Whether they print mostly with one another, so that less must speak against chance: for them whom they meet is none."""
    met = np.isin(tape.maker[prints.first[series]], np.unique(prints.taker[series]))
    return float(met.mean()) >= float(shape.together)


def _judged(
    market: tuple[OrderStream, Tape, Prints],
    climbs: tuple[Int64, NDArray[np.bool_]],
    told: tuple[int, float, float, float, float],
    shape: Shape,
) -> Painting | None:
    (stream, tape, prints), (series, opens) = market, climbs
    best = best_prices(stream)
    upticks, expected, chance, usual, carried = told
    side = int(prints.side[series[0]])
    a, b = int(prints.first[series[0]]), int(prints.last[series[-1]])
    steps = np.maximum(prints.step[(prints.first >= a) & (prints.first <= b) & (prints.side == side)], 0).sum()
    own = float(np.maximum(prints.step[series], 0).sum())
    moved = 0.0
    for climb in np.split(series, np.flatnonzero(opens)[1:]):
        ends = int(tape.place[prints.first[climb[0]]]) - 1, int(tape.place[prints.last[climb[-1]]])
        before, after = (middle_at(best, max(place, 0)) for place in ends)
        moved += 0.0 if np.isnan(before) or np.isnan(after) else side * float(after - before)
    quotes = min(1.0, max(0.0, moved) / carried) if carried else 1.0
    parts = Parts(
        upticks / (~opens).sum(),
        min(1.0, chance / _CERTAIN),
        max(0.0, 1 - float(np.median(prints.lots[series])) / usual),
        1 - quotes,
        1 - 2 ** -(len(series) / shape.prints),
    )
    score = round(float(np.prod(parts)) ** (1 / len(parts)), _PLACES)
    if score < shape.score:
        return None
    inside = np.concatenate([np.arange(prints.first[n], prints.last[n] + 1) for n in series])
    places = tape.place[inside]
    codes, theirs = (stream.order, stream.account) if side == BUY else (stream.contra_order, stream.contra_account)
    makers = (stream.contra_order, stream.contra_account) if side == BUY else (stream.order, stream.account)
    among = np.isin(tape.maker[inside], np.unique(prints.taker[series]))
    volume = tape.lots[inside].sum() / tape.lots[a : b + 1].sum()
    share = own / steps if steps else 0.0
    return Painting(
        stream.instrument,
        accounts_of(stream, np.r_[theirs[places], makers[1][places[among]]]),
        _SIDES[side],
        moment(int(tape.at[a])),
        moment(int(tape.at[b])),
        Decimal(str(score)),
        len(series),
        upticks,
        _share(expected),
        _share(volume),
        _share(share),
        _share(quotes),
        tuple(trades_at(stream, places)),
        orders_of(stream, np.r_[codes[places], makers[0][places[among]]]),
    )


def _share(value: Any) -> Decimal:
    return Decimal(str(round(float(value), _PLACES)))
