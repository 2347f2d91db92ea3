"""The watch: one thread takes events in, looks go on beside it, and what they find is told.

While a look over everything takes no longer than a few seconds, nothing else is needed. When there is too much for that, quick
looks over the latest events go on between, so that a scheme is told within seconds of its last event; the look over
everything follows, in its own process, and changes or withdraws what the quick ones said. At the end everything is inspected
once more, strictly, and written as ``sekisho inspect`` writes it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol

from sekisho.findings.inspection import Inspection, Inspector, Question
from sekisho.findings.outputs import write_inspection
from sekisho.records import open_records
from sekisho.rulebook import load_rulebook
from sekisho.watch.alerts import Alerts
from sekisho.watch.journal import Journal, Telling
from sekisho.watch.looks import Sight, WholeLooks, look
from sekisho.watch.outbox import Outbox
from sekisho.watch.received import Received

QUICK_SECONDS: Final = 2.0
"""What a quick look may cost; its tail is as long as that allows."""
_FIRST_TAIL: Final = 200_000
_TAIL_MIN: Final = 20_000
_PAUSE: Final = 0.1


class Source(Protocol):
    """Where events come from."""

    def advance(self, received: Received) -> int:
        """Take in what is new; returns the number of events."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often to look (seconds), how long a look over everything may take before quick ones go between, when to stop."""

    every: float
    within: float
    until_idle: float | None


class Watch:
    """A watch in progress. ``run`` returns when the source has been idle long enough, or after ``stop``."""

    def __init__(self, folder: Path, source: Source, received: Received, question: Question, pace: Pace) -> None:
        self._folder, self._source, self._received = folder, source, received
        self._question, self._pace = question, pace
        self._journal: Journal = received.journal
        self._alerts = Alerts(self._journal)
        self._outbox = Outbox(folder / "alerts.jsonl", self._journal)
        self._stopped = threading.Event()
        self._failure: BaseException | None = None
        self._came_at = time.monotonic()
        self._tail = _FIRST_TAIL

    def stop(self) -> None:
        """End after the look that is going on."""
        self._stopped.set()

    def run(self, told: Callable[[Telling], None]) -> Inspection | None:
        """Watch until idle or stopped; then inspect everything. Raises what taking in raised; all that was taken in is kept."""
        taking = threading.Thread(target=self._take_in, daemon=True)
        whole = WholeLooks()
        taking.start()
        try:
            self._looks(whole, told)
        finally:
            self._stopped.set()
            whole.close()
            taking.join()
        if self._failure is not None:
            raise self._failure
        return self._last_look(told)

    def _take_in(self) -> None:
        try:
            while not self._stopped.is_set():
                if self._source.advance(self._received):
                    self._came_at = time.monotonic()
                else:
                    self._stopped.wait(_PAUSE)
        except BaseException as failure:  # told by run(), in the main thread
            self._failure = failure
            self._stopped.set()

    def _looks(self, whole: WholeLooks, told: Callable[[Telling], None]) -> None:
        going: Future[Sight] | None = None
        seen = began_with = quick_seen = 0
        slow, next_at, began_at = False, 0.0, 0.0
        while not self._stopped.is_set():
            events = self._received.events
            if going is not None and going.done():
                sight = going.result()
                self._tell(sight, whole=True, events=began_with, told=told)
                seen, slow, going = began_with, sight.seconds > self._pace.within, None
                next_at = time.monotonic() + self._pace.every
                self._received.sweep()
            elif going is None and events > seen and time.monotonic() >= next_at:
                began_with, began_at = events, time.monotonic()
                going = whole.begin(self._received.files(), self._received.folder, self._question)
            elif going is not None and events > quick_seen and (slow or time.monotonic() - began_at > self._pace.within):
                quick_seen = events
                self._quick_look(events, told)
            elif going is None and events == seen and self._is_idle():
                return
            else:
                self._stopped.wait(_PAUSE)

    def _is_idle(self) -> bool:
        return self._pace.until_idle is not None and time.monotonic() - self._came_at >= self._pace.until_idle

    def _quick_look(self, events: int, told: Callable[[Telling], None]) -> None:
        """Look at the latest events; the tail grows or shrinks with what a look costs."""
        sight = look(self._received.files(self._received.tail(self._tail)), self._received.folder, self._question, threads=1)
        self._tail = max(_TAIL_MIN, int(self._tail * min(2.0, QUICK_SECONDS / max(sight.seconds, 0.05))))
        self._tell(sight, whole=False, events=events, told=told)

    def _tell(self, sight: Sight, *, whole: bool, events: int, told: Callable[[Telling], None]) -> None:
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        tellings = self._alerts.update(sight.findings, whole=whole, told_at=now, events=events)
        self._outbox.write(tellings)
        for telling in tellings:
            told(telling)

    def _last_look(self, told: Callable[[Telling], None]) -> Inspection | None:
        """Inspect everything strictly and write it; nothing where no table has come."""
        self._received.sweep()
        if not self._received.files():
            return None
        with open_records(self._received.folder) as records:
            inspection = Inspector(load_rulebook(), records).inspect(self._question)
            write_inspection(inspection, self._folder / "report")
        self._tell(Sight(inspection.findings, 0.0), whole=True, events=self._received.events, told=told)
        return inspection

    def close(self) -> None:
        """Let go of files."""
        self._outbox.close()
