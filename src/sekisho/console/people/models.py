"""Persons, their accounts, their roles, and what they must keep out of."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from sekisho.console.journal.acting import Act, Kept, KeptQuerySet, NotTwoPeople
from sekisho.console.people.roles import ROLES


class Person(Kept):
    """A person who works here or is let in. ``party_id`` is the person in the records: the books' staff, insiders, clients.

    Who somebody is in the records, and whom he reports to, decides what he is kept out of: two people say so.
    """

    TWO_PEOPLE = dict.fromkeys(("party_id", "head_id"), ("change a person", "open an account", "set up people"))

    person_id = models.CharField(_("person"), max_length=64, primary_key=True)
    party_id = models.CharField(_("party in the records"), max_length=64, blank=True, db_index=True)
    name = models.CharField(pgettext_lazy("people", "name"), max_length=200)
    name_ja = models.CharField(_("name in Japanese"), max_length=200, blank=True)
    unit = models.CharField(_("unit"), max_length=200, blank=True)
    head = models.ForeignKey(
        "self", verbose_name=_("reports to"), null=True, blank=True, on_delete=models.PROTECT, related_name="reports"
    )

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("persons")

    def __str__(self) -> str:
        return str(self.name)

    def heads(self) -> list[Person]:
        """Everybody above, the nearest first; a circle ends where it closes."""
        above: list[Person] = []
        at = self.head
        while at is not None and at not in above and at != self:
            above.append(at)
            at = at.head
        return above

    def is_independent_of(self, other: Person) -> bool:
        """Whether neither is above the other in the organisation chart, they work in different units, and are not one person."""
        return (
            self != other and self not in other.heads() and other not in self.heads() and (not self.unit or self.unit != other.unit)
        )


class Accounts(BaseUserManager.from_queryset(KeptQuerySet)):  # type: ignore[misc] # Django makes this class when it runs
    """Accounts by their name."""

    def get_by_natural_key(self, username: str | None) -> Any:
        """The account of that name."""
        return self.get(username=username)


class Account(Kept, AbstractBaseUser):
    """A way in for a person; a person may have several, and they never count as two people. It is closed, never removed."""

    SECRETS = frozenset({"password"})
    TWO_PEOPLE = {  # noqa: RUF012 - as rows say it
        "person_id": ("open an account", "set up people"),
        "email": ("open an account", "set up people"),
        "reset_until": ("open an account", "reset a password"),
    }

    last_login = None  # the journal knows when somebody signed in
    username = models.CharField(_("account"), max_length=150, unique=True)
    person = models.ForeignKey(Person, verbose_name=_("person"), on_delete=models.PROTECT, related_name="accounts")
    email = models.EmailField(_("e-mail"), blank=True)
    is_active = models.BooleanField(_("open"), default=True)
    reset_until = models.DateTimeField(_("a new password may be set until"), null=True, blank=True)

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[Accounts] = Accounts()

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")

    def __str__(self) -> str:
        return str(self.username)

    def need_two_people(self, act: Act, stored: Mapping[str, Any] | None) -> None:
        """One person closes an account; opening it again takes two. A reset that was used is taken back by whoever used it."""
        if stored is not None and not stored["is_active"] and self.is_active and act.effect != "open an account again":
            raise NotTwoPeople(_("an account is opened again only when a second person approves"))
        if stored is not None and stored["reset_until"] and self.reset_until is None:
            stored = {**stored, "reset_until": None}
        super().need_two_people(act, stored)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Never: what it did stays somebody's doing."""
        raise NotTwoPeople(_("an account is closed, never removed"))


class Grant(Kept):
    """A role of an account, for some chapters (none: all), from a day until another. Two people give it, one ends it."""

    TWO_PEOPLE = dict.fromkeys(("account_id", "role", "chapters", "given_at"), ("grant a role", "set up people"))

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="grants")
    role = models.CharField(_("role"), max_length=32, choices=[(role, role) for role in ROLES])
    chapters = models.JSONField(_("chapters"), default=list, blank=True)
    given_at = models.DateTimeField(_("given"))
    ends_at = models.DateTimeField(_("ends"), null=True, blank=True)

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")

    def __str__(self) -> str:
        return f"{self.account}: {self.role}"

    def need_two_people(self, act: Act, stored: Mapping[str, Any] | None) -> None:
        """One person may end a role, or end it sooner; two give it, or let it last longer."""
        super().need_two_people(act, stored)
        ended = None if stored is None else stored["ends_at"]
        if ended is not None and (self.ends_at is None or self.ends_at > ended) and act.effect != "grant a role":
            raise NotTwoPeople(_("a role lasts longer only when a second person approves"))

    @classmethod
    def held(cls, account: Account, at: datetime) -> models.QuerySet[Any]:
        """The roles an account has at a moment."""
        return cls.objects.filter(Q(ends_at=None) | Q(ends_at__gt=at), account=account, given_at__lte=at)


class Conflict(Kept):
    """A party a person must keep out of: family, former employer, an interest; one's own party needs no row.

    One declares it of himself; that it is over, two people say.
    """

    TWO_PEOPLE = {"until": ("end a conflict",)}  # noqa: RUF012 - as rows say it

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="conflicts")
    party_id = models.CharField(_("party in the records"), max_length=64, db_index=True)
    why = models.TextField(_("why"))
    since = models.DateField(_("since"))
    until = models.DateField(_("until"), null=True, blank=True)

    class Meta:
        verbose_name = _("conflict of interest")
        verbose_name_plural = _("conflicts of interest")

    def __str__(self) -> str:
        return f"{self.person}: {self.party_id}"


class Token(Kept):
    """A way in for a person's programs: a secret of which only the hash is kept, with an end, for the acts it names."""

    SECRETS = frozenset({"digest"})
    UNKEPT = frozenset({"used_at", "used_from"})

    token_id = models.CharField(_("token"), max_length=16, primary_key=True)
    account = models.ForeignKey(Account, verbose_name=_("account"), on_delete=models.PROTECT, related_name="tokens")
    name = models.CharField(_("what it is for"), max_length=100)
    acts = models.JSONField(_("what it may do"), default=list)
    digest = models.CharField(max_length=64)
    made_at = models.DateTimeField(_("made"))
    ends_at = models.DateTimeField(_("ends"))
    used_at = models.DateTimeField(_("last used"), null=True, blank=True)
    used_from = models.CharField(_("last used from"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("token")
        verbose_name_plural = _("tokens")

    def __str__(self) -> str:
        return f"{self.account}: {self.name}"

    @staticmethod
    def digest_of(secret: str) -> str:
        """What is kept of a secret. It is 256 random bits, so a plain hash cannot be turned round."""
        return hashlib.sha256(secret.encode()).hexdigest()


class Opening(Kept):
    """Somebody looked at a party's personal data: who, when, and why."""

    STAYS = True

    party_id = models.CharField(_("party in the records"), max_length=64, db_index=True)
    person = models.ForeignKey(Person, verbose_name=_("person"), on_delete=models.PROTECT, related_name="openings")
    at = models.DateTimeField(_("when"), db_index=True)
    reason_code = models.CharField(_("reason"), max_length=64)
    reason = models.TextField(_("in words"))
    found = models.BooleanField(_("the books know the party"), default=False)

    class Meta:
        verbose_name = _("opening of personal data")
        verbose_name_plural = _("openings of personal data")

    def __str__(self) -> str:
        return f"{self.person}: {self.party_id}"


class Stay(AbstractBaseSession):
    """Somebody is in: one browser of an account, with when and where from. It is gone when he signs out."""

    account = models.ForeignKey(Account, null=True, on_delete=models.CASCADE, related_name="stays")
    began_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    address = models.CharField(max_length=64, blank=True)
    browser = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")

    @classmethod
    def get_session_store_class(cls) -> Any:
        """Where sessions are kept."""
        from sekisho.console.people.sessions import SessionStore

        return SessionStore


class Tries(models.Model):
    """How often somebody tried in vain, by account and by address; in the database, so that all processes count together."""

    key = models.CharField(max_length=200, primary_key=True)
    count = models.PositiveIntegerField(default=0)
    until = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.key}: {self.count}"


class Preferences(models.Model):
    """How somebody likes the console: nothing that anybody else would have to know."""

    account = models.OneToOneField(Account, on_delete=models.CASCADE, primary_key=True, related_name="preferences")
    language = models.CharField(max_length=8, blank=True)
    theme = models.CharField(max_length=8, blank=True)
    on_page = models.PositiveSmallIntegerField(null=True)

    def __str__(self) -> str:
        return str(self.account)
