"""What no record can show and people vouch for: items, each with an owner, and the attestations of each, one after another."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from django.db import models
from django.db.models import Case, CharField, F, Q, QuerySet, Value, When
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from sekisho.console.journal.acting import Kept
from sekisho.console.people.models import Person

STATES = [
    ("missing", _("missing")),
    ("drafted", _("drafted")),
    ("in_review", _("in review")),
    ("returned", _("returned by the reviewer")),
    ("in_force", _("in force")),
    ("expiring", _("expires soon")),
    ("expired", _("expired")),
    ("not_met", _("not met")),
    ("retired", _("no longer asked")),
]
"""How an item stands on a day."""
RESULTS = [("met", pgettext_lazy("attestations", "met")), ("partly_met", _("met in part")), ("not_met", _("not met"))]
SOURCES = [("rule", _("a rule")), ("lesson", _("a lesson of an incident")), ("own", _("the firm itself"))]
EXPIRES_SOON_DAYS: Final = 30


class Item(Kept):
    """Something to be vouched for, again and again. ``word``, ``subject`` and ``line`` are those of the assessment records.

    ``every`` is the rule's interval, ``every_firm`` the firm's own where the rule names none. Only a review puts it in force.
    """

    TWO_PEOPLE = {"in_force_until": ("attestation",), "result": ("attestation",)}  # noqa: RUF012 - as rows say it

    item_id = models.CharField(_("item"), max_length=160, unique=True)
    source = models.CharField(pgettext_lazy("attestations", "asked by"), max_length=8, choices=SOURCES)
    rule = models.CharField(_("rule"), max_length=128, blank=True)
    chapter = models.CharField(_("chapter"), max_length=64)
    word = models.CharField(_("word in the records"), max_length=64, blank=True)
    subject_kind = models.CharField(_("kind of subject"), max_length=16, default="exchange")
    subject_id = models.CharField(_("subject"), max_length=64, default="exchange")
    line = models.SmallIntegerField(_("line of defence"), null=True, blank=True)
    text_en = models.TextField(_("in English"))
    text_ja = models.TextField(_("in Japanese"))
    evidence_en = models.TextField(_("evidence, in English"), blank=True)
    evidence_ja = models.TextField(_("evidence, in Japanese"), blank=True)
    by_unit = models.CharField(_("attested by"), max_length=200, blank=True)
    independent_of = models.CharField(_("independent of"), max_length=200, blank=True)
    every = models.CharField(_("interval of the rule"), max_length=16, blank=True)
    every_firm = models.CharField(_("interval of the firm"), max_length=16, default="P1Y")
    owner = models.ForeignKey(
        Person, verbose_name=_("owner"), null=True, blank=True, on_delete=models.PROTECT, related_name="items"
    )
    in_force_until = models.DateField(_("in force until"), null=True, blank=True)
    result = models.CharField(_("result"), max_length=12, choices=RESULTS, blank=True)
    next_state = models.CharField(_("under way"), max_length=12, blank=True)
    retired_at = models.DateTimeField(_("no longer asked since"), null=True, blank=True)

    class Meta:
        verbose_name = _("item")
        verbose_name_plural = _("items")

    def __str__(self) -> str:
        return str(self.item_id)

    @property
    def interval(self) -> str:
        """The interval that counts: the rule's, or the firm's."""
        return self.every or self.every_firm

    def stands(self, on: date) -> str:
        """How it stands on a day (``STATES``)."""
        if self.retired_at is not None:
            return "retired"
        if self.in_force_until is None:
            return self.next_state or "missing"
        if self.in_force_until < on:
            return "expired"
        if self.result != "met":
            return "not_met"
        return "expiring" if self.in_force_until <= on + timedelta(days=EXPIRES_SOON_DAYS) else "in_force"


def standing(rows: QuerySet[Any], on: date) -> QuerySet[Any]:
    """The rows with ``standing``: what ``Item.stands`` says, for the database to filter and count by."""
    soon = on + timedelta(days=EXPIRES_SOON_DAYS)
    told: QuerySet[Any] = rows.annotate(
        standing=Case(
            When(retired_at__isnull=False, then=Value("retired")),
            When(in_force_until=None, next_state="", then=Value("missing")),
            When(in_force_until=None, then=F("next_state")),
            When(in_force_until__lt=on, then=Value("expired")),
            When(~Q(result="met"), then=Value("not_met")),
            When(in_force_until__lte=soon, then=Value("expiring")),
            default=Value("in_force"),
            output_field=CharField(),
        )
    )
    return told


class Attestation(Kept):
    """One time somebody vouched for an item: drafted by its owner, in force once an independent second person has reviewed it."""

    TWO_PEOPLE = {"reviewed_at": ("attestation",), "expires_on": ("attestation",)}  # noqa: RUF012 - as rows say it

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="attestations")
    owner = models.ForeignKey(Person, verbose_name=_("owner"), on_delete=models.PROTECT, related_name="+")
    state = models.CharField(
        _("state"),
        max_length=12,
        choices=[*STATES[1:5], ("superseded", _("superseded")), ("withdrawn", _("withdrawn"))],
        default="drafted",
    )
    statement = models.TextField(_("statement"))
    result = models.CharField(_("result"), max_length=12, choices=RESULTS)
    base_on = models.DateField(_("speaks of the day"))
    drafted_at = models.DateTimeField(_("drafted"))
    submitted_at = models.DateTimeField(_("handed in"), null=True, blank=True)
    reviewer = models.ForeignKey(
        Person, verbose_name=_("reviewer"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reviewed_at = models.DateTimeField(_("reviewed"), null=True, blank=True)
    review_words = models.TextField(_("the reviewer says"), blank=True)
    expires_on = models.DateField(_("expires"), null=True, blank=True)

    class Meta:
        verbose_name = _("attestation")
        verbose_name_plural = _("attestations")
        constraints = (
            models.CheckConstraint(condition=Q(reviewer=None) | ~Q(reviewer=F("owner")), name="reviewer_is_not_owner"),
            models.UniqueConstraint(
                fields=["item"], condition=Q(state__in=["drafted", "in_review", "returned"]), name="one_attestation_under_way"
            ),
        )

    def __str__(self) -> str:
        return f"{self.item_id}: {self.pk}"


class Evidence(Kept):
    """What an attestation rests on: a file (by its SHA-256) or a record (table and id). Fixed once it is handed in."""

    attestation = models.ForeignKey(Attestation, on_delete=models.PROTECT, related_name="evidence")
    evidence_kind = models.CharField(_("kind"), max_length=8, choices=[("file", _("file")), ("record", _("record"))])
    name = models.CharField(_("name"), max_length=200)
    sha256 = models.CharField(_("SHA-256"), max_length=64, blank=True)
    size = models.BigIntegerField(_("bytes"), null=True, blank=True)
    media = models.CharField(_("kind of file"), max_length=100, blank=True)
    words = models.TextField(_("what it shows"), blank=True)
    added_at = models.DateTimeField(_("added"))
    by = models.CharField(_("by"), max_length=64)

    class Meta:
        verbose_name = pgettext_lazy("attestations", "evidence")
        verbose_name_plural = pgettext_lazy("attestations", "evidence")

    def __str__(self) -> str:
        return str(self.name)

    @classmethod
    def kind(cls) -> str:
        """What the journal calls it: cases have evidence of their own."""
        return "attestationevidence"


class UnitMeaning(Kept):
    """Which units of the firm a rule means by its word for one (custody department: operations, wallet desk)."""

    word = models.CharField(_("word of the rules"), max_length=200, primary_key=True)
    units = models.JSONField(_("units of the firm"), default=list)

    class Meta:
        verbose_name = _("meaning of a unit")
        verbose_name_plural = _("meanings of units")

    def __str__(self) -> str:
        return str(self.word)
