"""Ramping: a series of trades that moves the price, and the position unwound at the price so made."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from sekisho.engine.answers import Evidence, Found
from sekisho.engine.order_streams import search_streams
from sekisho.typologies.ownership import accounts_of_kind, ownership_of
from sekisho.typologies.ramping import Ramp, Shape, ramps
from sekisho.typologies.trades import YenValue, yen_value

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """One finding for each climb of one trader in one instrument, with what was unwound at the moved price."""
    shared = accounts_of_kind(records, "omnibus", "market_maker")
    search = partial(ramps, owners=ownership_of(records).groups, shared=shared, shape=_shape(p))
    found = [ramp for ramp in search_streams(records, search) if ramp.begins_at.date() >= p.prohibited_since]
    traded = [ramp.instrument for ramp in found]
    yen = yen_value(records.optional("instrument"), records.optional("reference_price"), traded)
    yield from (_found(ramp, yen) for ramp in found)


def _found(ramp: Ramp, yen: YenValue) -> Found:
    orders = (Evidence("order", order) for order in ramp.orders)
    trades = (Evidence("trade", trade.trade_id) for trade in (*ramp.pushed, *ramp.unwound))
    return Found(
        subject_kind="account" if ramp.account_ids[1:] == () else "accounts",
        subject_id="|".join(ramp.account_ids),
        instrument=ramp.instrument,
        window_from=ramp.begins_at,
        window_until=ramp.ends_at + timedelta.resolution,
        score=ramp.score,
        amount_jpy=yen.of(ramp.unwound),
        evidence=tuple(sorted({*orders, *trades})),
        sentence="default" if ramp.side == "buy" else "sell",
        facts={
            "steps": ramp.steps,
            "side": ramp.side,
            "first_at": ramp.begins_at,
            "last_at": ramp.ends_at,
            "price_from": ramp.price_from,
            "price_until": ramp.price_until,
            "pushed": sum(trade.quantity for trade in ramp.pushed),
            "unwound": sum(trade.quantity for trade in ramp.unwound),
            **{f"sign_{name}": part for name, part in ramp.parts._asdict().items()},
        },
    )


def _shape(p: Parameters) -> Shape:
    return Shape(
        pause=p.pause_seconds_max,
        unwound=p.unwound_seconds_max,
        steps=p.steps_min,
        participation=p.participation_min,
        usual=p.usual_share,
        score=p.score_min,
    )
