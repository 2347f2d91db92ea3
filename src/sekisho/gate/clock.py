"""The gate's clock: it never goes back, and a leap forward stops the gate instead of ending holds early."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from sekisho.gate.messages import GateDown

LEAP_MAX: Final = timedelta(seconds=60)
"""By how much the wall clock may run ahead of the machine's own count of time since the last decision."""


class Clock(Protocol):
    """Gives the moment of a decision (UTC), never before ``last``. Raises GateDown when the time cannot be trusted."""

    def now(self, last: datetime) -> datetime:
        """The moment of the next decision."""
        ...


class GateClock:
    """The wall clock, checked against the machine's count of seconds since it was started (which nobody can set).

    A wall clock that goes back is ignored: decisions keep the last moment until it has caught up, so no hold ends early and no
    two decisions change places. One that leaps forward by more than LEAP_MAX is refused until it is back or the gate is restarted.
    """

    def __init__(
        self,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
        counted: Callable[[], float] = lambda: time.clock_gettime(time.CLOCK_BOOTTIME),
    ) -> None:
        self._wall, self._counted = wall, counted
        self._seen_at, self._seen = wall(), counted()
        self.behind = timedelta(0)
        """By how much the wall clock lies behind the last decision; zero while it does not."""

    def now(self, last: datetime) -> datetime:
        """The wall clock's time, or the last decision's where that is later."""
        wall, counted = self._wall(), self._counted()
        leap = (wall - self._seen_at) - timedelta(seconds=counted - self._seen)
        if leap > LEAP_MAX:
            raise GateDown(
                f"the clock leapt forward by {leap}; holds could end early, so nothing is decided until it is right again "
                "(if it is right now, restart the gate)"
            )
        if leap < timedelta(0) or counted - self._seen > 1:
            self._seen_at, self._seen = wall, counted
        self.behind = max(last - wall, timedelta(0))
        return max(wall, last)


class GivenClock:
    """A clock that somebody else sets: for requests of the past, decided as of their own time."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self, last: datetime) -> datetime:
        """The time it was set to, or the last decision's where that is later."""
        return max(self.at, last)
