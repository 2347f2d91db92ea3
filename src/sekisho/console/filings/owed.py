"""What is owed to somebody by a day: the way in which any part tells the calendar of its terms (incidents, attestations, rules)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from django.db.models import Model

from sekisho.rulebook.texts import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """One thing to do by a day (Japan dates).

    ``key`` tells it apart from all others of its source for good; what else it says may change. ``met_on`` where the source knows
    that it was done. ``at`` is the address of what it is about. ``secret``: only those who may read an STR know of it.
    """

    key: str
    rule: str
    name: str
    title: Text
    chapter: str
    arose_on: date
    due_on: date
    because: Text
    provision: str = ""
    at: str = ""
    parties: tuple[str, ...] = ()
    secret: bool = False
    met_on: date | None = None
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Who tells: a name, and what is owed as of a day. What it tells no more is taken off the calendar unless it was met.

    ``of``: the rows it tells from; when one of them changes the calendar asks again.
    """

    name: str
    gives: Callable[[date], Iterable[Owed]]
    of: tuple[type[Model], ...] = ()


SOURCES: Final[list[Source]] = []
"""Every source beside the rules, as the parts declare them."""


def owes(source: Source) -> Source:
    """Declare a source (in a part's ``pages.py``)."""
    assert source.name not in {each.name for each in SOURCES}, f"two sources of terms are called {source.name}"
    SOURCES.append(source)
    return source
