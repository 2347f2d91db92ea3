"""Large transaction: buying or selling, or deciding to, a large part of an asset's issued amount is a material fact of its own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from sekisho.engine.answers import Amount, Evidence, Found, Step
from sekisho.typologies.custody import share
from sekisho.typologies.handled_assets import read_handled
from sekisho.typologies.large_transaction import Decided, Reached, Size, decided, joint_holders, reached, supplies
from sekisho.typologies.material_facts import Facts, japan_date, read_facts
from sekisho.typologies.waiting import length_of

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """One finding for each group of joint holders, asset and side that reached or decided the size."""
    supply, facts = _issued(records, p), read_facts(records)
    for one in _reached(records, p):
        yield _found_reached(one, supply[one.asset], facts, p)
    size = Size(p.share_min, length_of(p.aggregation_window_days))
    plans = [plan for each in facts.plans.values() for plan in each]
    for two in decided(plans, joint_holders(records, p.joint_relations), supply, size):
        yield _found_decided(two, supply[two.asset], facts, p)


def compute(records: Records, p: Parameters) -> Iterator[Amount]:
    """The part of the issued amount that each group reached, with its working."""
    supply = _issued(records, p)
    for one in _reached(records, p):
        issued = supply[one.asset]
        yield Amount(
            name=f"{one.asset} {one.side} {'|'.join(one.parties)}",
            as_of=japan_date(one.at),
            value=share(one.net, issued),
            unit="share",
            working=(
                Step("net quantity", f"{len(one.deals)} trades, {one.side} less the other side", one.net),
                Step("issued amount", "asset.issued_supply", issued),
                Step("part", "net quantity / issued amount", share(one.net, issued)),
                Step("largest in any window", "peak / issued amount", share(one.peak, issued)),
            ),
            evidence=(*(Evidence("trade", deal.trade_id) for deal in one.deals), Evidence("asset", one.asset)),
        )


def _reached(records: Records, p: Parameters) -> list[Reached]:
    if "trade" not in records.present:
        return []
    pairs = {pair.instrument: (pair.base, pair.quote) for pair in read_handled(records, ()).pairs.values()}
    size = Size(p.share_min, length_of(p.aggregation_window_days))
    return reached(records, joint_holders(records, p.joint_relations), _issued(records, p), pairs, size)


def _issued(records: Records, p: Parameters) -> dict[str, Decimal]:
    """The denominator. Only the issued amount is on record; another one cannot be computed and is refused."""
    if p.denominator != "issued":
        raise ValueError(f"denominator '{p.denominator}' is not on record; table asset holds issued_supply only")
    return supplies(records)


def _found_reached(one: Reached, issued: Decimal, facts: Facts, p: Parameters) -> Found:
    names = {Evidence("trade", deal.trade_id) for deal in one.deals} | {Evidence("party_link", x.record_id) for x in one.links}
    registered = _registered(facts, one.asset)
    return Found(
        subject_kind="party" if len(one.parties) == 1 else "parties",
        subject_id="|".join(one.parties),
        asset=one.asset,
        window_from=one.begins_at,
        window_until=one.at + timedelta.resolution,
        score=Decimal(p.score_registered if registered else p.score_unregistered),
        evidence=tuple(sorted(names | {Evidence("asset", one.asset)} | {Evidence("material_fact", each) for each in registered})),
        facts={
            "side": one.side,
            "accounts": list(one.accounts),
            "net": one.net,
            "issued": issued,
            "part": share(one.net, issued),
            "peak_part": share(one.peak, issued),
            "trades": len(one.deals),
            "begins_at": one.begins_at,
            "reached_at": one.at,
            "links": [link.record_id for link in one.links] or None,
            "registered": registered or None,
        },
    )


def _found_decided(one: Decided, issued: Decimal, facts: Facts, p: Parameters) -> Found:
    names = {Evidence("stated_plan", x.plan_id) for x in one.plans} | {Evidence("party_link", x.record_id) for x in one.links}
    registered = _registered(facts, one.asset)
    return Found(
        subject_kind="party" if len(one.parties) == 1 else "parties",
        subject_id="|".join(one.parties),
        asset=one.asset,
        window_from=one.plans[0].made_at,
        window_until=one.at + timedelta.resolution,
        score=Decimal(p.score_registered if registered else p.score_unregistered),
        sentence="decided",
        evidence=tuple(sorted(names | {Evidence("asset", one.asset)} | {Evidence("material_fact", each) for each in registered})),
        facts={
            "side": one.side,
            "plans": [plan.plan_id for plan in one.plans],
            "quantity": one.quantity,
            "issued": issued,
            "part": share(one.quantity, issued),
            "decided_at": one.at,
            "links": [link.record_id for link in one.links] or None,
            "registered": registered or None,
        },
    )


def _registered(facts: Facts, asset: str) -> list[str]:
    """Facts of this category that the register holds for the asset."""
    return sorted(f.fact_id for f in facts.facts.values() if f.asset == asset and f.category == "large_transaction")
