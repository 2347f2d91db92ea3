"""alerts.jsonl: what has been told, one JSON object a line, in order; after a crash it goes on behind the last whole line."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

from sekisho.watch.journal import Journal, Telling


class Outbox:
    """The file others follow. The journal is the truth: what is missing here is written again from it."""

    def __init__(self, file: Path, journal: Journal) -> None:
        whole = file.read_bytes() if file.is_file() else b""
        whole = whole[: whole.rfind(b"\n") + 1]
        lines = whole.splitlines()
        written = int(json.loads(lines[-1])["number"]) if lines else 0
        self._file = file.open("r+b" if file.is_file() else "w+b")
        self._file.truncate(len(whole))
        self._file.seek(len(whole))
        self.write(journal.told(written))

    def write(self, tellings: Iterable[Telling]) -> None:
        """Append lines and wait until they are on disk."""
        told = [as_json(telling) for telling in tellings]
        if told:
            self._file.write(("\n".join(told) + "\n").encode())
            self._file.flush()
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """Finish the file."""
        self._file.close()


def as_json(telling: Telling) -> str:
    """One line: number, alert, state, when it was told and after how many events, and the finding."""
    head = {name: getattr(telling, name) for name in ("number", "alert_id", "state", "told_at", "events")}
    return json.dumps({**head, "finding": json.loads(telling.finding)}, ensure_ascii=False)
