"""Bear raid: a few traders sell the price down together, others sell after them, and they buy back lower what they sold.

It is the pump turned upside down: the same search for a run, on a tape whose prices fall where these rise, and the same question
who drove it. Nobody needs to have held anything beforehand. A trader is named only when all of this is on record for one fall:
his aggressive selling was among what made it, he struck more than once and bought nothing meanwhile, and he bought back
afterwards, below the price at which he began, a good part of what he had sold. Those who flee from bad news, and a large seller
who means it, buy nothing back; he who buys the dip had sold nothing. That the attackers pulled bids of their own just before is
no condition, but weighs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sekisho.typologies.price_runs import Run, Shape, price_runs
from sekisho.typologies.pump_scheme import (
    Actor,
    Drive,
    Leg,
    Plot,
    accounts_of_owners,
    actor_of,
    driven_by,
    drivers,
    drives,
    grouped,
    legs_of,
    quantity,
    scheme_of,
    strong_together,
    timed,
    traded_back,
)
from sekisho.typologies.trade_tape import Tape
from sekisho.typologies.trades import Trade, YenValue

if TYPE_CHECKING:
    from sekisho.records import Records

_PLACES = Decimal("0.0001")
_ONE = Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """``plot`` says who counts as driving, and which part of what he sold he must have bought back (``unloaded_min``), from 0 to 1.

    ``one_way_min``: from his first strike to his last he must have sold more than he bought by this share of both.
    ``support_minutes``: own bids withdrawn so long before the attack count as support removed; ``support_weight`` is what that
    adds to the score.
    """

    plot: Plot
    one_way_min: Decimal | int
    support_minutes: Decimal | int
    support_weight: Decimal | int


class Parts(NamedTuple):
    """What the score is made of, each from 0 to 1.

    ``burst``: their part of the aggressive selling while they struck; ``drive``: of all that made the fall; ``returned``: what
    they bought back of what they sold; ``captured``: how much of the fall lies between the price at
    which they began to sell and the price at which they bought back.
    """

    burst: Decimal
    drive: Decimal
    returned: Decimal
    captured: Decimal

    @property
    def score(self) -> Decimal:
        """Their geometric mean: none can be missing."""
        product = float(self.burst * self.drive * self.returned * self.captured)
        return Decimal(product ** (1 / len(self))).quantize(_PLACES, rounding=ROUND_HALF_EVEN)


class Raid(NamedTuple):
    """A fall, those who drove it, what they sold and bought back, and the own bids they had pulled just before."""

    run: Run
    accounts: tuple[str, ...]
    sold: tuple[Leg, ...]
    back: tuple[Leg, ...]
    withdrawn: tuple[str, ...]
    parts: Parts
    support_weight: Decimal

    @property
    def score(self) -> Decimal:
        """The parts' score, and what support removed adds to it."""
        doubt = (1 - self.parts.score) * (1 - self.support_weight * bool(self.withdrawn))
        return (1 - doubt).quantize(_PLACES, rounding=ROUND_HALF_EVEN)

    @property
    def fall(self) -> Decimal:
        """How far the price fell, as a share of the level it left."""
        return fall_of(self.run)

    def gain_jpy(self, yen: YenValue) -> Decimal | None:
        """Proceeds of what was sold less the cost of buying it back, in whole yen; None without a yen price."""
        proceeds, cost = yen.of(leg.trade for leg in self.sold), yen.of(leg.trade for leg in self.back)
        if proceeds is None or cost is None:
            return None
        both = min(quantity(self.sold), quantity(self.back))
        gain = proceeds * both / quantity(self.sold) - cost * both / quantity(self.back)
        return gain.quantize(Decimal(1), rounding=ROUND_DOWN)


def falls(tape: Tape, shape: Shape) -> list[Run]:
    """The runs of the tape turned upside down: its price is what a unit of the quote asset buys."""
    price = 1 / np.maximum(tape.price, np.finfo(np.float64).tiny)
    return price_runs(Tape(tape.instrument, tape.at, price, tape.quantity, -tape.side), shape)


def fall_of(run: Run) -> Decimal:
    """The fall of the price where the upside-down price rose."""
    return (run.rise / (1 + run.rise)).quantize(_PLACES, rounding=ROUND_HALF_EVEN)


def raids(
    records: Records, trade: Any, runs: Sequence[Run], terms: Terms, owners: Mapping[str, str], outside: frozenset[str]
) -> list[Raid]:
    """For each fall the traders who drove it and bought back; ``with_support`` follows. ``outside`` are accounts never named."""
    plot, turned = terms.plot, _turned_table(trade)
    driven = driven_by(records, turned, runs, plot)
    of_owner = accounts_of_owners(owners)
    wanted = [pair for place, drive in driven.items() for pair in drivers(place, drive, plot, owners, of_owner, outside)]
    found = []
    wanted = strong_together(traded_back(records, turned, runs, plot, wanted, owners), driven, plot)
    for place, own in legs_of(records, turned, runs, plot, wanted).items():
        actors = [actor_of(runs[place], plot, each) for each in grouped(own, owners)]
        playing = [actor for actor in actors if _plays(actor, terms, driven[place])]
        scheme = scheme_of(runs[place], playing, plot, driven[place])
        if scheme is not None:
            found.append(_raid(runs[place], scheme.actors, (scheme.burst, scheme.drive), terms))
    return found


def with_support(found: Sequence[Raid], cancelled: Iterable[Mapping[str, Any]], terms: Terms) -> list[Raid]:
    """Each raid once, with the own bids withdrawn; ``cancelled`` are the cancels (rows of ``order_event``) of their accounts."""
    withdrawn = _withdrawn(found, cancelled, terms)
    return _told_once(raid._replace(withdrawn=pulled) for raid, pulled in zip(found, withdrawn, strict=True))


def _plays(actor: Actor, terms: Terms, drive: Drive) -> bool:
    if not drives(actor, terms.plot, drive):
        return False
    first, last = actor.driving[0].trade.executed_at, actor.driving[-1].trade.executed_at
    against = quantity(leg for leg in actor.sales if first <= leg.trade.executed_at <= last)
    one_way = actor.drove - against >= terms.one_way_min * (actor.drove + against)
    return one_way and quantity(_back(actor)) >= terms.plot.unloaded_min * (actor.drove + quantity(actor.later_buys))


def _back(actor: Actor) -> list[Leg]:
    """What he bought back, after his attack, below the price at which it began. His legs are upside down."""
    begun, last = max(leg.trade.price for leg in actor.driving), actor.driving[-1].trade.executed_at
    return [leg for leg in actor.sales if leg.trade.executed_at > last and leg.trade.price < begun]


def _average(legs: Sequence[Leg]) -> Decimal:
    return sum((leg.trade.notional for leg in legs), Decimal(0)) / quantity(legs)


def _raid(run: Run, actors: Sequence[Actor], shares: tuple[Decimal, Decimal], terms: Terms) -> Raid:
    sold = timed(_turned_leg(leg) for actor in actors for leg in actor.driving)
    more = timed(_turned_leg(leg) for actor in actors for leg in actor.later_buys)
    back = timed(_turned_leg(leg) for actor in actors for leg in _back(actor))
    accounts = tuple(sorted({leg.account for leg in (*sold, *back)}))
    returned = min(_ONE, quantity(back) / quantity((*sold, *more)))
    between = 1 - _average(back) / max(leg.trade.price for leg in sold)
    captured = min(_ONE, between / fall_of(run)) if fall_of(run) > 0 else _ONE
    parts = Parts(*(each.quantize(_PLACES, rounding=ROUND_HALF_EVEN) for each in (*shares, returned, captured)))
    return Raid(run, accounts, sold, back, (), parts, Decimal(terms.support_weight))


def _withdrawn(found: Sequence[Raid], cancelled: Iterable[Mapping[str, Any]], terms: Terms) -> list[tuple[str, ...]]:
    """For each raid the own bids cancelled shortly before the attack or while it went on."""
    before = timedelta(minutes=float(terms.support_minutes))
    bids: dict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for row in cancelled:
        if row["side"] == "buy":
            bids[row["instrument"], row["account_id"]].append(row)

    def of(raid: Raid) -> tuple[str, ...]:
        begins, ends = raid.sold[0].trade.executed_at - before, raid.sold[-1].trade.executed_at
        own = (row for account in raid.accounts for row in bids[raid.run.instrument, account])
        return tuple(sorted({row["order_id"] for row in own if begins <= row["occurred_at"] <= ends}))

    return [of(raid) for raid in found]


def _told_once(found: Iterable[Raid]) -> list[Raid]:
    """Of raids that share a trade the strongest: one attack may make two troughs."""
    kept: list[Raid] = []
    seen: set[str] = set()
    for raid in sorted(found, key=lambda r: (-r.score, r.run.begins_at, r.run.instrument)):
        ids = {leg.trade.trade_id for leg in (*raid.sold, *raid.back)}
        if seen.isdisjoint(ids):
            kept.append(raid)
            seen |= ids
    return sorted(kept, key=lambda r: (r.run.instrument, r.run.begins_at, r.accounts))


def _turned_table(trade: Any) -> Any:
    """Trades with buyer and seller exchanged, so that selling reads as buying."""
    return trade.mutate(
        buy_account_id=trade.sell_account_id,
        sell_account_id=trade.buy_account_id,
        buy_order_id=trade.sell_order_id,
        sell_order_id=trade.buy_order_id,
        # an aggressor not on record counts as each side's own, as in the pump
        aggressor_side=trade.aggressor_side.cases(("buy", "sell"), ("sell", "buy")),
    )


def _turned_leg(leg: Leg) -> Leg:
    t = leg.trade
    orders, accounts = (t.sell_order_id, t.buy_order_id), (t.sell_account_id, t.buy_account_id)
    back = Trade(t.trade_id, t.sequence, t.executed_at, t.instrument, t.price, t.quantity, *orders, *accounts)
    return Leg(back, leg.account, not leg.bought, leg.took)
