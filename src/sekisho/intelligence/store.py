"""The lists a gate screens against, kept in a folder: every version for good, a new one by loading, an old one by returning to it.

The folder is a records folder: ``list_version.parquet`` with a row for each version, ``list_entry/`` with a file of entries for
each loaded one. The row is written last, so a version is there whole or not at all; nothing written is ever changed.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sekisho.intelligence.list_file import ListFile
from sekisho.records import TABLES, RecordsError
from sekisho.typologies.listed import ENTRY_COLUMNS, Entries, Lists, ListVersion, version_of
from sekisho.typologies.valuation import in_utc

KINDS = TABLES["list_version"].by_name["kind"].values
_REPEATING = ("entry_kind", "category", "subject", "reference", "marking")
_VERSIONS, _ENTRIES = "list_version.parquet", "list_entry"


@dataclass(frozen=True, slots=True, kw_only=True)
class Loading:
    """What is said of a version when it is loaded. Times are UTC; ``valid_from`` None means from the moment of loading."""

    list_id: str
    kind: str
    source: str
    loaded_by: str
    loaded_at: datetime
    valid_from: datetime | None = None
    note: str | None = None


class ListStore:
    """A folder of lists. Any number of processes may read it while one writes."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)

    @property
    def signature(self) -> tuple[int, int, int] | None:
        """Changes whenever a version was added; None while there is none."""
        try:
            told = (self.folder / _VERSIONS).stat()
        except FileNotFoundError:
            return None
        return told.st_ino, told.st_mtime_ns, told.st_size

    def rows(self) -> list[dict[str, Any]]:
        """Every version as a row of ``list_version``, by list and number. Raises RecordsError where the folder is damaged."""
        file = self.folder / _VERSIONS
        if not file.exists():
            return []
        try:
            rows = pq.read_table(file).to_pylist()
        except (pa.ArrowException, OSError) as error:
            raise RecordsError(str(file), f"cannot be read: {error}", "restore the folder from its last good copy") from None
        return sorted(rows, key=lambda row: (row["list_id"], row["version"]))

    def versions(self, list_id: str | None = None) -> list[ListVersion]:
        """The versions of one list, or of all."""
        return [version_of(row) for row in self.rows() if list_id in (None, row["list_id"])]

    def load(self, given: ListFile, loading: Loading) -> dict[str, Any]:
        """Add a file that was read as the next version of its list; gives its row. On RecordsError nothing was changed."""
        with self._alone():
            rows = self.rows()
            version = self._next(rows, loading)
            entries = given.entries
            columns = {
                "list_id": pa.array([loading.list_id] * len(entries)),
                "version": pa.array([version] * len(entries), pa.int64()),
                **{name: entries[name] for name in entries.column_names},
            }
            schema = TABLES["list_entry"].arrow_schema
            table = pa.table({field.name: columns[field.name] for field in schema}).cast(schema)
            digest = _write(self._part(loading.list_id, version), table)
            row = {
                "list_id": loading.list_id,
                "version": version,
                "kind": loading.kind,
                "source": loading.source,
                "valid_from": loading.valid_from or loading.loaded_at,
                "loaded_at": loading.loaded_at,
                "loaded_by": loading.loaded_by,
                "entries": len(entries),
                "file_name": given.name,
                "sha256": given.sha256,
                "entries_sha256": digest,
                "entries_of": version,
                "note": loading.note,
            }
            self._add(rows, row)
            return row

    def roll_back(self, list_id: str, *, by: str, at: datetime, to: int | None = None, note: str | None = None) -> dict[str, Any]:
        """Return to the entries of an earlier version, by default the one in force before; this is a new version, too."""
        with self._alone():
            rows = self.rows()
            own = [row for row in rows if row["list_id"] == list_id]
            if not own:
                raise RecordsError(str(self.folder), f"holds no list '{list_id}'", f"its lists: {_named(rows)}")
            earlier = _earlier(own, to, at)
            if earlier is None:
                known = ", ".join(str(row["version"]) for row in own)
                raise RecordsError(
                    list_id, f"has no earlier version {'' if to is None else to} to return to", f"its versions: {known}"
                )
            self._read(list_id, earlier["entries_of"], earlier["entries_sha256"])
            row = earlier | {
                "version": own[-1]["version"] + 1,
                "valid_from": at,
                "loaded_at": at,
                "loaded_by": by,
                "note": note or f"returned to version {earlier['version']}",
            }
            self._not_before(own, at)
            self._add(rows, row)
            return row

    def open(self, *, at: datetime | None = None, known: Lists | None = None) -> Lists:
        """All lists in memory: the entries in force at ``at`` and of later versions, or of every version where ``at`` is None.

        ``known`` are lists opened before: entries already in memory are kept. Raises RecordsError where a file is damaged.
        """
        rows = self.rows()
        versions = [version_of(row) for row in rows]
        digests = {(row["list_id"], row["entries_of"]): row["entries_sha256"] for row in rows}
        held: Mapping[tuple[str, int], Entries] = known.loaded if known is not None else {}
        wanted = _wanted(versions, at)
        entries = {
            name: held[name] if name in held else Entries(self._read(*name, digests[name], ENTRY_COLUMNS)) for name in wanted
        }
        pa.default_memory_pool().release_unused()
        return Lists(versions, entries)

    def entries_file(self, list_id: str, version: int) -> Path:
        """The file of a version's entries, a part of ``list_entry``. Raises RecordsError for a version that is not there."""
        row = next((r for r in self.rows() if r["list_id"] == list_id and r["version"] == version), None)
        if row is None:
            raise RecordsError(list_id, f"has no version {version}", "'sekisho lists show' tells the versions there are")
        return self._part(list_id, row["entries_of"])

    def entries_of(self, list_id: str, version: int) -> pa.Table:
        """The entries of a version, with the columns of ``list_entry``; their hash is checked."""
        file = self.entries_file(list_id, version)
        row = next(r for r in self.rows() if r["list_id"] == list_id and r["version"] == version)
        return _read_part(file, row["entries_sha256"])

    def _part(self, list_id: str, version: int) -> Path:
        return self.folder / _ENTRIES / f"{list_id}-{version:06d}.parquet"

    def _read(self, list_id: str, version: int, digest: str, columns: Sequence[str] | None = None) -> pa.Table:
        return _read_part(self._part(list_id, version), digest, columns)

    def _next(self, rows: list[dict[str, Any]], loading: Loading) -> int:
        own = [row for row in rows if row["list_id"] == loading.list_id]
        pattern = TABLES["list_version"].by_name["list_id"].pattern
        assert pattern is not None
        if re.fullmatch(pattern, loading.list_id) is None:
            raise RecordsError("--list", f"'{loading.list_id}' is not a name for a list", "lower case letters, digits, . _ -")
        if loading.kind not in KINDS:
            raise RecordsError("--kind", f"'{loading.kind}' is not a kind of list", f"choose one of {', '.join(KINDS)}")
        for name, text in (("--source", loading.source), ("--by", loading.loaded_by)):
            if not text.strip():
                raise RecordsError(name, "is empty", "say it in words")
        if own and own[-1]["kind"] != loading.kind:
            problem = f"is a list of kind {own[-1]['kind']}, not {loading.kind}"
            raise RecordsError(loading.list_id, problem, "load the file under another name")
        self._not_before(own, loading.loaded_at)
        return int(own[-1]["version"]) + 1 if own else 1

    @staticmethod
    def _not_before(own: list[dict[str, Any]], at: datetime) -> None:
        if own and at < in_utc(own[-1]["loaded_at"]):
            problem = f"was last loaded at {in_utc(own[-1]['loaded_at'])}, after {at}"
            raise RecordsError(own[-1]["list_id"], problem, "set the clock right, or give a later --at")

    def _add(self, rows: list[dict[str, Any]], row: dict[str, Any]) -> None:
        schema = TABLES["list_version"].arrow_schema
        ordered = sorted([*rows, row], key=lambda r: (r["list_id"], r["version"]))
        _write(self.folder / _VERSIONS, pa.Table.from_pylist(ordered, schema=schema))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One writer at a time; readers are not kept waiting."""
        try:
            (self.folder / _ENTRIES).mkdir(parents=True, exist_ok=True)
            lock = (self.folder / ".lock").open("w")
        except OSError as error:
            raise RecordsError(
                str(self.folder), f"cannot be written: {error.strerror}", "check the folder and its permissions"
            ) from None
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


class LiveLists:
    """The lists as a running gate holds them: renewed when the folder changes; a damaged folder leaves what is in force alone."""

    def __init__(self, store: ListStore, at: datetime) -> None:
        """Opens the lists once. Raises RecordsError when they cannot be read: a gate does not start without its lists."""
        self._store = store
        self._signature = store.signature
        self.current = store.open(at=at)

    def refresh(self, at: datetime) -> bool:
        """Take in new versions, if any; says whether there were. On RecordsError ``current`` stays as it was."""
        signature = self._store.signature
        if signature == self._signature:
            return False
        self.current = self._store.open(at=at, known=self.current)
        self._signature = signature
        return True


def _earlier(own: list[dict[str, Any]], to: int | None, at: datetime) -> dict[str, Any] | None:
    if to is not None:
        return next((row for row in own if row["version"] == to), None)
    applying = [row for row in own if max(in_utc(row["valid_from"]), in_utc(row["loaded_at"])) <= at]
    if not applying:
        return None
    current = applying[-1]
    return next((row for row in reversed(applying) if row["version"] < current["entries_of"]), None)


def _wanted(versions: list[ListVersion], at: datetime | None) -> list[tuple[str, int]]:
    """The entries that are in force at a moment or may be later, without repeats."""
    if at is None:
        return list(dict.fromkeys((v.list_id, v.entries_of) for v in versions))
    wanted: dict[tuple[str, int], None] = {}
    done: set[str] = set()
    for version in reversed(versions):
        if version.list_id not in done:
            wanted[version.list_id, version.entries_of] = None
            if version.applies_from <= at:
                done.add(version.list_id)
    return sorted(wanted)


def _named(rows: list[dict[str, Any]]) -> str:
    return ", ".join(sorted({row["list_id"] for row in rows})) or "none"


def _read_part(file: Path, digest: str, columns: Sequence[str] | None = None) -> pa.Table:
    remedy = "restore the file from its last good copy, or load the list again"
    try:
        stored = file.read_bytes()
    except OSError as error:
        raise RecordsError(f"{_ENTRIES}/{file.name}", f"cannot be read: {error.strerror}", remedy) from None
    if hashlib.sha256(stored).hexdigest() != digest:
        raise RecordsError(f"{_ENTRIES}/{file.name}", "is not what was loaded: its hash differs from that of its version", remedy)
    words = [name for name in _REPEATING if columns is not None]
    return pq.read_table(pa.BufferReader(stored), columns=None if columns is None else list(columns), read_dictionary=words)


def _write(file: Path, table: pa.Table) -> str:
    """Write a table whole or not at all, onto the disk; gives the hash of the file."""
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        pq.write_table(table, beside, compression="zstd")
        with beside.open("rb+") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
            os.fsync(stream.fileno())
        beside.replace(file)
        folder = os.open(file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise RecordsError(str(file), f"cannot be written: {error.strerror}", "free some space, or check the permissions") from None
    return digest
