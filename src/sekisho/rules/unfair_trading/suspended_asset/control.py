"""Suspended asset: no order enters a pair before its listing began or after it ended."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from sekisho.engine.answers import Evidence, Fact, Found, Outcome, Reason
from sekisho.engine.requests import OrderRequest
from sekisho.typologies.handled_assets import Pair
from sekisho.typologies.suspended import Outside, outside_listing

if TYPE_CHECKING:
    from sekisho.engine.requests import Request, View
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def decide(request: Request, view: View, p: Parameters) -> Iterator[Reason]:
    """Refuse an order in a pair that is not listed at that moment; a pair that is not on record is for people to look at."""
    if not isinstance(request, OrderRequest):
        return
    facts: dict[str, Fact] = {"order": request.order_id, "instrument": request.instrument, "at": request.received_at}
    try:
        pair = view.pair(request.instrument)
    except KeyError:
        yield Reason(outcome=Outcome[p.unlisted_outcome], sentence="unknown", facts=facts)
        return
    if not pair.trades_at(request.received_at):
        yield Reason(outcome=Outcome.refuse, sentence="not_listed", facts={**facts, **_period(pair)})


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """Orders accepted and trades made outside the listed period: one finding for each pair."""
    for outside in outside_listing(records, p.prohibited_since):
        yield _found(outside, p)


def _period(pair: Pair) -> dict[str, Fact]:
    return {"listed_from": pair.listed_from, "listed_until": pair.listed_until}


def _found(outside: Outside, p: Parameters) -> Found:
    names = {Evidence("order_event", event) for event in outside.events} | {Evidence("trade", trade) for trade in outside.trades}
    return Found(
        subject_kind="instrument",
        subject_id=outside.pair.instrument,
        instrument=outside.pair.instrument,
        asset=outside.pair.base,
        window_from=outside.first_at,
        window_until=outside.last_at + timedelta.resolution,
        score=p.score_traded if outside.trades else p.score_ordered,
        evidence=tuple(sorted(names | {Evidence("instrument", outside.pair.instrument)})),
        facts={
            "orders": len(outside.events),
            "trades": len(outside.trades),
            "first_at": outside.first_at,
            "last_at": outside.last_at,
            **_period(outside.pair),
        },
    )
