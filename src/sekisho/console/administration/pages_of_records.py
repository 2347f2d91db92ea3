"""Pages of the journal's check, and of how long records are kept."""

from __future__ import annotations

from itertools import islice
from typing import Annotated

import msgspec
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sekisho.console.administration import retention
from sekisho.console.administration.models import Hold
from sekisho.console.approvals.four_eyes import propose
from sekisho.console.desk.pages import Asked, Content, Done, action, page
from sekisho.console.journal.acting import acting, heads_file
from sekisho.console.journal.heads import last_head
from sekisho.console.journal.models import Change
from sekisho.console.journal.rows import check, kinds

SHOWN = 50


@page("journal/check/", name="journal check", act="check journal", template="administration/check.html")
def journal_check(request: Asked) -> Content:
    """The journal's head, to be published, and what the last check said."""
    head = Change.objects.order_by("-number").values("number", "check_hash", "at").first()
    last = Change.objects.filter(kind="journal", object="*", field="checked").order_by("-number").first()
    outside = last_head(heads_file())
    return {
        "section": "journal",
        "heading": _("Check of the journal"),
        "head": head,
        "outside": {"number": outside[0], "check": outside[1]} if outside else None,
        "last": {"at": last.at, "person": last.person, **last.new} if last is not None else None,
    }


@action("journal/check/run/", name="check journal", act="check journal")
def run_check(request: Asked) -> Done:
    """Check everything now: chain, heads, and each row against what the journal last said of it."""
    found = [each.what if not each.number else f"{each.number}: {each.what}" for each in islice(check(), SHOWN)]
    head = Change.objects.order_by("-number").values_list("number", flat=True).first() or 0
    with acting(request.actor.author, "check the journal") as act:
        act.note("journal", "*", "checked", None, {"lines": head, "breaks": found})
    said = _("The journal is whole.") if not found else _("The journal does not hold: look at what was found.")
    return Done(said=said, at=reverse("journal check"), content={"breaks": found, "lines": head})


@page(
    "retention/",
    name="retention",
    act="read retention",
    template="administration/retention.html",
    menu=gettext_lazy("Retention"),
    order=930,
)
def keeping(request: Asked) -> Content:
    """How long each kind of record is kept, what may go, and what is held."""
    actor = request.actor
    holds = Hold.objects.filter(ended_at=None).exclude(party_id__in=actor.parties).order_by("-put_at", "pk")
    return {
        "heading": _("Retention"),
        "kinds": retention.overview(actor.at),
        "holds": [
            {
                "pk": hold.pk,
                "of": str(hold),
                "kind": hold.record_kind,
                "id": hold.party_id or hold.record_id,
                "why": hold.why,
                "put_by": hold.put_by,
                "put_at": hold.put_at,
            }
            for hold in holds
        ],
        "may_propose": actor.may("propose a removal"),
        "may_hold": actor.may("hold records"),
        "kept_kinds": [each.kind() for each in kinds()],
    }


@page("retention/<str:kind>/", name="retention of a kind", act="read retention", template="administration/retention_of_kind.html")
def of_kind(request: Asked, kind: str) -> Content:
    """What of a kind may be removed now, and what stays although its time is over."""
    found = next((each for each in kinds() if each.kind() == kind), None)
    if found is None:
        raise Http404
    go, stay = retention.may_go(found, request.actor.at)
    return {
        "section": "retention",
        "kind": kind,
        "title": found._meta.verbose_name_plural,
        "go": go,
        "stay": [{"id": pk, "why": why} for pk, why in stay],
        "at_once": retention.AT_ONCE,
        "may_propose": request.actor.may("propose a removal"),
    }


class Removal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """In words, why now."""

    reason: str = ""


@action("retention/<str:kind>/remove/", name="propose removal", act="propose a removal")
def remove(request: Asked, body: Removal, kind: str) -> Done:
    """Propose to remove what may go."""
    done = retention.propose_removal(request.actor, kind, body.reason)
    at = reverse("proposal", args=[done.pk])
    return Done(said=_("Proposed: a second person decides."), at=at, content={"proposal": done.pk})


class NewHold(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A record by kind and id, or a party; and why."""

    why: Annotated[str, msgspec.Meta(min_length=1)]
    kind: str = ""
    record_id: str = ""
    party_id: str = ""


@action("holds/put/", name="put hold", act="hold records")
def put(request: Asked, body: NewHold) -> Done:
    """Hold records."""
    request.actor.need("hold records", parties=[body.party_id] if body.party_id else [])
    hold = retention.put_hold(request.actor, body.kind, body.record_id, body.party_id, body.why)
    return Done(said=_("Held until two people end it."), at=_retention(request), content={"hold": hold.pk})


class EndHold(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why it ends."""

    reason_code: str
    reason: str = ""


@action("holds/<int:pk>/end/", name="end hold", act="hold records")
def end(request: Asked, body: EndHold, pk: int) -> Done:
    """Propose that a hold ends."""
    hold = Hold.objects.filter(pk=pk, ended_at=None).first()
    if hold is None:
        raise Http404
    parties = [hold.party_id] if hold.party_id else []
    done = propose(
        request.actor, "end a hold", ("hold", str(pk)), reason_code=body.reason_code, reason=body.reason, parties=parties
    )
    return Done(said=_("Proposed: a second person decides."), at=_retention(request), content={"proposal": done.pk})


def _retention(request: Asked) -> str:
    return reverse("retention") if request.actor.may("read retention") else "/"
