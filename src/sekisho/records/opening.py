"""Opening a records folder: find the tables, refuse what is unusable, present the rest on DuckDB or Spark."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

import duckdb
import pyarrow as pa
from ibis.backends.duckdb import Backend

from sekisho.records import on_duckdb, on_spark
from sekisho.records.checks import unreadable, value_problems
from sekisho.records.errors import RecordsError
from sekisho.records.folder import Source, sources
from sekisho.records.opened import Records
from sekisho.records.reading import Reading, reading_of_arrow, reading_of_csv, reading_of_parquet, write_parquet
from sekisho.records.table import Table
from sekisho.records.tables import TABLES

_ENGINES: dict[str, ModuleType] = {"duckdb": on_duckdb, "spark": on_spark}


def open_records(
    folder: Path,
    *,
    engine: str = "duckdb",
    threads: int | None = None,
    memory_limit: str | None = None,
    cluster: on_spark.Cluster | None = None,
    only: Collection[str] | None = None,
) -> Records:
    """Opens every table of a records folder, or ``only`` those named, where they are there.

    ``engine`` is "duckdb" or "spark", the latter on ``cluster``; ``memory_limit`` is text such as "4GB". Every value is
    checked once. Parquet with the contract's types is then read in place; anything else is written once as Parquet into a
    temporary folder that disappears with the records. Raises RecordsError, one line, when anything is unusable.
    """
    on = _engine(engine)
    if cluster is not None and cluster != on_spark.Cluster() and engine != "spark":
        raise RecordsError(f"engine {engine}", "runs on no cluster", "give --engine spark with --master or --spark-conf")
    folder = Path(folder)
    found = [source for source in sources(folder) if only is None or source.table.name in only]
    scratch = TemporaryDirectory(prefix="sekisho-")
    with _removed_on_error(scratch) as place:
        reader = on_duckdb.connect(place, threads, memory_limit)
        tables: dict[str, tuple[Source, Reading]] = {}
        for source in found:
            reading = reading_of_csv(source) if source.is_csv else reading_of_parquet(source)
            _refuse_problems(reader, reading)
            tables[source.table.name] = (source if reading.exact else _rewritten(reader, reading, place)), reading
        connection = reader if engine == "duckdb" else on_spark.connect(place, threads, memory_limit, cluster)
        shown = {name: on.present_parquet(connection, source, reading.columns) for name, (source, reading) in tables.items()}
    if connection is not reader:
        reader.disconnect()
    return Records(
        engine=engine,
        connection=connection,
        folder=folder,
        tables=shown,
        into_memory=lambda name, table: on.present_memory(connection, name, table),
        scratch=scratch,
        warnings=tuple(warning for _, reading in tables.values() for warning in reading.warnings),
    )


def records_of(tables: Mapping[str, pa.Table], *, engine: str = "duckdb") -> Records:
    """Records from Arrow tables in memory, for worked examples and tests.

    Columns may be a subset: nullable ones that are missing are filled with null. Raises RecordsError otherwise.
    """
    on = _engine(engine)
    scratch = TemporaryDirectory(prefix="sekisho-")
    with _removed_on_error(scratch) as place:
        reader = on_duckdb.connect(place)
        readings = [reading_of_arrow(reader, _table(name), given) for name, given in tables.items()]
        for reading in readings:
            _refuse_problems(reader, reading)
        connection = reader if engine == "duckdb" else on.connect(place)
        shown = {r.table.name: on.present_query(connection, reader, r.table.name, _selection(r)) for r in readings}
    if connection is not reader:
        reader.disconnect()
    return Records(
        engine=engine,
        connection=connection,
        folder=None,
        tables=shown,
        into_memory=lambda name, table: on.present_memory(connection, name, table),
        scratch=scratch,
        warnings=tuple(warning for reading in readings for warning in reading.warnings),
    )


@contextmanager
def _removed_on_error(scratch: TemporaryDirectory[str]) -> Iterator[Path]:
    try:
        yield Path(scratch.name)
    except BaseException:
        scratch.cleanup()
        raise


def _refuse_problems(reader: Backend, reading: Reading) -> None:
    problems = value_problems(reader, reading, listed_max=1)
    if problems:
        raise problems[0].error()


def _rewritten(reader: Backend, reading: Reading, place: Path) -> Source:
    try:
        return write_parquet(reader, reading, place)
    except duckdb.Error as error:
        raise unreadable(reading, error) from None


def _selection(reading: Reading) -> str:
    return f"SELECT {reading.projection} FROM {reading.relation}"


def _engine(name: str) -> Any:
    if name not in _ENGINES:
        raise RecordsError(f"engine {name}", "is not known", "choose duckdb or spark")
    return _ENGINES[name]


def _table(name: str) -> Table:
    if name not in TABLES:
        raise RecordsError(name, "is not a record table", "'sekisho records describe' lists the tables")
    return TABLES[name]
