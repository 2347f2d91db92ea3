"""Panels: a part of the console shows what it knows of an object on the page of a part below it, without that part knowing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.utils.functional import Promise

from sekisho.console.desk.pages import Asked, Content


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A panel: the pages it stands on (``case``, ``overview`` …), title, template, what one must be allowed, and its content.

    ``content`` gets the request and the object's id; None shows no panel.
    """

    on: tuple[str, ...]
    name: str
    title: str | Promise
    template: str
    act: str
    content: Callable[[Asked, str], Content | None]
    order: int = 100


PANELS: Final[list[Panel]] = []


def panel(declared: Panel) -> Panel:
    """Declare a panel (in an area's ``pages.py``)."""
    PANELS.append(declared)
    return declared


def panels_of(request: Asked, on: str, object_id: str = "") -> list[dict[str, Any]]:
    """The panels this person sees on an object, in order, as content of its page (include ``desk/panels.html``)."""
    shown = []
    for each in sorted((each for each in PANELS if on in each.on), key=lambda each: (each.order, each.name)):
        if not request.actor.may(each.act):
            continue
        content = each.content(request, object_id)
        if content is not None:
            shown.append({"name": each.name, "title": each.title, "template": each.template, "content": content})
    return shown
