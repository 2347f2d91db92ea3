"""Meeting an obligation: by a filing that was filed, or by a proof somebody names. Nothing is met by being clicked away."""

from __future__ import annotations

from datetime import date

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from sekisho.console.deadlines.models import Obligation
from sekisho.console.desk.pages import Unfit
from sekisho.console.filings import life
from sekisho.console.filings.kinds import KINDS
from sekisho.console.filings.models import Filing
from sekisho.console.journal.acting import acting
from sekisho.console.people.actor import Actor


def meet_by_proof(actor: Actor, pk: str, *, met_on: date, proof: str, sha256: str = "") -> Obligation:
    """Met on a day, as this proof shows. Raises ``Unfit`` and ``Denied``."""
    with acting(actor.author, "meet deadline", reason=proof) as act:
        row = locked(pk)
        act.name = "meet STR deadline" if row.secret else "meet deadline"
        actor.need("meet deadlines", row.chapter, row.parties)
        if row.state != "open":
            raise Unfit(_("Only what is open is met."))
        if not proof.strip():
            raise Unfit({"proof": _("name the proof: a receipt, a document and where it lies")})
        if met_on > timezone.localdate(actor.at):
            raise Unfit({"met_on": _("this day is still to come")})
        if sha256 and (len(sha256) != 64 or set(sha256.lower()) - set("0123456789abcdef")):
            raise Unfit({"sha256": _("write the 64 hexadecimal digits of the file's SHA-256")})
        row.state, row.met_on, row.met_by = "met", met_on, actor.person.person_id
        row.proof, row.proof_sha256 = proof, sha256.lower()
        row.save()
    return row


def begin_filing(actor: Actor, pk: str) -> Filing:
    """Begin the filing that meets an obligation; once it is filed the obligation is met."""
    row = Obligation.objects.filter(pk=pk).first()
    kind = None if row is None else kind_for(row)
    if row is None or kind is None:
        raise Unfit(_("No kind of filing here meets it: name a proof."))
    with acting(actor.author, "begin STR" if row.secret else "begin filing"):
        row = locked(pk)
        actor.need("meet deadlines", row.chapter, row.parties)
        if row.state != "open":
            raise Unfit(_("Only what is open is met."))
        if row.filing is not None and row.filing.state != "dropped":
            raise Unfit(_("A filing for it was begun already."))
        row.filing = life.begin(actor, kind, day=row.arose_on)
        row.save()
    return row.filing


def kind_for(row: Obligation) -> str | None:
    """The kind of filing that meets an obligation and can be begun from it; what needs a case is begun from the case."""
    return next((kind.name for kind in KINDS.values() if (row.rule, row.name) in kind.answers and not kind.secret), None)


def fitting(row: Obligation) -> list[Filing]:
    """Filed filings of a kind that meets an obligation, about nothing else yet, the newest first."""
    kinds = [kind.name for kind in KINDS.values() if (row.rule, row.name) in kind.answers]
    filed = Filing.objects.filter(filing_kind__in=kinds, state__in=["filed", "accepted"], obligations=None)
    return list(filed.order_by("-filed_on", "-filing_id")[:50])


def meet_by_filing(actor: Actor, pk: str, filing_id: str) -> Obligation:
    """Met by a filing that was filed. Raises ``Unfit`` and ``Denied``."""
    with acting(actor.author, "meet deadline") as act:
        row = locked(pk)
        act.name = "meet STR deadline" if row.secret else "meet deadline"
        actor.need("meet deadlines", row.chapter, row.parties)
        filing = next((each for each in fitting(row) if each.pk == filing_id), None)
        if row.state != "open" or filing is None:
            raise Unfit({"filing": _("choose a filing of a fitting kind that was filed")})
        _met(row, filing, actor)
    return row


def _met(row: Obligation, filing: Filing, actor: Actor) -> None:
    row.filing, row.state, row.met_on, row.met_by = filing, "met", filing.filed_on, actor.person.person_id
    row.save()


def _when_filed(filing: Filing, actor: Actor) -> None:
    """A filing that was filed meets what it was begun for, and what its kind answers for the day it speaks of."""
    for row in Obligation.objects.filter(filing=filing, state="open"):
        _met(row, filing, actor)
    if filing.about_on is None:
        return
    for rule, name in KINDS[filing.filing_kind].answers:
        for row in Obligation.objects.filter(rule=rule, name=name, arose_on=filing.about_on, state="open", filing=None):
            _met(row, filing, actor)


life.WHEN_FILED.append(_when_filed)


def locked(pk: str) -> Obligation:
    """The obligation of that id, so that nobody else changes it in this act."""
    rows = Obligation.objects.filter(pk=pk)
    row: Obligation | None = (rows.select_for_update() if connection.vendor == "postgresql" else rows).first()
    if row is None:
        raise Unfit(_("There is no such obligation."))
    return row
