"""Parquet files of a table: which columns they have."""

from __future__ import annotations

import pyarrow.parquet as pq

from sekisho.records.folder import Source


def columns_of(source: Source) -> list[str]:
    """The columns the source's files have between them, in file order; ``date`` where the parts lie in date folders."""
    names: dict[str, None] = {}
    for file in source.files:
        names |= dict.fromkeys(pq.read_schema(file).names)
    if source.root is not None:
        names["date"] = None
    return list(names)
