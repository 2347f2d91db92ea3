"""What is on the lists: every entry found by its normal form, in the version in force at a moment.

A version is packed: its keys sorted by a 64-bit hash, each hit compared in full, so a hash alone never lists anybody. A list of a
million addresses takes some 100 MB and a look-up a few microseconds.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from itertools import pairwise
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sekisho.typologies.listed_forms import form_of
from sekisho.typologies.valuation import in_utc

if TYPE_CHECKING:
    from sekisho.records import Records

_ALWAYS, _NEVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_KINDS = {"address": b"a", "name": b"n", "domain": b"d", "url": b"u"}
ENTRY_COLUMNS = (
    "row", "entry_kind", "value", "normal_form", "category", "subject", "reference", "valid_from", "valid_until", "marking",
)  # fmt: skip
"""The columns of ``list_entry`` that a look-up needs."""

_SAID = ("category", "subject", "reference", "marking")
_EVERY_ENTRY = (*_SAID, "valid_from", "valid_until")


class Listed(NamedTuple):
    """One entry that names what was looked up: on which list, in which version and row, and as what. Times are UTC."""

    list_id: str
    version: int
    kind: str
    row: int
    entries_of: int
    value: str
    category: str | None
    subject: str | None
    reference: str | None
    source: str
    marking: str | None

    @property
    def record(self) -> tuple[str, str]:
        """The entry as evidence names it."""
        return "list_entry", f"{self.list_id}|{self.entries_of}|{self.row}"

    @property
    def version_record(self) -> tuple[str, str]:
        """The version of the list as evidence names it."""
        return "list_version", f"{self.list_id}|{self.version}"

    @property
    def named(self) -> str:
        """The list and its version as a sentence names them."""
        return f"{self.list_id} v{self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListVersion:
    """One version of one list: the columns of ``list_version`` that say what it is and since when it applies."""

    list_id: str
    version: int
    kind: str
    source: str
    valid_from: datetime
    loaded_at: datetime
    entries_of: int

    @property
    def applies_from(self) -> datetime:
        """From when it applies: a version that was loaded late could not be applied before."""
        return max(self.valid_from, self.loaded_at)


class _Texts:
    """A column of texts in one piece of memory; None where there is none."""

    def __init__(self, column: pa.Array) -> None:
        assert column.type == pa.string(), column.type
        assert column.offset == 0, "the column was taken whole"
        _valid, offsets, text = column.buffers()
        self._ends = memoryview(offsets).cast("i")
        self._text = memoryview(text if text is not None else b"")
        self._absent = None if column.null_count == 0 else column.is_null().to_numpy(zero_copy_only=False)
        self.nbytes = column.nbytes

    def __getitem__(self, place: int) -> str | None:
        if self._absent is not None and self._absent[place]:
            return None
        return str(self._text[self._ends[place] : self._ends[place + 1]], "utf-8")


class _Words:
    """A column whose values repeat: each word once, and a number for each row."""

    def __init__(self, column: pa.Array) -> None:
        encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
        words = encoded.dictionary
        few = len(words) <= _WORDS_AS_OBJECTS or words.type != pa.string()
        self._words: Any = words.to_pylist() if few else _Texts(words)
        numbers = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
        self._numbers: memoryview[int] = memoryview(numbers)
        self.nbytes = numbers.nbytes + words.nbytes

    def __getitem__(self, place: int) -> Any:
        number = self._numbers[place]
        return None if number < 0 else self._words[number]


class Entries:
    """The entries of one version, packed; ``naming`` gives those under a key. Never changed after it was built."""

    def __init__(self, entries: pa.Table) -> None:
        """``entries`` has the columns of ``list_entry``; list and version, and those that may be null, may be missing."""
        hashes = np.fromiter(_hashes(entries), np.uint64, len(entries))
        order = np.argsort(hashes, kind="stable")
        self._hashes = np.ascontiguousarray(hashes[order])
        self._sorted: memoryview[int] = memoryview(self._hashes)  # type: ignore[arg-type]  # NumPy arrays are buffers
        places = pa.array(order)

        def ordered(name: str) -> pa.Array:
            return _column(_column(entries[name]).take(places))

        forms = ordered("normal_form")
        values = ordered("value")
        self._forms = _Texts(forms)
        self._values = _Texts(_column(pc.if_else(pc.equal(values, forms), pa.scalar(None, pa.string()), values)))
        self._kinds = _Words(ordered("entry_kind"))
        rows = ordered("row").to_numpy().astype(np.uint32)
        self._rows: memoryview[int] = memoryview(rows)
        filled = {name for name in _EVERY_ENTRY if name in entries.column_names and entries[name].null_count < len(entries)}
        self._said = {name: _Words(ordered(name)) for name in _SAID if name in filled}
        self._since = _Words(ordered("valid_from")) if "valid_from" in filled else None
        self._until = _Words(ordered("valid_until")) if "valid_until" in filled else None

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def hashes(self) -> np.ndarray:
        """The hashes of all keys, sorted; two versions' hashes together say quickly what is on neither."""
        return self._hashes

    @property
    def nbytes(self) -> int:
        """Bytes it keeps in memory."""
        repeating = (self._kinds, self._since, self._until, *self._said.values())
        words = sum(column.nbytes for column in repeating if column is not None)
        return int(self._hashes.nbytes + self._rows.nbytes + self._forms.nbytes + self._values.nbytes + words)

    def naming(self, key: bytes, hashed: int, version: ListVersion, at: datetime) -> Iterator[Listed]:
        """The entries under a key that apply at a moment, as answers of a version that has them."""
        place = bisect_left(self._sorted, hashed)
        while place < len(self._rows) and self._sorted[place] == hashed:
            form = str(self._forms[place])
            if _key(self._kinds[place], form) == key and self._applies(place, at):
                value = self._values[place]
                said = {name: column[place] for name, column in self._said.items()}
                yield Listed(
                    version.list_id,
                    version.version,
                    version.kind,
                    self._rows[place],
                    version.entries_of,
                    form if value is None else value,
                    said.get("category"),
                    said.get("subject"),
                    said.get("reference"),
                    version.source,
                    said.get("marking"),
                )
            place += 1

    def _applies(self, place: int, at: datetime) -> bool:
        since = None if self._since is None else self._since[place]
        until = None if self._until is None else self._until[place]
        return (since is None or _utc(since) <= at) and (until is None or at < _utc(until))

    def all(self) -> Iterator[tuple[str, str, int]]:
        """Kind, normal form and place of every entry."""
        for place in range(len(self)):
            yield self._kinds[place], str(self._forms[place]), place


class NotInMemory(LookupError):  # noqa: N818 - a look-up that would be wrong is refused; the caller reads the older version
    """A moment was asked about at which a version was in force whose entries were not read."""


class Lists:
    """All lists a gate screens against: every version with its entries, and which is in force at a moment.

    Entries of versions that are no longer in force may be left out; asking about a moment at which one was raises NotInMemory.
    """

    def __init__(self, versions: Iterable[ListVersion] = (), entries: Mapping[tuple[str, int], Entries] | None = None) -> None:
        """``entries`` holds those of each list and version (by ``entries_of``)."""
        self._entries = dict(entries or {})
        self._by_list: dict[str, list[ListVersion]] = defaultdict(list)
        for version in sorted(versions, key=lambda v: (v.list_id, v.version)):
            self._by_list[version.list_id].append(version)
        self._newest_first = {
            list_id: tuple((version.applies_from, version) for version in reversed(those))
            for list_id, those in self._by_list.items()
        }
        self._kinds: tuple[datetime, datetime, frozenset[str]] = (_NEVER, _NEVER, frozenset())
        self._complete_from = max((self._left_out_until(each) for each in self._by_list.values()), default=_ALWAYS)
        hashes = [each.hashes for each in self._entries.values()]
        known = np.unique(np.concatenate(hashes)) if hashes else np.empty(0, np.uint64)
        self._any: memoryview[int] = memoryview(known)  # type: ignore[arg-type]  # NumPy arrays are buffers

    @property
    def versions(self) -> tuple[ListVersion, ...]:
        """Every version of every list, in order."""
        return tuple(version for versions in self._by_list.values() for version in versions)

    def entries(self, version: ListVersion) -> Entries:
        """The entries of a version."""
        return self._entries[version.list_id, version.entries_of]

    def in_force(self, list_id: str, at: datetime) -> ListVersion | None:
        """The version of a list in force at a moment: the newest that applies by then; None before the first."""
        for applies_from, version in self._newest_first.get(list_id, ()):
            if applies_from <= at:
                return version
        return None

    def kinds(self, at: datetime) -> frozenset[str]:
        """The kinds of lists of which a version is in force."""
        since, until, kinds = self._kinds
        if not since <= at < until:
            moments = {version.applies_from for version in self.versions}
            since = max((moment for moment in moments if moment <= at), default=_ALWAYS)
            until = min((moment for moment in moments if moment > at), default=_NEVER)
            kinds = frozenset(v.kind for list_id in self._by_list if (v := self.in_force(list_id, at)) is not None)
            self._kinds = (since, until, kinds)
        return kinds

    @property
    def loaded(self) -> Mapping[tuple[str, int], Entries]:
        """The entries in memory, by list and version (``entries_of``)."""
        return self._entries

    def find(self, entry_kind: str, value: str, at: datetime, asset: str | None = None) -> tuple[Listed, ...]:
        """Every entry, on any list in force at the moment, that names a value in whatever way it is written."""
        return self.find_form(entry_kind, form_of(entry_kind, value, asset), at)

    def find_form(self, entry_kind: str, form: str, at: datetime) -> tuple[Listed, ...]:
        """The same for a value that is in its normal form already."""
        if at < self._complete_from:
            raise NotInMemory(f"the entries of a list in force at {at} were not read; open the lists with every version")
        key = _key(entry_kind, form)
        hashed = _hash(key)
        place = bisect_left(self._any, hashed)
        if place == len(self._any) or self._any[place] != hashed:
            return ()
        return tuple(self._found(key, hashed, at))

    def domain(self, host: str, at: datetime) -> tuple[Listed, ...]:
        """Entries that name a host or a domain above it."""
        labels = form_of("domain", host).split(".")
        names = (".".join(labels[i:]) for i in range(max(len(labels) - 1, 1)))
        return tuple(hit for name in names for hit in self.find_form("domain", name, at))

    def _found(self, key: bytes, hashed: int, at: datetime) -> Iterator[Listed]:
        for list_id in self._by_list:
            version = self.in_force(list_id, at)
            if version is None:
                continue
            yield from self.entries(version).naming(key, hashed, version, at)

    def _left_out_until(self, versions: Sequence[ListVersion]) -> datetime:
        """From when no version of a list is in force whose entries were left out; the start of time where none was."""
        superseded, until = _NEVER, _ALWAYS
        for version in reversed(versions):
            if (version.list_id, version.entries_of) not in self._entries and version.applies_from < superseded:
                until = max(until, superseded)
            superseded = min(superseded, version.applies_from)
        return until


def version_of(row: Mapping[str, Any]) -> ListVersion:
    """A row of ``list_version``."""
    return ListVersion(
        list_id=row["list_id"],
        version=row["version"],
        kind=row["kind"],
        source=row["source"],
        valid_from=in_utc(row["valid_from"]),
        loaded_at=in_utc(row["loaded_at"]),
        entries_of=row["entries_of"],
    )


def read_lists(records: Records) -> Lists:
    """The lists of a records folder: ``list_version`` with ``list_entry``. Read once for all rules that ask."""
    with _READING:
        lists = _READ.get(records)
        if lists is None:
            lists = _READ[records] = _read(records)
        return lists


_READ: WeakKeyDictionary[Records, Lists] = WeakKeyDictionary()
_READING = Lock()


def _read(records: Records) -> Lists:
    rows = records.optional("list_version").order_by("list_id", "version").to_pyarrow().to_pylist()
    stored = records.optional("list_entry")
    own = stored.select("list_id", "version", *ENTRY_COLUMNS).order_by("list_id", "version", "row").to_pyarrow()
    return lists_of(rows, own)


def lists_of(version_rows: Sequence[Mapping[str, Any]], entries: pa.Table) -> Lists:
    """Lists from rows of ``list_version`` and a table of ``list_entry``, sorted by list and version."""
    versions = [version_of(row) for row in version_rows]
    kept: dict[tuple[str, int], Entries] = {}
    for name, part in _parts(entries):
        kept[name] = Entries(part)
    nothing = entries.slice(0, 0)
    for version in versions:
        kept.setdefault((version.list_id, version.entries_of), Entries(nothing))
    return Lists(versions, kept)


def _parts(entries: pa.Table) -> Iterator[tuple[tuple[str, int], pa.Table]]:
    if not len(entries):
        return
    codes = _column(entries["list_id"].dictionary_encode()).indices.to_numpy()
    numbers = entries["version"].to_numpy()
    turns = np.flatnonzero((np.diff(codes) != 0) | (np.diff(numbers) != 0)) + 1
    for start, end in pairwise([0, *turns.tolist(), len(entries)]):
        yield (entries["list_id"][start].as_py(), entries["version"][start].as_py()), entries.slice(start, end - start)


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _key(entry_kind: str, form: str) -> bytes:
    return _KINDS[entry_kind] + form.encode()


def _hash(key: bytes) -> int:
    return int.from_bytes(blake2b(key, digest_size=8).digest(), "little")


def _hashes(entries: pa.Table) -> Iterator[int]:
    """The hash of every entry's key, a piece of the table at a time."""
    for batch in entries.select(["entry_kind", "normal_form"]).to_batches(max_chunksize=_PIECE):
        kinds, forms = (batch.column(i).to_pylist() for i in (0, 1))
        for kind, form in zip(kinds, forms, strict=True):
            yield _hash(_key(kind, form))


_PIECE = 1 << 16
_WORDS_AS_OBJECTS = 1 << 17
"""As many distinct words are kept ready; more are kept packed and made when they are asked for."""


def _column(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """A column in one piece."""
    if isinstance(column, pa.Array):
        return column
    combined = column.combine_chunks()
    return combined if isinstance(combined, pa.Array) else combined.chunk(0)
