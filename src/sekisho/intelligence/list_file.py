"""A list as its source publishes it, CSV or Parquet: read whole or refused whole, with one line that says what is wrong."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from ibis.backends.duckdb import Backend

from sekisho.records import TABLES, Column, RecordsError, Table
from sekisho.records import on_duckdb as duck
from sekisho.records.checks import unreadable, value_problems
from sekisho.records.csv_text import PARSED, header_of, scan_csv
from sekisho.records.folder import Source
from sekisho.records.parquet import check_footer
from sekisho.records.reading import FILE, ROW, Reading, check_columns, reading_of_arrow
from sekisho.typologies.listed_forms import ENTRY_KINDS, form_of

NOT_THERE = "-"
"""The name in a layout that says: the file has nothing of ours in it, whatever its column of that name holds."""

USUAL_ENTRY_KIND = {
    "sanctions": "address",
    "illicit": "address",
    "unregistered": "address",
    "scam_domains": "domain",
    "counterparties": "name",
}
"""What the entries of a list are where its file does not say."""

_ENTRY = TABLES["list_entry"].by_name


def _as_given(name: str, *, nullable: bool = True) -> Column:
    column = _ENTRY[name]
    return Column(name, column.kind, column.meaning, nullable=nullable, unit=column.unit, values=column.values)


LIST_FILE = Table(
    name="list file",
    meaning="One entry of a list as its source publishes it.",
    columns=(
        _as_given("value", nullable=False),
        _as_given("entry_kind"),
        _as_given("asset"),
        _as_given("category"),
        _as_given("subject"),
        _as_given("reference"),
        _as_given("confidence"),
        _as_given("valid_from"),
        _as_given("valid_until"),
        _as_given("marking"),
    ),
    key=("value",),
    unique_columns=(),
)
"""The columns a list file may have; only ``value`` must be there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How a file that was not written for us is read.

    ``columns`` names its column for one of ours, ``fill`` says what an empty cell means.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    fill: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ListFile:
    """A list file that was read: its entries with the columns of ``list_entry`` (list and version apart), and its hash."""

    name: str
    sha256: str
    entries: pa.Table


def read_list_file(file: Path, kind: str, layout: Layout | None = None, *, may_be_empty: bool = False) -> ListFile:
    """Read a whole list file of a kind of list; an empty one is refused unless it may be empty.

    Raises RecordsError naming file, row, column and remedy.
    """
    layout = layout or Layout()
    _check_layout(layout)
    if not file.is_file():
        raise RecordsError(str(file), "is not a file", "give the list as a .csv or .parquet file")
    with TemporaryDirectory(prefix="sekisho-") as scratch:
        reader = duck.connect(Path(scratch))
        try:
            digest, given = _read(reader, file, layout)
        finally:
            reader.disconnect()
    if not len(given) and not may_be_empty:
        raise RecordsError(file.name, "holds no entry", "an empty list lists nobody: fetch it again, or ask its source")
    return ListFile(file.name, digest, _entries(file.name, given, kind, layout))


def _read(reader: Backend, file: Path, layout: Layout) -> tuple[str, pa.Table]:
    digest = _digest(file)
    reading = _csv(file, layout) if file.suffix == ".csv" else _parquet(reader, file, layout)
    problems = value_problems(reader, reading, listed_max=1)
    if problems:
        raise problems[0].error()
    try:
        query = f"SELECT {ROW} AS row, {reading.projection} FROM {reading.placed} ORDER BY {ROW}"
        given = reader.con.sql(query).to_arrow_table()
    except duckdb.Error as error:
        raise unreadable(reading, error) from None
    if _digest(file) != digest:
        raise RecordsError(file.name, "changed while it was read", "load it again when it is whole")
    return digest, given


def _check_layout(layout: Layout) -> None:
    for name in (*layout.columns, *layout.fill):
        if name not in LIST_FILE.by_name:
            known = ", ".join(LIST_FILE.by_name)
            raise RecordsError("--column", f"'{name}' is not a column of a list", f"give one of {known}")
    for name, text in layout.fill.items():
        words = LIST_FILE.by_name[name].values
        if LIST_FILE.by_name[name].kind != "string" or (words and text not in words):
            raise RecordsError(
                "--fill", f"{name}={text} cannot be filled in", f"text columns only; words: {', '.join(words) or 'any'}"
            )


def _digest(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise RecordsError(file.name, f"cannot be read: {error.strerror}", "check the file and its permissions") from None


def _csv(file: Path, layout: Layout) -> Reading:
    header = _renamed(file.name, header_of(Source(LIST_FILE, (file,), is_csv=True)), layout)
    with file.open("rb") as stream:
        stream.seek(-1, 2)
        if stream.read(1) not in b"\r\n":
            raise RecordsError(
                file.name, "ends in the middle of a line, as a file cut short does", "fetch the file again, or end its last line"
            )
    check_columns(LIST_FILE, [name for name in header if name.lower() in LIST_FILE.by_name], file.name)
    relation = scan_csv(file, header)
    return Reading(
        table=LIST_FILE,
        files=(file.name,),
        relation=relation,
        placed=f"(SELECT *, 0 AS {FILE}, row_number() OVER () AS {ROW} FROM {relation})",
        columns=tuple(header),
        values={c.name: PARSED[c.kind].format(text=duck.quoted(c.name)) for c in LIST_FILE.columns if c.name in header},
        exact=False,
        text=True,
    )


def _parquet(reader: Backend, file: Path, layout: Layout) -> Reading:
    if file.suffix != ".parquet":
        raise RecordsError(file.name, "is neither .csv nor .parquet", "write the list as one of the two")
    try:
        with pq.ParquetFile(file) as parquet:
            check_footer(parquet.metadata, file.stat().st_size, file.name, LIST_FILE)
            names = _renamed(file.name, parquet.schema_arrow.names, layout)
            wanted = [i for i, name in enumerate(names) if name in LIST_FILE.by_name]
            given = parquet.read(columns=[parquet.schema_arrow.names[i] for i in wanted])
    except (pa.ArrowException, OSError) as error:
        raise RecordsError(file.name, f"is not a readable Parquet file: {error}", "fetch the file again") from None
    given = given.rename_columns([names[i] for i in wanted])
    for i, name in enumerate(given.column_names):
        column = given[name]
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        if pa.types.is_string(column.type) and LIST_FILE.by_name[name].nullable:
            column = pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)
        given = given.set_column(i, name, column)
    try:
        return replace(reading_of_arrow(reader, LIST_FILE, given), files=(file.name,))
    except RecordsError as error:
        raise RecordsError(file.name, error.problem, error.remedy, row=error.row, column=error.column) from None


def _renamed(file: str, header: list[str], layout: Layout) -> list[str]:
    """The header with the file's own names replaced; what it has under one of our names but not meant is put aside."""
    theirs = {given: ours for ours, given in layout.columns.items() if given != NOT_THERE}
    for given in theirs:
        if given not in header:
            raise RecordsError(file, "is not in the file", f"its columns are {', '.join(header)}", column=given)
    return [theirs.get(name, f"file {name}" if name in layout.columns else name) for name in header]


def _entries(file: str, given: pa.Table, kind: str, layout: Layout) -> pa.Table:
    filled = {"entry_kind": USUAL_ENTRY_KIND[kind], **layout.fill}
    for name, text in filled.items():
        given = given.set_column(given.column_names.index(name), name, pc.fill_null(given[name].cast(pa.string()), text))
    forms = []
    asked = zip(given["entry_kind"].to_pylist(), given["value"].to_pylist(), given["asset"].to_pylist(), strict=True)
    for row, (entry_kind, value, asset) in enumerate(asked, 1):
        form = form_of(entry_kind, value, asset)
        if not form:
            raise RecordsError(
                file, f"'{value}' is nothing that can be looked up", f"give one {entry_kind}", row=row, column="value"
            )
        forms.append(form)
    _check_periods(file, given)
    given = given.append_column("normal_form", pa.array(forms, pa.string()))
    assert set(given["entry_kind"].unique().to_pylist()) <= set(ENTRY_KINDS)
    return pa.table({name: given[name] for name in ("row", *LIST_FILE.by_name, "normal_form")})


def _check_periods(file: str, given: pa.Table) -> None:
    wrong = pc.fill_null(pc.less_equal(given["valid_until"], given["valid_from"]), False)
    for row, bad in enumerate(wrong.to_pylist(), 1):
        if bad:
            raise RecordsError(file, "ends before it starts", "valid_until lies after valid_from", row=row, column="valid_until")
