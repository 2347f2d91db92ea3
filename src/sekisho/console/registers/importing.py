"""Taking in the registers of books: facts, who knew them, publications, and rows of the other registers."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sekisho.console.journal.acting import SYSTEM, Author, acting
from sekisho.console.registers.exporting import INSIDE
from sekisho.console.registers.kinds import KINDS
from sekisho.console.registers.law import law_at
from sekisho.console.registers.models import FROM_BOOKS, FactKnowledge, MaterialFact, Publication, RegisterRow
from sekisho.console.registers.rows import told
from sekisho.records import TABLES, Records, RecordsError, open_records


def take_in(folder: Path, at: datetime, author: Author = SYSTEM) -> dict[str, int]:
    """Take in what the books hold and the office does not, table by table; gives how many rows are new. Raises RecordsError."""
    with open_records(folder, only={*INSIDE, *KINDS}) as records, acting(author, FROM_BOOKS, at=at):
        counts = {
            "material_fact": _facts(records, author),
            "fact_knowledge": _knowledge(records, at),
            "publication": _publications(records, at),
        }
        for table in KINDS:
            counts[table] = _register(records, table, at)
    return {table: count for table, count in counts.items() if count}


def _facts(records: Records, author: Author) -> int:
    known = set(MaterialFact.objects.values_list("pk", flat=True))
    free = _freed(records)
    for row in _rows(records, "material_fact"):
        if "/" in row["fact_id"]:
            raise RecordsError("material_fact", f"fact_id {row['fact_id']!r} holds a /", "give it another id")
    rows = [
        MaterialFact(
            **{**row, "direction": row["direction"] or ""}, recorded_at=row["arose_at"],
            recorded_by="SYSTEM", free_at=free.get(row["fact_id"])
        )
        for row in _rows(records, "material_fact")
        if row["fact_id"] not in known
    ]  # fmt: skip
    with acting(author, FROM_BOOKS, effect=FROM_BOOKS):
        return _taken(MaterialFact, rows, "material_fact")


def _freed(records: Records) -> dict[str, datetime]:
    """For each fact the first moment at which a publication in the books frees it."""
    free: dict[str, datetime] = {}
    for row in _rows(records, "publication"):
        at = law_at(row["published_at"]).free_at(row["channel"], row["published_at"])
        if at is not None:
            free[row["fact_id"]] = min(at, free.get(row["fact_id"], at))
    return free


def _knowledge(records: Records, at: datetime) -> int:
    known = set(FactKnowledge.objects.values_list("fact", "party_id"))
    rows = [
        FactKnowledge(
            **{**row, "learned_from_party_id": row["learned_from_party_id"] or ""}, recorded_at=at,
            recorded_by="SYSTEM", how="from the books",
        )
        for row in _rows(records, "fact_knowledge")
        if (row["fact_id"], row["party_id"]) not in known
    ]  # fmt: skip
    return _taken(FactKnowledge, rows, "fact_knowledge")


def _publications(records: Records, at: datetime) -> int:
    known = set(Publication.objects.values_list("fact", "channel", "published_at"))
    rows = [
        Publication(**row, address="from the books", recorded_at=at, recorded_by="SYSTEM")
        for row in _rows(records, "publication")
        if (row["fact_id"], row["channel"], row["published_at"]) not in known
    ]
    return _taken(Publication, rows, "publication")


def _register(records: Records, table: str, at: datetime) -> int:
    known = set(RegisterRow.objects.filter(table=table).values_list("row_key", flat=True))
    fresh = {}
    for row in _rows(records, table):
        key = TABLES[table].name_of(row)
        if key not in known:
            values = {name: told(value) for name, value in row.items() if value is not None}
            fresh[key] = RegisterRow(
                table=table, row_key=key, values=values, owner=str(row.get("owner") or ""), changed_at=at, changed_by="SYSTEM"
            )
    return _taken(RegisterRow, list(fresh.values()), table)


def _rows(records: Records, table: str) -> list[dict[str, Any]]:
    names = [column.name for column in TABLES[table].columns]
    rows = records.optional(table).select(*names).to_pyarrow().to_pylist()
    return [{n: v.astimezone(UTC) if isinstance(v, datetime) else v for n, v in row.items()} for row in rows]


def _taken(kind: Any, rows: list[Any], table: str) -> int:
    if not rows:
        return 0
    digest = hashlib.sha256(repr([str(row) for row in rows]).encode()).hexdigest()
    taken: int = kind.objects.take_in(rows, table, digest)
    return taken
