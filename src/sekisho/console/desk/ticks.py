"""What the office does by itself from time to time, part by part: ``sekisho office tick`` runs it, some times a day.

A part declares what it does in its ``pages.py``: ``on_tick("alerts", tick)``. Doing it again changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

Does = Callable[[datetime], Mapping[str, int]]
TICKS: Final[dict[str, Does]] = {}


def on_tick(name: str, does: Does) -> None:
    """Declare what a part does as of a moment; it gives what it did, in numbers."""
    assert name not in TICKS, f"two parts tick as {name}"
    TICKS[name] = does


def tick(at: datetime) -> dict[str, dict[str, int]]:
    """Let every part do it, and give what each did."""
    return {name: dict(does(at)) for name, does in TICKS.items()}
