"""Where notices are kept: each step once, its content sealed, in SQLite that survives a crash at any moment.

What stands in clear is what work needs: ids, states, times, asset, amount, the other operator. Names, addresses and numbers of
people stand in sealed content alone, and who opens it is written down.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sekisho.travel_rule.trp.vault import Sealed, Vault

SENT, RECEIVED = "sent", "received"
INQUIRY, APPROVED, REJECTED, CONFIRMED, CANCELLED = "inquiry", "approved", "rejected", "confirmed", "cancelled"
STATES = ("pending", APPROVED, REJECTED, CONFIRMED, CANCELLED)
_SCHEMA = """
CREATE TABLE IF NOT EXISTS notice (
    side TEXT NOT NULL CHECK (side IN ('sent', 'received')),
    peer TEXT NOT NULL,
    request_id TEXT NOT NULL,
    token TEXT NOT NULL UNIQUE,
    vasp_id TEXT,
    asset TEXT NOT NULL,
    amount TEXT NOT NULL,
    role TEXT NOT NULL,
    transfer_id TEXT,
    txid TEXT,
    state TEXT NOT NULL,
    callback TEXT,
    PRIMARY KEY (side, peer, request_id)
) STRICT;
CREATE TABLE IF NOT EXISTS step (
    side TEXT NOT NULL,
    peer TEXT NOT NULL,
    request_id TEXT NOT NULL,
    step TEXT NOT NULL,
    occurred_at TEXT NOT NULL,
    key_id TEXT NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (side, peer, request_id, step)
) STRICT;
CREATE TABLE IF NOT EXISTS address (
    token TEXT PRIMARY KEY,
    created_at TEXT NOT NULL,
    key_id TEXT NOT NULL,
    content BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS reading (
    read_at TEXT NOT NULL,
    reader TEXT NOT NULL,
    side TEXT NOT NULL,
    peer TEXT NOT NULL,
    request_id TEXT NOT NULL
) STRICT;
"""


class StoreError(Exception):
    """A notice is not there, or not in the state for what was asked: which, and what to do."""


class ConflictError(StoreError):
    """The same request came again with another content."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One notice in clear; ``callback`` is where the next message to the other side goes."""

    side: str
    peer: str
    request_id: str
    token: str
    asset: str
    amount: str
    state: str = "pending"
    role: str = "for_customer"
    vasp_id: str | None = None
    transfer_id: str | None = None
    txid: str | None = None
    callback: str | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        """What names it."""
        return self.side, self.peer, self.request_id

    @property
    def notice_id(self) -> str:
        """Its id in the records."""
        return f"{self.side}:{self.peer}:{self.request_id}"


class Store:
    """Notices in a SQLite file, opened by several processes at once if need be."""

    def __init__(self, file: Path, vault: Vault) -> None:
        self._vault = vault
        self._file = file
        with self._transaction() as connection:
            connection.executescript(_SCHEMA)

    def begin(self, notice: Notice, content: bytes, at: datetime) -> tuple[Notice, bool]:
        """Enter a notice with its inquiry. Again with the same content, the one entered and False. Raises ConflictError."""
        with self._transaction() as connection:
            known = self._find(connection, notice.key)
            if known is not None:
                if self._content(connection, notice.key, INQUIRY) != content:
                    raise ConflictError(f"request {notice.request_id} came before with another content")
                return known, False
            columns = Notice.__dataclass_fields__
            marks = ", ".join("?" for _ in columns)
            values = [getattr(notice, name) for name in columns]
            connection.execute(f"INSERT INTO notice ({', '.join(columns)}) VALUES ({marks})", values)
            self._add(connection, notice.key, INQUIRY, content, at)
        return notice, True

    def advance(self, notice: Notice, step: str, content: bytes, at: datetime, **changes: str | None) -> bool:
        """Enter the next step of a notice and what changes with it; False where it was entered before with the same content.

        Raises ConflictError for the same step with another content, StoreError for a step that its state does not allow.
        """
        with self._transaction() as connection:
            known = self._content(connection, notice.key, step)
            if known is not None:
                if known != content:
                    raise ConflictError(f"request {notice.request_id}: {step} came before with another content")
                return False
            state = self.get(*notice.key, connection=connection).state
            if step not in _NEXT[state]:
                raise StoreError(f"request {notice.request_id} is {state}; {step} does not follow")
            self._add(connection, notice.key, step, content, at)
            changed = {"state": step, **changes}
            assigned = ", ".join(f"{name} = ?" for name in changed)
            connection.execute(
                f"UPDATE notice SET {assigned} WHERE side = ? AND peer = ? AND request_id = ?",
                [*changed.values(), *notice.key],
            )
        return True

    def get(self, side: str, peer: str, request_id: str, *, connection: sqlite3.Connection | None = None) -> Notice:
        """One notice; raises StoreError where there is none."""
        if connection is not None:
            found = self._find(connection, (side, peer, request_id))
        else:
            with self._transaction() as own:
                found = self._find(own, (side, peer, request_id))
        if found is None:
            raise StoreError(f"no notice {side} with request {request_id} and {peer}")
        return found

    def by_token(self, token: str) -> Notice | None:
        """The notice whose callback has this token."""
        with self._transaction() as connection:
            row = connection.execute("SELECT * FROM notice WHERE token = ?", (token,)).fetchone()
        return None if row is None else Notice(**dict(row))

    def notices(self, request_id: str | None = None) -> list[Notice]:
        """All notices, or those of one request, in order of their inquiries."""
        query = (
            "SELECT notice.* FROM notice JOIN step USING (side, peer, request_id) WHERE step.step = 'inquiry' "
            "AND (? IS NULL OR request_id = ?) ORDER BY occurred_at, side, peer, request_id"
        )
        with self._transaction() as connection:
            return [Notice(**dict(row)) for row in connection.execute(query, (request_id, request_id))]

    def steps(self, notice: Notice) -> list[tuple[str, datetime]]:
        """The steps of a notice and when they happened (UTC), oldest first."""
        query = "SELECT step, occurred_at FROM step WHERE side = ? AND peer = ? AND request_id = ? ORDER BY occurred_at, rowid"
        with self._transaction() as connection:
            return [(row["step"], datetime.fromisoformat(row["occurred_at"])) for row in connection.execute(query, notice.key)]

    def content(self, notice: Notice, step: str) -> bytes | None:
        """The content of a step, for the machine's own use; None where there is no such step."""
        with self._transaction() as connection:
            return self._content(connection, notice.key, step)

    def read(self, notice: Notice, step: str, reader: str, at: datetime) -> bytes | None:
        """The content of a step for a person; that it was read is written down first."""
        with self._transaction() as connection:
            connection.execute("INSERT INTO reading VALUES (?, ?, ?, ?, ?)", (_written(at), reader, *notice.key))
        return self.content(notice, step)

    def readings(self) -> list[dict[str, str]]:
        """Who read what, oldest first."""
        with self._transaction() as connection:
            return [dict(row) for row in connection.execute("SELECT * FROM reading ORDER BY rowid")]

    def match(self, notice: Notice, transfer_id: str) -> None:
        """Say which of the firm's transfers a notice is about."""
        with self._transaction() as connection:
            connection.execute(
                "UPDATE notice SET transfer_id = ? WHERE side = ? AND peer = ? AND request_id = ?", (transfer_id, *notice.key)
            )

    def add_address(self, token: str, content: bytes, at: datetime) -> None:
        """Keep to which customer and payment address a travel address leads."""
        sealed = self._vault.seal(content, f"address|{token}")
        with self._transaction() as connection:
            connection.execute("INSERT INTO address VALUES (?, ?, ?, ?)", (token, _written(at), *sealed))

    def address(self, token: str) -> bytes | None:
        """What a travel address leads to; None where it is not known."""
        with self._transaction() as connection:
            row = connection.execute("SELECT key_id, content FROM address WHERE token = ?", (token,)).fetchone()
        return None if row is None else self._vault.open(Sealed(row["key_id"], row["content"]), f"address|{token}")

    def reseal(self) -> int:
        """Seal everything anew under the last key; how much was sealed under an older one."""
        changed = 0
        with self._transaction() as connection:
            for row in connection.execute("SELECT rowid, * FROM step WHERE key_id <> ?", (self._vault.key_id,)).fetchall():
                place = _place((row["side"], row["peer"], row["request_id"]), row["step"])
                sealed = self._vault.seal(self._vault.open(Sealed(row["key_id"], row["content"]), place), place)
                connection.execute("UPDATE step SET key_id = ?, content = ? WHERE rowid = ?", (*sealed, row["rowid"]))
                changed += 1
            for row in connection.execute("SELECT * FROM address WHERE key_id <> ?", (self._vault.key_id,)).fetchall():
                place = f"address|{row['token']}"
                sealed = self._vault.seal(self._vault.open(Sealed(row["key_id"], row["content"]), place), place)
                connection.execute("UPDATE address SET key_id = ?, content = ? WHERE token = ?", (*sealed, row["token"]))
                changed += 1
        return changed

    def _add(self, connection: sqlite3.Connection, key: tuple[str, str, str], step: str, content: bytes, at: datetime) -> None:
        sealed = self._vault.seal(content, _place(key, step))
        connection.execute("INSERT INTO step VALUES (?, ?, ?, ?, ?, ?, ?)", (*key, step, _written(at), *sealed))

    def _content(self, connection: sqlite3.Connection, key: tuple[str, str, str], step: str) -> bytes | None:
        query = "SELECT key_id, content FROM step WHERE side = ? AND peer = ? AND request_id = ? AND step = ?"
        row = connection.execute(query, (*key, step)).fetchone()
        return None if row is None else self._vault.open(Sealed(row["key_id"], row["content"]), _place(key, step))

    def _find(self, connection: sqlite3.Connection, key: tuple[str, str, str]) -> Notice | None:
        row = connection.execute("SELECT * FROM notice WHERE side = ? AND peer = ? AND request_id = ?", key).fetchone()
        return None if row is None else Notice(**dict(row))

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """One connection for one transaction: whole or not at all, on disk when it returns."""
        connection = sqlite3.connect(self._file, timeout=30, isolation_level=None)
        try:
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            if connection.in_transaction:
                connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        finally:
            connection.close()


_NEXT: dict[str, tuple[str, ...]] = {
    "pending": (APPROVED, REJECTED, CANCELLED),
    APPROVED: (CONFIRMED, CANCELLED),
    REJECTED: (),
    CONFIRMED: (),
    CANCELLED: (),
}
"""Which steps may follow in which state."""


def _place(key: tuple[str, str, str], step: str) -> str:
    return "|".join((*key, step))


def _written(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
