"""What the record tables are, as plain values: for the command line, for JSON and for the reference pages."""

from __future__ import annotations

from dataclasses import asdict

from sekisho.records.errors import RecordsError
from sekisho.records.table import Table
from sekisho.records.tables import TABLES


def describe(table: str | None = None) -> list[dict[str, object]]:
    """One table, or all of them in order: meaning, key, and every column with meaning, unit and standard.

    Raises RecordsError for a name that is no table.
    """
    if table is not None and table not in TABLES:
        raise RecordsError(table, "is not a record table", f"the tables are {', '.join(TABLES)}")
    return [_described(t) for t in TABLES.values() if table in (None, t.name)]


def _described(table: Table) -> dict[str, object]:
    columns = [asdict(column) | {"values": list(column.values), "type": str(column.arrow_type)} for column in table.columns]
    return {
        "table": table.name,
        "meaning": table.meaning,
        "key": list(table.key),
        "unique": list(table.unique),
        "columns": columns,
    }
