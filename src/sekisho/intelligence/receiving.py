"""Intelligence in: what a collection holds is checked, kept as far as its marking allows, and made into lists."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sekisho.intelligence.archive import RECEIVED, Archive, Exchanged, canonical, exchanged
from sekisho.intelligence.indicators import Entry, entries_of, stix_moment
from sekisho.intelligence.list_file import read_list_file
from sekisho.intelligence.stix.validation import musts, validate
from sekisho.intelligence.store import ListStore, Loading
from sekisho.intelligence.taxii import BYTES_MAX, Remote
from sekisho.intelligence.tlp import marking_of, may_keep

_LIST_OF = {"address": ("addresses", "illicit"), "domain": ("domains", "scam_domains"), "url": ("domains", "scam_domains")}
_COLUMNS = Entry._fields


@dataclass
class Pulled:
    """What a pull brought: how many pages and objects, how many new, refused, and kept by name only."""

    pages: int = 0
    objects: int = 0
    new: int = 0
    refused: int = 0
    withheld: int = 0
    added_after: str | None = None
    lists: list[dict[str, Any]] = field(default_factory=list)


def pull(
    remote: Remote,
    archive: Archive,
    *,
    collection: str,
    organisation: str,
    at: datetime,
    per_page: int = 100,
    progress: Callable[[str, int, int], None] = lambda what, done, of: None,
) -> Pulled:
    """Take in everything added to a collection since the last pull, page by page; each page is durable before the next is asked."""
    told = Pulled(added_after=archive.position(collection))
    since = told.added_after
    asked_after = _a_moment_before(since) if since else None
    held: list[Exchanged] = []
    definitions = archive.definitions()
    for page in remote.added_since(asked_after, per_page):
        definitions |= {str(o.get("id")): o for o in page.objects if o.get("type") == "marking-definition"}
        kept, refused = [], []
        for given in page.objects:
            why = _why_not(given)
            if why is not None:
                version = str(given.get("modified") or given.get("created") or "-")
                refused.append((str(given.get("id", "-")), version, organisation, _stamp(at), why))
                continue
            marking = marking_of(given, definitions)
            one = exchanged(given, direction=RECEIVED, organisation=organisation, marking=marking, at=at, keep=may_keep(marking))
            kept.append(one)
            told.withheld += one.body is None
        held += kept
        told.added_after = max(filter(None, (told.added_after, page.last_added)), default=None)
        told.new += archive.take_in(kept, refused=refused, collection=None, added_after=None)
        told.pages += 1
        told.objects += len(page.objects)
        told.refused += len(refused)
        progress("objects taken in", told.objects, told.objects)
    # The position moves when every page is in: a pull that broke off is read again, and what comes twice is one object.
    archive.take_in((), collection=collection, added_after=told.added_after)
    return told


def _why_not(given: Mapping[str, Any]) -> str | None:
    """Why an object is not taken in; None where it is."""
    if len(canonical(given).encode()) > BYTES_MAX:
        return f"is larger than {BYTES_MAX} bytes"
    fault = next(musts(validate(given)), None)
    return None if fault is None else str(fault)


def entries(archive: Archive, organisation: str, *, confidence_min: int = 0) -> Iterator[Entry]:
    """The entries all indicators received from an organisation make: not revoked, sure enough, and kept at all."""
    for one in archive.objects(direction=RECEIVED, organisation=organisation):
        if one.type == "indicator" and one.body is not None and _sure(one.body, confidence_min):
            yield from entries_of(one.body, one.marking)


def _sure(indicator: Mapping[str, Any], least: int) -> bool:
    """Whether an indicator is as sure as asked; one that does not say how sure it is counts as 0."""
    confidence = indicator.get("confidence")
    return least <= (confidence if isinstance(confidence, int) else 0)


def load_lists(
    archive: Archive,
    store: ListStore,
    *,
    organisation: str,
    list_prefix: str,
    source: str,
    by: str,
    at: datetime,
    confidence_min: int = 0,
) -> list[dict[str, Any]]:
    """Load what the indicators name as new versions of lists, where it differs from the last; gives the rows of new versions."""
    by_list: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries(archive, organisation, confidence_min=confidence_min):
        suffix, kind = _LIST_OF[entry.entry_kind]
        by_list.setdefault((f"{list_prefix}-{suffix}", kind), []).append(entry)
    known = {row["list_id"]: row for row in store.rows()}
    for suffix, kind in sorted(set(_LIST_OF.values())):
        if f"{list_prefix}-{suffix}" in known:  # every indicator of it may have been revoked
            by_list.setdefault((f"{list_prefix}-{suffix}", kind), [])
    loaded = []
    for (list_id, kind), those in sorted(by_list.items()):
        text = _csv(those)
        with TemporaryDirectory(prefix="sekisho-") as place:
            file = Path(place) / f"{list_id}.csv"
            file.write_text(text, encoding="utf-8")
            given = read_list_file(file, kind, may_be_empty=True)
        if list_id in known and known[list_id]["sha256"] == given.sha256:
            continue
        loading = Loading(
            list_id=list_id, kind=kind, source=source, loaded_by=by, loaded_at=at, note=f"{len(those)} entries of indicators"
        )
        loaded.append(store.load(given, loading))
    return loaded


def _csv(those: list[Entry]) -> str:
    """Entries as a list file, in an order that does not hang on when they came."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for entry in sorted(those, key=lambda e: (e.entry_kind, e.value, e.reference)):
        writer.writerow(_cells(entry))
    return out.getvalue()


def _cells(entry: Entry) -> list[object]:
    times = {
        name: _stamp(stix_moment(text)) for name in ("valid_from", "valid_until") if (text := getattr(entry, name)) is not None
    }
    return ["" if (cell := times.get(name, getattr(entry, name))) is None else cell for name in _COLUMNS]


def _a_moment_before(added_after: str) -> str:
    """A microsecond earlier: what was added at the very same moment but came later is not missed."""
    return _stamp(stix_moment(added_after) - timedelta(microseconds=1))


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
