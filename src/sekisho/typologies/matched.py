"""Matched orders: two interests that meet again and again, at one time, price and size, more than chance explains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

import ibis
import pyarrow as pa

from sekisho.typologies.activity import Sides, both_sides
from sekisho.typologies.chance import expected_meetings, tries, unlikelihood
from sekisho.typologies.held import held
from sekisho.typologies.market import Orders, Sample
from sekisho.typologies.ownership import Link, Ownership
from sekisho.typologies.rings import Turn, closed_circles
from sekisho.typologies.trades import Trade, collect, window_number, window_of

if TYPE_CHECKING:
    from sekisho.records import Records

_PLACES = Decimal("0.0001")

Pair = tuple[str, str, str]
"""An instrument and two accounts in order of their names."""


class Meeting(NamedTuple):
    """Two accounts (low < high) that met in one instrument and window, beside what each traded there in all.

    ``low_bought`` counts the trades in which the low account bought from the high one; ``market`` all trades.
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
        """Hold a pair's meetings, all in one instrument, against chance."""
        first, pair = meetings[0], (meetings[0].low, meetings[0].high)
        known, same = orders.alike.counted(trades)
        expected, speaking = sum(meeting.expected for meeting in meetings), tuple(trades)
        if known:
            expected *= orders.base_rate.without(first.instrument, [pair]) * known / len(trades)
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


def meetings_beyond_chance(
    records: Records, trade: Any, seconds: int, met_min: int, excess_min: Decimal, beyond_owner: frozenset[str]
) -> dict[Pair, list[Meeting]]:
    """Pairs that met oftener than chance explains, with the windows in which they did.

    Accounts that many clients share (``beyond_owner``) are left out: different clients stand behind their orders.
    """
    with held(records, _often(trade, seconds, met_min)) as often, both_sides(records, trade, seconds) as sides:
        rows = _beyond_chance(often, sides, excess_min).to_pyarrow().to_pylist()
    pairs: dict[Pair, list[Meeting]] = {}
    for meeting in sorted(Meeting(**row) for row in rows):
        if beyond_owner.isdisjoint((meeting.low, meeting.high)):
            pairs.setdefault((meeting.instrument, meeting.low, meeting.high), []).append(meeting)
    return dict(sorted(pairs.items()))


def trades_between(
    records: Records, trade: Any, meetings: Mapping[Pair, Sequence[Meeting]], owners: Ownership, seconds: int, sample: Sample
) -> tuple[dict[Pair, list[Trade]], list[Trade]]:
    """The trades of each pair in its windows, and the market's sample; one pass over the trades serves both.

    Trades in which one interest stood on both sides are left out: these are wash trades.
    """
    columns = {name: [pair[at] for pair in meetings] for at, name in enumerate(("met_in", "low", "high"))}
    wanted = records.memory("met_pairs", pa.table({name: pa.array(cells, pa.string()) for name, cells in columns.items()}))
    low, high = _in_order(trade)
    paired = trade.left_join(wanted, [trade.instrument == wanted.met_in, low == wanted.low, high == wanted.high])
    noted = collect(paired.filter(paired.met_in.notnull() | sample.of(paired)))
    together: dict[Pair, list[Trade]] = {pair: [] for pair in meetings}
    for one in noted:
        pair = (one.instrument, *one.pair)
        in_window = any(window_of(one.executed_at, seconds) == meeting.window for meeting in meetings.get(pair, ()))
        if in_window and owners.chain(*one.pair, on=one.day) is None:
            together[pair].append(one)
    return {pair: trades for pair, trades in together.items() if trades}, sample.among(noted)


def met_often_alike(trades: Sequence[Trade], orders: Orders, met_min: int) -> bool:
    """Whether the trades that can speak against a pair are ``met_min`` meetings or more; most pairs fall away here."""
    known, _ = orders.alike.counted(trades)
    speaking = (trade for trade in trades if not known or trade.trade_id in orders.alike.alike)
    return len({trade.meeting for trade in speaking}) >= met_min


def without_rings(matches: Sequence[Match], turn: Turn) -> list[Match]:
    """Leave out matches through which a position goes round three accounts or more: these are wash trades."""
    going_round: set[tuple[str, tuple[str, str]]] = set()
    for instrument in sorted({match.instrument for match in matches}):
        trades = [trade for match in matches if match.instrument == instrument for trade in match.trades]
        going_round |= {(instrument, trade.pair) for ring in closed_circles(trades, turn) for trade in ring}
    return [match for match in matches if (match.instrument, match.pair) not in going_round]


def _often(trade: Any, seconds: int, met_min: int) -> Any:
    """Pairs (Ibis) that met ``met_min`` times in a window."""
    low, high = _in_order(trade)
    pairs = trade.select(
        "instrument",
        window=window_number(trade.executed_at, seconds),
        low=low,
        high=high,
        low_bought=(trade.buy_account_id == low).cast("int64"),
    )
    met = pairs.filter(pairs.low != pairs.high).group_by("instrument", "window", "low", "high")
    often = met.aggregate(met=lambda t: t.count(), low_bought=lambda t: t.low_bought.sum().cast("int64"))
    return often.filter(often.met >= met_min)


def _beyond_chance(often: Any, sides: Sides, excess_min: Decimal) -> Any:
    """Those (Ibis) that met ``excess_min`` times as often as by chance.

    Two busy accounts meet often by chance: what counts is the excess over what their own activity explains.
    """
    for label, counts in (("buys", sides.bought), ("sells", sides.sold)):
        for side in ("low", "high"):
            column = f"{side}_{label}"
            counted = counts.select("instrument", "window", **{side: counts.account, column: counts.n})
            often = often.left_join(counted, ["instrument", "window", side]).select(*often.columns, column)
            often = often.mutate(**{column: often[column].fill_null(0)})
    bought = sides.bought
    market = bought.group_by("instrument", "window").aggregate(market=bought.n.sum().cast("int64"))
    often = often.join(market, ["instrument", "window"]).select(*often.columns, "market")
    often = often.mutate(high_bought=often.met - often.low_bought)
    likely = often.filter(often.met.cast("float64") >= float(excess_min) * _expected(often))
    return likely.select(*Meeting._fields)


def _in_order(trade: Any) -> tuple[Any, Any]:
    """The two accounts of a trade (Ibis), in order of their names."""
    return ibis.least(trade.buy_account_id, trade.sell_account_id), ibis.greatest(trade.buy_account_id, trade.sell_account_id)


def _expected(often: Any) -> Any:
    """``Meeting.expected`` as an Ibis expression."""
    met = often.met.cast("float64")
    share = ibis.least(met / (often.low_buys + often.low_sells), met / (often.high_buys + often.high_sells))

    def one_way(bought: Any, sold: Any, way: Any) -> Any:
        own = way.cast("float64") * share
        return (bought - own + 1) * (sold - own + 1) / (often.market - own + 1)

    there = one_way(often.low_buys, often.high_sells, often.low_bought)
    back = one_way(often.high_buys, often.low_sells, often.high_bought)
    return there + back


def _rounded(value: float) -> Decimal:
    return Decimal(value).quantize(_PLACES, rounding=ROUND_HALF_EVEN)
