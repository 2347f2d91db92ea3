"""A party by its id, the door to its personal data, and the list of who opened it."""

from __future__ import annotations

from typing import Any

import msgspec
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sekisho.console.desk.listing import Column, Filter, Listing
from sekisho.console.desk.pages import Asked, Content, Done, Unfit, action, page
from sekisho.console.desk.panels import panels_of
from sekisho.console.people.models import Opening
from sekisho.console.people.naming import named
from sekisho.console.people.personal import IN_A_DAY, IN_AN_HOUR, REASONS, WORDS_MIN, Why, open_door, personal_data


@page("parties/<str:party_id>/", name="party", act="see a party", template="administration/party.html")
def party(request: Asked, party_id: str) -> Content:
    """A party: its id, what parts of the console know of it, and the door."""
    request.actor.need("see a party", parties=[party_id])
    mine = Opening.objects.filter(party_id=party_id, person=request.actor.person).order_by("-at").first()
    return {
        "party_id": party_id,
        "may_open": request.actor.may("open personal data"),
        "reasons": list(REASONS),
        "words_min": WORDS_MIN,
        "limits": {"hour": IN_AN_HOUR, "day": IN_A_DAY},
        "last_opened_at": mine.at if mine else None,
        "panels": panels_of(request, "party", party_id),
        "personal": _just_opened(request, party_id),
    }


class Opened(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why."""

    reason_code: str
    reason: str


@action("parties/<str:party_id>/open/", name="open personal data", act="open personal data")
def open_party(request: Asked, body: Opened, party_id: str) -> Done:
    """Open the door: the data are shown once, and the opening is kept."""
    if body.reason_code not in dict(REASONS):
        raise Unfit({"reason_code": _("choose one of the reasons")})
    if len(body.reason.strip()) < WORDS_MIN:
        raise Unfit({"reason": _("say in at least ten letters what it is for")})
    found = open_door(request.actor, party_id, Why(code=body.reason_code, words=body.reason))
    said = _("Shown once. The opening is kept.") if found else _("The books know nothing of this party. The opening is kept.")
    if not request.path.startswith("/api/"):
        request.session["just_opened"] = party_id
    return Done(said=said, at=reverse("party", args=[party_id]), content={"personal": msgspec.to_builtins(found, enc_hook=str)})


def _just_opened(request: Asked, party_id: str) -> Content | None:
    """The data for whoever has just opened the door, read from the books again: the session only knows that he did."""
    if request.session.get("just_opened") != party_id:
        return None
    del request.session["just_opened"]
    return {"found": msgspec.to_builtins(personal_data(party_id), enc_hook=str)}


def _show(opening: Opening, request: Asked) -> dict[str, Any]:
    return {
        "at": opening.at,
        "person": opening.person_id,
        "person_words": named(request, opening.person_id),
        "party": opening.party_id,
        "reason": dict(REASONS).get(opening.reason_code, opening.reason_code),
        "words": opening.reason,
        "found": _("yes") if opening.found else _("no"),
    }


OPENINGS = Listing(
    name="openings",
    columns=(
        Column(key="at", title=gettext_lazy("When"), kind="time", sort="at"),
        Column(key="person", title=gettext_lazy("Who"), sort="person_id"),
        Column(key="party", title=gettext_lazy("Party"), kind="code", sort="party_id"),
        Column(key="reason", title=gettext_lazy("Reason"), sort="reason_code"),
        Column(key="words", title=gettext_lazy("In words")),
        Column(key="found", title=gettext_lazy("In the books")),
    ),
    rows=lambda request: Opening.objects.exclude(party_id__in=request.actor.parties),
    show=_show,
    sort=("-at", "-pk"),
    filters=(
        Filter(name="person", title=gettext_lazy("Who"), keeps="person_id", kind="text"),
        Filter(name="reason", title=gettext_lazy("Reason"), keeps="reason_code", values=REASONS),
        Filter(name="from", title=gettext_lazy("From"), keeps="at__date__gte", kind="day"),
        Filter(name="until", title=gettext_lazy("Until"), keeps="at__date__lte", kind="day"),
    ),
    searches=("party_id__icontains", "reason__icontains"),
)


@page(
    "openings/",
    name="openings",
    act="read openings",
    template="desk/list_page.html",
    menu=gettext_lazy("Personal data opened"),
    order=920,
)
def openings(request: Asked) -> Content | HttpResponseBase:
    """Who looked at whose personal data, and why."""
    return OPENINGS.content(
        request,
        heading=_("Personal data opened"),
        lead=_("Personal data are read from the books behind one door. Each opening is kept with its reason."),
    )
