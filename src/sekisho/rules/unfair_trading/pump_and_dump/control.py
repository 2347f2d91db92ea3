"""Pump and dump: traders who hold an asset drive its price up together within seconds and sell to those who follow."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from sekisho.engine.answers import Evidence, Found
from sekisho.engine.trade_tapes import map_tapes
from sekisho.typologies.ownership import Ownership, accounts_of_kind, ownership_of
from sekisho.typologies.price_runs import Shape, price_runs
from sekisho.typologies.pump_scheme import Message, Plot, Scheme, asset_of, pump_schemes, quantity, told_around
from sekisho.typologies.trades import YenValue, since, yen_value

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.rulebook import Parameters

_SENTENCES = {
    (True, "none"): "default",
    (True, "other"): "message",
    (True, "own"): "own_message",
    (False, "none"): "one",
    (False, "other"): "one_message",
    (False, "own"): "one_own_message",
}
"""By whether several accounts are named, and who published a message that names the asset."""


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """One finding for each run of a price and the traders who made it: what they bought before, drove with, and sold after."""
    trade, owners = since(records.trade, p.prohibited_since), ownership_of(records)
    runs = [run for found in map_tapes(records, partial(price_runs, shape=_shape(p))) for run in found]
    never = accounts_of_kind(records, "omnibus", "market_maker")
    schemes = [one for one in pump_schemes(records, trade, runs, _plot(p), owners.groups, never) if one.parts.score >= p.score_min]
    names = [scheme.run.instrument for scheme in schemes]
    yen = yen_value(records.optional("instrument"), records.optional("reference_price"), names)
    bases = asset_of(records, names)
    asked = [(one.driving[0].trade.executed_at, one.accounts, bases[one.run.instrument]) for one in schemes]
    told = told_around(records, asked, p.message_minutes, owners.party_of)
    yield from (_found(scheme, around, yen, owners) for scheme, around in zip(schemes, told, strict=True))


def _found(scheme: Scheme, messages: list[Message], yen: YenValue, owners: Ownership) -> Found:
    bought, driving, sold = scheme.accumulation, scheme.driving, scheme.sales
    begins, ends = driving[0].trade.executed_at, driving[-1].trade.executed_at
    own = [message for message in messages if message.own]
    told = next(iter((*own, *messages)), None)
    return Found(
        subject_kind="account" if len(scheme.accounts) == 1 else "accounts",
        subject_id="|".join(scheme.accounts),
        instrument=scheme.run.instrument,
        window_from=bought[0].trade.executed_at,
        window_until=sold[-1].trade.executed_at + timedelta.resolution,
        score=scheme.parts.score,
        amount_jpy=scheme.gain_jpy(yen),
        evidence=_evidence(scheme, messages, owners),
        sentence=_SENTENCES[len(scheme.accounts) > 1, "own" if own else "other" if messages else "none"],
        facts={
            "accounts": scheme.accounts,
            "bought": quantity(bought),
            "bought_from": bought[0].trade.executed_at,
            "bought_until": bought[-1].trade.executed_at,
            "driven": quantity(driving),
            "orders": len({leg.order_id or leg.trade.trade_id for leg in driving}),
            "driven_from": begins,
            "driven_until": ends,
            "drive": scheme.parts.drive,
            "rise": scheme.run.rise,
            "peak_at": scheme.run.peaks_at,
            "sold": quantity(sold),
            "sold_from": sold[0].trade.executed_at,
            "sold_until": sold[-1].trade.executed_at,
            "gain": scheme.gain_jpy(yen),
            "message": told.communication_id if told else None,
            "channel": told.channel if told else None,
            "message_at": told.published_at if told else None,
        },
    )


def _evidence(scheme: Scheme, messages: list[Message], owners: Ownership) -> tuple[Evidence, ...]:
    trades = {Evidence("trade", leg.trade.trade_id) for leg in scheme.legs}
    orders = {Evidence("order", leg.order_id) for leg in scheme.legs if leg.order_id is not None}
    told = {Evidence("communication", message.communication_id) for message in messages}
    first, *others = scheme.accounts
    chains = (owners.chain(first, other, scheme.driving[0].trade.day) for other in others)
    links = {Evidence("party_link", link.record_id) for chain in chains if chain is not None for link in chain.links}
    return tuple(sorted(trades | orders | told | links))


def _shape(p: Parameters) -> Shape:
    return Shape(
        level_minutes=p.level_minutes,
        rise_minutes=p.rise_minutes,
        fall_minutes=p.fall_minutes,
        history_hours=p.history_hours,
        rise_min=p.rise_min,
        back_min=p.back_share_min,
    )


def _plot(p: Parameters) -> Plot:
    return Plot(
        before_hours=p.before_hours,
        lead_minutes=p.lead_minutes,
        after_minutes=p.fall_minutes,
        together_seconds=p.together_seconds,
        pushes_min=p.pushes_min,
        strikes_min=p.strikes_min,
        member_share_min=p.member_share_min,
        group_share_min=p.group_share_min,
        alone_share_min=p.alone_share_min,
        burst_share_min=p.burst_share_min,
        one_way_min=p.one_way_min,
        prepared_min=p.prepared_share_min,
        unloaded_min=p.unloaded_share_min,
    )
