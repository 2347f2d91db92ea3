# ruff: noqa: E501 - SVG elements stand whole
"""The organisation chart as a picture: who reports to whom, unit by unit, from left to right."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from html import escape
from typing import Any, Final

from django.utils.translation import gettext as _

from sekisho.console.people.models import Person

COLUMN, ROW, WIDE, HIGH, EDGE = 214, 58, 180, 46, 10
DRAWN_MAX: Final = 400


def chart_svg(people: Mapping[str, Person], marked: Collection[str], lang: str) -> str:
    """Everybody in the chart; who is ``marked`` (an owner of items) is coloured. Every word is escaped here."""
    below: dict[str | None, list[Person]] = defaultdict(list)
    for person in people.values():
        above = person.head_id if person.head_id in people and not _in_circle(person) else None
        below[above].append(person)
    place: dict[str, tuple[int, float]] = {}
    rows = _placed(below, None, 0, 0, place)
    height, columns = max(1, rows) * ROW + 2 * EDGE, max((column for column, _row in place.values()), default=0) + 1
    width = columns * COLUMN + 2 * EDGE
    title = escape(_("Organisation chart"))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" class="chart" aria-label="{title}">'
    ]
    for pk, (column, row) in place.items():
        head = people[pk].head_id
        if head in place and place[head][0] == column - 1:
            x, y = column * COLUMN + EDGE, row * ROW + EDGE + HIGH / 2
            hx, hy = place[head][0] * COLUMN + EDGE + WIDE, place[head][1] * ROW + EDGE + HIGH / 2
            middle = (x + hx) / 2
            parts.append(f'<path class="line" d="M{hx} {hy:.1f} H{middle} V{y:.1f} H{x}"/>')
    parts += [_box(people[pk], column, row, pk in marked, lang) for pk, (column, row) in place.items()]
    return "".join(parts) + "</svg>"


def _in_circle(person: Person) -> bool:
    """Whether following the heads comes back to the person: such a chart has no top, so the person is drawn at the left."""
    seen, at = {person.pk}, person.head
    while at is not None:
        if at.pk in seen:
            return at.pk == person.pk
        seen.add(at.pk)
        at = at.head
    return False


def _placed(
    below: Mapping[str | None, Sequence[Person]], head: str | None, column: int, row: int, place: dict[str, tuple[int, float]]
) -> int:
    """Put everybody below ``head`` into the picture from ``row`` on; gives the next free row."""
    for person in sorted(below.get(head, ()), key=lambda each: (each.unit, each.pk)):
        if len(place) >= DRAWN_MAX or person.pk in place:
            continue
        place[person.pk] = (column, row)
        end = _placed(below, person.pk, column + 1, row, place)
        place[person.pk] = (column, (row + max(row, end - 1)) / 2)
        row = max(row + 1, end)
    return row


def _box(person: Person, column: int, row: float, marked: bool, lang: str) -> str:
    x, y = column * COLUMN + EDGE, row * ROW + EDGE
    name = (person.name_ja if lang == "ja" else "") or person.name
    css = "person marked" if marked else "person"
    return (
        f'<g><title>{escape(f"{person.pk} {name}, {person.unit}")}</title><rect class="{css}" x="{x}" y="{y:.1f}" width="{WIDE}" height="{HIGH}" rx="6"/>'
        f'<text x="{x + 10}" y="{y + 19:.1f}">{escape(name[:24])}</text><text class="unit" x="{x + 10}" y="{y + 36:.1f}">{escape(person.unit[:28])}</text></g>'
    )


def as_rows(people: Mapping[str, Person], owned: Mapping[str, int]) -> list[dict[str, Any]]:
    """The same in words, for whoever does not see the picture."""
    return [
        {
            "person": person.pk,
            "name": person.name,
            "name_ja": person.name_ja,
            "unit": person.unit,
            "head": person.head_id,
            "items": owned.get(person.pk, 0),
        }
        for person in sorted(people.values(), key=lambda each: (each.unit, each.pk))
    ]
