"""Reads a register of operators and a list of warnings from the firm's files: record tables, or the compilation on finwiki."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from sekisho.records import TABLES, RecordsError, Table
from sekisho.records.csv_text import check_text
from sekisho.typologies.operator_names import EXCHANGE, Operator, Warned, operator_of, registered_for, split_names, warned_of

_FINWIKI = {"slug", "name", "kind", "reg_no", "page_status", "aliases"}
_FINWIKI_WARNINGS = {"date", "operator", "operator_key"}


def read_register(register: Path, warnings: Path | None) -> tuple[list[Operator], list[Warned]]:
    """The operators and the warnings; raises RecordsError.

    Both files are CSV with the columns of ``registered_operator`` and ``operator_warning``, or those of the compilation of
    Japanese operators on finwiki (slug, name, kind, reg_no, …), which holds names of warned operators in the register, too.
    """
    rows = _rows(register)
    columns = set(rows[0]) if rows else set()
    named_there: list[Warned] = []
    if columns >= _FINWIKI:
        operators = [_finwiki_operator(row) for row in rows if row["kind"] == "japan"]
        named_there = [_finwiki_warned(row) for row in rows if row["kind"] != "japan"]
    else:
        typed = _typed(rows, TABLES["registered_operator"], register.name)
        operators = registered_for((operator_of(row) for row in typed), (EXCHANGE,))
    if warnings is None:
        return operators, named_there
    told = _rows(warnings)
    if told and set(told[0]) >= _FINWIKI_WARNINGS:
        return operators, _finwiki_warnings(told, named_there, warnings.name)
    return operators, [warned_of(row) for row in _typed(told, TABLES["operator_warning"], warnings.name)] + named_there


def _rows(file: Path) -> list[dict[str, str]]:
    try:
        check_text(file)
        with file.open(encoding="utf-8-sig", newline="") as text:
            rows = list(csv.DictReader(text, strict=True))
    except (OSError, csv.Error) as error:
        said = getattr(error, "strerror", None) or str(error)
        raise RecordsError(str(file), f"cannot be read: {said}", "give a CSV file with a header row") from None
    for number, row in enumerate(rows, 1):
        if None in row or None in row.values():
            raise RecordsError(file.name, "has more or fewer cells than the header", "give each column one cell", row=number)
    if not rows:
        raise RecordsError(file.name, "holds no row", "an empty register would make every operator unknown; give the real one")
    return rows


def _typed(rows: Iterable[Mapping[str, str]], table: Table, file: str) -> list[dict[str, Any]]:
    return [
        {column.name: _cell(row, column.name, table, file, number) for column in table.columns}
        for number, row in enumerate(rows, 1)
    ]


def _cell(row: Mapping[str, str], name: str, table: Table, file: str, number: int) -> Any:
    column = table.by_name[name]
    if name not in row and not column.nullable and name != "owner":
        raise RecordsError(file, f"column '{name}' is missing", f"'sekisho records describe {table.name}' lists the columns")
    text = row.get(name, "").strip()
    if not text:
        if column.nullable or name == "owner":
            return None
        raise RecordsError(file, "is empty", "give a value", row=number, column=name)
    if column.kind == "date":
        return _day(text, file, number, name)
    return text


def _day(text: str, file: str, number: int, column: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise RecordsError(file, f"'{text}' is not a date", "write YYYY-MM-DD", row=number, column=column) from None


def _finwiki_operator(row: Mapping[str, str]) -> Operator:
    # The day a deprecated page's operator left is not in the file: it counts as off the register throughout.
    told = operator_of({"operator_id": row["slug"], "name": row["name"], "other_names": row["aliases"]})
    return Operator(
        operator_id=told.operator_id,
        name=told.name,
        other_names=told.other_names,
        bureau=row.get("reg_bureau") or None,
        number=row["reg_no"] or None,
        left_on=date.min if row["page_status"] == "deprecated" else None,
    )


def _finwiki_warned(row: Mapping[str, str]) -> Warned:
    return Warned(warning_id=row["slug"], name=row["name"], other_names=split_names(row["aliases"]), warned_on=None)


def _finwiki_warnings(rows: Iterable[Mapping[str, str]], named: list[Warned], file: str) -> list[Warned]:
    """The dated warnings, each under all names its operator has in the register."""
    by_name = {name.lower(): each for each in named for name in (each.name, *each.other_names)}
    told = []
    for number, row in enumerate(rows, 1):
        other = by_name.get(row["operator"].lower()) or by_name.get(row["operator_key"].lower())
        names = (row["operator_key"], *((other.name, *other.other_names) if other else ()))
        day = _day(row["date"], file, number, "date")
        told.append(Warned(warning_id=f"{row['operator_key']}|{day}", name=row["operator"], other_names=names, warned_on=day))
    dated = {name for each in told for name in (each.name, *each.other_names)}
    return told + [each for each in named if each.name not in dated]
