"""Parts of a table as they arrive: checked like any table, written once as Parquet, opened together without a second check."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pyarrow.parquet as pq
from ibis.backends.duckdb import Backend

from sekisho.records import on_duckdb
from sekisho.records.checks import unreadable, value_problems
from sekisho.records.csv_text import PARSED, check_text
from sekisho.records.errors import RecordsError
from sekisho.records.folder import Source
from sekisho.records.on_duckdb import glob_escaped, literal, quoted
from sekisho.records.opened import Records
from sekisho.records.reading import FILE, ROW, Reading, reading_of_csv, reading_of_parquet
from sekisho.records.table import Table
from sekisho.records.tables import TABLES

JSON_LINES = ".jsonl"
TEXT_SUFFIXES = (".csv", JSON_LINES)
"""Kinds of files that may grow line by line; a Parquet file is there whole or not at all."""

_ORDER = {"order_event": "sequence", "trade": "sequence"}


def write_part(reader: Backend, table: str, given: Path, target: Path) -> int:
    """Check one file of a table (.csv, .jsonl or .parquet) and write it to ``target``, in the venue's order; returns its rows.

    Raises RecordsError naming file, row and column; then nothing is written. ``target`` appears whole, and is on disk.
    """
    reading = _reading(Source(TABLES[table], (given,), is_csv=given.suffix == ".csv"))
    problems = value_problems(reader, reading, listed_max=1)
    if problems:
        raise problems[0].error()
    beside = target.with_name(f".{target.name}")
    order = f" ORDER BY {quoted(_ORDER[table])}" if table in _ORDER else ""
    query = f"SELECT {reading.projection} FROM {reading.relation}{order}"
    try:
        written = reader.con.execute(f"COPY ({query}) TO {literal(str(beside))} (FORMAT parquet, COMPRESSION zstd)").fetchall()
    except duckdb.Error as error:
        raise unreadable(reading, error) from None
    _to_disk(beside)
    beside.replace(target)
    _to_disk(target.parent)
    return int(written[0][0])


def join_parts(reader: Backend, table: str, parts: Sequence[Path], target: Path) -> None:
    """Write several parts as one, in the venue's order."""
    beside = target.with_name(f".{target.name}")
    order = f" ORDER BY {quoted(_ORDER[table])}" if table in _ORDER else ""
    query = f"SELECT * FROM {on_duckdb.scan(tuple(parts))}{order}"
    reader.con.execute(f"COPY ({query}) TO {literal(str(beside))} (FORMAT parquet, COMPRESSION zstd)")
    _to_disk(beside)
    beside.replace(target)
    _to_disk(target.parent)


def open_parts(
    parts: Mapping[str, Sequence[Path]], folder: Path, *, threads: int | None = None, memory_limit: str | None = None
) -> Records:
    """Open parts that ``write_part`` wrote, as records of ``folder``. Their values were checked when they came."""
    scratch: TemporaryDirectory[str] = TemporaryDirectory(prefix="sekisho-")
    try:
        connection = on_duckdb.connect(Path(scratch.name), threads, memory_limit)
        tables = {
            name: on_duckdb.present_parquet(connection, Source(TABLES[name], tuple(files)), _columns(files))
            for name, files in parts.items()
            if files
        }
    except BaseException:
        scratch.cleanup()
        raise
    return Records(
        engine="duckdb",
        connection=connection,
        folder=folder,
        tables=tables,
        into_memory=lambda name, table: on_duckdb.present_memory(connection, name, table),
        scratch=scratch,
    )


def _columns(files: Sequence[Path]) -> tuple[str, ...]:
    """The columns of all parts; ``write_part`` gives each at least those of the contract."""
    return tuple(dict.fromkeys(name for file in files for name in pq.read_schema(file).names))


def _reading(source: Source) -> Reading:
    file = source.files[0]
    if file.suffix == JSON_LINES:
        check_text(file)
        return _reading_of_json_lines(source.table, file)
    return reading_of_csv(source) if source.is_csv else reading_of_parquet(source)


def _reading_of_json_lines(table: Table, file: Path) -> Reading:
    """One JSON object a line with the table's columns; numbers keep their digits, times are written as in CSV."""
    names = ", ".join(f"{literal(column.name)}: 'VARCHAR'" for column in table.columns)
    relation = f"read_json({literal(glob_escaped(file))}, columns = {{{names}}}, format = 'newline_delimited')"
    return Reading(
        table=table,
        files=(file.name,),
        relation=relation,
        placed=f"(SELECT *, 0 AS {FILE}, row_number() OVER () AS {ROW} FROM {relation})",
        columns=tuple(column.name for column in table.columns),
        values={c.name: PARSED[c.kind].format(text=quoted(c.name)) for c in table.columns},
        exact=False,
        text=True,
    )


def _to_disk(path: Path) -> None:
    """Wait until a file, or a folder's list of files, is on disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        raise RecordsError(str(path), f"cannot be written to disk: {error.strerror}", "check the disk") from None
    finally:
        os.close(handle)
