"""The life of a filing: begun, written, validated, reviewed by another person, filed by two, answered, amended.

Nothing is sent anywhere from here: "filed" records that people sent it, when, how, and under which receipt.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy, pgettext
from django.utils.translation import gettext as _

from sekisho.console.approvals.four_eyes import Shown, Takes, propose, takes_two
from sekisho.console.approvals.models import Proposal
from sekisho.console.cases.models import Case
from sekisho.console.desk.pages import Unfit
from sekisho.console.filings.fields import Content, Kind, Source
from sekisho.console.filings.kinds import KINDS
from sekisho.console.filings.kinds.firm import NAMES
from sekisho.console.filings.models import CHANNELS, WRITABLE, Filing, Version
from sekisho.console.journal.acting import acting, acting_now
from sekisho.console.people.actor import Actor
from sekisho.rulebook.texts import Text

REASONS: Final = [
    ("required", gettext_lazy("required by law, day named by it")),
    ("at_once", gettext_lazy("required at once or promptly")),
    ("asked", gettext_lazy("asked for by the authority")),
    ("amendment", gettext_lazy("corrects or completes an earlier one")),
    ("agreed", gettext_lazy("agreed with the self-regulatory organisation")),
    ("voluntary", gettext_lazy("not required, useful to the addressee")),
]
INCIDENTS: Final[list[Callable[[Actor, str], Told]]] = []
"""How the part above that keeps incidents tells of one. It raises what keeps the actor from the incident."""
WHEN_FILED: Final[list[Callable[[Filing, Actor], None]]] = []
"""Called inside the act in which a filing is recorded as filed, by parts above (deadlines are met by it)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is known of an incident: items by their name in the kinds of filings, whom it concerns, and its case."""

    facts: Mapping[str, Any]
    parties: Collection[str]
    case: Case | None


def act_of(kind: Kind | Filing, what: str) -> str:
    """What one must be allowed to do: the same acts, for few, where a report of a suspicious transaction is concerned."""
    acts = {"write": "write filings", "review": "review filings", "propose": "propose a filing", "approve": "approve a filing"}
    secret = {"write": "write STR", "review": "review STR", "propose": "propose an STR", "approve": "approve an STR"}
    return (secret if kind.secret else acts)[what]


def named(filing: Filing | Kind, done: str) -> str:
    """How the journal calls an act on a filing; acts on confidential ones are told apart, so that they can be kept from readers."""
    return f"{done} STR" if filing.secret else f"{done} filing"


def begin(
    actor: Actor,
    kind_name: str,
    *,
    case: Case | None = None,
    incident_id: str = "",
    day: date | None = None,
) -> Filing:
    """Begin a filing, filled from the case, the incident or the books; of an incident what the kind has no item for is left out.

    Raises ``Unfit`` and ``Denied``.
    """
    kind = kind_of(kind_name)
    incident = INCIDENTS[0](actor, incident_id) if incident_id else Told(facts={}, parties=(), case=None)
    case = case or incident.case
    parties = sorted({*(case.parties if case else ()), *incident.parties})
    actor.need(act_of(kind, "write"), kind.chapter, parties)
    if case is None and kind.from_case and not kind.from_incident and kind.secret:
        raise Unfit({"case": _("begin this one from a case")})
    if kind.period and day is None:
        raise Unfit({"day": _("say which day or period it speaks of")})
    books = settings.CHOSEN.books and Path(settings.FOLDER) / settings.CHOSEN.books
    source = Source(at=actor.at, case=case, incident_id=incident_id, day=day, books=books, firm=_said_of_the_firm())
    known = {item.name for item in kind.items}
    told = {name: value for name, value in incident.facts.items() if name in known}
    content, faults = kind.cleaned({**kind.fill(source), **told})
    assert not faults, f"{kind.name} fills items it does not have: {faults}"
    about = day or timezone.localdate(actor.at)
    with acting(actor.author, named(kind, "begin")):
        filing = Filing(
            filing_id=_next_id(kind, about),
            filing_kind=kind.name,
            secret=kind.secret,
            chapter=kind.chapter,
            parties=parties,
            case=case,
            incident_id=incident_id,
            about_on=day,
            begun_at=actor.at,
            written_by=actor.person.person_id,
            written_at=actor.at,
        )
        filing.save()
        _add_version(filing, content, actor)
    return filing


def write(actor: Actor, pk: str, given: Mapping[str, Any], version: int) -> Filing:
    """Keep what was written as a new version; what was validated or reviewed before is so no longer. Raises ``Unfit``."""
    with acting(actor.author, "write filing") as act:
        filing = locked(pk)
        act.name = named(filing, "write")
        _may(actor, filing, "write")
        _writable(filing)
        if version != filing.version:
            raise Unfit(_("Somebody wrote a newer version meanwhile: look at it, then write yours."))
        kind = kind_of(filing.filing_kind)
        content, faults = kind.cleaned(given)
        if faults:
            raise Unfit(_in_words(faults))
        if content != content_of(filing):
            _add_version(filing, content, actor)
    return filing


def validate(actor: Actor, pk: str) -> dict[str, Text]:
    """Check every item; without a fault the filing is validated. Gives the faults."""
    with acting(actor.author, "validate filing") as act:
        filing = locked(pk)
        act.name = named(filing, "validate")
        _may(actor, filing, "write")
        if filing.state != "draft":
            raise Unfit(_("It is validated already."))
        faults = kind_of(filing.filing_kind).faults(content_of(filing))
        if not faults:
            filing.state, filing.validated_at = "validated", actor.at
            filing.save()
    return faults


def review(actor: Actor, pk: str, version: int, words: str = "") -> Filing:
    """Reviewed: by somebody who wrote no version of it. Raises ``Unfit`` and ``Denied``."""
    with acting(actor.author, "review filing", reason=words) as act:
        filing = locked(pk)
        act.name = named(filing, "review")
        _may(actor, filing, "review")
        if filing.state != "validated" or version != filing.version:
            raise Unfit(_("Only the newest version, once validated, is reviewed."))
        if filing.versions.filter(written_by=actor.person.person_id).exists():
            raise Unfit(_("You wrote in this one: another person has to review it."))
        _whole(filing)
        filing.state, filing.reviewed_by, filing.reviewed_at = "reviewed", actor.person.person_id, actor.at
        filing.save()
    return filing


def send_back(actor: Actor, pk: str, words: str) -> Filing:
    """Sent back to its writer, with the reason."""
    with acting(actor.author, "send back filing", reason=words) as act:
        filing = locked(pk)
        act.name = named(filing, "send back")
        _may(actor, filing, "review")
        if filing.state not in ("validated", "reviewed") or _proposed(filing):
            raise Unfit(_("Only a validated or reviewed filing that is not proposed yet goes back."))
        if not words.strip():
            raise Unfit({"words": _("say what is to be changed")})
        _back_to_draft(filing)
        filing.save()
    return filing


def propose_filing(
    actor: Actor, pk: str, *, filed_on: date, channel: str, receipt_number: str, reason_code: str, reason: str
) -> Proposal:
    """Propose to record it as filed; somebody else approves. Raises ``Unfit`` and ``Denied``."""
    filing = found(pk)
    _may(actor, filing, "propose")
    if filing.state != "reviewed":
        raise Unfit(_("Only a reviewed filing is filed."))
    _whole(filing)
    if channel not in dict(CHANNELS):
        raise Unfit({"channel": _("choose one of the channels")})
    if filed_on > timezone.localdate(actor.at):
        raise Unfit({"filed_on": _("this day is still to come")})
    return propose(
        actor,
        "file STR" if filing.secret else "file a report",
        ("filing", filing.filing_id),
        reason_code=reason_code,
        reason=reason,
        chapter=filing.chapter,
        parties=filing.parties,
        payload={
            "version": filing.version,
            "sha256": _current(filing).sha256,
            "filed_on": filed_on.isoformat(),
            "channel": channel,
            "receipt_number": receipt_number,
        },
    )


def _filed(proposal: Proposal, actor: Actor) -> None:
    filing = locked(proposal.about_id)
    said = proposal.payload
    if filing.state != "reviewed" or filing.version != said["version"] or _current(filing).sha256 != said["sha256"]:
        raise Unfit(_("It was changed after it was proposed: review and propose it again."))
    _whole(filing)
    filing.state, filing.filed_at, filing.filed_on = "filed", actor.at, date.fromisoformat(said["filed_on"])
    filing.channel, filing.receipt_number = said["channel"], said["receipt_number"]
    filing.proposed_by, filing.approved_by = proposal.proposed_by, actor.person.person_id
    filing.save()
    if filing.amends is not None and filing.amends.state != "amended":
        filing.amends.state = "amended"
        filing.amends.save()
    for told in WHEN_FILED:
        told(filing, actor)


def _at(proposal: Proposal) -> str:
    return reverse("filing", args=[proposal.about_id])


def _shows(proposal: Proposal) -> list[Shown]:
    """What an approver has to know of a filing without opening it: what it is, to whom, about what, and who stands for it."""
    filing = found(proposal.about_id)
    kind, content = kind_of(filing.filing_kind), content_of(filing, proposal.payload["version"])
    told = [
        Shown(pgettext("filings", "Report"), in_language(kind.title)),
        Shown(_("Goes to"), _chosen(kind, content, "addressee") or in_language(kind.to)),
        Shown(pgettext("filings", "Subject"), _chosen(kind, content, "suspected") or _chosen(kind, content, "subject")),
        Shown(_("Case"), f"{filing.case.case_id} {filing.case.said}" if filing.case else ""),
        Shown(_("Incident"), filing.incident_id),
        Shown(_("Day or period"), str(filing.about_on or "")),
        Shown(_("Written by"), filing.written_by, is_person=True),
        Shown(_("Reviewed by"), filing.reviewed_by, is_person=True),
    ]
    return [each for each in told if each.value]


def _chosen(kind: Kind, content: Content, name: str) -> str:
    """What was chosen for an item, in the language of the page; empty: the kind has no such choice."""
    item = next((item for item in kind.items if item.name == name and item.written == "choice"), None)
    told = dict(item.choices).get(str(content.get(name))) if item else None
    return in_language(told) if told else ""


for _secret, _kind in ((False, "file a report"), (True, "file STR")):
    takes_two(
        Takes(
            kind=_kind,
            title=gettext_lazy("File a report of a suspicious transaction") if _secret else gettext_lazy("File with an authority"),
            propose="propose an STR" if _secret else "propose a filing",
            approve="approve an STR" if _secret else "approve a filing",
            reasons=REASONS,
            effect=_filed,
            at=_at,
            shows=_shows,
            done=gettext_lazy("Approved: the report is filed."),
        )
    )


def answer(actor: Actor, pk: str, *, accepted: bool, answered_on: date, words: str, receipt_number: str) -> Filing:
    """What the authority answered: accepted, or rejected with its words."""
    with acting(actor.author, "answer to filing", reason=words) as act:
        filing = locked(pk)
        act.name = named(filing, "answer to")
        _may(actor, filing, "write")
        if filing.state != "filed":
            raise Unfit(_("Only what was filed and not answered yet is answered."))
        if not accepted and not words.strip():
            raise Unfit({"words": _("say why the authority rejected it")})
        if filing.filed_on is not None and answered_on < filing.filed_on:
            raise Unfit({"answered_on": _("this is before it was filed")})
        filing.state, filing.answered_on, filing.answer = "accepted" if accepted else "rejected", answered_on, words
        filing.receipt_number = receipt_number or filing.receipt_number
        filing.save()
    return filing


def amend(actor: Actor, pk: str) -> Filing:
    """A new draft that begins with what was filed; the earlier one is kept, and is amended once the new one is filed."""
    with acting(actor.author, "amend filing") as act:
        earlier = locked(pk)
        act.name = named(earlier, "amend")
        _may(actor, earlier, "write")
        if earlier.state not in ("filed", "accepted", "rejected"):
            raise Unfit(_("Only what was filed is amended."))
        if earlier.amendments.exclude(state="dropped").exists():
            raise Unfit(_("It is being amended already."))
        kind = kind_of(earlier.filing_kind)
        filing = Filing(
            filing_id=_next_id(kind, earlier.about_on or timezone.localdate(actor.at)),
            filing_kind=kind.name,
            secret=kind.secret,
            chapter=kind.chapter,
            parties=earlier.parties,
            case=earlier.case,
            incident_id=earlier.incident_id,
            about_on=earlier.about_on,
            begun_at=actor.at,
            written_by=actor.person.person_id,
            written_at=actor.at,
            amends=earlier,
        )
        filing.save()
        _add_version(filing, content_of(earlier), actor)
    return filing


def drop(actor: Actor, pk: str, words: str) -> Filing:
    """A draft that is not pursued; it is kept, with the reason."""
    with acting(actor.author, "drop filing", reason=words) as act:
        filing = locked(pk)
        act.name = named(filing, "drop")
        _may(actor, filing, "write")
        _writable(filing)
        if not words.strip():
            raise Unfit({"words": _("say why")})
        filing.state = "dropped"
        filing.save()
    return filing


def kind_of(name: str) -> Kind:
    """The kind of that name. Raises ``Unfit``."""
    if name not in KINDS:
        raise Unfit({"kind": _("choose one of the kinds")})
    return KINDS[name]


def found(pk: str) -> Filing:
    """The filing of that id. Raises ``Unfit``; who may see it was asked before."""
    filing: Filing | None = Filing.objects.filter(pk=pk).first()
    if filing is None:
        raise Unfit(_("There is no such filing."))
    return filing


def locked(pk: str) -> Filing:
    """The filing of that id, so that nobody else changes it in this act."""
    rows = Filing.objects.filter(pk=pk)
    filing: Filing | None = (rows.select_for_update() if connection.vendor == "postgresql" else rows).first()
    if filing is None:
        raise Unfit(_("There is no such filing."))
    return filing


def content_of(filing: Filing, number: int | None = None) -> Content:
    """What a version says; without a number the newest."""
    return dict(Version.objects.get(filing=filing, number=number or filing.version).content)


def in_language(text: Text) -> str:
    """A text in the language of the page."""
    return text.ja if get_language() == "ja" else text.en


def _current(filing: Filing) -> Version:
    version: Version = Version.objects.get(filing=filing, number=filing.version)
    return version


def _in_words(faults: Mapping[str, Text]) -> dict[str, str]:
    return {name: in_language(fault) for name, fault in faults.items()}


def _may(actor: Actor, filing: Filing, what: str) -> None:
    actor.need(act_of(filing, what), filing.chapter, filing.parties)


def _proposed(filing: Filing) -> bool:
    return Proposal.objects.filter(about_kind="filing", about_id=filing.filing_id, state="open").exists()


def _writable(filing: Filing) -> None:
    if filing.state not in WRITABLE:
        raise Unfit(_("What was filed is not written any more: amend it."))
    if _proposed(filing):
        raise Unfit(_("It waits for a second person to approve its filing: take the proposal back first."))


def _whole(filing: Filing) -> None:
    """Asked again at each later step: what was validated by an earlier version of Sekisho may lack what this one asks for."""
    kind = kind_of(filing.filing_kind)
    if faults := kind.faults(content_of(filing)):
        raise Unfit({in_language(kind.title_of(name)): in_language(fault) for name, fault in faults.items()})


def _back_to_draft(filing: Filing) -> None:
    filing.state, filing.validated_at, filing.reviewed_by, filing.reviewed_at = "draft", None, "", None


def _add_version(filing: Filing, content: Content, actor: Actor) -> None:
    acting_now()
    filing.version += 1
    filing.written_by, filing.written_at = actor.person.person_id, actor.at
    _back_to_draft(filing)
    filing.save()
    Version(
        version_id=f"{filing.filing_id}/{filing.version}",
        filing=filing,
        number=filing.version,
        content=content,
        sha256=digest(content),
        written_by=actor.person.person_id,
        written_at=actor.at,
    ).save()


def digest(content: Content) -> str:
    """The SHA-256 of a content, whatever the order of its items."""
    return hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _next_id(kind: Kind, about: date) -> str:
    """The next number of the kind in that year. Each kind counts for itself, so that no gap tells of another kind's filing."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"filing {kind.code}"])
    before = f"{kind.code}-{about.year}-"
    last = Filing.objects.filter(filing_id__startswith=before).order_by("-filing_id").values_list("filing_id", flat=True).first()
    return f"{before}{int(last.removeprefix(before)) + 1 if last else 1:05d}"


def _said_of_the_firm() -> Content:
    """What the newest filings that are not confidential said of the firm itself."""
    said: Content = {}
    for content in (
        Version.objects.filter(filing__secret=False).order_by("-written_at", "-number").values_list("content", flat=True)[:20]
    ):
        for name in NAMES:
            if content.get(name):
                said.setdefault(name, content[name])
    return said
