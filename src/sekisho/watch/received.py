"""What a watch has taken in: a records folder of parts, in step with the journal."""

from __future__ import annotations

import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import duckdb

from sekisho.records import RecordsError, on_duckdb
from sekisho.records.parts import join_parts, write_part
from sekisho.watch.journal import Journal, Part, Position

EVENTS: Final = {"order_event": "occurred_at", "trade": "executed_at"}
"""The tables that grow event by event, and the column of their clock; every other table is a register, taken whole."""

PARTS_MAX: Final = 48
"""So many small parts of a table are joined into one."""
_SMALL_ROWS: Final = 400_000


class Received:
    """The parts of a watch folder. After a crash, files without a line in the journal are removed."""

    def __init__(self, folder: Path, journal: Journal) -> None:
        self.folder = folder
        self.journal = journal
        self._scratch = tempfile.mkdtemp(prefix="sekisho-watch-")
        self._reader = on_duckdb.connect(Path(self._scratch))
        self._retired: list[Part] = []
        self.parts: dict[str, list[Part]] = defaultdict(list)
        for part in journal.parts():
            self.parts[part.table].append(part)
        self._next = 1 + max((int(p.name.rpartition("-")[2].partition(".")[0]) for p in journal.parts()), default=0)
        self._remove_strays()

    @property
    def events(self) -> int:
        """Order events and trades taken in so far."""
        return sum(part.rows for table in EVENTS for part in self.parts[table])

    def take(self, table: str, file: Path, positions: Mapping[str, Position]) -> int:
        """Take in one file of events; returns its rows. Raises RecordsError, and then takes nothing."""
        name = self._name(table)
        (self.folder / table).mkdir(parents=True, exist_ok=True)
        rows = write_part(self._reader, table, file, self.folder / name)
        part = Part(name, table, rows, *(self._span(table, self.folder / name) if rows else (None, None)))
        self.journal.take([part], positions)
        self.parts[table].append(part)
        if len([p for p in self.parts[table] if p.rows < _SMALL_ROWS]) > PARTS_MAX:
            self._join(table)
        return rows

    def replace(self, table: str, files: Iterable[Path], positions: Mapping[str, Position]) -> None:
        """Take a register whole: its parts take the place of those before."""
        (self.folder / table).mkdir(parents=True, exist_ok=True)
        parts = []
        for file in files:
            name = self._name(table)
            parts.append(Part(name, table, write_part(self._reader, table, file, self.folder / name)))
        before = self.parts[table]
        self.journal.take(parts, positions, instead_of=[p.name for p in before])
        self.parts[table] = parts
        self._retired += before

    def files(self, since: int | None = None) -> dict[str, list[Path]]:
        """The parts by table; with ``since`` (microseconds) only those parts of events that reach beyond it."""
        chosen = {
            table: [p for p in parts if since is None or p.last_at is None or p.last_at >= since or table not in EVENTS]
            for table, parts in self.parts.items()
        }
        return {table: [self.folder / p.name for p in parts] for table, parts in chosen.items() if parts}

    def tail(self, events: int) -> int | None:
        """The time from which on about so many of the latest events came; None where all came since."""
        left = events
        for part in sorted((p for table in EVENTS for p in self.parts[table]), key=lambda p: -(p.last_at or 0)):
            left -= part.rows
            if left <= 0:
                return part.first_at
        return None

    def close(self) -> None:
        """Let go of the reader and its scratch folder."""
        self._reader.disconnect()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _name(self, table: str) -> str:
        name = f"{table}/part-{self._next:09d}.parquet"
        self._next += 1
        return name

    def _span(self, table: str, file: Path) -> tuple[int, int]:
        clock = EVENTS[table]
        low, high = self._reader.con.execute(
            f"SELECT epoch_us(min({clock})), epoch_us(max({clock})) FROM {on_duckdb.scan((file,))}"
        ).fetchall()[0]
        return int(low), int(high)

    def _join(self, table: str) -> None:
        """Join the small parts of a table, so that a look opens few files."""
        small = [p for p in self.parts[table] if p.rows < _SMALL_ROWS]
        name = self._name(table)
        try:
            join_parts(self._reader, table, [self.folder / p.name for p in small], self.folder / name)
        except duckdb.Error as error:
            raise RecordsError(table, f"parts cannot be joined: {error}", "check the disk") from None
        spans = [(p.first_at, p.last_at) for p in small if p.first_at is not None and p.last_at is not None]
        joined = Part(
            name,
            table,
            sum(p.rows for p in small),
            min((a for a, _ in spans), default=None),
            max((b for _, b in spans), default=None),
        )
        self.journal.take([joined], {}, instead_of=[p.name for p in small])
        self.parts[table] = [p for p in self.parts[table] if p not in small] + [joined]
        self._retired += small

    def sweep(self) -> None:
        """Remove files that others have replaced; call it while nobody reads them."""
        while self._retired:
            (self.folder / self._retired.pop().name).unlink(missing_ok=True)

    def _remove_strays(self) -> None:
        known = {part.name for parts in self.parts.values() for part in parts}
        for file in self.folder.glob("*/*"):
            if f"{file.parent.name}/{file.name}" not in known:
                file.unlink()
