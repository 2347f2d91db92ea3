"""Waiting periods: until when something may not be done, to the microsecond, and which episodes belong together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Protocol, TypeVar

_DAY = timedelta(days=1)
_MICROSECOND = timedelta(microseconds=1)


@lru_cache(maxsize=256)
def length_of(days: Decimal | int) -> timedelta:
    """A period of days of 24 hours; parts of a day count to the microsecond, what is smaller is dropped."""
    return int(Decimal(days) * (_DAY // _MICROSECOND)) * _MICROSECOND


@lru_cache(maxsize=256)
def length_of_hours(hours: Decimal | int) -> timedelta:
    """A period of hours; parts count to the microsecond."""
    return int(Decimal(hours) * (timedelta(hours=1) // _MICROSECOND)) * _MICROSECOND


class Spanning(Protocol):
    """Something that lasts from one moment to another."""

    @property
    def starts_at(self) -> datetime: ...

    @property
    def ends_at(self) -> datetime: ...


Spell = TypeVar("Spell", bound=Spanning)


def overlapping(spells: Iterable[Spell]) -> Iterator[Sequence[Spell]]:
    """Groups spells that overlap or touch, directly or through others, in order of their start."""
    group: list[Spell] = []
    for spell in sorted(spells, key=lambda s: (s.starts_at, s.ends_at)):
        if group and spell.starts_at > max(s.ends_at for s in group):
            yield tuple(group)
            group = []
        group.append(spell)
    if group:
        yield tuple(group)
