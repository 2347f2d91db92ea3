"""Accounts, persons, grants, parties, tokens, conflicts and holds for the matrix."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from console.objects import Made, Maker, Wanted
from sekisho.console.administration.first_people import Newcomer, let_in
from sekisho.console.administration.models import Hold
from sekisho.console.journal.acting import SYSTEM, acting
from sekisho.console.people.models import Account, Conflict, Grant, Person, Token

SUBJECT = "subject"
OF_ACCOUNT = ("grant role", "reset password", "reset second factor", "close account", "sign out account")


def _subject(wanted: Wanted) -> Account:
    """Somebody else's account, or one's own."""
    if wanted.own_of is not None:
        return Account.objects.get(username=wanted.own_of)
    if not Account.objects.filter(username=SUBJECT).exists():
        let_in([Newcomer(person_id="PERSON-SUBJECT", name="Subject", account=SUBJECT, password="x", roles=())])
    return Account.objects.get(username=SUBJECT)


def an_account(wanted: Wanted) -> Made:
    own = {"account": 200, "open account again": 403, **dict.fromkeys(OF_ACCOUNT, 403)}
    return Made(ids={"pk": _subject(wanted).pk}, own=own)


def a_closed_account(wanted: Wanted) -> Made:
    account = _subject(wanted)
    if wanted.own_of is None:
        with acting(SYSTEM, "close"):
            account.is_active = False
            account.save()
    return Made(ids={"pk": account.pk}, own={"open account again": 403})


def a_grant(wanted: Wanted) -> Made:
    account = _subject(wanted)
    grant = Grant.objects.filter(account=account).first()
    if grant is None:
        with acting(SYSTEM, "grant", effect="grant a role"):
            grant = Grant(account=account, role="operations", given_at=timezone.now())
            grant.save()
    return Made(ids={"pk": grant.pk}, own={"end role": 403})


def a_person(wanted: Wanted) -> Made:
    return Made(ids={"person_id": _subject(wanted).person_id}, own={"person": 200, "change person": 403})


def a_party(wanted: Wanted) -> Made:
    if wanted.own_of is not None:
        own = Account.objects.get(username=wanted.own_of).person.party_id
        return Made(ids={"party_id": own}, own={"party": 403, "open personal data": 403})
    return Made(ids={"party_id": wanted.parties[0] if wanted.parties else "P-1"}, has_parties=True)


def a_token(wanted: Wanted) -> Made:
    now = timezone.now()
    token = Token(
        token_id="abc123",
        account=_subject(wanted),
        name="of somebody",
        acts=["be here"],
        digest="d" * 64,
        made_at=now,
        ends_at=now + timedelta(days=1),
    )
    with acting(SYSTEM, "make a token"):
        token.save()
    return Made(ids={"token_id": token.pk}, own={"end my token": 200}, nobody=frozenset({"end my token"}))


def a_conflict(wanted: Wanted) -> Made:
    person: Person = _subject(wanted).person
    conflict = Conflict(person=person, party_id="P-ELSE", why="family", since="2026-01-01")
    with acting(SYSTEM, "declare a conflict"):
        conflict.save()
    return Made(ids={"pk": conflict.pk}, own={"end my conflict": 200}, nobody=frozenset({"end my conflict"}))


def a_kind(wanted: Wanted) -> Made:
    """Closed long ago: what may be removed is proposed by whoever may."""
    hold = Hold(party_id="P-LONG-AGO", why="inquiry", put_by="PERSON-AUDIT", put_at=timezone.now() - timedelta(days=366 * 12))
    with acting(SYSTEM, "hold", effect="end a hold"):
        hold.ended_at = hold.put_at
        hold.save()
    return Made(ids={"kind": "hold"})


def a_hold(wanted: Wanted) -> Made:
    hold = Hold(party_id=(*wanted.parties, "P-HELD")[0], why="inquiry", put_by="PERSON-AUDIT", put_at=timezone.now())
    with acting(SYSTEM, "hold"):
        hold.save()
    return Made(ids={"pk": hold.pk}, has_parties=True)


MAKERS: dict[str, Maker] = {
    "accounts/<int:pk>/": an_account,
    "accounts/<int:pk>/open-again/": a_closed_account,
    "grants/<int:pk>/": a_grant,
    "persons/<str:person_id>/": a_person,
    "parties/<str:party_id>/": a_party,
    "me/tokens/<str:token_id>/": a_token,
    "me/conflicts/<int:pk>/": a_conflict,
    "retention/<str:kind>/": a_kind,
    "holds/<int:pk>/": a_hold,
}
_WHY = {"reason_code": "joins", "reason": "as agreed"}
BODIES = {
    "open account": {"username": "newcomer", "person_id": "PERSON-NEW", "name": "New", **_WHY},
    "grant role": {"role": "operations", "chapters": ["unfair_trading"], **_WHY},
    "reset password": _WHY,
    "reset second factor": _WHY,
    "open account again": _WHY,
    "close account": {"reason": "leaves"},
    "end role": {"reason": "leaves"},
    "change person": {"name": "Another Name", **_WHY},
    "change my password": {"old": "wrong", "password": "x", "again": "x"},
    "end my sessions": {"key": "0"},
    "make my token": {"name": "reports", "acts": ["be here"], "days": 30},
    "declare my conflict": {"party_id": "P-NEW", "why": "family"},
    "end my conflict": {"until": "2027-01-01", "reason_code": "over"},
    "keep my preferences": {"on_page": 100},
    "open personal data": {"reason_code": "inquiry", "reason": "letter of the authority"},
    "propose removal": {"reason": "yearly"},
    "put hold": {"party_id": "P-X", "why": "inquiry"},
    "end hold": {"reason_code": "done"},
}
