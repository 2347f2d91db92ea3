"""Marking the close: trades that carry a price away just before the moment at which it is read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from sekisho.engine.answers import Evidence, Found
from sekisho.engine.order_streams import search_streams
from sekisho.typologies.fixings import fixings_of, times_of_day
from sekisho.typologies.marking import Mark, Scheme, Shape, marks, schemes
from sekisho.typologies.ownership import accounts_of_kind, ownership_of
from sekisho.typologies.plans import plans_of
from sekisho.typologies.trades import YenValue, yen_value

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.rulebook import Parameters

_SENTENCES = {("buy", True): "default", ("sell", True): "sell", ("buy", False): "buy_open", ("sell", False): "sell_open"}


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """One finding for each trader, instrument and side: all fixings before which it was done."""
    owners, shared = ownership_of(records), accounts_of_kind(records, "omnibus")
    fixings = (fixings_of(records, p.readings_a_day_max), times_of_day(p.fixings))
    search = partial(marks, owners=owners.groups, shared=shared, fixings=fixings, shape=_shape(p))
    announced = plans_of(records, owners)

    def judged(mark: Mark) -> bool:
        in_law = mark.begins_at.date() >= p.prohibited_since
        return in_law and not announced(mark.account_ids, mark.instrument, mark.side, mark.begins_at)

    every = schemes(filter(judged, search_streams(records, search)), owners.groups)
    strong = [one for one in every if one.score >= p.score_min and len(one.orders) >= p.orders_min]
    traded = (scheme.best.instrument for scheme in strong)
    yen = yen_value(records.optional("instrument"), records.optional("reference_price"), traded)
    yield from (_found(scheme, yen) for scheme in strong)


def _found(scheme: Scheme, yen: YenValue) -> Found:
    best, after = scheme.best, scheme.reverted
    return Found(
        subject_kind="account" if len(scheme.account_ids) == 1 else "accounts",
        subject_id="|".join(scheme.account_ids),
        instrument=best.instrument,
        window_from=scheme.marks[0].begins_at,
        window_until=scheme.marks[-1].ends_at + timedelta.resolution,
        score=scheme.score,
        amount_jpy=yen.of(trade for mark in scheme.marks for trade in mark.trades),
        evidence=_evidence(scheme),
        sentence=_SENTENCES[best.side, after is not None],
        facts={
            "fixings": len(scheme.marks),
            "side": best.side,
            "trades": len(best.trades),
            "quantity": best.quantity,
            "share": best.share,
            "first_at": best.begins_at,
            "last_at": best.ends_at,
            "fixing": best.fixing.name,
            "fixed_at": best.fixing.at,
            "from_price": best.from_price,
            "to_price": best.to_price,
            "reverted": after,
            "weight": best.weight,
            "drive": best.drive,
            "timing": best.timing,
        },
    )


def _evidence(scheme: Scheme) -> tuple[Evidence, ...]:
    orders = (Evidence("order", order) for order in scheme.orders)
    trades = (Evidence("trade", trade.trade_id) for mark in scheme.marks for trade in mark.trades)
    return tuple(sorted({*orders, *trades}))


def _shape(p: Parameters) -> Shape:
    return Shape(
        stretches=(p.stretch_seconds_long, p.stretch_seconds_middle, p.stretch_seconds_short),
        side_share=p.side_share_min,
        usual=p.usual_share,
        moved_full=p.moved_full_ratio,
        candidate=p.candidate_score_min,
    )
