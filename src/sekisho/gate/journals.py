"""Where a gate keeps its journal: a file (SQLite) or a database (PostgreSQL), by one setting."""

from __future__ import annotations

from pathlib import Path

from sekisho.gate.journal import Journal, SqliteJournal
from sekisho.gate.journal_postgres import PostgresJournal


def open_journal(where: Path | str) -> Journal:
    """A path is an SQLite file; ``postgresql://…`` a database, with ``#NAME`` at its end for another schema than sekisho_gate."""
    text = str(where)
    if not text.startswith(("postgresql://", "postgres://")):
        return SqliteJournal(where)
    address, _, schema = text.partition("#")
    return PostgresJournal(address, schema or "sekisho_gate")
