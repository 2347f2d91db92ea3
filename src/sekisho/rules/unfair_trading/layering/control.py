"""Layering: orders shown to draw others into trading, not to be filled, on one side while the other side profits."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from sekisho.engine.answers import Evidence, Found
from sekisho.engine.order_streams import search_streams
from sekisho.typologies.layering import Scheme, Shape, layering_schemes
from sekisho.typologies.ownership import ownership_of
from sekisho.typologies.trades import YenValue, yen_value

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.rulebook import Parameters

_SENTENCES = {(True, "buy"): "default", (True, "sell"): "sell", (False, "buy"): "unnamed", (False, "sell"): "unnamed_sell"}


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """One finding for each trader and instrument: the orders shown and withdrawn, all cycles of the play joined."""
    search = partial(layering_schemes, owners=ownership_of(records).groups, shape=_shape(p))
    schemes = [scheme for scheme in search_streams(records, search) if scheme.begins_at.date() >= p.prohibited_since]
    served = [scheme.instrument for scheme in schemes]
    yen = yen_value(records.optional("instrument"), records.optional("reference_price"), served)
    yield from (_found(scheme, yen) for scheme in schemes)


def _found(scheme: Scheme, yen: YenValue) -> Found:
    named = bool(scheme.account_ids)
    return Found(
        subject_kind=("account" if scheme.account_ids[1:] == () else "accounts") if named else "orders",
        subject_id="|".join(scheme.account_ids) or scheme.orders[0],
        instrument=scheme.instrument,
        window_from=scheme.begins_at,
        window_until=scheme.ends_at + timedelta.resolution,
        score=scheme.score,
        amount_jpy=yen.of(scheme.served) if scheme.served else None,
        evidence=_evidence(scheme),
        sentence=_SENTENCES[named, scheme.side],
        facts={
            "orders": len(scheme.orders),
            "cycles": scheme.cycles,
            "levels": scheme.levels,
            "side": scheme.side,
            "shown": scheme.shown,
            "served": scheme.served_quantity,
            "first_at": scheme.begins_at,
            "last_at": scheme.ends_at,
            "pressure": scheme.parts.pressure,
            "benefit": scheme.parts.benefit,
            "withdrawal": scheme.parts.withdrawal,
        },
    )


def _evidence(scheme: Scheme) -> tuple[Evidence, ...]:
    orders = (Evidence("order", order_id) for order_id in scheme.orders)
    trades = (Evidence("trade", trade.trade_id) for trade in scheme.served)
    return tuple(sorted({*orders, *trades}))


def _shape(p: Parameters) -> Shape:
    return Shape(
        together=p.together_seconds_max,
        together_unnamed=p.together_unnamed_seconds_max,
        placed_together=p.placed_together_seconds_max,
        shown_min=p.shown_seconds_min,
        put_back=p.put_back_seconds,
        served=p.served_seconds_max,
        repeated=p.repeated_seconds_max,
        large=p.large_share,
        unfilled=p.unfilled_share_min,
        score=p.score_min,
        score_unnamed=p.score_unnamed_min,
    )
