"""What a new version of a list changes: its entries, and every transfer and client's address now judged otherwise."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from sekisho.intelligence.store import ListStore
from sekisho.records import Records, RecordsError
from sekisho.typologies.listed import ListVersion
from sekisho.typologies.listed_forms import form_of
from sekisho.typologies.valuation import in_utc

CHANGES = ("added", "removed", "changed")


class Entry(NamedTuple):
    """What a version says of one value: its categories and whom it names."""

    categories: tuple[str, ...]
    subjects: tuple[str, ...]


class Change(NamedTuple):
    """One value that two versions of a list judge differently. ``before`` or ``after`` is None where it is not on that version."""

    list_id: str
    entry_kind: str
    normal_form: str
    value: str
    before: Entry | None
    after: Entry | None

    @property
    def change(self) -> str:
        """added, removed, or changed (category or subject)."""
        return "added" if self.before is None else "removed" if self.after is None else "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Two versions of one list to be compared; 0 stands for before the first."""

    list_id: str
    kind: str
    before: int
    after: int


class Book(NamedTuple):
    """A value a client dealt with: an address (or an operator's name) with the transfers to and from it."""

    account_id: str
    entry_kind: str
    value: str
    asset: str | None
    transfers: tuple[str, ...]
    value_jpy: Decimal | None
    last_at: datetime | None


class Affected(NamedTuple):
    """A client's address, or operator, that a change concerns."""

    change: Change
    span: Span
    book: Book


def span_of(store: ListStore, list_id: str, at: datetime, before: int | None = None, after: int | None = None) -> Span:
    """The versions to compare: by default what is in force at a moment against what was in force before it."""
    versions = store.versions(list_id)
    if not versions:
        raise RecordsError(str(store.folder), f"holds no list '{list_id}'", "'sekisho lists show' tells the lists there are")
    known = {version.version for version in versions} | {0}
    for number in (before, after):
        if number is not None and number not in known:
            raise RecordsError(
                list_id, f"has no version {number}", f"its versions: 1 to {versions[-1].version}; 0 for before the first"
            )
    applying = [version for version in versions if version.applies_from <= at]
    last = after if after is not None else (applying[-1].version if applying else versions[-1].version)
    first = before if before is not None else _previous(versions, last)
    return Span(list_id=list_id, kind=versions[-1].kind, before=first, after=last)


def changes(store: ListStore, span: Span) -> list[Change]:
    """Every value the two versions judge differently, in order of kind and form."""
    sides = {name: _side(store, span.list_id, number) for name, number in (("b", span.before), ("a", span.after))}
    query = f"""
        SELECT coalesce(a.entry_kind, b.entry_kind) AS entry_kind, coalesce(a.normal_form, b.normal_form) AS normal_form,
               coalesce(a.value, b.value) AS value, b.categories, b.subjects, a.categories, a.subjects
        FROM ({sides["b"]}) AS b FULL JOIN ({sides["a"]}) AS a USING (entry_kind, normal_form)
        WHERE a.value IS NULL OR b.value IS NULL OR a.categories <> b.categories OR a.subjects <> b.subjects
        ORDER BY 1, 2
    """
    with duckdb.connect(config={"threads": 2}) as connection:
        rows = connection.execute(query).fetchall()
    return [
        Change(span.list_id, kind, form, value, _entry(before, whom), _entry(after, now_whom))
        for kind, form, value, before, whom, after, now_whom in rows
    ]


def books_of(records: Records) -> Iterator[Book]:
    """Every address and operator each client dealt with, from the transfers of a records folder."""
    transfer = records.optional("transfer")
    columns = ("transfer_id", "account_id", "asset", "address", "counterparty_vasp", "value_jpy", "requested_at")
    grouped: dict[tuple[str, str, str, str | None], list[tuple[datetime, str, Decimal]]] = defaultdict(list)
    for row in transfer.select(*columns).to_pyarrow().to_pylist():
        told = (in_utc(row["requested_at"]), row["transfer_id"], row["value_jpy"])
        grouped[row["account_id"], "address", row["address"], row["asset"]].append(told)
        if row["counterparty_vasp"]:
            grouped[row["account_id"], "name", row["counterparty_vasp"], None].append(told)
    for (account_id, kind, value, asset), rows in sorted(grouped.items(), key=lambda item: tuple(map(str, item[0]))):
        rows.sort()
        yield Book(
            account_id, kind, value, asset, tuple(i for _, i, _ in rows), sum((v for *_, v in rows), Decimal(0)), rows[-1][0]
        )


def affected(found: Iterable[tuple[Span, Sequence[Change]]], books: Iterable[Book]) -> list[Affected]:
    """The clients' addresses that changes of lists concern, by list, kind of change and account."""
    by_form: dict[tuple[str, str], list[tuple[Span, Change]]] = defaultdict(list)
    for span, those in found:
        for change in those:
            by_form[change.entry_kind, change.normal_form].append((span, change))
    hit = []
    for book in books:
        form = form_of(book.entry_kind, book.value, book.asset)
        hit += [Affected(change, span, book) for span, change in by_form.get((book.entry_kind, form), ())]
    return sorted(
        hit, key=lambda a: (a.span.list_id, CHANGES.index(a.change.change), a.book.account_id, a.book.value, a.book.asset or "")
    )


def told(one: Affected) -> dict[str, Any]:
    """An affected address as JSON and Parquet write it."""
    return {
        "list_id": one.span.list_id,
        "kind": one.span.kind,
        "version_before": one.span.before,
        "version_after": one.span.after,
        "change": one.change.change,
        "entry_kind": one.change.entry_kind,
        "value": one.book.value,
        "asset": one.book.asset,
        "account_id": one.book.account_id,
        "categories_before": list(one.change.before.categories) if one.change.before else [],
        "categories_after": list(one.change.after.categories) if one.change.after else [],
        "subjects_before": list(one.change.before.subjects) if one.change.before else [],
        "subjects_after": list(one.change.after.subjects) if one.change.after else [],
        "transfers": list(one.book.transfers),
        "value_jpy": None if one.book.value_jpy is None else str(one.book.value_jpy),
        "last_at": None if one.book.last_at is None else one.book.last_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def _previous(versions: Sequence[ListVersion], last: int) -> int:
    """The newest version before ``last`` with other entries; 0 where there is none."""
    of = {version.version: version.entries_of for version in versions}
    return max((number for number in of if number < last and of[number] != of.get(last)), default=0)


def _side(store: ListStore, list_id: str, version: int) -> str:
    """The SQL of a version's entries by value, with the words said about each."""
    words = "list_sort(list_distinct(list({0}) FILTER ({0} IS NOT NULL)))"
    columns = f"coalesce({words.format('category')}, []) AS categories, coalesce({words.format('subject')}, []) AS subjects"
    if version == 0:
        empty = "NULL::VARCHAR AS {0}"
        names = ", ".join(empty.format(name) for name in ("entry_kind", "normal_form", "value", "category", "subject"))
        source = f"(SELECT {names} WHERE false)"
    else:
        file: Path = store.entries_file(list_id, version)
        store.entries_of(list_id, version)  # its hash is checked before it is compared
        source = f"read_parquet('{str(file).replace(chr(39), chr(39) * 2)}')"
    return f"SELECT entry_kind, normal_form, min(value) AS value, {columns} FROM {source} GROUP BY ALL"


def _entry(categories: list[str] | None, whom: list[str] | None) -> Entry | None:
    return None if categories is None else Entry(tuple(categories), tuple(whom or ()))
