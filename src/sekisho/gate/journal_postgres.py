"""The gate's journal in PostgreSQL: several gate processes, on one machine or many, share one history and agree on every limit.

A turn holds one advisory lock, so turns follow one another; each sees what all others have committed before it decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from threading import Lock
from typing import Any, Final, LiteralString, cast

import psycopg
from psycopg import sql

from sekisho.gate.entries import FIRST_CHECK, CaseRecord, Entry
from sekisho.gate.journal import PORTION, Asked, Turn
from sekisho.gate.messages import GateDown

SCHEMA: Final[LiteralString] = """
CREATE TABLE IF NOT EXISTS entry (
  number BIGINT PRIMARY KEY, kind TEXT NOT NULL, request_id TEXT, body BYTEA NOT NULL, checked BYTEA NOT NULL
);
CREATE INDEX IF NOT EXISTS entry_of_request ON entry (request_id, number) WHERE request_id IS NOT NULL;
CREATE TABLE IF NOT EXISTS asked (key TEXT PRIMARY KEY, number BIGINT NOT NULL, body_hash BYTEA NOT NULL);
CREATE TABLE IF NOT EXISTS gate_case (
  case_id TEXT PRIMARY KEY, request_id TEXT NOT NULL, opened_at TEXT NOT NULL, number BIGINT NOT NULL, body BYTEA NOT NULL
);
CREATE TABLE IF NOT EXISTS used_token (name TEXT PRIMARY KEY, until DOUBLE PRECISION NOT NULL);
"""
_ENTRY: Final[LiteralString] = "SELECT number, kind, request_id, body, checked FROM entry"


class PostgresJournal:
    """The journal in one schema of a PostgreSQL database; ``address`` is a libpq connection string or URL."""

    AT_HAND = False
    ERRORS: tuple[type[Exception], ...] = (psycopg.Error,)

    def __init__(self, address: str, schema: str = "sekisho_gate") -> None:
        self.address, self.schema = address, schema
        self._writing, self._reading = Lock(), Lock()
        self._writer: psycopg.Connection[Any] | None = None
        self._reader: psycopg.Connection[Any] | None = None
        self._open_writer()

    def _connect(self) -> psycopg.Connection[Any]:
        connection = psycopg.connect(self.address, autocommit=True, connect_timeout=5)
        connection.execute(sql.SQL("SET search_path TO {}").format(sql.Identifier(self.schema)))
        connection.execute("SET synchronous_commit = on")
        return connection

    def _open_writer(self) -> psycopg.Connection[Any]:
        if self._writer is None:
            writer = self._connect()
            if cast(Any, writer.execute("SHOW fsync").fetchone())[0] != "on":
                writer.close()
                raise GateDown("the PostgreSQL server runs with fsync off: what it commits may be lost; set fsync = on")
            with writer.transaction():
                writer.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 1))", (self.schema,))
                writer.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(self.schema)))
                writer.execute(SCHEMA)
            self._writer = writer
        return self._writer

    def reconnect(self) -> None:
        """Let go of the connections; the next turn opens new ones."""
        with self._writing, self._reading:
            for connection in (self._writer, self._reader):
                if connection is not None:
                    with suppress(psycopg.Error):
                        connection.close()
            self._writer = self._reader = None

    close = reconnect

    @contextmanager
    def turn(self) -> Iterator[Turn]:
        """A transaction; other gate processes wait for their turn, readers do not."""
        with self._writing:
            writer = self._open_writer()
            with writer.transaction():
                writer.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (self.schema,))
                yield _PostgresTurn(writer)

    @contextmanager
    def _read(self) -> Iterator[_PostgresTurn]:
        with self._reading:
            if self._reader is None or self._reader.broken or self._reader.closed:
                self._reader = self._connect()
            yield _PostgresTurn(self._reader)

    def entry(self, number: int) -> Entry | None:
        """One entry; None where there is none."""
        with self._read() as reading:
            return reading.entry(number)

    def of_request(self, request_id: str) -> Sequence[Entry]:
        """Every entry about a request, in order."""
        with self._read() as reading:
            return reading.of_request(request_id)

    def after(self, number: int) -> Iterator[Entry]:
        """The entries after a number, read in portions."""
        while True:
            with self._read() as reading:
                rows = reading.db.execute(f"{_ENTRY} WHERE number > %s ORDER BY number LIMIT %s", (number, PORTION)).fetchall()
            yield from (Entry(*row) for row in rows)
            if len(rows) < PORTION:
                return
            number = rows[-1][0]

    def use_once(self, name: str, until: float, now: float) -> bool:
        """Note that something was used; False where it was noted before and its time is not over."""
        with self._read() as reading:
            reading.db.execute("DELETE FROM used_token WHERE until <= %s", (now,))
            noted = reading.db.execute("INSERT INTO used_token VALUES (%s, %s) ON CONFLICT DO NOTHING", (name, until))
            return noted.rowcount == 1

    def cases(self, case_id: str | None = None) -> Sequence[CaseRecord]:
        """The case records, or the one of that id, in the order they were opened."""
        with self._read() as reading:
            rows = reading.db.execute(
                "SELECT case_id, request_id, opened_at, number, body FROM gate_case "
                "WHERE %s::text IS NULL OR case_id = %s ORDER BY number",
                (case_id, case_id),
            )
            return [CaseRecord(*row) for row in rows]


class _PostgresTurn:
    def __init__(self, db: psycopg.Connection[Any]) -> None:
        self.db = db

    def last(self) -> tuple[int, bytes]:
        row = self.db.execute("SELECT number, checked FROM entry ORDER BY number DESC LIMIT 1").fetchone()
        return (0, FIRST_CHECK) if row is None else (row[0], row[1])

    def after(self, number: int) -> Iterator[Entry]:
        return (Entry(*row) for row in self.db.execute(f"{_ENTRY} WHERE number > %s ORDER BY number", (number,)))

    def entry(self, number: int) -> Entry | None:
        row = self.db.execute(f"{_ENTRY} WHERE number = %s", (number,)).fetchone()
        return None if row is None else Entry(*row)

    def of_request(self, request_id: str) -> Sequence[Entry]:
        return [Entry(*row) for row in self.db.execute(f"{_ENTRY} WHERE request_id = %s ORDER BY number", (request_id,))]

    def asked(self, keys: Sequence[str]) -> Mapping[str, Asked]:
        rows = self.db.execute("SELECT key, number, body_hash FROM asked WHERE key = ANY(%s)", (list(keys),))
        return {row[0]: Asked(*row) for row in rows}

    def append(self, entries: Iterable[Entry], asked: Iterable[Asked], cases: Iterable[CaseRecord]) -> None:
        with self.db.cursor() as cursor:
            for table, rows in (("entry", entries), ("asked", asked), ("gate_case", cases)):
                if told := list(rows):
                    with cursor.copy(sql.SQL("COPY {} FROM STDIN (FORMAT BINARY)").format(sql.Identifier(table))) as copy:
                        copy.set_types(_TYPES[table])
                        for row in told:
                            copy.write_row(row)


_TYPES: Final[Mapping[str, Sequence[str]]] = {
    "entry": ("int8", "text", "text", "bytea", "bytea"),
    "asked": ("text", "int8", "bytea"),
    "gate_case": ("text", "text", "text", "int8", "bytea"),
}
