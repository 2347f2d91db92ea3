"""A growing folder as a source of events: files that are appended to, and files that appear.

``order_event`` and ``trade`` are followed: a ``.csv`` or ``.jsonl`` file line by line (a last line without its end is left for
later), a ``.parquet`` file once, when it is complete. They may lie in the folder itself or in a folder of the table's name. Every
other table is a register: it is taken whole, and again when its files change.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from sekisho.records import TABLES, RecordsError
from sekisho.records.parts import TEXT_SUFFIXES
from sekisho.watch.journal import Position
from sekisho.watch.received import EVENTS, Received

CHUNK_BYTES: Final = 64 << 20
"""At most so much of one file is taken in at a time, so that memory stays bounded however far behind we are."""
_SUFFIXES: Final = (*TEXT_SUFFIXES, ".parquet")


class Folder:
    """A folder that grows. ``advance`` takes in what is new."""

    def __init__(self, folder: Path, positions: dict[str, Position]) -> None:
        if not folder.is_dir():
            raise RecordsError(str(folder), "is not a folder", "give the folder into which events are written")
        self._folder = folder
        self._positions = positions

    def advance(self, received: Received) -> int:
        """Take in registers that changed and the next piece of every file of events; returns the number of events."""
        for table in TABLES:
            if table not in EVENTS:
                self._register(table, received)
        return sum(self._file(table, file, received) for table in EVENTS for file in self._files(table))

    def _files(self, table: str) -> list[Path]:
        own = [self._folder / f"{table}{suffix}" for suffix in _SUFFIXES]
        parts = sorted((self._folder / table).rglob("*")) if (self._folder / table).is_dir() else []
        named = [*own, *(p for p in parts if p.suffix in _SUFFIXES and not p.name.startswith((".", "_")))]
        return [file for file in named if file.is_file()]

    def _register(self, table: str, received: Received) -> None:
        files = self._files(table)
        if not files:
            return
        stats = [(file, file.stat()) for file in files]
        signature = ";".join(f"{self._name(file)}:{stat.st_size}:{stat.st_mtime_ns}" for file, stat in stats)
        source = f"register:{table}"
        if self._positions.get(source, Position(0)).header == signature:
            return
        moved = {source: Position(0, 0, signature)}
        received.replace(table, files, moved)
        self._positions.update(moved)

    def _file(self, table: str, file: Path, received: Received) -> int:
        at = self._positions.get(self._name(file), Position(0))
        if file.suffix == ".parquet":
            return 0 if at.offset or not _is_whole(file) else self._take(table, file, file, Position(1), received)
        size = file.stat().st_size
        if size < at.offset:
            raise RecordsError(
                self._name(file), "has become shorter", "append to it, or write a new file; what was taken in is kept"
            )
        taken = 0
        while size > at.offset:
            header = at.header if at.offset else _header(file)
            if header is None:
                break
            start = at.offset or len(header.encode())
            with file.open("rb") as stream:
                stream.seek(start)
                lines = stream.read(CHUNK_BYTES)
            end = lines.rfind(b"\n") + 1
            if not end:
                break
            taken += self._lines(table, file, lines[:end], Position(start + end, at.rows, header), received)
            at = self._positions[self._name(file)]
        return taken

    def _lines(self, table: str, file: Path, lines: bytes, to: Position, received: Received) -> int:
        """Take in whole lines of a text file; rows in messages are counted from the file's beginning."""
        assert to.header is not None
        with tempfile.TemporaryDirectory(prefix="sekisho-lines-") as place:
            piece = Path(place) / file.name
            piece.write_bytes(to.header.encode() + lines)
            try:
                return self._take(table, file, piece, to, received)
            except RecordsError as error:
                row = None if error.row is None else error.row + to.rows
                raise RecordsError(self._name(file), error.problem, error.remedy, row=row, column=error.column) from None

    def _take(self, table: str, file: Path, piece: Path, to: Position, received: Received) -> int:
        where = self._name(file)
        before = self._positions.get(where, Position(0)).rows
        counted = Position(to.offset, before + _lines_of(piece), to.header) if to.header is not None else to
        rows = received.take(table, piece, {where: counted})
        self._positions[where] = counted
        return rows

    def _name(self, file: Path) -> str:
        return file.relative_to(self._folder).as_posix()


def _header(file: Path) -> str | None:
    """The header line of a CSV file, empty for JSON lines; None while it is not complete."""
    if file.suffix != ".csv":
        return ""
    with file.open("rb") as text:
        line = text.readline()
    return line.decode("utf-8", errors="replace") if line.endswith(b"\n") else None


def _lines_of(piece: Path) -> int:
    """Rows of a text piece: its lines, without the header of a CSV file."""
    return piece.read_bytes().count(b"\n") - (piece.suffix == ".csv")


def _is_whole(file: Path) -> bool:
    """Whether a Parquet file has its footer; one that is still being written has none yet."""
    try:
        pq.read_metadata(file)
    except (pa.ArrowInvalid, OSError):
        return False
    return True
