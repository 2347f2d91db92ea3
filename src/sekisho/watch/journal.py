"""The watch's journal: what has been taken in, up to where, and what has been told. After a crash it says where to go on.

One SQLite file (WAL, every commit on disk). A part is on disk before its line is committed, and the line carries the positions
of its sources, so a part without a line was never taken in and its source is read again: nothing is lost, nothing taken twice.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Final

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS part (
  name TEXT PRIMARY KEY, table_name TEXT NOT NULL, rows INTEGER NOT NULL, first_at INTEGER, last_at INTEGER
) STRICT;
CREATE TABLE IF NOT EXISTS position (source TEXT PRIMARY KEY, offset INTEGER NOT NULL, rows INTEGER NOT NULL, header TEXT) STRICT;
CREATE TABLE IF NOT EXISTS alert (
  alert_id INTEGER PRIMARY KEY, rule TEXT NOT NULL, state TEXT NOT NULL, finding TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS told (
  number INTEGER PRIMARY KEY, alert_id INTEGER NOT NULL, state TEXT NOT NULL, told_at TEXT NOT NULL, events INTEGER NOT NULL,
  finding TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
"""


@dataclass(frozen=True, slots=True)
class Part:
    """One Parquet file taken in; times are microseconds since 1970, None for a table without events."""

    name: str
    table: str
    rows: int
    first_at: int | None = None
    last_at: int | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """Up to where a source has been taken in: bytes of a file, or the next offset of a Kafka partition."""

    offset: int
    rows: int = 0
    header: str | None = None


@dataclass(frozen=True, slots=True)
class Telling:
    """One line that has been told: an alert was raised, changed, or withdrawn. ``finding`` is JSON."""

    number: int
    alert_id: int
    state: str
    told_at: str
    events: int
    finding: str


class Journal:
    """The journal of one watch folder. One process at a time may hold it; its threads may share it."""

    def __init__(self, file: Path) -> None:
        self._db = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.executescript(SCHEMA)
        self._lock = Lock()

    def close(self) -> None:
        """Finish; everything committed is on disk already."""
        self._db.close()

    # --- what has been taken in

    def parts(self) -> list[Part]:
        """The parts, in the order they came."""
        with self._lock:
            rows = self._db.execute("SELECT name, table_name, rows, first_at, last_at FROM part ORDER BY rowid").fetchall()
        return [Part(*row) for row in rows]

    def positions(self) -> dict[str, Position]:
        """Where each source stands."""
        with self._lock:
            rows = self._db.execute("SELECT source, offset, rows, header FROM position").fetchall()
        return {source: Position(offset, count, header) for source, offset, count, header in rows}

    def take(self, parts: Iterable[Part], positions: Mapping[str, Position], instead_of: Iterable[str] = ()) -> None:
        """Commit parts and positions together; ``instead_of`` names parts they replace."""
        with self._lock, closing(self._db.cursor()) as cursor:
            cursor.execute("BEGIN IMMEDIATE")
            cursor.executemany("DELETE FROM part WHERE name = ?", [(name,) for name in instead_of])
            cursor.executemany(
                "INSERT INTO part VALUES (?, ?, ?, ?, ?)", [(p.name, p.table, p.rows, p.first_at, p.last_at) for p in parts]
            )
            cursor.executemany(
                "INSERT OR REPLACE INTO position VALUES (?, ?, ?, ?)",
                [(source, at.offset, at.rows, at.header) for source, at in positions.items()],
            )
            cursor.execute("COMMIT")

    def setting(self, name: str, value: str) -> str:
        """What was set under this name when the watch first ran; sets it now where nothing was."""
        with self._lock:
            self._db.execute("INSERT OR IGNORE INTO setting VALUES (?, ?)", (name, value))
            kept: str = self._db.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()[0]
            return kept

    # --- what has been told

    def alerts(self) -> list[tuple[int, str, str, str]]:
        """Alert id, rule, state and the finding as it was last told, in order."""
        with self._lock:
            return list(self._db.execute("SELECT alert_id, rule, state, finding FROM alert ORDER BY alert_id"))

    def tell(self, tellings: Iterable[tuple[int, str, str, str, str, int]]) -> None:
        """Commit what is told now: (alert id, rule, state, finding, told at, events taken in); alert and line together."""
        with self._lock, closing(self._db.cursor()) as cursor:
            cursor.execute("BEGIN IMMEDIATE")
            for alert_id, rule, state, finding, told_at, events in tellings:
                cursor.execute("INSERT OR REPLACE INTO alert VALUES (?, ?, ?, ?)", (alert_id, rule, state, finding))
                cursor.execute(
                    "INSERT INTO told (alert_id, state, told_at, events, finding) VALUES (?, ?, ?, ?, ?)",
                    (alert_id, state, told_at, events, finding),
                )
            cursor.execute("COMMIT")

    def told(self, after: int = 0) -> list[Telling]:
        """The lines told after a number."""
        asked = "SELECT number, alert_id, state, told_at, events, finding FROM told WHERE number > ? ORDER BY number"
        with self._lock:
            rows = self._db.execute(asked, (after,)).fetchall()
        return [Telling(*row) for row in rows]

    def last_told(self) -> int:
        """The number of the last line told; 0 before the first."""
        with self._lock:
            number = self._db.execute("SELECT max(number) FROM told").fetchone()[0]
        return int(number or 0)
