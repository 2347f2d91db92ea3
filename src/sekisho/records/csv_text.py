"""CSV tables: checked as text before anything is allocated, then read as UTF-8 with one header row.

A byte order mark of UTF-8 is accepted (spreadsheets write one); UTF-16 and UTF-32 are refused. A line may be as long as
``LINE_BYTES_MAX``; a longer one is refused while streaming, so that a file without line ends cannot fill the memory.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from sekisho.records.errors import RecordsError
from sekisho.records.folder import Source
from sekisho.records.on_duckdb import glob_escaped, literal
from sekisho.records.problems import Problem
from sekisho.records.table import Kind

LINE_BYTES_MAX = 1 << 20
"""Longest line of a CSV file; a travel rule payload of a megabyte still fits."""

_CHUNK_BYTES = 1 << 20
_WIDE_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)


def header_of(source: Source) -> list[str]:
    """The column names of a CSV table, after the whole file was scanned as text. Raises RecordsError."""
    file = source.files[0]
    try:
        check_text(file)
        with file.open(encoding="utf-8-sig", newline="") as text:
            header = next(csv.reader(text, strict=True), [])
    except csv.Error as error:
        raise RecordsError(file.name, f"the header cannot be read: {error}", "write one header row") from None
    except OSError as error:
        raise RecordsError(file.name, f"cannot be opened: {error.strerror}", "check the file and its permissions") from None
    if not any(header):
        raise RecordsError(file.name, "has no header row", "write the column names in the first row")
    if "" in header:
        raise RecordsError(file.name, f"column {header.index('') + 1} has no name", "name every column in the header")
    return header


def check_text(file: Path) -> None:
    """Streams a text file and refuses what is not UTF-8, holds NUL bytes or has a line longer than allowed."""
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    line, since_line_end = 1, 0
    with file.open("rb") as stream:
        mark = stream.read(4)
        if mark.startswith(_WIDE_MARKS) or mark[:2].count(0) == 1:
            raise RecordsError(file.name, "is UTF-16 or UTF-32", "save it as UTF-8")
        stream.seek(0)
        while chunk := stream.read(_CHUNK_BYTES):
            if b"\0" in chunk:
                line += chunk[: chunk.index(b"\0")].count(b"\n")
                raise RecordsError(file.name, f"line {line} holds a NUL byte", "save the file as UTF-8 text")
            _decode(decoder, chunk, file, line)
            ends = np.flatnonzero(np.frombuffer(chunk, np.uint8) == ord("\n"))
            since_line_end = _longest(ends, since_line_end, len(chunk), file, line)
            line += len(ends)
    _decode(decoder, b"", file, line, final=True)


def _decode(decoder: codecs.IncrementalDecoder, chunk: bytes, file: Path, line: int, final: bool = False) -> None:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError as error:
        line += bytes(error.object[: error.start]).count(b"\n")
        raise RecordsError(file.name, f"line {line} is not UTF-8", "save the file as UTF-8") from None


def _longest(ends: np.ndarray, carried: int, size: int, file: Path, line: int) -> int:
    """Checks the lines that end in a chunk; gives the length of the one that goes on."""
    if len(ends) == 0:
        longest, left = carried + size, carried + size
    else:
        first = carried + int(ends[0])
        longest, left = max(first, int(np.diff(ends).max(initial=0))), size - 1 - int(ends[-1])
    if max(longest, left) > LINE_BYTES_MAX:
        problem = f"a line at or after line {line} is longer than {LINE_BYTES_MAX} bytes"
        raise RecordsError(file.name, problem, "write one record per line; cut the long text")
    return left


def scan_csv(file: Path, header: list[str], *, lenient: bool = False) -> str:
    """The SQL that reads a CSV file, every column as text; ``lenient`` leaves out rows of the wrong shape."""
    names = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in header)
    return (
        f"read_csv({literal(glob_escaped(file))}, auto_detect = false, header = true, delim = ',', quote = '\"', "
        f"escape = '\"', columns = {{{names}}}, strict_mode = true, max_line_size = {2 * LINE_BYTES_MAX}"
        f"{', ignore_errors = true' if lenient else ''})"
    )


def misshapen_rows(file: Path, header: list[str]) -> Iterator[Problem]:
    """Every row whose number of cells is not the header's, or whose quotes do not close."""
    csv.field_size_limit(2 * LINE_BYTES_MAX)
    with file.open(encoding="utf-8-sig", newline="") as text:
        rows = csv.reader(text, strict=True)
        next(rows, None)
        number = 0
        try:
            for cells in rows:
                number += bool(cells)
                if cells and len(cells) != len(header):
                    yield Problem(
                        file=file.name,
                        row=number,
                        kind="shape",
                        problem=f"has {len(cells)} cells where the header has {len(header)}",
                        remedy="quote cells that contain commas",
                    )
        except csv.Error as error:
            yield Problem(
                file=file.name, row=number + 1, kind="quotes", problem=f"cannot be read: {error}", remedy="close every quote"
            )


PARSED: dict[Kind, str] = {
    "string": "{text}",
    "integer": "try_cast(CASE WHEN regexp_full_match({text}, '-?[0-9]{{1,19}}') THEN {text} END AS BIGINT)",
    "boolean": "CASE lower({text}) WHEN 'true' THEN true WHEN 'false' THEN false END",
    "date": "try_cast(CASE WHEN regexp_full_match({text}, '[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}') THEN {text} END AS DATE)",
    "time": "try_cast(CASE WHEN regexp_full_match({text}, "
    "'[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}[T ][0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}([.][0-9]{{1,6}})?(Z|[+]00:00|[+]00)') "
    "THEN {text} END AS TIMESTAMPTZ)",
    "decimal": "try_cast(CASE WHEN regexp_full_match({text}, '-?[0-9]{{1,20}}([.][0-9]{{1,18}})?') THEN {text} END "
    "AS DECIMAL(38, 18))",
}
"""The SQL that turns a cell's text into its value, or into null when the text is not exactly what the kind wants."""
