"""Intervals as ISO 8601 writes them (P1Y, P3M, P2W, P90D), and the last day of one."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Final

from sekisho.typologies.business_days import months_end_on

_PERIOD: Final = re.compile(r"P(?:(\d{1,2})Y)?(?:(\d{1,3})M)?(?:(\d{1,3})W)?(?:(\d{1,4})D)?")


def last_day(since: date, interval: str) -> date:
    """The last day of the interval counted from the day after ``since`` (Civil Code 140, 143). Raises ``ValueError``."""
    found = _PERIOD.fullmatch(interval)
    years, months, weeks, days = (int(each or 0) for each in found.groups()) if found else (0, 0, 0, 0)
    if not (years or months or weeks or days):
        raise ValueError(f"'{interval}' is no period such as P1Y, P3M or P90D")
    months += 12 * years
    end = months_end_on(since, months) if months else since
    return end + timedelta(days=7 * weeks + days)
