"""Which filings somebody sees. What he may not see is not there for him: not in lists, searches, panels, exports or addresses."""

from __future__ import annotations

from typing import Any, Final

from django.db.models import Q, QuerySet
from django.http import Http404

from sekisho.console.approvals.models import Proposal
from sekisho.console.filings.kinds import KINDS, SECRET
from sekisho.console.filings.models import WRITABLE, Filing
from sekisho.console.journal.guarded import Guard, guard
from sekisho.console.people.actor import Actor

SECRET_ACTS: Final = (
    *(f"{done} STR" for done in ("begin", "write", "validate", "review", "send back", "answer to", "amend", "drop", "download")),
    "propose: file STR",
    "meet STR deadline",
)
"""What the journal calls acts on reports of suspicious transactions (``life.named``)."""


def seen_by(actor: Actor) -> QuerySet[Any]:
    """The filings an actor may see: of his chapters, without those about himself, drafts and STRs only if he may."""
    rows: QuerySet[Any] = Filing.objects.all()
    if not actor.may("read filings"):
        return rows.none()
    chapters = actor.chapters("read filings")
    if chapters is not None:
        rows = rows.filter(chapter__in=chapters)
    rows = _of_chapters(rows, Q(secret=True), actor, "read STR")
    rows = _of_chapters(rows, Q(state__in=[*WRITABLE, "dropped"]), actor, "read drafts of filings")
    if actor.parties:
        with_parties = rows.exclude(parties=[]).values_list("pk", "parties")
        rows = rows.exclude(pk__in=[pk for pk, parties in with_parties if not actor.parties.isdisjoint(parties)])
    return rows


def seen(actor: Actor, pk: str) -> Filing:
    """One filing; to whom it is not shown it does not exist."""
    filing: Filing | None = seen_by(actor).filter(pk=pk).first()
    if filing is None:
        raise Http404
    return filing


def _of_chapters(rows: QuerySet[Any], these: Q, actor: Actor, act: str) -> QuerySet[Any]:
    """Of these rows only those in whose chapter he may do the act."""
    chapters = actor.chapters(act)
    if chapters is None:
        return rows
    return rows.exclude(these & ~Q(chapter__in=chapters))


def _secret_lines() -> Q:
    """Lines of the journal about reports of suspicious transactions: the rows, their versions, their proposals, and the acts."""
    proposals = Proposal.objects.filter(proposal_kind="file STR").values_list("pk", flat=True)
    lines = Q(act__in=SECRET_ACTS) | Q(kind="proposal", object__in=[str(pk) for pk in proposals])
    for name in SECRET:
        lines |= Q(kind__in=["filing", "version", "obligation"], object__startswith=f"{KINDS[name].code}-")
    return lines


guard(Guard(act="read STR", hides=_secret_lines))
