"""The life of a fact in the office: recorded, known, reminded of, published or lapsed; and who may see it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sekisho.console.approvals.four_eyes import Takes, propose, takes_two
from sekisho.console.approvals.models import Proposal
from sekisho.console.desk.pages import Unfit
from sekisho.console.journal.acting import acting
from sekisho.console.people.actor import Actor, Denied
from sekisho.console.registers.law import law_at
from sekisho.console.registers.models import (
    CAPACITIES,
    CATEGORIES,
    CHANNELS,
    DIRECTIONS,
    FactKnowledge,
    MaterialFact,
    Publication,
    Reminder,
)

CHAPTER = "unfair_trading"
_AHEAD = timedelta(minutes=1)


class NewFact(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A fact as it is recorded; times are Japan time where they carry no zone."""

    fact_id: str
    asset: str
    category: str
    arose_at: str
    summary: str
    direction: str = ""
    issuer: str = ""


class NewInsider(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Somebody who knows a fact; with ``corrects`` the row it corrects, and ``void`` where that row was wrong altogether."""

    party_id: str = ""
    learned_at: str = ""
    capacity: str = ""
    learned_from_party_id: str = ""
    how: str = ""
    corrects: int | None = None
    void: bool = False
    why: str = ""


class NewPublication(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where a fact was made public."""

    channel: str
    published_at: str
    address: str
    reason_code: str = "seen"


def sees_all(actor: Actor) -> bool:
    """Whether the actor is of the control room."""
    return actor.may("read all facts", CHAPTER)


def known_to(party_id: str, at: datetime) -> QuerySet[Any]:
    """Ids of the facts on whose list a party stands."""
    return FactKnowledge.standing().filter(party_id=party_id, learned_at__lte=at).values("fact")


def visible(actor: Actor) -> QuerySet[Any]:
    """The facts this person may see: all in the control room, otherwise those on whose list he stands."""
    if sees_all(actor):
        return MaterialFact.objects.all()
    own = actor.person.party_id
    return MaterialFact.objects.filter(pk__in=known_to(own, actor.at)) if own else MaterialFact.objects.none()


def seen(actor: Actor, fact_id: str) -> MaterialFact:
    """The fact, or ``Http404`` as if it did not exist. Who opens it in the control room knows it, and stands on its list."""
    fact: MaterialFact | None = visible(actor).filter(pk=fact_id).first()
    if fact is None:
        raise Http404
    party = actor.person.party_id
    if party and not FactKnowledge.standing().filter(fact=fact, party_id=party).exists():
        with acting(actor.author, "open a fact"):
            _know(actor, fact, party, actor.at, "exchange", how="opened it in the office")
    return fact


def kept(actor: Actor, fact_id: str) -> MaterialFact:
    """The fact of one who may work on it."""
    actor.need("keep facts", CHAPTER)
    return seen(actor, fact_id)


def record(actor: Actor, new: NewFact) -> MaterialFact:
    """Take a fact into the register; whoever records it knows it. Raises ``Unfit`` field by field."""
    actor.need("keep facts", CHAPTER)
    faults = {name: _("give it") for name in ("fact_id", "asset", "summary") if not getattr(new, name).strip()} | _not_of(
        new.category, CATEGORIES, "category"
    )
    if "/" in new.fact_id:
        faults["fact_id"] = _("holds no /")
    if new.direction:
        faults |= _not_of(new.direction, DIRECTIONS, "direction")
    arose_at = moment(new.arose_at, "arose_at")
    if arose_at > actor.at + _AHEAD:
        faults["arose_at"] = _("lies ahead: a fact is recorded once it has arisen")
    if MaterialFact.objects.filter(pk=new.fact_id.strip()).exists():
        faults["fact_id"] = _("is taken")
    if faults:
        raise Unfit(faults)
    with acting(actor.author, "record a fact"):
        fact = MaterialFact(
            fact_id=new.fact_id.strip(),
            asset=new.asset.strip().upper(),
            category=new.category,
            arose_at=arose_at,
            direction=new.direction,
            summary=new.summary.strip(),
            issuer=new.issuer.strip(),
            recorded_at=actor.at,
            recorded_by=actor.person.person_id,
        )
        fact.save()
        if actor.person.party_id:
            _know(actor, fact, actor.person.party_id, actor.at, "exchange", how="recorded it in the office")
    return fact


def add_insider(actor: Actor, fact: MaterialFact, new: NewInsider) -> FactKnowledge:
    """Put somebody on the list of a fact and remind him, or correct a row of it by another row."""
    actor.need("keep facts", CHAPTER)
    corrected = _corrected(fact, new)
    party = new.party_id.strip() or (corrected.party_id if corrected else "")
    learned = moment(new.learned_at, "learned_at") if new.learned_at else corrected.learned_at if corrected else None
    capacity = new.capacity or (corrected.capacity if corrected else "")
    faults = {} if party else {"party_id": _("say who")}
    if learned is None:
        faults["learned_at"] = _("say since when")
    elif learned > actor.at + _AHEAD:
        faults["learned_at"] = _("lies ahead: nobody is on a list for what he will learn")
    faults |= _not_of(capacity, CAPACITIES, "capacity")
    if corrected is not None and not new.why.strip():
        faults["why"] = _("say what was wrong")
    others = FactKnowledge.standing().filter(fact=fact, party_id=party).exclude(pk=corrected.pk if corrected else None)
    if not new.void and others.exists():
        faults["party_id"] = _("stands on the list already; correct that row")
    if faults or learned is None:
        raise Unfit(faults)
    with acting(actor.author, "put on an insider list" if corrected is None else "correct an insider list", reason=new.why):
        row = _know(
            actor, fact, party, learned, capacity,
            how=new.how.strip(), source=new.learned_from_party_id.strip(), corrects=corrected, void=new.void, why=new.why.strip(),
        )  # fmt: skip
        if corrected is None:
            _remind(actor, fact, party, "shown in the office")
    return row


def _corrected(fact: MaterialFact, new: NewInsider) -> FactKnowledge | None:
    if new.corrects is None:
        return None
    row: FactKnowledge | None = FactKnowledge.standing().filter(fact=fact, pk=new.corrects).first()
    if row is None:
        raise Unfit({"corrects": _("is not a row of this list that still stands")})
    return row


def _know(
    actor: Actor, fact: MaterialFact, party: str, learned_at: datetime, capacity: str, *,
    how: str, source: str = "", corrects: FactKnowledge | None = None, void: bool = False, why: str = "",
) -> FactKnowledge:  # fmt: skip
    row = FactKnowledge(
        fact=fact, party_id=party, learned_at=learned_at, capacity=capacity, learned_from_party_id=source, how=how,
        corrects=corrects, void=void, why=why, recorded_at=actor.at, recorded_by=actor.person.person_id,
    )  # fmt: skip
    row.save()
    return row


def remind(actor: Actor, fact: MaterialFact, parties: Collection[str], how: str) -> int:
    """Remind insiders of their duties (none named: all who stand on the list), and keep that it was done."""
    actor.need("keep facts", CHAPTER)
    on_list = set(FactKnowledge.standing().filter(fact=fact).values_list("party_id", flat=True))
    wanted = set(parties) or on_list
    if not wanted <= on_list:
        raise Unfit({"parties": _("not on the list: %(names)s") % {"names": ", ".join(sorted(wanted - on_list))}})
    with acting(actor.author, "remind insiders"):
        for party in sorted(wanted):
            _remind(actor, fact, party, how.strip() or "shown in the office")
    return len(wanted)


def _remind(actor: Actor, fact: MaterialFact, party: str, how: str) -> None:
    Reminder(fact=fact, party_id=party, at=actor.at, by=actor.person.person_id, how=how).save()


def unseen(actor: Actor) -> QuerySet[Any]:
    """The reminders this person has not said to have read."""
    own = actor.person.party_id
    rows = Reminder.objects.filter(party_id=own, seen_at=None, fact__in=visible(actor)) if own else Reminder.objects.none()
    return rows.select_related("fact").order_by("at", "pk")


def acknowledge(actor: Actor, fact: MaterialFact) -> int:
    """Say that one read the reminders of a fact and keeps to them."""
    rows = list(unseen(actor).filter(fact=fact))
    if not rows:
        raise Unfit(_("There is no reminder of yours to acknowledge."))
    with acting(actor.author, "acknowledge a reminder"):
        for row in rows:
            row.seen_at = actor.at
            row.save()
    return len(rows)


def publish(actor: Actor, fact: MaterialFact, new: NewPublication) -> Proposal | Publication:
    """Record a publication. One in a channel that counts frees the asset, so it takes a second person; others are only noted."""
    actor.need("keep facts", CHAPTER)
    faults = _not_of(new.channel, CHANNELS, "channel")
    at = moment(new.published_at, "published_at")
    if at > actor.at + _AHEAD:
        faults["published_at"] = _("lies ahead: what is not yet public is not published")
    if at < fact.arose_at:
        faults["published_at"] = _("lies before the fact arose")
    if not new.address.strip():
        faults["address"] = _("say where it can be read")
    if faults:
        raise Unfit(faults)
    if not fact.is_open(actor.at):
        raise Unfit(_("This fact is no longer open."))
    if law_at(at).free_at(new.channel, at) is None:
        with acting(actor.author, "note a publication"):
            return _published(fact, new.channel, at, new.address, actor)
    return propose(
        actor, "publish fact", ("fact", fact.pk), reason_code=new.reason_code, chapter=CHAPTER,
        payload={"channel": new.channel, "published_at": at.isoformat(), "address": new.address.strip()},
    )  # fmt: skip


def _published(fact: MaterialFact, channel: str, at: datetime, address: str, actor: Actor) -> Publication:
    row = Publication(
        fact=fact,
        channel=channel,
        published_at=at,
        address=address.strip(),
        recorded_at=actor.at,
        recorded_by=actor.person.person_id,
    )
    row.save()
    return row


def _free(proposal: Proposal, actor: Actor) -> None:
    fact = _approved(proposal, actor)
    told = proposal.payload
    at = datetime.fromisoformat(told["published_at"])
    fact.free_at = law_at(at).free_at(told["channel"], at)
    if fact.free_at is None:
        raise Unfit(_("Under the law of that day this place does not count as publication."))
    _published(fact, told["channel"], at, told["address"], actor)
    fact.save()


def let_lapse(actor: Actor, fact: MaterialFact, reason_code: str, reason: str) -> Proposal:
    """Propose that a fact has come to nothing and binds nobody any more."""
    actor.need("keep facts", CHAPTER)
    if not reason.strip():
        raise Unfit({"reason": _("say what became of it")})
    if not fact.is_open(actor.at):
        raise Unfit(_("This fact is no longer open."))
    return propose(actor, "let fact lapse", ("fact", fact.pk), reason_code=reason_code, reason=reason.strip(), chapter=CHAPTER)


def _lapse(proposal: Proposal, actor: Actor) -> None:
    fact = _approved(proposal, actor)
    fact.lapsed_at = actor.at
    fact.save()


def _approved(proposal: Proposal, actor: Actor) -> MaterialFact:
    """The fact a second person decides on; only one of the control room may, and by deciding he knows it."""
    if not sees_all(actor):
        raise Denied(_("your roles do not let you decide on this"))
    return seen(actor, proposal.about_id)


def _at(proposal: Proposal) -> str:
    return reverse("fact", args=[proposal.about_id])


takes_two(
    Takes(
        kind="publish fact",
        title=gettext_lazy("Publication that frees an asset"),
        propose="keep facts",
        approve="approve what frees an asset",
        reasons=(("seen", gettext_lazy("I have read it there")), ("told", gettext_lazy("the publisher confirmed it"))),
        effect=_free,
        at=_at,
    )
)
LAPSED = (
    ("dropped", gettext_lazy("the plan was dropped")),
    ("untrue", gettext_lazy("it turned out not to be so")),
    ("immaterial", gettext_lazy("it no longer matters for the price")),
)
takes_two(
    Takes(
        kind="let fact lapse",
        title=gettext_lazy("A fact that came to nothing"),
        propose="keep facts",
        approve="approve what frees an asset",
        reasons=LAPSED,
        effect=_lapse,
        at=_at,
    )
)


def moment(text: str, name: str) -> datetime:
    """A moment as a form or a program gives it: Japan time where no zone is written. Raises ``Unfit`` naming the field."""
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise Unfit({name: _("write it as 2026-11-23T09:00")}) from None
    return at if at.tzinfo is not None else timezone.make_aware(at)


def _not_of(value: str, choices: Collection[tuple[str, Any]], name: str) -> dict[str, str]:
    return {} if value in dict(choices) else {name: _("choose one of: %(words)s") % {"words": ", ".join(dict(choices))}}
