"""Opening a records folder: find the tables, refuse what is unusable, present the rest on DuckDB or Spark."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

import pyarrow as pa

from sekisho.records import on_duckdb, on_spark
from sekisho.records.csv_text import parquet_from_csv
from sekisho.records.errors import RecordsError
from sekisho.records.folder import sources
from sekisho.records.opened import Records
from sekisho.records.parquet import columns_of
from sekisho.records.tables import TABLES

_ENGINES: dict[str, ModuleType] = {"duckdb": on_duckdb, "spark": on_spark}


def open_records(folder: Path, *, engine: str = "duckdb", threads: int | None = None, memory_limit: str | None = None) -> Records:
    """Opens every table of a records folder.

    ``engine`` is "duckdb" or "spark"; ``memory_limit`` is text such as "4GB". CSV is read once into Parquet in a
    temporary folder that disappears with the records. Raises RecordsError, one line, when anything is unusable.
    """
    folder = Path(folder)
    found = sources(folder)
    on = _engine(engine)
    scratch = TemporaryDirectory(prefix="sekisho-")
    place = Path(scratch.name)
    reader = on_duckdb.connect(place, threads, memory_limit)
    connection = reader if engine == "duckdb" else on.connect(place, threads, memory_limit)
    tables = {}
    warnings: list[str] = []
    for source in found:
        canonical = parquet_from_csv(reader, source, place) if source.is_csv else source
        tables[source.table.name] = on.present_parquet(connection, canonical, columns_of(canonical))
    return Records(
        engine=engine,
        connection=connection,
        folder=folder,
        tables=tables,
        into_memory=lambda name, table: on.present_memory(connection, name, table),
        scratch=scratch,
        warnings=tuple(warnings),
    )


def records_of(tables: Mapping[str, pa.Table], *, engine: str = "duckdb") -> Records:
    """Records from Arrow tables in memory, for worked examples and tests.

    Columns may be a subset: nullable ones that are missing are filled with null. Raises RecordsError otherwise.
    """
    on = _engine(engine)
    scratch = TemporaryDirectory(prefix="sekisho-")
    connection = on.connect(Path(scratch.name))
    shown = {name: on.present_memory(connection, name, _complete(name, table)) for name, table in tables.items()}
    return Records(
        engine=engine,
        connection=connection,
        folder=None,
        tables=shown,
        into_memory=lambda name, table: on.present_memory(connection, name, table),
        scratch=scratch,
    )


def _engine(name: str) -> Any:
    if name not in _ENGINES:
        raise RecordsError(f"engine {name}", "is not known", "choose duckdb or spark")
    return _ENGINES[name]


def _complete(name: str, given: pa.Table) -> pa.Table:
    if name not in TABLES:
        raise RecordsError(name, "is not a record table", "'sekisho records describe' lists the tables")
    table = TABLES[name]
    arrays, fields = [], []
    for column in table.columns:
        if column.name in given.column_names:
            array = given[column.name]
            keep = column.kind == "decimal" and pa.types.is_decimal(array.type)
            array = array if keep else array.cast(column.arrow_type)
        elif column.nullable:
            array = pa.nulls(given.num_rows, column.arrow_type)
        else:
            raise RecordsError(name, "the column is missing", f"see 'sekisho records describe {name}'", column=column.name)
        arrays.append(array)
        fields.append(pa.field(column.name, array.type, nullable=column.nullable))
    for extra in given.column_names:
        if extra not in table.by_name:
            arrays.append(given[extra])
            fields.append(given.schema.field(extra))
    return pa.table(arrays, schema=pa.schema(fields))
