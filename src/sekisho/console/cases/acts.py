"""What may be done on the pages of a case: each act by form or as JSON."""

from __future__ import annotations

import base64
import binascii
import hashlib

import msgspec
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from sekisho.console.cases import bundle, closing, register, work
from sekisho.console.cases.drafting import draft
from sekisho.console.cases.file_kinds import BYTES_MAX
from sekisho.console.cases.models import Aside, Case, Evidence
from sekisho.console.cases.seen import alerts_of, seen_of, the_case
from sekisho.console.desk.pages import Asked, Done, Unfit, action
from sekisho.console.journal.acting import acting
from sekisho.console.people.actor import Actor


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an act is told; each act adds its fields."""


class Opening(Body, frozen=True):
    """A case from alerts: their ids, one each or several in a field, separated by spaces."""

    alerts: list[str] = []
    title: str = ""
    words: str = ""


class ByHand(Body, frozen=True):
    """A case by hand."""

    title: str = ""
    chapter: str = ""
    severity: str = ""
    parties: str = ""
    words: str = ""


class Ids(Body, frozen=True):
    """Alerts by id."""

    alerts: list[str] = []


class OneOut(Body, frozen=True):
    """An alert that leaves, and why."""

    alert: str = ""
    why: str = ""


class Linking(Body, frozen=True):
    """Another case, and why it belongs to this one."""

    other: str = ""
    why: str = ""


class Handing(Body, frozen=True):
    """To whom, and a note."""

    to: str = ""
    words: str = ""


class Moving(Body, frozen=True):
    """To which state, and which the person saw."""

    state: str = ""
    seen: str = ""


class Words(Body, frozen=True):
    """Words."""

    words: str = ""


class Why(Body, frozen=True):
    """Why."""

    why: str = ""


class Closing(Body, frozen=True):
    """The outcome proposed, the reason from the set, and in words."""

    outcome: str = ""
    reason_code: str = ""
    words: str = ""


class Reopening(Body, frozen=True):
    """The reason from the set, and in words."""

    reason_code: str = ""
    words: str = ""


class Narrating(Body, frozen=True):
    """The narrative in both languages, and the version it started from."""

    version: int = 0
    narrative_en: str = ""
    narrative_ja: str = ""


class Drafting(Body, frozen=True):
    """The version of the narrative that the draft is to take the place of."""

    version: int = 0


class Settling(Body, frozen=True):
    """The words kept beside."""

    aside: int = 0


class File(Body, frozen=True):
    """A file: by form as an upload called ``file``; as JSON by its ``name`` and ``content`` in base64."""

    kind: str = ""
    what: str = ""
    obtained: str = ""
    name: str = ""
    content: str = ""


class Record(Body, frozen=True):
    """A record of the books."""

    table: str = ""
    record_id: str = ""
    why: str = ""


@action("cases/open/", name="open case", act="open a case")
def open_case(request: Asked, body: Opening) -> Done:
    """Open a case from alerts."""
    opened = work.open_case(request.actor, _each(body.alerts), title=body.title.strip()[:300], words=body.words.strip())
    return _done(_("Case %(case)s opened.") % {"case": opened.case_id}, opened)


@action("cases/open-by-hand/", name="open case by hand", act="open a case")
def open_by_hand(request: Asked, body: ByHand) -> Done:
    """Open a case about what no rule has found."""
    opened = work.open_by_hand(
        request.actor,
        title=body.title,
        chapter=body.chapter,
        severity=body.severity,
        parties=body.parties.replace(",", " ").split(),
        words=body.words,
    )
    return _done(_("Case %(case)s opened.") % {"case": opened.case_id}, opened)


@action("cases/<str:case_id>/join/", name="join alerts to case", act="work on cases")
def join(request: Asked, body: Ids, case_id: str) -> Done:
    """Join alerts that are there."""
    return _done(_("Joined."), work.join(request.actor, case_id, _each(body.alerts)))


@action("cases/<str:case_id>/unjoin/", name="take alert out of case", act="work on cases")
def unjoin(request: Asked, body: OneOut, case_id: str) -> Done:
    """Take an alert out again."""
    return _done(_("The alert waits in the queue again."), work.unjoin(request.actor, case_id, body.alert, body.why))


@action("cases/<str:case_id>/link/", name="link case", act="work on cases")
def link(request: Asked, body: Linking, case_id: str) -> Done:
    """Link another case."""
    return _done(_("Linked."), work.link(request.actor, case_id, body.other.strip(), body.why))


@action("cases/<str:case_id>/claim/", name="claim case", act="work on cases")
def claim(request: Asked, case_id: str) -> Done:
    """Take a case that nobody has."""
    return _done(_("The case is yours."), work.claim(request.actor, case_id))


@action("cases/<str:case_id>/assign/", name="assign case", act="work on cases")
def assign(request: Asked, body: Handing, case_id: str) -> Done:
    """Hand the case to somebody, with a note."""
    return _done(_("Assigned to %(person)s.") % {"person": body.to}, work.assign(request.actor, case_id, body.to, body.words))


@action("cases/<str:case_id>/move/", name="move case", act="work on cases")
def move(request: Asked, body: Moving, case_id: str) -> Done:
    """Say how far the case is."""
    moved = work.move(request.actor, case_id, body.state, body.seen)
    return _done(_("The case is '%(state)s' now.") % {"state": moved.get_state_display()}, moved)


@action("cases/<str:case_id>/note/", name="note on case", act="work on cases")
def note(request: Asked, body: Words, case_id: str) -> Done:
    """Add a note."""
    return _done(_("Noted."), work.note(request.actor, case_id, body.words).case)


@action("cases/<str:case_id>/narrative/save/", name="save narrative", act="work on cases")
def narrate(request: Asked, body: Narrating, case_id: str) -> Done:
    """Save the narrative; where somebody has saved meanwhile, both texts stay, and this says so."""
    texts = (_lines(body.narrative_en), _lines(body.narrative_ja))
    saved = work.narrate(request.actor, case_id, texts, body.version)
    if isinstance(saved, Aside):
        raise _met(request, saved)
    at = reverse("case narrative", args=[case_id])
    said = _("Saved as version %(n)s.") % {"n": saved.narrative_version}
    return Done(said=said, at=at, content={"version": saved.narrative_version})


@action("cases/<str:case_id>/narrative/draft/", name="draft narrative", act="work on cases")
def draft_narrative(request: Asked, body: Drafting, case_id: str) -> Done:
    """Draft the narrative from the evidence. Where somebody has written, the draft is kept beside it and overwrites nothing."""
    found = the_case(request.actor, case_id, "work on cases")
    alerts = seen_of(request.actor, alerts_of(found))
    pieces = list(Evidence.objects.filter(case=found).order_by("pk"))
    written = bool(found.written)
    texts = draft(found, alerts, pieces, request.actor.at)
    saved = work.narrate(request.actor, case_id, texts, body.version, is_draft=True, beside=written)
    at = reverse("case narrative", args=[case_id])
    if isinstance(saved, Aside):
        return Done(said=_("Drafted, and kept beside what is written: take from it what you need."), at=at)
    return Done(said=_("Drafted. It is a draft until a person has edited it."), at=at, content={"version": saved.narrative_version})


@action("cases/<str:case_id>/narrative/settle/", name="settle words kept beside", act="work on cases")
def settle(request: Asked, body: Settling, case_id: str) -> Done:
    """Say that words kept beside are put in, or not needed."""
    work.settle(request.actor, case_id, body.aside)
    return Done(said=_("Settled; the words stay in the journal."), at=reverse("case narrative", args=[case_id]))


@action("cases/<str:case_id>/evidence/file/", name="add evidence file", act="work on cases")
def add_file(request: Asked, body: File, case_id: str) -> Done:
    """Take a file into the register."""
    name, content = _uploaded(request, body)
    added = register.add_file(request.actor, case_id, body.kind, name, content, what=body.what, obtained=body.obtained)
    at = reverse("case evidence", args=[case_id])
    said = _("Taken in; SHA-256 %(sha256)s.") % {"sha256": added.sha256}
    return Done(said=said, at=at, content={"evidence": added.pk, "sha256": added.sha256})


@action("cases/<str:case_id>/evidence/record/", name="register record", act="work on cases")
def add_record(request: Asked, body: Record, case_id: str) -> Done:
    """Register a record of the books."""
    added = register.add_record(request.actor, case_id, body.table.strip(), body.record_id.strip(), body.why)
    at = reverse("case evidence", args=[case_id])
    said = _("Registered; SHA-256 %(sha256)s.") % {"sha256": added.sha256}
    return Done(said=said, at=at, content={"evidence": added.pk, "sha256": added.sha256})


@action("cases/<str:case_id>/evidence/<int:evidence_id>/take/", name="take evidence", act="take evidence out")
def take(request: Asked, body: Why, case_id: str, evidence_id: int) -> HttpResponseBase:
    """The piece itself, after its chain of custody says who takes it and why."""
    piece, content = register.take_out(request.actor, case_id, evidence_id, body.why)
    return _file(content, piece.name or f"{piece.case_id}-{piece.pk}.json", piece.content_type)


@action("cases/<str:case_id>/close/", name="propose closing case", act="propose closing a case")
def close(request: Asked, body: Closing, case_id: str) -> Done:
    """Propose to close; a second person decides."""
    proposal = closing.propose_closing(request.actor, case_id, body.outcome, body.reason_code, body.words)
    return Done(said=_("Proposed: a second person decides."), at=reverse("case", args=[case_id]), content={"proposal": proposal.pk})


@action("cases/<str:case_id>/reopen/", name="propose reopening case", act="propose closing a case")
def reopen(request: Asked, body: Reopening, case_id: str) -> Done:
    """Propose to open it again; a second person decides."""
    proposal = closing.propose_reopening(request.actor, case_id, body.reason_code, body.words)
    return Done(said=_("Proposed: a second person decides."), at=reverse("case", args=[case_id]), content={"proposal": proposal.pk})


@action("cases/<str:case_id>/bundle/", name="make bundle", act="make a bundle of a case")
def make_bundle(request: Asked, body: Why, case_id: str) -> Done:
    """Make the bundle to be handed over."""
    made = bundle.make(request.actor, case_id, body.why)
    at = reverse("case evidence", args=[case_id])
    told = {"bundle": made.pk, "sha256": made.sha256, "seal": made.seal, "missing": made.missing}
    return Done(said=_("Bundle made; announce its seal apart from it: %(seal)s") % {"seal": made.seal}, at=at, content=told)


@action("cases/<str:case_id>/bundle/<int:bundle_id>/take/", name="take bundle", act="take evidence out")
def take_bundle(request: Asked, body: Why, case_id: str, bundle_id: int) -> HttpResponseBase:
    """The bundle itself."""
    return _file(bundle.take(request.actor, case_id, bundle_id, body.why), f"{case_id}-{bundle_id}.zip", "application/zip")


def took_summary(actor: Actor, case: Case, content: bytes) -> None:
    """Write down who took the summary of a case out."""
    with acting(actor.author, "take a summary out", at=actor.at) as act:
        act.note(Case.kind(), case.case_id, "summary taken out", None, hashlib.sha256(content).hexdigest())


def _met(request: Asked, aside: Aside) -> Unfit:
    """What the second of two writers is told; as JSON with both texts, on the page they stand beside each other."""
    case = Case.objects.get(pk=aside.case_id)
    said = _(
        "%(person)s saved version %(now)s while you wrote from version %(then)s. Nothing was overwritten: "
        "your words are kept beside theirs below; put together what belongs together, and save again."
    ) % {"person": case.narrative_by, "now": aside.met, "then": aside.based_on}
    if not request.path.startswith("/api/"):
        return Unfit(said)
    theirs = {"theirs_en": case.narrative_en, "theirs_ja": case.narrative_ja}
    return Unfit({"version": said, **theirs, "yours_en": aside.narrative_en, "yours_ja": aside.narrative_ja})


def _uploaded(request: Asked, body: File) -> tuple[str, bytes]:
    upload = request.FILES.get("file")
    if upload is not None:
        if (upload.size or 0) > BYTES_MAX:
            raise Unfit({"file": _("the file is larger than %(most)s MB") % {"most": BYTES_MAX >> 20}})
        return str(upload.name), upload.read()
    if not body.content:
        raise Unfit({"file": _("choose a file")})
    try:
        return body.name, base64.b64decode(body.content, validate=True)
    except binascii.Error:
        raise Unfit({"content": _("the content is not base64")}) from None


def _file(content: bytes, name: str, content_type: str) -> HttpResponseBase:
    answer = HttpResponse(content, content_type=content_type)
    answer.headers["Content-Disposition"] = "attachment; filename*=UTF-8''" + _quoted(name)
    answer.headers["X-Content-SHA256"] = hashlib.sha256(content).hexdigest()
    return answer


def _quoted(name: str) -> str:
    return "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "".join(f"%{b:02X}" for b in c.encode()) for c in name)


def _each(fields: list[str]) -> list[str]:
    return [each for field in fields for each in field.replace(",", " ").split()]


def _lines(text: str) -> str:
    """A form sends lines ended as Windows ends them; kept is one way."""
    return text.replace("\r\n", "\n")


def _done(said: str, case: Case) -> Done:
    return Done(said=said, at=reverse("case", args=[case.case_id]), content={"case": case.case_id})
