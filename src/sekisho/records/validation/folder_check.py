"""Validating a records folder: all faults of every table, then all contradictions between tables."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
from ibis.backends.duckdb import Backend

from sekisho.records import on_duckdb
from sekisho.records.checks import unreadable, value_problems
from sekisho.records.csv_text import header_of, misshapen_rows
from sekisho.records.errors import RecordsError
from sekisho.records.folder import Source, sources
from sekisho.records.on_duckdb import literal, quoted
from sekisho.records.problems import Problem, problem_of
from sekisho.records.reading import FILE, ROW, Reading, reading_of_csv, reading_of_parquet
from sekisho.records.validation.balances import balance_checks, balance_tables
from sekisho.records.validation.clocks import clock_checks, clock_tables
from sekisho.records.validation.cross_check import CrossCheck, cross_problems
from sekisho.records.validation.executions import EXECUTIONS, execution_checks
from sekisho.records.validation.order_lives import ORDER_LIFE, order_life_checks
from sekisho.records.validation.references import reference_checks
from sekisho.records.validation.steps import step_checks


def validate_folder(folder: Path, *, threads: int | None = None, memory_limit: str | None = None) -> list[Problem]:
    """Every fault of a records folder, by file and row; of each kind and column the first hundred, with their total.

    A table whose file cannot be read at all is one problem and takes no part in the comparison of tables. Raises
    RecordsError only when the folder itself is unusable.
    """
    found = sources(Path(folder))
    problems: list[Problem] = []
    readings: dict[str, Reading] = {}
    with TemporaryDirectory(prefix="sekisho-") as scratch:
        connection = on_duckdb.connect(Path(scratch), threads, memory_limit)
        for source in found:
            try:
                reading, own = _table_problems(connection, source)
                _present(connection, reading, Path(scratch))
            except RecordsError as error:
                problems.append(problem_of(error, "unusable"))
                continue
            readings[source.table.name] = reading
            problems += own
        problems += _contradictions(connection, readings)
        connection.disconnect()
    return problems


def _table_problems(connection: Backend, source: Source) -> tuple[Reading, list[Problem]]:
    if not source.is_csv:
        reading = reading_of_parquet(source)
        return reading, value_problems(connection, reading)
    reading = reading_of_csv(source)
    try:
        return reading, value_problems(connection, reading)
    except RecordsError:
        misshapen = list(misshapen_rows(source.files[0], header_of(source)))
        if not misshapen:
            raise
        if any(problem.kind != "shape" for problem in misshapen):
            raise misshapen[-1].error() from None
    lenient = reading_of_csv(source, left_out=[problem.row or 0 for problem in misshapen])
    return lenient, misshapen + value_problems(connection, lenient)


def _present(connection: Backend, reading: Reading, scratch: Path) -> None:
    """Shows the table under its name with two more columns, the file and the row of every record."""
    query = f"SELECT {reading.projection}, {FILE}, {ROW} FROM {reading.placed}"
    try:
        if not reading.exact:
            target = literal(str(scratch / f"{reading.table.name}.parquet"))
            connection.raw_sql(f"COPY ({query}) TO {target} (FORMAT parquet)")
            query = f"FROM read_parquet({target})"
        connection.raw_sql(f"CREATE VIEW {quoted(reading.table.name)} AS {query}")
    except duckdb.Error as error:
        raise unreadable(reading, error) from None


def _contradictions(connection: Backend, readings: dict[str, Reading]) -> list[Problem]:
    problems: list[Problem] = []
    for statements, checks in comparisons(readings.keys()):
        try:
            for statement in statements:
                connection.raw_sql(statement)
            problems += [problem for check in checks for problem in cross_problems(connection, check, readings)]
        except duckdb.OutOfMemoryException:
            raise RecordsError("validation", "does not fit into the memory limit", "raise --memory-limit") from None
        except (duckdb.OutOfRangeException, duckdb.ConversionException) as error:
            problems.append(_not_compared(checks[0], error))
    return problems


def comparisons(present: Collection[str]) -> Iterator[tuple[list[str], list[CrossCheck]]]:
    """Statements to run and the checks that read what they made. Orders come first: others look them up."""
    if "order_event" in present:
        traded = "trade" in present
        yield [ORDER_LIFE], list(order_life_checks())
        yield list(EXECUTIONS) if traded else [], list(execution_checks()) if traded else []
    yield list(clock_tables(present)), list(clock_checks(present))
    yield list(balance_tables(present)), list(balance_checks(present))
    yield [], list(step_checks(present))
    yield [], list(reference_checks(present))


def _not_compared(check: CrossCheck, error: duckdb.Error) -> Problem:
    reason = str(error).partition("\n")[0]
    return Problem(
        file=check.table,
        column=check.column,
        kind="not_compared",
        problem=f"cannot be compared with other records: {reason}",
        remedy="look for values out of proportion",
    )
