"""What the office does by itself from time to time: look for deadlines."""

from __future__ import annotations

from datetime import datetime

from sekisho.console.deadlines.looking import look


def tick(at: datetime) -> dict[str, int]:
    """Bring the calendar up to date as of a moment; doing it again changes nothing."""
    return look(at)
