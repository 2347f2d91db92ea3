"""Review by a second person: what the owner handed in comes into force, or goes back to him with the reason."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sekisho.console.approvals.four_eyes import Takes, takes_two
from sekisho.console.approvals.models import Proposal
from sekisho.console.attestations.independence import the_people, why_not
from sekisho.console.attestations.interval import last_day
from sekisho.console.attestations.models import Attestation
from sekisho.console.people.actor import Actor

REASONS = [
    ("first", gettext_lazy("first attestation")),
    ("renewal", gettext_lazy("renewal")),
    ("correction", gettext_lazy("correction")),
]


def _of(proposal: Proposal) -> Attestation:
    attestation: Attestation = Attestation.objects.select_related("item", "owner").get(pk=proposal.about_id)
    return attestation


def _in_force(proposal: Proposal, actor: Actor) -> None:
    attestation = _of(proposal)
    item = attestation.item
    for before in item.attestations.filter(state="in_force"):
        before.state = "superseded"
        before.save()
    attestation.state = "in_force"
    attestation.reviewer, attestation.reviewed_at = actor.person, actor.at
    attestation.review_words = proposal.decided_words
    attestation.expires_on = last_day(attestation.base_on, item.interval)
    attestation.save()
    item.in_force_until, item.result, item.next_state = attestation.expires_on, attestation.result, ""
    item.save()


def _dependent(proposal: Proposal, actor: Actor) -> str:
    attestation = _of(proposal)
    why = why_not(actor.person, attestation.item, attestation.owner, the_people())
    return _("You cannot review this. The reviewer has to be independent: {why}.").format(why=why) if why else ""


def _returned(proposal: Proposal, actor: Actor) -> None:
    attestation = _of(proposal)
    attestation.state = "returned" if proposal.state == "rejected" else "drafted"
    attestation.review_words, attestation.submitted_at = proposal.decided_words, None
    attestation.save()
    attestation.item.next_state = attestation.state
    attestation.item.save()


ATTESTATION = takes_two(
    Takes(
        kind="attestation",
        title=gettext_lazy("Attestation"),
        propose="attest",
        approve="review attestations",
        reasons=REASONS,
        effect=_in_force,
        refused=_returned,
        keeps_out=_dependent,
        at=lambda proposal: reverse("attestation", args=[_of(proposal).item_id]),
    )
)


def still_speaks(attestation: Attestation, at: datetime) -> bool:
    """Whether it would be in force for at least a day if it were reviewed now."""
    return last_day(attestation.base_on, attestation.item.interval) >= timezone.localdate(at) + timedelta(days=1)
