"""Persons, their accounts, their roles, and what they must keep out of."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from sekisho.console.journal.acting import Kept, KeptQuerySet
from sekisho.console.people.roles import ROLES


class Person(Kept):
    """A person who works here or is let in. ``party_id`` is the person in the records: the books' staff, insiders, clients."""

    person_id = models.CharField(_("person"), max_length=64, primary_key=True)
    party_id = models.CharField(_("party in the records"), max_length=64, blank=True, db_index=True)
    name = models.CharField(_("name"), max_length=200)
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
    """A way in for a person; a person may have several, and they never count as two people."""

    SECRETS = frozenset({"password"})

    last_login = None  # the journal knows when somebody signed in
    username = models.CharField(_("account"), max_length=150, unique=True)
    person = models.ForeignKey(Person, verbose_name=_("person"), on_delete=models.PROTECT, related_name="accounts")
    email = models.EmailField(_("e-mail"), blank=True)
    is_active = models.BooleanField(_("open"), default=True)

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[Accounts] = Accounts()

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")

    def __str__(self) -> str:
        return str(self.username)


class Grant(Kept):
    """A role of an account, for some chapters (none: all), from a day until another."""

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

    @classmethod
    def held(cls, account: Account, at: datetime) -> models.QuerySet[Any]:
        """The roles an account has at a moment."""
        return cls.objects.filter(Q(ends_at=None) | Q(ends_at__gt=at), account=account, given_at__lte=at)


class Conflict(Kept):
    """A party a person must keep out of: family, former employer, an interest; one's own party needs no row."""

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
