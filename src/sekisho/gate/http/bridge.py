"""Between the event loop and the gate: what one round of the loop asked goes to the gate together, and each answer comes back."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from threading import get_ident
from typing import Any, Final, Protocol

from sekisho.gate.deciding import Asking
from sekisho.gate.jobs import BATCH_MAX, Job


class Place(Protocol):
    """Where an answer is awaited on the loop; an asyncio.Future is one. It gets Answered, a GateError or TimeoutError, once."""

    def done(self) -> bool:
        """Whether an answer has come, or nobody waits any more."""
        ...

    def set_result(self, result: Any) -> None:
        """The answer."""
        ...

    def set_exception(self, exception: BaseException) -> None:
        """Why there is none."""
        ...


class Together(Protocol):
    """What of the gate is used here; sekisho.gate.Gate is one."""

    def ask_together(self, asks: Sequence[Job]) -> bool:
        """Decide these now and return True, or later in a thread of the gate's own."""
        ...


class _Waiting:
    """One answer that is awaited; whoever decides puts it in, in whatever thread."""

    __slots__ = ("_bridge", "_loop", "_thread", "place")

    def __init__(self, bridge: Bridge, loop: asyncio.AbstractEventLoop, thread: int, place: Place) -> None:
        self._bridge, self._loop, self._thread, self.place = bridge, loop, thread, place

    def set_result(self, result: Any) -> None:
        """The answer."""
        if get_ident() != self._thread:
            self._bridge.arrive(self._loop, self.place, result, None)
        elif not self.place.done():
            self.place.set_result(result)

    def set_exception(self, exception: BaseException) -> None:
        """Why there is none."""
        if get_ident() != self._thread:
            self._bridge.arrive(self._loop, self.place, None, exception)
        elif not self.place.done():
            self.place.set_exception(exception)


class Bridge:
    """Asks the gate once for each round of the event loop, and brings answers from other threads back with one wake-up."""

    def __init__(self, gate: Together, seconds_max: float) -> None:
        self._gate, self._seconds_max = gate, seconds_max
        self._gathered: list[Job] = []
        self._arrived: deque[tuple[Place, Any, BaseException | None]] = deque()
        self._awaited: deque[tuple[float, Place]] = deque()
        self._woken = False

    def ask(self, asking: Asking, place: Place) -> None:
        """Ask on the running loop; TimeoutError comes instead of an answer where that takes too long (see look)."""
        loop = asyncio.get_running_loop()
        if not self._gathered:
            loop.call_soon(self._hand_over, loop)
        self._gathered.append(Job(asking, _Waiting(self, loop, get_ident(), place)))

    def look(self) -> None:
        """Give up on answers that are overdue; to be called several times a second. All wait equally long."""
        now = asyncio.get_running_loop().time()
        while self._awaited and (self._awaited[0][1].done() or self._awaited[0][0] <= now):
            _, place = self._awaited.popleft()
            if not place.done():
                place.set_exception(TimeoutError())

    def arrive(self, loop: asyncio.AbstractEventLoop, place: Place, result: Any, error: BaseException | None) -> None:
        """An answer, from whatever thread."""
        self._arrived.append((place, result, error))
        if not self._woken:
            self._woken = True
            with suppress(RuntimeError):  # the loop has ended, and nobody waits any more
                loop.call_soon_threadsafe(self._deliver)

    def _hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        """Everything that was asked since the loop last came by."""
        gathered, self._gathered = self._gathered, []
        until: Final = loop.time() + self._seconds_max
        for start in range(0, len(gathered), BATCH_MAX):
            some = gathered[start : start + BATCH_MAX]
            try:
                told = self._gate.ask_together(some)
            except Exception as error:
                for job in some:
                    job.told.set_exception(error)
                continue
            if not told:
                self._awaited.extend((until, job.told.place) for job in some if isinstance(job.told, _Waiting))

    def _deliver(self) -> None:
        self._woken = False
        while self._arrived:
            place, result, error = self._arrived.popleft()
            if place.done():
                continue
            if error is not None:
                place.set_exception(error)
            else:
                place.set_result(result)
