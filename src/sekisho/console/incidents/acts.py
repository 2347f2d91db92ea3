"""What people do about an incident. Each act writes its line into the log; nothing of the log changes afterwards."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from sekisho.console.alerts.models import RANK, Alert
from sekisho.console.approvals.four_eyes import propose
from sekisho.console.approvals.models import Proposal
from sekisho.console.cases.models import Case
from sekisho.console.desk.files import given_file, stored
from sekisho.console.desk.pages import Asked, Done, Unfit, action
from sekisho.console.incidents.clocks import in_language, run_again, start_clocks
from sekisho.console.incidents.found import moment, stated, the_incident, worked_on
from sekisho.console.incidents.models import (
    AUDIENCES,
    CHECKS,
    ENTRY_KINDS,
    MEASURES,
    TWO_PEOPLE_MEASURES,
    Check,
    Clock,
    Entry,
    Incident,
    Indicator,
    Lesson,
    Measure,
)
from sekisho.console.incidents.opening import Opening, attach, open_incident, opening_of_outflow
from sekisho.console.incidents.sending import write_sent
from sekisho.console.incidents.sharing import roles
from sekisho.console.incidents.two_people import log, unfinished
from sekisho.console.journal.acting import acting
from sekisho.console.people.models import Person
from sekisho.typologies.listed_forms import normal_form


def _said(words: str, field: str = "words") -> str:
    if not words.strip():
        raise Unfit({field: _("must say something")})
    return words.strip()


def _chosen(value: str, choices: Any, field: str) -> str:
    if value not in dict(choices):
        raise Unfit({field: _("choose one of the values offered")})
    return value


def _person(person_id: str, field: str) -> Person:
    person: Person | None = Person.objects.filter(pk=person_id).first()
    if person is None:
        raise Unfit({field: _("there is no person {id}").format(id=person_id)})
    return person


def _done(said: str, pk: str, anchor: str = "") -> Done:
    return Done(said=said, at=reverse("incident", args=[pk]) + anchor, content={"incident": pk})


class New(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A new incident by hand; times without a zone are Japan time. ``systems`` and ``parties``: one a line or with commas."""

    title: str
    incident_kind: str
    severity: str
    summary: str
    known_by: str
    known_at: str = ""
    detected_at: str = ""
    began_at: str = ""
    chapter: str = ""
    source: str = "hand"
    source_ref: str = ""
    systems: str = ""
    asset: str = ""
    quantity: str = ""
    amount_jpy: Decimal | None = None
    clients: int | None = None
    clients_words: str = ""
    short: bool = False
    parties: str = ""
    alert: str = ""
    case: str = ""


@action("incidents/open/new/", name="open incident by hand", act="open an incident")
def open_by_hand(request: Asked, body: New) -> Done:
    """Open an incident."""
    at = request.actor.at
    alert, case = Alert.objects.filter(pk=body.alert).first(), Case.objects.filter(pk=body.case).first()
    if (body.alert and alert is None) or (body.case and case is None):
        raise Unfit({"alert" if body.alert and alert is None else "case": _("is not there")})
    for linked, act in ((alert, "read alerts"), (case, "read cases")):
        if linked is not None:
            request.actor.need(act, linked.chapter, linked.parties)
    opening = Opening(
        title=body.title,
        incident_kind=body.incident_kind,
        severity=body.severity,
        known_at=moment(body.known_at, at, "known_at"),
        known_by=body.known_by,
        summary=body.summary,
        detected_at=moment(body.detected_at, at, "detected_at") if body.detected_at else None,
        began_at=moment(body.began_at, at, "began_at") if body.began_at else None,
        chapter=body.chapter,
        source=body.source,
        source_ref=body.source_ref,
        systems=_listed(body.systems),
        assets=({"asset": body.asset, "quantity": body.quantity},) if body.asset else (),
        amount_jpy=body.amount_jpy,
        clients=body.clients,
        clients_words=body.clients_words,
        short=body.short,
        parties=tuple({*_listed(body.parties), *(alert.parties if alert else ()), *(case.parties if case else ())}),
        alert=body.alert or None,
        case=body.case or None,
    )
    incident = open_incident(request.actor, opening)
    return _done(_("Opened as {id}. Its clocks run.").format(id=incident.pk), incident.pk)


def _listed(words: str) -> tuple[str, ...]:
    return tuple(each.strip() for each in words.replace("\n", ",").split(",") if each.strip())


class FromLogs(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A file of ``sekisho outflow`` (form: file; JSON: name and content in base64), the event, and when the firm recognised it."""

    event: int = 1
    known_at: str = ""
    known_by: str = ""
    name: str = "incident.json"
    content: str = ""


@action("incidents/open/outflow/", name="open incident from outflow", act="open an incident")
def open_from_outflow(request: Asked, body: FromLogs) -> Done:
    """Open an incident from what log forensics found, and keep the file with it."""
    kept = given_file(request, body.name, body.content)
    if kept is None:
        raise Unfit({"file": _("give the file that 'sekisho outflow --json' writes")})
    content = stored(kept.sha256)
    opening = opening_of_outflow(
        content,
        body.event,
        known_at=moment(body.known_at, request.actor.at, "known_at"),
        known_by=body.known_by.strip() or request.actor.person.person_id,
        lang="ja" if (get_language() or "").startswith("ja") else "en",
    )
    with acting(request.actor.author, "open an incident"):
        incident = open_incident(request.actor, opening)
        attach(request.actor, incident, kept, _("what log forensics found"))
    return _done(_("Opened as {id} from the logs. Its clocks run.").format(id=incident.pk), incident.pk)


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A line of the log; ``audience`` and ``channel`` for what was told to somebody."""

    entry_kind: str
    words: str
    happened_at: str = ""
    audience: str = ""
    channel: str = ""
    decided_by: str = ""


@action("incidents/<str:pk>/log/", name="write into the log", act="work on incidents")
def write(request: Asked, body: Line, pk: str) -> Done:
    """Write a line into the log."""
    _chosen(body.entry_kind, ENTRY_KINDS, "entry_kind")
    if body.audience:
        _chosen(body.audience, AUDIENCES, "audience")
    if body.entry_kind == "told" and not body.audience:
        raise Unfit({"audience": _("say who was told")})
    with acting(request.actor.author, "write into the log"):
        incident = worked_on(request.actor, pk)
        Entry(
            incident=incident,
            entry_kind=body.entry_kind,
            happened_at=moment(body.happened_at, request.actor.at, "happened_at"),
            written_at=request.actor.at,
            by=request.actor.person.person_id,
            words=_said(body.words),
            audience=body.audience,
            channel=body.channel,
            decided_by=body.decided_by,
        ).save()
    return _done(_("Written down."), pk, "#log")


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A measure; ``reason_code`` for those that take two people."""

    code: str
    words: str
    reason_code: str = "stop_harm"


@action("incidents/<str:pk>/measures/", name="plan measure", act="propose a containment measure")
def plan(request: Asked, body: Plan, pk: str) -> Done:
    """Plan a measure; one that stops clients' business or moves their assets waits for a second person."""
    _chosen(body.code, MEASURES, "code")
    two = body.code in TWO_PEOPLE_MEASURES
    with acting(request.actor.author, "plan a measure"):
        incident = worked_on(request.actor, pk, "propose a containment measure")
        measure = Measure(
            incident=incident,
            code=body.code,
            words=_said(body.words),
            two_people=two,
            planned_at=request.actor.at,
            planned_by=request.actor.person.person_id,
        )
        measure.save()
        if two:
            _propose_measure(request, "containment measure", measure, body.reason_code, body.words)
        if incident.state == "triage":
            incident.state = "containing"
            incident.save()
        log(
            incident,
            request.actor,
            "measure",
            _("Planned: {what}. {words}").format(what=measure.get_code_display(), words=body.words),
        )
    return _done(_("Proposed: a second person has to approve it.") if two else _("Planned."), pk, "#measures")


def _propose_measure(request: Asked, kind: str, measure: Measure, reason_code: str, words: str) -> None:
    incident = measure.incident
    propose(
        request.actor,
        kind,
        ("measure", str(measure.pk)),
        reason_code=reason_code,
        reason=words,
        chapter=incident.chapter,
        parties=incident.parties,
        payload={"incident": incident.pk, "measure": measure.get_code_display(), "words": measure.words},
    )


class Carried(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """When a measure was carried out, and by whom."""

    done_by: str = ""
    done_at: str = ""


def _measure(incident: Incident, number: int) -> Measure:
    measure: Measure | None = incident.measures.filter(pk=number).first()
    if measure is None:
        raise Http404
    return measure


@action("incidents/<str:pk>/measures/<int:number>/done/", name="measure carried out", act="work on incidents")
def carried_out(request: Asked, body: Carried, pk: str, number: int) -> Done:
    """Write down that a measure was carried out; what takes two people was approved before."""
    with acting(request.actor.author, "carry out a measure"):
        incident = worked_on(request.actor, pk)
        measure = _measure(incident, number)
        if measure.stands not in ("planned", "waiting", "approved"):
            raise Unfit(_("It is carried out already, or was dropped."))
        measure.done_at = moment(body.done_at, request.actor.at, "done_at")
        if measure.approved_at is not None and measure.done_at < measure.approved_at:
            raise Unfit({"done_at": _("lies before it was approved")})
        measure.done_by = body.done_by.strip() or request.actor.person.person_id
        measure.save()
        words = _("Carried out by {who}: {what}. {words}")
        _at(incident, request, "measure", measure.done_at,
            words.format(who=measure.done_by, what=measure.get_code_display(), words=measure.words))  # fmt: skip
    return _done(_("Written down."), pk, "#measures")


class How(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How something was done, or why not."""

    words: str


@action("incidents/<str:pk>/measures/<int:number>/drop/", name="drop measure", act="work on incidents")
def drop(request: Asked, body: How, pk: str, number: int) -> Done:
    """Write down that a planned measure is not carried out, and why."""
    with acting(request.actor.author, "drop a measure"):
        incident = worked_on(request.actor, pk)
        measure = _measure(incident, number)
        if measure.stands not in ("planned", "waiting", "approved"):
            raise Unfit(_("Only what is not carried out yet is dropped."))
        measure.dropped_at = request.actor.at
        measure.save()
        log(incident, request.actor, "decision",
            _("Not carried out: {what}. {why}").format(what=measure.get_code_display(), why=_said(body.words)))  # fmt: skip
    return _done(_("Written down."), pk, "#measures")


def _at(incident: Incident, request: Asked, entry_kind: str, happened_at: datetime, words: str, audience: str = "") -> None:
    Entry(
        incident=incident,
        entry_kind=entry_kind,
        happened_at=happened_at,
        written_at=request.actor.at,
        by=request.actor.person.person_id,
        words=words,
        audience=audience,
    ).save()


class Why(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A reason of the set, and words."""

    reason_code: str
    reason: str = ""


@action("incidents/<str:pk>/measures/<int:number>/propose/", name="propose measure again", act="propose a containment measure")
def propose_again(request: Asked, body: Why, pk: str, number: int) -> Done:
    """Propose a measure again that was rejected."""
    with acting(request.actor.author, "plan a measure"):
        measure = _measure(worked_on(request.actor, pk, "propose a containment measure"), number)
        if measure.stands != "waiting":
            raise Unfit(_("It does not wait for approval."))
        _propose_measure(request, "containment measure", measure, body.reason_code, body.reason)
    return _done(_("Proposed: a second person has to approve it."), pk, "#measures")


@action("incidents/<str:pk>/measures/<int:number>/lift/", name="propose lifting measure", act="propose a containment measure")
def lift(request: Asked, body: Why, pk: str, number: int) -> Done:
    """Propose to lift a measure that is in force."""
    with acting(request.actor.author, "lift a measure"):
        measure = _measure(worked_on(request.actor, pk, "propose a containment measure"), number)
        if measure.stands != "done":
            raise Unfit(_("Only a measure in force is lifted."))
        _propose_measure(request, "lift measure", measure, body.reason_code, body.reason)
    return _done(_("Proposed: a second person has to approve it."), pk, "#measures")


class ByHand(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A report nobody's list has: its name, to whom, until when, and the text that asks for it."""

    name: str
    audience: str
    due_at: str
    source: str


@action("incidents/<str:pk>/clocks/", name="add clock", act="work on incidents")
def add_clock(request: Asked, body: ByHand, pk: str) -> Done:
    """Add a report with its term by hand; its text was read by whoever enters it."""
    due = stated(body.due_at, "due_at")
    with acting(request.actor.author, "add a report"):
        incident = worked_on(request.actor, pk)
        Clock(
            incident=incident,
            name_en=_said(body.name, "name"),
            name_ja=body.name.strip(),
            audience=_chosen(body.audience, AUDIENCES, "audience"),
            urgency="counted",
            due_at=due,
            starts_at=incident.known_at,
            source=_said(body.source, "source"),
            confidence="by hand",
        ).save()
        log(
            incident,
            request.actor,
            "report",
            _("Added to the reports: {what}, from {text}.").format(what=body.name, text=body.source),
        )
    return _done(_("Added."), pk, "#reports")


class Term(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The term of a report whose text was not read before, and that text."""

    due_at: str
    source: str


def _clock(incident: Incident, number: int) -> Clock:
    clock: Clock | None = incident.clocks.filter(pk=number).first()
    if clock is None:
        raise Http404
    if clock.sent_at is not None or clock.waived_at is not None:
        raise Unfit(_("This report is settled already."))
    return clock


@action("incidents/<str:pk>/clocks/<int:number>/term/", name="set term", act="work on incidents")
def set_term(request: Asked, body: Term, pk: str, number: int) -> Done:
    """Enter the term of a report by hand, with its source; only where the texts read name none."""
    due = stated(body.due_at, "due_at")
    with acting(request.actor.author, "set a term"):
        incident = worked_on(request.actor, pk)
        clock = _clock(incident, number)
        if clock.confidence != "unknown":
            raise Unfit(_("The text of this term was read: it is not set by hand."))
        clock.due_at, clock.source, clock.confidence = due, _said(body.source, "source"), "by hand"
        clock.urgency = "counted"
        clock.save()
        log(
            incident,
            request.actor,
            "report",
            _("Term set by hand: {what}, from {text}.").format(what=clock.name_en, text=body.source),
        )
    return _done(_("Set."), pk, "#reports")


class Sent(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What was sent, to whom, when, and under what reference."""

    words: str
    sent_at: str = ""
    reference: str = ""
    channel: str = ""


@action("incidents/<str:pk>/clocks/<int:number>/sent/", name="report sent", act="work on incidents")
def sent(request: Asked, body: Sent, pk: str, number: int) -> Done:
    """Write down that a report was sent; its clock stops. Nothing is sent from here."""
    with acting(request.actor.author, "report sent"):
        incident = worked_on(request.actor, pk)
        clock = _clock(incident, number)
        sent_at = moment(body.sent_at, request.actor.at, "sent_at")
        if clock.starts_at is None or sent_at < clock.starts_at:
            raise Unfit({"sent_at": _("lies before the report was due at all")})
        write_sent(clock, request.actor, sent_at, _said(body.words), body.reference, body.channel)
    return _done(_("Written down: sent."), pk, "#reports")


@action("incidents/<str:pk>/clocks/<int:number>/waive/", name="propose not to report", act="propose not to report")
def waive(request: Asked, body: Why, pk: str, number: int) -> Done:
    """Propose not to send a report, with the reason; a second person decides."""
    with acting(request.actor.author, "propose not to report"):
        incident = worked_on(request.actor, pk, "propose not to report")
        clock = _clock(incident, number)
        propose(
            request.actor,
            "not report",
            ("clock", str(clock.pk)),
            reason_code=body.reason_code,
            reason=_said(body.reason, "reason"),
            chapter=incident.chapter,
            parties=incident.parties,
            payload={"incident": incident.pk, "report": in_language(clock, "name"), "text": clock.source},
        )
    return _done(_("Proposed: a second person has to decide."), pk, "#reports")


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A check to be made before business reopens."""

    code: str
    words: str = ""


@action("incidents/<str:pk>/checks/", name="add check", act="work on incidents")
def add_check(request: Asked, body: Wanted, pk: str) -> Done:
    """Add a check."""
    with acting(request.actor.author, "add a recovery check"):
        incident = worked_on(request.actor, pk)
        Check(incident=incident, code=_chosen(body.code, CHECKS, "code"), words=body.words).save()
    return _done(_("Added."), pk, "#recovery")


class Outcome(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How a check came out."""

    passed: bool
    result: str


@action("incidents/<str:pk>/checks/<int:number>/", name="check done", act="work on incidents")
def check_done(request: Asked, body: Outcome, pk: str, number: int) -> Done:
    """Write down how a check came out; a failed one is made again."""
    with acting(request.actor.author, "make a recovery check"):
        incident = worked_on(request.actor, pk)
        check = incident.checks.filter(pk=number).first()
        if check is None:
            raise Http404
        check.passed, check.result = body.passed, _said(body.result, "result")
        check.done_at, check.done_by = request.actor.at, request.actor.person.person_id
        check.save()
        became = _("passed") if body.passed else pgettext("incidents", "failed")
        words = _("Check '{what}' {became}: {result}").format(what=check.get_code_display(), became=became, result=body.result)
        log(incident, request.actor, "recovery", words)
    return _done(_("Written down."), pk, "#recovery")


class Reached(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is reached (contained or recovered), when, and how it is known."""

    state: str
    words: str
    happened_at: str = ""


@action("incidents/<str:pk>/state/", name="incident reached", act="work on incidents")
def reached(request: Asked, body: Reached, pk: str) -> Done:
    """Declare that it is contained, or recovered once every check has passed; the report at recovery starts to run."""
    with acting(request.actor.author, "declare an incident contained or recovered"):
        incident = worked_on(request.actor, pk)
        at = moment(body.happened_at, request.actor.at, "happened_at")
        if at < incident.known_at:
            raise Unfit({"happened_at": _("lies before the firm recognised it")})
        if body.state == "contained":
            _contained(incident, at)
        elif body.state == "recovered":
            _recovered(incident, at)
        else:
            raise Unfit({"state": _("choose contained or recovered")})
        incident.state = body.state
        incident.save()
        _at(incident, request, "recovery" if body.state == "recovered" else "measure", at,
            f"{incident.get_state_display()}: {_said(body.words)}")  # fmt: skip
        run_again(incident)
    return _done(_("Written down."), pk)


def _contained(incident: Incident, at: datetime) -> None:
    if incident.state not in ("triage", "containing"):
        raise Unfit({"state": _("it is contained already")})
    waiting = set(Proposal.objects.filter(proposal_kind="containment measure", state="open").values_list("about_id", flat=True))
    undone = [
        each.get_code_display()
        for each in incident.measures.filter(done_at=None, dropped_at=None)
        if each.stands != "waiting" or str(each.pk) in waiting
    ]
    if undone:
        raise Unfit({"state": _("planned and not carried out: {what}").format(what=", ".join(map(str, undone)))})
    incident.contained_at = at


def _recovered(incident: Incident, at: datetime) -> None:
    if incident.state != "contained":
        raise Unfit({"state": _("first it has to be contained")})
    checks = list(incident.checks.all())
    if not checks or not all(each.passed for each in checks):
        raise Unfit({"state": _("every check has to have passed, and there has to be one")})
    incident.recovered_at = at


class Found(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The cause, and when it was found."""

    cause: str
    happened_at: str = ""


@action("incidents/<str:pk>/cause/", name="cause found", act="work on incidents")
def cause_found(request: Asked, body: Found, pk: str) -> Done:
    """Write down the cause; the report of it starts to run."""
    with acting(request.actor.author, "find the cause"):
        incident = worked_on(request.actor, pk)
        incident.cause, incident.cause_found_at = (
            _said(body.cause, "cause"),
            moment(body.happened_at, request.actor.at, "happened_at"),
        )
        incident.save()
        _at(incident, request, "cause", incident.cause_found_at, body.cause)
        run_again(incident)
    return _done(_("Written down. The report of the cause runs."), pk)


class Amended(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is known better now; what is left out stays. ``why`` goes into the log with the old and the new."""

    why: str
    severity: str = ""
    lead: str = ""
    summary: str = ""
    clients: int | None = None
    clients_words: str = ""
    amount_jpy: Decimal | None = None
    short: bool | None = None
    known_at: str = ""


@action("incidents/<str:pk>/amend/", name="amend incident", act="work on incidents")
def amend(request: Asked, body: Amended, pk: str) -> Done:
    """Correct what is known of it. Clocks that are open are counted anew."""
    with acting(request.actor.author, "amend an incident", reason=body.why):
        incident = worked_on(request.actor, pk)
        said = []
        for name in ("severity", "lead", "summary", "clients", "clients_words", "amount_jpy", "short", "known_at"):
            given = getattr(body, name)
            if given in ("", None):
                continue
            field = "lead_id" if name == "lead" else name
            old, new = getattr(incident, field), _checked(name, given, request)
            if old != new:
                setattr(incident, field, new)
                said.append(f"{incident._meta.get_field(name).verbose_name}: {_short(old)} → {_short(new)}")  # type: ignore[union-attr]
        if not said:
            raise Unfit(_("Nothing would change."))
        incident.rank = RANK[incident.severity]
        if incident.known_at < incident.detected_at:
            incident.detected_at = incident.known_at
        incident.save()
        log(incident, request.actor, "correction", f"{'; '.join(said)}. {_said(body.why, 'why')}")
        start_clocks(incident)
        run_again(incident)
    return _done(_("Corrected."), pk)


def _checked(name: str, given: Any, request: Asked) -> Any:
    if name == "severity":
        return _chosen(given, [(each, each) for each in RANK], "severity")
    if name == "lead":
        return _person(given, "lead").pk
    if name == "known_at":
        return moment(given, request.actor.at, "known_at")
    if name in ("clients", "amount_jpy") and given < 0:
        raise Unfit({name: _("cannot be below zero")})
    return given


def _short(value: Any) -> str:
    if isinstance(value, datetime):
        return timezone.localtime(value).strftime("%Y-%m-%d %H:%M")
    return "–" if value in (None, "") else str(value)[:80]


class Learned(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A lesson with its owner and day; it becomes a task or something attested from then on."""

    words: str
    lesson_kind: str
    owner: str
    due_on: date


@action("incidents/<str:pk>/lessons/", name="add lesson", act="work on incidents")
def add_lesson(request: Asked, body: Learned, pk: str) -> Done:
    """Add a lesson."""
    with acting(request.actor.author, "add a lesson"):
        incident = worked_on(request.actor, pk)
        Lesson(
            incident=incident,
            lesson_kind=_chosen(body.lesson_kind, [("task", ""), ("attestation", "")], "lesson_kind"),
            words=_said(body.words),
            owner=_person(body.owner, "owner"),
            due_on=body.due_on,
        ).save()
    return _done(_("Added."), pk, "#lessons")


class NoLesson(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Why there is nothing to learn."""

    why: str


@action("incidents/<str:pk>/lessons/none/", name="no lesson", act="work on incidents")
def no_lesson(request: Asked, body: NoLesson, pk: str) -> Done:
    """Write down why there is no lesson."""
    with acting(request.actor.author, "write down that there is no lesson"):
        incident = worked_on(request.actor, pk)
        incident.no_lesson = _said(body.why, "why")
        incident.save()
        log(incident, request.actor, "decision", _("No lesson: {why}").format(why=body.why))
    return _done(_("Written down."), pk, "#lessons")


@action("incidents/<str:pk>/lessons/<int:number>/done/", name="lesson done", act="work on incidents")
def lesson_done(request: Asked, body: How, pk: str, number: int) -> Done:
    """Write down that a task was done; tasks go on after the incident is closed."""
    with acting(request.actor.author, "do what was learned"):
        incident = the_incident(request.actor, pk, "work on incidents")
        lesson = incident.lessons.filter(pk=number).first()
        if lesson is None:
            raise Http404
        if lesson.done_at is not None or lesson.lesson_kind != "task":
            raise Unfit(_("It is done already, or it is attested."))
        lesson.done_at, lesson.done_by, lesson.done_words = request.actor.at, request.actor.person.person_id, _said(body.words)
        lesson.save()
    return _done(_("Written down."), pk, "#lessons")


class Seen(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An indicator others should know of."""

    indicator_kind: str
    value: str
    asset: str = ""
    role: str = "received_stolen"


@action("incidents/<str:pk>/indicators/", name="add indicator", act="work on incidents")
def add_indicator(request: Asked, body: Seen, pk: str) -> Done:
    """Add an address, domain or URL of the attack."""
    kind = _chosen(body.indicator_kind, [("address", ""), ("domain", ""), ("url", "")], "indicator_kind")
    if kind == "address":
        _said(body.asset, "asset")
        _chosen(body.role, [(each, each) for each in roles()], "role")
    with acting(request.actor.author, "add an indicator"):
        incident = worked_on(request.actor, pk)
        value = normal_form(body.value, body.asset) if kind == "address" else body.value.strip()
        if incident.indicators.filter(indicator_kind=kind, value=_said(value, "value")).exists():
            raise Unfit({"value": _("is written down already")})
        Indicator(
            incident=incident,
            indicator_kind=kind,
            value=value,
            asset=body.asset if kind == "address" else "",
            role=body.role if kind == "address" else "",
            added_at=request.actor.at,
            by=request.actor.person.person_id,
        ).save()
    return _done(_("Added."), pk, "#indicators")


class Given(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A file (form: file; JSON: name and content in base64) and what it shows."""

    words: str = ""
    name: str = ""
    content: str = ""


@action("incidents/<str:pk>/files/", name="add incident file", act="work on incidents")
def add_file(request: Asked, body: Given, pk: str) -> Done:
    """Keep a file with the incident."""
    with acting(request.actor.author, "keep a file"):
        incident = worked_on(request.actor, pk)
        kept = given_file(request, body.name, body.content)
        if kept is None:
            raise Unfit({"file": _("choose a file")})
        attach(request.actor, incident, kept, body.words)
    return _done(_("Kept."), pk, "#files")


@action("incidents/<str:pk>/close/", name="propose closing incident", act="propose closing an incident")
def close(request: Asked, body: Why, pk: str) -> Done:
    """Propose to close it; a second person decides. What is unfinished is told now rather than then."""
    with acting(request.actor.author, "propose closing an incident"):
        incident = worked_on(request.actor, pk, "propose closing an incident")
        missing = unfinished(incident) if body.reason_code == "finished" else []
        if missing:
            raise Unfit("; ".join(missing))
        _propose_state(request, "close incident", incident, body)
    return _done(_("Proposed: a second person has to close it."), pk)


@action("incidents/<str:pk>/reopen/", name="propose reopening incident", act="propose closing an incident")
def reopen(request: Asked, body: Why, pk: str) -> Done:
    """Propose to open a closed incident again."""
    with acting(request.actor.author, "propose opening an incident again"):
        incident = the_incident(request.actor, pk, "propose closing an incident")
        if incident.state != "closed":
            raise Unfit(_("It is not closed."))
        _propose_state(request, "reopen incident", incident, body)
    return _done(_("Proposed: a second person has to open it again."), pk)


def _propose_state(request: Asked, kind: str, incident: Incident, body: Why) -> None:
    propose(
        request.actor,
        kind,
        ("incident", incident.pk),
        reason_code=body.reason_code,
        reason=_said(body.reason, "reason"),
        chapter=incident.chapter,
        parties=incident.parties,
        payload={"title": incident.title},
    )
