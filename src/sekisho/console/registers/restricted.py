"""The restricted list: assets that house or staff may not trade, as it follows from open facts and from decisions of two people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sekisho.console.approvals.four_eyes import Takes, propose, takes_two
from sekisho.console.approvals.models import Proposal
from sekisho.console.desk.pages import Unfit
from sekisho.console.journal.acting import acting
from sekisho.console.people.actor import Actor
from sekisho.console.registers.facts import CHAPTER
from sekisho.console.registers.models import SCOPES, MaterialFact, Restriction, Watched


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Why an asset is restricted, for whom and since when: an open fact, or a decision."""

    asset: str
    scope: str
    since: datetime
    fact: MaterialFact | None = None
    decision: Restriction | None = None


def restricted(at: datetime, asset: str | None = None, facts: list[MaterialFact] | None = None) -> list[Ground]:
    """Every ground on which an asset (or any) is restricted at a moment. A fact restricts from when it was on the register."""
    rows = MaterialFact.objects.filter(**({"asset": asset} if asset else {})) if facts is None else facts
    grounds = [
        Ground(asset=fact.asset, scope="both", since=max(fact.arose_at, fact.recorded_at), fact=fact)
        for fact in rows
        if fact.is_open(at) and fact.recorded_at <= at
    ]
    decided = Restriction.objects.filter(Q(until=None) | Q(until__gt=at), since__lte=at, **({"asset": asset} if asset else {}))
    grounds += [Ground(asset=row.asset, scope=row.scope, since=row.since, decision=row) for row in decided]
    return sorted(grounds, key=lambda ground: (ground.asset, ground.since, ground.fact is None))


def scopes(grounds: list[Ground]) -> dict[str, str]:
    """Each restricted asset and for whom, as anybody of the house may know it."""
    told: dict[str, set[str]] = {}
    for ground in grounds:
        told.setdefault(ground.asset, set()).add(ground.scope)
    return {asset: "both" if "both" in each or len(each) > 1 else next(iter(each)) for asset, each in sorted(told.items())}


def propose_restriction(actor: Actor, asset: str, scope: str, reason_code: str, why: str) -> Proposal:
    """Propose that an asset may not be traded."""
    actor.need("keep facts", CHAPTER)
    asset = asset.strip().upper()
    faults = {} if asset else {"asset": _("give it")}
    if scope not in dict(SCOPES):
        faults["scope"] = _("choose house, staff or both")
    if not why.strip():
        faults["why"] = _("say why")
    if faults:
        raise Unfit(faults)
    return propose(
        actor, "restrict asset", ("asset", asset), reason_code=reason_code, reason=why.strip(), chapter=CHAPTER,
        payload={"scope": scope},
    )  # fmt: skip


def _restrict(proposal: Proposal, actor: Actor) -> None:
    row = Restriction(asset=proposal.about_id, scope=proposal.payload["scope"], since=actor.at, why=proposal.reason)
    row.save()


def propose_lifting(actor: Actor, pk: int, reason_code: str, why: str) -> Proposal:
    """Propose that a restriction by decision ends. One that follows from a fact ends with the fact."""
    actor.need("keep facts", CHAPTER)
    _standing(pk, actor.at)
    if not why.strip():
        raise Unfit({"why": _("say why")})
    return propose(
        actor, "lift restriction", ("restriction", str(pk)), reason_code=reason_code, reason=why.strip(), chapter=CHAPTER
    )


def _lift(proposal: Proposal, actor: Actor) -> None:
    row = _standing(int(proposal.about_id), actor.at)
    row.until = actor.at
    row.save()


def _standing(pk: int, at: datetime) -> Restriction:
    row: Restriction | None = Restriction.objects.filter(Q(until=None) | Q(until__gt=at), pk=pk).first()
    if row is None:
        raise Unfit(_("There is no such restriction in force."))
    return row


def watch(actor: Actor, asset: str, why: str) -> Watched:
    """Put an asset on the watch list."""
    actor.need("keep the watch list", CHAPTER)
    if not asset.strip() or not why.strip():
        raise Unfit({"asset": _("give the asset and why it is watched")})
    with acting(actor.author, "watch an asset", reason=why):
        row = Watched(asset=asset.strip().upper(), since=actor.at, why=why.strip(), by=actor.person.person_id)
        row.save()
    return row


def unwatch(actor: Actor, pk: int) -> Watched:
    """Take an asset off the watch list."""
    actor.need("keep the watch list", CHAPTER)
    row: Watched | None = Watched.objects.filter(pk=pk, until=None).first()
    if row is None:
        raise Unfit(_("It is not on the watch list."))
    with acting(actor.author, "stop watching an asset"):
        row.until = actor.at
        row.save()
    return row


def _at(proposal: Proposal) -> str:
    return reverse("restricted list")


RESTRICTING: Any = (
    ("business", gettext_lazy("business that may conflict with clients")),
    ("information", gettext_lazy("information not yet clear")),
    ("order", gettext_lazy("asked by an authority")),
)
LIFTING: Any = (("over", gettext_lazy("the ground is gone")), ("mistake", gettext_lazy("it should not have been restricted")))
takes_two(
    Takes(
        kind="restrict asset",
        title=gettext_lazy("Restriction of an asset"),
        propose="keep facts",
        approve="approve what frees an asset",
        reasons=RESTRICTING,
        effect=_restrict,
        at=_at,
    )
)
takes_two(
    Takes(
        kind="lift restriction",
        title=gettext_lazy("End of a restriction"),
        propose="keep facts",
        approve="approve what frees an asset",
        reasons=LIFTING,
        effect=_lift,
        at=_at,
    )
)
