"""Reads the worked examples in cases.yaml: records as small tables, a day, and what must be found."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pyarrow as pa

from sekisho.engine.penalty_case import PenaltyCase, read_case
from sekisho.records import TABLES
from sekisho.rulebook.rule import Rule
from sekisho.rulebook.strict_yaml import Listed, Reader, read_yaml

CASE_KEYS = {"name", "regime", "as_of", "assume", "records", "request", "request_order", "request_wallet", "case", "expect"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One worked example of a rule."""

    rule: Rule
    name: str
    regime: str | None
    as_of: date
    assume: dict[str, Any]
    records: dict[str, pa.Table]
    request: dict[str, Any] | None
    case: PenaltyCase | None
    request_order: dict[str, Any] | None
    request_wallet: dict[str, Any] | None
    expect: dict[str, Any]


def cases_of(rule: Rule) -> Iterator[Case]:
    """Every example of a rule; an unknown key in one is an error with file and line."""
    file = rule.folder / "cases.yaml"
    value = read_yaml(file)
    assert isinstance(value, Listed), f"{file}: cases are a list"
    for entry, line in zip(value, value.lines, strict=True):
        yield _case(rule, Reader(entry, "case", file, line))


def _case(rule: Rule, reader: Reader) -> Case:
    case = Case(
        rule=rule,
        name=reader.take("name", str),
        regime=reader.maybe("regime", str),
        as_of=reader.take("as_of", date),
        assume=dict(reader.maybe("assume", dict) or {}),
        records={name: table_of(name, text) for name, text in (reader.maybe("records", dict) or {}).items()},
        request=reader.maybe("request", dict),
        case=_penalty_case(reader),
        request_order=reader.maybe("request_order", dict),
        request_wallet=reader.maybe("request_wallet", dict),
        expect=dict(reader.take("expect", dict)),
    )
    reader.done()
    return case


def _penalty_case(reader: Reader) -> PenaltyCase | None:
    """A penalty case as it would stand in a file of its own."""
    told = reader.maybe("case", dict)
    return None if told is None else read_case(msgspec.json.encode(told), str(reader.mapped.file))


def table_of(name: str, text: str) -> pa.Table:
    """A table written as aligned text: a header, then one record a line; ``-`` is null."""
    lines = [shlex.split(line) for line in text.strip().splitlines() if line.strip()]
    header, rows = lines[0], lines[1:]
    kinds = {column.name: column.kind for column in TABLES[name].columns}
    for row in rows:
        assert len(row) == len(header), f"{name}: {row} has {len(row)} cells, the header has {len(header)}"
    columns = {
        column: pa.array([typed(kinds[column], row[at]) for row in rows], type=_TYPES[kinds[column]])
        for at, column in enumerate(header)
    }
    return pa.table(columns)


def typed(kind: str, cell: str) -> Any:
    """One cell as its column's kind; ``-`` is null."""
    if cell == "-":
        return None
    return _READ[kind](cell)


def _moment(cell: str) -> datetime:
    moment = datetime.fromisoformat(cell)
    assert moment.tzinfo is not None, f"{cell}: write times in UTC, ending in Z"
    return moment.astimezone(UTC)


_READ: dict[str, Any] = {
    "string": str,
    "integer": int,
    "boolean": {"true": True, "false": False}.__getitem__,
    "date": date.fromisoformat,
    "time": _moment,
    "decimal": Decimal,
}
_TYPES = {
    "string": pa.string(),
    "integer": pa.int64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "time": pa.timestamp("us", "UTC"),
    "decimal": pa.decimal128(38, 18),
}

__all__ = ["Case", "cases_of", "table_of", "typed"]
