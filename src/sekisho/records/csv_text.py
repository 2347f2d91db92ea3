"""CSV tables: checked as text, then read once into Parquet with the contract's types."""

from __future__ import annotations

import csv
from pathlib import Path

from ibis.backends.duckdb import Backend

from sekisho.records.folder import Source
from sekisho.records.on_duckdb import SQL_TYPES, literal, quoted


def parquet_from_csv(connection: Backend, source: Source, place: Path) -> Source:
    """Writes the CSV of ``source`` as Parquet into ``place`` and gives the source to read instead."""
    table = source.table
    with source.files[0].open(encoding="utf-8-sig", newline="") as text:
        header = next(csv.reader(text))
    names = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in header)
    expressions = ", ".join(
        f"{quoted(name)}::{SQL_TYPES[table.by_name[name].kind]} AS {quoted(name)}" if name in table.by_name else quoted(name)
        for name in header
    )
    target = place / f"{table.name}.parquet"
    connection.raw_sql(
        f"COPY (SELECT {expressions} FROM read_csv({literal(str(source.files[0]))}, auto_detect = false, header = true, "
        f"delim = ',', quote = '\"', escape = '\"', columns = {{{names}}})) TO {literal(str(target))} (FORMAT parquet)"
    )
    return Source(table, (target,))
