"""High participation: one trader with a high share of what is bought or sold in a band of time who moves the price by it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from sekisho.engine.answers import Evidence, Found
from sekisho.engine.order_streams import search_streams
from sekisho.typologies.high_participation import Participation, Scheme, high_participation
from sekisho.typologies.ownership import ownership_of
from sekisho.typologies.trades import YenValue, yen_value

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.rulebook import Parameters

_SENTENCES = {"buy": "default", "sell": "sell"}


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """One finding for each trader, instrument and direction: bands that follow one another are one. A ground for examination."""
    search = partial(high_participation, owners=ownership_of(records).groups, least=_least(p))
    schemes = [scheme for scheme in search_streams(records, search) if scheme.begins_at.date() >= p.examined_since]
    yen = yen_value(records.optional("instrument"), records.optional("reference_price"), [each.instrument for each in schemes])
    yield from (_found(scheme, yen) for scheme in schemes)


def _found(scheme: Scheme, yen: YenValue) -> Found:
    return Found(
        subject_kind="account" if scheme.account_ids[1:] == () else "accounts",
        subject_id="|".join(scheme.account_ids),
        instrument=scheme.instrument,
        window_from=scheme.begins_at,
        window_until=scheme.ends_at + timedelta.resolution,
        score=scheme.score,
        amount_jpy=yen.of(scheme.trades),
        evidence=tuple(sorted(Evidence("trade", trade.trade_id) for trade in scheme.trades)),
        sentence=_SENTENCES[scheme.side],
        facts={
            "side": scheme.side,
            "quantity": scheme.quantity,
            "orders": scheme.orders,
            "share": scheme.share,
            "opposite_share": scheme.opposite_share,
            "moved": scheme.moved,
            "influence": scheme.parts.influence,
            "move": scheme.parts.move,
            "first_at": scheme.begins_at,
            "last_at": scheme.ends_at,
        },
    )


def _least(p: Parameters) -> Participation:
    return Participation(
        band=p.band_seconds,
        share=p.share_min,
        share_multiple=p.share_multiple_min,
        takings=p.takings_min,
        takings_in_all=p.takings_in_all_min,
        others=p.others_min,
        volume=p.volume_multiple_min,
        score=p.score_min,
    )
