"""Rows of record tables as the gate is told them: checked column by column before they are learnt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, Final, Literal

import msgspec

from sekisho.gate.messages import GateError
from sekisho.records import TABLES
from sekisho.typologies.valuation import in_utc

_TYPES: Final[Mapping[str, Any]] = {
    "string": str,
    "integer": int,
    "boolean": bool,
    "date": date,
    "time": datetime,
    "decimal": Decimal,
}


class RowError(GateError, ValueError):
    """A row that cannot be learnt: which table, which row, which column, and what to do."""


@cache
def row_class(table: str) -> type[msgspec.Struct]:
    """The columns of a table as a class; nullable columns may be left out, others not, and no other may be given."""
    columns = TABLES[table].columns
    fields = [
        (column.name, _type(column), None) if column.nullable else (column.name, _type(column))
        for column in sorted(columns, key=lambda column: column.nullable)
    ]
    return msgspec.defstruct(table, fields, kw_only=True, forbid_unknown_fields=True)


def read_rows(table: str, rows: Iterable[Mapping[str, Any]]) -> tuple[dict[str, Any], ...]:
    """Rows with every column in its type. Raises RowError at the first that does not fit."""
    if table not in TABLES:
        raise RowError(f"table {table!r} is not known; 'sekisho records describe' lists all")
    kind, read = row_class(table), []
    for number, row in enumerate(rows, 1):
        try:
            told = msgspec.structs.asdict(msgspec.convert(row, kind, strict=False))
            read.append({name: in_utc(value) if isinstance(value, datetime) else value for name, value in told.items()})
        except (msgspec.ValidationError, OverflowError) as error:
            # A time that UTC cannot write must not reach the journal: it would be read again at every start.
            raise RowError(f"{table} row {number}: {error}; 'sekisho records describe {table}' shows the columns") from None
    return tuple(read)


def _type(column: Any) -> Any:
    kind = Literal[column.values] if column.values else _TYPES[column.kind]
    return kind | None if column.nullable else kind
