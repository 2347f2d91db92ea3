"""The workbench of a converter: sources are read strictly into tables, checked as a whole, and written sorted and exact."""

from __future__ import annotations

import csv
import gzip
import lzma
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, cast

import duckdb

from sekisho.records.convert.fields import Field, literal, quoted
from sekisho.records.convert.format import Conversion
from sekisho.records.errors import RecordsError
from sekisho.records.table import Column, Table
from sekisho.records.tables import TABLES

MARKET = frozenset({"instrument", "order_event", "trade"})
_SQL_TYPES = {"string": "VARCHAR", "integer": "BIGINT", "boolean": "BOOLEAN", "date": "DATE", "time": "TIMESTAMPTZ"}
_OPENERS: dict[str, Callable[[Path], BinaryIO]] = {
    ".gz": lambda path: cast(BinaryIO, gzip.open(path, "rb")),  # noqa: SIM115 (the caller closes it)
    ".xz": lambda path: cast(BinaryIO, lzma.open(path, "rb")),  # noqa: SIM115 (the caller closes it)
}
_LINE_BYTES_MAX = 1 << 20


class Staging:
    """A DuckDB connection with a folder for spilling; closes and cleans up after itself."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.work = out.parent / f"{out.name}.work"
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir(parents=True)
        self.connection = duckdb.connect()
        self.connection.execute("SET TimeZone = 'UTC'")
        self.connection.execute(f"SET temp_directory = {literal(str(self.work / 'spill'))}")
        self.rows: dict[str, int] = {}
        self.sources: list[Path] = []

    def __enter__(self) -> Staging:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.connection.close()
        shutil.rmtree(self.work, ignore_errors=True)

    def sql(self, query: str) -> duckdb.DuckDBPyConnection:
        """Run one statement."""
        return self.connection.execute(query)

    def number(self, query: str) -> int:
        """The one number a query answers."""
        row = self.sql(query).fetchone()
        assert row is not None
        return int(row[0] or 0)

    def csv(self, name: str, source: Path, fields: Mapping[str, Field], header: Sequence[str] | None = None) -> int:
        """Read a CSV file into table ``name``: ``row`` (1 = first data row) and one column per field; returns the rows.

        With ``header`` the file has no header row and these are its columns. Stops at the first value that is not what
        its field wants.
        """
        self.raw_csv(source, self.plain(source), {field.column for field in fields.values()}, header)
        return self.typed(name, source, "raw", fields)

    def raw_csv(
        self, source: Path, plain: Path, wanted: Iterable[str], header: Sequence[str] | None = None, delimiter: str = ","
    ) -> None:
        """Read the texts of ``plain``, the content of ``source``, into table ``raw`` with their ``row``."""
        columns = list(header) if header else read_header(plain, source, delimiter)
        require(columns, wanted, source)
        kinds = ", ".join(f"{literal(c)}: 'VARCHAR'" for c in columns)
        texts = ", ".join(quoted(c) for c in sorted(set(wanted)))
        try:
            self.sql(
                f"CREATE OR REPLACE TEMP TABLE raw AS SELECT row_number() OVER () AS row, {texts} FROM read_csv("
                f"{literal(str(plain))}, auto_detect = false, header = {'false' if header else 'true'}, "
                f"delim = {literal(delimiter)}, quote = '\"', escape = '\"', columns = {{{kinds}}}, "
                f"max_line_size = {_LINE_BYTES_MAX})"
            )
        except duckdb.Error as error:
            raise RecordsError(source.name, f"not a readable CSV file: {csv_trouble(error)}", "correct that line") from None

    def typed(self, name: str, source: Path, raw: str, fields: Mapping[str, Field]) -> int:
        """Turn the texts of table ``raw`` into table ``name``, or name the first one that cannot be."""
        values = ", ".join(f"{field.value} AS {quoted(target)}" for target, field in fields.items())
        self.sql(f"CREATE OR REPLACE TEMP TABLE {quoted(name)} AS SELECT row, {values} FROM {raw}")
        wrong = [
            f"min(t.row) FILTER (WHERE {field.wrong(f't.{quoted(target)}', f'r.{quoted(field.column)}')})"
            for target, field in fields.items()
        ]
        join = f"{quoted(name)} t" + (f" JOIN {raw} r USING (row)" if any(f.nullable for f in fields.values()) else "")
        found = self.sql(f"SELECT count(*), {', '.join(wrong)} FROM {join}").fetchone()
        assert found is not None
        first = min(((row, n) for n, row in enumerate(found[1:]) if row is not None), default=None)
        if first is not None:
            self._refuse(source, raw, list(fields.values())[first[1]], first[0])
        self.sql(f"DROP TABLE {raw}")
        return int(found[0])

    def _refuse(self, source: Path, raw: str, field: Field, row: int) -> None:
        answer = self.sql(f"SELECT {quoted(field.column)} FROM {raw} WHERE row = {row}").fetchone()
        value = "nothing" if answer is None or answer[0] is None else repr(shortened(str(answer[0])))
        problem = f"{value} is not {field.wanted}"
        raise RecordsError(source.name, problem, "correct or remove the row", row=row, column=field.column)

    def plain(self, source: Path) -> Path:
        """The file itself, or its content without compression, checked to its last byte."""
        if not source.is_file():
            raise RecordsError(str(source), "no such file", "give the path of the source")
        if self.work not in source.parents:
            self.sources.append(source)
        opener = _OPENERS.get(source.suffix)
        if opener is None:
            return source
        target = self.work / source.stem
        try:
            with opener(source) as packed, target.open("wb") as unpacked:
                shutil.copyfileobj(packed, unpacked, 1 << 20)
        except (EOFError, OSError, lzma.LZMAError, zlib.error) as error:
            raise RecordsError(source.name, f"damaged or cut short ({error})", "fetch the file again") from None
        return target

    def member(self, archive: Path, name: str) -> Path:
        """One file of a zip archive, taken out and checked to its last byte."""
        self.sources.append(archive)
        target = self.work / Path(name).name
        try:
            with zipfile.ZipFile(archive) as packed, packed.open(name) as member, target.open("wb") as unpacked:
                shutil.copyfileobj(member, unpacked, 1 << 20)
        except (zipfile.BadZipFile, EOFError, OSError, zlib.error) as error:
            raise RecordsError(archive.name, f"damaged or cut short ({error})", "fetch the file again") from None
        return target

    def conversion(self, notes: Iterable[str], counts: Mapping[str, int]) -> Conversion:
        """The account of what was read and written."""
        return Conversion(dict(self.rows), tuple(notes), dict(counts), tuple(self.sources))

    def write(self, table: str, query: str) -> int:
        """Write the rows of ``query`` as ``table.parquet``, in order, with the canonical columns first; returns the rows."""
        shape = TABLES[table]
        given = [row[0] for row in self.sql(f"DESCRIBE {query}").fetchall()]
        columns = [_canonical(shape, column, given) for column in shape.columns]
        columns += [quoted(name) for name in given if name not in shape.by_name]
        order = "sequence" if "sequence" in shape.by_name else ", ".join(shape.key)
        target = self.out / f"{table}.parquet"
        rows = self.number(
            f"COPY (SELECT {', '.join(columns)} FROM ({query}) ORDER BY {order}) TO {literal(str(target))} "
            "(FORMAT parquet, COMPRESSION zstd)"
        )
        self.rows[table] = rows
        return rows


def _canonical(shape: Table, column: Column, given: Iterable[str]) -> str:
    kind = _SQL_TYPES.get(column.kind) or ("DECIMAL(18,8)" if shape.name in MARKET else "DECIMAL(38,18)")
    if column.name in given:
        return f"CAST({quoted(column.name)} AS {kind}) AS {quoted(column.name)}"
    assert column.nullable, f"{shape.name}.{column.name} may not be left out"
    return f"CAST(NULL AS {kind}) AS {quoted(column.name)}"


def found(folder: Path, name: str) -> Path | None:
    """``name`` in ``folder``, plain or packed, if it is there."""
    paths = [folder / f"{name}{ending}" for ending in ("", *_OPENERS)]
    return next((path for path in paths if path.is_file()), None)


def file_of(folder: Path, name: str) -> Path:
    """``name`` in ``folder``, plain or packed; refuses a folder without it."""
    path = found(folder, name)
    if path is None:
        raise RecordsError(str(folder), f"holds no {name} (nor .gz, .xz)", "give the folder the exchange's files lie in")
    return path


def read_header(plain: Path, source: Path, delimiter: str = ",") -> list[str]:
    """The column names in the first line of a CSV file, without a byte-order mark."""
    with plain.open("rb") as file:
        line = file.readline(_LINE_BYTES_MAX)
    if not line.strip():
        raise RecordsError(source.name, "the file is empty", "a header row and rows below it are expected")
    try:
        return next(csv.reader([line.decode("utf-8-sig")], delimiter=delimiter))
    except (UnicodeDecodeError, csv.Error):
        raise RecordsError(source.name, "the header is not UTF-8 text", "save the file as UTF-8 CSV") from None


def require(columns: Sequence[str], wanted: Iterable[str], source: Path) -> None:
    """Refuse a file that lacks a column or has one twice."""
    repeated = {name for name in columns if columns.count(name) > 1}
    if repeated:
        raise RecordsError(source.name, "stands twice in the header", "rename one of them", column=min(repeated))
    missing = sorted(set(wanted) - set(columns))
    if missing:
        header = shortened(", ".join(columns))
        remedy = f"the header reads {header}: choose the format that fits it, or describe it in a mapping file"
        raise RecordsError(source.name, "is missing", remedy, column=missing[0])


def csv_trouble(error: duckdb.Error) -> str:
    """What DuckDB says about a CSV file, in one line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    where = next((line for line in lines if "Line:" in line), lines[0])
    what = next((line for line in lines[1:] if "Line:" not in line and not line.startswith("Original")), "")
    return f"{where.removeprefix('Invalid Input Error: ')} {what}".strip()


def shortened(text: str, length: int = 80) -> str:
    """A text cut for a message."""
    return text if len(text) <= length else text[: length - 1] + "…"
