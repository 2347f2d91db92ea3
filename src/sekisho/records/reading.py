"""How one source is read: the SQL of each column's value, and whether the files can be used as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from ibis.backends.duckdb import Backend

from sekisho.records.csv_text import PARSED, header_of, scan_csv
from sekisho.records.errors import RecordsError
from sekisho.records.folder import Source
from sekisho.records.on_duckdb import SQL_TYPES, literal, quoted, scan
from sekisho.records.parquet import part_name, schema_of, value_of, wanted
from sekisho.records.table import Table

FILE, ROW = quoted("#file"), quoted("#row")
"""Names of the two columns a placed relation adds: number of the file among the source's, and row in it from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One table as DuckDB reads it.

    ``relation`` is the SQL to select from; ``placed`` the same with the columns ``#file`` and ``#row``. ``values`` gives
    for each column of the contract that is there the SQL of its value. ``exact`` says that every value is stored as the
    contract wants it, so that the files themselves can be shown.
    """

    table: Table
    files: tuple[str, ...]
    relation: str
    placed: str
    columns: tuple[str, ...]
    values: Mapping[str, str]
    exact: bool
    floats: frozenset[str] = frozenset()
    text: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def projection(self) -> str:
        """The SQL of all columns to show: the contract's in its order (null where absent), then the unknown ones."""
        absent = {c.name: f"NULL::{SQL_TYPES[c.kind]}" for c in self.table.columns}
        own = [(name, self.values.get(name, absent[name])) for name in absent]
        extra = [(name, quoted(name)) for name in self.columns if name not in absent]
        return ", ".join(f"{value} AS {quoted(name)}" for name, value in own + extra)


def reading_of_csv(source: Source, left_out: Sequence[int] = ()) -> Reading:
    """How a CSV table is read. Scans the whole file as text first; raises RecordsError.

    ``left_out`` are the rows known to have the wrong number of cells: they are skipped, and rows keep their numbers.
    """
    file = source.files[0]
    header = header_of(source)
    check_columns(source.table, header, file.name)
    relation = scan_csv(file, header, lenient=bool(left_out))
    placed = f"(SELECT *, 0 AS {FILE}, row_number() OVER () AS {ROW} FROM {relation})"
    if left_out:
        before = [number - i for i, number in enumerate(sorted(left_out), 1)]
        placed = f"(SELECT * REPLACE ({ROW} + len(list_filter({before}, lambda n: n < {ROW})) AS {ROW}) FROM {placed})"
    return Reading(
        table=source.table,
        files=(file.name,),
        relation=relation,
        placed=placed,
        columns=tuple(header),
        values={c.name: PARSED[c.kind].format(text=quoted(c.name)) for c in source.table.columns if c.name in header},
        exact=False,
        text=True,
    )


def reading_of_parquet(source: Source) -> Reading:
    """How a table of Parquet files is read. Checks every footer first; raises RecordsError."""
    schema = schema_of(source)
    relation = scan(source.files, partitioned=source.root is not None)
    files = tuple(part_name(source, file) for file in source.files)
    placed = f"(SELECT *, file_index AS {FILE}, file_row_number + 1 AS {ROW} FROM {relation})"
    return _typed(source.table, schema, source.label, relation, placed, files)


def reading_of_arrow(connection: Backend, table: Table, given: pa.Table) -> Reading:
    """How a table in memory is read; registers it with DuckDB. Raises RecordsError."""
    name = f"given {table.name}"
    placed = f"(SELECT *, 0 AS {FILE}, row_number() OVER () AS {ROW} FROM {quoted(name)})"
    reading = _typed(table, given.schema, table.name, quoted(name), placed, (table.name,))
    connection.con.register(name, given)
    return reading


def _typed(table: Table, schema: pa.Schema, label: str, relation: str, placed: str, files: tuple[str, ...]) -> Reading:
    check_columns(table, schema.names, label)
    values: dict[str, str] = {}
    floats: list[str] = []
    warnings: list[str] = []
    for column in (c for c in table.columns if c.name in schema.names):
        stored = schema.field(column.name).type
        nothing = f"NULL::{SQL_TYPES[column.kind]}"
        value: str | None = nothing if pa.types.is_null(stored) else value_of(column, stored, quoted(column.name))
        if value is None:
            problem, remedy = wanted(column, stored)
            raise RecordsError(label, problem, remedy, column=column.name)
        values[column.name] = value
        if pa.types.is_floating(stored):
            floats.append(column.name)
            warnings.append(f"{label}: column '{column.name}' is {stored}, not exact; write it as DECIMAL")
        if pa.types.is_timestamp(stored) and stored.unit == "ns":
            warnings.append(f"{label}: column '{column.name}' is in nanoseconds and was cut to microseconds")
    return Reading(
        table=table,
        files=files,
        relation=relation,
        placed=placed,
        columns=tuple(schema.names),
        values=values,
        exact=all(value == quoted(name) for name, value in values.items()),
        floats=frozenset(floats),
        warnings=tuple(warnings),
    )


def check_columns(table: Table, columns: list[str], label: str) -> None:
    """Refuses a table in which a required column is missing or a column is there twice. Raises RecordsError."""
    see = f"'sekisho records describe {table.name}' lists the columns"
    seen: dict[str, str] = {}
    for name in columns:
        if name.lower() in seen:
            raise RecordsError(label, f"is there twice, as '{seen[name.lower()]}' before", "rename or remove one", column=name)
        seen[name.lower()] = name
    for column in table.columns:
        written = seen.get(column.name)
        if written is None and not column.nullable:
            raise RecordsError(label, "is missing", see, column=column.name)
        if written is not None and written != column.name:
            raise RecordsError(label, f"is written '{written}'", "write column names in lower case", column=column.name)


def write_parquet(connection: Backend, reading: Reading, place: Path) -> Source:
    """Writes what was read into ``place`` with the contract's types, and gives the source to use instead."""
    target = place / f"{reading.table.name}.parquet"
    query = f"SELECT {reading.projection} FROM {reading.relation}"
    connection.raw_sql(f"COPY ({query}) TO {literal(str(target))} (FORMAT parquet)")
    return Source(reading.table, (target,))
