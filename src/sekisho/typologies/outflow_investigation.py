"""Outflow investigation: from raw movements to what left, how it was signed away, where it went, and whom it leaves short."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Context, Decimal
from typing import TYPE_CHECKING, Any

from ibis import _

from sekisho.typologies.outflow import FEE, TO_HOUSE, Event, Outflow, Reach, events, judge
from sekisho.typologies.outflow_books import (
    Cover,
    Held,
    Holder,
    Key,
    Route,
    Value,
    covers,
    held_before,
    read_holders,
    read_keys,
    read_quotes,
    route_of,
    same_route,
    value_of,
)
from sekisho.typologies.outflow_gaps import Gap, Limits, gaps
from sekisho.typologies.outflow_matching import Matched, Tolerance
from sekisho.typologies.outflow_trail import Bounds, Step, Trail, follow
from sekisho.typologies.valuation import ANY_SOURCE, JAPAN

if TYPE_CHECKING:
    from sekisho.records import Records

_LIMIT_DIGITS = Context(prec=18)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every measure of an investigation. Amounts are yen, ages and gaps spans of time."""

    holders: tuple[str, ...]
    fee_addresses: tuple[str, ...]
    difference_jpy_max: Decimal
    network_fee_jpy_max: Decimal
    difference_share_max: Decimal
    skew: timedelta
    approval_age: timedelta
    reach: Reach
    bounds: Bounds
    limits: Limits
    price_source: str
    price_age: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One event with everything the records say about it. ``at_risk`` are other wallets under the same keys, with their balance."""

    event: Event
    trail: Trail
    route: Route
    covers: tuple[Cover, ...]
    value: Value
    remaining: tuple[Held, ...]
    at_risk: tuple[Held, ...]
    not_observed: tuple[Holder, ...]

    @property
    def diverted(self) -> tuple[str, ...]:
        """The accounts whose own withdrawal went elsewhere, or was used as the pretext."""
        return tuple(sorted({o.term.account_id for o in self.event.outflows if o.term is not None and o.term.account_id}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Investigation:
    """All events in order of time, the gaps in the logs, and how much was held against approvals."""

    told: tuple[Told, ...]
    gaps: tuple[Gap, ...]
    legs_out: int
    legs_agreed: int
    register_known: bool


def settings_of(p: Any) -> Settings:
    """The measures as a rule's parameters name them."""
    return Settings(
        holders=words(p.holders),
        fee_addresses=words(p.fee_addresses),
        difference_jpy_max=Decimal(p.difference_jpy_max),
        network_fee_jpy_max=Decimal(p.network_fee_jpy_max),
        difference_share_max=Decimal(p.difference_share_max),
        skew=timedelta(seconds=int(p.clock_skew_seconds_max)),
        approval_age=timedelta(seconds=int(p.approval_age_seconds_max)),
        reach=Reach(
            event_gap=timedelta(seconds=int(p.event_gap_seconds)),
            related_gap=timedelta(seconds=int(p.related_gap_seconds)),
            look_alike_characters=int(p.look_alike_characters),
        ),
        bounds=Bounds(
            hops_max=int(p.hops_max),
            time_max=timedelta(seconds=int(p.trail_seconds_max)),
            busy_movements_max=int(p.busy_movements_max),
            peel_share_min=Decimal(p.peel_share_min),
            peel_hops_min=int(p.peel_hops_min),
        ),
        limits=Limits(
            settlement=timedelta(seconds=int(p.settlement_seconds_max)),
            dense_share_min=Decimal(p.dense_share_min),
            listed_max=int(p.listed_max),
        ),
        price_source=str(p.price_source),
        price_age=timedelta(seconds=int(p.price_age_seconds_max)),
    )


def words(value: object) -> tuple[str, ...]:
    """A list of words, or one text with commas between them."""
    if isinstance(value, tuple | list):
        return tuple(str(each) for each in value)
    return tuple(each.strip() for each in str(value).split(",") if each.strip())


def investigate(records: Records, settings: Settings) -> Investigation:
    """Hold every movement out of custody against what was approved, and follow what nobody approved."""
    tolerance = _tolerance(records, settings)
    with Matched(records, settings.holders, settings.fee_addresses, tolerance) as matched:
        judged = judge(matched, tolerance, settings.reach)
        counts = matched.judged.aggregate(out=_.count(), clean=_.clean.sum()).to_pyarrow().to_pylist()[0]
        missing = tuple(gaps(matched, judged, settings.limits))
    found = list(events(judged.outflows, settings.reach))
    holders = read_holders(records) if found else ()
    quotes = read_quotes(records, judged.outflows, settings.price_source, settings.price_age)
    told = [_tell(records, event, holders, value_of(event.outflows, quotes), settings) for event in found]
    return Investigation(
        told=tuple(sorted(told, key=lambda t: (t.event.first_at, t.event.txids))),
        gaps=missing,
        legs_out=counts["out"],
        legs_agreed=int(counts["clean"] or 0),
        register_known="movement_approval" in records.present,
    )


def _tolerance(records: Records, settings: Settings) -> Tolerance:
    """Yen limits as quantities of each asset, at the highest price of the records: the narrowest that any day would give."""
    highest: dict[str, Decimal] = {}
    if "reference_price" in records.present:
        prices = records.reference_price
        if settings.price_source != ANY_SOURCE:
            prices = prices.filter(_.source == settings.price_source)
        rows = prices.group_by("asset").aggregate(price=_.price_jpy.max()).to_pyarrow().to_pylist()
        highest = {row["asset"]: row["price"] for row in rows if row["price"] and row["price"] > 0}
    return Tolerance(
        difference={asset: _units(settings.difference_jpy_max, price) for asset, price in sorted(highest.items())},
        network_fee={asset: _units(settings.network_fee_jpy_max, price) for asset, price in sorted(highest.items())},
        share=settings.difference_share_max,
        skew=settings.skew,
        age=settings.approval_age,
    )


def _units(limit_jpy: Decimal, price_jpy: Decimal) -> Decimal:
    return _LIMIT_DIGITS.divide(limit_jpy, price_jpy).quantize(Decimal("1e-12"))


def _tell(records: Records, event: Event, holders: Sequence[Holder], value: Value, settings: Settings) -> Told:
    keys: tuple[Key, ...] = read_keys(records, (event.first_at + JAPAN).date())
    route = route_of(event, holders, keys)
    before = held_before(records, holders, event.first_at)
    near = same_route(route, holders, keys)
    return Told(
        event=event,
        trail=follow(records, _starts(event.outflows), settings.bounds),
        route=route,
        covers=covers(records, event, holders, before),
        value=value,
        remaining=tuple(before[w.wallet_id] for w in route.wallets if w.wallet_id in before),
        at_risk=tuple(before[w.wallet_id] for w in near if w.wallet_id in before),
        not_observed=tuple(w for w in (*route.wallets, *near) if w.wallet_id not in before),
    )


def _starts(outflows: Sequence[Outflow]) -> list[Step]:
    """The outflow as the first step of its trail; of one transaction to one address a single step. Fees have no trail."""
    steps: dict[tuple[str, str, str, str], Step] = {}
    for each in outflows:
        if each.kind in (FEE, TO_HOUSE):
            continue
        paid = each.payment
        key = (paid.txid, paid.asset, paid.from_address, paid.to_address)
        steps[key] = Step(
            hop=0, txid=paid.txid, occurred_at=paid.occurred_at, asset=paid.asset, from_address=paid.from_address,
            to_address=paid.to_address, quantity=each.quantity, whole=paid.quantity,
        )  # fmt: skip
    return list(steps.values())
