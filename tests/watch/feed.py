"""A simulated exchange played into a growing folder, piece by piece."""

from __future__ import annotations

import json
import shutil
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

RULES = "unfair_trading/wash_trading,unfair_trading/layering"
REGISTERS = ("account", "party", "party_link", "instrument", "asset", "reference_price")
EVENTS = ("order_event", "trade")


def registers(books: Path, into: Path) -> None:
    """Lay the slow tables beside the events."""
    into.mkdir(parents=True, exist_ok=True)
    for name in REGISTERS:
        shutil.copy(books / f"{name}.parquet", into / f"{name}.parquet")


def pieces(books: Path, number: int) -> list[dict[str, pa.Table]]:
    """The events of the books cut into so many pieces of equal stretches of the venue's sequence."""
    tables = {name: pq.read_table(books / f"{name}.parquet") for name in EVENTS}
    last = max(pc.max(table["sequence"]).as_py() for table in tables.values())
    edges = [last * part // number for part in range(number + 1)]
    return [{name: _between(table, low, high) for name, table in tables.items()} for low, high in pairwise(edges)]


def as_csv(table: pa.Table, *, header: bool) -> bytes:
    """The table as the contract writes CSV."""
    sink = pa.BufferOutputStream()
    columns = {name: _text(table[name]) for name in table.schema.names}
    pacsv.write_csv(pa.table(columns), sink, pacsv.WriteOptions(include_header=header, quoting_style="needed"))
    return bytes(sink.getvalue())


def as_json_lines(table: pa.Table) -> list[bytes]:
    """The table as one JSON object a row."""
    rows: list[dict[str, Any]] = pa.table({name: _text(table[name]) for name in table.schema.names}).to_pylist()
    return [json.dumps(row).encode() for row in rows]


def findings(folder: Path) -> list[str]:
    """The ids of the findings in a result folder."""
    return [str(name) for name in pq.read_table(folder / "findings.parquet")["finding_id"].to_pylist()]


def told(out: Path) -> list[dict[str, Any]]:
    """The lines of alerts.jsonl."""
    return [json.loads(line) for line in (out / "alerts.jsonl").read_text(encoding="utf-8").splitlines()]


def standing(out: Path) -> list[str]:
    """The findings of the alerts that stand at the end."""
    last = {line["alert_id"]: line for line in told(out)}
    return sorted(line["finding"]["finding_id"] for line in last.values() if line["state"] != "withdrawn")


def _between(table: pa.Table, low: int, high: int) -> pa.Table:
    sequence = table["sequence"]
    return table.filter(pc.and_(pc.greater(sequence, low), pc.less_equal(sequence, high)))


def _text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_timestamp(column.type):
        return pc.strftime(column, format="%Y-%m-%dT%H:%M:%SZ")
    if pa.types.is_decimal(column.type):  # Arrow writes a zero as 0E-8
        return pa.chunked_array([pa.array([None if value is None else f"{value:f}" for value in column.to_pylist()], pa.string())])
    return column.cast(pa.string())
