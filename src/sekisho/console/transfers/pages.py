"""The held queue, one request with its whole working, what people do about it, and the gate's rule sets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

import msgspec
from django.db.models import QuerySet
from django.http import Http404
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from sekisho.console.approvals.four_eyes import Takes, propose, takes_two
from sekisho.console.approvals.models import Proposal
from sekisho.console.approvals.pages import address_of
from sekisho.console.desk.listing import Column, Filter, Listing
from sekisho.console.desk.pages import Asked, Content, Done, Unfit, action, page
from sekisho.console.desk.panels import Panel, panel
from sekisho.console.desk.words_of_faults import fault
from sekisho.console.journal.acting import acting
from sekisho.console.people.actor import Actor
from sekisho.console.people.chapters import chapter_title
from sekisho.console.people.models import Account
from sekisho.console.transfers import showing, wording
from sekisho.console.transfers.following import follow, place_of
from sekisho.console.transfers.models import (
    KINDS,
    OUTCOMES,
    QUESTIONS,
    STATES,
    WAITING,
    AccountOf,
    ClientQuestion,
    GateAct,
    HeldRequest,
    RuleStep,
    ShadowCount,
    Traffic,
)
from sekisho.console.transfers.telling import RULE_SET, decided, tell_about, tell_all, why_not
from sekisho.gate.messages import OUTCOMES as OUTCOME_NAMES

RELEASE: Final = showing.RELEASE
ACTIVATE: Final = "activate rule set"
ROLL_BACK: Final = "roll back rule set"


def _mine(request: Asked) -> QuerySet[Any]:
    return showing.seen_by(request)


def _waiting(request: Asked) -> QuerySet[Any]:
    return showing.seen_by(request).filter(state__in=WAITING)


def _show(row: Any, request: Asked) -> dict[str, Any]:
    steps = [_("proposed for release")] if row.proposed else []
    steps += [_("decided, not told to the gate yet")] if row.untold else []
    return {
        "request": row.request_id,
        "at": reverse("request at the gate", args=[row.pk]),
        "kind": str(row.get_kind_display()),
        "state": row.state,
        "state_words": str(row.get_state_display()),
        "reason": _reason(row),
        "account": row.account_id,
        "asset": row.asset,
        "value": None if row.value_jpy is None else row.value_jpy.quantize(Decimal(1)),
        "asked": row.asked_at,
        "releases": showing.timer(row, request.actor.at),
        "releases_at": row.releases_at,
        "client": showing.client_told(row),
        "step": "; ".join(steps),
    }


def _reason(row: Any) -> str:
    """The gravest reason by its title, and how many more there are."""
    if not row.reasons:
        return ""
    grave = max(row.reasons, key=lambda reason: OUTCOME_NAMES.index(reason["outcome"]))
    more = len(row.reasons) - 1
    said = showing.said_in(grave, "title")
    return _("%(reason)s, and %(n)s more") % {"reason": said, "n": more} if more else said


def _rules(_request: Asked) -> Sequence[tuple[str, str | Promise]]:
    chapters = HeldRequest.objects.order_by("chapter").values_list("chapter", flat=True).distinct()
    return [(chapter, chapter_title(chapter)) for chapter in chapters if chapter]


COLUMNS: Final = (
    Column(key="request", title=gettext_lazy("Request"), kind="code", at="at", sort="request_id"),
    Column(key="kind", title=gettext_lazy("Kind")),
    Column(key="state_words", title=gettext_lazy("State"), sort="state"),
    Column(key="reason", title=gettext_lazy("Gravest reason")),
    Column(key="account", title=gettext_lazy("Client account"), kind="code", sort="account_id"),
    Column(key="asset", title=gettext_lazy("Asset"), sort="asset"),
    Column(key="value", title=gettext_lazy("Worth"), kind="yen", sort="value_jpy"),
    Column(key="asked", title=pgettext_lazy("transfers", "Asked"), kind="time", sort="asked_at"),
    Column(key="releases", title=gettext_lazy("Earliest release"), sort="releases_at"),
    Column(key="client", title=gettext_lazy("Client")),
    Column(key="step", title=gettext_lazy("Step")),
)
FILTERS: Final = (
    Filter(name="kind", title=gettext_lazy("Kind"), keeps="kind", values=KINDS),
    Filter(name="outcome", title=gettext_lazy("Gate said"), keeps="outcome", values=OUTCOMES),
    Filter(name="chapter", title=gettext_lazy("Chapter"), keeps="chapter", values=_rules),
    Filter(name="asked_from", title=gettext_lazy("Asked from"), keeps="asked_at__date__gte", kind="day"),
)
SEARCHES: Final = ("request_id__icontains", "account_id__icontains", "decision_id__iexact")
QUEUE: Final = Listing(
    name="held-requests", columns=COLUMNS, rows=_waiting, show=_show, sort=("asked_at", "pk"), filters=FILTERS, searches=SEARCHES
)
ALL: Final = Listing(
    name="requests-at-the-gate",
    columns=COLUMNS,
    rows=_mine,
    show=_show,
    sort=("-asked_at", "-pk"),
    filters=(Filter(name="state", title=gettext_lazy("State"), keeps="state", values=STATES), *FILTERS),
    searches=SEARCHES,
)


def _listed(request: Asked, listing: Listing, tab: str, lead: str) -> Content | HttpResponseBase:
    reading = follow()
    return listing.content(
        request,
        heading=_("Transfers and orders at the gate"),
        lead=lead,
        section="held requests",
        tab=tab,
        fault=reading.fault,
        behind=reading.more,
        connected=place_of() is not None,
        untold=GateAct.objects.filter(state="waiting").count(),
        may_send=request.actor.may("send to the gate again"),
    )


@page(
    "transfers/",
    name="held requests",
    act="read held requests",
    template="transfers/queue.html",
    menu=gettext_lazy("Transfers"),
    order=50,
)
def held_requests(request: Asked) -> Content | HttpResponseBase:
    """What the gate holds, and what waits for a client to confirm a warning: oldest first."""
    return _listed(
        request, QUEUE, "waiting", _("What the gate holds, or what waits for the client to confirm a warning; oldest first.")
    )


@page("transfers/all/", name="all requests at the gate", act="read held requests", template="transfers/queue.html")
def all_requests(request: Asked) -> Content | HttpResponseBase:
    """Everything the gate ever held, refused or warned about, with what became of it."""
    lead = _(
        "Everything the gate ever held, refused or warned about, and what became of it. What went through at once is not listed."
    )
    return _listed(request, ALL, "all", lead)


def _found(request: Asked, pk: int) -> HeldRequest:
    row: HeldRequest | None = HeldRequest.objects.filter(pk=pk).first()
    if row is None:
        raise Http404
    request.actor.need("read held requests", row.chapter, row.parties)
    return row


@page("transfers/<int:pk>/", name="request at the gate", act="read held requests", template="transfers/request.html")
def gate_request(request: Asked, pk: int) -> Content:
    """One request: how it stands, why, what the client was told, what people did, and what may be done now."""
    reading = follow()
    row = _found(request, pk)
    decisions, asked, fault = showing.working(row)
    told = [
        {
            "what": str(wording.EVENTS.get(act["kind"], act["kind"])),
            "by": act["party_id"],
            "at": act["occurred_at"],
            "text": act.get("text"),
        }
        for act in row.told
    ]
    waiting = Proposal.objects.filter(state="open", proposal_kind=RELEASE, about_kind=row.kind, about_id=row.request_id).first()
    return {
        "section": "held requests",
        "request_at_gate": {
            "pk": row.pk,
            "kind": row.kind,
            "kind_words": str(row.get_kind_display()),
            "request_id": row.request_id,
            "state": row.state,
            "state_words": str(row.get_state_display()),
            "outcome": row.outcome,
            "chapter": row.chapter,
            "account": row.account_id,
            "asset": row.asset,
            "direction": str(wording.DIRECTIONS.get(row.direction, row.direction)),
            "quantity": row.quantity.normalize(),
            "value_jpy": row.value_jpy,
            "asked_at": row.asked_at,
            "decided_at": row.decided_at,
            "releases_at": row.releases_at,
            "timer": showing.timer(row, request.actor.at),
            "asked": asked,
        },
        "decisions": decisions,
        "client": showing.told_client(row, decisions),
        "questions": showing.questions(row),
        "people": told,
        "acts": showing.acts_about(row.kind, row.request_id),
        "proposal": {"at": address_of(waiting, request.actor), "by": waiting.proposed_by, "on": waiting.proposed_at}
        if waiting
        else None,
        "fault": reading.fault or fault,
        "can": _can(request.actor, row, waiting is not None),
        "cannot": why_not(request.actor) if row.state in WAITING and request.actor.may("approve at the gate", row.chapter) else "",
        "reasons": {
            "release": _choices(wording.RELEASE_REASONS),
            "refuse": _choices(wording.REFUSE_REASONS),
            "cancel": _choices(wording.CANCEL_REASONS),
            "question": _choices(QUESTIONS),
        },
    }


def _choices(pairs: Sequence[tuple[str, str | Promise]]) -> list[dict[str, str]]:
    return [{"value": value, "title": str(title)} for value, title in pairs]


def _can(actor: Actor, row: HeldRequest, proposed: bool) -> dict[str, bool]:
    """What this person may do about it now."""
    waits, keyed = row.state in WAITING, not why_not(actor)
    untold = GateAct.objects.filter(state="waiting", about_kind=row.kind, about_id=row.request_id).exists()
    held = row.state == "held" and not untold
    return {
        "release": held and not proposed and keyed and actor.may("propose a release", row.chapter),
        "approve": held and keyed and actor.may("approve at the gate", row.chapter),
        "refuse": waits and not untold and keyed and actor.may("refuse at the gate", row.chapter),
        "cancel": waits and not untold and keyed and actor.may("cancel at the gate", row.chapter),
        "ask": waits and actor.may("ask a client", row.chapter),
        "again": untold and actor.may("send to the gate again"),
    }


class Decision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A decision about a request: the reason from the fixed set, and words."""

    reason_code: str
    words: str = ""


def _for(
    request: Asked, pk: int, act: str, states: Sequence[str], body: Decision, reasons: Sequence[tuple[str, Any]]
) -> HeldRequest:
    """The request, for an act of this person alone; raises ``Denied`` or ``Unfit``."""
    follow()
    row = _found(request, pk)
    request.actor.need(act, row.chapter, row.parties)
    if body.reason_code not in dict(reasons):
        raise Unfit({"reason_code": _("choose one of the reasons")})
    if row.state not in states:
        raise Unfit(_("It is no longer held: nothing can be told of it."))
    if why := why_not(request.actor):
        raise Unfit(why)
    return row


def _text(reason_code: str, words: str) -> str:
    return f"{reason_code}: {words}" if words.strip() else reason_code


def _told(row: HeldRequest) -> Done:
    """What came of telling the gate: told and how the request stands now, refused by the gate, or still to be told."""
    at = reverse("request at the gate", args=[row.pk])
    follow()
    last = GateAct.objects.filter(about_kind=row.kind, about_id=row.request_id).order_by("-decided_at", "-place").first()
    assert last is not None
    content: Content = {"act": last.key, "state": last.state, "gate": last.said, "answer": last.answer}
    if last.state == "refused":
        raise Unfit(_("The gate refused: %(said)s") % {"said": fault(last.said)})
    if last.state == "waiting":
        return Done(said=_("Decided and kept; the gate did not answer yet and is told again."), at=at, content=content)
    return Done(
        said=_("The gate was told; it now says: %(outcome)s.") % {"outcome": showing.outcome_words(last.answer.get("outcome", ""))},
        at=at,
        content=content,
    )


@action("transfers/<int:pk>/approve/", name="approve request at the gate", act="approve at the gate")
def approve_request(request: Asked, body: Decision, pk: int) -> Done:
    """Tell the gate this person's own approval; it releases nothing by itself."""
    row = _for(request, pk, "approve at the gate", ("held",), body, wording.APPROVE_REASONS)
    if any(act["kind"] == "approved" and act["party_id"] == request.actor.person.party_id for act in row.told):
        raise Unfit(_("You have approved it already: another person goes on."))
    decided(request.actor, (row.kind, row.request_id), "approved", _text(body.reason_code, body.words))
    return _told(row)


@action("transfers/<int:pk>/refuse/", name="refuse request at the gate", act="refuse at the gate")
def refuse_request(request: Asked, body: Decision, pk: int) -> Done:
    """Refuse it for good. One person is enough to stop something; letting it go takes two."""
    row = _for(request, pk, "refuse at the gate", WAITING, body, wording.REFUSE_REASONS)
    decided(request.actor, (row.kind, row.request_id), "refused", _text(body.reason_code, body.words))
    return _told(row)


@action("transfers/<int:pk>/cancel/", name="cancel request at the gate", act="cancel at the gate")
def cancel_request(request: Asked, body: Decision, pk: int) -> Done:
    """Cancel it for the client who withdrew it."""
    row = _for(request, pk, "cancel at the gate", WAITING, body, wording.CANCEL_REASONS)
    decided(request.actor, (row.kind, row.request_id), "cancelled", _text(body.reason_code, body.words))
    return _told(row)


@action("transfers/<int:pk>/release/", name="propose a release", act="propose a release")
def propose_release(request: Asked, body: Decision, pk: int) -> Done:
    """Propose that it goes ahead; a supervisor who is somebody else approves it, then the gate is told."""
    row = _for(request, pk, "propose a release", ("held",), body, wording.RELEASE_REASONS)
    propose(
        request.actor,
        RELEASE,
        (row.kind, row.request_id),
        reason_code=body.reason_code,
        reason=body.words,
        chapter=row.chapter,
        parties=row.parties,
        payload={"decision": row.decision_id, "account": row.account_id, "asset": row.asset, "value_jpy": str(row.value_jpy or "")},
    )
    return Done(said=_("Proposed; another person has to approve it."), at=reverse("request at the gate", args=[row.pk]))


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which question is put to the client."""

    question: str


@action("transfers/<int:pk>/ask/", name="ask the client", act="ask a client")
def ask_client(request: Asked, body: Question, pk: int) -> Done:
    """Note that the client is to be asked, in fixed words; client service puts the question."""
    follow()
    row = _found(request, pk)
    request.actor.need("ask a client", row.chapter, row.parties)
    if body.question not in dict(QUESTIONS):
        raise Unfit({"question": _("choose one of the questions")})
    if row.state not in WAITING:
        raise Unfit(_("It is no longer held: nothing can be told of it."))
    if ClientQuestion.objects.filter(about_kind=row.kind, about_id=row.request_id, question=body.question).exists():
        raise Unfit(_("This was asked already."))
    with acting(request.actor.author, "ask the client"):
        ClientQuestion(
            about_kind=row.kind,
            about_id=row.request_id,
            question=body.question,
            asked_by=request.actor.person.person_id,
            asked_at=request.actor.at,
        ).save()
    return Done(said=_("Noted; client service puts it in the words shown."), at=reverse("request at the gate", args=[row.pk]))


@action("transfers/<int:pk>/again/", name="tell the gate again", act="send to the gate again")
def tell_again(request: Asked, pk: int) -> Done:
    """Tell the gate again what it has not answered, under the same key."""
    row = _found(request, pk)
    request.actor.need("send to the gate again", row.chapter, row.parties)
    if not GateAct.objects.filter(about_kind=row.kind, about_id=row.request_id).exists():
        raise Unfit(_("Nothing was decided here that could be told again."))
    tell_about((row.kind, row.request_id))
    return _told(row)


@action("transfers/again/", name="tell the gate everything", act="send to the gate again")
def tell_everything(request: Asked) -> Done:
    """Tell the gate all that waits."""
    why = tell_all()
    if why:
        raise Unfit(why)
    follow()
    return Done(said=_("The gate has been told everything."), at=reverse("held requests"))


def _release(proposal: Proposal, actor: Actor) -> None:
    """A release was approved: the gate is told the proposer's approval and the approver's release, each by the person's own key."""
    row = HeldRequest.objects.filter(kind=proposal.about_kind, request_id=proposal.about_id).first()
    if row is None or row.state != "held":
        raise Unfit(_("It is no longer held: nothing can be told of it."))
    if why := why_not(actor):
        raise Unfit(why)
    about, reason = (row.kind, row.request_id), _text(proposal.reason_code, proposal.reason)
    proposer = Account.objects.select_related("person").get(username=proposal.proposed_account)
    approved = {act["party_id"] for act in row.told if act["kind"] == "approved"}
    if proposer.person.party_id not in approved:
        decided(actor, about, "approved", reason, proposal=proposal.pk, place=0, of=proposer)
    decided(actor, about, "released", _text(proposal.reason_code, proposal.decided_words), proposal=proposal.pk, place=1)


def _request_at(proposal: Proposal) -> str:
    pk = HeldRequest.objects.filter(kind=proposal.about_kind, request_id=proposal.about_id).values_list("pk", flat=True).first()
    return reverse("held requests") if pk is None else reverse("request at the gate", args=[pk])


takes_two(
    Takes(
        kind=RELEASE,
        title=gettext_lazy("Release a request the gate holds"),
        propose="propose a release",
        approve="approve a release",
        reasons=wording.RELEASE_REASONS,
        effect=_release,
        at=_request_at,
    )
)


# --- rule sets


def _life() -> tuple[list[RuleStep], list[str], str | None]:
    """The steps, oldest first; the sets put in force, the last one being in force; and the one in shadow."""
    steps = list(RuleStep.objects.order_by("number"))
    in_force: list[str] = []
    shadow: str | None = None
    for step in steps:
        if step.step == "activate":
            in_force.append(step.rule_set)
            shadow = None if shadow == step.rule_set else shadow
        elif step.step == "roll_back" and in_force:
            in_force.pop()
        elif step.step in ("shadow", "unshadow"):
            shadow = step.rule_set if step.step == "shadow" else None
    return steps, in_force, shadow


@page(
    "rule-sets/",
    name="rule sets",
    act="read rule sets",
    template="transfers/rule_sets.html",
    menu=gettext_lazy("Rule sets"),
    order=55,
)
def rule_sets(request: Asked) -> Content:
    """The gate's rule sets: what is in force, what runs in shadow and what it would have said, every step with its person."""
    reading = follow()
    steps, in_force, shadow = _life()
    active = in_force[-1] if in_force else None
    contents = {step.rule_set: step for step in steps if step.content is not None}
    committed = {step.rule_set for step in steps if step.step == "commit"}
    open_kinds = set(Proposal.objects.filter(state="open", about_kind=RULE_SET).values_list("proposal_kind", "about_id"))
    keyed = not why_not(request.actor)
    may = request.actor.may("propose a rule set") and keyed
    return {
        "fault": reading.fault,
        "connected": place_of() is not None,
        "sets": [
            {
                "state": "active"
                if name == active
                else "shadow"
                if name == shadow
                else "committed"
                if name in committed
                else "draft",
                "state_words": _set_state(name, active, shadow, committed),
                "differs": _differs(contents.get(active or ""), step),
                "proposed": (ACTIVATE, name) in open_kinds,
                "may_propose": may and name in committed and name != active and (ACTIVATE, name) not in open_kinds,
                **_content(step),
            }
            for name, step in reversed(contents.items())
        ],
        "shadow_counts": [
            {
                "name": contents[each.rule_set].name if each.rule_set in contents else each.rule_set[:12],
                "kind": each.kind,
                "said": each.said,
                "said_words": showing.outcome_words(each.said),
                "would_have": each.would_have,
                "would_have_words": showing.outcome_words(each.would_have),
                "decisions": each.decisions,
                "last": each.last_request,
            }
            for each in ShadowCount.objects.order_by("-decisions")
        ],
        "steps": [
            {
                "at": step.at,
                "step": step.step,
                "step_words": _step_words(step.step),
                "name": step.name,
                "hash": step.rule_set[:12],
                "by": step.by,
                "why": step.why,
            }
            for step in reversed(steps[-200:])
        ],
        "acts": [act for name in contents for act in showing.acts_about(RULE_SET, name)],
        "may_roll_back": may and len(in_force) > 1 and (ROLL_BACK, active) not in open_kinds,
        "active": active,
        "reasons": _choices(wording.RULE_SET_REASONS),
        "cannot": why_not(request.actor) if request.actor.may("propose a rule set") else "",
    }


def _content(step: RuleStep) -> dict[str, Any]:
    """What a rule set says."""
    content: dict[str, Any] = step.content or {}
    shown = {name: content.get(name) for name in ("regime", "rules", "assume", "undetermined", "release_needs")}
    return {"hash": step.rule_set, "name": step.name, **shown}


def _step_words(step: str) -> str:
    return {
        "draft": pgettext("transfers", "drafted"),
        "shadow": _("in shadow"),
        "unshadow": _("out of shadow"),
        "commit": _("committed"),
        "activate": _("put in force"),
        "roll_back": pgettext("transfers", "taken back"),
    }.get(step, step)


def _set_state(name: str, active: str | None, shadow: str | None, committed: set[str]) -> str:
    if name == active:
        return pgettext("transfers", "in force")
    if name == shadow:
        return _("in shadow")
    return _("committed") if name in committed else pgettext("transfers", "drafted")


def _differs(active: RuleStep | None, other: RuleStep) -> list[dict[str, str]]:
    """What another set says otherwise than the one in force."""
    if active is None or active.rule_set == other.rule_set:
        return []
    told, now, then = [], active.content or {}, other.content or {}
    for name in ("regime", "rules", "assume", "undetermined", "release_needs"):
        before, after = now.get(name), then.get(name)
        if before != after:
            told.append({"what": name, "before": _flat(before), "after": _flat(after)})
    folders, others = now.get("folders", {}), then.get("folders", {})
    changed = [rule for rule in sorted(folders.keys() | others.keys()) if folders.get(rule) != others.get(rule)]
    if folders and others:
        told += [{"what": rule, "before": folders.get(rule, "–")[:12], "after": others.get(rule, "–")[:12]} for rule in changed]
    return told


def _flat(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}: {said}" for name, said in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value if value is not None else "–")


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A step proposed for a rule set."""

    rule_set: str
    reason_code: str
    words: str = ""


@action("rule-sets/activate/", name="propose a rule set", act="propose a rule set")
def propose_rule_set(request: Asked, body: Step) -> Done:
    """Propose that a committed rule set is put in force."""
    follow()
    steps, in_force, _shadow = _life()
    if body.rule_set not in {step.rule_set for step in steps if step.step == "commit"}:
        raise Unfit({"rule_set": _("there is no such committed rule set")})
    if in_force and in_force[-1] == body.rule_set:
        raise Unfit(_("It is in force already."))
    return _proposed_step(request, ACTIVATE, body, in_force[-1] if in_force else "")


@action("rule-sets/roll-back/", name="propose to roll back", act="propose a rule set")
def propose_roll_back(request: Asked, body: Step) -> Done:
    """Propose to go back to the rule set before."""
    follow()
    _steps, in_force, _shadow = _life()
    if len(in_force) < 2 or in_force[-1] != body.rule_set:
        raise Unfit(_("There is no earlier rule set to go back to, or another one is in force by now."))
    return _proposed_step(request, ROLL_BACK, body, in_force[-1])


def _proposed_step(request: Asked, kind: str, body: Step, expects: str) -> Done:
    name = RuleStep.objects.filter(rule_set=body.rule_set, content__isnull=False).values_list("name", flat=True).first()
    propose(
        request.actor,
        kind,
        (RULE_SET, body.rule_set),
        reason_code=body.reason_code,
        reason=body.words,
        payload={"name": name, "in_force": expects},
    )
    return Done(said=_("Proposed; another person has to approve it."), at=reverse("rule sets"))


def _step_taken(event: str) -> Any:
    def effect(proposal: Proposal, actor: Actor) -> None:
        """The approver tells the gate, which refuses whoever drafted or committed the set."""
        if why := why_not(actor):
            raise Unfit(why)
        text = _text(proposal.reason_code, proposal.reason)
        decided(actor, (RULE_SET, proposal.about_id), event, text, proposal=proposal.pk, expects=proposal.payload["in_force"])

    return effect


for _kind, _title, _event in (
    (ACTIVATE, gettext_lazy("Put a rule set in force"), "activate"),
    (ROLL_BACK, gettext_lazy("Go back to the rule set before"), "roll_back"),
):
    takes_two(
        Takes(
            kind=_kind,
            title=_title,
            propose="propose a rule set",
            approve="approve a rule set",
            reasons=wording.RULE_SET_REASONS,
            effect=_step_taken(_event),
            at=lambda _proposal: reverse("rule sets"),
        )
    )


# --- on other pages

DAY: Final = timedelta(hours=24)
_COLORS: Final = {"allow": "--good", "warn": "--medium", "hold": "--high", "refuse": "--critical"}


def _traffic(request: Asked, _object_id: str) -> Content | None:
    """Decisions of the gate in the 24 hours before its last one, in steps of ten minutes."""
    if place_of() is None:
        return None
    reading = follow()
    last = Traffic.objects.order_by("-began_at").values_list("began_at", flat=True).first()
    if last is None:
        return {"fault": reading.fault, "totals": [], "chart": None, "rows": [], "until": None}
    counts: dict[Any, dict[str, int]] = {}
    for row in Traffic.objects.filter(began_at__gt=last - DAY).order_by("began_at"):
        at = counts.setdefault(row.began_at, dict.fromkeys(_COLORS, 0))
        at[row.outcome] += row.decisions
    times = [last - DAY + timedelta(minutes=10 * step) for step in range(1, 145)]
    outcomes = dict(OUTCOMES)
    chart = {
        "time": _("Time"),
        "unit": "",
        "times": [int(at.timestamp()) for at in times],
        "series": [
            {
                "label": str(outcomes[name]),
                "color": color,
                "steps": True,
                "values": [counts.get(at, {}).get(name, 0) for at in times],
            }
            for name, color in _COLORS.items()
        ],
    }
    rows = [{"at": at, **told} for at, told in sorted(counts.items(), reverse=True)]
    totals = [
        {"outcome": name, "words": str(outcomes[name]), "count": sum(told[name] for told in counts.values())} for name in _COLORS
    ]
    return {"fault": reading.fault, "totals": totals, "chart": chart, "rows": rows, "until": last}


def _held_now(request: Asked, _object_id: str) -> Content | None:
    if place_of() is None:
        return None
    follow()
    rows = showing.seen_by(request).filter(state__in=WAITING)
    held = rows.filter(state="held")
    over = held.filter(releases_at__lte=request.actor.at).count()
    return {
        "held": held.count(),
        "warned": rows.filter(state="warned").count(),
        "over": over,
        "by_person": held.filter(releases_at__isnull=True).count(),
        "untold": GateAct.objects.filter(state="waiting").count(),
    }


def _of_case(request: Asked, case_id: str) -> Content | None:
    """Requests of the accounts of a case's parties; the case page below does not know of this part."""
    from sekisho.console.cases.models import Case

    parties = Case.objects.filter(pk=case_id).values_list("parties", flat=True).first() or []
    accounts = AccountOf.objects.filter(party_id__in=parties).values_list("account_id", flat=True)
    rows = [
        _show(row, request) for row in showing.seen_by(request).filter(account_id__in=list(accounts)).order_by("-asked_at")[:20]
    ]
    return {"rows": rows} if rows else None


panel(
    Panel(
        on=("overview",),
        name="held",
        title=gettext_lazy("Held at the gate"),
        template="transfers/held_panel.html",
        act="read held requests",
        content=_held_now,
        order=40,
    )
)
panel(
    Panel(
        on=("overview",),
        name="traffic",
        title=gettext_lazy("Traffic of the gate"),
        template="transfers/traffic_panel.html",
        act="read held requests",
        content=_traffic,
        order=70,
    )
)
panel(
    Panel(
        on=("case",),
        name="requests",
        title=gettext_lazy("Transfers and orders at the gate"),
        template="transfers/case_panel.html",
        act="read held requests",
        content=_of_case,
        order=60,
    )
)
