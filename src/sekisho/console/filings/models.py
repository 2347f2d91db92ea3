"""A filing: what is told to an authority, its versions, who wrote, reviewed and filed it, and what the authority answered."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from sekisho.console.cases.models import Case
from sekisho.console.journal.acting import Kept

STATES = [
    ("draft", _("draft")),
    ("validated", _("validated")),
    ("reviewed", _("reviewed")),
    ("filed", _("filed")),
    ("accepted", _("accepted")),
    ("rejected", _("rejected by the authority")),
    ("amended", _("amended")),
    ("dropped", _("dropped")),
]
WRITABLE = ("draft", "validated", "reviewed")
CHANNELS = [
    ("e_gov", _("electronic application (e-Gov)")),
    ("medium", _("data medium")),
    ("paper", _("on paper")),
    ("sro", _("through the self-regulatory organisation")),
    ("other", _("other")),
]
_OUT = Q(state__in=["filed", "accepted", "rejected", "amended"])


class Filing(Kept):
    """One filing. That it was filed, when and how changes only when a second person approves; the database refuses a filed row
    without that, and a reviewer who wrote it."""

    TWO_PEOPLE = dict.fromkeys(("filed_at", "filed_on", "channel", "proposed_by", "approved_by"), ("file a report", "file STR"))

    filing_id = models.CharField(_("filing"), max_length=32, primary_key=True)
    filing_kind = models.CharField(_("kind"), max_length=40, db_index=True)
    secret = models.BooleanField(_("confidential"), default=False)
    chapter = models.CharField(_("chapter"), max_length=64)
    parties = models.JSONField(_("parties"), default=list, blank=True)
    case = models.ForeignKey(Case, verbose_name=_("case"), null=True, blank=True, on_delete=models.PROTECT, related_name="filings")
    incident_id = models.CharField(_("incident"), max_length=64, blank=True, db_index=True)
    about_on = models.DateField(_("speaks of"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=16, choices=STATES, default="draft", db_index=True)
    version = models.PositiveIntegerField(pgettext_lazy("filings", "version"), default=0)
    begun_at = models.DateTimeField(_("begun"))
    written_by = models.CharField(_("written by"), max_length=64)
    written_at = models.DateTimeField(_("written"))
    validated_at = models.DateTimeField(_("validated"), null=True, blank=True)
    reviewed_by = models.CharField(_("reviewed by"), max_length=64, blank=True)
    reviewed_at = models.DateTimeField(_("reviewed"), null=True, blank=True)
    proposed_by = models.CharField(_("filing proposed by"), max_length=64, blank=True)
    approved_by = models.CharField(_("filing approved by"), max_length=64, blank=True)
    filed_at = models.DateTimeField(_("recorded as filed"), null=True, blank=True)
    filed_on = models.DateField(_("filed on"), null=True, blank=True)
    channel = models.CharField(_("channel"), max_length=16, choices=CHANNELS, blank=True)
    receipt_number = models.CharField(_("receipt number"), max_length=100, blank=True)
    answered_on = models.DateField(_("answered on"), null=True, blank=True)
    answer = models.TextField(_("answer of the authority"), blank=True)
    amends = models.ForeignKey(
        "self", verbose_name=_("amends"), null=True, blank=True, on_delete=models.PROTECT, related_name="amendments"
    )

    class Meta:
        verbose_name = _("filing")
        verbose_name_plural = _("filings")
        constraints = (
            models.CheckConstraint(condition=Q(reviewed_by="") | ~Q(reviewed_by=F("written_by")), name="reviewer_is_not_writer"),
            models.CheckConstraint(
                condition=(_OUT & Q(filed_at__isnull=False) & ~Q(approved_by="") & ~Q(approved_by=F("proposed_by")))
                | (~_OUT & Q(filed_at__isnull=True)),
                name="filed_by_two_people",
            ),
        )

    def __str__(self) -> str:
        return str(self.filing_id)


class Version(Kept):
    """What a filing said at one time. Versions are added, never changed; the journal has their hash, not their content."""

    SECRETS = frozenset({"content"})

    version_id = models.CharField(pgettext_lazy("filings", "version"), max_length=48, primary_key=True)
    filing = models.ForeignKey(Filing, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(_("number"))
    content = models.JSONField(_("content"), default=dict)
    sha256 = models.CharField(max_length=64)
    written_by = models.CharField(_("written by"), max_length=64)
    written_at = models.DateTimeField(_("written"))

    class Meta:
        verbose_name = pgettext_lazy("filings", "version")
        verbose_name_plural = _("versions")
        constraints = (models.UniqueConstraint(fields=["filing", "number"], name="one_version_of_a_number"),)

    def __str__(self) -> str:
        return str(self.version_id)
