"""Lists: one declaration gives a dense table with filters in the address, sorting, pages, JSON, and exports."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http.response import HttpResponseBase
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from sekisho.console.desk import exports
from sekisho.console.desk.pages import Asked, Content, Unfit
from sekisho.console.journal.acting import acting
from sekisho.console.people.chapters import chapter_title

Kind = Literal["text", "code", "number", "yen", "score", "time", "day", "chip", "due", "chapter"]
ON_PAGE: Final = 50
COUNTED_TO: Final = 10_000
"""Beyond this many rows a list says "more than": counting a million rows helps nobody and takes the time of all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: its key in a row, its title, how it is shown, the field it sorts by, the key of the address it links to."""

    key: str
    title: str | Promise
    kind: Kind = "text"
    sort: str | None = None
    at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """One filter: its name in the address, its title, the values to choose from (none: free text), and what it keeps.

    ``keeps`` is a lookup of the ORM (``severity``, ``opened_at__date__gte``) or a function of rows and value. Several values of one
    filter in the address (``?severity=high&severity=critical``) keep what any of them keeps. A ``hidden`` one is followed by links
    alone; those with ``more`` are folded away until somebody uses them.
    """

    name: str
    title: str | Promise
    keeps: str | Callable[[QuerySet[Any], str, Asked], QuerySet[Any]]
    values: Sequence[tuple[str, str | Promise]] | Callable[[Asked], Sequence[tuple[str, str | Promise]]] = ()
    kind: Literal["choice", "text", "day", "hidden"] = "choice"
    more: bool = False

    def chosen_from(self, request: Asked) -> Sequence[tuple[str, str | Promise]]:
        """The values to choose from."""
        return self.values(request) if callable(self.values) else self.values


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A list of rows of one kind. ``rows`` gives those the actor may see; ``show`` makes a row's plain values, by column key.

    ``sort`` is the order without a choice, ending in something unique, so that pages neither repeat nor lose rows. What is searched
    are the lookups ``searches``, or what the function ``search`` makes of rows and words; it says, too, whether so many may have
    them that they are not counted.
    """

    name: str
    columns: tuple[Column, ...]
    rows: Callable[[Asked], QuerySet[Any]]
    show: Callable[[Any, Asked], dict[str, Any]]
    sort: tuple[str, ...]
    filters: tuple[Filter, ...] = ()
    searches: tuple[str, ...] = ()
    on_page: int = ON_PAGE
    key: str = "pk"
    extras: dict[str, Any] = field(default_factory=dict)
    search: Callable[[QuerySet[Any], str], tuple[QuerySet[Any], bool]] | None = None

    def kept(self, request: Asked) -> QuerySet[Any]:
        """The rows that the filters in the address keep, in the order chosen there."""
        return self._kept(request)[0]

    def _kept(self, request: Asked) -> tuple[QuerySet[Any], bool]:
        rows, uncounted = self.rows(request), False
        for each in self.filters:
            values = [value for value in request.GET.getlist(each.name) if value]
            if not values:
                continue
            try:
                rows = self._narrowed(rows, each, values, request)
            except (ValidationError, ValueError, TypeError):
                raise Unfit({each.name: _("this is no value to filter by")}) from None
        words = request.GET.get("q", "").strip()
        if words and self.search is not None:
            rows, uncounted = self.search(rows, words)
        elif words and self.searches:
            found = Q()
            for lookup in self.searches:
                found |= Q(**{lookup: words})
            rows = rows.filter(found)
        return rows.order_by(*self._order(request)), uncounted

    def _narrowed(self, rows: QuerySet[Any], by: Filter, values: list[str], request: Asked) -> QuerySet[Any]:
        if isinstance(by.keeps, str):
            wanted = Q()
            for value in values:
                wanted |= Q(**{by.keeps: value})
            return rows.filter(wanted)
        for value in values:
            rows = by.keeps(rows, value, request)
        return rows

    def _order(self, request: Asked) -> tuple[str, ...]:
        wanted = request.GET.get("sort", "")
        known = {column.key: column.sort for column in self.columns if column.sort}
        lookup = known.get(wanted.lstrip("-"))
        if not lookup:
            return self.sort
        return (f"-{lookup}" if wanted.startswith("-") else lookup, *self.sort)

    def content(self, request: Asked, **more: Any) -> Content | HttpResponseBase:
        """One page of the list with what its frame needs, or the whole list as the file ``?as=csv|xlsx|pdf`` asks for."""
        rows, uncounted = self._kept(request)
        wanted = request.GET.get("as", "")
        if wanted:
            return self._file(request, rows, wanted)
        number = page_number(request)
        on_page = request.actor.on_page or self.on_page
        start = (number - 1) * on_page
        shown = self._fetched(rows, start, on_page)
        whole = len(shown) <= on_page and (shown or number == 1)
        counted = start + len(shown)
        if not (whole or uncounted):
            counted = rows.order_by()[: COUNTED_TO + 1].count()
        most = counted - 1 if uncounted and not whole else COUNTED_TO
        return {
            "list": self.name,
            "columns": [{"key": c.key, "title": c.title, "kind": c.kind, "sort": bool(c.sort), "at": c.at} for c in self.columns],
            "rows": [{"key": str(getattr(row, self.key)), **self.show(row, request)} for row in shown[:on_page]],
            "count": min(counted, most),
            "more_than": counted > most,
            "number": number,
            "pages": max(number if shown else 1, -(-min(counted, most) // on_page)),
            "has_next": len(shown) > on_page,
            "filters": [self._filter(each, request) for each in self.filters],
            "more_filters": any(each.more for each in self.filters),
            "more_open": any(each.more and any(request.GET.getlist(each.name)) for each in self.filters),
            "sorted_by": request.GET.get("sort", ""),
            "search": request.GET.get("q", "") if self.searches or self.search else None,
            "address": request.path.removeprefix("/api"),
            "query": _without(request, "page", "as"),
            **more,
        }

    def _fetched(self, rows: QuerySet[Any], start: int, on_page: int) -> list[Any]:
        """The rows of a page and one more. Keys come first and rows after, so that a deep page passes over keys alone."""
        keys = list(rows.values_list("pk", flat=True)[start : start + on_page + 1])
        of_keys = rows.order_by()
        of_keys.query.clear_where()  # the keys met the conditions: asking again, and of a search for its words, takes as long
        found = {row.pk: row for row in of_keys.filter(pk__in=keys)} if keys else {}
        return [found[key] for key in keys if key in found]

    def _filter(self, each: Filter, request: Asked) -> dict[str, Any]:
        chosen = request.GET.getlist(each.name)
        values = [{"value": value, "title": title, "chosen": value in chosen} for value, title in each.chosen_from(request)]
        return {"name": each.name, "title": each.title, "kind": each.kind, "more": each.more, "values": values, "chosen": chosen}

    def _file(self, request: Asked, rows: QuerySet[Any], wanted: str) -> HttpResponseBase:
        if wanted not in exports.WRITERS:
            raise Unfit({"as": _("choose csv, xlsx or pdf")})
        lines: Iterable[Sequence[Any]] = (
            [as_read(shown, column) for column in self.columns]
            for shown in (self.show(row, request) for row in rows.iterator(chunk_size=2_000))
        )
        with acting(request.actor.author, "export a list", reason=_without(request, "as")) as act:
            act.note("list", self.name, "exported", None, {"as": wanted, "filters": _without(request, "as", "page")})
        return exports.WRITERS[wanted](self.name, [str(column.title) for column in self.columns], lines)


def as_read(shown: dict[str, Any], column: Column) -> Any:
    """What a file has in a cell: what the page says there, in its language."""
    value = shown.get(column.key)
    if column.kind == "chapter" and value:
        return chapter_title(value)
    return shown.get(f"{column.key}_words") or value


def page_number(request: Asked) -> int:
    """The page asked for in the address; the first where it is no number."""
    text = request.GET.get("page", "1")
    return max(1, int(text)) if text.isascii() and text.isdecimal() and len(text) < 8 else 1


def _without(request: Asked, *names: str) -> str:
    return urlencode([(name, value) for name, values in request.GET.lists() if name not in names for value in values])
