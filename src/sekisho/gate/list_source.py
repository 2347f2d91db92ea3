"""The lists a gate screens against, from the folder that keeps every version: loaded, updated and returned to without a restart."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from sekisho.gate.entries import Listing
from sekisho.gate.messages import GateDown
from sekisho.intelligence.store import ListStore
from sekisho.records import RecordsError
from sekisho.typologies.listed import Lists


class ListSource:
    """One folder of lists (``sekisho lists``); versions already in memory are not read again."""

    def __init__(self, folder: Path) -> None:
        self._store = ListStore(folder)
        self._seen: tuple[int, int, int] | None = None
        self._lists = Lists()

    @property
    def changed(self) -> bool:
        """Whether a version was added since the lists were last read."""
        return self._store.signature != self._seen

    def newest(self, at: datetime) -> tuple[Listing, Lists]:
        """Every version there is now. Raises GateDown where the folder is damaged: what cannot be screened does not go ahead."""
        seen = self._store.signature
        try:
            rows, self._lists = self._store.rows(), self._store.open(at=at, known=self._lists)
        except RecordsError as error:
            raise GateDown(f"the lists cannot be read: {error}; the lists read before stay in force") from error
        self._seen = seen
        versions = {row["list_id"]: row["version"] for row in rows}
        entries = {row["list_id"]: row["entries_sha256"] for row in rows}
        return Listing(at=at, versions=versions, entries=entries), self._lists

    def as_of(self, listing: Listing) -> Lists:
        """The lists as an entry of the journal names them; raises GateDown where they are not there or not the same."""
        try:
            rows, opened = self._store.rows(), self._store.open(at=listing.at, known=self._lists)
        except RecordsError as error:
            raise GateDown(f"the lists cannot be read: {error}") from error
        self._lists = opened
        there = {(row["list_id"], row["version"]): row["entries_sha256"] for row in rows}
        for name, version in listing.versions.items():
            if there.get((name, version)) != listing.entries[name]:
                raise GateDown(f"version {version} of list {name!r}, by which the gate decided, is not in {self._store.folder}")
        last = listing.versions
        return Lists([one for one in opened.versions if one.version <= last.get(one.list_id, 0)], opened.loaded)
