"""Client assets: the certificate of the day, what is short and until when, the hot share over time, the proof, the reserve."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import msgspec
from django.http import FileResponse, Http404
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sekisho.console.custody import making, showing
from sekisho.console.custody.making import FILES, books_folder, books_now, folder_of
from sekisho.console.custody.models import Certificate
from sekisho.console.desk.pages import Asked, Content, Done, Unfit, action, page
from sekisho.console.desk.panels import Panel, panel
from sekisho.console.journal.acting import acting

CHAPTER: Final = "client_assets"
LISTED: Final = 30


@page("custody/", name="custody", act="read custody", template="custody/custody.html", menu=gettext_lazy("Custody"), order=60)
def custody(request: Asked) -> Content:
    """The latest certificate, and those before it."""
    request.actor.need("read custody", CHAPTER)
    latest = Certificate.objects.filter(state="made").order_by("-made_at", "-pk").first()
    return _content(request, latest)


@page("custody/<int:pk>/", name="certificate", act="read custody", template="custody/custody.html")
def certificate(request: Asked, pk: int) -> Content:
    """One certificate as it was made."""
    request.actor.need("read custody", CHAPTER)
    found = Certificate.objects.filter(pk=pk).first()
    if found is None:
        raise Http404
    return _content(request, found if found.state == "made" else None)


def _content(request: Asked, shown: Certificate | None) -> Content:
    folder = books_folder()
    there = folder is not None and folder.is_dir()
    told = showing.told_of(shown, "certificate.json") if shown is not None else {}
    being_made = Certificate.objects.filter(state="being_made").order_by("-pk").first()
    last = Certificate.objects.exclude(state="being_made").order_by("-pk").first()
    return {
        "section": "custody",
        "has_books": there,
        "may_certify": there and being_made is None and request.actor.may("certify a day", CHAPTER),
        "being_made": None if being_made is None else {"by": being_made.asked_by, "at": being_made.asked_at},
        "failed": last.said if last is not None and last.state == "failed" else "",
        "certificate": None
        if shown is None or not told
        else _head(shown, there and books_now(folder) != shown.books if folder else False),
        "told": showing.certificate_content(told) if told else None,
        "proof": showing.proof_content(told) if told else None,
        "reserve": showing.reserve_content(showing.told_of(shown, "reserve.json")) if shown is not None and told else None,
        "missing": shown is not None and not told,
        "others": [
            {
                "at": reverse("certificate", args=[each.pk]),
                "day": str(each.day or each.asked_day or ""),
                "state": each.state,
                "state_words": str(each.get_state_display()),
                "made_at": each.made_at,
                "asked_by": each.asked_by,
                "said": each.said,
                "open_shortfalls": each.summary.get("open_shortfalls"),
            }
            for each in Certificate.objects.order_by("-pk")[:LISTED]
        ],
    }


def _head(shown: Certificate, changed: bool) -> dict[str, Any]:
    return {
        "pk": shown.pk,
        "made_at": shown.made_at,
        "asked_by": shown.asked_by,
        "digest": shown.digest,
        "books_changed": changed,
        "files": [{"name": name, "at": reverse("certificate file", args=[shown.pk, name])} for name in FILES],
    }


@page("custody/<int:pk>/files/<str:name>/", name="certificate file", act="read custody", template="custody/custody.html")
def certificate_file(request: Asked, pk: int, name: str) -> HttpResponseBase:
    """A file of a certificate, downloaded; who took it is in the journal."""
    request.actor.need("read custody", CHAPTER)
    found = Certificate.objects.filter(pk=pk, state="made").first()
    file = None if found is None or name not in FILES else folder_of(found) / name
    if found is None or file is None or not file.is_file():
        raise Http404
    with acting(request.actor.author, "download a certificate") as act:
        act.note(Certificate.kind(), str(pk), "downloaded", None, name)
    stem, _dot, ending = name.rpartition(".")
    return FileResponse(file.open("rb"), as_attachment=True, filename=f"{stem}-{found.day}.{ending}", content_type=FILES[name])


class Day(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The day to certify, a Japan date; none: the last one of the ledger."""

    day: date | None = None


@action("custody/certify/", name="certify a day", act="certify a day")
def certify_day(request: Asked, body: Day) -> Done:
    """Make the certificate of a day from the books as they are now; the same books are not gone through twice."""
    request.actor.need("certify a day", CHAPTER)
    if body.day is not None and body.day > timezone.localdate(request.actor.at):
        raise Unfit({"day": _("this day has not been yet")})
    found, new = making.ask(request.actor, body.day)
    if not new:
        return Done(said=_("It is there already: the books have not changed since."), at=reverse("certificate", args=[found.pk]))
    making.make_beside(found.pk)
    return Done(said=_("The certificate is being made; the page shows it when it is done."), at=reverse("custody"))


def _on_overview(request: Asked, _object_id: str) -> Content | None:
    """Whether client assets were whole on the last day certified."""
    if not request.actor.may("read custody", CHAPTER):
        return None
    latest = Certificate.objects.filter(state="made").order_by("-made_at", "-pk").first()
    if latest is None:
        return {"day": None} if books_folder() is not None else None
    broken = [rule for rule, said in latest.summary["verdicts"].items() if said == "broken"]
    figures = [
        {"label": _("Certified day"), "value": latest.day.isoformat()},
        {"label": _("Rules not kept"), "value": len(broken)},
        {"label": _("Open shortfalls"), "value": latest.summary["open_shortfalls"]},
    ]
    return {"day": str(latest.day), "at": reverse("custody"), "broken": len(broken), **latest.summary, "figures": figures}


panel(
    Panel(
        on=("overview", "board"),
        name="custody",
        title=gettext_lazy("Client assets"),
        template="custody/overview_panel.html",
        act="read custody",
        content=_on_overview,
        order=30,
    )
)
