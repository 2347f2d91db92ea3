"""The registers as record tables, so that an inspection and the gate learn what the office knows."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sekisho.console.registers.kinds import KINDS
from sekisho.console.registers.models import FactKnowledge, MaterialFact, Publication, RegisterRow
from sekisho.console.registers.rows import told
from sekisho.records import TABLES, RecordsError

INSIDE = ("material_fact", "fact_knowledge", "publication")
"""The tables of inside information, which have pages of their own."""


def rows_of(table: str) -> Iterator[dict[str, Any]]:
    """The rows of one record table as text, columns that hold nothing left out. Facts that lapsed never were, and are not told."""
    if table == "material_fact":
        for fact in MaterialFact.objects.filter(lapsed_at=None).order_by("pk"):
            names = ("fact_id", "asset", "category", "arose_at", "direction", "summary")
            yield _row({name: getattr(fact, name) for name in names})
    elif table == "fact_knowledge":
        for row in FactKnowledge.standing().filter(fact__lapsed_at=None).order_by("fact", "party_id", "pk"):
            yield _row(
                {
                    "fact_id": row.fact_id,
                    "party_id": row.party_id,
                    "learned_at": row.learned_at,
                    "capacity": row.capacity,
                    "learned_from_party_id": row.learned_from_party_id,
                }
            )
    elif table == "publication":
        for row in Publication.standing().filter(fact__lapsed_at=None).order_by("fact", "published_at", "pk"):
            yield _row({"fact_id": row.fact_id, "channel": row.channel, "published_at": row.published_at})
    else:
        for row in RegisterRow.objects.filter(table=table).order_by("row_key"):
            yield dict(row.values)


def _row(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: told(value) for name, value in values.items() if value not in (None, "")}


def as_csv(table: str, rows: Iterator[dict[str, Any]]) -> str:
    """Rows as the CSV file of a record table."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [column.name for column in TABLES[table].columns], restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def export(folder: Path) -> dict[str, int]:
    """Write every register that holds rows as NAME.csv into a new folder; gives the rows of each. Raises RecordsError."""
    try:
        folder.mkdir(parents=True, exist_ok=False)
    except OSError as error:
        raise RecordsError(str(folder), f"cannot be made: {error.strerror}", "give a folder that is not there yet") from None
    written = {}
    for table in (*INSIDE, *KINDS):
        rows = list(rows_of(table))
        if rows:
            (folder / f"{table}.csv").write_text(as_csv(table, iter(rows)), encoding="utf-8")
            written[table] = len(rows)
    return written
