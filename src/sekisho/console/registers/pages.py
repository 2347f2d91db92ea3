"""Pages of inside information: facts and who knows them, the restricted list, clearances and staff trades, the firm's values."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from sekisho.console.approvals.models import Proposal
from sekisho.console.desk.listing import Column, Filter, Listing
from sekisho.console.desk.pages import Asked, Content, Done, Unfit, action, page
from sekisho.console.desk.panels import Panel, panel
from sekisho.console.desk.reminders import Reminder, reminder
from sekisho.console.journal.naming import VALUES_SAID
from sekisho.console.people.naming import named
from sekisho.console.registers import (
    clearing,
    facts,
    register_pages,  # noqa: F401 - its pages are declared as it is read
    restricted,
    trades,
    values,
)
from sekisho.console.registers.facts import CHAPTER
from sekisho.console.registers.law import insider_law, insider_rule, law_at
from sekisho.console.registers.models import (
    CAPACITIES,
    CATEGORIES,
    CHANNELS,
    CLEARANCE_STATES,
    DIRECTIONS,
    SCOPES,
    SIDES,
    VALUES,
    VERDICTS,
    Clearance,
    FactKnowledge,
    FirmValue,
    MaterialFact,
    Restriction,
    StaffTrade,
    Watched,
)

FACT_STATES = [
    ("open", gettext_lazy("open: it binds")),
    ("published", gettext_lazy("published")),
    ("lapsed", gettext_lazy("came to nothing")),
]
CLEARANCE_WORDS = dict(CLEARANCE_STATES) | {
    "expired": gettext_lazy("ran out"),
    "suspended": gettext_lazy("suspended: the asset is restricted now"),
}
CHIPS = {
    "open": "open", "published": "done", "lapsed": "closed", "asked": "open", "cleared": "done", "refused": "refuse",
    "withdrawn": "closed", "expired": "closed", "suspended": "hold", "none": "refuse", "late": "hold", "beyond": "hold",
    "restricted": "refuse",
}  # fmt: skip


def chip(words: Any, state: str) -> dict[str, str]:
    """A state with its words and how it is coloured."""
    return {"state": state, "words": str(dict(words).get(state, state)), "chip": CHIPS.get(state, "")}


def open_proposals(kind: str, about_kind: str, about_id: str) -> list[dict[str, Any]]:
    """What waits for a second person about something."""
    rows = Proposal.objects.filter(state="open", proposal_kind=kind, about_kind=about_kind, about_id=about_id)
    return [{"at": reverse("proposal", args=[row.pk]), "by": row.proposed_by, "on": row.proposed_at} for row in rows]


# Facts


def _facts(request: Asked) -> QuerySet[Any]:
    return facts.visible(request.actor)


def _fact_row(fact: MaterialFact, request: Asked) -> dict[str, Any]:
    return {
        "fact": fact.pk,
        "at": reverse("fact", args=[fact.pk]),
        "asset": fact.asset,
        "category": fact.get_category_display(),
        "state": chip(FACT_STATES, fact.state(request.actor.at))["words"],
        "arose_at": fact.arose_at,
        "insiders": FactKnowledge.standing().filter(fact=fact).count(),
        "free_at": fact.free_at,
    }


def _in_state(rows: QuerySet[Any], value: str, request: Asked) -> QuerySet[Any]:
    at = request.actor.at
    lapsed, free = rows.filter(lapsed_at__lte=at), rows.filter(free_at__lte=at, lapsed_at=None)
    if value == "open":
        return rows.exclude(pk__in=lapsed.values("pk")).exclude(pk__in=free.values("pk"))
    return lapsed if value == "lapsed" else free


FACTS = Listing(
    name="facts",
    columns=(
        Column(key="fact", title=gettext_lazy("Fact"), kind="code", sort="fact_id", at="at"),
        Column(key="asset", title=gettext_lazy("Asset"), kind="code", sort="asset"),
        Column(key="category", title=gettext_lazy("Kind"), sort="category"),
        Column(key="state", title=gettext_lazy("State"), kind="chip"),
        Column(key="arose_at", title=gettext_lazy("Arose"), kind="time", sort="arose_at"),
        Column(key="insiders", title=gettext_lazy("On the list"), kind="number"),
        Column(key="free_at", title=gettext_lazy("Free from"), kind="time", sort="free_at"),
    ),
    rows=_facts,
    show=_fact_row,
    sort=("-arose_at", "pk"),
    filters=(
        Filter(name="state", title=gettext_lazy("State"), keeps=_in_state, values=FACT_STATES),
        Filter(name="category", title=gettext_lazy("Kind"), keeps="category", values=CATEGORIES),
        Filter(name="asset", title=gettext_lazy("Asset"), keeps="asset__iexact", kind="text"),
    ),
    searches=("fact_id__icontains", "asset__icontains"),
)


@page(
    "information/",
    name="facts",
    act="see facts one knows",
    template="registers/facts.html",
    menu=gettext_lazy("Inside information"),
    order=60,
)
def facts_page(request: Asked) -> Content | HttpResponseBase:
    """The facts this person may see, and his reminders."""
    law = law_at(request.actor.at)
    return FACTS.content(
        request,
        heading=_("Inside information"),
        all_of_them=facts.sees_all(request.actor),
        may_keep=request.actor.may("keep facts", CHAPTER),
        reminders=_reminders(request),
        categories=CATEGORIES,
        directions=DIRECTIONS,
        law={
            "regime": law.regime,
            "counts": [str(dict(CHANNELS)[name]) for name in sorted(law.channels)],
            "wait": law.waiting_hours,
        },
    )


def _reminders(request: Asked) -> list[dict[str, Any]]:
    rows = facts.unseen(request.actor)
    return [
        {"fact": row.fact_id, "asset": row.fact.asset, "reminded_at": row.at, "at": reverse("fact", args=[row.fact_id])}
        for row in rows
    ]


@page("information/facts/<str:fact_id>/", name="fact", act="see facts one knows", template="registers/fact.html")
def fact_page(request: Asked, fact_id: str) -> Content:
    """One fact: what it is, who knows it since when and how, where it was published, who was reminded."""
    actor = request.actor
    fact = facts.seen(actor, fact_id)
    room, law = facts.sees_all(actor), law_at(actor.at)
    mine = {} if room else {"party_id": actor.person.party_id}
    return {
        "section": "facts",
        "fact": fact,
        "category": fact.get_category_display(),
        "direction": fact.get_direction_display(),
        "state": chip(FACT_STATES, fact.state(actor.at)),
        "rule": {"path": insider_rule().path, "title": insider_rule().title._asdict()},
        "law": {"regime": law.regime, "wait": law.waiting_hours},
        "room": room,
        "may_keep": room and actor.may("keep facts", CHAPTER),
        "is_open": fact.is_open(actor.at),
        "knowledge": [_knowledge(row) for row in _in_order(fact, "knowledge", mine)],
        "publications": [_publication(row) for row in _in_order(fact, "publications", {})],
        "reminders": list(fact.reminders.filter(**mine).order_by("at", "pk")),
        "mine_unseen": facts.unseen(actor).filter(fact=fact).count(),
        "proposals": [
            *open_proposals("publish fact", "fact", fact.pk),
            *open_proposals("let fact lapse", "fact", fact.pk),
        ] if room else [],
        "capacities": CAPACITIES,
        "channels": [(value, f"{title} – {_('counts')}" if value in law.channels else title) for value, title in CHANNELS],
        "lapsing": facts.LAPSED,
        "sides": SIDES,
    }  # fmt: skip


def _in_order(fact: MaterialFact, rows: str, keeps: dict[str, str]) -> QuerySet[Any]:
    found: QuerySet[Any] = getattr(fact, rows).filter(**keeps).order_by("recorded_at", "pk")
    return found


def _knowledge(row: FactKnowledge) -> dict[str, Any]:
    return {
        "key": row.pk,
        "party": row.party_id,
        "learned_at": row.learned_at,
        "capacity": row.get_capacity_display(),
        "source": row.learned_from_party_id,
        "how": row.how,
        "recorded_at": row.recorded_at,
        "recorded_by": row.recorded_by,
        "corrects": row.corrects_id,
        "void": row.void,
        "why": row.why,
        "stands": not row.void and not hasattr(row, "corrected_by"),
    }


def _publication(row: Any) -> dict[str, Any]:
    free = law_at(row.published_at).free_at(row.channel, row.published_at)
    return {
        "channel": row.get_channel_display(),
        "published_at": row.published_at,
        "address": row.address,
        "counts": free is not None,
        "free_at": free,
        "recorded_by": row.recorded_by,
        "recorded_at": row.recorded_at,
    }


@action("information/record/", name="record fact", act="keep facts")
def record_fact(request: Asked, body: facts.NewFact) -> Done:
    """Take a fact into the register."""
    fact = facts.record(request.actor, body)
    return Done(
        said=_("Recorded; the asset is restricted from now on."), at=reverse("fact", args=[fact.pk]), content={"fact": fact.pk}
    )


@action("information/facts/<str:fact_id>/insiders/", name="add insider", act="keep facts")
def add_insider(request: Asked, body: facts.NewInsider, fact_id: str) -> Done:
    """Put somebody on the list, or correct a row of it."""
    fact = facts.kept(request.actor, fact_id)
    row = facts.add_insider(request.actor, fact, body)
    said = _("The row is corrected by another.") if row.corrects_id else _("On the list, and reminded.")
    return Done(said=said, at=reverse("fact", args=[fact_id]), content={"row": row.pk})


class Reminding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom to remind (nobody named: all on the list), and how."""

    parties: list[str] = []
    how: str = ""


@action("information/facts/<str:fact_id>/remind/", name="remind insiders", act="keep facts")
def remind(request: Asked, body: Reminding, fact_id: str) -> Done:
    """Remind insiders, and keep that it was done."""
    count = facts.remind(request.actor, facts.kept(request.actor, fact_id), body.parties, body.how)
    said = ngettext("%(n)s person reminded.", "%(n)s persons reminded.", count) % {"n": count}
    return Done(said=said, at=reverse("fact", args=[fact_id]))


@action("information/facts/<str:fact_id>/acknowledge/", name="acknowledge reminder", act="see facts one knows")
def acknowledge(request: Asked, fact_id: str) -> Done:
    """Say that one read one's reminders of a fact."""
    facts.acknowledge(request.actor, facts.seen(request.actor, fact_id))
    return Done(said=_("Noted that you read it."), at=reverse("fact", args=[fact_id]))


@action("information/facts/<str:fact_id>/publish/", name="publish fact", act="keep facts")
def publish(request: Asked, body: facts.NewPublication, fact_id: str) -> Done:
    """Record a publication; one that counts waits for a second person."""
    done = facts.publish(request.actor, facts.kept(request.actor, fact_id), body)
    counts = isinstance(done, Proposal)
    said = (
        _("This place counts as publication: a second person has to confirm it before the asset is free.")
        if counts
        else _("Noted. It does not count as publication under the law: the fact still binds.")
    )
    content = {"proposal": done.pk, "counts": True} if counts else {"publication": done.pk, "counts": False}
    return Done(said=said, at=reverse("fact", args=[fact_id]), content=content)


class Lapsing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a fact came to nothing."""

    reason_code: str
    reason: str = ""


@action("information/facts/<str:fact_id>/lapse/", name="let fact lapse", act="keep facts")
def lapse(request: Asked, body: Lapsing, fact_id: str) -> Done:
    """Propose that a fact came to nothing."""
    proposal = facts.let_lapse(request.actor, facts.kept(request.actor, fact_id), body.reason_code, body.reason)
    return Done(said=_("Proposed; a second person decides."), at=reverse("fact", args=[fact_id]), content={"proposal": proposal.pk})


# The restricted list


@page(
    "restricted/",
    name="restricted list",
    act="read the restricted list",
    template="registers/restricted.html",
    menu=gettext_lazy("Restricted list"),
    order=61,
)
def restricted_page(request: Asked) -> Content:
    """What nobody of the house or staff may trade now; the grounds are for the control room."""
    actor, at = request.actor, request.actor.at
    room = facts.sees_all(actor)
    grounds = restricted.restricted(at)
    words = dict(SCOPES)
    return {
        "heading": _("Restricted list"),
        "room": room,
        "may_keep": room and actor.may("keep facts", CHAPTER),
        "may_watch": room and actor.may("keep the watch list", CHAPTER),
        "assets": [{"asset": asset, "scope": str(words[scope])} for asset, scope in restricted.scopes(grounds).items()],
        "grounds": [_ground(ground, words) for ground in grounds] if room else [],
        "ended": [_ended(row, words) for row in Restriction.objects.filter(until__lte=at).order_by("-until")[:20]] if room else [],
        "watched": list(Watched.objects.filter(until=None).order_by("asset", "pk")) if room else [],
        "proposals": [
            {"at": reverse("proposal", args=[row.pk]), "by": row.proposed_by, "on": row.proposed_at, "asset": row.about_id}
            for row in Proposal.objects.filter(state="open", proposal_kind__in=["restrict asset", "lift restriction"])
        ] if room else [],
        "scopes": SCOPES,
        "restricting": restricted.RESTRICTING,
        "lifting": restricted.LIFTING,
    }  # fmt: skip


def _ground(ground: restricted.Ground, words: dict[str, Any]) -> dict[str, Any]:
    return {
        "asset": ground.asset,
        "scope": str(words[ground.scope]),
        "since": ground.since,
        "fact": ground.fact.pk if ground.fact else None,
        "at": reverse("fact", args=[ground.fact.pk]) if ground.fact else None,
        "decision": ground.decision.pk if ground.decision else None,
        "why": ground.decision.why if ground.decision else None,
    }


def _ended(row: Restriction, words: dict[str, Any]) -> dict[str, Any]:
    return {"asset": row.asset, "scope": str(words[row.scope]), "since": row.since, "until": row.until, "why": row.why}


class Restricting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which asset is restricted for whom, and why."""

    asset: str
    scope: str
    reason_code: str
    why: str = ""


@action("restricted/propose/", name="restrict asset", act="keep facts")
def restrict(request: Asked, body: Restricting) -> Done:
    """Propose a restriction."""
    proposal = restricted.propose_restriction(request.actor, body.asset, body.scope, body.reason_code, body.why)
    return Done(said=_("Proposed; a second person decides."), at=reverse("restricted list"), content={"proposal": proposal.pk})


@action("restricted/<int:pk>/lift/", name="lift restriction", act="keep facts")
def lift(request: Asked, body: Lapsing, pk: int) -> Done:
    """Propose the end of a restriction."""
    proposal = restricted.propose_lifting(request.actor, pk, body.reason_code, body.reason)
    return Done(said=_("Proposed; a second person decides."), at=reverse("restricted list"), content={"proposal": proposal.pk})


class Watching(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which asset is watched, and why."""

    asset: str
    why: str = ""


@action("restricted/watch/", name="watch asset", act="keep the watch list")
def watch(request: Asked, body: Watching) -> Done:
    """Put an asset on the watch list."""
    row = restricted.watch(request.actor, body.asset, body.why)
    return Done(said=_("On the watch list."), at=reverse("restricted list"), content={"watched": row.pk})


@action("restricted/watch/<int:pk>/end/", name="unwatch asset", act="keep the watch list")
def unwatch(request: Asked, pk: int) -> Done:
    """Take an asset off the watch list."""
    restricted.unwatch(request.actor, pk)
    return Done(said=_("No longer watched."), at=reverse("restricted list"))


# Clearances


def _clearance_row(row: Clearance, request: Asked) -> dict[str, Any]:
    return {
        "what": f"{row.get_side_display()} {row.quantity.normalize():f} {row.asset}",
        "at": reverse("clearance", args=[row.pk]),
        "who": row.person_id,
        "who_words": named(request, row.person_id),
        "account": row.account_id,
        "asked_at": row.asked_at,
        "answer": _answer(row),
        "state": str(CLEARANCE_WORDS[clearing.state_of(row, request.actor.at)]),
        "expires_at": row.expires_at,
    }


def _answer(row: Clearance) -> str:
    return _("clear") if row.answer == "clear" else _("forbidden")


VALUES_SAID["clearance", "answer"] = lambda answer: _("clear") if answer == "clear" else _("forbidden")
CLEARANCES = Listing(
    name="clearances",
    columns=(
        Column(key="what", title=gettext_lazy("Trade"), at="at"),
        Column(key="who", title=gettext_lazy("Who asks"), kind="code", sort="person_id"),
        Column(key="account", title=gettext_lazy("Trading account"), kind="code"),
        Column(key="asked_at", title=gettext_lazy("Asked"), kind="time", sort="asked_at"),
        Column(key="answer", title=gettext_lazy("The rules say")),
        Column(key="state", title=gettext_lazy("State"), kind="chip", sort="state"),
        Column(key="expires_at", title=gettext_lazy("Runs out"), kind="time", sort="expires_at"),
    ),
    rows=lambda request: clearing.visible(request.actor),
    show=_clearance_row,
    sort=("-asked_at", "-pk"),
    filters=(
        Filter(name="state", title=gettext_lazy("State"), keeps="state", values=CLEARANCE_STATES),
        Filter(name="asset", title=gettext_lazy("Asset"), keeps="asset__iexact", kind="text"),
    ),
    searches=("asset__icontains", "person_id__icontains", "account_id__icontains"),
)


@page(
    "clearances/",
    name="clearances",
    act="ask for clearance",
    template="registers/clearances.html",
    menu=gettext_lazy("Staff trades"),
    order=62,
)
def clearances(request: Asked) -> Content | HttpResponseBase:
    """One's own questions for clearance, and in the control room everybody's."""
    day = timezone.localdate(request.actor.at)
    return CLEARANCES.content(
        request,
        heading=_("Clearance of staff trades"),
        sides=SIDES,
        party=request.actor.person.party_id,
        hours=FirmValue.on("clearance_hours", day),
        cooling=FirmValue.on("cooling_hours", day),
        holding=FirmValue.on("holding_days", day),
        may_see_trades=request.actor.may("read staff trades"),
        may_set=request.actor.may("set the firm's values"),
    )


@page("clearances/<int:pk>/", name="clearance", act="ask for clearance", template="registers/clearance.html")
def clearance(request: Asked, pk: int) -> Content:
    """One question for clearance, what each rule said, and what was decided."""
    actor = request.actor
    row: Clearance | None = clearing.visible(actor).filter(pk=pk).first()
    if row is None:
        raise Http404
    own = row.person_id == actor.person.person_id
    return {
        "section": "clearances",
        "clearance": {name: getattr(row, name) for name in _TOLD},
        "quantity": f"{row.quantity.normalize():f}",
        "side": row.get_side_display(),
        "state": chip(CLEARANCE_WORDS, clearing.state_of(row, actor.at)),
        "answer": _answer(row),
        "grounds": [{**each, "words": _rule_words(each["rule"])} for each in clearing.shown_grounds(row, actor)],
        "is_mine": own,
        "may_decide": row.state == "asked"
        and not own
        and actor.may("decide clearances", CHAPTER)
        and row.party_id not in actor.parties,
        "trades": [_trade_row(each, request) for each in row.trades.order_by("at", "pk")],
    }


_TOLD = (
    "pk", "person_id", "account_id", "asset", "words", "asked_at", "answer", "state", "decided_by", "decided_at", "decided_words",
    "expires_at",
)  # fmt: skip
"""What of a clearance everybody may read who may read it at all; grounds are told one by one (``shown_grounds``)."""


def _rule_words(rule: str) -> str:
    words = {
        "restricted list": _("restricted list"),
        "knowledge of a fact": _("knowledge of an open fact"),
        "somebody tied knows": _("somebody of one interest knows an open fact"),
        "cooling": _("time to wait after publication (the firm's own)"),
        "cooling: no value set by the firm": _("time to wait after publication: the firm has set none"),
        "holding": _("time to hold before trading the other way (the firm's own)"),
        "holding: no value set by the firm": _("time to hold: the firm has set none"),
    }
    return words.get(rule, rule)


@action("clearances/ask/", name="ask for clearance", act="ask for clearance")
def ask(request: Asked, body: clearing.Wish) -> Done:
    """Ask to make a trade."""
    row = clearing.ask(request.actor, body)
    said = (
        _("Asked. The rules see nothing against it; another person decides.")
        if row.answer == "clear"
        else _("Asked. The rules forbid it; another person has to look at it.")
    )
    return Done(said=said, at=reverse("clearance", args=[row.pk]), content={"clearance": row.pk, "answer": row.answer})


class Deciding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is decided, in words."""

    words: str = ""


@action("clearances/<int:pk>/clear/", name="clear staff trade", act="decide clearances")
def clear(request: Asked, body: Deciding, pk: int) -> Done:
    """Clear a trade of somebody else."""
    row = clearing.decide(request.actor, pk, True, body.words)
    return Done(said=_("Cleared."), at=reverse("clearance", args=[pk]), content={"expires_at": row.expires_at})


@action("clearances/<int:pk>/refuse/", name="refuse staff trade", act="decide clearances")
def refuse(request: Asked, body: Deciding, pk: int) -> Done:
    """Refuse a trade of somebody else."""
    clearing.decide(request.actor, pk, False, body.words)
    return Done(said=_("Refused."), at=reverse("clearance", args=[pk]))


@action("clearances/<int:pk>/withdraw/", name="withdraw clearance", act="ask for clearance")
def take_back(request: Asked, pk: int) -> Done:
    """Take one's own question back."""
    clearing.withdraw(request.actor, pk)
    return Done(said=_("Taken back."), at=reverse("clearances"))


# Staff trades


def _trade_row(row: StaffTrade, request: Asked) -> dict[str, Any]:
    return {
        "trade": row.trade_id,
        "party": row.party_id,
        "account": row.account_id,
        "what": f"{row.get_side_display()} {row.quantity.normalize():f} {row.asset}",
        "traded_at": row.at,
        "verdict": row.get_verdict_display(),
        "clearance": str(row.clearance_id or ""),
        "at": reverse("clearance", args=[row.clearance_id]) if row.clearance_id else None,
    }


TRADES = Listing(
    name="staff-trades",
    columns=(
        Column(key="trade", title=gettext_lazy("Trade"), kind="code", sort="trade_id"),
        Column(key="traded_at", title=gettext_lazy("Traded"), kind="time", sort="at"),
        Column(key="party", title=gettext_lazy("Party"), kind="code", sort="party_id"),
        Column(key="account", title=gettext_lazy("Trading account"), kind="code", sort="account_id"),
        Column(key="what", title=gettext_lazy("What")),
        Column(key="verdict", title=gettext_lazy("Verdict"), kind="chip", sort="verdict"),
        Column(key="clearance", title=gettext_lazy("Clearance"), kind="code", at="at"),
    ),
    rows=lambda request: StaffTrade.objects.exclude(party_id__in=request.actor.parties),
    show=_trade_row,
    sort=("-at", "pk"),
    filters=(
        Filter(name="verdict", title=gettext_lazy("Verdict"), keeps="verdict", values=VERDICTS),
        Filter(name="asset", title=gettext_lazy("Asset"), keeps="asset__iexact", kind="text"),
    ),
    searches=("trade_id__icontains", "account_id__icontains", "party_id__icontains"),
)


@page("clearances/trades/", name="staff trades", act="read staff trades", template="registers/trades.html")
def staff_trades(request: Asked) -> Content | HttpResponseBase:
    """Trades on staff accounts in the books, and how each stands to what was cleared."""
    request.actor.need("read staff trades", CHAPTER)
    rows, folder = StaffTrade.objects.exclude(party_id__in=request.actor.parties), books()
    counts = [{**chip(VERDICTS, verdict), "count": rows.filter(verdict=verdict).count()} for verdict, _title in VERDICTS]
    return TRADES.content(
        request,
        section="clearances",
        heading=_("Staff trades and clearances"),
        counts=counts,
        books=folder.name if folder else None,
        may_compare=request.actor.may("compare staff trades", CHAPTER),
    )


def books() -> Path | None:
    """The folder of books the console was told of."""
    given: Path | None = settings.CHOSEN.books
    return None if given is None else Path(settings.FOLDER) / given


@action("clearances/trades/compare/", name="compare staff trades", act="compare staff trades")
def compare(request: Asked) -> Done:
    """Read the staff trades of the books and hold them against the clearances."""
    request.actor.need("compare staff trades", CHAPTER)
    folder = books()
    if folder is None:
        raise Unfit(_("The console was not told where the books are (setting: books)."))
    counts = trades.compare(request.actor.author, folder, request.actor.at)
    new = sum(counts.values())
    without = new - counts.get("cleared", 0)
    said = _("%(new)s new staff trades, %(without)s of them not within a clearance.") % {"new": new, "without": without}
    return Done(said=said, at=reverse("staff trades"), content={"new": counts})


# The firm's own values


@page("clearances/values/", name="firm's values", act="read the restricted list", template="registers/values.html")
def firm_values(request: Asked) -> Content:
    """The values the firm set for itself, each with the day from which it holds."""
    day = timezone.localdate(request.actor.at)
    law = insider_law(day)
    return {
        "section": "clearances",
        "heading": _("The firm's own values"),
        "now": [{"name": name, "title": str(title), "value": FirmValue.on(name, day)} for name, title in VALUES],
        "rows": [
            {"title": row.get_name_display(), "value": row.value, "since": row.since, "source": row.source}
            for row in FirmValue.objects.order_by("name", "-since")
        ],
        "names": VALUES,
        "may_set": request.actor.may("set the firm's values"),
        "law": {"regime": law.regime, "wait": law.waiting_hours, "rule": insider_rule().path},
    }


class Setting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A value of the firm from a day on."""

    name: str
    value: Decimal
    since: date
    source: str = ""


@action("clearances/values/set/", name="set firm's value", act="set the firm's values")
def set_value(request: Asked, body: Setting) -> Done:
    """Propose a value."""
    proposal = values.propose_value(request.actor, body.name, body.value, body.since, body.source)
    return Done(said=_("Proposed; a second person decides."), at=reverse("firm's values"), content={"proposal": proposal.pk})


# What this part shows on the first page


def _today(request: Asked, _object_id: str) -> Content | None:
    actor = request.actor
    waiting = clearing.visible(actor).filter(state="asked").exclude(person_id=actor.person.person_id)
    decides = actor.may("decide clearances", CHAPTER)
    return {
        "reminders": _reminders(request),
        "restricted": len(restricted.scopes(restricted.restricted(actor.at))),
        "waiting": waiting.count() if decides else None,
        "uncleared": StaffTrade.objects.exclude(verdict="cleared").count() if actor.may("read staff trades", CHAPTER) else None,
    }


panel(
    Panel(
        on=("overview",),
        name="information",
        title=gettext_lazy("Information and staff trades"),
        template="registers/overview_panel.html",
        act="ask for clearance",
        content=_today,
        order=60,
    )
)
reminder(
    Reminder(
        name="information",
        title=gettext_lazy("Reminders that you know inside information"),
        act="ask for clearance",
        count=lambda request: facts.unseen(request.actor).count(),
        at=lambda _request: reverse("facts"),
        order=50,
    )
)
