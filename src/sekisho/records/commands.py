"""``sekisho records``: what the record tables are, what is wrong with a folder of them, and reading other formats."""

from __future__ import annotations

import importlib
import json
import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid

from sekisho.records.describing import describe
from sekisho.records.errors import RecordsError, one_line
from sekisho.records.problems import Problem, shortened
from sekisho.records.tables import TABLES
from sekisho.records.validation import validate_folder

PROBLEMS_FOUND = 1
UNUSABLE = 2
_SHOWN_MAX = 50

app = typer.Typer(help="Record tables: describe them, validate a folder of them, convert other formats.", no_args_is_help=True)
_Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


@app.command("describe")
def describe_command(
    table: Annotated[str | None, typer.Argument(help="Name of a table, such as trade. Default: all of them.")] = None,
    as_json: _Json = False,
) -> None:
    """Describe the record tables: columns, types, units, and the FIX, IVMS101 and ISO terms they map to.

    A records folder holds NAME.parquet, NAME.csv, or a folder NAME/ of Parquet parts for each table; none is required.
    """
    try:
        described = describe(table)
    except RecordsError as error:
        _stop(error)
    if as_json:
        typer.echo(json.dumps(described, ensure_ascii=False, indent=2))
        return
    console = Console()
    if table is None:
        console.print(_overview())
        console.print("'sekisho records describe TABLE' shows a table's columns.")
    else:
        console.print(_columns(table))


def _overview() -> Grid:
    grid = Grid("table", "one row is", "named by", "columns")
    for table in TABLES.values():
        grid.add_row(table.name, table.meaning, " | ".join(table.key), str(len(table.columns)))
    return grid


def _columns(name: str) -> Grid:
    table = TABLES[name]
    grid = Grid("column", "kind", "null", "unit", "meaning", "standard", title=f"{name}: {table.meaning}", title_justify="left")
    for column in table.columns:
        meaning = f"{column.meaning}. One of: {', '.join(column.values)}" if column.values else column.meaning
        cells = (column.kind, "yes" if column.nullable else "", column.unit or "", meaning, column.standard or "")
        grid.add_row(column.name, *(escape(cell) for cell in cells))
    return grid


@app.command("validate")
def validate_command(
    folder: Annotated[Path, typer.Argument(help="Records folder: NAME.parquet, NAME.csv or NAME/ for each table.")],
    threads: Annotated[int | None, typer.Option(help="Threads; default: all cores.", min=1)] = None,
    memory_limit: Annotated[str | None, typer.Option(help="Memory, such as 3GB; beyond it, work spills to disk.")] = None,
    as_json: _Json = False,
) -> None:
    """List every fault of a records folder: unreadable values, repeated ids, and tables that contradict each other.

    Exit status 0 when there is none, 1 when there are faults, 2 when the folder is unusable.
    """
    try:
        problems = validate_folder(folder, threads=threads, memory_limit=memory_limit)
    except RecordsError as error:
        _stop(error)
    if as_json:
        typer.echo(json.dumps({"problems": [asdict(p) for p in problems]}, ensure_ascii=False, indent=2))
    else:
        _print_problems(problems)
    if problems:
        raise typer.Exit(PROBLEMS_FOUND)


def _print_problems(problems: list[Problem]) -> None:
    console = Console()
    if not problems:
        console.print("no problem found")
        return
    grid = Grid("file", "row", "column", "value", "problem", "what to do")
    for p in problems[:_SHOWN_MAX]:
        row, value = "" if p.row is None else str(p.row), "" if p.value is None else shortened(p.value)
        grid.add_row(*(escape(one_line(text)) for text in (p.file, row, p.column or "", value, p.problem, p.remedy)))
    console.print(grid)
    totals = Counter({(p.file.partition("/")[0], p.column, p.kind, p.problem): p.total for p in problems})
    console.print(
        f"{totals.total()} problems of {len(totals)} kinds; {min(len(problems), _SHOWN_MAX)} are shown, --json lists more"
    )
    for (file, column, _, problem), total in totals.most_common():
        where = file if column is None else f"{file}, column '{column}'"
        console.print(f"  {total} × {where}: {problem}", markup=False, highlight=False, soft_wrap=True)


def _stop(error: RecordsError) -> NoReturn:
    sys.stderr.write(f"sekisho: {error}\n")
    raise typer.Exit(UNUSABLE)


def _mount() -> None:
    """Adds ``convert`` and ``fetch``, which live beside what they read."""
    for name, place in (("convert", "sekisho.records.convert.commands"), ("fetch", "sekisho.records.nodes.commands")):
        app.command(name)(getattr(importlib.import_module(place), f"{name}_command"))


_mount()
