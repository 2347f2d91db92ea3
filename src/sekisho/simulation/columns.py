"""Columns of the record tables from arrays: exact decimals, ids and times, without a Python object for each value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from sekisho.records import TABLES
from sekisho.simulation.kernel import Longs

UNIT = 100_000_000
"""Quantities and yen are whole numbers of 1 / UNIT: eight places."""

MARKET_DECIMAL = pa.decimal128(18, 8)
WIDE = pa.decimal128(38, 18)


def decimals(units: Longs, missing: NDArray[np.bool_] | None = None) -> pa.Array:
    """Eight-place decimals from whole units; null where ``missing``."""
    words = np.empty((units.size, 2), np.int64)
    words[:, 0] = units
    words[:, 1] = units >> 63
    column = pa.Array.from_buffers(MARKET_DECIMAL, units.size, [None, pa.py_buffer(words)])
    return column if missing is None else pc.if_else(pa.array(~missing), column, pa.scalar(None, MARKET_DECIMAL))


def wide_decimals(units: Longs) -> pa.Array:
    """The same with the precision and scale of balances."""
    words = np.empty((units.size, 2), np.int64)
    words[:, 0] = units
    words[:, 1] = units >> 63
    narrow = pa.Array.from_buffers(pa.decimal128(28, 8), units.size, [None, pa.py_buffer(words)])
    return narrow.cast(WIDE)


def ids(letter: str, numbers: NDArray[Any]) -> pa.Array:
    """Ids such as ``T1000000017``."""
    return pc.binary_join_element_wise(pa.scalar(letter), pc.cast(pa.array(numbers), pa.string()), "")


def words(codes: NDArray[Any], names: Sequence[str] | pa.Array) -> pa.Array:
    """Words by their place in ``names``."""
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)), pa.array(names))


def times(microseconds: Longs) -> pa.Array:
    """Times in UTC from microseconds since 1970."""
    return pa.array(microseconds).cast(pa.timestamp("us", "UTC"))


def writer(path: Path, schema: pa.Schema, plain: Sequence[str] = ()) -> pq.ParquetWriter:
    """A Parquet file to be filled batch by batch; ``plain`` columns hold ids that never repeat."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return pq.ParquetWriter(
        path,
        schema,
        compression="zstd",
        compression_level=1,
        use_dictionary=[name for name in schema.names if name not in plain],
        store_decimal_as_integer=True,
        store_schema=False,
    )


def write(folder: Path, name: str, content: Sequence[Mapping[str, object]] | Mapping[str, pa.Array]) -> int:
    """Write one record table from rows or from whole columns; returns the number of rows."""
    schema = TABLES[name].arrow_schema
    if isinstance(content, Mapping):
        given = [content.get(each) for each in schema.names]
        length = len(next(column for column in given if column is not None))
        columns = [
            pa.nulls(length, field.type) if column is None else pa.array(column).cast(field.type)
            for column, field in zip(given, schema, strict=True)
        ]
        table = pa.Table.from_arrays(columns, schema=schema)
    else:
        table = pa.Table.from_pylist([{each: row.get(each) for each in schema.names} for row in content], schema)
    pq.write_table(table, folder / f"{name}.parquet", compression="zstd")
    return int(table.num_rows)
