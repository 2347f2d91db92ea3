"""The first people: whoever sets a console up lets in those who let in all others."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from django.utils import timezone

from sekisho.console.journal.acting import SYSTEM, acting
from sekisho.console.people.models import Account, Grant, Person
from sekisho.console.people.roles import ROLES
from sekisho.records import RecordsError


class Newcomer(msgspec.Struct, frozen=True, kw_only=True):
    """A person with one account and its roles."""

    person_id: str
    name: str
    account: str
    password: str
    roles: tuple[str, ...]
    party_id: str = ""
    unit: str = ""
    email: str = ""
    name_ja: str = ""
    head: str | None = None
    chapters: tuple[str, ...] = ()


def let_in(newcomers: Iterable[Newcomer]) -> None:
    """Make persons, accounts and roles in one act. A person who is there already gets another account."""
    with acting(SYSTEM, "set up people", effect="set up people"):
        for each in newcomers:
            if unknown := set(each.roles) - set(ROLES):
                raise RecordsError("--role", f"there is no role {', '.join(sorted(unknown))}", f"choose from {', '.join(ROLES)}")
            person = Person.objects.filter(pk=each.person_id).first()
            if person is None:
                person = Person(
                    person_id=each.person_id,
                    party_id=each.party_id,
                    name=each.name,
                    name_ja=each.name_ja,
                    unit=each.unit,
                    head_id=each.head,
                )
                person.save()
            account = Account(username=each.account, person=person, email=each.email)
            account.set_password(each.password)
            account.save()
            for role in each.roles:
                Grant(account=account, role=role, chapters=list(each.chapters), given_at=timezone.now()).save()
