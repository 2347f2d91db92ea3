"""The archive of intelligence: every object received or shared, when, from or to whom, how marked, and why another was not kept.

One SQLite file (WAL, every commit on disk). A page of objects and the position up to which the collection was read are one
transaction: after a crash the next pull reads on from there, and an object that comes twice is one object.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sekisho.records import RecordsError

RECEIVED, SHARED = "received", "shared"
SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS object (
  id TEXT NOT NULL, version TEXT NOT NULL, direction TEXT NOT NULL, organisation TEXT NOT NULL, type TEXT NOT NULL,
  marking TEXT NOT NULL, exchanged_at TEXT NOT NULL, sha256 TEXT NOT NULL, body TEXT,
  PRIMARY KEY (id, version, direction, organisation)
) STRICT;
CREATE TABLE IF NOT EXISTS refused (
  id TEXT NOT NULL, version TEXT NOT NULL, organisation TEXT NOT NULL, exchanged_at TEXT NOT NULL, why TEXT NOT NULL,
  PRIMARY KEY (id, version, organisation)
) STRICT;
CREATE TABLE IF NOT EXISTS note (
  note_id TEXT PRIMARY KEY, organisation TEXT NOT NULL, direction TEXT NOT NULL, kind TEXT NOT NULL, exchanged_at TEXT NOT NULL,
  subject TEXT NOT NULL, marking TEXT, owner TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS position (collection TEXT PRIMARY KEY, added_after TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchanged:
    """One object as it was received or shared. ``body`` is None where its marking forbids keeping it."""

    id: str
    version: str
    direction: str
    organisation: str
    type: str
    marking: str
    exchanged_at: str
    sha256: str
    body: Mapping[str, Any] | None


class Archive:
    """A folder with the archive. Raises RecordsError where the file cannot be used."""

    def __init__(self, folder: Path) -> None:
        self.file = Path(folder) / "intelligence.sqlite"
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            with self._open() as connection:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.executescript(SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise RecordsError(str(self.file), f"cannot be used: {error}", "name another folder, or restore the file") from None

    def position(self, collection: str) -> str | None:
        """Up to when a collection was read; None before the first time."""
        with self._open() as connection:
            row = connection.execute("SELECT added_after FROM position WHERE collection = ?", (collection,)).fetchone()
        return row[0] if row else None

    def take_in(
        self,
        objects: Iterable[Exchanged],
        *,
        refused: Iterable[tuple[str, str, str, str, str]] = (),
        collection: str | None = None,
        added_after: str | None = None,
    ) -> int:
        """Keep objects, what was refused, and the position, all or nothing; says how many objects are new."""
        with self._open() as connection:
            before = connection.execute("SELECT count(*) FROM object").fetchone()[0]
            connection.executemany(
                "INSERT OR IGNORE INTO object VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    (o.id, o.version, o.direction, o.organisation, o.type, o.marking, o.exchanged_at, o.sha256, _text(o.body))
                    for o in objects
                ),
            )
            connection.executemany("INSERT OR IGNORE INTO refused VALUES (?, ?, ?, ?, ?)", refused)
            if collection is not None and added_after is not None:
                connection.execute("INSERT OR REPLACE INTO position VALUES (?, ?)", (collection, added_after))
            after = connection.execute("SELECT count(*) FROM object").fetchone()[0]
        return int(after - before)

    def objects(self, *, direction: str | None = None, organisation: str | None = None, latest: bool = True) -> Iterator[Exchanged]:
        """The objects, by identifier; of each only the last version unless ``latest`` is False."""
        query = (
            "SELECT * FROM object WHERE (?1 IS NULL OR direction = ?1) AND (?2 IS NULL OR organisation = ?2) ORDER BY id, version"
        )
        with self._open() as connection:
            rows = [_exchanged(row) for row in connection.execute(query, (direction, organisation))]
        if latest:
            rows = list({(row.id, row.direction, row.organisation): row for row in rows}.values())
        yield from rows

    def refused(self) -> list[dict[str, str]]:
        """What was not taken in, and why."""
        names = ("id", "version", "organisation", "exchanged_at", "why")
        with self._open() as connection:
            rows = connection.execute("SELECT * FROM refused ORDER BY exchanged_at, id").fetchall()
        return [dict(zip(names, row, strict=True)) for row in rows]

    def definitions(self) -> dict[str, Mapping[str, Any]]:
        """Every marking definition received, by identifier."""
        kept = self.objects(direction=RECEIVED)
        return {one.id: one.body for one in kept if one.type == "marking-definition" and one.body is not None}

    def note(self, row: Mapping[str, str | None]) -> None:
        """Keep what was shared or heard otherwise than as STIX: at a meeting, on the telephone, in a report."""
        names = ("note_id", "organisation", "direction", "kind", "exchanged_at", "subject", "marking", "owner")
        with self._open() as connection:
            connection.execute("INSERT INTO note VALUES (?, ?, ?, ?, ?, ?, ?, ?)", tuple(row[name] for name in names))

    def notes(self) -> list[dict[str, str]]:
        """What was kept otherwise than as STIX."""
        names = ("note_id", "organisation", "direction", "kind", "exchanged_at", "subject", "marking", "owner")
        with self._open() as connection:
            rows = connection.execute("SELECT * FROM note ORDER BY exchanged_at, note_id").fetchall()
        return [dict(zip(names, row, strict=True)) for row in rows]

    def secret(self, fresh: bytes) -> bytes:
        """The firm's own key for identifiers nobody else can compute; ``fresh`` becomes the key the first time."""
        with self._open() as connection:
            connection.execute("INSERT OR IGNORE INTO setting VALUES ('secret', ?)", (fresh.hex(),))
            row = connection.execute("SELECT value FROM setting WHERE name = 'secret'").fetchone()
        self.file.chmod(0o600)
        return bytes.fromhex(row[0])

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.file, timeout=30)) as connection:
            connection.execute("PRAGMA synchronous = FULL")
            with connection:
                yield connection


def canonical(given: Mapping[str, Any]) -> str:
    """An object as one line of JSON that is the same for the same content."""
    return json.dumps(given, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def exchanged(
    given: Mapping[str, Any], *, direction: str, organisation: str, marking: str, at: datetime, keep: bool = True
) -> Exchanged:
    """An object with what is kept about it; where it must not be kept, its hash still says which one it was."""
    text = canonical(given)
    version = given.get("modified") or given.get("created") or hashlib.sha256(text.encode()).hexdigest()[:16]
    return Exchanged(
        id=str(given["id"]),
        version=str(version),
        direction=direction,
        organisation=organisation,
        type=str(given["type"]),
        marking=marking,
        exchanged_at=at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        body=given if keep else None,
    )


def fresh_secret() -> bytes:
    """Thirty-two random bytes, for the first use of an archive."""
    return os.urandom(32)


def _text(body: Mapping[str, Any] | None) -> str | None:
    return None if body is None else canonical(body)


def _exchanged(row: tuple[Any, ...]) -> Exchanged:
    *told, body = row
    names = ("id", "version", "direction", "organisation", "type", "marking", "exchanged_at", "sha256")
    return Exchanged(**dict(zip(names, told, strict=True)), body=None if body is None else json.loads(body))
