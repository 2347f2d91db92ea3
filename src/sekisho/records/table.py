"""What a record table is: its columns with their meaning, unit and the standard each one maps to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Literal

import pyarrow as pa

Kind = Literal["string", "integer", "boolean", "date", "time", "decimal"]
Sign = Literal["any", "not_negative", "positive"]

ARROW_TYPES: dict[Kind, pa.DataType] = {
    "string": pa.string(),
    "integer": pa.int64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "time": pa.timestamp("us", "UTC"),
    "decimal": pa.decimal128(38, 18),
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a record table.

    ``values`` lists the only words allowed; ``pattern`` is a regular expression the whole text must match;
    ``sign`` says whether a number may be zero or negative; ``refers_to`` names ``table.column`` this id points at.
    """

    name: str
    kind: Kind
    meaning: str
    nullable: bool = False
    unit: str | None = None
    standard: str | None = None
    values: tuple[str, ...] = ()
    pattern: str | None = None
    sign: Sign = "not_negative"
    refers_to: str | None = None

    @property
    def arrow_type(self) -> pa.DataType:
        """The canonical Arrow type. A decimal column of a Parquet file may have another precision and scale."""
        return ARROW_TYPES[self.kind]


@dataclass(frozen=True)
class Table:
    """One record table: what a row is, its columns, and the columns that name a row.

    ``key`` names a record in evidence and messages. ``unique`` are the columns no two rows may share; it is the key
    unless the table says otherwise (one transaction id may move several coins), and empty where rows may repeat.
    """

    name: str
    meaning: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    unique_columns: tuple[str, ...] | None = None

    @property
    def unique(self) -> tuple[str, ...]:
        """The columns no two rows may share; empty where rows may repeat."""
        return self.key if self.unique_columns is None else self.unique_columns

    @cached_property
    def arrow_schema(self) -> pa.Schema:
        """The canonical Arrow schema, for writers. Decimals may have a smaller precision and scale."""
        return pa.schema([pa.field(c.name, c.arrow_type, nullable=c.nullable) for c in self.columns])

    @cached_property
    def by_name(self) -> Mapping[str, Column]:
        """The columns by their name."""
        return {column.name: column for column in self.columns}

    def name_of(self, row: Mapping[str, object]) -> str:
        """The id of a row as evidence names it: its id, or its key columns joined with ``|``."""
        return "|".join(key_text(row[name]) for name in self.key)


def key_text(value: object) -> str:
    """One part of a record's id: times as ``2026-05-02T00:00:00.000000Z``, dates as ``2026-05-02``."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)
