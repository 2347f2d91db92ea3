"""Rows of record tables as a caller tells them: every column in its words, amounts as strings, times with their zone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from typing import Annotated, Any, Final, Literal

import msgspec

from sekisho.gate.http.bodies import Reader, in_utc
from sekisho.gate.http.problems import Problem
from sekisho.records import TABLES
from sekisho.records.table import Column

_SIGNED: Final = {"any": "-?", "not_negative": "", "positive": ""}
_DIGITS: Final = r"[0-9]{1,20}(\.[0-9]{1,18})?$"


@cache
def row_class(table: str) -> type[msgspec.Struct]:
    """The columns of a table as a class; nullable columns may be left out, others not, and no other may be given."""
    columns = sorted(TABLES[table].columns, key=lambda column: column.nullable)
    fields = [(c.name, _type(c), None) if c.nullable else (c.name, _type(c)) for c in columns]
    kind: type[msgspec.Struct] = msgspec.defstruct(f"Row_{table}", fields, kw_only=True, forbid_unknown_fields=True)
    return kind


@cache
def _reader(table: str) -> Reader[Any]:
    return Reader(row_class(table))


def read_row(table: str, raw: bytes, number: int) -> Mapping[str, Any]:
    """One row; raises Problem naming the row and its column. Columns left out are None."""
    try:
        row: dict[str, Any] = msgspec.structs.asdict(_reader(table).read(raw, checked=True))
    except Problem as problem:
        problem.field = f"/rows/{number}{(problem.field or '').rstrip('/')}"
        raise
    for column in TABLES[table].columns:
        value = row[column.name]
        if isinstance(value, datetime):
            row[column.name] = in_utc(value, f"rows/{number}/{column.name}")
        if column.kind == "decimal" and column.sign == "positive" and value is not None and not value.strip("0."):
            raise Problem(
                "invalid-field", f"{column.name} is 0", field=f"/rows/{number}/{column.name}", remedy="give an amount above 0"
            )
    return row


def _type(column: Column) -> Any:
    kind = _plain_type(column)
    return kind | None if column.nullable else kind


def _plain_type(column: Column) -> Any:
    told = column.meaning if column.unit is None else f"{column.meaning} ({column.unit})"
    match column.kind:
        case "string" if column.values:
            return Literal[column.values]
        case "string":
            return Annotated[str, msgspec.Meta(min_length=1, max_length=16_384, description=told)]
        case "decimal":
            return Annotated[str, msgspec.Meta(pattern=f"^{_SIGNED[column.sign]}{_DIGITS}", description=f"{told}; an exact amount")]
        case "integer":
            low = -(2**53) if column.sign == "any" else 0
            return Annotated[int, msgspec.Meta(ge=low, le=2**53, description=told)]
        case "boolean":
            return Annotated[bool, msgspec.Meta(description=told)]
        case "date":
            return Annotated[date, msgspec.Meta(description=told)]
        case _:
            return Annotated[datetime, msgspec.Meta(tz=True, description=told)]
