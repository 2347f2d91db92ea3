"""Bear raid: traders who sell an asset's price down together, and buy back lower when others have sold after them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from sekisho.engine.answers import Evidence, Found
from sekisho.engine.order_lookup import events_of
from sekisho.engine.trade_tapes import map_tapes
from sekisho.typologies.bear_raid import Raid, Terms, falls, raids, with_support
from sekisho.typologies.ownership import Ownership, accounts_of_kind, ownership_of
from sekisho.typologies.price_runs import Shape
from sekisho.typologies.pump_scheme import Message, Plot, asset_of, quantity, told_around
from sekisho.typologies.trades import YenValue, since, yen_value

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """One finding for each fall and the traders who drove it: what they sold, what they bought back, and what was told."""
    trade, owners = since(records.trade, p.prohibited_since), ownership_of(records)
    runs = [run for found in map_tapes(records, partial(falls, shape=_shape(p))) for run in found]
    never = accounts_of_kind(records, "omnibus", "market_maker")
    every = raids(records, trade, runs, _terms(p), owners.groups, never)
    cancelled = events_of(records, accounts=(account for raid in every for account in raid.accounts), actions=("cancel",))
    found = [raid for raid in with_support(every, cancelled, _terms(p)) if raid.score >= p.score_min]
    names = [raid.run.instrument for raid in found]
    yen = yen_value(records.optional("instrument"), records.optional("reference_price"), names)
    assets = asset_of(records, names)
    asked = [(raid.sold[0].trade.executed_at, raid.accounts, assets[raid.run.instrument]) for raid in found]
    told = told_around(records, asked, p.message_minutes, owners.party_of)
    yield from (_found(raid, around, yen, owners) for raid, around in zip(found, told, strict=True))


def _found(raid: Raid, messages: list[Message], yen: YenValue, owners: Ownership) -> Found:
    sold, back = raid.sold, raid.back
    own = [message for message in messages if message.own]
    told = next(iter((*own, *messages)), None)
    return Found(
        subject_kind="account" if len(raid.accounts) == 1 else "accounts",
        subject_id="|".join(raid.accounts),
        instrument=raid.run.instrument,
        window_from=sold[0].trade.executed_at,
        window_until=back[-1].trade.executed_at + timedelta.resolution,
        score=raid.score,
        amount_jpy=raid.gain_jpy(yen),
        evidence=_evidence(raid, messages, owners),
        sentence="message" if told else "default",
        facts={
            "accounts": raid.accounts,
            "sold": quantity(sold),
            "orders": len({leg.order_id or leg.trade.trade_id for leg in sold}),
            "sold_from": sold[0].trade.executed_at,
            "sold_until": sold[-1].trade.executed_at,
            "drive": raid.parts.drive,
            "fall": raid.fall,
            "trough_at": raid.run.peaks_at,
            "withdrawn": len(raid.withdrawn),
            "bought": quantity(back),
            "bought_from": back[0].trade.executed_at,
            "bought_until": back[-1].trade.executed_at,
            "returned": raid.parts.returned,
            "captured": raid.parts.captured,
            "gain": raid.gain_jpy(yen),
            "message": told.communication_id if told else None,
            "channel": told.channel if told else None,
            "message_at": told.published_at if told else None,
        },
    )


def _evidence(raid: Raid, messages: list[Message], owners: Ownership) -> tuple[Evidence, ...]:
    legs = (*raid.sold, *raid.back)
    trades = {Evidence("trade", leg.trade.trade_id) for leg in legs}
    orders = {Evidence("order", each) for each in (*(leg.order_id for leg in legs), *raid.withdrawn) if each is not None}
    told = {Evidence("communication", message.communication_id) for message in messages}
    first, *others = raid.accounts
    chains = (owners.chain(first, other, raid.sold[0].trade.day) for other in others)
    links = {Evidence("party_link", link.record_id) for chain in chains if chain is not None for link in chain.links}
    return tuple(sorted(trades | orders | told | links))


def _shape(p: Parameters) -> Shape:
    """A fall need not come back: who bought back lower has gained whether it does or not."""
    return Shape(
        level_minutes=p.level_minutes,
        rise_minutes=p.fall_minutes,
        fall_minutes=p.after_minutes,
        history_hours=p.history_hours,
        rise_min=p.fall_min,
        back_min=0,
    )


def _terms(p: Parameters) -> Terms:
    plot = Plot(
        before_hours=0,
        lead_minutes=p.lead_minutes,
        after_minutes=p.after_minutes,
        together_seconds=p.together_seconds,
        pushes_min=0,
        strikes_min=p.strikes_min,
        member_share_min=p.member_share_min,
        group_share_min=p.group_share_min,
        alone_share_min=p.alone_share_min,
        burst_share_min=p.burst_share_min,
        one_way_min=0,
        prepared_min=0,
        unloaded_min=p.returned_share_min,
    )
    return Terms(
        plot=plot,
        one_way_min=p.one_way_min,
        support_minutes=p.support_minutes,
        support_weight=p.support_weight,
    )
