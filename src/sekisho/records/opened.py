"""Opened records: each table by its name, on the engine that reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import ibis
import pyarrow as pa

from sekisho.records.errors import TableMissing
from sekisho.records.tables import TABLES


class Records:
    """Record tables as Ibis expressions: ``records.trade``, ``records.order_event``.

    Every table has the columns of the contract under their names and types (nulls where the file lacks a nullable
    one); unknown columns follow. A table that is not there raises ``TableMissing``; ``optional`` gives an empty one.
    """

    def __init__(
        self,
        *,
        engine: str,
        connection: Any,
        folder: Path | None,
        tables: Mapping[str, ibis.Table],
        into_memory: Callable[[str, pa.Table], ibis.Table],
        scratch: TemporaryDirectory[str],
        warnings: tuple[str, ...] = (),
    ) -> None:
        self.engine = engine
        self.connection = connection
        self.folder = folder
        self.present = frozenset(tables)
        self.warnings = warnings
        self._tables = dict(tables)
        self._empty: dict[str, ibis.Table] = {}
        self._into_memory = into_memory
        self._scratch = connection.sekisho_scratch = scratch  # expressions hold the connection, not these records
        self._numbers = count(1)

    def __getattr__(self, name: str) -> ibis.Table:
        if name not in TABLES:
            raise AttributeError(f"'{name}' is not a record table")
        try:
            return self._tables[name]
        except KeyError:
            raise TableMissing(name) from None

    def optional(self, name: str) -> ibis.Table:
        """The table, or an empty one with the contract's columns where these records hold none."""
        if name in self._tables:
            return self._tables[name]
        if name not in self._empty:
            self._empty[name] = self.memory(f"no_{name}", TABLES[name].arrow_schema.empty_table())
        return self._empty[name]

    def memory(self, name_hint: str, table: pa.Table) -> ibis.Table:
        """Brings a small Arrow table beside the records, to be joined with them."""
        return self._into_memory(f"{name_hint}_{next(self._numbers)}", table)

    def showing(self, tables: Mapping[str, ibis.Table]) -> Records:
        """The same books with only these tables, such as filtered ones; they end when these records are closed."""
        shown = Records(
            engine=self.engine,
            connection=self.connection,
            folder=self.folder,
            tables=tables,
            into_memory=self._into_memory,
            scratch=self._scratch,
            warnings=self.warnings,
        )
        shown._numbers = self._numbers  # both bring tables to one connection, each under a name of its own
        return shown

    @contextmanager
    def kept(self, name_hint: str, table: ibis.Table) -> Iterator[ibis.Table]:
        """Works a table out once for several questions: in a temporary table on DuckDB, in the cluster's memory on Spark."""
        if self.engine == "spark":
            cached = table.cache()
            try:
                yield cached
            finally:
                cached.release()
            return
        name = f"{name_hint}_{next(self._numbers)}"
        with self.connection.busy():
            kept: ibis.Table = self.connection.create_table(name, table, temp=True)
        try:
            yield kept
        finally:
            self.connection.raw_sql(f'DROP TABLE "{name}"')

    def close(self) -> None:
        """Gives back memory and the temporary folder. Happens by itself when the records are no longer used."""
        if self.engine == "duckdb":
            self.connection.disconnect()
        self._scratch.cleanup()

    def __enter__(self) -> Records:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
