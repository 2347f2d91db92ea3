"""The actor: who is signed in, as everything that asks "may they?" sees him."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from django.utils import timezone
from django.utils.translation import gettext as _

from sekisho.console.journal.acting import Author, OfficeError
from sekisho.console.journal.naming import act_title
from sekisho.console.people.chapters import chapter_title
from sekisho.console.people.models import Account, Conflict, Grant, Person, Preferences
from sekisho.console.people.roles import Role, matrix


class Denied(OfficeError):  # noqa: N818 - says what happened, as GateDown does
    """Somebody tried what is not his to do. Its text is for him; it tells nothing about the object."""


class Held(NamedTuple):
    """A role held now, and the chapters it is for; none: all."""

    role: Role
    chapters: frozenset[str]


@dataclass(frozen=True)
class Actor:
    """A person signed in through one of his accounts, with what he holds at this moment.

    ``only`` is what he may do at most, where he comes with a token that names acts.
    """

    account: Account
    held: tuple[Held, ...]
    at: datetime
    only: frozenset[str] | None = None

    @classmethod
    def of(cls, account: Account, at: datetime, only: frozenset[str] | None = None) -> Actor:
        """The actor behind an account now."""
        grants = Grant.held(account, at).order_by("role", "pk")
        return cls(account, tuple(Held(grant.role, frozenset(grant.chapters)) for grant in grants), at, only)

    @property
    def person(self) -> Person:
        """The person."""
        return self.account.person

    @property
    def author(self) -> Author:
        """Who the journal says it was."""
        return Author(account=self.account.username, person=self.account.person_id)

    @property
    def roles(self) -> frozenset[Role]:
        """The roles held, for whatever chapter."""
        return frozenset(each.role for each in self.held)

    @cached_property
    def on_page(self) -> int | None:
        """How many rows of a list he likes to see at once; None: as many as the list shows."""
        liked: int | None = Preferences.objects.filter(account=self.account).values_list("on_page", flat=True).first()
        return liked

    @cached_property
    def parties(self) -> frozenset[str]:
        """Parties the person keeps out of: himself and those he has an interest in."""
        day = timezone.localdate(self.at)
        rows = Conflict.objects.filter(person=self.person, since__lte=day).values_list("party_id", "until")
        own = {self.person.party_id} - {""}
        return frozenset(own | {party for party, until in rows if until is None or until > day})

    def may(self, act: str, chapter: str | None = None) -> bool:
        """Whether he may do it: somewhere, or in one chapter. An act nobody declared nobody may do."""
        roles = self._roles(act)
        return any(each.role in roles and (chapter is None or not each.chapters or chapter in each.chapters) for each in self.held)

    def chapters(self, act: str) -> frozenset[str] | None:
        """The chapters in which he may do it; None: all."""
        roles = self._roles(act)
        mine = [each.chapters for each in self.held if each.role in roles]
        return None if any(not each for each in mine) else frozenset().union(*mine)

    def _roles(self, act: str) -> frozenset[Role]:
        return matrix().get(act, frozenset()) if self.only is None or act in self.only else frozenset()

    def need(self, act: str, chapter: str | None = None, parties: Collection[str] = ()) -> None:
        """Raises ``Denied`` unless he may do it, in that chapter, about these parties."""
        if not self.may(act, chapter):
            if chapter is None:
                raise Denied(_("your roles do not let you %(act)s") % {"act": act_title(act)})
            where = {"act": act_title(act), "chapter": chapter_title(chapter)}
            raise Denied(_("your roles do not let you %(act)s in %(chapter)s") % where)
        if not self.parties.isdisjoint(parties):
            raise Denied(_("a conflict of interest keeps you out of this"))
