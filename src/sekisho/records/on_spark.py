"""Records on Apache Spark: the same folder, the same tables, for books past one machine's memory."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import ibis
import pyarrow as pa

from sekisho.records.errors import RecordsError
from sekisho.records.folder import Source

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend as DuckBackend
    from ibis.backends.pyspark import Backend

_SPARK_TYPES = {
    "string": "string",
    "integer": "bigint",
    "boolean": "boolean",
    "date": "date",
    "time": "timestamp",
    "decimal": "decimal(38,18)",
}
_SURVIVAL = {
    "spark.executor.cores": "1",
    "spark.task.maxFailures": "8",
    "spark.stage.maxConsecutiveAttempts": "8",
    "spark.speculation": "true",
}
"""On a cluster: small executors, so that one lost takes little with it, and enough attempts for its work to be done elsewhere."""
_opened = count(1)


class Cluster(NamedTuple):
    """Which Spark to run on (``spark://HOST:PORT``; None: see ``connect``), and settings for it, each KEY=VALUE."""

    master: str | None = None
    settings: tuple[str, ...] = ()


def connect(scratch: Path, threads: int | None = None, memory_limit: str | None = None, cluster: Cluster | None = None) -> Backend:
    """The Ibis backend on this process's one Spark session; the first caller's settings hold.

    The cluster given, or the one the environment variable SEKISHO_SPARK_MASTER names; without either Spark runs in this process.
    """
    cluster = cluster or Cluster()
    try:
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise RecordsError("engine spark", "pyspark is not installed", "pip install 'sekisho[spark]'") from error
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ.setdefault("PYSPARK_DRIVER_PYTHON", sys.executable)
    workers = str(threads) if threads is not None else "*"
    master = cluster.master or os.environ.get("SEKISHO_SPARK_MASTER") or f"local[{workers}]"
    builder = SparkSession.builder.appName("sekisho").master(master)
    for key, value in {**_settings(scratch, threads, memory_limit, master), **_given(cluster.settings)}.items():
        builder = builder.config(key, value)
    try:
        session = builder.getOrCreate()
    except Exception as error:
        raise RecordsError("engine spark", f"Spark does not start: {error}", "install Java 17 or 21") from error
    session.conf.set("spark.sql.session.timeZone", "UTC")
    return ibis.pyspark.connect(session)


def _given(settings: Sequence[str]) -> dict[str, str]:
    """Settings written KEY=VALUE. Raises RecordsError."""
    for setting in settings:
        if not setting.startswith("spark.") or "=" not in setting:
            raise RecordsError(f"--spark-conf {setting}", "is not a Spark setting", "write spark.executor.memory=4g, for example")
    return {key: value for key, _, value in (setting.partition("=") for setting in settings)}


def _settings(scratch: Path, threads: int | None, memory_limit: str | None, master: str) -> dict[str, str]:
    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.warehouse.dir": str(scratch / "warehouse"),
        "spark.sql.execution.arrow.pyspark.enabled": "true",
    }
    if master.startswith("local"):
        settings |= {"spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1"}
    else:
        settings |= _SURVIVAL
    if threads is not None or master.startswith("local"):
        settings["spark.sql.shuffle.partitions"] = str(threads or os.cpu_count())
    if memory_limit is not None:
        settings["spark.driver.memory"] = memory_limit.replace(" ", "").removesuffix("B").lower()
    return settings


def present_parquet(connection: Backend, source: Source, columns: Sequence[str]) -> ibis.Table:
    """The source's Parquet files as an Ibis table; ``columns`` are those the files have."""
    from pyspark.sql import functions as spark

    reader = connection._session.read.option("mergeSchema", len(source.files) > 1)
    if source.root is not None:
        reader = reader.option("basePath", str(source.root))
    frame = reader.parquet(*(_glob_escaped(file) for file in source.files))
    own = [
        frame[c.name] if c.name in columns else spark.lit(None).cast(_SPARK_TYPES[c.kind]).alias(c.name)
        for c in source.table.columns
    ]
    extra = [frame[name] for name in columns if name not in source.table.by_name]
    return shown(connection, source.table.name, frame.select(*own, *extra))


def _glob_escaped(file: Path) -> str:
    """A path in which Spark sees no wildcard."""
    return "".join(f"\\{c}" if c in "*?[]{}\\" else c for c in str(file))


def present_memory(connection: Backend, name: str, table: pa.Table) -> ibis.Table:
    """Brings an Arrow table into Spark under ``name``."""
    return shown(connection, name, connection._session.createDataFrame(table))


def present_query(connection: Backend, reader: DuckBackend, name: str, query: str) -> ibis.Table:
    """Shows the rows of a DuckDB query as the Spark table ``name``."""
    return present_memory(connection, name, reader.con.execute(query).to_arrow_table())


def shown(connection: Backend, name: str, frame: Any) -> ibis.Table:
    """The frame as an Ibis table. One session serves all records opened in a process, so views get their own names."""
    view = f"{name}__{next(_opened)}"
    frame.createOrReplaceTempView(view)
    table = connection.table(view)
    naive = {n: t for n, t in table.schema().items() if t.is_timestamp() and t.timezone is None}
    utc = ibis.dtype("timestamp('UTC', 6)")  # the session is in UTC, so the cast names the zone and moves nothing
    return table.mutate(**{n: table[n].cast(utc) for n in naive}) if naive else table
