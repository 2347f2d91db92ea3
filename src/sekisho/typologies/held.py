"""Intermediate tables that several questions share, computed once and dropped when the questions are answered."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sekisho.records import Records

_numbers = count(1)


@contextmanager
def held(records: Records, expression: Any) -> Iterator[Any]:
    """The expression's rows as a temporary table while the block runs.

    On Spark the expression is handed back as it is: a cached plan loses the merging of small partitions, which costs
    more than it saves.
    """
    if records.engine != "duckdb":
        yield expression
        return
    name = f"held_{next(_numbers)}"
    table = records.connection.create_table(name, expression, temp=True)
    try:
        yield table
    finally:
        records.connection.raw_sql(f"DROP TABLE {name}")  # Ibis's own drop_table writes a statement without the name
