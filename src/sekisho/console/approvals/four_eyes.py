"""Propose, approve, reject, withdraw: the only way to what takes two people, for pages, JSON, commands and code alike."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import IntegrityError, connection, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sekisho.console.approvals.models import Proposal
from sekisho.console.desk.pages import Unfit
from sekisho.console.journal.acting import NotTwoPeople, acting
from sekisho.console.journal.naming import ACTS_BEGINNING, VALUES_OF_OBJECT, VALUES_SAID, kind_title
from sekisho.console.people.actor import Actor, Denied

_DONE: Final = gettext_lazy("Approved, and done.")


@dataclass(frozen=True, slots=True)
class Shown:
    """A line of what a proposal is about: its title and value, which may be a person's code."""

    title: str
    value: str
    is_person: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Takes:
    """A kind of thing that takes two people: its title, who may propose and who approve, the reasons, its effect.

    ``effect`` gets the approved proposal and the actor who approved, inside the act, or raises ``Unfit``.
    ``refused`` (optional) is told a rejected or withdrawn proposal. ``at`` gives the address of what it is about. ``keeps_out``
    (optional) says in words why somebody who may decide such things may not decide this one; empty: he may. ``shows`` (optional)
    tells whoever decides what it is about, beside what was proposed; ``done`` is said to who approved.
    """

    kind: str
    title: str | Promise
    propose: str
    approve: str
    reasons: Sequence[tuple[str, str | Promise]]
    effect: Callable[[Proposal, Actor], None]
    at: Callable[[Proposal], str]
    refused: Callable[[Proposal, Actor], None] | None = None
    shows: Callable[[Proposal], Sequence[Shown]] | None = None
    done: str | Promise = _DONE
    keeps_out: Callable[[Proposal, Actor], str] | None = None


KINDS: Final[dict[str, Takes]] = {}
"""Every kind, as the areas declare them (``takes_two``)."""


def _title(kind: str) -> str:
    return str(KINDS[kind].title) if kind in KINDS else kind


def _reason(pk: str, code: str) -> str:
    """What a reason is called; the same code may mean something else where something else is proposed."""
    titles = {kind: str(title) for kind, takes in KINDS.items() if (title := dict(takes.reasons).get(code))}
    if len(set(titles.values())) > 1:
        kind = Proposal.objects.filter(pk=pk).values_list("proposal_kind", flat=True).first()
        return titles.get(kind or "", code)
    return next(iter(titles.values()), code)


ACTS_BEGINNING["propose: "] = lambda kind: _("proposed: %(what)s") % {"what": _title(kind)}
VALUES_SAID["proposal", "proposal_kind"] = _title
VALUES_SAID["proposal", "about_kind"] = kind_title
VALUES_OF_OBJECT["proposal", "reason_code"] = _reason


def takes_two(takes: Takes) -> Takes:
    """Declare a kind."""
    assert takes.kind not in KINDS, f"two kinds of proposal are called {takes.kind}"
    KINDS[takes.kind] = takes
    return takes


def propose(
    actor: Actor,
    kind: str,
    about: tuple[str, str],
    *,
    reason_code: str,
    reason: str = "",
    chapter: str = "",
    parties: Collection[str] = (),
    payload: Mapping[str, Any] | None = None,
) -> Proposal:
    """Propose something about an object (kind, id). Raises ``Denied``; ``Unfit`` where it is proposed already or without reason."""
    takes = KINDS[kind]
    actor.need(takes.propose, chapter or None, parties)
    if reason_code not in dict(takes.reasons):
        raise Unfit({"reason_code": _("choose one of the reasons")})
    try:
        with acting(actor.author, f"propose: {kind}", reason=reason), transaction.atomic():
            proposal = Proposal(
                proposal_kind=kind,
                about_kind=about[0],
                about_id=about[1],
                chapter=chapter,
                parties=sorted(parties),
                payload=dict(payload or {}),
                reason_code=reason_code,
                reason=reason,
                proposed_by=actor.person.person_id,
                proposed_account=actor.account.username,
                proposed_at=actor.at,
            )
            proposal.save()
    except IntegrityError:
        raise Unfit(_("This is proposed already and waits for a second person.")) from None
    return proposal


def may_decide(actor: Actor, proposal: Proposal) -> bool:
    """Whether he may approve or reject it: another person, allowed to, without interest, and not kept out of this one."""
    takes = KINDS[proposal.proposal_kind]
    return (
        proposal.state == "open"
        and proposal.proposed_by != actor.person.person_id
        and actor.may(takes.approve, proposal.chapter or None)
        and actor.parties.isdisjoint(proposal.parties)
        and not kept_out(actor, proposal)
    )


def kept_out(actor: Actor, proposal: Proposal) -> str:
    """Why somebody who may decide such proposals may not decide this one; empty: nothing keeps him out."""
    keeps_out = KINDS[proposal.proposal_kind].keeps_out
    return keeps_out(proposal, actor) if keeps_out is not None and proposal.state == "open" else ""


def decide(actor: Actor, pk: int, approve: bool, words: str = "") -> Proposal:
    """Approve (it takes effect now, whole or not at all) or reject. Raises ``Denied``, ``NotTwoPeople`` or ``Unfit``."""
    with acting(actor.author, "approve" if approve else "reject", reason=words):
        proposal = _open(pk)
        takes = KINDS[proposal.proposal_kind]
        actor.need(takes.approve, proposal.chapter or None, proposal.parties)
        if proposal.proposed_by == actor.person.person_id:
            raise NotTwoPeople(_("You proposed this yourself, by this or another account: another person has to decide."))
        if why := kept_out(actor, proposal):
            raise Denied(why)
        if not approve and not words.strip():
            raise Unfit({"words": _("say why it is rejected")})
        proposal.state = "approved" if approve else "rejected"
        _decided(proposal, actor, words)
        if approve:
            with acting(actor.author, "approve", effect=proposal.proposal_kind):
                takes.effect(proposal, actor)
        elif takes.refused is not None:
            takes.refused(proposal, actor)
    return proposal


def withdraw(actor: Actor, pk: int, words: str = "") -> Proposal:
    """Take one's own proposal back."""
    with acting(actor.author, "withdraw", reason=words):
        proposal = _open(pk)
        if proposal.proposed_by != actor.person.person_id:
            raise Denied(_("only the person who proposed it takes it back"))
        proposal.state = "withdrawn"
        _decided(proposal, actor, words)
        takes = KINDS[proposal.proposal_kind]
        if takes.refused is not None:
            takes.refused(proposal, actor)
    return proposal


def _open(pk: int) -> Proposal:
    rows = Proposal.objects.filter(pk=pk)
    proposal: Proposal | None = (rows.select_for_update() if connection.vendor == "postgresql" else rows).first()
    if proposal is None or proposal.state != "open":
        raise Unfit(_("It is no longer open: somebody has decided it."))
    return proposal


def _decided(proposal: Proposal, actor: Actor, words: str) -> None:
    proposal.decided_by, proposal.decided_account = actor.person.person_id, actor.account.username
    proposal.decided_at, proposal.decided_words = actor.at, words
    proposal.save()
