"""The pages of attestations: the list, one item with its history, the units the rules mean, and panels elsewhere."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _

from sekisho.console.approvals.models import Proposal
from sekisho.console.approvals.pages import address_of
from sekisho.console.attestations import acts, board  # noqa: F401 - declare the acts and the board's pages
from sekisho.console.attestations.acts import concerned, the_item
from sekisho.console.attestations.independence import reviewers, the_people, why_not
from sekisho.console.attestations.models import RESULTS, SOURCES, STATES, Attestation, Evidence, Item, UnitMeaning, standing
from sekisho.console.attestations.owed import owed
from sekisho.console.attestations.reminders import Due, reminders
from sekisho.console.attestations.taking import subjects_words, take_up
from sekisho.console.desk.files import hand_out
from sekisho.console.desk.listing import Column, Filter, Listing
from sekisho.console.desk.pages import Asked, Content, page
from sekisho.console.desk.panels import Panel, panel
from sekisho.console.desk.reminders import Reminder, reminder
from sekisho.console.desk.ticks import on_tick
from sekisho.console.desk.words_of_law import UNIT_WORDS, period_title
from sekisho.console.filings.owed import Source, owes
from sekisho.console.incidents.models import Lesson
from sekisho.console.journal.acting import SYSTEM
from sekisho.console.journal.models import Change
from sekisho.console.journal.naming import VALUES_SAID
from sekisho.console.people.actor import Actor
from sekisho.console.people.chapters import chapter_title
from sekisho.console.people.models import Person
from sekisho.console.people.naming import named
from sekisho.rulebook import load_rulebook


def said(row: Any, name: str) -> str:
    """A text of a row in the language being read."""
    return str(getattr(row, f"{name}_{'ja' if (get_language() or '').startswith('ja') else 'en'}"))


def seen_items(actor: Actor, act: str = "read attestations") -> QuerySet[Any]:
    """The items of his chapters, without those about a party he keeps out of."""
    rows = Item.objects.all()
    chapters = actor.chapters(act)
    if chapters is not None:
        rows = rows.filter(chapter__in=chapters)
    return rows.exclude(~Q(subject_kind="exchange") & Q(subject_id__in=list(actor.parties))) if actor.parties else rows


def _today(request: Asked) -> Any:
    return timezone.localdate(request.actor.at)


def _show(item: Any, request: Asked) -> dict[str, Any]:
    return {
        "item": item.item_id,
        "at": reverse("attestation", args=[item.pk]),
        "text": said(item, "text"),
        "state": item.standing,
        "state_words": str(dict(STATES)[item.standing]),
        "under_way": str(dict(STATES).get(item.next_state, "")) if item.in_force_until else "",
        "until": item.in_force_until.isoformat() if item.in_force_until else None,
        "left": item.in_force_until,
        "owner": item.owner_id,
        "owner_words": named(request, item.owner_id),
        "by_unit": item.by_unit,
        "by_unit_words": str(UNIT_WORDS.get(item.by_unit, item.by_unit)),
        "interval": item.interval,
        "interval_words": period_title(item.interval),
    }


def _of_state(rows: QuerySet[Any], value: str, _request: Asked) -> QuerySet[Any]:
    return rows.filter(standing=value)


def _chapters(_request: Asked) -> list[tuple[str, str]]:
    return [(each, chapter_title(each)) for each in sorted(set(Item.objects.values_list("chapter", flat=True)))]


ITEMS = Listing(
    name="attestations",
    columns=(
        Column(key="state_words", title=gettext_lazy("State")),
        Column(key="text", title=gettext_lazy("What is vouched for"), at="at"),
        Column(key="item", title=gettext_lazy("Item"), kind="code", sort="item_id"),
        Column(key="owner", title=gettext_lazy("Owner"), sort="owner"),
        Column(key="until", title=gettext_lazy("In force until"), kind="day", sort="in_force_until"),
        Column(key="left", title=gettext_lazy("Left"), kind="due"),
        Column(key="under_way", title=gettext_lazy("Renewal")),
        Column(key="by_unit", title=gettext_lazy("Attested by")),
        Column(key="interval", title=gettext_lazy("Interval"), kind="code"),
    ),
    rows=lambda request: standing(seen_items(request.actor), _today(request)),
    show=_show,
    sort=("item_id",),
    filters=(
        Filter(name="state", title=gettext_lazy("State"), keeps=_of_state, values=STATES),
        Filter(name="chapter", title=gettext_lazy("Chapter"), keeps="chapter", values=_chapters),
        Filter(name="source", title=pgettext_lazy("attestations", "Asked by"), keeps="source", values=SOURCES),
        Filter(name="owner", title=gettext_lazy("Owner"), keeps="owner_id", kind="text"),
        Filter(name="rule", title=gettext_lazy("Rule"), keeps="rule__icontains", kind="text"),
    ),
    searches=("item_id__icontains", "text_en__icontains", "text_ja__icontains"),
)


@page(
    "attestations/",
    name="attestations",
    act="read attestations",
    template="attestations/list.html",
    menu=gettext_lazy("Attestations"),
    order=70,
)
def attestations(request: Asked) -> Content | HttpResponseBase:
    """Every item, with how it stands today."""
    counts = {state: 0 for state, _title in STATES}
    for state in standing(seen_items(request.actor), _today(request)).values_list("standing", flat=True):
        counts[state] += 1
    rules = subjects_words()
    return ITEMS.content(
        request,
        heading=_("Attestations"),
        lead=_("What no record can show, vouched for by its owner, reviewed by somebody independent, until it expires."),
        counts=[{"state": state, "title": title, "n": counts[state]} for state, title in STATES if counts[state]],
        may_keep=request.actor.may("keep attestations"),
        people=_people(request),
        chapters=sorted({rule.chapter for rule in load_rulebook().rules.values()}),
        asked=[f"{path}:{word}" for path, each in rules.items() for word in each],
    )


def _people(request: Asked) -> list[tuple[str, str]]:
    return [(person.pk, f"{named(request, person.pk)}, {person.unit}") for person in Person.objects.order_by("pk")]


@page("attestations/<int:pk>/", name="attestation", act="read attestations", template="attestations/item.html")
def attestation(request: Asked, pk: int) -> Content:
    """One item: how it stands, what is under way, who may review it and who may not, and its history."""
    actor = request.actor
    item, today = the_item(actor, pk, "read attestations"), _today(request)
    rows = list(item.attestations.select_related("owner", "reviewer").prefetch_related("evidence").order_by("-pk"))
    under_way = next((row for row in rows if row.state in ("drafted", "in_review", "returned")), None)
    owner = item.owner
    people = the_people()
    waiting = None
    if under_way is not None and under_way.state == "in_review":
        waiting = Proposal.objects.filter(proposal_kind="attestation", about_id=str(under_way.pk), state="open").first()
    refusal = why_not(actor.person, item, owner, people) if owner is not None else ""
    rule = load_rulebook().rules.get(item.rule)
    return {
        "section": "attestations",
        "item": {
            "pk": item.pk,
            "id": item.item_id,
            "text": said(item, "text"),
            "evidence": said(item, "evidence"),
            "by_unit": item.by_unit,
            "independent_of": item.independent_of,
            "every": item.every,
            "every_firm": item.every_firm,
            "interval": item.interval,
            "owner": item.owner_id,
            "owner_name": owner.name if owner else None,
            "owner_unit": owner.unit if owner else None,
            "state": item.stands(_today(request)),
            "state_words": str(dict(STATES)[item.stands(_today(request))]),
            "under_way": item.next_state,
            "in_force_until": item.in_force_until,
            "chapter": item.chapter,
            "source": item.get_source_display(),
            "word": item.word,
            "subject_id": item.subject_id,
            "line": item.line,
        },
        "rule": None
        if rule is None
        else {
            "path": rule.path,
            "title": rule.title.ja if (get_language() or "").startswith("ja") else rule.title.en,
            "provisions": _provisions(rule, _today(request)),
        },
        "under_way": None if under_way is None else _row(under_way, today),
        "history": [_row(row, today) for row in rows if row is not under_way],
        "waiting": None if waiting is None else {"pk": waiting.pk, "at": address_of(waiting, actor)},
        "reviewers": [{"person": each.pk, "name": each.name, "unit": each.unit} for each in reviewers(item, owner, people)]
        if owner is not None
        else [],
        "refusal": refusal,
        "may": {
            "attest": actor.may("attest", item.chapter) and item.owner_id == actor.person.pk and item.retired_at is None,
            "review": waiting is not None and actor.may("review attestations", item.chapter) and not refusal,
            "keep": actor.may("keep attestations", item.chapter),
        },
        "choices": {"results": RESULTS, "people": _people(request)},
        "changes": _changes(item, rows),
        "today": _today(request).isoformat(),
    }


def _provisions(rule: Any, on: Any) -> list[dict[str, str]]:
    regime, law_day = load_rulebook().regime_on(None, on)
    holding = rule.holding(regime, law_day)
    if holding is None:
        return []
    return [
        {"provision": f"{each.document} {each.provision or ''}".strip(), "quote": each.quote or ""} for each in holding.provisions
    ]


def _row(row: Attestation, on: Any) -> dict[str, Any]:
    over = row.state == "in_force" and row.expires_on is not None and row.expires_on < on
    return {
        "pk": row.pk,
        "state": "expired" if over else row.state,
        "state_words": str(dict(STATES)["expired"]) if over else row.get_state_display(),
        "owner": row.owner_id,
        "statement": row.statement,
        "result": row.result,
        "result_words": row.get_result_display(),
        "base_on": row.base_on,
        "drafted_at": row.drafted_at,
        "submitted_at": row.submitted_at,
        "reviewer": row.reviewer_id,
        "reviewed_at": row.reviewed_at,
        "review_words": row.review_words,
        "expires_on": row.expires_on,
        "evidence": [
            {
                "pk": each.pk,
                "kind": each.evidence_kind,
                "name": each.name,
                "sha256": each.sha256,
                "size": each.size,
                "words": each.words,
            }
            for each in row.evidence.order_by("pk")
        ],
    }


def _changes(item: Item, rows: list[Attestation]) -> list[dict[str, Any]]:
    of_rows = Q(kind="attestation", object__in=[str(row.pk) for row in rows])
    lines = Change.objects.filter(Q(kind="item", object=str(item.pk)) | of_rows).order_by("-number")[:60]
    return [
        {
            "at": line.at,
            "person": line.person,
            "act": line.act,
            "kind": line.kind,
            "object": line.object,
            "field": line.field,
            "old": line.old,
            "new": line.new,
        }
        for line in lines
    ]


@page(
    "attestations/<int:pk>/evidence/<int:number>/",
    name="attestation evidence",
    act="read attestations",
    template="attestations/item.html",
)
def evidence_file(request: Asked, pk: int, number: int) -> HttpResponseBase:
    """A file of evidence."""
    item = the_item(request.actor, pk, "read attestations")
    row = Evidence.objects.filter(pk=number, attestation__item=item, evidence_kind="file").first()
    if row is None:
        raise Http404
    return hand_out(request, row.name, row.sha256)


@page("attestations/units/", name="units", act="read attestations", template="attestations/units.html")
def units(request: Asked) -> Content:
    """The words by which rules name units, and the firm's units they mean."""
    words: dict[str, int] = {}
    for pair in Item.objects.filter(retired_at=None).values_list("by_unit", "independent_of"):
        for word in pair:
            if word:
                words[word] = words.get(word, 0) + 1
    known = {row.word: row.units for row in UnitMeaning.objects.all()}
    firm = sorted({unit for unit in Person.objects.values_list("unit", flat=True) if unit})
    return {
        "section": "attestations",
        "rows": [
            {"word": word, "items": words[word], "units": known.get(word, [word]), "said": word in known,
             "known": all(unit in firm for unit in known.get(word, [word]))}
            for word in sorted(words)
        ],
        "firm": firm,
        "may_keep": request.actor.may("keep attestations"),
    }  # fmt: skip


def _mine(request: Asked, _object_id: str) -> Content | None:
    """What this person has to attest or review, and, for who keeps the list, what nobody owns or has expired."""
    actor, on = request.actor, _today(request)
    rows = seen_items(actor)
    due = list(reminders(on, rows))
    keeps = actor.may("keep attestations")
    mine = [each for each in due if each.person == actor.person.pk]
    others = (
        [each for each in due if each.person != actor.person.pk and each.why in ("expired", "not_met", "no_owner")] if keeps else []
    )
    review = _to_review(actor, rows) if actor.may("review attestations") else []
    if not (mine or others or review):
        return None
    return {
        "mine": [_told(each) for each in mine[:8]],
        "others": [_told(each) for each in others[:8]],
        "others_count": len(others),
        "review": review[:8],
    }


def _to_review(actor: Actor, rows: QuerySet[Any]) -> list[dict[str, Any]]:
    people = the_people()
    waiting = Attestation.objects.filter(state="in_review", item__in=rows).select_related("item", "owner").order_by("submitted_at")
    return [
        {"text": said(each.item, "text"), "at": reverse("attestation", args=[each.item_id]), "owner": each.owner_id}
        for each in waiting
        if actor.may("review attestations", each.item.chapter)
        and actor.parties.isdisjoint(concerned(each.item))
        and not why_not(actor.person, each.item, each.owner, people)
    ]


VALUES_SAID["item", "next_state"] = lambda state: str(dict(STATES).get(state, state))
VALUES_SAID["item", "by_unit"] = VALUES_SAID["item", "independent_of"] = VALUES_SAID["unitmeaning", "word"] = lambda word: str(
    UNIT_WORDS.get(word, word)
)
VALUES_SAID["item", "every"] = VALUES_SAID["item", "every_firm"] = period_title
_WHY = {
    "no_owner": gettext_lazy("has no owner"),
    "missing": gettext_lazy("never attested"),
    "drafted": gettext_lazy("drafted, not handed in"),
    "returned": gettext_lazy("returned by the reviewer"),
    "expired": gettext_lazy("expired"),
    "expiring": gettext_lazy("expires soon"),
    "not_met": gettext_lazy("not met"),
}


def _told(each: Due) -> dict[str, Any]:
    return {
        "text": said(each, "text"),
        "at": reverse("attestation", args=[each.item]),
        "why": each.why,
        "why_words": str(_WHY[each.why]),
        "until": each.until,
        "person": each.person,
    }


@page("attestations/reminders/", name="attestation reminders", act="read attestations", template="attestations/reminders.html")
def all_reminders(request: Asked) -> Content:
    """Every reminder of today: what expired first, then what expires soon."""
    return {"section": "attestations", "rows": [_told(each) for each in reminders(_today(request), seen_items(request.actor))]}


def _of_incident(request: Asked, object_id: str) -> Content | None:
    rows = Lesson.objects.filter(incident_id=object_id, lesson_kind="attestation").order_by("pk")
    if not rows:
        return None
    made = {item.item_id: item for item in Item.objects.filter(item_id__in=[row.item for row in rows if row.item])}
    return {
        "rows": [
            {
                "pk": row.pk,
                "words": row.words,
                "item": row.item,
                "at": reverse("attestation", args=[made[row.item].pk]) if row.item in made else None,
                "state_words": str(dict(STATES)[made[row.item].stands(_today(request))]) if row.item in made else None,
            }
            for row in rows
        ],
        "may_keep": request.actor.may("keep attestations"),
    }


panel(
    Panel(
        on=("overview",),
        name="attestations",
        title=gettext_lazy("Attestations"),
        template="attestations/mine.html",
        act="read attestations",
        content=_mine,
        order=40,
    )
)
panel(
    Panel(
        on=("incident",),
        name="attested-lessons",
        title=gettext_lazy("Lessons that are attested"),
        template="attestations/of_incident.html",
        act="read attestations",
        content=_of_incident,
    )
)
reminder(
    Reminder(
        name="attestations",
        title=gettext_lazy("Attestations of yours that are due"),
        act="read attestations",
        count=lambda request: len(list(reminders(_today(request), Item.objects.filter(owner=request.actor.person)))),
        at=lambda _request: reverse("attestation reminders"),
        order=40,
    )
)
on_tick("attestations", lambda at: take_up(SYSTEM, at, timezone.localdate(at)))
owes(Source(name="attestations", gives=owed, of=(Attestation, Item)))
