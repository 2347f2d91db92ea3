"""Mapping files: how one exchange's own columns become record tables, written down by somebody who knows them.

Read strictly: an unknown key, an unknown column of a table, or a column left out is refused with file and line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sekisho.records.convert.fields import UnixUnit
from sekisho.records.convert.staging import MARKET
from sekisho.records.errors import RecordsError
from sekisho.records.table import Column, Table
from sekisho.records.tables import TABLES
from sekisho.rulebook.strict_yaml import Reader, RulebookError, read_fully, read_yaml

UNIX_UNITS: Mapping[str, UnixUnit] = {
    "unix_s": "s",
    "unix_ms": "ms",
    "unix_us": "us",
    "unix_ns": "ns",
}
COMPUTED_SEQUENCE = "time"
_PLACES, _MARKET_PLACES = 18, 8


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """Where one column of a record table comes from: a source column, several joined, a constant, or a computation."""

    target: Column
    place: str
    columns: tuple[str, ...] = ()
    separator: str = ""
    constant: str | None = None
    computed: str | None = None
    values: Mapping[str, str] | None = None
    time: str | None = None
    zone: str | None = None
    decimal_mark: str = "."
    scale: int = 0
    null_words: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The source column, or the name under which joined columns are read."""
        return self.columns[0] if len(self.columns) == 1 else f"join of {self.target.name}"


@dataclass(frozen=True, slots=True)
class TableMapping:
    """One record table: its source files, which rows count, and its columns."""

    table: Table
    place: str
    file: str
    columns: tuple[ColumnMapping, ...]
    delimiter: str = ","
    encoding: str = "utf-8"
    header: tuple[str, ...] = ()
    where_column: str | None = None
    where_words: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()

    @property
    def computes_sequence(self) -> bool:
        """Whether the venue's order is to be worked out from the times."""
        return any(column.computed for column in self.columns)


def read_mapping(path: Path) -> tuple[TableMapping, ...]:
    """Read a mapping file; raises RecordsError naming file and line."""
    if not path.is_file():
        raise RecordsError(str(path), "no such file", "give the mapping file with --mapping")
    try:
        return read_fully(Reader(read_yaml(path), "the mapping", path), _mapping)
    except RulebookError as error:
        place, _, problem = str(error).partition(": ")
        raise RecordsError(place, problem, "docs/converters.md shows a mapping file") from None


def _mapping(reader: Reader) -> tuple[TableMapping, ...]:
    tables = reader.inside("tables", "tables")
    mapped = tuple(read_fully(inner, partial(_table, name)) for name, inner in tables.entries())
    if not mapped:
        raise reader.error("no table is mapped", "tables")
    market = [mapping for mapping in mapped if "sequence" in mapping.table.by_name]
    if len({mapping.computes_sequence for mapping in market}) > 1:
        raise reader.error("'sequence' is computed in one table and read in another; do the same in both", "tables")
    return mapped


def _table(name: str, reader: Reader) -> TableMapping:
    table = TABLES.get(name)
    if table is None:
        raise reader.error(f"'{name}' is not a record table; 'sekisho records describe' lists them")
    columns = reader.inside("columns", f"columns of {name}")
    where = reader.inside("where", f"where of {name}") if "where" in reader.mapped else None
    mapping = TableMapping(
        table=table,
        place=reader.where(),
        file=reader.take("file", str),
        columns=tuple(read_fully(inner, partial(_column, table, target)) for target, inner in columns.entries()),
        delimiter=reader.take_or("delimiter", str, ","),
        encoding=reader.take_or("encoding", str, "utf-8"),
        header=reader.words("header"),
        where_column=where.take("column", str) if where else None,
        where_words=where.words("is", required=True) if where else (),
        keep=reader.words("keep"),
    )
    if where:
        where.done()
    if len(mapping.delimiter) != 1:
        raise reader.error(f"{name}: 'delimiter' must be one character", "delimiter")
    missing = [c.name for c in table.columns if not c.nullable and c.name not in {m.target.name for m in mapping.columns}]
    if missing:
        raise columns.error(f"{name} needs the column '{missing[0]}', which is not mapped")
    clash = [column for column in mapping.keep if column in table.by_name]
    if clash:
        raise reader.error(f"{name}: 'keep' may not name '{clash[0]}', a column of the table itself", "keep")
    return mapping


def _column(table: Table, name: str, reader: Reader) -> ColumnMapping:
    target = table.by_name.get(name)
    if target is None:
        raise reader.error(f"{table.name} has no column '{name}'; 'sekisho records describe {table.name}' lists them")
    sources = [key for key in ("column", "join", "constant", "computed") if key in reader.mapped]
    if len(sources) != 1:
        raise reader.error(f"'{name}' needs exactly one of column, join, constant, computed")
    mapping = ColumnMapping(
        target=target,
        place=reader.where(),
        columns=reader.words(sources[0], required=True) if sources[0] in ("column", "join") else (),
        separator=reader.take_or("separator", str, "") if "join" in sources else "",
        constant=_constant(reader.any("constant"), reader) if "constant" in sources else None,
        computed=reader.word("computed", frozenset({COMPUTED_SEQUENCE})) if "computed" in sources else None,
        values=_words(reader.inside("values", f"values of {name}")) if "values" in reader.mapped else None,
        time=reader.maybe("time", str) if target.kind in ("time", "date") else None,
        zone=reader.maybe("zone", str) if target.kind == "time" else None,
        decimal_mark=reader.take_or("decimal_mark", str, ".") if target.kind == "decimal" else ".",
        scale=reader.take_or("scale", int, 0) if target.kind == "decimal" else 0,
        null_words=reader.words("null") if target.nullable else (),
    )
    _check(mapping, reader, places_max=_MARKET_PLACES if table.name in MARKET else _PLACES)
    return mapping


def _check(mapping: ColumnMapping, reader: Reader, *, places_max: int) -> None:
    name, target = mapping.target.name, mapping.target
    if len(mapping.columns) > 1 and "column" in reader.mapped:
        raise reader.error(f"'{name}': 'column' is one column; use join for several", "column")
    if mapping.computed and name != "sequence":
        raise reader.error(f"'{name}' cannot be computed, only 'sequence' can", "computed")
    if target.kind == "time" and mapping.columns:
        _check_time(mapping, reader)
    if mapping.decimal_mark not in (".", ","):
        raise reader.error(f"'{name}': 'decimal_mark' is '.' or ','", "decimal_mark")
    if not 0 <= mapping.scale <= places_max:
        raise reader.error(f"'{name}': 'scale' is a whole number from 0 to {places_max}", "scale")
    for word in (mapping.values or {}).values():
        if target.values and word not in target.values:
            raise reader.error(f"'{name}' cannot be '{word}'; it is one of {', '.join(target.values)}", "values")
    if target.values and mapping.constant is not None and mapping.constant not in target.values:
        raise reader.error(f"'{name}' cannot be '{mapping.constant}'; it is one of {', '.join(target.values)}", "constant")


def _check_time(mapping: ColumnMapping, reader: Reader) -> None:
    """A time says either its offset or its zone: never neither, never both."""
    name, time = mapping.target.name, mapping.time
    if time is None:
        raise reader.error(f"'{name}' needs 'time': {', '.join(UNIX_UNITS)}, iso, or a pattern such as %Y/%m/%d %H:%M:%S")
    if time in UNIX_UNITS and mapping.zone:
        raise reader.error(f"'{name}': a Unix time has no zone; remove 'zone'", "zone")
    if time not in UNIX_UNITS and time != "iso":
        if "%" not in time:
            raise reader.error(f"'{name}': '{time}' is neither {', '.join(UNIX_UNITS)}, iso, nor a pattern with %", "time")
        if ("%z" in time) == bool(mapping.zone):
            raise reader.error(f"'{name}': give 'zone' or put %z into the pattern, one of the two", "time")


def _constant(value: object, reader: Reader) -> str:
    if value is None or isinstance(value, (dict, list)):
        raise reader.error("a constant is one value; leave the column out for none", "constant")
    return str(value).lower() if isinstance(value, bool) else str(value)


def _words(reader: Reader) -> dict[str, str]:
    words = {word: _constant(reader.any(word), reader) for word in list(reader.mapped)}
    reader.done()
    return words
