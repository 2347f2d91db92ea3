"""The gate's log: one JSON line for each request with its id, address pattern and status. Nothing in it tells of a person.

Lines carry no path, no body, no client, no party: who read which personal data is in the access log, which only auditors see.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final, TextIO

import msgspec

_LINES_MAX: Final = 512


class Log:
    """Writes lines in portions; ``flush`` is called several times a second by whoever serves."""

    def __init__(self, stream: TextIO | None = None, clock: Callable[[], float] | None = None) -> None:
        self._stream = stream if stream is not None else sys.stderr
        self._lines: list[bytes] = []
        self._clock = clock

    def request(
        self, request_id: str, route: str, status: int, seconds: float, key_id: str, problem: str | None, now: float
    ) -> None:
        """One request that was answered. ``route`` is the pattern of the address, ``key_id`` the key that signed."""
        told: dict[str, Any] = {
            "at": now,
            "event": "request",
            "request_id": request_id,
            "route": route,
            "status": status,
            "ms": round(seconds * 1000, 3),
            "key": key_id,
        }
        if problem is not None:
            told["problem"] = problem
        self._add(told)

    def failure(self, request_id: str, error: BaseException, now: float) -> None:
        """An error of the gate itself: its class and where it arose, never its message, which may quote a request."""
        frames = traceback.extract_tb(error.__traceback__)
        places = [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}" for frame in frames[-12:]]
        self._add({"at": now, "event": "failure", "request_id": request_id, "error": type(error).__name__, "places": places})

    def note(self, event: str, now: float, **facts: str | int | float | bool) -> None:
        """Something that happened to the gate as a whole."""
        self._add({"at": now, "event": event, **facts})

    def flush(self) -> None:
        """Write what is waiting."""
        if self._lines:
            text = b"".join(self._lines).decode()
            self._lines.clear()
            self._stream.write(text)
            self._stream.flush()

    def _add(self, told: dict[str, Any]) -> None:
        told["at"] = datetime.fromtimestamp(told["at"], UTC)
        self._lines.append(msgspec.json.encode(told) + b"\n")
        if len(self._lines) >= _LINES_MAX:
            self.flush()
