"""Appropriate level: the days on which reserve and recognised insurance stood below what is required."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from sekisho.engine.answers import Evidence, Found
from sekisho.typologies.custody import Stretch, share, stretches
from sekisho.typologies.liability_reserve import Ready, read_ready
from sekisho.typologies.valuation import EXACT, starts_at

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.rulebook import Parameters

_WHOLE = Decimal(1)


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """One finding for each time below the level, and one where only insurance of unsettled weight would reach it."""
    days = {ready.day: ready for ready in read_ready(records)}
    counted = p.insurance_share if p.insurance_share is not None else Decimal(0)
    below = {day: ready.total(counted) < p.required_jpy for day, ready in days.items()}
    unsettled = {day: p.insurance_share is None and below[day] and days[day].total(_WHOLE) >= p.required_jpy for day in days}
    for stretch in stretches({day: below[day] and not unsettled[day] for day in days}):
        yield _found(stretch, days, counted, p, "default")
    for stretch in stretches(unsettled):
        yield _found(stretch, days, counted, p, "depends_on_insurance")


def _found(stretch: Stretch, days: Mapping[date, Ready], counted: Decimal, p: Parameters, sentence: str) -> Found:
    worst = min(stretch.days, key=lambda day: (days[day].total(counted), day))
    missing = EXACT.subtract(p.required_jpy, days[worst].total(counted))
    names = sorted({name for day in stretch.days for name in days[day].names})
    return Found(
        subject_kind="exchange",
        subject_id="exchange",
        window_from=starts_at(stretch.first),
        window_until=starts_at(stretch.last + timedelta(days=1)),
        score=share(missing, p.required_jpy) if sentence == "default" else Decimal(0),
        sentence=sentence,
        amount_jpy=missing,
        evidence=tuple(Evidence(*name) for name in names),
        facts={
            "required": p.required_jpy,
            "without": days[worst].reserve_jpy,
            "with_all": days[worst].total(_WHOLE),
            "day": worst,
            "first_day": stretch.first,
            "last_day": stretch.last,
            "cured_on": stretch.cured_on,
        },
    )
