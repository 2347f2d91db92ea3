"""The gate's journal: an answer leaves only after its entry is on disk, and after a crash everything answered is still there.

A *turn* is one transaction: it sees what other gate processes wrote since, and what it appends is durable as a whole or not at all.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import Final, NamedTuple, Protocol

from sekisho.gate.entries import FIRST_CHECK, CaseRecord, Entry
from sekisho.gate.messages import GateDown

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS entry (
  number INTEGER PRIMARY KEY, kind TEXT NOT NULL, request_id TEXT, body BLOB NOT NULL, checked BLOB NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS entry_of_request ON entry (request_id, number) WHERE request_id IS NOT NULL;
CREATE TABLE IF NOT EXISTS asked (key TEXT PRIMARY KEY, number INTEGER NOT NULL, body_hash BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS gate_case (
  case_id TEXT PRIMARY KEY, request_id TEXT NOT NULL, opened_at TEXT NOT NULL, number INTEGER NOT NULL, body BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS used_token (name TEXT PRIMARY KEY, until REAL NOT NULL) STRICT, WITHOUT ROWID;
"""


class Asked(NamedTuple):
    """A key under which something was asked: the entry that answered it, and the hash of what was asked."""

    key: str
    number: int
    body_hash: bytes


class Turn(Protocol):
    """One transaction on the journal; nobody else writes while it lasts."""

    def last(self) -> tuple[int, bytes]:
        """Number and check of the last entry; 0 and zeros before the first."""
        ...

    def after(self, number: int) -> Iterator[Entry]:
        """The entries after a number, in order."""
        ...

    def asked(self, keys: Sequence[str]) -> Mapping[str, Asked]:
        """Those of the keys that are known."""
        ...

    def entry(self, number: int) -> Entry | None:
        """One entry; None where there is none."""
        ...

    def of_request(self, request_id: str) -> Sequence[Entry]:
        """Every entry about a request, in order."""
        ...

    def append(self, entries: Iterable[Entry], asked: Iterable[Asked], cases: Iterable[CaseRecord]) -> None:
        """Write entries, the keys they answer and the cases they open."""
        ...


class Journal(Protocol):
    """Where decisions are kept. Raises OSError, or the store's own errors (``ERRORS``), when it cannot write or read."""

    ERRORS: tuple[type[Exception], ...]
    AT_HAND: bool
    """Whether a turn takes no longer than this machine's disk, so that whoever asks may as well take it himself."""

    def turn(self) -> AbstractContextManager[Turn]:
        """A transaction: committed and on disk when the block ends, undone when it raises."""
        ...

    def entry(self, number: int) -> Entry | None:
        """One entry; None where there is none."""
        ...

    def of_request(self, request_id: str) -> Sequence[Entry]:
        """Every entry about a request, in order."""
        ...

    def after(self, number: int) -> Iterator[Entry]:
        """The entries after a number, in order."""
        ...

    def cases(self, case_id: str | None = None) -> Sequence[CaseRecord]:
        """The case records, or the one of that id, in the order they were opened."""
        ...

    def use_once(self, name: str, until: float, now: float) -> bool:
        """Note that something was used; False where any process has noted it before and its time is not over."""
        ...

    def reconnect(self) -> None:
        """Let go of what broke and open the store anew."""
        ...

    def close(self) -> None:
        """Finish; everything committed is on disk already."""
        ...


_CASE: Final = "SELECT case_id, request_id, opened_at, number, body FROM gate_case"
PORTION: Final = 10_000
_LOG_PAGES: Final = 4_000
"""So many pages (of 4 KiB) are gathered in the log before they are put into the file: each page is then written there once."""
_ENTRY: Final = "SELECT number, kind, request_id, body, checked FROM entry"


class SqliteJournal:
    """The journal as one SQLite file (WAL, every commit on disk); several processes of one machine may share it."""

    AT_HAND = True
    ERRORS: tuple[type[Exception], ...] = (sqlite3.Error,)

    def __init__(self, file: Path | str) -> None:
        self.file = file
        self._writing, self._reading = Lock(), Lock()
        self._open()

    def _open(self) -> None:
        self._writer = _connect(self.file)
        self._writer.execute("PRAGMA journal_mode = WAL")
        self._writer.execute("PRAGMA synchronous = FULL")
        self._writer.execute(f"PRAGMA wal_autocheckpoint = {_LOG_PAGES}")
        self._writer.executescript(SCHEMA)
        self._reader = _SqliteTurn(_connect(self.file))
        self._seen = os.open(f"{self.file}.seen", os.O_RDWR | os.O_CREAT, 0o600)
        self._checked_seen = False

    def reconnect(self) -> None:
        """Open the file anew."""
        self.close()
        self._open()

    def close(self) -> None:
        """Finish; everything committed is on disk already."""
        with self._writing, self._reading:
            self._writer.close()
            self._reader.db.close()
            with suppress(OSError):
                os.close(self._seen)

    @contextmanager
    def turn(self) -> Iterator[Turn]:
        """A transaction; other writers wait meanwhile, readers do not."""
        with self._writing:
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                turn = _SqliteTurn(self._writer)
                self._refuse_lost(turn)
                yield turn
                self._writer.execute("COMMIT")
                self._see(turn.appended)
            except BaseException:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                raise

    def _see(self, last: Entry | None) -> None:
        """Note beside the journal how far it went: SQLite drops what a damaged tail held without a word, the note does not."""
        if last is not None:
            os.pwrite(self._seen, f"{last.number:020d} {last.check.hex()}\n".encode(), 0)
            self._checked_seen = True

    def _refuse_lost(self, turn: _SqliteTurn) -> None:
        if self._checked_seen:
            return
        noted = os.pread(self._seen, 100, 0).split()
        if len(noted) == 2 and noted[0].isdigit():
            number, check = int(noted[0]), noted[1].decode(errors="replace")
            last, _ = turn.last()
            if number > last:
                raise GateDown(
                    f"{self.file}: the journal ends at entry {last}, but entries up to {number} were answered; its tail is damaged "
                    "or it was replaced by an older copy: restore the newest copy, or remove the .seen file to accept the loss"
                )
            entry = turn.entry(number)
            if entry is not None and entry.check.hex() != check:
                raise GateDown(f"{self.file}: entry {number} is not the one that was answered; the journal was replaced")
        self._checked_seen = True

    def entry(self, number: int) -> Entry | None:
        """One entry; None where there is none."""
        with self._reading:
            return self._reader.entry(number)

    def of_request(self, request_id: str) -> Sequence[Entry]:
        """Every entry about a request, in order."""
        with self._reading:
            return self._reader.of_request(request_id)

    def after(self, number: int) -> Iterator[Entry]:
        """The entries after a number, read in portions."""
        while True:
            with self._reading:
                portion = list(islice(self._reader.after(number), PORTION))
            yield from portion
            if len(portion) < PORTION:
                return
            number = portion[-1].number

    def cases(self, case_id: str | None = None) -> Sequence[CaseRecord]:
        """The case records, or the one of that id, in the order they were opened."""
        asked = (
            "SELECT case_id, request_id, opened_at, number, body FROM gate_case WHERE ?1 IS NULL OR case_id = ?1 ORDER BY number"
        )
        with self._reading:
            return [CaseRecord(*row) for row in self._reader.db.execute(asked, (case_id,))]

    def use_once(self, name: str, until: float, now: float) -> bool:
        """Note that something was used; False where it was noted before and its time is not over."""
        with self._reading:
            db = self._reader.db
            db.execute("DELETE FROM used_token WHERE until <= ?", (now,))
            return db.execute("INSERT INTO used_token VALUES (?, ?) ON CONFLICT DO NOTHING", (name, until)).rowcount == 1


def _connect(file: Path | str) -> sqlite3.Connection:
    return sqlite3.connect(file, isolation_level=None, check_same_thread=False, timeout=10)


class _SqliteTurn:
    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db
        self.appended: Entry | None = None

    def last(self) -> tuple[int, bytes]:
        row = self.db.execute("SELECT number, checked FROM entry ORDER BY number DESC LIMIT 1").fetchone()
        return (0, FIRST_CHECK) if row is None else row

    def after(self, number: int) -> Iterator[Entry]:
        return (Entry(*row) for row in self.db.execute(f"{_ENTRY} WHERE number > ? ORDER BY number", (number,)))

    def entry(self, number: int) -> Entry | None:
        row = self.db.execute(f"{_ENTRY} WHERE number = ?", (number,)).fetchone()
        return None if row is None else Entry(*row)

    def of_request(self, request_id: str) -> Sequence[Entry]:
        return [Entry(*row) for row in self.db.execute(f"{_ENTRY} WHERE request_id = ? ORDER BY number", (request_id,))]

    def asked(self, keys: Sequence[str]) -> Mapping[str, Asked]:
        found: dict[str, Asked] = {}
        for start in range(0, len(keys), 500):
            some = keys[start : start + 500]
            marks = ",".join("?" * len(some))
            rows = self.db.execute(f"SELECT key, number, body_hash FROM asked WHERE key IN ({marks})", some)
            found.update((row[0], Asked(*row)) for row in rows)
        return found

    def append(self, entries: Iterable[Entry], asked: Iterable[Asked], cases: Iterable[CaseRecord]) -> None:
        told = list(entries)
        self.appended = told[-1] if told else None
        self.db.executemany("INSERT INTO entry VALUES (?, ?, ?, ?, ?)", told)
        self.db.executemany("INSERT INTO asked VALUES (?, ?, ?)", asked)
        self.db.executemany("INSERT INTO gate_case VALUES (?, ?, ?, ?, ?)", cases)
