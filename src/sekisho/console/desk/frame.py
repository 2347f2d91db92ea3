"""The frame around every page: navigation, who is signed in, the language and the theme."""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from sekisho.console.desk.pages import ENTRIES, Asked
from sekisho.console.desk.reminders import waiting


def frame(request: HttpRequest) -> dict[str, Any]:
    """What the frame shows: the pages this person may open, in their order."""
    actor = getattr(request, "actor", None)
    if actor is None:
        return {"actor": None, "menu": (), "languages": settings.LANGUAGES, "theme": request.COOKIES.get("theme", "")}
    entries = sorted((each for each in ENTRIES.values() if each.menu and actor.may(each.act)), key=lambda each: each.order)
    menu = [{"name": each.name, "title": each.menu, "at": reverse(each.name)} for each in entries]
    return {
        "actor": actor,
        "menu": menu,
        "languages": settings.LANGUAGES,
        "theme": request.COOKIES.get("theme", ""),
        "waiting_count": sum(each["count"] for each in waiting(cast(Asked, request))),
        "idle_seconds": settings.CHOSEN.idle_minutes * 60,
    }
