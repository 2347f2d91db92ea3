"""A check of records against each other: a query that gives the rows at fault."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ibis.backends.duckdb import Backend

from sekisho.records.checks import LISTED_MAX
from sekisho.records.problems import Problem
from sekisho.records.reading import FILE, ROW, Reading


@dataclass(frozen=True, slots=True)
class CrossCheck:
    """Rows of ``table`` that contradict other records.

    ``query`` gives file, row and the value at fault, in this order. It may leave file and row null where the fault lies
    between rows.
    """

    table: str
    column: str
    kind: str
    query: str
    problem: str
    remedy: str


def cross_problems(connection: Backend, check: CrossCheck, readings: Mapping[str, Reading]) -> list[Problem]:
    """The first rows at fault, and how many there are."""
    rows = connection.con.execute(
        f"SELECT file, row, value::VARCHAR, count(*) OVER () FROM ({check.query}) AS f(file, row, value) "
        f"ORDER BY file, row, value LIMIT {LISTED_MAX}"
    ).fetchall()
    files = readings[check.table].files
    return [
        Problem(
            file=check.table if file is None else files[file],
            row=row,
            column=check.column,
            value=value,
            kind=check.kind,
            problem=check.problem,
            remedy=check.remedy,
            total=total,
        )
        for file, row, value, total in rows
    ]


PLACE = f"{FILE}, {ROW}"
"""The columns that place a row, for queries over one table."""


def place_of(alias: str) -> str:
    """The columns that place a row of the relation ``alias``."""
    return f"{alias}.{FILE}, {alias}.{ROW}"
