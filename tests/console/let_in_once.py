"""The people of nearly every test: let in once a process by the console's own act; then the rows it wrote are put in again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import connection

from sekisho.console.administration.first_people import Newcomer, let_in
from sekisho.console.journal.models import Change

Row = tuple[Any, ...]
_WRITTEN: dict[tuple[Newcomer, ...], dict[str, list[Row]]] = {}


def let_in_once(newcomers: tuple[Newcomer, ...]) -> None:
    """Let the newcomers in.

    The whole act has a test that commits, that runs on PostgreSQL (whose sequences outlive a test), or whose journal has begun.
    """
    if connection.vendor != "sqlite" or not connection.in_atomic_block or Change.objects.exists():
        let_in(newcomers)
    elif newcomers in _WRITTEN:
        _put_in(_WRITTEN[newcomers])
    else:
        before, written = dict(_rows()), dict[str, list[Row]]()
        let_in(newcomers)
        for table, rows in _rows():
            assert set(before[table]) <= set(rows), f"letting people in changed what stood in {table}"
            if new := [row for row in rows if row not in before[table]]:
                written[table] = new
        _WRITTEN[newcomers] = written


def _rows() -> Iterator[tuple[str, list[Row]]]:
    """Every table with its rows, without what words are found by."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if not table.startswith("alerts_words"):
                cursor.execute(f'SELECT * FROM "{table}"')
                yield table, cursor.fetchall()


def _put_in(written: dict[str, list[Row]]) -> None:
    with connection.cursor() as cursor:
        for table, rows in written.items():
            cursor.executemany(f'INSERT INTO "{table}" VALUES ({", ".join(["%s"] * len(rows[0]))})', rows)
