"""Pre-clearance of staff trades: rules compute the answer, another person decides, and nobody clears himself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
from django.db import connection
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from sekisho.console.desk.pages import Unfit
from sekisho.console.journal.acting import NotTwoPeople, acting
from sekisho.console.people.actor import Actor
from sekisho.console.registers.facts import CHAPTER
from sekisho.console.registers.models import (
    SIDES,
    Clearance,
    FactKnowledge,
    FirmValue,
    MaterialFact,
    RegisterRow,
    StaffTrade,
    open_facts,
)
from sekisho.console.registers.restricted import restricted
from sekisho.typologies.ownership import OWNING, Link

PLACES = 18


class Wish(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The trade somebody wants to make."""

    account_id: str
    asset: str
    side: str
    quantity: Decimal
    words: str = ""


class Ground(msgspec.Struct, frozen=True, kw_only=True):
    """What one rule said. ``inside`` grounds are for the control room alone: they would tell the asker of others' knowledge."""

    rule: str
    forbids: bool
    inside: bool = False
    until: datetime | None = None
    fact: str = ""


def grounds_of(wish: Wish, party_id: str, at: datetime) -> list[Ground]:
    """What each rule says about a trade at a moment; it is clear when none forbids it."""
    return [*_listed(wish, at), *_known(wish, party_id, at), *_cooling(wish, at), *_holding(wish, party_id, at)]


def _listed(wish: Wish, at: datetime) -> Iterator[Ground]:
    grounds = [ground for ground in restricted(at, wish.asset) if ground.scope in ("both", "staff")]
    yield Ground(rule="restricted list", forbids=bool(grounds))


def _known(wish: Wish, party_id: str, at: datetime) -> Iterator[Ground]:
    """Knowledge of an open fact: one's own, or that of somebody one with him, as the rule for the gate has it."""
    tied = _tied(party_id, at)
    facts = [fact.pk for fact in open_facts(at, wish.asset)]
    rows = FactKnowledge.standing().filter(fact__in=facts, learned_at__lte=at, party_id__in={party_id, *tied})
    knows = list(rows.values_list("fact", "party_id"))
    own = [fact for fact, party in knows if party == party_id]
    others = [fact for fact, party in knows if party != party_id]
    yield Ground(rule="knowledge of a fact", forbids=bool(own), fact=", ".join(sorted(own)))
    yield Ground(rule="somebody tied knows", forbids=bool(others), inside=True, fact=", ".join(sorted(set(others))))


def _tied(party_id: str, at: datetime) -> set[str]:
    """Parties of one interest with this one: owner, household, control, by the register of relations, along whole chains."""
    day, tied, new = timezone.localdate(at), {party_id}, {party_id}
    rows = [row.values for row in RegisterRow.objects.filter(table="party_link")]
    links = [link for link in map(_link, rows) if link.relation in OWNING and link.holds_on(day)]
    while new:
        near = {link.linked_party_id for link in links if link.party_id in new}
        new = (near | {link.party_id for link in links if link.linked_party_id in new}) - tied
        tied |= new
    return tied - {party_id}


def _link(row: dict[str, Any]) -> Link:
    days = {name: date.fromisoformat(row[name]) if row.get(name) else None for name in ("since", "until")}
    return Link(row["party_id"], row["linked_party_id"], row["relation"], days["since"], days["until"])


def _cooling(wish: Wish, at: datetime) -> Iterator[Ground]:
    """The firm's own time to wait after a publication."""
    hours = FirmValue.on("cooling_hours", timezone.localdate(at))
    if hours is None:
        yield Ground(rule="cooling: no value set by the firm", forbids=False)
        return
    rows = MaterialFact.objects.filter(asset=wish.asset, free_at__lte=at)
    freed = rows.order_by("-free_at").values_list("free_at", flat=True).first()
    until = None if freed is None else freed + timedelta(hours=float(hours))
    yield Ground(rule="cooling", forbids=until is not None and until > at, until=until)


def _holding(wish: Wish, party_id: str, at: datetime) -> Iterator[Ground]:
    """The firm's own time to hold: no trade the other way soon after the last one, cleared or seen in the books."""
    days = FirmValue.on("holding_days", timezone.localdate(at))
    if days is None:
        yield Ground(rule="holding: no value set by the firm", forbids=False)
        return
    other = "sell" if wish.side == "buy" else "buy"
    same = {"party_id": party_id, "asset": wish.asset, "side": other}
    traded = StaffTrade.objects.filter(**same, at__lte=at).values_list("at", flat=True)
    cleared = Clearance.objects.filter(**same, state="cleared", decided_at__lte=at).values_list("decided_at", flat=True)
    last = max([*traded, *cleared], default=None)
    until = None if last is None else last + timedelta(days=float(days))
    yield Ground(rule="holding", forbids=until is not None and until > at, until=until)


def ask(actor: Actor, wish: Wish) -> Clearance:
    """Ask to make a trade; the rules answer at once, another person decides. Raises ``Unfit`` field by field."""
    actor.need("ask for clearance")
    party = actor.person.party_id
    if not party:
        raise Unfit(_("You have no party in the records: have it entered first, so that your accounts are known."))
    faults = {name: _("give it") for name in ("account_id", "asset") if not getattr(wish, name).strip()}
    if wish.side not in dict(SIDES):
        faults["side"] = _("choose buy or sell")
    places = -int(wish.quantity.as_tuple().exponent) if wish.quantity.is_finite() else 0
    if not wish.quantity.is_finite() or not 0 < wish.quantity < Decimal(10) ** 20 or places > PLACES:
        faults["quantity"] = _("give a positive amount with at most 18 places")
    if faults:
        raise Unfit(faults)
    wish = msgspec.structs.replace(wish, asset=wish.asset.strip().upper(), account_id=wish.account_id.strip())
    grounds = grounds_of(wish, party, actor.at)
    with acting(actor.author, "ask for clearance"):
        row = Clearance(
            person_id=actor.person.person_id, party_id=party, account_id=wish.account_id, asset=wish.asset, side=wish.side,
            quantity=wish.quantity, words=wish.words, asked_at=actor.at, answer=_answer(grounds), grounds=_kept(grounds),
        )  # fmt: skip
        row.save()
    return row


def decide(actor: Actor, pk: int, clear: bool, words: str) -> Clearance:
    """Clear or refuse. Asked again, what the rules forbid nobody clears. Raises ``NotTwoPeople``, ``Denied``, ``Unfit``."""
    with acting(actor.author, "clear a staff trade" if clear else "refuse a staff trade", reason=words):
        row = _waiting(pk)
        actor.need("decide clearances", CHAPTER)
        if row.person_id == actor.person.person_id:
            raise NotTwoPeople(_("nobody clears himself: another person has to decide"))
        actor.need("decide clearances", CHAPTER, [row.party_id])
        if not clear and not words.strip():
            raise Unfit({"words": _("say why it is refused")})
        grounds = grounds_of(_wish(row), row.party_id, actor.at)
        row.answer, row.grounds = _answer(grounds), _kept(grounds)
        hours = FirmValue.on("clearance_hours", timezone.localdate(actor.at))
        if clear and row.answer != "clear":
            raise Unfit(_("The rules forbid it now: it can only be refused."))
        if clear and hours is None:
            raise Unfit(_("The firm has not set for how long a clearance holds: propose that value first."))
        row.state, row.decided_words = ("cleared" if clear else "refused"), words.strip()
        row.decided_by, row.decided_at = actor.person.person_id, actor.at
        row.expires_at = actor.at + timedelta(hours=float(hours)) if clear and hours is not None else None
        row.save()
    return row


def withdraw(actor: Actor, pk: int) -> Clearance:
    """Take one's own question back while it waits."""
    with acting(actor.author, "withdraw a question for clearance"):
        row = _waiting(pk)
        if row.person_id != actor.person.person_id:
            raise Http404
        row.state = "withdrawn"
        row.save()
    return row


def visible(actor: Actor) -> QuerySet[Any]:
    """The clearances this person may see: his own; in the control room all but those of parties he must keep out of."""
    own = Clearance.objects.filter(person_id=actor.person.person_id)
    if not actor.may("decide clearances", CHAPTER) and not actor.may("read staff trades", CHAPTER):
        return own
    return own | Clearance.objects.exclude(party_id__in=actor.parties)


def shown_grounds(row: Clearance, actor: Actor) -> list[dict[str, Any]]:
    """The grounds this person may read."""
    inside = row.person_id != actor.person.person_id
    return [{**each, "fact": each["fact"] if inside else ""} for each in row.grounds if inside or not each["inside"]]


def state_of(row: Clearance, at: datetime) -> str:
    """The state as of a moment: a clearance that ran out says so, and one whose asset was restricted since holds no more."""
    if row.state != "cleared" or row.expires_at is None:
        return str(row.state)
    if row.expires_at <= at:
        return "expired"
    return "suspended" if any(ground.scope != "house" for ground in restricted(at, row.asset)) else "cleared"


def _waiting(pk: int) -> Clearance:
    rows = Clearance.objects.filter(pk=pk)
    row: Clearance | None = (rows.select_for_update() if connection.vendor == "postgresql" else rows).first()
    if row is None:
        raise Http404
    if row.state != "asked":
        raise Unfit(_("It no longer waits: somebody has decided it."))
    return row


def _wish(row: Clearance) -> Wish:
    return Wish(account_id=row.account_id, asset=row.asset, side=row.side, quantity=row.quantity)


def _answer(grounds: list[Ground]) -> str:
    return "refuse" if any(each.forbids for each in grounds) else "clear"


def _kept(grounds: list[Ground]) -> list[dict[str, Any]]:
    kept: list[dict[str, Any]] = msgspec.to_builtins(grounds)
    return kept
