"""Pump and dump: a few traders who hold the asset already drive its price up together and sell to those who run after it.

A run of the price alone accuses nobody, nor does a good sale. A trader is named only when all of this is on record for one run:
he had bought beforehand and hardly sold, he was among those whose aggressive buying made the run, and he sold what he held when
the price had risen. Together the traders named must have struck within a short time of one another and made a good part of the
run by several orders. Those who only follow never held beforehand; a holder who only sells never drove the price; neither is
named. Whether the play paid is told, not asked: a manipulation that fails is one.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

from sekisho.typologies.price_runs import Run
from sekisho.typologies.trades import Trade, YenValue

if TYPE_CHECKING:
    from sekisho.records import Records

_PLACES = Decimal("0.0001")
_NOTHING = Decimal(0)
_MOMENT = pa.timestamp("us", "UTC")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """What a pump and dump looks like. Times by their names; the others are shares from 0 to 1.

    ``lead``: the buying that drives may begin so long before the price is seen to leave its level. ``strikes_min``: together with
    others strikes who does so in so many orders: who buys once in a rising market does what everybody does.
    """

    before_hours: Decimal | int
    lead_minutes: Decimal | int
    after_minutes: Decimal | int
    together_seconds: Decimal | int
    pushes_min: int
    strikes_min: int
    member_share_min: Decimal | int
    group_share_min: Decimal | int
    alone_share_min: Decimal | int
    burst_share_min: Decimal | int
    one_way_min: Decimal | int
    prepared_min: Decimal | int
    unloaded_min: Decimal | int

    def spans(self, run: Run) -> tuple[datetime, datetime, datetime]:
        """Where the past of a run begins, where the driving begins, and until when sales still belong to it."""
        driven = run.begins_at - timedelta(minutes=float(self.lead_minutes))
        until = run.peaks_at + timedelta(minutes=float(self.after_minutes))
        return driven - timedelta(hours=float(self.before_hours)), driven, until


class Drive:
    """The aggressive buying while a run was made: when, by which account (None: not on record), how much.

    A share is of what was bought since the run began, or since those began whose share it is, where they came before.
    """

    def __init__(self, begins_at: datetime, taken: Sequence[tuple[datetime, str | None, Decimal]]) -> None:
        self.begins_at, self.taken = begins_at, tuple(taken)
        self._moments = [at for at, _, _ in taken]
        self._sums = [_NOTHING, *accumulate(amount for _, _, amount in taken)]

    def between(self, first: datetime, last: datetime) -> Decimal:
        """How much was bought from the first moment to the last, both included."""
        return self._sums[bisect_right(self._moments, last)] - self._sums[bisect_left(self._moments, first)]

    def since(self, first: datetime) -> Decimal:
        """How much was bought to make the run by whoever came no earlier than this, or than the run began."""
        return self._sums[-1] - self._sums[bisect_left(self._moments, min(first, self.begins_at))]

    def share(self, accounts: Collection[str]) -> Decimal:
        """Their share."""
        theirs = [(at, amount) for at, buyer, amount in self.taken if buyer in accounts]
        return sum((amount for _, amount in theirs), _NOTHING) / self.since(theirs[0][0]) if theirs else _NOTHING


class Leg(NamedTuple):
    """One side of a trade, as an account of a trader had it. ``took``: this side was the aggressor (or that is not on record)."""

    trade: Trade
    account: str
    bought: bool
    took: bool

    @property
    def order_id(self) -> str | None:
        """The account's own order."""
        return self.trade.buy_order_id if self.bought else self.trade.sell_order_id


class Actor(NamedTuple):
    """One trader (an account, or all accounts of one owner) in one run. Quantities in the base asset, prices exact."""

    accounts: tuple[str, ...]
    before: tuple[Leg, ...]
    driving: tuple[Leg, ...]
    later_buys: tuple[Leg, ...]
    sales: tuple[Leg, ...]
    drove: Decimal

    @property
    def held(self) -> Decimal:
        """What he bought in the stretch before, less what he sold in it."""
        return quantity(leg for leg in self.before if leg.bought) - quantity(leg for leg in self.before if not leg.bought)

    @property
    def one_way(self) -> Decimal:
        """How far his trading beforehand was buying only: 1 wholly, 0 when he sold as much."""
        total = quantity(self.before)
        return self.held / total if total else _NOTHING

    @property
    def unloaded(self) -> Decimal:
        """Which part of what he held at most he sold again before the run was over; more than all counts as all."""
        most = self.held + quantity(self.driving) + quantity(self.later_buys)
        return min(Decimal(1), quantity(self.sales) / most) if most > 0 else _NOTHING


class Parts(NamedTuple):
    """What the score is made of, each from 0 to 1.

    ``burst``: their part of the aggressive buying in the short time in which they struck together; ``drive``: their part of all
    aggressive buying that made the run; ``prepared``: what they held beforehand, by all that buying (more counts as 1);
    ``unloaded``: what they sold of what they held at most.
    """

    burst: Decimal
    drive: Decimal
    prepared: Decimal
    unloaded: Decimal

    @property
    def score(self) -> Decimal:
        """Their geometric mean: none can be missing."""
        product = float(self.burst * self.drive * self.prepared * self.unloaded)
        return Decimal(product ** (1 / len(self))).quantize(_PLACES, rounding=ROUND_HALF_EVEN)


class Scheme(NamedTuple):
    """A run and the traders who made it and sold into it. ``driven``: all that was bought aggressively to make it."""

    run: Run
    actors: tuple[Actor, ...]
    burst: Decimal
    drive: Decimal
    driven: Decimal

    @property
    def accounts(self) -> tuple[str, ...]:
        """Accounts named, in order."""
        return tuple(sorted({leg.account for leg in self.legs}))

    @property
    def legs(self) -> tuple[Leg, ...]:
        """Everything they did, phase after phase."""
        return (*self.accumulation, *self.driving, *self.sales)

    @property
    def accumulation(self) -> tuple[Leg, ...]:
        """Purchases beforehand, in order of time."""
        return timed(leg for actor in self.actors for leg in actor.before if leg.bought)

    @property
    def driving(self) -> tuple[Leg, ...]:
        """The aggressive purchases that made the run."""
        return timed(leg for actor in self.actors for leg in actor.driving)

    @property
    def sales(self) -> tuple[Leg, ...]:
        """Sales from then on."""
        return timed(leg for actor in self.actors for leg in actor.sales)

    @property
    def parts(self) -> Parts:
        """What the score is made of."""
        held = sum((a.held for a in self.actors), _NOTHING)
        most = sum((a.held + quantity(a.driving) + quantity(a.later_buys) for a in self.actors), _NOTHING)
        sold = min(Decimal(1), quantity(self.sales) / most)
        parts = self.burst, self.drive, min(Decimal(1), held / self.driven), sold
        return Parts(*(each.quantize(_PLACES, rounding=ROUND_HALF_EVEN) for each in parts))

    def gain_jpy(self, yen: YenValue) -> Decimal | None:
        """Proceeds of what was sold less what it had cost on average, in whole yen; None without a yen price."""
        bought, sold = (*self.accumulation, *self.driving), self.sales
        cost, proceeds = yen.of(leg.trade for leg in bought), yen.of(leg.trade for leg in sold)
        if cost is None or proceeds is None:
            return None
        both = min(quantity(bought), quantity(sold))
        gain = proceeds * both / quantity(sold) - cost * both / quantity(bought)
        return gain.quantize(Decimal(1), rounding=ROUND_DOWN)


def quantity(legs: Iterable[Leg]) -> Decimal:
    """How much was traded, in the base asset."""
    return sum((leg.trade.quantity for leg in legs), _NOTHING)


def pump_schemes(
    records: Records, trade: Any, runs: Sequence[Run], plot: Plot, owners: Mapping[str, str], outside: frozenset[str]
) -> list[Scheme]:
    """For each run the traders who made it and sold into it, where there are any.

    ``owners`` names the group of accounts that belong together; ``outside`` are accounts never named (market makers, omnibus).
    """
    driven = driven_by(records, trade, runs, plot)
    of_owner = accounts_of_owners(owners)
    wanted = [pair for place, drive in driven.items() for pair in drivers(place, drive, plot, owners, of_owner, outside)]
    wanted = strong_together(traded_back(records, trade, runs, plot, wanted, owners), driven, plot)
    legs = legs_of(records, trade, runs, plot, wanted)
    schemes = []
    for place, own in legs.items():
        actors = (actor_of(runs[place], plot, each) for each in grouped(own, owners))
        playing = [actor for actor in actors if _plays(actor, plot, driven[place])]
        scheme = scheme_of(runs[place], playing, plot, driven[place])
        if scheme is not None:
            schemes.append(scheme)
    return _told_once(schemes)


def _told_once(schemes: Iterable[Scheme]) -> list[Scheme]:
    """Of schemes that share a trade the strongest: one play may make two peaks."""
    kept: list[Scheme] = []
    seen: set[str] = set()
    for scheme in sorted(schemes, key=lambda s: (-s.parts.score, s.run.begins_at, s.run.peaks_at, s.run.instrument)):
        ids = {leg.trade.trade_id for leg in (*scheme.driving, *scheme.sales)}
        if seen.isdisjoint(ids):
            kept.append(scheme)
            seen |= ids
    return sorted(kept, key=lambda s: (s.run.instrument, s.run.begins_at, s.accounts))


def accounts_of_owners(owners: Mapping[str, str]) -> dict[str, list[str]]:
    """The accounts of each owner."""
    of_owner: dict[str, list[str]] = defaultdict(list)
    for account, owner in owners.items():
        of_owner[owner].append(account)
    return of_owner


def drivers(
    place: int, drive: Drive, plot: Plot, owners: Mapping[str, str], of_owner: Mapping[str, list[str]], outside: frozenset[str]
) -> Iterator[tuple[int, str]]:
    """Traders with a part in the driving, with all accounts of theirs."""
    by_trader: dict[str, Decimal] = defaultdict(Decimal)
    first: dict[str, datetime] = {}
    for at, buyer, amount in drive.taken:
        if buyer is not None and buyer not in outside:
            trader = owners.get(buyer, buyer)
            by_trader[trader] += amount
            first.setdefault(trader, at)
    for trader in sorted(by_trader):
        if by_trader[trader] >= plot.member_share_min * drive.since(first[trader]):
            yield from ((place, account) for account in of_owner.get(trader, [trader]))


def _plays(actor: Actor, plot: Plot, drive: Drive) -> bool:
    """Held beforehand, drove and unloaded: all of it."""
    prepared = actor.one_way >= plot.one_way_min and actor.held >= plot.prepared_min * (actor.held + actor.drove) > 0
    return prepared and drives(actor, plot, drive) and actor.unloaded >= plot.unloaded_min


def drives(actor: Actor, plot: Plot, drive: Drive) -> bool:
    """Whether he had a part in the driving."""
    return bool(actor.driving) and actor.drove >= plot.member_share_min * drive.since(actor.driving[0].trade.executed_at)


def scheme_of(run: Run, actors: Sequence[Actor], plot: Plot, drive: Drive) -> Scheme | None:
    """The traders who struck together, where they made most of what was bought just then and a good part of the run."""
    together = timedelta(seconds=float(plot.together_seconds))
    moments = sorted(leg.trade.executed_at for actor in actors for leg in actor.driving)
    best: tuple[bool, Decimal, datetime, tuple[Actor, ...]] | None = None
    for begins in moments:
        struck = [(a, [leg for leg in a.driving if begins <= leg.trade.executed_at <= begins + together]) for a in actors]
        struck = [(actor, legs) for actor, legs in struck if orders_in(legs) >= plot.strikes_min]
        several, bought = (
            len({leg.account for _, legs in struck for leg in legs}) > 1,
            quantity(leg for _, legs in struck for leg in legs),
        )
        if struck and (best is None or (several, bought) > best[:2]):
            best = several, bought, begins, tuple(actor for actor, _ in struck)
    if best is None:
        return None
    several, bought, begins, group = best
    driven = drive.since(min(actor.driving[0].trade.executed_at for actor in group))
    burst, part = bought / drive.between(begins, begins + together), sum((a.drove for a in group), _NOTHING) / driven
    scheme = Scheme(run, group, burst, part, driven)
    enough = part >= (plot.group_share_min if several else plot.alone_share_min) and burst >= plot.burst_share_min
    return scheme if enough and orders_in(scheme.driving) >= plot.pushes_min else None


def orders_in(legs: Iterable[Leg]) -> int:
    """In how many orders."""
    return len({leg.order_id or leg.trade.trade_id for leg in legs})


def actor_of(run: Run, plot: Plot, legs: list[Leg]) -> Actor:
    _, begins, _ = plot.spans(run)
    drives_until = run.half_at + timedelta(minutes=1)
    before, driving, later, sales = [], [], [], []
    for leg in timed(legs):
        if leg.trade.executed_at < begins:
            before.append(leg)
        elif not leg.bought:
            sales.append(leg)
        elif leg.took and leg.trade.executed_at < drives_until:
            driving.append(leg)
        else:
            later.append(leg)
    accounts = tuple(sorted({leg.account for leg in legs}))
    return Actor(accounts, _stretch(before), tuple(driving), tuple(later), tuple(sales), quantity(driving))


def _stretch(before: Sequence[Leg]) -> tuple[Leg, ...]:
    """The last stretch of trading in which he gathered the most: what he did with earlier holdings is another matter."""
    net = most = _NOTHING
    start = len(before)
    for place in range(len(before) - 1, -1, -1):
        net += before[place].trade.quantity if before[place].bought else -before[place].trade.quantity
        if net >= most:
            most, start = net, place
    return tuple(before[start:])


def grouped(legs: Iterable[Leg], owners: Mapping[str, str]) -> list[list[Leg]]:
    groups: dict[str, list[Leg]] = defaultdict(list)
    for leg in legs:
        groups[owners.get(leg.account, leg.account)].append(leg)
    return [groups[name] for name in sorted(groups)]


def timed(legs: Iterable[Leg]) -> tuple[Leg, ...]:
    return tuple(
        sorted(legs, key=lambda leg: (leg.trade.executed_at, leg.trade.sequence, leg.trade.trade_id, leg.account, leg.bought))
    )


class Message(NamedTuple):
    """A communication that names the asset around the time the driving began. ``own``: published by one of the traders."""

    communication_id: str
    published_at: datetime
    channel: str
    own: bool


Asked = tuple[datetime, Sequence[str], str]
"""An act by its beginning and the accounts behind it, and the asset that a message must name."""


def told_around(records: Records, asked: Sequence[Asked], minutes: int, party_of: Mapping[str, str]) -> list[list[Message]]:
    """For each act the communications that name the asset, at most so many minutes before or after its beginning, in order."""
    if not asked:
        return []
    near = timedelta(minutes=minutes)
    told = records.optional("communication")
    first, last = min(begins for begins, _, _ in asked) - near, max(begins for begins, _, _ in asked) + near
    rows = told.filter(told.published_at >= first, told.published_at <= last).to_pyarrow().to_pylist()
    rows.sort(key=lambda row: (row["published_at"], row["communication_id"]))
    moments = [row["published_at"] for row in rows]
    found = []
    for begins, accounts, asset in asked:
        parties = {party_of.get(account) for account in accounts}
        close = rows[bisect_left(moments, begins - near) : bisect_right(moments, begins + near)]
        named = (row for row in close if asset.casefold() in (row["text"] or "").casefold())
        found.append(
            [
                Message(row["communication_id"], row["published_at"], row["channel"], row["publisher_party_id"] in parties)
                for row in named
            ]
        )
    return found


def asset_of(records: Records, names: Sequence[str]) -> dict[str, str]:
    """The asset that each instrument trades: as recorded, else what stands before the stroke of its name."""
    listed = records.optional("instrument")
    rows = listed.filter(listed.instrument.isin(sorted(set(names)))).to_pyarrow().to_pylist() if names else []
    return {name: name.partition("/")[0] for name in names} | {row["instrument"]: row["base_asset"] for row in rows}


# --- reading: small tables out of all trades ---------------------------------------------------------------------------------


def _table(records: Records, runs: Sequence[Run], plot: Plot) -> Any:
    """Each run's place, instrument and moments."""
    spans = [plot.spans(run) for run in runs]
    columns = {
        "place": pa.array(range(len(runs)), pa.int64()),
        "of": pa.array([run.instrument for run in runs], pa.string()),
        "since": pa.array([since for since, _, _ in spans], _MOMENT),
        "driven": pa.array([driven for _, driven, _ in spans], _MOMENT),
        "half": pa.array([run.half_at + timedelta(minutes=1) for run in runs], _MOMENT),
        "until": pa.array([until for _, _, until in spans], _MOMENT),
    }
    return records.memory("runs", pa.table(columns))


def driven_by(records: Records, trade: Any, runs: Sequence[Run], plot: Plot) -> dict[int, Drive]:
    """The aggressive buying that made each run."""
    if not runs:
        return {}
    when = _table(records, runs, plot)
    inside = trade.join(when, [trade.instrument == when.of, trade.executed_at >= when.driven, trade.executed_at < when.half])
    taken = inside.filter(inside.aggressor_side.coalesce("buy") == "buy")
    columns = taken.select("place", "executed_at", "buy_account_id", "quantity").to_pyarrow().to_pydict().values()
    by_place: dict[int, list[tuple[datetime, str | None, Decimal]]] = defaultdict(list)
    for place, *row in zip(*columns, strict=True):
        by_place[place].append((row[0], row[1], row[2]))
    return {
        place: Drive(runs[place].begins_at, sorted(by_place[place], key=lambda row: (row[0], row[1] or "", row[2])))
        for place in sorted(by_place)
    }


def _pairs(records: Records, wanted: Sequence[tuple[int, str]]) -> Any:
    places, accounts = zip(*wanted, strict=True)
    columns = {"place": pa.array(places, pa.int64()), "account": pa.array(accounts, pa.string())}
    return records.memory("actors", pa.table(columns))


def _sides(records: Records, trade: Any, when: Any, pairs: Any) -> list[tuple[bool, Any]]:
    """The buyer's and the seller's legs of the wanted accounts from the past of each run to its end."""
    wanted = pairs.join(when, "place")
    told = []
    for bought, column in ((True, "buy_account_id"), (False, "sell_account_id")):
        inside = [
            trade.instrument == wanted.of,
            trade[column] == wanted.account,
            trade.executed_at >= wanted.since,
            trade.executed_at < wanted.until,
        ]
        told.append((bought, trade.join(wanted, inside)))
    return told


def traded_back(
    records: Records, trade: Any, runs: Sequence[Run], plot: Plot, wanted: Sequence[tuple[int, str]], owners: Mapping[str, str]
) -> list[tuple[int, str]]:
    """Of the wanted accounts those whose trader sold as much of what he bought since the driving began as he must have: few.

    Where the plot asks for something prepared he must have bought beforehand, too.
    """
    if not wanted:
        return []
    turnover: dict[tuple[int, str], dict[tuple[bool, bool], Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for bought, rows in _sides(records, trade, _table(records, runs, plot), _pairs(records, wanted)):
        phases = rows.mutate(late=rows.executed_at >= rows.driven)
        sums = phases.group_by("place", "account", "late").aggregate(total=phases.quantity.sum())
        for row in sums.to_pyarrow().to_pylist():
            turnover[row["place"], owners.get(row["account"], row["account"])][row["late"], bought] += row["total"]
    kept = {trader for trader, each in turnover.items() if _may_play(each, plot)}
    return [(place, account) for place, account in wanted if (place, owners.get(account, account)) in kept]


def strong_together(wanted: Sequence[tuple[int, str]], driven: Mapping[int, Drive], plot: Plot) -> list[tuple[int, str]]:
    """Of the wanted accounts those of runs that they can have made together: the part asked of a group, or of one alone."""
    of_run: dict[int, set[str]] = defaultdict(set)
    for place, account in wanted:
        of_run[place].add(account)
    least = min(plot.group_share_min, plot.alone_share_min)
    strong = set()
    for place, accounts in of_run.items():
        if driven[place].share(accounts) >= least:
            strong.add(place)
    return [(place, account) for place, account in wanted if place in strong]


def _may_play(turnover: Mapping[tuple[bool, bool], Decimal], plot: Plot) -> bool:
    """By what was bought and sold before and since; what he held at most is at least what was left of it all."""
    before, sold_before, more, less = (turnover[late, bought] for late in (False, True) for bought in (True, False))
    most = more + max(_NOTHING, before - sold_before)
    return less > 0 and less >= plot.unloaded_min * most and (before > 0 or not plot.prepared_min)


def legs_of(
    records: Records, trade: Any, runs: Sequence[Run], plot: Plot, wanted: Sequence[tuple[int, str]]
) -> dict[int, list[Leg]]:
    """Every leg of the wanted accounts around their runs."""
    if not wanted:
        return {}
    legs: dict[int, list[Leg]] = defaultdict(list)
    for bought, rows in _sides(records, trade, _table(records, runs, plot), _pairs(records, wanted)):
        taker = rows.aggressor_side.coalesce("buy" if bought else "sell") == ("buy" if bought else "sell")
        table = rows.select("place", "account", *Trade._fields, took=taker).to_pyarrow()
        place, account, *columns, took = (column.to_pylist() for column in table.columns)
        for number, trade_row in enumerate(map(Trade._make, zip(*columns, strict=True))):
            legs[place[number]].append(Leg(trade_row, account[number], bought, took[number]))
    return dict(sorted(legs.items()))
