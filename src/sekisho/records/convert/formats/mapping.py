"""Any exchange's own CSV or Parquet files, carried over as a mapping file says."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from pathlib import Path

import duckdb

from sekisho.records.convert.fields import (
    Field,
    exact_decimal,
    literal,
    number_wanted,
    quoted,
    signed,
    unix_time,
    whole_number,
)
from sekisho.records.convert.format import Conversion, Option, Options
from sekisho.records.convert.mapping_file import UNIX_UNITS, ColumnMapping, TableMapping, read_mapping
from sekisho.records.convert.staging import MARKET, Staging, require
from sekisho.records.errors import RecordsError

NAME = "mapping"
DESCRIPTION = "Any CSV or Parquet files, as the file given with --mapping describes them"
OPTIONS: dict[str, Option] = {}

_OFFSET = "(Z|[+-][0-9]{2}(:?[0-9]{2})?)"
_ISO = "[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,9})?"
_DAY = "%Y-%m-%d"
_PLACES_BY_DIVISION = 8


def convert(source: Path, out: Path, options: Options) -> Conversion:
    """Convert the files of ``source`` (a folder, or the one file the mapping names) as the mapping file says."""
    if options.mapping is None:
        raise RecordsError("--mapping", "is missing", "give the YAML file that describes the source")
    mappings = read_mapping(options.mapping)
    with Staging(out) as staging:
        counts = {}
        for mapping in mappings:
            _check_constants(staging, mapping)
            options.progress(f"reading {mapping.table.name}")
            left_out = _stage(staging, source, mapping)
            if mapping.where_column:
                counts[f"{mapping.table.name}_rows_left_out"] = left_out
        _compute_sequence(staging, mappings)
        options.progress("writing tables")
        for mapping in mappings:
            staging.write(mapping.table.name, _selection(staging, mapping))
        notes = [
            f"{count} rows were left out of {name.removesuffix('_rows_left_out')} by 'where'." for name, count in counts.items()
        ]
        return staging.conversion(notes, counts)


def _stage(staging: Staging, source: Path, mapping: TableMapping) -> int:
    """Read the files of one table into a table of its name; returns how many rows ``where`` left out."""
    name = mapping.table.name
    fields = {column.target.name: _field(staging, name, column) for column in mapping.columns if column.columns}
    left_out = 0
    for number, file in enumerate(_files(source, mapping)):
        wanted = {c for column in mapping.columns for c in column.columns} | set(mapping.keep)
        if mapping.where_column:
            wanted.add(mapping.where_column)
        _raw(staging, file, mapping, sorted(wanted))
        left_out += _filter(staging, mapping)
        for column in mapping.columns:
            if len(column.columns) > 1:
                parts = f" || {literal(column.separator)} || ".join(quoted(c) for c in column.columns)
                staging.sql(f"ALTER TABLE raw ADD COLUMN {quoted(column.text)} VARCHAR")
                staging.sql(f"UPDATE raw SET {quoted(column.text)} = {parts}")
        kept = {column: Field(column, quoted(column), "a text", nullable=True) for column in mapping.keep}
        staging.typed("part", file, "raw", fields | kept)
        staging.sql(f"CREATE TEMP TABLE IF NOT EXISTS {name}_rows AS SELECT {number} AS file, * FROM part LIMIT 0")
        staging.sql(f"INSERT INTO {name}_rows SELECT {number}, * FROM part")
    return left_out


def _files(source: Path, mapping: TableMapping) -> Sequence[Path]:
    if source.is_file():
        if source.name != mapping.file:
            raise RecordsError(mapping.place, f"names the file '{mapping.file}'", f"the source is the file {source.name}")
        return [source]
    files = sorted(source.glob(mapping.file))
    if not files:
        raise RecordsError(mapping.place, f"no file '{mapping.file}' in {source}", "correct 'file' or the source")
    return files


def _raw(staging: Staging, file: Path, mapping: TableMapping, wanted: Sequence[str]) -> None:
    """Bring the wanted columns of a file into table ``raw`` as texts; Parquet times keep their offset, if they have one."""
    if file.suffix == ".parquet":
        _raw_parquet(staging, file, wanted)
        return
    plain = staging.plain(file)
    if mapping.encoding.lower() != "utf-8":
        plain = _recoded(staging, file, plain, mapping)
    staging.raw_csv(file, plain, wanted, mapping.header or None, mapping.delimiter)


def _raw_parquet(staging: Staging, file: Path, wanted: Sequence[str]) -> None:
    try:
        kinds = {row[0]: str(row[1]) for row in staging.sql(f"DESCRIBE FROM read_parquet({literal(str(file))})").fetchall()}
        require(list(kinds), wanted, file)
        texts = ", ".join(f"{_as_text(column, kinds[column])} AS {quoted(column)}" for column in wanted)
        staging.sources.append(file)
        staging.sql(
            f"CREATE OR REPLACE TEMP TABLE raw AS SELECT file_row_number + 1 AS row, {texts} "
            f"FROM read_parquet({literal(str(file))}, file_row_number = true)"
        )
    except duckdb.Error as error:
        problem = f"not a readable Parquet file: {str(error).splitlines()[0]}"
        raise RecordsError(file.name, problem, "write the file again") from None


def _as_text(column: str, kind: str) -> str:
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"strftime({quoted(column)}, '%Y-%m-%dT%H:%M:%S.%fZ')"
    return f"CAST({quoted(column)} AS VARCHAR)"


def _recoded(staging: Staging, file: Path, plain: Path, mapping: TableMapping) -> Path:
    target = staging.work / f"{plain.name}.utf-8"
    try:
        codecs.lookup(mapping.encoding)
        with plain.open(encoding=mapping.encoding, newline="") as read, target.open("w", encoding="utf-8", newline="") as write:
            while block := read.read(1 << 20):
                write.write(block)
    except LookupError:
        raise RecordsError(mapping.place, f"encoding '{mapping.encoding}' is not known", "write utf-8 or cp932") from None
    except UnicodeDecodeError as error:
        problem = f"is not {mapping.encoding} text (byte {error.start} of a block)"
        raise RecordsError(file.name, problem, "correct 'encoding' in the mapping") from None
    return target


def _filter(staging: Staging, mapping: TableMapping) -> int:
    if mapping.where_column is None:
        return 0
    words = ", ".join(literal(word) for word in mapping.where_words)
    kept = f"coalesce({quoted(mapping.where_column)} IN ({words}), false)"
    left_out = staging.number(f"SELECT count(*) FROM raw WHERE NOT {kept}")
    staging.sql(f"DELETE FROM raw WHERE NOT {kept}")
    return left_out


def _field(staging: Staging, table: str, mapping: ColumnMapping) -> Field:
    """The strict reading of one mapped column."""
    target = mapping.target
    c = quoted(mapping.text)
    if mapping.null_words:
        c = f"CASE WHEN {c} NOT IN ({', '.join(literal(word) for word in mapping.null_words)}) THEN {c} END"
    if mapping.values is not None:
        cases = " ".join(f"WHEN {literal(word)} THEN {literal(meaning)}" for word, meaning in mapping.values.items())
        value, wanted = f"CASE {c} {cases} END", f"one of {', '.join(mapping.values)}"
    else:
        value, wanted = _reading(staging, table, mapping, c)
    return Field(mapping.text, value, wanted, target.nullable, mapping.null_words)


def _reading(staging: Staging, table: str, mapping: ColumnMapping, c: str) -> tuple[str, str]:
    target = mapping.target
    if target.kind == "decimal":
        return _decimal(mapping, c, market=table in MARKET)
    if target.kind == "integer":
        return whole_number(c), "a whole number"
    if target.kind == "boolean":
        return f"CASE lower({c}) WHEN 'true' THEN true WHEN 'false' THEN false END", "true or false; map other words with 'values'"
    if target.kind == "date":
        pattern = mapping.time or _DAY
        return f"CAST(try_strptime({c}, {literal(pattern)}) AS DATE)", f"a day written {pattern}"
    if target.kind == "time":
        return _time(staging, mapping, c)
    if target.values:
        words = ", ".join(literal(word) for word in target.values)
        return f"CASE WHEN {c} IN ({words}) THEN {c} END", f"one of {', '.join(target.values)}"
    return c, "a text"


def _decimal(mapping: ColumnMapping, c: str, *, market: bool) -> tuple[str, str]:
    precision, scale = (18, 8) if market else (38, 18)
    text = f"replace({c}, ',', '.')" if mapping.decimal_mark == "," else c
    if mapping.scale > _PLACES_BY_DIVISION:
        value = _from_smallest_units(text, mapping.scale)
    else:
        value = exact_decimal(text, precision=precision, scale=scale, divide_by_ten=mapping.scale)
    if mapping.decimal_mark == ",":
        value = f"CASE WHEN NOT contains({c}, '.') THEN {value} END"
    sign = mapping.target.sign
    return signed(value, sign), number_wanted(precision, scale, sign, mapping.scale)


def _from_smallest_units(c: str, places: int) -> str:
    """SQL that moves the point of a whole number by writing it: wei and the like have more digits than a product holds."""
    padded = f"lpad({c}, greatest(length({c}), {places + 1})::INTEGER, '0')"
    moved = f"left({padded}, -{places}) || '.' || right({padded}, {places})"
    return f"CASE WHEN regexp_full_match({c}, '[0-9]{{1,60}}') THEN TRY_CAST({moved} AS DECIMAL(38,18)) END"


def _time(staging: Staging, mapping: ColumnMapping, c: str) -> tuple[str, str]:
    time = mapping.time or "iso"
    if time in UNIX_UNITS:
        return unix_time(c, UNIX_UNITS[time]), f"a Unix time in whole {UNIX_UNITS[time]}"
    if mapping.zone is None:
        if time == "iso":
            cut = f"regexp_replace({c}, '([.][0-9]{{6}})[0-9]+', '\\1')"
            value = f"CASE WHEN regexp_full_match({c}, '{_ISO}{_OFFSET}') THEN TRY_CAST({cut} AS TIMESTAMPTZ) END"
            return value, "a time with its UTC offset (2026-05-02T09:30:00+09:00); without one, say its 'zone' in the mapping"
        return f"try_strptime({c}, {literal(time)})", f"a time written {time}"
    _check_zone(staging, mapping)
    if time == "iso":
        cut = f"regexp_replace({c}, '([.][0-9]{{6}})[0-9]+', '\\1')"
        local = f"CASE WHEN regexp_full_match({c}, '{_ISO}') THEN TRY_CAST({cut} AS TIMESTAMP) END"
    else:
        local = f"try_strptime({c}, {literal(time)})"
    return _in_zone(local, mapping.zone), (
        f"one moment in {mapping.zone}: a time written {time} without an offset, that the clocks there showed exactly once"
    )


def _in_zone(local: str, zone: str) -> str:
    """The moment of a local time; null where the clocks skipped it or showed it twice."""
    z = literal(zone)
    once = " AND ".join(
        f"timezone({z}, timezone({z}, {local}) {shift}) <> {local}" for shift in ("- INTERVAL 1 HOUR", "+ INTERVAL 1 HOUR")
    )
    return f"CASE WHEN timezone({z}, timezone({z}, {local})) = {local} AND {once} THEN timezone({z}, {local}) END"


def _check_zone(staging: Staging, mapping: ColumnMapping) -> None:
    assert mapping.zone is not None
    known = staging.number(f"SELECT count(*) FROM pg_timezone_names() WHERE name = {literal(mapping.zone)}")
    if not known:
        raise RecordsError(mapping.place, f"zone '{mapping.zone}' is not known", "write it as Asia/Tokyo or UTC")


def _compute_sequence(staging: Staging, mappings: Sequence[TableMapping]) -> None:
    """Number events and trades of the venue by time; at the same time entries, then trades, then what ends an order."""
    computing = [mapping for mapping in mappings if mapping.computes_sequence]
    if not computing:
        return
    parts = []
    for mapping in computing:
        name = mapping.table.name
        moment = "executed_at" if name == "trade" else "occurred_at"
        rank = (
            "1" if name == "trade" else f"CASE WHEN {_sql_of(staging, mapping, 'action')} IN ('new', 'replace') THEN 0 ELSE 2 END"
        )
        parts.append(
            f"SELECT '{name}' AS origin, file, row, {_sql_of(staging, mapping, moment)} AS moment, {rank} AS rank FROM {name}_rows"
        )
    staging.sql(
        "CREATE TEMP TABLE places AS SELECT origin, file, row, row_number() OVER (ORDER BY moment, rank, file, row) AS sequence "
        f"FROM ({' UNION ALL '.join(parts)})"
    )


def _sql_of(staging: Staging, mapping: TableMapping, target: str) -> str:
    column = next(column for column in mapping.columns if column.target.name == target)
    return quoted(target) if column.columns else _constant(staging, mapping, column)


def _constant(staging: Staging, mapping: TableMapping, column: ColumnMapping) -> str:
    assert column.constant is not None
    return _reading(staging, mapping.table.name, column, literal(column.constant))[0]


def _check_constants(staging: Staging, mapping: TableMapping) -> None:
    """A constant is held to the same rules as a value of a file."""
    for column in mapping.columns:
        if column.constant is None:
            continue
        value, wanted = _reading(staging, mapping.table.name, column, literal(column.constant))
        if not staging.number(f"SELECT ({value}) IS NOT NULL"):
            problem = f"'{column.target.name}' cannot be the constant '{column.constant}'"
            raise RecordsError(column.place, problem, f"write {wanted}")


def _selection(staging: Staging, mapping: TableMapping) -> str:
    """The query that yields a table: read columns, constants, the computed sequence, and what is kept beside them."""
    name = mapping.table.name
    parts = [
        f"{_constant(staging, mapping, column)} AS {quoted(column.target.name)}"
        if column.constant is not None
        else f"t.{quoted(column.target.name)}"
        for column in mapping.columns
        if column.computed is None
    ]
    parts += [f"t.{quoted(column)}" for column in mapping.keep]
    if not mapping.computes_sequence:
        return f"SELECT {', '.join(parts)} FROM {name}_rows t"
    return (
        f"SELECT sequence, {', '.join(parts)} FROM {name}_rows t "
        f"JOIN places p ON p.origin = '{name}' AND p.file = t.file AND p.row = t.row"
    )
