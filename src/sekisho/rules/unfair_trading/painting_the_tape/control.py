"""Painting the tape: a series of small prints beyond the last price that moves the tape and hardly the quotes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from sekisho.engine.answers import Evidence, Found
from sekisho.engine.order_streams import search_streams
from sekisho.typologies.ownership import accounts_of_kind, ownership_of
from sekisho.typologies.painting import Painting, Shape, paintings
from sekisho.typologies.trades import YenValue, yen_value

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """One finding for each series of prints of one trader, or of accounts that print with one another."""
    outside = accounts_of_kind(records, "omnibus", "market_maker")
    search = partial(paintings, owners=ownership_of(records).groups, outside=outside, shape=_shape(p))
    found = [painting for painting in search_streams(records, search) if painting.begins_at.date() >= p.prohibited_since]
    traded = [painting.instrument for painting in found]
    yen = yen_value(records.optional("instrument"), records.optional("reference_price"), traded)
    yield from (_found(painting, yen) for painting in found)


def _found(painting: Painting, yen: YenValue) -> Found:
    orders = (Evidence("order", order) for order in painting.orders)
    trades = (Evidence("trade", trade.trade_id) for trade in painting.trades)
    return Found(
        subject_kind="account" if len(painting.account_ids) == 1 else "accounts",
        subject_id="|".join(painting.account_ids),
        instrument=painting.instrument,
        window_from=painting.begins_at,
        window_until=painting.ends_at + timedelta.resolution,
        score=painting.score,
        amount_jpy=yen.of(painting.trades),
        evidence=tuple(sorted({*orders, *trades})),
        sentence="default" if painting.side == "buy" else "sell",
        facts={
            "accounts": painting.account_ids,
            "side": painting.side,
            "prints": painting.prints,
            "upticks": painting.upticks,
            "expected": painting.expected,
            "first_at": painting.begins_at,
            "last_at": painting.ends_at,
            "quantity": sum(trade.quantity for trade in painting.trades),
            "volume": painting.volume,
            "tape": painting.tape,
            "quotes": painting.quotes,
        },
    )


def _shape(p: Parameters) -> Shape:
    return Shape(
        pause=p.pause_seconds_max,
        prints=p.prints_min,
        small=p.small_max,
        uptick_share=p.uptick_share_min,
        against_chance=p.against_chance_min,
        against_chance_together=p.against_chance_together_min,
        together=p.together_share_min,
        score=p.score_min,
    )
