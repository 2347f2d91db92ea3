"""Reminders: who has to do what about an item, from thirty days before it expires; computed, so that none is forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from sekisho.console.attestations.models import Item, standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What is due: the item, the person (None: nobody owns it, so compliance has to find an owner), why, and by when."""

    item: int
    item_id: str
    chapter: str
    text_en: str
    text_ja: str
    person: str | None
    why: str
    until: date | None


def reminders(on: date, rows: QuerySet[Item] | None = None) -> Iterator[Due]:
    """Every reminder of a day, what has expired first. What is in review reminds nobody but the reviewers."""
    asked = standing(Item.objects.filter(retired_at=None) if rows is None else rows.filter(retired_at=None), on)
    due = asked.filter(standing__in=("missing", "drafted", "returned", "expired", "expiring", "not_met")).exclude(
        next_state="in_review"
    )
    order = {"expired": 0, "not_met": 1, "returned": 2, "expiring": 3, "missing": 4, "drafted": 5}
    for row in sorted(due, key=lambda item: (order[item.standing], item.in_force_until or date.max, item.pk)):
        why = "no_owner" if row.owner_id is None else row.standing
        yield Due(
            item=row.pk,
            item_id=row.item_id,
            chapter=row.chapter,
            text_en=row.text_en,
            text_ja=row.text_ja,
            person=row.owner_id,
            why=why,
            until=row.in_force_until,
        )
