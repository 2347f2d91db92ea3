"""Checks of single values: unreadable, missing, unknown words, not finite, negative, implausible, or an id used twice."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa
from ibis.backends.duckdb import Backend

from sekisho.records.errors import RecordsError, one_line
from sekisho.records.on_duckdb import literal, quoted
from sekisho.records.problems import Problem
from sekisho.records.reading import FILE, ROW, Reading
from sekisho.records.table import Column, Kind

SORTED_IN_MEMORY_MAX = 320_000_000
"""Ids whose hashes are sorted at a time (8 bytes each); more are looked at in several passes."""

_BATCH_ROWS = 1 << 20
_ROOM_LEAST = 1 << 16
_UNITS = {"bytes": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}

LISTED_MAX = 100
"""Faults listed for one column and kind; the rest are only counted."""


@dataclass(frozen=True, slots=True)
class Check:
    """A condition that rows must not meet. ``fails`` is SQL over the relation's columns."""

    kind: str
    column: str
    fails: str
    problem: str
    remedy: str


def value_problems(connection: Backend, reading: Reading, listed_max: int = LISTED_MAX) -> list[Problem]:
    """What is wrong with single values and ids of one table; the first ``listed_max`` of each kind and column."""
    checks = [check for name in reading.values for check in _checks(reading, reading.table.by_name[name])]
    counts = [f"count_if({check.fails})" for check in checks]
    if reading.table.unique:
        counts.append("count(*)")
    # Statistics in a file's footer are claims, and those of floats leave NaN out: the checks look at the values alone.
    connection.raw_sql("SET disabled_optimizers = 'statistics_propagation,filter_pushdown'")
    try:
        found = connection.con.execute(f"SELECT {', '.join(counts)} FROM {reading.relation}").fetchall()[0]
        failing = [(check, n) for check, n in zip(checks, found, strict=False) if n]
        problems = [problem for check, n in failing for problem in _list(connection, reading, check, n, listed_max)]
        assert len({(p.column, p.kind) for p in problems}) == len(failing), "every fault that is counted is listed"
        if reading.table.unique and _may_repeat(connection, reading, rows=found[-1]):
            problems += _duplicates(connection, reading, listed_max)
    except duckdb.Error as error:
        raise unreadable(reading, error) from None
    finally:
        connection.raw_sql("RESET disabled_optimizers")
    return sorted(problems, key=lambda p: (p.file, p.row or 0, p.column or "", p.kind))


def unreadable(reading: Reading, error: duckdb.Error) -> RecordsError:
    """The one line for what only shows when the file's content is read."""
    if isinstance(error, (duckdb.BinderException, duckdb.ParserException)):
        raise error
    told = str(error)
    line = re.search(r"CSV Error on Line: (\d+)", told)
    if line is not None:
        reason = _csv_reason(told)
        return RecordsError(reading.files[0], f"line {line[1]}: {reason}", "correct the line; quote cells that contain commas")
    if isinstance(error, duckdb.OutOfMemoryException):
        return RecordsError(reading.table.name, "does not fit into the memory limit", "raise --memory-limit")
    file = next((name for name in reading.files if name in told), reading.files[0])
    if reading.text:
        return RecordsError(file, "its line ends or quotes do not fit together", "use one kind of line end; close every quote")
    reason = one_line(told.splitlines()[0])
    return RecordsError(file, f"cannot be read (truncated or damaged): {reason}", "write or copy the file again")


def _csv_reason(told: str) -> str:
    cells = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", told)
    if cells is not None:
        return f"{cells[2]} cells where the header has {cells[1]}"
    if "Maximum line size" in told:
        return "the row is too long; a quote may not be closed"
    return "a quote is not closed" if "quote" in told.lower() else told.splitlines()[0]


def _values(reading: Reading, names: tuple[str, ...]) -> list[str]:
    return [reading.values.get(name, "NULL") for name in names]


def _checks(reading: Reading, column: Column) -> Iterator[Check]:
    text, value = quoted(column.name), reading.values[column.name]

    def check(kind: str, fails: str, problem: str, remedy: str) -> Check:
        return Check(kind, column.name, fails, problem, remedy)

    if not column.nullable:
        yield check("missing", f"{text} IS NULL", "is empty", "fill it; only columns marked nullable may be empty")
    if column.name in reading.floats:
        yield check("not_finite", f"NOT isfinite({text})", "is not a finite number", "write a number or leave it null")
        yield check("unreadable", f"isfinite({text}) AND {value} IS NULL", "is too large", "write it as DECIMAL")
    elif value != text:
        yield check("unreadable", f"{text} IS NOT NULL AND {value} IS NULL", "", "")
    if column.kind == "string" and not reading.text:
        yield check("empty_text", f"{text} = ''", "is an empty text", "write null, or fill it")
    if column.values:
        words = ", ".join(literal(word) for word in column.values)
        yield check("unknown_word", f"{value} NOT IN ({words})", "is not allowed", f"write one of {', '.join(column.values)}")
    if column.pattern:
        matches = f"regexp_full_match({value}, {literal(column.pattern)})"
        yield check("pattern", f"NOT {matches}", f"does not have the form {column.pattern}", "correct it")
    if column.kind in {"integer", "decimal"} and column.sign != "any":
        operator, problem = ("<", "is negative") if column.sign == "not_negative" else ("<=", "is not above zero")
        yield check("sign", f"{value} {operator} 0", problem, "correct it; the side or direction column carries the sign")
    if column.kind in {"time", "date"}:
        plausible = f"{value} >= '1800-01-01' AND {value} < '2200-01-01'"
        yield check("implausible", f"NOT ({plausible})", "is not a plausible time", "check the unit: times are microseconds")


def _list(connection: Backend, reading: Reading, check: Check, total: int, listed_max: int) -> Iterator[Problem]:
    rows = connection.con.execute(
        f"SELECT {FILE}, {ROW}, {quoted(check.column)}::VARCHAR FROM {reading.placed} WHERE {check.fails} "
        f"ORDER BY {FILE}, {ROW} LIMIT {listed_max}"
    ).fetchall()
    for file, row, value in rows:
        problem, remedy = check.problem, check.remedy
        if check.kind == "unreadable" and not problem:
            problem, remedy = _misread(reading.table.by_name[check.column].kind, value)
        yield Problem(
            file=reading.files[file],
            row=row,
            column=check.column,
            value=value,
            kind=check.kind,
            problem=problem,
            remedy=remedy,
            total=total,
        )


def _misread(kind: Kind, value: str) -> tuple[str, str]:
    """What is wrong with a text that is not what its kind wants, and what to write."""
    if kind == "decimal":
        if re.fullmatch(r"\s*[+-]?(nan|inf|infinity)\s*", value, re.IGNORECASE):
            return "is not a finite number", "write a number or leave the cell empty"
        return "is not a plain decimal number", "write digits and a point, at most 20 before and 18 after it"
    if kind == "time":
        if re.fullmatch(r"[\d-]+[T ][\d:.]+", value):
            return "has no time zone", "write UTC with a Z, such as 2026-05-02T02:36:23.201000Z"
        if re.fullmatch(r"[\d-]+[T ][\d:.]+\s?([+-][\d:]+|[A-Z]{2,5})", value):
            return "is not in UTC", "write UTC with a Z, such as 2026-05-02T02:36:23.201000Z"
        return "is not a time", "write UTC with a Z, such as 2026-05-02T02:36:23.201000Z"
    return {
        "integer": ("is not a whole number", "write digits only"),
        "boolean": ("is neither true nor false", "write true or false"),
        "date": ("is not a date", "write a Japan date such as 2026-05-02"),
        "string": ("is not text", "write text"),
    }[kind]


def _may_repeat(connection: Backend, reading: Reading, rows: int) -> bool:
    """Whether two rows share the hash of their id. Sorting the hashes takes a third of the time of counting distinct ones.

    More rows than fit are looked at in several passes, each over the hashes of one remainder: equal hashes meet in one pass.
    """
    hashed = f"hash({', '.join(_values(reading, reading.table.unique))})"
    passes = max(1, -(-rows // _sorted_at_once(connection)))
    # The order of the rows says nothing about whether they repeat, and keeping it costs most of the time.
    connection.raw_sql("SET preserve_insertion_order = false")
    try:
        for remainder in range(passes):
            of_pass = f" WHERE {hashed} % {passes} = {remainder}" if passes > 1 else ""
            query = f"SELECT {hashed} AS hash FROM {reading.relation}{of_pass}"
            if _repeats(connection.con.sql(query).to_arrow_reader(_BATCH_ROWS), rows // passes):
                return True
        return False
    finally:
        connection.raw_sql("RESET preserve_insertion_order")


def _sorted_at_once(connection: Backend) -> int:
    """How many hashes may lie in memory: half of the memory limit at most."""
    limit = connection.con.execute("SELECT current_setting('memory_limit')").fetchall()[0][0]
    number, unit = re.fullmatch(r"([\d.]+) (\w+)", limit).groups()  # type: ignore[union-attr]  # DuckDB's own words, as '3.7 GiB'
    half = int(float(number) * _UNITS[unit]) // 2
    return max(1, min(SORTED_IN_MEMORY_MAX, half // 8))


def _repeats(batches: Iterable[pa.RecordBatch], expected: int) -> bool:
    """Whether a hash is there twice, or one range of hashes holds more of them than different ones would ever fill."""
    if expected <= _BATCH_ROWS:
        return _has_equals(np.concatenate([np.empty(0, np.uint64), *(batch.column(0).to_numpy() for batch in batches)]))
    from sekisho.records.dealing import GROUPS, deal  # loads a compiler, which small tables do without

    dealt = np.empty((GROUPS, expected // GROUPS + expected // GROUPS // 16 + _ROOM_LEAST), np.uint64)
    filled = np.zeros(GROUPS, np.int64)
    if not all(deal(batch.column(0).to_numpy(), dealt, filled) for batch in batches):
        return True
    with ThreadPoolExecutor() as pool:
        return any(pool.map(_has_equals, (dealt[group, : filled[group]] for group in range(GROUPS))))


def _has_equals(hashes: np.ndarray[tuple[int], np.dtype[np.uint64]]) -> bool:
    hashes.sort()
    return bool((hashes[1:] == hashes[:-1]).any())


def _duplicates(connection: Backend, reading: Reading, listed_max: int) -> list[Problem]:
    """Rows whose id an earlier row has. Hashes that meet by chance are told apart here, by the values themselves."""
    unique = [reading.table.by_name[name] for name in reading.table.unique]
    names = ", ".join(quoted(column.name) for column in unique)
    values = ", ".join(f"{reading.values.get(column.name, 'NULL')} AS {quoted(column.name)}" for column in unique)
    whole = " AND ".join(f"{quoted(column.name)} IS NOT NULL" for column in unique if not column.nullable)
    connection.raw_sql(
        f"CREATE OR REPLACE TEMP TABLE shared AS SELECT {names}, count(*) - 1 AS more "
        f"FROM (SELECT {values} FROM {reading.relation}) WHERE {whole} GROUP BY ALL HAVING count(*) > 1"
    )
    total, shown = connection.con.execute("SELECT coalesce(sum(more), 0)::BIGINT, count(*) FROM shared").fetchone()
    same = " AND ".join(f"p.{quoted(column.name)} IS NOT DISTINCT FROM s.{quoted(column.name)}" for column in unique)
    rows = (
        connection.con.execute(
            f"SELECT {FILE}, {ROW}, {' || {} || '.format(literal('|')).join(_key_part(column) for column in unique)} AS id "
            f"FROM (SELECT {values}, {FILE}, {ROW} FROM {reading.placed}) p JOIN shared s ON {same} "
            f"QUALIFY row_number() OVER (PARTITION BY id ORDER BY {FILE}, {ROW}) > 1 ORDER BY {FILE}, {ROW} LIMIT {listed_max}"
        ).fetchall()
        if shown
        else []
    )
    return [
        Problem(
            file=reading.files[file],
            row=row,
            column=", ".join(reading.table.unique),
            value=value,
            kind="duplicate",
            problem="is there more than once",
            remedy="give every record its own id; remove the repeated row",
            total=total,
        )
        for file, row, value in rows
    ]


def _key_part(column: Column) -> str:
    value = f"p.{quoted(column.name)}"
    text = f"strftime({value}, '%Y-%m-%dT%H:%M:%S.%fZ')" if column.kind == "time" else f"{value}::VARCHAR"
    return f"coalesce({text}, '')"
