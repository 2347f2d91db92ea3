"""Saved views: a queue as somebody filtered it, his own or shared with all."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from django.db.models import Q
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sekisho.console.alerts.models import SavedView
from sekisho.console.desk.pages import Unfit
from sekisho.console.journal.acting import acting
from sekisho.console.people.actor import Actor, Denied

READY: Final = (
    ("assignee=me", gettext_lazy("Mine")),
    ("assignee=nobody", gettext_lazy("Nobody's")),
    ("due=late&sort=due", gettext_lazy("Late")),
    ("severity=critical&severity=high", gettext_lazy("High and critical")),
    ("mark=proposed&state=", gettext_lazy("Wait for a second person")),
    ("mark=remembered&state=", gettext_lazy("Remembered")),
)
"""Views everybody has."""
QUERY_LONGEST: Final = 2_000


def views(actor: Actor) -> list[dict[str, Any]]:
    """The views this person has: the ready ones, his own, and those others share."""
    at, me = reverse("alerts"), actor.person.person_id
    ready = [{"title": title, "at": f"{at}?{query}", "key": None, "shared": False} for query, title in READY]
    rows = SavedView.objects.filter(Q(owner=me) | Q(shared=True)).order_by("title", "pk")[:100]
    return ready + [
        {
            "title": row.title if row.owner == me else f"{row.title} ({row.owner})",
            "at": f"{at}?{row.query}",
            "key": row.pk if row.owner == me else None,
            "shared": row.shared,
        }
        for row in rows
    ]


def save_view(actor: Actor, title: str, query: str, shared: bool) -> SavedView:
    """Save the filters of an address under a title; one's own view of that title is replaced."""
    title = title.strip()
    plain = urlencode([(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if name not in ("page", "as")])
    if not title or len(title) > 100:
        raise Unfit({"title": _("give a title of at most 100 characters")})
    if len(plain) > QUERY_LONGEST:
        raise Unfit({"query": _("these are too many filters to save")})
    me = actor.person.person_id
    with acting(actor.author, "save a view", at=actor.at):
        view: SavedView = SavedView.objects.filter(owner=me, title=title).first() or SavedView(owner=me, title=title)
        view.query, view.shared = plain, shared
        view.save()
    return view


def remove_view(actor: Actor, pk: int) -> None:
    """Remove one's own view."""
    view: SavedView | None = SavedView.objects.filter(pk=pk).first()
    if view is None:
        raise Http404
    if view.owner != actor.person.person_id:
        raise Denied(_("only its owner removes a view"))
    with acting(actor.author, "remove a view", at=actor.at):
        view.delete()
