"""The page of what waits for a second person, and the acts on it."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from django.db.models import Q, QuerySet
from django.http import Http404
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sekisho.console.approvals.four_eyes import KINDS, decide, kept_out, may_decide, withdraw
from sekisho.console.approvals.models import STATES, Proposal
from sekisho.console.approvals.payload_words import about_said, payload_said
from sekisho.console.desk.listing import Column, Filter, Listing
from sekisho.console.desk.pages import Asked, Content, Done, action, page
from sekisho.console.desk.reminders import Reminder, reminder
from sekisho.console.people.actor import Actor
from sekisho.console.people.naming import named


def mine(request: Asked) -> QuerySet[Any]:
    """The proposals of whoever asks."""
    return _of(request.actor)


def _of(actor: Actor) -> QuerySet[Any]:
    """The proposals the actor may make or decide by kind and chapter, without those that concern him: also that they are there."""
    wanted = Q(pk__in=())
    for kind, takes in KINDS.items():
        for act in (takes.propose, takes.approve):
            chapters = actor.chapters(act)
            if actor.may(act):
                wanted |= Q(proposal_kind=kind, **({} if chapters is None else {"chapter__in": [*chapters, ""]}))
    rows = Proposal.objects.filter(wanted)
    for party in actor.parties:
        rows = rows.exclude(parties__icontains=json.dumps(party))
    return rows


def address_of(proposal: Proposal, actor: Actor) -> str | None:
    """Where a proposal is decided, for those for whom it is there; a link that leads nowhere helps nobody."""
    return reverse("proposal", args=[proposal.pk]) if _of(actor).filter(pk=proposal.pk).exists() else None


def _show(proposal: Proposal, request: Asked) -> dict[str, Any]:
    takes = KINDS[proposal.proposal_kind]
    return {
        "what": takes.title,
        "about": f"{proposal.about_kind} {proposal.about_id}",
        "about_words": about_said(proposal),
        "at": reverse("proposal", args=[proposal.pk]),
        "reason": str(dict(takes.reasons).get(proposal.reason_code, proposal.reason_code)),
        "proposed_by": proposal.proposed_by,
        "proposed_by_words": named(request, proposal.proposed_by),
        "proposed_at": proposal.proposed_at,
        "state": proposal.state,
        "state_words": proposal.get_state_display(),
        "decided_by": proposal.decided_by or None,
        "decided_by_words": named(request, proposal.decided_by) or None,
    }


PROPOSALS = Listing(
    name="proposals",
    columns=(
        Column(key="what", title=gettext_lazy("What"), at="at"),
        Column(key="about", title=gettext_lazy("About"), kind="code"),
        Column(key="reason", title=gettext_lazy("Reason")),
        Column(key="proposed_by", title=gettext_lazy("Proposed by"), sort="proposed_by"),
        Column(key="proposed_at", title=gettext_lazy("Proposed"), kind="time", sort="proposed_at"),
        Column(key="state", title=gettext_lazy("State"), kind="chip", sort="state"),
        Column(key="decided_by", title=gettext_lazy("Decided by")),
    ),
    rows=mine,
    show=_show,
    sort=("-proposed_at", "-pk"),
    filters=(Filter(name="state", title=gettext_lazy("State"), keeps="state", values=STATES),),
    searches=("about_id__icontains", "proposed_by__icontains"),
)


@page(
    "proposals/", name="proposals", act="read proposals", template="desk/list_page.html", menu=gettext_lazy("Approvals"), order=30
)
def proposals(request: Asked) -> Content | HttpResponseBase:
    """What waits for a second person."""
    return PROPOSALS.content(
        request,
        heading=_("Approvals"),
        lead=_("What takes two people waits here. Nobody decides what he proposed himself, through whatever account."),
    )


def _shown(request: Asked, pk: int) -> Proposal:
    """A proposal of a kind that is his to propose or approve; others do not exist for him, whatever he does with their number."""
    found: Proposal | None = mine(request).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


@page("proposals/<int:pk>/", name="proposal", act="read proposals", template="approvals/proposal.html")
def proposal(request: Asked, pk: int) -> Content:
    """One proposal, and what may be done about it."""
    found = _shown(request, pk)
    takes = KINDS[found.proposal_kind]
    return {
        "section": "proposals",
        "proposal": found,
        "title": takes.title,
        "about": about_said(found),
        "payload": payload_said(found),
        "shows": list(takes.shows(found)) if takes.shows is not None else [],
        "reason": str(dict(takes.reasons).get(found.reason_code, found.reason_code)),
        "object_at": takes.at(found),
        "may_decide": may_decide(request.actor, found),
        "kept_out": kept_out(request.actor, found) if request.actor.may(takes.approve, found.chapter or None) else "",
        "is_mine": found.proposed_by == request.actor.person.person_id,
    }


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody says to it."""

    words: str = ""


@action("proposals/<int:pk>/approve/", name="approve proposal", act="read proposals")
def approve(request: Asked, body: Words, pk: int) -> Done:
    """Approve; it takes effect now."""
    decided = decide(request.actor, _shown(request, pk).pk, True, body.words)
    return Done(said=str(KINDS[decided.proposal_kind].done), at=KINDS[decided.proposal_kind].at(decided))


@action("proposals/<int:pk>/reject/", name="reject proposal", act="read proposals")
def reject(request: Asked, body: Words, pk: int) -> Done:
    """Reject, with the reason."""
    decided = decide(request.actor, _shown(request, pk).pk, False, body.words)
    return Done(said=_("Rejected."), at=KINDS[decided.proposal_kind].at(decided))


@action("proposals/<int:pk>/withdraw/", name="withdraw proposal", act="read proposals")
def take_back(request: Asked, body: Words, pk: int) -> Done:
    """Take one's own proposal back."""
    decided = withdraw(request.actor, _shown(request, pk).pk, body.words)
    return Done(said=_("Taken back."), at=KINDS[decided.proposal_kind].at(decided))


def _waiting(request: Asked) -> int:
    """How many proposals this person may decide; counted among the first hundred, so that a long list costs no more."""
    return sum(may_decide(request.actor, each) for each in mine(request).filter(state="open").order_by("pk")[:100])


reminder(
    Reminder(
        name="approvals",
        title=gettext_lazy("Approvals that wait for you"),
        act="read proposals",
        count=_waiting,
        at=lambda _request: reverse("proposals") + "?state=open",
        order=10,
    )
)
