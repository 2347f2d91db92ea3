"""Reminders: what waits for the person who is signed in, counted beside his name; each part of the console adds its own.

A part declares one in its ``pages.py``: ``reminder(Reminder(name=..., title=..., act=..., count=..., at=...))``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from sekisho.console.desk.pages import Asked, Content, page


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """One kind of reminder: for whoever may do ``act``, how many wait (one cheap query), and the page that shows them."""

    name: str
    title: str | Promise
    act: str
    count: Callable[[Asked], int]
    at: Callable[[Asked], str]
    order: int = 100


REMINDERS: Final[dict[str, Reminder]] = {}


def reminder(declared: Reminder) -> Reminder:
    """Declare a kind of reminder."""
    assert declared.name not in REMINDERS, f"two kinds of reminder are called {declared.name}"
    REMINDERS[declared.name] = declared
    return declared


def waiting(request: Asked) -> list[dict[str, Any]]:
    """What waits for the person who asks, without kinds of which nothing waits."""
    mine = sorted((each for each in REMINDERS.values() if request.actor.may(each.act)), key=lambda each: (each.order, each.name))
    counted = [{"name": each.name, "title": each.title, "count": each.count(request), "at": each.at(request)} for each in mine]
    return [each for each in counted if each["count"]]


@page("reminders/", name="reminders", act="be here", template="desk/reminders.html")
def reminders(request: Asked) -> Content:
    """What waits for you."""
    return {"heading": _("What waits for you"), "waiting": waiting(request)}
