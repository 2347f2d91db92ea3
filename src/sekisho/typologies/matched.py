"""Matched orders: two interests that meet again and again, at one time, price and size, more than chance explains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

import ibis
import pyarrow as pa

from sekisho.typologies.chance import expected_meetings, tries, unlikelihood
from sekisho.typologies.market import Market
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
    ``expected`` by chance, ``against_chance`` powers of ten after counting every pair that was compared; ``share`` of
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
    def of(
        cls, meetings: Sequence[Meeting], trades: Sequence[Trade], market: Market, owners: Ownership, pairs_compared: int
    ) -> Match:
        """Hold a pair's meetings, all in one instrument, against chance."""
        first, pair = meetings[0], (meetings[0].low, meetings[0].high)
        known, same = market.alike.counted(trades)
        expected, seen, speaking = sum(meeting.expected for meeting in meetings), len(trades), tuple(trades)
        if known:
            expected *= market.base_rate.without(first.instrument, [pair]) * known / seen
            seen, speaking = same, tuple(trade for trade in trades if trade.trade_id in market.alike.alike)
        days = sorted({trade.day for trade in trades})
        return cls(
            instrument=first.instrument,
            pair=pair,
            trades=speaking,
            seen=seen,
            expected=_rounded(expected),
            against_chance=_rounded(max(0.0, unlikelihood(seen, expected) - tries(pairs_compared))),
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
    trade: Any, seconds: int, met_min: int, excess_min: Decimal, beyond_owner: frozenset[str]
) -> tuple[dict[Pair, list[Meeting]], int]:
    """Pairs that met oftener than chance explains, with their windows; and how many pairs were compared in all.

    Accounts that many clients share (``beyond_owner``) are left out: different clients stand behind their orders.
    """
    rows, compared = frequent_meetings(trade, seconds, met_min, excess_min)
    pairs: dict[Pair, list[Meeting]] = {}
    for meeting in sorted(Meeting(**row) for row in rows.to_pyarrow().to_pylist()):
        if beyond_owner.isdisjoint((meeting.low, meeting.high)):
            pairs.setdefault((meeting.instrument, meeting.low, meeting.high), []).append(meeting)
    return pairs, int(compared.execute()) if pairs else 0


def trades_between(
    records: Records, trade: Any, meetings: Mapping[Pair, Sequence[Meeting]], owners: Ownership, seconds: int
) -> dict[Pair, list[Trade]]:
    """The trades of each pair in its windows, save those in which one interest stood on both sides (wash trades)."""
    if not meetings:
        return {}
    columns = {name: [pair[at] for pair in meetings] for at, name in enumerate(("met_in", "low", "high"))}
    wanted = records.memory("met_pairs", pa.table({name: pa.array(cells, pa.string()) for name, cells in columns.items()}))
    low_first = [trade.instrument == wanted.met_in, trade.buy_account_id == wanted.low, trade.sell_account_id == wanted.high]
    high_first = [trade.instrument == wanted.met_in, trade.buy_account_id == wanted.high, trade.sell_account_id == wanted.low]
    together: dict[Pair, list[Trade]] = {}
    for one in collect(trade.semi_join(wanted, low_first).union(trade.semi_join(wanted, high_first))):
        pair = (one.instrument, *one.pair)
        in_window = any(window_of(one.executed_at, seconds) == meeting.window for meeting in meetings[pair])
        if in_window and owners.chain(*one.pair, on=one.day) is None:
            together.setdefault(pair, []).append(one)
    return dict(sorted(together.items()))


def without_rings(matches: Sequence[Match], turn: Turn) -> list[Match]:
    """Leave out matches through which a position goes round three accounts or more: these are wash trades."""
    going_round: set[tuple[str, tuple[str, str]]] = set()
    for instrument in sorted({match.instrument for match in matches}):
        trades = [trade for match in matches if match.instrument == instrument for trade in match.trades]
        going_round |= {(instrument, trade.pair) for ring in closed_circles(trades, turn) for trade in ring}
    return [match for match in matches if (match.instrument, match.pair) not in going_round]


def frequent_meetings(trade: Any, seconds: int, met_min: int, excess_min: Decimal) -> tuple[Any, Any]:
    """Pairs (Ibis) that met ``met_min`` times and ``excess_min`` times as often as by chance; and how many were compared.

    Two busy accounts meet often by chance: what counts is the excess over what their own activity explains.
    """
    timed = trade.filter(trade.buy_account_id != trade.sell_account_id)
    timed = timed.mutate(window=window_number(timed.executed_at, seconds))
    place = ("instrument", "window")
    low_buys = timed.buy_account_id < timed.sell_account_id
    pairs = timed.mutate(
        low=ibis.ifelse(low_buys, timed.buy_account_id, timed.sell_account_id),
        high=ibis.ifelse(low_buys, timed.sell_account_id, timed.buy_account_id),
        low_bought=low_buys.cast("int64"),
    )
    met = pairs.group_by(*place, "low", "high").aggregate(met=pairs.count(), low_bought=pairs.low_bought.sum())
    often = met.filter(met.met >= met_min)
    buys = timed.group_by(*place, account=timed.buy_account_id).aggregate(n=timed.count())
    sells = timed.group_by(*place, account=timed.sell_account_id).aggregate(n=timed.count())
    for side in ("low", "high"):
        for label, counts in (("buys", buys), ("sells", sells)):
            column = f"{side}_{label}"
            counted = counts.rename({side: "account", column: "n"})
            often = often.left_join(counted, [*place, side]).select(*often.columns, column)
            often = often.mutate(**{column: often[column].fill_null(0)})
    market = timed.group_by(*place).aggregate(market=timed.count())
    often = often.join(market, [*place]).select(*often.columns, "market")
    often = often.mutate(high_bought=often.met - often.low_bought)
    likely = often.filter(often.met.cast("float64") >= float(excess_min) * _expected(often))
    return likely.select(*Meeting._fields), met.count()


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
