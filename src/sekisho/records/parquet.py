"""Parquet files of a table: footers that must agree with the file they end, and types that can be read exactly."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from sekisho.records.errors import RecordsError
from sekisho.records.folder import Source
from sekisho.records.table import Column, Table

_DAMAGED = "is not a readable Parquet file (truncated or damaged)"
_RESERVED = frozenset({"filename", "file_index", "file_row_number"})
_AGAIN = "write or copy the file again"


def part_name(source: Source, file: Path) -> str:
    """What messages call one file of a source: its path inside the records folder."""
    if source.root is not None:
        return f"{source.root.name}/{file.parent.name}/{file.name}"
    return f"{file.parent.name}/{file.name}" if file.parent.name == source.table.name else file.name


def schema_of(source: Source) -> pa.Schema:
    """The columns the source's files have between them, after every footer was checked. Raises RecordsError."""
    fields: dict[str, pa.Field] = {}
    for file in source.files:
        name = part_name(source, file)
        schema = _checked_schema(file, name, source.table)
        for field in schema:
            known = fields.setdefault(field.name, field)
            if _stored(known.type) != _stored(field.type):
                problem = f"is {field.type} here and {known.type} in other parts"
                raise RecordsError(name, problem, "write all parts with one schema", column=field.name)
    for name in _RESERVED & fields.keys():
        raise RecordsError(source.label, "is a name the reader keeps for itself", "rename the column", column=name)
    if source.root is not None:
        if "date" in fields:
            raise RecordsError(source.label, "is both a column and the date= folder", "rename the column", column="date")
        fields["date"] = pa.field("date", pa.date32())
    return pa.schema(fields.values())


def _stored(kind: pa.DataType) -> pa.DataType:
    """The type as the file stores it, whatever Arrow made of it."""
    if pa.types.is_dictionary(kind):
        return _stored(kind.value_type)
    return pa.string() if pa.types.is_large_string(kind) or pa.types.is_string_view(kind) else kind


def _checked_schema(file: Path, name: str, table: Table) -> pa.Schema:
    try:
        with pq.ParquetFile(file, memory_map=True) as parquet:
            check_footer(parquet.metadata, file.stat().st_size, name, table)
            return parquet.schema_arrow
    except (pa.ArrowException, OSError) as error:
        raise RecordsError(name, f"{_DAMAGED}: {error}", _AGAIN) from None


def check_footer(metadata: pq.FileMetaData, size: int, name: str, table: Table) -> None:
    """Refuses a footer that claims more rows or bytes than the file can hold, before anything is allocated for them."""
    rows, stored, key_bytes = 0, 0, 0
    key = table.unique[0] if len(table.unique) == 1 and table.by_name[table.unique[0]].kind == "string" else None
    for group in (metadata.row_group(i) for i in range(metadata.num_row_groups)):
        rows += group.num_rows
        for chunk in (group.column(i) for i in range(group.num_columns)):
            stored += chunk.total_compressed_size
            flat = metadata.schema.column(_leaf(metadata, chunk.path_in_schema)).max_repetition_level == 0
            if group.num_rows < 0 or chunk.total_compressed_size < 0 or (flat and chunk.num_values != group.num_rows):
                raise RecordsError(name, f"{_DAMAGED}: its footer contradicts itself", _AGAIN)
            key_bytes += chunk.total_uncompressed_size if chunk.path_in_schema == key else 0
    if rows != metadata.num_rows or stored > size or (key is not None and 0 < key_bytes < rows):
        problem = f"{_DAMAGED}: its footer claims {max(rows, metadata.num_rows)} rows, more than its {size} bytes can hold"
        raise RecordsError(name, problem, _AGAIN)


def _leaf(metadata: pq.FileMetaData, path: str) -> int:
    for i in range(metadata.num_columns):
        if metadata.schema.column(i).path == path:
            return i
    raise pa.ArrowInvalid(f"a column chunk names the unknown column {path}")


def value_of(column: Column, stored: pa.DataType, text: str) -> str | None:
    """The SQL that reads a stored column as the contract's kind, or None when that cannot be exact.

    ``text`` is the column's own SQL; it comes back unchanged when the stored type is the contract's already.
    """
    stored = _stored(stored)
    types = pa.types
    match column.kind:
        case "string":
            return text if types.is_string(stored) else None
        case "boolean":
            return text if types.is_boolean(stored) else None
        case "date":
            return text if types.is_date32(stored) else None
        case "integer":
            if types.is_int64(stored):
                return text
            return f"{text}::BIGINT" if types.is_integer(stored) and not types.is_uint64(stored) else None
        case "time":
            if not types.is_timestamp(stored) or stored.tz is None:
                return None
            return f"{text}::TIMESTAMPTZ" if stored.unit == "ns" else text
        case "decimal":
            return _decimal_value(stored, text)


def _decimal_value(stored: pa.DataType, text: str) -> str | None:
    types = pa.types
    if types.is_decimal(stored):
        return text if stored.precision <= pa.decimal128(38, 0).precision else None
    if types.is_integer(stored):
        return f"try_cast({text} AS DECIMAL(38, 18))"
    # The shortest text that reads back as the same float is what was meant; its digits are kept, not the binary tail.
    return f"try_cast({text}::VARCHAR AS DECIMAL(38, 12))" if types.is_floating(stored) else None


def wanted(column: Column, stored: pa.DataType) -> tuple[str, str]:
    """What is wrong with a stored type, and what to write instead."""
    if column.kind == "time" and pa.types.is_timestamp(stored):
        return "holds times without a time zone", "write timestamps in UTC (Arrow: timestamp[us, tz=UTC])"
    return f"has type {stored} where {column.kind} is expected", f"write it as {column.arrow_type}"
