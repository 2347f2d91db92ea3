"""What the journal keeps from some of its readers: lines about things whose very existence is confidential.

The chain is whole for whoever verifies it; a page that shows lines passes them through ``readable`` first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Q, QuerySet


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """Lines only those see who may do ``act``."""

    act: str
    hides: Callable[[], Q]


GUARDS: Final[list[Guard]] = []


def guard(declared: Guard) -> Guard:
    """Declare a guard (in an area's ``pages.py``)."""
    GUARDS.append(declared)
    return declared


def readable(changes: QuerySet[Any], may: Callable[[str], bool]) -> QuerySet[Any]:
    """The lines a reader may see: without those whose act he may not do."""
    for each in GUARDS:
        if not may(each.act):
            changes = changes.exclude(each.hides())
    return changes
