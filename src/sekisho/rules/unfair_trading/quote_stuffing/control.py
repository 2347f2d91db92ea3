"""Quote stuffing: floods of orders entered and withdrawn within moments, far beyond what the market and the trader usually send."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from sekisho.engine.answers import Evidence, Found
from sekisho.engine.order_streams import search_streams
from sekisho.typologies.ownership import ownership_of
from sekisho.typologies.quote_stuffing import Flood, Scheme, quote_stuffing

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """One finding for each trader and instrument: floods that follow one another within the hour are one."""
    search = partial(quote_stuffing, owners=ownership_of(records).groups, flood=_flood(p))
    for scheme in search_streams(records, search):
        if scheme.begins_at.date() >= p.prohibited_since:
            yield _found(scheme)


def _found(scheme: Scheme) -> Found:
    named = bool(scheme.account_ids)
    return Found(
        subject_kind=("account" if scheme.account_ids[1:] == () else "accounts") if named else "orders",
        subject_id="|".join(scheme.account_ids) or scheme.orders[0],
        instrument=scheme.instrument,
        window_from=scheme.begins_at,
        window_until=scheme.ends_at + timedelta.resolution,
        score=scheme.score,
        evidence=tuple(Evidence("order", order_id) for order_id in scheme.orders),
        sentence="default" if named else "unnamed",
        facts={
            "quotes": scheme.quotes,
            "fleeting": scheme.fleeting,
            "bursts": scheme.bursts,
            "rate": scheme.rate,
            "usual": scheme.usual,
            "message_share": scheme.message_share,
            "flicker_share": scheme.flicker_share,
            "first_at": scheme.begins_at,
            "last_at": scheme.ends_at,
            "rate_part": scheme.parts.rate,
            "emptiness": scheme.parts.emptiness,
            "burden": scheme.parts.burden,
        },
    )


def _flood(p: Parameters) -> Flood:
    return Flood(
        window=p.window_seconds,
        fleeting=p.fleeting_seconds_max,
        pause=p.pause_seconds_max,
        repeated=p.repeated_seconds_max,
        learned=p.learned_seconds_min,
        quotes=p.quotes_min,
        usual=p.usual_share,
        multiple=p.rate_multiple_min,
        share=p.message_share_min,
        score=p.score_min,
    )
