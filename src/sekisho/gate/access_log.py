"""Who read which personal data, when and why: a log that only grows, in which every line seals the one before.

A line is on disk before the data leaves. Each carries the SHA-256 over the line before and itself, so that a line changed, taken
out or put in shows; the newest seal also stands in the gate's ordinary log, so that lines cut off at the end show too.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any, Final, LiteralString, NamedTuple, Protocol

import msgspec
import psycopg
from psycopg import sql

FIRST_SEAL: Final = "0" * 64

_SQLITE: Final = """
CREATE TABLE IF NOT EXISTS gate_access (number INTEGER PRIMARY KEY, line TEXT NOT NULL, seal TEXT NOT NULL) STRICT;
CREATE TRIGGER IF NOT EXISTS gate_access_kept BEFORE UPDATE ON gate_access
  BEGIN SELECT RAISE(ABORT, 'the access log only grows'); END;
CREATE TRIGGER IF NOT EXISTS gate_access_stays BEFORE DELETE ON gate_access
  BEGIN SELECT RAISE(ABORT, 'the access log only grows'); END;
"""
_POSTGRES: Final[LiteralString] = """
CREATE TABLE IF NOT EXISTS gate_access (number BIGINT PRIMARY KEY, line TEXT NOT NULL, seal TEXT NOT NULL);
CREATE OR REPLACE FUNCTION gate_access_only_grows() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN RAISE EXCEPTION 'the access log only grows'; END $$;
CREATE OR REPLACE TRIGGER gate_access_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON gate_access
  FOR EACH STATEMENT EXECUTE FUNCTION gate_access_only_grows();
"""


class AccessLogDown(Exception):  # noqa: N818 - says what is the matter
    """The access log cannot be written; then no personal data leaves."""


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """One read of personal data: who (party and key), when (UTC), what, why, in which request, and what came of it."""

    at: datetime
    party_id: str
    key_id: str
    roles: tuple[str, ...]
    what: str
    subject: str
    reason: str
    request_id: str
    outcome: str


class Sealed(NamedTuple):
    """A line as it is kept: its number, its text, and the seal over the seal before, the number and the text."""

    number: int
    line: str
    seal: str

    @property
    def access(self) -> Access:
        """What the line says."""
        return msgspec.json.decode(self.line, type=Access)


class AccessLog(Protocol):
    """Where reads are kept."""

    def write(self, access: Access) -> Sealed:
        """Append a line; it is on disk when this returns. Raises AccessLogDown."""
        ...

    def lines(self, after: int = 0, limit: int = 1000) -> Sequence[Sealed]:
        """Lines after a number, in order."""
        ...

    def close(self) -> None:
        """Finish."""
        ...


def seal_of(before: str, number: int, line: str) -> str:
    """The seal of a line that follows the seal ``before``."""
    return hashlib.sha256(f"{before}\n{number}\n{line}".encode()).hexdigest()


def broken_at(log: AccessLog, newest: str | None = None) -> int | None:
    """The number of the first line whose seal does not hold, or one past the end where ``newest`` is not among the seals."""
    before, number, met = FIRST_SEAL, 0, newest is None or newest == FIRST_SEAL
    while lines := log.lines(after=number):
        for each in lines:
            if each.number != number + 1 or each.seal != seal_of(before, each.number, each.line):
                return number + 1
            before, number = each.seal, each.number
            met = met or before == newest
    return None if met else number + 1


class SqliteAccessLog:
    """The access log as one SQLite file; processes of one machine may share it."""

    def __init__(self, file: Path | str) -> None:
        self._lock = Lock()
        try:
            self._db = sqlite3.connect(file, isolation_level=None, check_same_thread=False, timeout=10)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.executescript(_SQLITE)
        except sqlite3.Error as error:
            raise AccessLogDown(f"{file}: {error}") from None

    def write(self, access: Access) -> Sealed:
        """Append a line, on disk when this returns."""
        try:
            with self._lock, self._turn():
                last = self._db.execute("SELECT number, seal FROM gate_access ORDER BY number DESC LIMIT 1").fetchone()
                sealed = _next(last, access)
                self._db.execute("INSERT INTO gate_access VALUES (?, ?, ?)", sealed)
        except sqlite3.Error as error:
            raise AccessLogDown(str(error)) from None
        return sealed

    def lines(self, after: int = 0, limit: int = 1000) -> Sequence[Sealed]:
        """Lines after a number, in order."""
        with self._lock:
            rows = self._db.execute("SELECT * FROM gate_access WHERE number > ? ORDER BY number LIMIT ?", (after, limit)).fetchall()
        return [Sealed(*row) for row in rows]

    def close(self) -> None:
        """Finish; every line is on disk already."""
        with self._lock:
            self._db.close()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise


class PostgresAccessLog:
    """The access log as a table of PostgreSQL; several gates write one after another into the same chain.

    ``address`` is that of the journal: a libpq URL, with ``#NAME`` at its end for another schema than sekisho_gate.
    """

    _LOCK: Final = 7_317_204_551

    def __init__(self, address: str) -> None:
        self._address, _, schema = address.partition("#")
        self._schema = schema or "sekisho_gate"
        self._lock = Lock()
        self._db: psycopg.Connection[Any] | None = None
        with self._lock:
            try:
                db = self._connected()
                with db.transaction():
                    db.execute("SELECT pg_advisory_xact_lock(%s)", (self._LOCK,))
                    db.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(self._schema)))
                    db.execute(_POSTGRES)
            except psycopg.Error as error:
                raise AccessLogDown(type(error).__name__) from None

    def write(self, access: Access) -> Sealed:
        """Append a line, on disk when this returns."""
        with self._lock:
            try:
                db = self._connected()
                with db.transaction():
                    db.execute("SELECT pg_advisory_xact_lock(%s)", (self._LOCK,))
                    last = db.execute("SELECT number, seal FROM gate_access ORDER BY number DESC LIMIT 1").fetchone()
                    sealed = _next(last, access)
                    db.execute("INSERT INTO gate_access VALUES (%s, %s, %s)", sealed)
            except psycopg.Error as error:
                self._db = None
                raise AccessLogDown(type(error).__name__) from None
        return sealed

    def lines(self, after: int = 0, limit: int = 1000) -> Sequence[Sealed]:
        """Lines after a number, in order."""
        asked: LiteralString = "SELECT number, line, seal FROM gate_access WHERE number > %s ORDER BY number LIMIT %s"
        with self._lock:
            try:
                rows = self._connected().execute(asked, (after, limit)).fetchall()
            except psycopg.Error as error:
                self._db = None
                raise AccessLogDown(type(error).__name__) from None
        return [Sealed(*row) for row in rows]

    def close(self) -> None:
        """Finish."""
        with self._lock:
            if self._db is not None:
                self._db.close()

    def _connected(self) -> psycopg.Connection[Any]:
        if self._db is None or self._db.closed:
            self._db = psycopg.connect(self._address, autocommit=True, connect_timeout=5)
            self._db.execute(sql.SQL("SET search_path TO {}").format(sql.Identifier(self._schema)))
            self._db.execute("SET synchronous_commit = on")
        return self._db


def _next(last: tuple[int, str] | None, access: Access) -> Sealed:
    number, before = last or (0, FIRST_SEAL)
    line = msgspec.json.encode(access, order="deterministic").decode()
    return Sealed(number + 1, line, seal_of(before, number + 1, line))
