"""The calendar of what is due: a list, a month, a file for calendar programmes, and each obligation with how it is met."""

from __future__ import annotations

from calendar import Calendar as Weeks
from datetime import date, timedelta
from typing import Any

import msgspec
from django.db.models import F, Q, QuerySet
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _

from sekisho.console.deadlines import (
    hearing,  # noqa: F401 - hears of changes
    ics,
    meeting,
)
from sekisho.console.deadlines.fact_words import facts_said
from sekisho.console.deadlines.looking import look, quoted
from sekisho.console.deadlines.models import Look, Obligation
from sekisho.console.desk.listing import Column, Filter, Listing
from sekisho.console.desk.pages import Asked, Content, Done, action, page
from sekisho.console.desk.panels import Panel, panel
from sekisho.console.desk.reminders import Reminder, reminder
from sekisho.console.desk.ticks import on_tick
from sekisho.console.filings.seen import seen_by as filings_seen_by
from sekisho.console.people.chapters import chapter_title
from sekisho.console.people.naming import names_of
from sekisho.rulebook import load_rulebook
from sekisho.typologies.business_days import BusinessDays

NEXT_SHOWN = 8
ON_A_DAY = 4
STANDINGS = [
    ("late", gettext_lazy("late")),
    ("open", pgettext_lazy("deadlines", "open")),
    ("met", gettext_lazy("met")),
    ("met late", gettext_lazy("met late")),
    ("void", gettext_lazy("no longer owed")),
]


def seen_by(request: Asked) -> QuerySet[Any]:
    """The obligations somebody sees: of his chapters, not about himself, and confidential ones only if he may."""
    actor, rows = request.actor, Obligation.objects.all()
    chapters = actor.chapters("read deadlines")
    if chapters is not None:
        rows = rows.filter(chapter__in=chapters)
    secret = actor.chapters("read STR")
    if secret is not None:
        rows = rows.exclude(Q(secret=True) & ~Q(chapter__in=secret))
    if actor.parties:
        with_parties = rows.exclude(parties=[]).values_list("pk", "parties")
        rows = rows.exclude(pk__in=[pk for pk, parties in with_parties if not actor.parties.isdisjoint(parties)])
    return rows


def _today(request: Asked) -> date:
    return timezone.localdate(request.actor.at)


def _title(row: Obligation) -> str:
    return str(row.title_ja if get_language() == "ja" else row.title_en)


def _shift(row: Obligation) -> dict[str, Any]:
    """The day by the law, and where it is no business day the business days before and after it.

    The texts read do not say whether a term that ends on a holiday moves: the day before is safe, late counts from the law's day.
    """
    days = BusinessDays()
    if days.is_open(row.due_on):
        return {"is_open": True, "holiday": None, "before": row.due_on, "after": row.due_on}
    before = row.due_on
    while not days.is_open(before):
        before -= timedelta(days=1)
    return {
        "is_open": False,
        "holiday": days.holiday(row.due_on, get_language() or "en"),
        "before": before,
        "after": days.on_or_after(row.due_on),
    }


def _about(row: Obligation) -> str | None:
    """What tells it apart from others of its kind: an item, an event, an asset."""
    return (
        ", ".join(str(row.facts[name]) for name in ("item", "event", "subject", "asset", "account", "loan") if row.facts.get(name))
        or None
    )


def _show(row: Obligation, request: Asked) -> dict[str, Any]:
    standing, shift = row.standing(_today(request)), _shift(row)
    return {
        "what": _title(row),
        "about": _about(row),
        "chapter": row.chapter,
        "arose": row.arose_on,
        "due": row.due_on,
        "left": row.due_on if row.state == "open" else None,
        "safe": None if shift["is_open"] else shift["before"],
        "state": standing,
        "state_words": str(dict(STANDINGS)[standing]),
        "met": row.met_on,
        "provision": row.provision,
        "at": reverse("deadline", args=[row.pk]),
        "class": "late" if standing == "late" else "",
    }


def _of_standing(rows: QuerySet[Any], value: str, request: Asked) -> QuerySet[Any]:
    today = _today(request)
    kept = {
        "late": Q(state="open", due_on__lt=today),
        "open": Q(state="open", due_on__gte=today),
        "met": Q(state="met", met_on__lte=F("due_on")),
        "met late": Q(state="met", met_on__gt=F("due_on")),
        "void": Q(state="void"),
    }
    return rows.filter(kept.get(value, Q()))


def _chapters(request: Asked) -> list[tuple[str, str]]:
    return [
        (chapter, chapter_title(chapter))
        for chapter in seen_by(request).order_by("chapter").values_list("chapter", flat=True).distinct()
    ]


DEADLINES = Listing(
    name="deadlines",
    columns=(
        Column(key="what", title=gettext_lazy("What"), at="at"),
        Column(key="about", title=gettext_lazy("About"), kind="code"),
        Column(key="due", title=gettext_lazy("Due"), kind="day", sort="due_on"),
        Column(key="left", title=gettext_lazy("Left"), kind="due"),
        Column(key="safe", title=gettext_lazy("Business day before"), kind="day"),
        Column(key="state", title=gettext_lazy("State"), kind="chip", sort="state"),
        Column(key="arose", title=gettext_lazy("Arose"), kind="day", sort="arose_on"),
        Column(key="met", title=gettext_lazy("Met on"), kind="day", sort="met_on"),
        Column(key="chapter", title=gettext_lazy("Chapter"), kind="chapter", sort="chapter"),
        Column(key="provision", title=gettext_lazy("Provision")),
    ),
    rows=seen_by,
    show=_show,
    sort=("due_on", "obligation_id"),
    filters=(
        Filter(name="state", title=gettext_lazy("State"), keeps=_of_standing, values=STANDINGS),
        Filter(name="chapter", title=gettext_lazy("Chapter"), keeps="chapter", values=_chapters),
        Filter(name="from", title=gettext_lazy("Due from"), keeps="due_on__gte", kind="day"),
        Filter(name="until", title=gettext_lazy("Due until"), keeps="due_on__lte", kind="day"),
    ),
    searches=("title_en__icontains", "title_ja__icontains", "rule__icontains", "provision__icontains"),
)


@page(
    "deadlines/",
    name="deadlines",
    act="read deadlines",
    template="deadlines/deadlines.html",
    menu=gettext_lazy("Deadlines"),
    order=55,
)
def deadlines(request: Asked) -> Content | HttpResponseBase:
    """What is due, the earliest first, and the month."""
    today = _today(request)
    last: Look | None = Look.objects.order_by("pk").first()
    return DEADLINES.content(
        request,
        heading=_("Deadlines"),
        late=_late(request, today),
        month=_month(request, today),
        looked=None
        if last is None
        else {
            "at": last.looked_at,
            "began_on": last.began_on,
            "regime": last.regime,
            "books_end_on": last.books_end_on,
            "silent": [each for each in last.silent if request.actor.may("read STR") or each["rule"] != "transfers/str_due"],
        },
        may_look=request.actor.may("look for deadlines"),
    )


def _late(request: Asked, today: date) -> list[Content]:
    return [
        _short(row, today)
        for row in seen_by(request).filter(state="open", due_on__lt=today).order_by("due_on", "obligation_id")[:50]
    ]


def _short(row: Obligation, today: date) -> Content:
    return {"what": _title(row), "due": row.due_on, "standing": row.standing(today), "at": reverse("deadline", args=[row.pk])}


def _month(request: Asked, today: date) -> Content:
    """The weeks of a month, Monday first, each day with what is due on it and whether it is a business day."""
    first = _first_of(request.GET.get("month", ""), today)
    weeks, days = Weeks().monthdatescalendar(first.year, first.month), BusinessDays()
    rows = (
        seen_by(request)
        .filter(due_on__range=(weeks[0][0], weeks[-1][-1]))
        .exclude(state="void")
        .order_by("due_on", "title_en", "pk")
    )
    due: dict[date, list[Content]] = {}
    for row in rows:
        due.setdefault(row.due_on, []).append(_short(row, today))
    return {
        "first": first,
        "name": first.strftime("%Y-%m"),
        "before": (first - timedelta(days=1)).strftime("%Y-%m"),
        "after": (first + timedelta(days=31)).strftime("%Y-%m"),
        "weeks": [
            [
                {
                    "day": day,
                    "inside": day.month == first.month,
                    "is_open": days.is_open(day),
                    "holiday": days.holiday(day, get_language() or "en"),
                    "today": day == today,
                    "due": due.get(day, [])[:ON_A_DAY],
                    "more": max(0, len(due.get(day, [])) - ON_A_DAY),
                }
                for day in week
            ]
            for week in weeks
        ],
    }


def _first_of(month: str, today: date) -> date:
    year, _dash, number = month.partition("-")
    if year.isdecimal() and number.isdecimal() and 1950 <= int(year) <= 2098 and 1 <= int(number) <= 12:
        return date(int(year), int(number), 1)
    return today.replace(day=1)


@page("deadlines/calendar.<str:form>", name="deadlines as calendar", act="read deadlines", template="deadlines/deadlines.html")
def as_calendar(request: Asked, form: str) -> HttpResponseBase:
    """What the list's filters keep, for a calendar programme (``ics``)."""
    if form != "ics":
        raise Http404
    entries = [
        ics.Entry(
            row.pk,
            row.due_on,
            _title(row),
            f"{row.provision}\n{_because(row)}\n{request.build_absolute_uri(reverse('deadline', args=[row.pk]))}",
        )
        for row in DEADLINES.kept(request).exclude(state="void")[:5_000]
    ]
    response = HttpResponse(ics.calendar(entries, request.actor.at), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="sekisho-deadlines.ics"'
    return response


def _because(row: Obligation) -> str:
    return str((row.because.get("ja") if get_language() == "ja" else None) or row.because.get("en", ""))


@action("deadlines/look/", name="look for deadlines", act="look for deadlines")
def look_again(request: Asked) -> Done:
    """Look at the books and the parts again."""
    counts = look(request.actor.at, request.actor.author)
    said = _("Looked: %(new)s new, %(changed)s changed, %(void)s no longer owed.") % counts
    return Done(said=said, at=reverse("deadlines"), content=dict(counts))


@page("deadlines/<str:pk>/", name="deadline", act="read deadlines", template="deadlines/deadline.html")
def deadline(request: Asked, pk: str) -> Content:
    """One obligation: what asks for it, until when, and how it was or can be met."""
    row = _seen(request, pk)
    filing = row.filing if row.filing and filings_seen_by(request.actor).filter(pk=row.filing_id).exists() else None
    may = request.actor.may("meet deadlines", row.chapter) and row.state == "open"
    begun = row.filing is not None and row.filing.state != "dropped"
    return {
        "section": "deadlines",
        "deadline": {
            "pk": row.pk,
            "what": _title(row),
            "other": row.title_en if get_language() == "ja" else row.title_ja,
            "rule": row.rule,
            "chapter": row.chapter,
            "arose_on": row.arose_on,
            "due_on": row.due_on,
            "because": _because(row),
            "provision": row.provision,
            "standing": row.standing(_today(request)),
            "met_on": row.met_on,
            "met_by": row.met_by,
            "proof": row.proof,
            "proof_sha256": row.proof_sha256,
            "at": row.at,
            "facts": row.facts,
            "facts_said": facts_said(row.facts, names_of(request)),
            "secret": row.secret,
        },
        "shift": _shift(row),
        "filing": None
        if filing is None
        else {
            "id": filing.pk,
            "state": filing.state,
            "state_words": filing.get_state_display(),
            "at": reverse("filing", args=[filing.pk]),
        },
        "quotes": quoted(load_rulebook(), row),
        "may_meet": may,
        "may_begin": may and not begun and meeting.kind_for(row) is not None,
        "fitting": [{"id": each.pk, "filed_on": each.filed_on} for each in meeting.fitting(row)] if may else [],
        "today": _today(request),
    }


def _seen(request: Asked, pk: str) -> Obligation:
    row: Obligation | None = seen_by(request).filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


class Proven(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """On which day it was met, and the proof."""

    met_on: date
    proof: str = ""
    sha256: str = ""


@action("deadlines/<str:pk>/prove/", name="prove deadline", act="meet deadlines")
def prove(request: Asked, body: Proven, pk: str) -> Done:
    """Met, as a proof shows."""
    _seen(request, pk)
    meeting.meet_by_proof(request.actor, pk, met_on=body.met_on, proof=body.proof, sha256=body.sha256)
    return Done(said=_("Met, as the proof shows."), at=reverse("deadline", args=[pk]))


class Met(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The filing that met it."""

    filing: str


@action("deadlines/<str:pk>/meet/", name="meet deadline", act="meet deadlines")
def meet(request: Asked, body: Met, pk: str) -> Done:
    """Met by a filing that was filed."""
    _seen(request, pk)
    meeting.meet_by_filing(request.actor, pk, body.filing)
    return Done(said=_("Met by the filing."), at=reverse("deadline", args=[pk]))


@action("deadlines/<str:pk>/begin/", name="begin filing for deadline", act="meet deadlines")
def begin(request: Asked, pk: str) -> Done:
    """Begin the filing that meets it."""
    _seen(request, pk)
    filing = meeting.begin_filing(request.actor, pk)
    return Done(
        said=_("Begun as %(id)s. The deadline is met once it is filed.") % {"id": filing.filing_id},
        at=reverse("filing", args=[filing.pk]),
        content={"filing": filing.filing_id},
    )


def _on_overview(request: Asked, _nothing: str) -> Content:
    today = _today(request)
    coming = seen_by(request).filter(state="open", due_on__gte=today).order_by("due_on", "obligation_id")
    late = _late(request, today)
    return {
        "late": late,
        "next": [_short(row, today) for row in coming[:NEXT_SHOWN]],
        "figures": [
            {"label": _("Deadlines that are late"), "value": len(late)},
            {"label": _("Due within 30 days"), "value": coming.filter(due_on__lte=today + timedelta(days=30)).count()},
        ],
    }


panel(
    Panel(
        on=("overview", "board"),
        name="deadlines",
        title=gettext_lazy("Deadlines"),
        template="deadlines/on_overview.html",
        act="read deadlines",
        content=_on_overview,
        order=20,
    )
)
on_tick("deadlines", look)
reminder(
    Reminder(
        name="deadlines",
        title=gettext_lazy("Deadlines that are late"),
        act="read deadlines",
        count=lambda request: len(_late(request, timezone.localdate(request.actor.at))),
        at=lambda _request: reverse("deadlines") + "?state=late",
        order=15,
    )
)
