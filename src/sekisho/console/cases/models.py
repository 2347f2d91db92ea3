"""A case: findings of any kind, joined, and what people decided about them."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from sekisho.console.alerts.models import SEVERITIES, Alert
from sekisho.console.journal.acting import Kept

STATES = [("open", _("open")), ("investigating", _("under investigation")), ("reported", _("reported")), ("closed", _("closed"))]


class Case(Kept):
    """A case. It closes and opens again only by two people."""

    TWO_PEOPLE = {"closed_at": ("close case", "reopen case"), "outcome": ("close case", "reopen case")}  # noqa: RUF012 - as rows say it

    case_id = models.CharField(_("case"), max_length=32, primary_key=True)
    title = models.CharField(_("title"), max_length=300)
    chapter = models.CharField(_("chapter"), max_length=64)
    severity = models.CharField(_("severity"), max_length=8, choices=SEVERITIES)
    rank = models.SmallIntegerField(_("rank"))
    state = models.CharField(_("state"), max_length=16, choices=STATES, default="open")
    parties = models.JSONField(_("parties"), default=list)
    opened_at = models.DateTimeField(_("opened"))
    opened_by = models.CharField(_("opened by"), max_length=64)
    assignee = models.CharField(_("assigned to"), max_length=64, blank=True)
    due_at = models.DateTimeField(_("due"))
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    outcome = models.CharField(_("outcome"), max_length=32, blank=True)
    narrative_en = models.TextField(_("narrative in English"), blank=True)
    narrative_ja = models.TextField(_("narrative in Japanese"), blank=True)

    class Meta:
        verbose_name = _("case")
        verbose_name_plural = _("cases")

    def __str__(self) -> str:
        return str(self.case_id)


class CaseAlert(Kept):
    """An alert in a case; an alert is in one case at most."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="joined")
    alert = models.OneToOneField(Alert, on_delete=models.PROTECT, related_name="joined")
    joined_at = models.DateTimeField(_("joined"))

    class Meta:
        verbose_name = _("alert in a case")
        verbose_name_plural = _("alerts in cases")

    def __str__(self) -> str:
        return f"{self.case_id}: {self.alert_id}"


class Note(Kept):
    """A note on a case; notes are added, never changed."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="notes")
    at = models.DateTimeField(_("at"))
    by = models.CharField(_("by"), max_length=64)
    words = models.TextField(_("words"))

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")

    def __str__(self) -> str:
        return f"{self.case_id} {self.at}"
