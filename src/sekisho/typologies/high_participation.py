"""High participation (高関与取引): one trader does much of the trading in a band of time and the price moves by what he takes.

Three things must come together in the band, each measured against the instrument's own bands of that length:

* share: much of what was bought, or of what was sold, is the trader's, more than the busiest trader of a band usually has, and
  he did not stand ready near the market to trade as much the other way as he took;
* influence: of what takings pushed the middle price that way, he pushed it (his pushes the other way taken off);
* move: what he pushed, and how far the price went his way meanwhile, are more than its usual move in such a time.

Bands of one trader that follow one another are one finding, and only if he took again and again in them: a large order given in
a few pieces is one decision. A program that executes a large order without moving the price lacks the move. A maker on both sides
takes nothing, or takes where a renewed quote of his meets the market while he quotes as much on the other side. Where news moves
everybody the quotes move between the takings and many push. A band with little trading, or with few others in it, is not judged.
It is a ground for looking closer, and of unnamed trades it says nothing. Accounts of one owner are one trader; what they trade
with each other does not count.
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

from sekisho.typologies.layering import Orders, lives, middle_and_spread
from sekisho.typologies.meetings import trades_at
from sekisho.typologies.order_book import best_prices
from sekisho.typologies.order_stream import BUY, NOBODY, TRADE, Int32, Int64, OrderStream
from sekisho.typologies.tape import traders
from sekisho.typologies.trades import Trade

Float = NDArray[np.float64]

_SIDES: Final = {BUY: "buy", -BUY: "sell"}
_ROWS: Final = (BUY, -BUY)
_PLACES: Final = 4
_STEPS: Final = 4
"""Bands begin every quarter of their length, so that one of them fits what happened."""
_MOST: Final = 0.8
"""However few usually trade, a share above four fifths is high."""
_SHORTEST: Final = 10
"""Takings within a tenth of the band are measured against what is usual in a tenth of it."""
_DOUBLINGS: Final = 3
"""A price that moved seven times as far as usual (three doublings of one more) moved as plainly as can be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Participation:
    """What counts as much. The band in seconds, shares from 0 to 1, the others counts."""

    band: Decimal | int
    share: Decimal | int
    share_multiple: Decimal | int
    takings: int
    takings_in_all: int
    others: int
    volume: Decimal | int
    score: Decimal | int


class Parts(NamedTuple):
    """What the score is made of, each from 0 to 1; the score is their geometric mean, so that none can be missing."""

    share: Decimal
    influence: Decimal
    move: Decimal


@dataclass(frozen=True, slots=True)
class Scheme:
    """The bands of one trader in one instrument that follow one another; ``side`` is the one he moved the price to.

    ``orders`` and ``trades`` are his on that side, ``moved`` by how much the price moved meanwhile, in quote units.
    """

    instrument: str
    account_ids: tuple[str, ...]
    side: str
    begins_at: datetime
    ends_at: datetime
    score: Decimal
    parts: Parts
    share: Decimal
    opposite_share: Decimal
    orders: int
    moved: Decimal
    trades: tuple[Trade, ...]

    @property
    def proof(self) -> frozenset[str]:
        """Ids of the trades."""
        return frozenset(trade.trade_id for trade in self.trades)

    @property
    def quantity(self) -> Decimal:
        """Traded on that side."""
        return sum((trade.quantity for trade in self.trades), Decimal(0))


class _Band(NamedTuple):
    trader: int
    side: int
    begins: int
    ends: int
    score: float
    parts: tuple[float, float, float]
    share: float
    opposite_share: float


def high_participation(stream: OrderStream, owners: Mapping[str, str], least: Participation) -> list[Scheme]:
    """The traders of one instrument who took such a part, in order of time. ``owners`` names the owner of joined accounts."""
    market = _Market(stream, traders(stream, owners), least)
    found = sorted(
        (band for band in market.bands() if band.score >= float(least.score)), key=lambda b: (b.trader, b.side, b.begins)
    )
    series: list[list[_Band]] = []
    for band in found:
        last = series[-1][-1] if series else None
        if last and (last.trader, last.side) == (band.trader, band.side) and band.begins <= last.ends:
            series[-1].append(band)
        else:
            series.append([band])
    patterns = (market.scheme(each) for each in series if market.takings(each) >= least.takings_in_all)
    return sorted(patterns, key=lambda scheme: (scheme.begins_at, scheme.account_ids))


class _Quotes(NamedTuple):
    """Limit orders of one trader and side: on show from place ``born`` on, gone or filled at ``until``."""

    born: Int64
    until: Int64
    price: Int64
    lots: Int64


class _Market:
    """One instrument's trades, band by band."""

    def __init__(self, stream: OrderStream, owner: Int64, least: Participation) -> None:
        self.stream, self.least = stream, least
        self.trades = np.flatnonzero(stream.kind == TRADE)
        self.clock = np.maximum.accumulate(stream.at)
        self.at, self.lots, self.side = self.clock[self.trades], stream.quantity[self.trades], stream.side[self.trades]
        self.owners = owner
        self.buyer, self.seller = owner[stream.account[self.trades]], owner[stream.contra_account[self.trades]]
        self.lots = np.where((self.buyer == self.seller) & (self.buyer != NOBODY), 0, self.lots)  # with himself he affects nobody
        self.taker = np.where(self.side == BUY, self.buyer, np.where(self.side == -BUY, self.seller, NOBODY))
        self.width = int(least.band * 1_000_000)
        self._lives: tuple[Orders, Int64] | None = None
        if len(self.trades):
            self.middle, self.spread = self._middle()

    def _middle(self) -> tuple[Int64, float]:
        """Twice the middle price after each event; where no order shows, twice the price last traded."""
        best = best_prices(self.stream)
        middle, spread = middle_and_spread(best)
        if middle.any():
            return middle, spread
        last = np.maximum.accumulate(np.where(self.stream.kind == TRADE, np.arange(len(self.stream)), self.trades[0]))
        return self.stream.price[last] * 2, 1.0

    def bands(self) -> Iterator[_Band]:
        """Every trader who took part enough in a band; bands overlap, so that no start is missed."""
        if not len(self.trades):
            return
        step = self.width // _STEPS
        firsts = np.arange(int(self.at[0]) // step * step - step, int(self.at[-1]) + 1, step)
        begins, ends = np.searchsorted(self.at, firsts), np.searchsorted(self.at, firsts + self.width)
        sums = np.r_[0, np.cumsum(self.lots)]
        volume = sums[ends] - sums[begins]
        moves = self._moves(firsts)
        pushes = self.middle[self.trades] - self.middle[np.maximum(self.trades - 1, 0)]
        traded = volume > 0
        usual_volume = float(np.median(volume[traded]))
        usual_move = max(float(np.median(np.abs(moves[traded]))), self.spread)
        judged = np.flatnonzero(volume >= max(1.0, float(self.least.volume) * usual_volume))
        parties, bounds = (self.buyer, self.seller, self.lots), (begins[judged], ends[judged])
        highest = np.zeros((len(judged), 2))
        band, row, trader, share = _shares(parties, bounds, max(len(self.owners), 1), float(self.least.share), highest)
        least = min(_MOST, float(self.least.share_multiple) * float(np.median(highest))) if len(judged) else 0.0
        for each in np.flatnonzero(np.array(share, np.float64) >= least):
            here = slice(int(begins[judged[band[each]]]), int(ends[judged[band[each]]]))
            yield from self._of(int(trader[each]), here, _ROWS[row[each]], pushes, usual_move)

    def _moves(self, firsts: Int64) -> Int64:
        """Twice the move of the middle price in each band."""
        before = np.maximum(np.searchsorted(self.clock, firsts) - 1, 0)
        after = np.maximum(np.searchsorted(self.clock, firsts + self.width) - 1, 0)
        moves: Int64 = self.middle[after] - self.middle[before]
        return moves

    def _of(self, trader: int, here: slice, side: int, pushes: Int64, usual_move: float) -> Iterator[_Band]:
        """One trader's part in the band, if he took often enough and there were others."""
        own = (self.buyer if side == BUY else self.seller)[here]
        took = (own == trader) & (self.taker[here] == trader) & (self.side[here] == side)
        if took.sum() < self.least.takings:
            return
        against = (self.seller if side == BUY else self.buyer)[here]
        order = (self.stream.order if side == BUY else self.stream.contra_order)[self.trades[here]]
        lots, ours = self.lots[here], own == trader
        others = len(set(np.unique(np.concatenate([own, against]))) - {trader, NOBODY})
        if len(np.unique(order[took])) < self.least.takings or others < self.least.others:
            return
        total = max(int(lots.sum()), 1)
        share, opposite = float(lots[ours].sum() / total), float(lots[against == trader].sum() / total)
        pushed = max(0.0, float(pushes[here][self.taker[here] == trader].sum()) * side)
        together = float(np.maximum(pushes[here] * side, 0).sum())
        place = self.trades[here][took]
        move = max(0.0, float(self.middle[place[-1]] - self.middle[max(int(place[0]) - 1, 0)]) * side)
        active = max(int(self.clock[place[-1]] - self.clock[place[0]]), self.width // _SHORTEST)
        usual = usual_move * float(np.sqrt(active / self.width))
        moved = min(1.0, float(np.log2(1 + (move + pushed) / 2 / usual)) / _DOUBLINGS)
        parts = (share, min(1.0, pushed / together) if together else 0.0, moved)
        if round(float(np.cbrt(np.prod(parts))), _PLACES) < float(self.least.score):
            return
        parts = (share * (1 - self._ready(trader, -side, (order[took], place, lots[took]), usual_move)), *parts[1:])
        score = round(float(np.cbrt(np.prod(parts))), _PLACES)
        ends = self.at[here][ours]
        yield _Band(trader, side, int(ends[0]), int(ends[-1]), score, parts, share, opposite)

    def _ready(self, trader: int, side: int, takings: tuple[Int32, Int64, Int64], reach: float) -> float:
        """For what share of what he took he showed as much on ``side``, the other one, within ``reach`` of the middle price."""
        order, place, lots = takings
        codes, first, back = np.unique(order, return_index=True, return_inverse=True)
        took, at = np.bincount(back, lots, len(codes)), place[first]
        quotes = self._quotes_of(trader, side)
        there = (quotes.born < at[:, None]) & (at[:, None] <= quotes.until)
        there &= np.abs(quotes.price * 2 - self.middle[at - 1][:, None]) <= reach
        shown = (there * quotes.lots).sum(axis=1)
        return float(np.minimum(shown, took).sum() / took.sum())

    def _quotes_of(self, trader: int, side: int) -> _Quotes:
        """All limit orders of one trader and side."""
        if self._lives is None:
            orders = lives(self.stream)
            filled_at = np.full(len(orders.born) + 1, -1, np.int64)  # the last place is nobody's
            for codes in (self.stream.order, self.stream.contra_order):
                np.maximum.at(filled_at, codes[self.trades], self.trades)
            until = np.where(orders.filled < orders.lots, len(self.stream), filled_at[:-1])
            self._lives = orders, np.where(orders.gone >= 0, orders.gone, until)
        orders, until = self._lives
        own = np.flatnonzero((orders.born >= 0) & (orders.side == side) & (self.owners[orders.account] == trader))
        return _Quotes(orders.born[own], until[own], orders.price[own], orders.lots[own])

    def takings(self, bands: list[_Band]) -> int:
        """Orders with which the trader took in all of these bands."""
        here, side = self._between(bands), bands[0].side
        took = (self.taker[here] == bands[0].trader) & (self.side[here] == side)
        order = self.stream.order if side == BUY else self.stream.contra_order
        return len(np.unique(order[self.trades[here][took]]))

    def _between(self, bands: list[_Band]) -> slice:
        """The trades from the first of these bands to the last."""
        begins, ends = min(band.begins for band in bands), max(band.ends for band in bands)
        return slice(int(np.searchsorted(self.at, begins)), int(np.searchsorted(self.at, ends, "right")))

    def scheme(self, bands: list[_Band]) -> Scheme:
        """The bands of one trader as one."""
        stream, plainest = self.stream, max(bands, key=lambda band: band.score)
        begins, ends = min(band.begins for band in bands), max(band.ends for band in bands)
        here, side, trader = self._between(bands), plainest.side, plainest.trader
        ours = self.trades[here][(self.buyer if side == BUY else self.seller)[here] == trader]
        order, account = (stream.order, stream.account) if side == BUY else (stream.contra_order, stream.contra_account)
        moved = int(self.middle[ours[-1]] - self.middle[max(int(ours[0]) - 1, 0)])
        return Scheme(
            stream.instrument,
            tuple(sorted(stream.account_ids[int(code)].as_py() for code in np.unique(account[ours]) if code != NOBODY)),
            _SIDES[side],
            _moment(begins),
            _moment(ends),
            _rounded(plainest.score),
            Parts(*(_rounded(part) for part in plainest.parts)),
            _rounded(plainest.share),
            _rounded(plainest.opposite_share),
            len(np.unique(order[ours])),
            moved * stream.tick / 2,
            tuple(trades_at(stream, ours)),
        )


@njit(cache=True, nogil=True)
def _shares(
    parties: tuple[Int64, Int64, Int64], bounds: tuple[Int64, Int64], traders: int, least: float, highest: Float
) -> tuple[list[int], list[int], list[int], list[float]]:
    """Who bought (row 0) or sold (row 1) at least that share of each band; ``highest`` gets the highest share of anybody."""
    buyer, seller, lots = parties
    begins, ends = bounds
    traded = np.zeros(traders, np.int64)
    band, row, trader, share = [0 for _ in range(0)], [0 for _ in range(0)], [0 for _ in range(0)], [0.0 for _ in range(0)]
    for b in range(len(begins)):
        for r in range(2):
            total = 0
            for i in range(begins[b], ends[b]):
                who = seller[i] if r else buyer[i]
                total += lots[i]
                if who >= 0:
                    traded[who] += lots[i]
            for i in range(begins[b], ends[b]):
                who = seller[i] if r else buyer[i]
                if who < 0 or traded[who] == 0:
                    continue
                part = traded[who] / total
                highest[b, r] = max(highest[b, r], part)
                if part >= least:
                    band.append(b)
                    row.append(r)
                    trader.append(who)
                    share.append(part)
                traded[who] = 0
    return band, row, trader, share


def _rounded(share: float) -> Decimal:
    return Decimal(str(round(share, _PLACES)))


def _moment(microseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
