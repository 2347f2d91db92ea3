"""Records on DuckDB, in one process: bounded memory, spilling to a folder that is removed afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any

import ibis
import pyarrow as pa
from ibis.backends.duckdb import Backend

from sekisho.records.folder import Source
from sekisho.records.table import Kind, Table

SQL_TYPES: dict[Kind, str] = {
    "string": "VARCHAR",
    "integer": "BIGINT",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "time": "TIMESTAMPTZ",
    "decimal": "DECIMAL(38, 18)",
}


class OneAtATime(Backend):  # type: ignore[misc]  # Ibis is not typed
    """DuckDB for rules on several threads: one query at a time, each on all of DuckDB's own threads."""

    def __init__(self, *settings: Any, **more: Any) -> None:
        super().__init__(*settings, **more)
        self._busy = RLock()

    @contextmanager
    def busy(self) -> Iterator[None]:
        """No other query runs meanwhile: around all that goes past Ibis, and around reading a result batch by batch."""
        with self._busy:
            yield

    def to_pyarrow(self, expr: Any, /, **options: Any) -> Any:
        """The rows of an expression."""
        with self._busy:
            return super().to_pyarrow(expr, **options)

    def execute(self, expr: Any, /, **options: Any) -> Any:
        """The value of an expression."""
        with self._busy:
            return super().execute(expr, **options)

    def raw_sql(self, query: Any, **options: Any) -> Any:
        """Run a statement."""
        with self._busy:
            return super().raw_sql(query, **options)


def connect(scratch: Path, threads: int | None = None, memory_limit: str | None = None) -> OneAtATime:
    """A DuckDB in memory that spills to ``scratch``, works in UTC and never fetches anything from a network."""
    settings: dict[str, object] = {
        "temp_directory": str(scratch),
        "TimeZone": "UTC",
        "parquet_metadata_cache": True,
        "autoinstall_known_extensions": False,
    }
    if threads is not None:
        settings["threads"] = threads
    if memory_limit is not None:
        settings["memory_limit"] = memory_limit
    connection: OneAtATime = OneAtATime().connect(**settings)
    connection.raw_sql("SET enable_progress_bar = false")
    return connection


def quoted(name: str) -> str:
    """A column or table name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def scan(files: Sequence[Path], *, partitioned: bool = False, numbered: bool = False) -> str:
    """The SQL that reads Parquet files as one relation; ``numbered`` adds file name and row number."""
    names = ", ".join(literal(glob_escaped(file)) for file in files)
    options = ["union_by_name = true"] if len(files) > 1 else []
    options.append("hive_partitioning = true, hive_types = {'date': DATE}" if partitioned else "hive_partitioning = false")
    if numbered:
        options.append("filename = true, file_row_number = true")
    return f"read_parquet([{names}], {', '.join(options)})"


def glob_escaped(file: Path) -> str:
    """A path in which DuckDB sees no wildcard."""
    return "".join(f"[{c}]" if c in "*?[" else c for c in str(file))


def present_parquet(connection: Backend, source: Source, columns: Sequence[str]) -> ibis.Table:
    """The source's Parquet files as the table of that name. ``columns`` are those the files have."""
    chosen = ", ".join(f"{expression} AS {quoted(name)}" for name, expression in projection(source.table, columns))
    relation = scan(source.files, partitioned=source.root is not None)
    connection.raw_sql(f"CREATE VIEW {quoted(source.table.name)} AS SELECT {chosen} FROM {relation}")
    return connection.table(source.table.name)


def projection(table: Table, columns: Sequence[str]) -> list[tuple[str, str]]:
    """Each column to show and the SQL for it: the table's own in order (null where absent), then the unknown ones."""
    own = [(c.name, quoted(c.name) if c.name in columns else f"NULL::{SQL_TYPES[c.kind]}") for c in table.columns]
    return own + [(name, quoted(name)) for name in columns if name not in table.by_name]


def present_memory(connection: OneAtATime, name: str, table: pa.Table) -> ibis.Table:
    """Brings an Arrow table into DuckDB under ``name``."""
    arrow = f"{name}__arrow"
    with connection.busy():
        connection.con.register(arrow, table)
        connection.raw_sql(f"CREATE TABLE {quoted(name)} AS SELECT * FROM {quoted(arrow)}")
        connection.con.unregister(arrow)
        return connection.table(name)


def present_query(connection: Backend, reader: Backend, name: str, query: str) -> ibis.Table:
    """Shows the rows of a DuckDB query as the table ``name``; here reader and engine are one."""
    assert connection is reader, "DuckDB reads and shows on one connection"
    connection.raw_sql(f"CREATE TABLE {quoted(name)} AS {query}")
    return connection.table(name)
