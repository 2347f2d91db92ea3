"""What a ``due`` rule is given: business days, the period looked at, and what set its clocks going."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sekisho.engine.answers import Amount, Found
from sekisho.typologies.business_days import BusinessDays


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Japan dates throughout. ``period`` is first and last day of the records, both included.

    ``triggers`` are the answers the same rule's ``detect`` and ``compute`` gave in this run.
    """

    business_days: BusinessDays
    period: tuple[date, date]
    triggers: tuple[Found | Amount, ...] = ()
