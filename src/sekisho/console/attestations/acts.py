"""What people do about items and attestations: give an item its owner, draft, add evidence, hand in. Review is in approvals."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from sekisho.console.approvals.four_eyes import propose
from sekisho.console.attestations.interval import last_day
from sekisho.console.attestations.models import RESULTS, Attestation, Evidence, Item, UnitMeaning
from sekisho.console.attestations.reviewing import still_speaks
from sekisho.console.attestations.taking import named, subject_kind_of, subjects_words, take_up
from sekisho.console.desk.files import given_file
from sekisho.console.desk.pages import Asked, Done, Unfit, action
from sekisho.console.incidents.found import seen_by
from sekisho.console.incidents.models import Lesson
from sekisho.console.journal.acting import acting
from sekisho.console.people.actor import Actor, Denied
from sekisho.console.people.models import Person
from sekisho.rulebook import load_rulebook


def the_item(actor: Actor, pk: int, act: str) -> Item:
    """The item, if he may do this about it. Raises ``Http404`` or ``Denied``."""
    item: Item | None = Item.objects.select_related("owner").filter(pk=pk).first()
    if item is None:
        raise Http404
    actor.need(act, item.chapter, concerned(item))
    return item


def concerned(item: Item) -> list[str]:
    """Those an item concerns: the provider or custodian it is about."""
    return [] if item.subject_kind == "exchange" else [item.subject_id]


def _said(words: str, field: str) -> str:
    if not words.strip():
        raise Unfit({field: _("must say something")})
    return words.strip()


def _done(said: str, item: Item) -> Done:
    return Done(said=said, at=reverse("attestation", args=[item.pk]), content={"item": item.pk, "item_id": item.item_id})


def _period(text: str, field: str) -> str:
    try:
        last_day(date(2026, 1, 1), text)
    except ValueError:
        raise Unfit({field: _("write a period such as P1Y, P6M or P90D")}) from None
    return text


class Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who answers for an item, and the firm's interval where the rule names none."""

    owner: str
    every_firm: str = ""


@action("attestations/<int:pk>/owner/", name="give item an owner", act="keep attestations")
def give_owner(request: Asked, body: Kept, pk: int) -> Done:
    """Give an item its owner. What the former owner has under way has to be finished or taken back first."""
    with acting(request.actor.author, "give an item an owner"):
        item = the_item(request.actor, pk, "keep attestations")
        owner = Person.objects.filter(pk=body.owner).first()
        if owner is None:
            raise Unfit({"owner": _("there is no person {id}").format(id=body.owner)})
        if item.next_state and item.owner_id != owner.pk:
            raise Unfit({"owner": _("an attestation of the present owner is under way")})
        item.owner = owner
        if body.every_firm and not item.every:
            item.every_firm = _period(body.every_firm, "every_firm")
        item.save()
    return _done(_("{who} answers for it now.").format(who=owner.name), item)


class Own(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An item of the firm's own, or one a rule asks about each provider or custodian (``rule``, ``word``, ``subject_id``)."""

    text_en: str = ""
    text_ja: str = ""
    chapter: str = "client_assets"
    owner: str = ""
    every_firm: str = "P1Y"
    independent_of: str = ""
    evidence: str = ""
    asked: str = ""
    subject_id: str = ""


@action("attestations/add/", name="add item", act="keep attestations")
def add_item(request: Asked, body: Own) -> Done:
    """Add an item of the firm's own, or one about a provider or custodian (``asked``: rule and word, ``RULE:WORD``)."""
    chapters = {rule.chapter for rule in load_rulebook().rules.values()}
    item = _about_subject(body) if body.asked else _own(body, chapters)
    request.actor.need("keep attestations", item.chapter, concerned(item))
    if body.owner:
        item.owner = Person.objects.filter(pk=body.owner).first()
        if item.owner is None:
            raise Unfit({"owner": _("there is no person {id}").format(id=body.owner)})
    if Item.objects.filter(item_id=item.item_id).exists():
        raise Unfit({"subject_id": _("is on the list already")})
    with acting(request.actor.author, "add an item"):
        item.save()
    return _done(_("Added."), item)


def _own(body: Own, chapters: set[str]) -> Item:
    if body.chapter not in chapters:
        raise Unfit({"chapter": _("is no chapter of the rulebook")})
    number = Item.objects.filter(source="own").count() + 1
    text = _said(body.text_en or body.text_ja, "text_en")
    return Item(
        item_id=f"own/{number}",
        source="own",
        chapter=body.chapter,
        text_en=body.text_en.strip() or text,
        text_ja=body.text_ja.strip() or text,
        evidence_en=body.evidence,
        evidence_ja=body.evidence,
        independent_of=body.independent_of.strip(),
        every_firm=_period(body.every_firm, "every_firm"),
    )


def _about_subject(body: Own) -> Item:
    path, _colon, word = body.asked.partition(":")
    if word not in subjects_words().get(path, ()):
        raise Unfit({"asked": _("no rule asks this of each provider or custodian")})
    subject = _said(body.subject_id, "subject_id")
    rule = load_rulebook()[path]
    first = rule.attestations[0]
    said = named()[word]
    return Item(
        item_id=f"{path}:{word}@{subject}",
        source="rule",
        rule=path,
        chapter=rule.chapter,
        word=word,
        subject_kind=subject_kind_of(path),
        subject_id=subject,
        text_en=f"{said['en']} ({subject})",
        text_ja=f"{said['ja']}（{subject}）",
        evidence_en=first.evidence.en,
        evidence_ja=first.evidence.ja,
        by_unit=first.by,
        independent_of=first.independent_of or "",
        every="P12M",
    )


@action("attestations/take-up/", name="take up rulebook", act="keep attestations")
def take_up_rulebook(request: Asked) -> Done:
    """Bring the items in line with the rulebook of today."""
    counts = take_up(request.actor.author, request.actor.at, timezone.localdate(request.actor.at))
    said = _("{added} added, {changed} changed, {retired} no longer asked.").format(**counts)
    return Done(said=said, at=reverse("attestations"), content=dict(counts))


class Lessoned(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What will be shown for a lesson, how often, and of whom the reviewer has to be independent."""

    evidence: str
    every_firm: str = "P1Y"
    independent_of: str = ""


@action("attestations/lessons/<int:lesson>/", name="attest a lesson", act="keep attestations")
def of_lesson(request: Asked, body: Lessoned, lesson: int) -> Done:
    """Make an item of what was learned in an incident; its owner is the lesson's."""
    with acting(request.actor.author, "make an item of a lesson"):
        row = Lesson.objects.select_related("incident", "owner").filter(pk=lesson, incident__in=seen_by(request.actor)).first()
        if row is None:
            raise Http404
        request.actor.need("keep attestations", row.incident.chapter, row.incident.parties)
        if row.lesson_kind != "attestation" or row.item:
            raise Unfit(_("It is on the list already, or is a task."))
        item = Item(
            item_id=f"lesson/{row.incident_id}/{row.pk}",
            source="lesson",
            chapter=row.incident.chapter,
            text_en=row.words,
            text_ja=row.words,
            evidence_en=_said(body.evidence, "evidence"),
            evidence_ja=body.evidence.strip(),
            by_unit=row.owner.unit,
            independent_of=body.independent_of.strip(),
            every_firm=_period(body.every_firm, "every_firm"),
            owner=row.owner,
        )
        item.save()
        row.item = item.item_id
        row.save()
    return _done(_("It will be attested from now on."), item)


class Draft(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the owner says: the statement, the result, and the day it speaks of (empty: today)."""

    statement: str
    result: str
    base_on: date | None = None


@action("attestations/<int:pk>/draft/", name="draft attestation", act="attest")
def draft(request: Asked, body: Draft, pk: int) -> Done:
    """Draft an attestation, or write the draft anew; only the owner does."""
    with acting(request.actor.author, "draft an attestation"):
        item = _own_item(request.actor, pk)
        if body.result not in dict(RESULTS):
            raise Unfit({"result": _("choose one of the values offered")})
        today = timezone.localdate(request.actor.at)
        base_on = body.base_on or today
        if base_on > today:
            raise Unfit({"base_on": _("lies in the future")})
        row = _under_way(item)
        if row is not None and row.state == "in_review":
            raise Unfit(_("It is in review: take it back before changing it."))
        row = row or Attestation(item=item, owner=request.actor.person, drafted_at=request.actor.at)
        row.statement, row.result, row.base_on, row.state = _said(body.statement, "statement"), body.result, base_on, "drafted"
        row.save()
        item.next_state = "drafted"
        item.save()
    return _done(_("Drafted. Add the evidence and hand it in."), item)


def _own_item(actor: Actor, pk: int) -> Item:
    item = the_item(actor, pk, "attest")
    if item.owner_id != actor.person.pk:
        raise Denied(_("only the owner attests an item"))
    if item.retired_at is not None:
        raise Unfit(_("It is no longer asked."))
    return item


def _under_way(item: Item) -> Attestation | None:
    return item.attestations.filter(state__in=("drafted", "in_review", "returned")).first()


def _draft_of(item: Item) -> Attestation:
    row = _under_way(item)
    if row is None or row.state == "in_review":
        raise Unfit(_("There is no draft: what is handed in does not change."))
    return row


class Shown(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Evidence: a file (form: file; JSON: name and content in base64), or a record (``record``: table and id)."""

    words: str = ""
    name: str = ""
    content: str = ""
    record: str = ""


@action("attestations/<int:pk>/evidence/", name="add evidence", act="attest")
def add_evidence(request: Asked, body: Shown, pk: int) -> Done:
    """Add a file or a record to the draft."""
    with acting(request.actor.author, "add evidence"):
        item = _own_item(request.actor, pk)
        row = _draft_of(item)
        common: dict[str, Any] = {
            "attestation": row,
            "words": body.words,
            "added_at": request.actor.at,
            "by": request.actor.person.pk,
        }
        kept = given_file(request, body.name, body.content)
        if kept is not None:
            Evidence(evidence_kind="file", name=kept.name, sha256=kept.sha256, size=kept.size, media=kept.media, **common).save()
        elif body.record.strip():
            Evidence(evidence_kind="record", name=body.record.strip()[:200], **common).save()
        else:
            raise Unfit({"file": _("choose a file, or name a record")})
    return _done(_("Added."), item)


@action("attestations/<int:pk>/evidence/<int:number>/remove/", name="remove evidence", act="attest")
def remove_evidence(request: Asked, pk: int, number: int) -> Done:
    """Take evidence off the draft; the file stays in the store and the journal tells that it was there."""
    with acting(request.actor.author, "take evidence off"):
        item = _own_item(request.actor, pk)
        row = _draft_of(item).evidence.filter(pk=number).first()
        if row is None:
            raise Http404
        row.delete()
    return _done(_("Taken off."), item)


@action("attestations/<int:pk>/submit/", name="hand in attestation", act="attest")
def submit(request: Asked, pk: int) -> Done:
    """Hand the draft in for review; from then on nothing of it changes."""
    with acting(request.actor.author, "hand in an attestation"):
        item = _own_item(request.actor, pk)
        row = _draft_of(item)
        if not row.evidence.exists():
            raise Unfit({"evidence": _("nothing is vouched for without evidence: add a file or a record")})
        if not still_speaks(row, request.actor.at):
            raise Unfit({"base_on": _("speaks of a day longer ago than its interval: look again")})
        row.state, row.submitted_at = "in_review", request.actor.at
        row.save()
        item.next_state = "in_review"
        item.save()
        propose(
            request.actor,
            "attestation",
            ("attestation", str(row.pk)),
            reason_code="renewal" if item.in_force_until else "first",
            reason=row.statement,
            chapter=item.chapter,
            parties=concerned(item),
            payload={"item": item.item_id, "result": row.result, "speaks of": row.base_on.isoformat(),
                     "evidence": [each.sha256 or each.name for each in row.evidence.order_by("pk")]},
        )  # fmt: skip
    return _done(_("Handed in. An independent person has to review it."), item)


class Means(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which units of the firm a word of the rules means; with commas."""

    word: str
    units: str


@action("attestations/units/set/", name="set unit meaning", act="keep attestations")
def set_meaning(request: Asked, body: Means) -> Done:
    """Say which units of the firm a rule means."""
    word = _said(body.word, "word")
    if not Item.objects.filter(independent_of=word).exists() and not Item.objects.filter(by_unit=word).exists():
        raise Unfit({"word": _("no item names this unit")})
    units = [each.strip() for each in body.units.split(",") if each.strip()]
    known = set(Person.objects.values_list("unit", flat=True))
    if unknown := [each for each in units if each not in known]:
        raise Unfit({"units": _("nobody works in {units}").format(units=", ".join(unknown))})
    with acting(request.actor.author, "say which unit is meant"):
        row = UnitMeaning.objects.filter(pk=word).first() or UnitMeaning(word=word)
        row.units = units
        row.save()
    return Done(said=_("Set."), at=reverse("units"))
