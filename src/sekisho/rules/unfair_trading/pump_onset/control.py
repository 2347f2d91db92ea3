"""Pump onset: a sudden rush of buyers such as the instrument has not seen for a day. Extraction for review, not yet an offence."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from sekisho.engine.answers import Evidence, Found
from sekisho.engine.trade_tapes import map_tapes
from sekisho.typologies.pump_onset import Burst, Onset, pump_onsets
from sekisho.typologies.trades import Trade, YenValue, trades_within, yen_value

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """One finding for each instrument and burst, resting on every trade of its window."""
    onsets = [onset for found in map_tapes(records, partial(pump_onsets, burst=_burst(p))) for onset in found]
    windows = [(onset.instrument, onset.begins_at, onset.ends_at) for onset in onsets]
    within = trades_within(records, records.trade, windows)
    yen = yen_value(records.optional("instrument"), records.optional("reference_price"), (name for name, _, _ in windows))
    yield from (_found(onset, trades, yen) for onset, trades in zip(onsets, within, strict=True))


def _found(onset: Onset, trades: list[Trade], yen: YenValue) -> Found:
    return Found(
        subject_kind="instrument",
        subject_id=onset.instrument,
        instrument=onset.instrument,
        window_from=onset.begins_at,
        window_until=onset.ends_at + timedelta.resolution,
        score=onset.score,
        amount_jpy=yen.of(trades),
        evidence=tuple(sorted(Evidence("trade", trade.trade_id) for trade in trades)),
        facts={
            "trades": len(trades),
            "moments": onset.moments,
            "first_at": onset.begins_at,
            "last_at": onset.ends_at,
            "moments_ratio": onset.moments_ratio,
            "notional_ratio": onset.notional_ratio,
            "rise": onset.rise,
            "rise_ratio": onset.rise_ratio,
        },
    )


def _burst(p: Parameters) -> Burst:
    return Burst(
        window_seconds=p.window_seconds,
        apart_seconds=p.apart_seconds,
        rise_seconds=p.rise_seconds,
        history_hours=p.history_hours,
        warm_up_hours=p.warm_up_hours,
        merge_minutes=p.merge_minutes,
        moments_min=p.moments_min,
        strength_min=p.strength_min,
        each_min=p.each_min,
        rise_min=p.rise_min,
    )
