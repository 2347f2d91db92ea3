"""Proposals for the matrix: of a kind that supervisors and administrators propose and supervisors approve."""

from __future__ import annotations

from django.utils import timezone

from console.objects import Made, Maker, Wanted
from sekisho.console.approvals.four_eyes import KINDS, Takes, propose, takes_two
from sekisho.console.people.actor import Actor
from sekisho.console.people.models import Account

KIND = "of the matrix"
PROPOSE, APPROVE = "propose a removal", "approve a removal"


def a_proposal(wanted: Wanted) -> Made:
    if KIND not in KINDS:
        takes_two(
            Takes(
                kind=KIND,
                title="Of the matrix",
                propose=PROPOSE,
                approve=APPROVE,
                reasons=[("because", "Because")],
                effect=lambda proposal, actor: None,
                at=lambda proposal: "/",
            )
        )
    by = Actor.of(Account.objects.get(username=wanted.own_of or "supervisor2"), timezone.now())
    if not by.may(PROPOSE):
        return Made(ids={"pk": 0})
    made = propose(by, KIND, ("thing", "T1"), reason_code="because", chapter=wanted.chapter, parties=wanted.parties)
    return Made(
        ids={"pk": made.pk},
        has_chapter=True,
        has_parties=True,
        needs={"proposal": (PROPOSE, APPROVE), "approve proposal": (APPROVE,), "reject proposal": (APPROVE,)},
        own={"proposal": 200, "approve proposal": 409, "reject proposal": 409, "withdraw proposal": 200},
        nobody=frozenset({"withdraw proposal"}),
    )


MAKERS: dict[str, Maker] = {"proposals/<int:pk>/": a_proposal}
BODIES = {
    "approve proposal": {"words": "yes"},
    "reject proposal": {"words": "no"},
    "withdraw proposal": {"words": "on second thought"},
}
