"""Abnormal positions before an event: who built up far more than ever before on the side that gained, and how often chance does.

Every filled order is a decision: whose, when, which side, how much of it took what was there. At any moment a trader (accounts of
one owner are one) has the decisions of the window before it; how strange they are is a number without unit, so that all assets and
all other moments of the same book tell how often somebody as strange stands before nothing at all: the placebo. Whoever meets the
same conditions counts in it, and nobody else: like is compared with like.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import ibis
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sekisho.records.table import key_text
from sekisho.typologies.handled_assets import Application
from sekisho.typologies.material_facts import Facts, japan_date
from sekisho.typologies.valuation import in_utc

if TYPE_CHECKING:
    from sekisho.records import Records

Reals = NDArray[np.float64]
Longs = NDArray[np.int64]
Truths = NDArray[np.bool_]
BUY, SELL = 1, -1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO = timedelta(microseconds=1)


class Event(NamedTuple):
    """Something that became known about an asset: when first, what says so, which side it favoured (0: the price tells)."""

    asset: str
    at: datetime
    record: tuple[str, str]
    fact_id: str | None
    side: int


class Shape(NamedTuple):
    """How time is cut: between two moments looked at, steps in a window, and the steps of history at least."""

    step: timedelta
    steps: int
    history_steps: int

    @property
    def window(self) -> timedelta:
        """The time before a moment in which decisions are looked at."""
        return self.step * self.steps

    @property
    def judged_from(self) -> int:
        """The first of the regular moments that has a window and enough history before it."""
        return self.history_steps + self.steps - 1


class Conditions(NamedTuple):
    """What a position must be to count at all, before an event and before nothing; ratios, but for ``together``.

    ``taken_min`` is the least part that took what others showed: an order that rests is filled when others choose. Whoever knows
    has until the event: his last decision is no more than ``pauses_max`` of his own usual pauses away. Orders on one side that
    follow one another within ``together`` are one decision, and no usual pause is shorter. Beyond ``unlikely_enough`` powers of ten
    more decisions make nobody stranger.
    """

    far_min: float
    decisions_min: int
    one_sided_min: float
    concentrated_min: float
    taken_min: float
    pauses_max: float
    unlikely_enough: float
    together: timedelta


class Move(NamedTuple):
    """What the price did: before the event, after the market had taken it in, and how many usual steps that move is worth."""

    before: Decimal
    after: Decimal
    usual_moves: float

    @property
    def side(self) -> int:
        """The side that gained."""
        return BUY if self.after > self.before else SELL if self.after < self.before else 0


class Strange(NamedTuple):
    """One trader whose position before the event is strange; figures are ratios.

    ``far`` compares the position with the trader's own largest before, ``one_sided`` is net over gross, ``taken`` the part that
    took, ``orders`` are decisions on the side less those on the other, ``usual`` is what habit makes of them and ``unlikely`` the
    powers of ten against it; ``concentrated`` is ``far`` here against the largest ``far`` elsewhere: who buys everything does not
    act on one asset's news. ``pauses`` is the silence before the event in the trader's own usual pauses. ``alike`` is how many are
    as strange before this event; ``gains`` at how many of the ``moments`` a position of the trader's gained as much.
    """

    trader: int
    strangeness: float
    far: float
    one_sided: float
    taken: float
    concentrated: float
    pauses: float
    orders: int
    usual: float
    unlikely: float
    first: bool
    alike: int
    active: int
    gains: int
    moments: int

    @property
    def gain_chance(self) -> float:
        """How often a gain like this one comes to the trader at other moments; this one counts as one of them."""
        return (1 + self.gains) / (1 + self.moments)


class Tape(NamedTuple):
    """Decisions in one asset, by trader and time: ``trader[i]`` has those from ``starts[i]`` on; values in the quote asset."""

    trader: Longs
    starts: Longs
    of: Longs  # per decision: place in ``trader``
    at: Longs
    side: Longs
    value: Reals
    taken: Reals
    fresh: Reals  # 1 where an order is a decision of its own, 0 where it carries on with the one before


class Looks(NamedTuple):
    """One asset's traders at several moments, ``[trader, moment]``: what the window before each holds."""

    net: Reals
    far: Reals
    one_sided: Reals
    taken: Reals
    pauses: Reals
    orders: Reals
    usual: Reals
    unlikely: Reals
    first: Truths
    signed: Reals  # strangeness with its side; 0 where a condition is not met


class Regular(NamedTuple):
    """Of one asset's traders at the regular moments, what later looks compare with: ``[trader, moment]``."""

    net: Reals
    far: Reals


class Usual(NamedTuple):
    """What is usual in an asset: the median value and number of orders of all windows in which somebody did something."""

    value: float
    orders: float


class Placebo(NamedTuple):
    """Everybody who meets the conditions at some regular moment: asset, trader, moment and strangeness."""

    asset: Longs
    trader: Longs
    at: Longs
    strangeness: Reals


@dataclass(frozen=True, slots=True)
class Book:
    """All decisions against one quote, and what is usual in them at regular moments."""

    traders: tuple[str, ...]
    assets: tuple[str, ...]
    tapes: tuple[Tape, ...]
    usual: tuple[Usual, ...]
    regular: tuple[Regular, ...]
    moments: Longs
    placebo: Placebo
    shape: Shape
    conditions: Conditions

    def strange_before(self, event: Event, side: int, moves: Mapping[str, Reals], move: float) -> list[Strange]:
        """Every trader who meets the conditions on the side that gained.

        ``moves`` is what each asset's price did after each regular moment and ``move`` this one's after the event, as logarithms.
        """
        asset, at = self.assets.index(event.asset), (event.at - _EPOCH) // _MICRO
        tape, step = self.tapes[asset], self.shape.step // _MICRO
        count = max(1, (at - int(self.moments[0])) // step + 1) if self.moments.size else 1
        looks = _looks(tape, at - step * np.arange(count - 1, -1, -1), self.usual[asset], self.shape, self.conditions)
        mine = looks.signed[:, -1] * side
        active = int((looks.one_sided[:, -1] > 0).sum())
        found = []
        for place in np.flatnonzero(mine > 0):
            trader, value = int(tape.trader[place]), float(mine[place])
            concentrated = self._concentrated(asset, trader, at, float(looks.far[place, -1]))
            if not concentrated >= self.conditions.concentrated_min:
                continue
            gains, moments = self._gains(asset, trader, at, moves, float(looks.net[place, -1]) * move)
            alike = int((mine >= value).sum())
            found.append(_strange(looks, int(place), (trader, value, concentrated), (alike, active), (gains, moments)))
        return found

    def chance(self, event: Event, one: Strange, suspected: Collection[int]) -> float:
        """How many others as strange a random moment has: not this trader, nobody suspected, not the days around the event."""
        asset, at, window = self.assets.index(event.asset), (event.at - _EPOCH) // _MICRO, self.shape.window // _MICRO
        judged = self.moments[self.shape.judged_from :]
        moments = 2 * (judged.size * len(self.assets) - int((np.abs(judged - at) < window).sum()))
        here = (self.placebo.asset == asset) & (np.abs(self.placebo.at - at) < window)
        others = ~here & ~np.isin(self.placebo.trader, [one.trader, *suspected])
        alike = int((self.placebo.strangeness[others] >= one.strangeness).sum())
        return alike / moments if moments else float("inf")

    def _concentrated(self, asset: int, trader: int, at: int, far: float) -> float:
        """How far this is from habit, against this and the farthest in any other asset at the same moment."""
        elsewhere, step = 0.0, self.shape.step // _MICRO
        count = max(1, (at - int(self.moments[0])) // step + 1) if self.moments.size else 1
        ends = at - step * np.arange(count - 1, -1, -1)
        for other, tape in enumerate(self.tapes):
            place = int(np.searchsorted(tape.trader, trader))
            if other != asset and place < tape.trader.size and tape.trader[place] == trader:
                looks = _looks(_only(tape, place), ends, self.usual[other], self.shape, self.conditions)
                elsewhere = max(elsewhere, float(looks.far[0, -1]))
        return far / (far + elsewhere) if far > 0 else 0.0

    def _gains(self, asset: int, trader: int, at: int, moves: Mapping[str, Reals], gain: float) -> tuple[int, int]:
        """At how many other moments a position of the trader's, in whatever asset, gained as much, and of how many moments."""
        gains, moments = 0, 0
        judged = np.arange(self.moments.size) >= self.shape.judged_from
        apart = np.abs(self.moments - at) >= self.shape.window // _MICRO
        for number, (tape, looks) in enumerate(zip(self.tapes, self.regular, strict=True)):
            these = judged & apart if number == asset else judged
            moments += int(these.sum())
            place = int(np.searchsorted(tape.trader, trader))
            if place < tape.trader.size and tape.trader[place] == trader:
                each = np.round(looks.net[place] * moves[self.assets[number]], 9)
                gains += int((each[these] >= round(gain, 9)).sum())
        return gains, moments


class Market(NamedTuple):
    """Which instrument stands for each asset, all against one quote, and which accounts are left out."""

    instruments: Mapping[str, str]
    left_out: Collection[str]
    groups: Mapping[str, str]


def book_of(records: Records, market: Market, shape: Shape, conditions: Conditions, span: tuple[datetime, datetime]) -> Book:
    """Everybody's decisions in the instruments of one quote; ``span`` is the first and last trade of the book."""
    begins, until = ((at - _EPOCH) // _MICRO for at in span)
    step = shape.step // _MICRO
    moments = begins + step * np.arange(1, (until - begins) // step + 1)
    assets = tuple(sorted(set(market.instruments.values())))
    traders, tapes = _tapes(records, market, assets, conditions.together // _MICRO)
    usual, regular, cells = [], [], []
    for number, tape in enumerate(tapes):
        usual.append(_usual(tape, moments, shape))
        looks = _looks(tape, moments, usual[-1], shape, conditions)
        regular.append(Regular(looks.net, looks.far))
        who, when = np.nonzero(looks.signed[:, shape.judged_from :])
        cells.append(_Cells(number, who, when + shape.judged_from, np.abs(looks.signed[who, when + shape.judged_from])))
    placebo = _placebo(tapes, regular, cells, moments, conditions)
    return Book(traders, assets, tuple(tapes), tuple(usual), tuple(regular), moments, placebo, shape, conditions)


class _Cells(NamedTuple):
    """Who meets the conditions in one asset, at which moments, and how strange that is."""

    asset: int
    who: NDArray[np.intp]
    when: NDArray[np.intp]
    strangeness: Reals


def _placebo(
    tapes: Sequence[Tape], regular: Sequence[Regular], cells: Sequence[_Cells], moments: Longs, conditions: Conditions
) -> Placebo:
    """Those of the cells that are concentrated in their asset."""
    parts = []
    for asset, who, when, strangeness in cells:
        trader, far = tapes[asset].trader[who], regular[asset].far[who, when]
        elsewhere = np.zeros(far.size)
        for other, tape in enumerate(tapes):
            if other != asset and tape.trader.size:
                place = np.minimum(np.searchsorted(tape.trader, trader), tape.trader.size - 1)
                there = tape.trader[place] == trader
                elsewhere[there] = np.maximum(elsewhere[there], regular[other].far[place[there], when[there]])
        kept = far >= conditions.concentrated_min * (far + elsewhere)
        parts.append((np.full(int(kept.sum()), asset, np.int64), trader[kept], moments[when[kept]], strangeness[kept]))
    if not parts:
        return Placebo(*(np.empty(0, np.int64),) * 3, np.empty(0))
    return Placebo(*(np.concatenate([part[column] for part in parts]) for column in range(4)))


def _strange(looks: Looks, place: int, who: tuple[int, float, float], counts: tuple[int, int], gains: tuple[int, int]) -> Strange:
    """The last look at the trader in this place."""
    trader, strangeness, concentrated = who
    return Strange(
        trader=trader,
        strangeness=strangeness,
        far=float(looks.far[place, -1]),
        one_sided=float(looks.one_sided[place, -1]),
        taken=float(looks.taken[place, -1]),
        concentrated=concentrated,
        pauses=float(looks.pauses[place, -1]),
        orders=int(looks.orders[place, -1]),
        usual=float(looks.usual[place, -1]),
        unlikely=float(looks.unlikely[place, -1]),
        first=bool(looks.first[place, -1]),
        alike=counts[0],
        active=counts[1],
        gains=gains[0],
        moments=gains[1],
    )


def _looks(tape: Tape, ends: Longs, usual: Usual, shape: Shape, conditions: Conditions) -> Looks:
    """What each trader's window before each of these moments, which are one step apart, looks like.

    Strange is who takes a position much larger than any he took before and than people usually take, in more decisions
    on that side than he usually takes, without going back on them, and until the last: one large order may be luck, and a busy day
    habit.
    """
    width = shape.steps
    count, *totals = _totals(tape, ends)
    position, traded, took, decided, decisions = (np.round(each - _shifted(each, width), 9) for each in totals)
    earlier, decided_earlier = _shifted(count, width), _shifted(totals[3], width)
    orders = np.maximum(np.sign(position) * decisions, 0.0)
    habit = (decided_earlier + usual.orders) * width / (np.maximum(np.arange(ends.size) + 1 - width, 0) + width)
    far = np.abs(position) / (_largest_before(np.abs(position), width) + usual.value)
    unlikely = _unlikely(orders, habit)
    with np.errstate(divide="ignore", invalid="ignore"):
        one_sided = np.where(traded > 0, np.abs(position) / traded, 0.0)
        part_taken = np.where(traded > 0, took / traded, 0.0)
    pauses = _pauses(tape, ends, (count, earlier), decided, conditions.together // _MICRO)
    met = (far >= conditions.far_min) & (orders >= conditions.decisions_min) & (one_sided >= conditions.one_sided_min)
    met &= (part_taken >= conditions.taken_min) & (count > earlier) & (pauses <= conditions.pauses_max)
    strangeness = far * one_sided**2 * (1 + np.minimum(unlikely, conditions.unlikely_enough)) / (1 + pauses)
    signed = np.where(met, np.sign(position) * np.round(strangeness, 9), 0.0)
    return Looks(position, far, one_sided, part_taken, pauses, orders, habit, unlikely, earlier == 0, signed)


def _totals(tape: Tape, ends: Longs) -> tuple[Longs, Reals, Reals, Reals, Reals, Reals]:
    """Up to each moment, by trader: orders, net and gross value, value taken, decisions, those to buy less those to sell."""
    rows, columns = tape.trader.size, ends.size
    cell = tape.of * (columns + 1) + np.searchsorted(ends, tape.at, side="right")

    def total(weights: Reals | None) -> Reals:
        flat = np.bincount(cell, weights, minlength=rows * (columns + 1))
        return np.asarray(np.cumsum(flat.reshape(rows, columns + 1), axis=1)[:, :columns])

    side = tape.side.astype(np.float64)
    values = (side * tape.value, tape.value, tape.taken, tape.fresh, side * tape.fresh)
    net, gross, taken, fresh, net_fresh = (total(each) for each in values)
    return total(None).astype(np.int64), net, gross, taken, fresh, net_fresh


def _pauses(tape: Tape, ends: Longs, counts: tuple[Longs, Longs], decided: Reals, least: int) -> Reals:
    """How long it is since the last order in the window, in the usual pauses between its decisions; no pause is below ``least``."""
    count, earlier = counts
    starts, size = tape.starts[:, None], max(1, tape.at.size)
    at = tape.at if tape.at.size else np.zeros(1, np.int64)
    last, first = at[np.clip(starts + count - 1, 0, size - 1)], at[np.clip(starts + earlier, 0, size - 1)]
    pause = np.maximum((last - first) / np.maximum(decided - 1, 1), least)
    return np.asarray(np.where(count > earlier, np.round((ends[None, :] - last) / pause, 9), np.inf))


def _usual(tape: Tape, moments: Longs, shape: Shape) -> Usual:
    _count, _net, gross, _taken, decided, _net_decided = _totals(tape, moments)
    inside, traded = decided - _shifted(decided, shape.steps), gross - _shifted(gross, shape.steps)
    some = traded > 0
    return Usual(float(np.median(traded[some])), max(1.0, float(np.median(inside[some])))) if some.any() else Usual(1.0, 1.0)


def _shifted(totals: Any, width: int) -> Any:
    """The same totals as many moments ago; nothing before the first."""
    ago = np.zeros_like(totals)
    ago[:, width:] = totals[:, : max(0, totals.shape[1] - width)]
    return ago


def _only(tape: Tape, place: int) -> Tape:
    """One trader's part of a tape."""
    begins = int(tape.starts[place])
    ends = int(tape.starts[place + 1]) if place + 1 < tape.starts.size else tape.at.size
    part = slice(begins, ends)
    none = np.zeros(1, np.int64)
    of = np.zeros(ends - begins, np.int64)
    return Tape(
        tape.trader[place : place + 1],
        none,
        of,
        tape.at[part],
        tape.side[part],
        tape.value[part],
        tape.taken[part],
        tape.fresh[part],
    )


def _largest_before(windows: Reals, width: int) -> Reals:
    """The largest of the windows that had ended when this one began."""
    return np.asarray(_shifted(np.maximum.accumulate(windows, axis=1), width))


def _unlikely(orders: Reals, habit: Reals) -> Reals:
    """Powers of ten against so many orders by habit, as ``chance.unlikelihood``; to the placebo it is a figure like any other."""
    more = np.maximum(orders, habit)
    return np.asarray(np.round((more * np.log(more / habit) - (more - habit)) / np.log(10), 9))


def _tapes(records: Records, market: Market, assets: Sequence[str], together: int) -> tuple[tuple[str, ...], list[Tape]]:
    """Filled orders of everybody who is not left out, by asset, trader and time."""
    trade = records.trade.filter(records.trade.instrument.isin(sorted(market.instruments)))
    rows, prices = _decisions(trade, market), _usual_prices(trade)
    accounts, names = rows["account"].dictionary_encode(), rows["instrument"].dictionary_encode()
    whose, whats = accounts.dictionary.to_pylist(), names.dictionary.to_pylist()
    traders: dict[str, int] = {}
    trader_of = np.array([traders.setdefault(market.groups.get(a, a), len(traders)) for a in whose], np.int64)
    asset_of = np.array([assets.index(market.instruments[name]) for name in whats], np.int64)
    price_of = np.array([prices[name] for name in whats], np.float64)
    trader, name = trader_of[accounts.indices.to_numpy()], names.indices.to_numpy()
    at, side = rows["at"].to_numpy(), rows["side"].to_numpy().astype(np.int64)
    value, taken = (rows[column].cast(pa.float64()).to_numpy() * price_of[name] for column in ("quantity", "taken"))
    asset = asset_of[name] if name.size else np.empty(0, np.int64)
    order = np.lexsort((side, at, trader, asset))
    bounds = np.searchsorted(asset[order], np.arange(len(assets) + 1))
    tapes = []
    for begins, ends in pairwise(bounds):
        part = order[begins:ends]
        unique, starts, of = np.unique(trader[part], return_index=True, return_inverse=True)
        columns = (at[part], side[part], value[part], taken[part], _fresh(trader[part], at[part], side[part], together))
        tapes.append(Tape(unique, starts.astype(np.int64), of.reshape(-1).astype(np.int64), *columns))
    return tuple(traders), tapes


def _fresh(trader: Longs, at: Longs, side: Longs, together: int) -> Reals:
    """Which orders, in order of trader and time, are decisions of their own."""
    alone = np.ones(at.size)
    alone[1:] = (np.diff(trader) != 0) | (np.diff(side) != 0) | (np.diff(at) > together)
    return alone


def _decisions(trade: Any, market: Market) -> pa.RecordBatch:
    """One row for each filled order: when first, how much in all, and how much of it took; exact, in one order."""
    parts = []
    for column, order, side, word in (
        ("buy_account_id", "buy_order_id", BUY, "buy"),
        ("sell_account_id", "sell_order_id", SELL, "sell"),
    ):
        took = ibis.ifelse(trade.aggressor_side.fill_null(word) == word, trade.quantity, trade.quantity - trade.quantity)
        named = trade.select(
            account=trade[column], instrument=trade.instrument, quantity=trade.quantity, side=ibis.literal(side, "int8"),
            order=ibis.coalesce(trade[order], trade.trade_id), taken=took, executed_at=trade.executed_at,
        )  # fmt: skip
        parts.append(named.filter(named.account.notnull(), ~named.account.isin(sorted(market.left_out) or [""])))
    both = ibis.union(*parts)
    keys = ["account", "instrument", "side", "order"]
    grouped = both.group_by(keys).aggregate(first=both.executed_at.min(), quantity=both.quantity.sum(), taken=both.taken.sum())
    table = grouped.to_pyarrow()
    table = table.append_column("at", table["first"].cast(pa.timestamp("us", "UTC")).cast(pa.int64())).drop_columns(["first"])
    in_order = table.sort_by([(key, "ascending") for key in keys])
    return pa.RecordBatch.from_arrays([column.combine_chunks() for column in in_order.columns], names=in_order.column_names)


def moves_after(records: Records, instruments: Collection[str], moments: Longs, reaction: timedelta) -> dict[str, Reals]:
    """What the price of each instrument did in the reaction time after each of these moments, as logarithms."""
    if not moments.size:
        return {name: np.zeros(0) for name in instruments}
    trade = records.trade.filter(records.trade.instrument.isin(sorted(instruments)))
    micros, begins = reaction // _MICRO, int(moments[0])
    exact = trade.executed_at.epoch_seconds().cast("int64") * 1_000_000 - begins
    steps = trade.mutate(bucket=(exact / micros).floor().cast("int64")).group_by("instrument", "bucket")
    rows = steps.aggregate(price=trade.price.argmax(trade.sequence)).to_pyarrow().to_pylist()
    last: dict[str, dict[int, float]] = {}
    for row in rows:
        last.setdefault(row["instrument"], {})[row["bucket"]] = float(row["price"])
    places = (moments - begins) // micros
    moves = {}
    for name in instruments:
        buckets = np.array(sorted(last.get(name, {})), np.int64)
        logs = np.log([last[name][bucket] for bucket in buckets.tolist()])
        before, after = (np.searchsorted(buckets, places + ahead) - 1 for ahead in (0, 1))
        known = (before >= 0) & (after >= 0)
        moves[name] = (
            np.where(known, logs[np.maximum(after, 0)] - logs[np.maximum(before, 0)], 0.0) if logs.size else np.zeros(places.size)
        )
    return moves


def steps_before(event: Event, shape: Shape, first: datetime) -> int:
    """How many steps a book that begins at ``first`` has before an event; 0 where that is not enough to judge by."""
    count = (event.at - first) // shape.step
    return count if count >= shape.history_steps + shape.steps else 0


class Traded(NamedTuple):
    """How often an instrument was traded, when first and when last."""

    trades: int
    first: datetime
    last: datetime


def traded_of(records: Records) -> dict[str, Traded]:
    """All instruments that were traded."""
    trade = records.trade
    rows = (
        trade.group_by("instrument")
        .aggregate(n=trade.count(), first=trade.executed_at.min(), last=trade.executed_at.max())
        .to_pyarrow()
        .to_pylist()
    )
    return {row["instrument"]: Traded(row["n"], in_utc(row["first"]), in_utc(row["last"])) for row in rows}


def paired_accounts(records: Records, known: Collection[str], share_max: Decimal, trades_min: int) -> frozenset[str]:
    """Accounts that trade with one and the same other one most of the time: whatever they do, they do not act on news.

    ``known`` are accounts that everybody trades with, such as market makers; meeting those says nothing.
    """
    trade, parts = records.trade, []
    for own, other in (("buy_account_id", "sell_account_id"), ("sell_account_id", "buy_account_id")):
        parts.append(trade.select(account=trade[own], partner=trade[other]))
    both = ibis.union(*parts)
    both = both.filter(both.account.notnull())
    pairs = both.group_by("account", "partner").aggregate(n=both.count())
    totals = pairs.group_by("account").aggregate(total=pairs.n.sum().cast("int64"))
    named = pairs.filter(pairs.partner.notnull(), ~pairs.partner.isin(sorted(known) or [""]), pairs.n >= trades_min)
    rows = named.inner_join(totals, "account").select("account", "n", "total").to_pyarrow().to_pylist()
    return frozenset(row["account"] for row in rows if row["n"] > share_max * row["total"])


def _usual_prices(trade: Any) -> dict[str, float]:
    """One price for each instrument to weigh assets against one another: the mean of its highest and its lowest."""
    rows = trade.group_by("instrument").aggregate(low=trade.price.min(), high=trade.price.max()).to_pyarrow().to_pylist()
    return {row["instrument"]: float(row["low"] + row["high"]) / 2 for row in rows}


class Moment(NamedTuple):
    """When the price of an instrument is asked for, and how long it had to take the event in."""

    instrument: str
    at: datetime
    reaction: timedelta


def moves_at(records: Records, moments: Sequence[Moment]) -> list[Move | None]:
    """The price before each moment and after its reaction time, and how unusual a move of this size is in that time."""
    if not moments:
        return []
    columns = {
        "number": pa.array(range(len(moments)), pa.int32()),
        "of": pa.array([each.instrument for each in moments], pa.string()),
        "start": pa.array([(each.at - _EPOCH) // _MICRO for each in moments], pa.int64()),
        "reaction": pa.array([each.reaction // _MICRO for each in moments], pa.int64()),
        "at": pa.array([each.at for each in moments], pa.timestamp("us", "UTC")),
    }
    when = records.memory("moments", pa.table(columns))
    trade = records.trade.filter(records.trade.instrument.isin(sorted({each.instrument for each in moments})))
    trade = trade.select("instrument", "executed_at", "price", "sequence").inner_join(when, trade.instrument == when.of)
    since = trade.executed_at.epoch_seconds().cast("int64") * 1_000_000 - trade.start
    number = (since / trade.reaction).floor().cast("int64")
    here = ibis.ifelse(trade.executed_at >= trade.at, ibis.greatest(number, 0), ibis.least(number, -1))
    steps = trade.mutate(step=here)
    rows = steps.group_by("number", "step").aggregate(price=steps.price.argmax(steps.sequence)).to_pyarrow().to_pylist()
    prices: list[dict[int, Decimal]] = [{} for _moment in moments]
    for row in rows:
        prices[row["number"]][row["step"]] = row["price"]
    return [_move(each) for each in prices]


def _move(prices: Mapping[int, Decimal]) -> Move | None:
    before = sorted(number for number in prices if number < 0)
    if not before or 0 not in prices:
        return None
    logs = np.log([float(prices[number]) for number in before])
    usual = float(np.median(np.abs(np.diff(logs)))) if len(logs) > 2 else 0.0
    last, after = prices[before[-1]], prices[0]
    change = abs(float(np.log(float(after) / float(last))))
    return Move(last, after, round(change / usual, 3) if usual > 0 else 0.0)


def known_events(facts: Facts, applications: Mapping[str, Sequence[Application]], apart: timedelta) -> list[Event]:
    """When facts first appeared, in whatever channel, and decisions on listings that no such appearance follows closely."""
    events = []
    for fact in facts.facts.values():
        for post in facts.posts.get(fact.fact_id, ())[:1]:
            side = {"up": BUY, "down": SELL}.get(fact.direction or "", 0)
            events.append(Event(fact.asset, post.published_at, ("publication", post.record_id), fact.fact_id, side))
    for asset, each in applications.items():
        for one in each:
            told = any(e.asset == asset and one.decided_at and abs(e.at - one.decided_at) <= apart for e in events)
            if one.decided_at is not None and not told:
                name = f"{asset}|{one.exchange}|{key_text(one.filed_at)}"
                events.append(Event(asset, one.decided_at, ("listing_application", name), None, 0))
    return sorted(events, key=lambda e: (e.at, e.asset, e.record))


class Jump(NamedTuple):
    """An abrupt repricing: the bucket looked at, how many usual moves it is, and how much must be left some buckets later."""

    bucket: timedelta
    moves_min: Decimal
    kept_min: Decimal
    kept_buckets: int


def repricings(records: Records, instruments: Mapping[str, str], jump: Jump) -> list[Event]:
    """The largest abrupt and lasting move of each instrument and Japan day: where nothing is on record, the price tells."""
    trade = records.trade.filter(records.trade.instrument.isin(sorted(instruments)))
    number = (trade.executed_at.epoch_seconds().cast("int64") / (jump.bucket // timedelta(seconds=1))).floor().cast("int64")
    told = trade.mutate(bucket=number).group_by("instrument", "bucket").aggregate(price=trade.price.argmax(trade.sequence))
    by_name: dict[str, dict[int, float]] = {}
    for row in told.to_pyarrow().to_pylist():
        by_name.setdefault(row["instrument"], {})[row["bucket"]] = float(row["price"])
    events = []
    for name, prices in sorted(by_name.items()):
        largest: dict[date, tuple[float, Event]] = {}
        for size, at, side in _jumps(prices, jump):
            record = ("instrument", name)
            event, day = Event(instruments[name], at, record, None, side), japan_date(at)
            if day not in largest or size > largest[day][0]:
                largest[day] = (size, event)
        events += [event for _size, event in largest.values()]
    return sorted(events, key=lambda e: (e.at, e.asset, e.record))


def _jumps(prices: Mapping[int, float], jump: Jump) -> list[tuple[float, datetime, int]]:
    buckets = sorted(prices)
    if len(buckets) < 2 + jump.kept_buckets:
        return []
    logs = np.log([prices[bucket] for bucket in buckets])
    moves = np.diff(logs)
    usual = float(np.median(np.abs(moves)))
    found = []
    for place in np.flatnonzero(np.abs(moves) >= float(jump.moves_min) * usual) if usual > 0 else ():
        later = place + 1 + jump.kept_buckets
        if later < len(logs) and (logs[later] - logs[place]) / moves[place] >= float(jump.kept_min):
            at = _EPOCH + buckets[int(place) + 1] * jump.bucket
            found.append((round(abs(float(moves[place])), 9), at, BUY if moves[place] > 0 else SELL))
    return found
