"""Rows against the journal: what every kept row holds now must be what the journal last said of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from django.apps import apps
from django.db import transaction

from sekisho.console.journal.acting import TAKEN_IN, Kept, hash_of, heads_file, one_writer, sum_of
from sekisho.console.journal.chain import ERASED, Break, Line, breaks
from sekisho.console.journal.heads import read_heads
from sekisho.console.journal.models import Change

_AT_ONCE: Final = 500
Progress = Callable[[str, int], None]
"""Told now and then: what is being looked at, and how many of it were."""


@dataclass(slots=True)
class Told:
    """What the journal says of one object: what its fields held first and last, whether it was made by an act, and is gone."""

    first: dict[str, Any] = field(default_factory=dict)
    last: dict[str, Any] = field(default_factory=dict)
    made: int = 0
    gone: bool = False


def kinds() -> list[type[Kept]]:
    """Every kind of row the journal keeps."""
    kept = [each for each in apps.get_models() if issubclass(each, Kept) and not each._meta.proxy]
    return sorted(kept, key=lambda each: each.kind())


def check(progress: Progress = lambda what, count: None) -> Iterator[Break]:
    """Every break there is: in the chain, against the heads, and between the journal and the rows as they are now."""
    yield from breaks(lines(progress), read_heads(heads_file()))
    for kind in kinds():
        yield from changed_behind(kind, progress)


def lines(progress: Progress = lambda what, count: None) -> Iterator[Line]:
    """The journal's lines in their order."""
    for count, change in enumerate(Change.objects.order_by("number").iterator(chunk_size=2_000), 1):
        yield change.line()
        if count % 10_000 == 0:
            progress("lines", count)


def changed_behind(kind: type[Kept], progress: Progress = lambda what, count: None) -> Iterator[Break]:
    """Rows of a kind that are not what the journal last said: changed, added or removed by something else than an act.

    What seems wrong is looked at once more while nobody writes, because the office goes on working meanwhile.
    """
    keys = kind._base_manager.order_by("pk").values_list("pk", flat=True)
    for chunk in _chunks(keys.iterator(chunk_size=2_000), kind, progress):
        if any(_wrong(kind, chunk)):
            with transaction.atomic():
                one_writer()
                still = list(_wrong(kind, chunk))
            yield from still
    made = Change.objects.filter(kind=kind.kind(), field=kind._meta.pk.attname, old=None)
    for chunk in _chunks(made.order_by("object").values_list("object", flat=True).distinct().iterator(chunk_size=2_000)):
        there = {str(pk) for pk in kind._base_manager.filter(pk__in=chunk).values_list("pk", flat=True)}
        for pk, told in _told(kind, [pk for pk in chunk if pk not in there]).items():
            if not told.gone and not kind._base_manager.filter(pk=pk).exists():
                yield Break(told.made, f"made {kind.kind()} {pk}, which is no longer there, and no line says that it was removed")
    with transaction.atomic():
        one_writer()
        not_taken_in = list(_not_taken_in(kind))
    yield from not_taken_in


def _wrong(kind: type[Kept], keys: Iterable[Any]) -> Iterator[Break]:
    """The rows with these keys that are not what the journal says."""
    names = [each.attname for each in kind.kept_fields()]
    chunk = list(keys)
    told = _told(kind, [str(key) for key in chunk])
    for values in kind._base_manager.filter(pk__in=chunk).values(*names):
        pk = str(values[kind._meta.pk.attname])
        now, said = kind.told(values), told.get(pk, Told())
        for name in names:
            empty = now[name] in (None, "", [], {})
            if name in said.last and said.last[name] != now[name] and not (empty and said.last[name] in (None, "", [], {})):
                yield Break(0, f"{kind.kind()} {pk}: {name} is not what the journal last said: changed behind it")
            elif said.made and name not in said.last and not empty:
                yield Break(0, f"{kind.kind()} {pk}: {name} holds something of which the journal says nothing")
        if said.gone or (not said.made and not _takes_in(kind)):
            yield Break(0, f"{kind.kind()} {pk}: the journal does not say that it was made")


def _told(kind: type[Kept], keys: list[str]) -> dict[str, Told]:
    found: dict[str, Told] = {}
    key = kind._meta.pk.attname
    rows = Change.objects.filter(kind=kind.kind(), object__in=keys).order_by("number")
    for number, pk, name, old, new in rows.values_list("number", "object", "field", "old", "new"):
        told = found.setdefault(pk, Told())
        if name == "removed":
            found[pk] = Told(gone=True)
        elif name not in ("*", ERASED):
            told.first.setdefault(name, old)
            told.last[name] = new
            if name == key and old is None:
                told.made, told.gone = number, False
    return found


def _takes_in(kind: type[Kept]) -> bool:
    return Change.objects.filter(kind=kind.kind(), object="*", field=TAKEN_IN).exists()


def _not_taken_in(kind: type[Kept]) -> Iterator[Break]:
    """Whether the rows taken in as a whole are, with the journal's later changes undone, still those that were taken in."""
    if not _takes_in(kind):
        return
    taken = Change.objects.filter(kind=kind.kind(), object="*", field=TAKEN_IN).order_by("number")
    gone = Change.objects.filter(kind=kind.kind(), field="removed").exclude(old=True)
    wanted = sum_of(change.new["sum"] for change in taken)
    names = [each.attname for each in kind.kept_fields()]

    def hashes() -> Iterator[str]:
        yield from (change.old for change in gone)
        for chunk in _chunks(kind._base_manager.order_by("pk").values(*names).iterator(chunk_size=2_000)):
            told = _told(kind, [str(values[kind._meta.pk.attname]) for values in chunk])
            for values in chunk:
                said = told.get(str(values[kind._meta.pk.attname]), Told())
                if not said.made:
                    yield hash_of({**kind.told(values), **{name: old for name, old in said.first.items() if name in names}})

    if sum_of(hashes()) != wanted:
        yield Break(
            taken[0].number, f"the rows of {kind.kind()} are not those taken in: changed, added or removed behind the journal"
        )


def hash_taken_in(row: Kept) -> str | None:
    """The hash a row had when it was taken in; None for a row that an act made."""
    said = _told(type(row), [str(row.pk)]).get(str(row.pk), Told())
    if said.made or not _takes_in(type(row)):
        return None
    stored = type(row)._base_manager.filter(pk=row.pk).values(*(each.attname for each in row.kept_fields())).get()
    return hash_of({**row.told(stored), **{name: old for name, old in said.first.items() if name in stored}})


def _chunks(rows: Iterator[Any], kind: type[Kept] | None = None, progress: Progress | None = None) -> Iterator[list[Any]]:
    count = 0
    while chunk := list(islice(rows, _AT_ONCE)):
        yield chunk
        count += len(chunk)
        if kind is not None and progress is not None and count % 10_000 < _AT_ONCE:
            progress(kind.kind(), count)
