"""Abnormal positions before an event: who built up far more than ever before on the side that gained, and how often chance does.

Time is cut into steps that end at the event. Every trader (accounts of one owner are one) has a position change per asset and
window of steps; how strange it is, is a number without unit, so that all assets and all other moments of the same book tell
how often a position as strange as this one stands before nothing at all: the placebo.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
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
    """How windows are cut: the length of a step, steps in a window, and the steps of history a trader is judged by at least."""

    step: timedelta
    steps: int
    history_steps: int


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

    ``far`` compares the position with the trader's own largest before, ``one_sided`` is net over gross, ``orders`` are those on the
    side less those on the other, ``usual`` is what habit makes of them and ``unlikely`` the powers of ten against it;
    ``concentrated`` is ``far`` here against ``far`` where else it is largest: who buys everything does not act on one asset's news.
    ``chance`` is how many traders as strange a random moment has, ``alike``
    how many this one has.
    """

    trader: int
    strangeness: float
    far: float
    one_sided: float
    concentrated: float
    orders: int
    usual: float
    unlikely: float
    first: bool
    chance: float
    alike: int
    active: int


class Signs(NamedTuple):
    """For each trader and window: signed strangeness, and what it is made of (see ``Strange``)."""

    signed: Reals
    far: Reals
    one_sided: Reals
    concentrated: Reals
    orders: Reals
    usual: Reals
    unlikely: Reals
    first: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Grid:
    """What all traders did: ``net[asset][trader, step]`` and ``gross`` in value, and how many orders of theirs were filled.

    ``orders`` counts both sides, ``net_orders`` those that bought less those that sold; the last step ends at the event.
    """

    traders: tuple[str, ...]
    assets: tuple[str, ...]
    net: tuple[Reals, ...]
    gross: tuple[Reals, ...]
    orders: tuple[Reals, ...]
    net_orders: tuple[Reals, ...]
    shape: Shape

    def far(self, asset: int) -> Reals:
        """Each window's position against the trader's own largest before and what is usual in the asset."""
        net, gross = _windows(self.net[asset], self.shape.steps), _windows(self.gross[asset], self.shape.steps)
        usual = np.median(gross[gross > 0]) if (gross > 0).any() else 1.0
        return np.asarray(np.abs(net) / (_largest_before(np.abs(net), self.shape.steps) + usual))

    def signs(self, asset: int, fars: Sequence[Reals]) -> Signs:
        """What each trader's windows look like.

        Strange is who takes a position much larger than any he took before and than people usually take, in more decisions
        on that side than he usually takes, and without going back on them: one large order may be luck, and a busy day habit.
        ``fars`` are of all assets.
        """
        width = self.shape.steps
        net, gross = _windows(self.net[asset], width), _windows(self.gross[asset], width)
        elsewhere = np.max([np.zeros_like(net), *(each for place, each in enumerate(fars) if place != asset)], axis=0)
        counts, net_counts = _windows(self.orders[asset], width), _windows(self.net_orders[asset], width)
        before = np.concatenate([np.zeros((net.shape[0], 1)), np.cumsum(self.orders[asset], axis=1)], axis=1)[:, : net.shape[1]]
        typical = float(np.median(counts[counts > 0])) if (counts > 0).any() else 1.0
        habit = (before + typical) * width / (np.arange(net.shape[1]) + width)
        orders = np.maximum(np.sign(net) * net_counts, 0.0)
        far, unlikely = fars[asset], _unlikely(orders, habit)
        with np.errstate(divide="ignore", invalid="ignore"):
            one_sided = np.where(gross > 0, np.abs(net) / gross, 0.0)
            concentrated = np.where(far > 0, far / (far + elsewhere), 0.0)
        signed = np.sign(net) * far * one_sided**2 * unlikely
        return Signs(signed, far, one_sided, concentrated, orders, habit, unlikely, before == 0)


def strange_before(grid: Grid, asset: int, side: int, excluded: int) -> list[Strange]:
    """Every trader on the side that gained in the last window; windows ending in the last ``excluded`` steps are no placebo."""
    places = range(len(grid.assets))
    fars = [grid.far(place) for place in places]
    tables = [grid.signs(place, fars) for place in places]
    placebo, moments = _placebo(grid, tables, asset, excluded)
    if not moments:
        return []
    here = tables[asset]
    mine = here.signed[:, -1] * side
    active = int((here.one_sided[:, -1] > 0).sum())
    found = []
    for trader in np.flatnonzero(mine > 0):
        value = float(mine[trader])
        chance = (len(placebo) - int(np.searchsorted(placebo, value, side="left"))) / moments
        shape = float(here.far[trader, -1]), float(here.one_sided[trader, -1]), float(here.concentrated[trader, -1])
        habit = int(here.orders[trader, -1]), float(here.usual[trader, -1]), float(here.unlikely[trader, -1])
        alike = int((mine >= value).sum())
        found.append(Strange(int(trader), value, *shape, *habit, bool(here.first[trader, -1]), chance, alike, active))
    return found


def _placebo(grid: Grid, tables: Sequence[Signs], asset: int, excluded: int) -> tuple[Reals, int]:
    """Strangeness of all traders, on either side, at all other moments that have as much history; sorted, and how many moments."""
    values, moments = [], 0
    for place, signed in enumerate(table.signed for table in tables):
        ends = signed.shape[1] - (excluded if place == asset else 0)
        if ends <= grid.shape.history_steps:
            continue
        part = signed[:, grid.shape.history_steps : ends]
        values.append(np.abs(part[part != 0]))
        moments += 2 * part.shape[1]
    return (np.sort(np.concatenate(values)) if values else np.empty(0)), moments


def _windows(steps: Reals, width: int) -> Reals:
    """Sums over ``width`` steps, one for each end."""
    total = np.concatenate([np.zeros((steps.shape[0], 1)), np.cumsum(steps, axis=1)], axis=1)
    return np.asarray(np.round(total[:, width:] - total[:, :-width], 9))


def _largest_before(windows: Reals, width: int) -> Reals:
    """The largest of the windows that had ended when this one began."""
    largest = np.maximum.accumulate(windows, axis=1)
    return np.asarray(np.concatenate([np.zeros((windows.shape[0], width)), largest], axis=1)[:, : windows.shape[1]])


def _unlikely(orders: Reals, habit: Reals) -> Reals:
    """Powers of ten against so many orders by habit, as ``chance.unlikelihood``; to the placebo it is a figure like any other."""
    more = np.maximum(orders, habit)
    return np.asarray(np.round((more * np.log(more / habit) - (more - habit)) / np.log(10), 9))


class Market(NamedTuple):
    """Which instrument stands for each asset, all against one quote, and which accounts are left out."""

    instruments: Mapping[str, str]
    left_out: Collection[str]
    groups: Mapping[str, str]


def grid_before(records: Records, market: Market, event: Event, shape: Shape, first: datetime) -> Grid | None:
    """Everybody's position changes up to an event; None where the book, which begins at ``first``, does not reach back enough."""
    count = steps_before(event, shape, first)
    if not count:
        return None
    trade = records.trade.filter(records.trade.instrument.isin(sorted(market.instruments)), records.trade.executed_at < event.at)
    rows = _steps(trade, market, event.at, shape.step, count)
    assets = tuple(sorted(set(market.instruments.values())))
    place = {asset: number for number, asset in enumerate(assets)}
    accounts, names = rows["account"].dictionary_encode(), rows["instrument"].dictionary_encode()
    traders: dict[str, int] = {}
    prices = _usual_prices(trade)
    whose, whats = accounts.dictionary.to_pylist(), names.dictionary.to_pylist()
    trader_of = np.array([traders.setdefault(market.groups.get(a, a), len(traders)) for a in whose], np.int64)
    price_of = np.array([prices[name] for name in whats], np.float64)
    asset_of = np.array([place[market.instruments[name]] for name in whats], np.int64)
    step, side, filled = (rows[column].to_numpy() for column in ("step", "side", "orders"))
    code, name = trader_of[accounts.indices.to_numpy()], names.indices.to_numpy()
    value = rows["quantity"].cast(pa.float64()).to_numpy() * price_of[name]
    inside = (step >= 0) & (step < count)
    cells = (asset_of[name][inside], code[inside], step[inside])
    grids = np.zeros((4, len(assets), len(traders), count))
    for grid, figure in zip(grids, (side * value, value, filled, side * filled), strict=True):
        np.add.at(grid, cells, figure[inside])
    net, gross, orders, net_orders = (tuple(grid) for grid in grids)
    return Grid(tuple(traders), assets, net, gross, orders, net_orders, shape)


def steps_before(event: Event, shape: Shape, first: datetime) -> int:
    """How many steps a book that begins at ``first`` has before an event; 0 where that is not enough to judge by."""
    count = (event.at - first) // shape.step
    return count if count >= shape.history_steps + shape.steps else 0


class Traded(NamedTuple):
    """How often an instrument was traded and when first."""

    trades: int
    first: datetime


def traded_of(records: Records) -> dict[str, Traded]:
    """All instruments that were traded."""
    trade = records.trade
    rows = trade.group_by("instrument").aggregate(n=trade.count(), first=trade.executed_at.min()).to_pyarrow().to_pylist()
    return {row["instrument"]: Traded(row["n"], in_utc(row["first"])) for row in rows}


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


def _steps(trade: Any, market: Market, at: datetime, step: timedelta, count: int) -> pa.RecordBatch:
    """Quantities and orders filled by account, instrument and step, exact, in one order; step ``count - 1`` ends at the event."""
    parts = []
    micros, end = step // _MICRO, (at - _EPOCH) // _MICRO
    for column, order, side in (("buy_account_id", "buy_order_id", BUY), ("sell_account_id", "sell_order_id", SELL)):
        back = (ibis.literal(end, "int64") - 1 - trade.executed_at.epoch_seconds().cast("int64") * 1_000_000) / micros
        named = trade.select(
            account=trade[column], instrument=trade.instrument, quantity=trade.quantity, side=ibis.literal(side, "int8"),
            order=ibis.coalesce(trade[order], trade.trade_id), step=(count - 1 - back.floor().cast("int64")),
        )  # fmt: skip
        parts.append(named.filter(named.account.notnull(), ~named.account.isin(sorted(market.left_out) or [""])))
    both = ibis.union(*parts)
    keys = ["account", "instrument", "step", "side"]
    table = both.group_by(keys).aggregate(quantity=both.quantity.sum(), orders=both.order.nunique()).to_pyarrow()
    in_order = table.sort_by([(key, "ascending") for key in keys])
    return pa.RecordBatch.from_arrays([column.combine_chunks() for column in in_order.columns], names=in_order.column_names)


def _usual_prices(trade: Any) -> dict[str, float]:
    """One price for each instrument to weigh assets against one another: the mean of its highest and its lowest."""
    rows = trade.group_by("instrument").aggregate(low=trade.price.min(), high=trade.price.max()).to_pyarrow().to_pylist()
    return {row["instrument"]: float(row["low"] + row["high"]) / 2 for row in rows}


def moves_at(records: Records, moments: Sequence[tuple[str, datetime]], reaction: timedelta) -> list[Move | None]:
    """The price before each moment and after the reaction time, and how unusual a move of this size is in that time."""
    if not moments:
        return []
    columns = {
        "number": pa.array(range(len(moments)), pa.int32()),
        "of": pa.array([instrument for instrument, _at in moments], pa.string()),
        "start": pa.array([(at - _EPOCH) // _MICRO for _instrument, at in moments], pa.int64()),
        "at": pa.array([at for _instrument, at in moments], pa.timestamp("us", "UTC")),
    }
    when = records.memory("moments", pa.table(columns))
    trade = records.trade.filter(records.trade.instrument.isin(sorted({instrument for instrument, _at in moments})))
    trade = trade.select("instrument", "executed_at", "price", "sequence").inner_join(when, trade.instrument == when.of)
    micros = reaction // _MICRO
    number = ((trade.executed_at.epoch_seconds().cast("int64") * 1_000_000 - trade.start) / micros).floor().cast("int64")
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
