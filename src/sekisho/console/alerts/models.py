"""An alert: one finding, as somebody's work."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from sekisho.console.journal.acting import Kept

STATES = [
    ("open", _("open")),
    ("claimed", _("claimed")),
    ("snoozed", _("put aside")),
    ("in_case", _("in a case")),
    ("closed", _("closed")),
]
SEVERITIES = [("critical", _("critical")), ("high", _("high")), ("medium", _("medium")), ("low", _("low"))]
DISPOSITIONS = [
    ("confirmed", _("confirmed")),
    ("valuable", _("worth the look, not confirmed")),
    ("false_positive", _("false positive")),
]
RANK = {"low": 1, "medium": 2, "high": 3, "critical": 4}


class Alert(Kept):
    """One finding (a row of findings.parquet, unchanged) and what became of it."""

    TWO_PEOPLE = {"disposition": ("dispose alert", "dispose alerts", "close case")}  # noqa: RUF012 - as rows say it

    alert_id = models.CharField(_("alert"), max_length=80, primary_key=True)
    rule = models.CharField(_("rule"), max_length=128)
    chapter = models.CharField(_("chapter"), max_length=64)
    regime = models.CharField(_("regime"), max_length=32)
    as_of = models.DateField(_("judged on"))
    severity = models.CharField(_("severity"), max_length=8, choices=SEVERITIES)
    rank = models.SmallIntegerField(_("rank"))
    score = models.FloatField(_("score"))
    subject_kind = models.CharField(_("kind of subject"), max_length=32)
    subject_id = models.CharField(_("subject"), max_length=128)
    instrument = models.CharField(_("instrument"), max_length=64, blank=True)
    asset = models.CharField(_("asset"), max_length=32, blank=True)
    window_from = models.DateTimeField(_("from"))
    window_until = models.DateTimeField(_("until"))
    amount_jpy = models.DecimalField(_("amount (JPY)"), max_digits=38, decimal_places=8, null=True, blank=True)
    evidence = models.JSONField(_("evidence"), default=list)
    parameters = models.JSONField(_("values used"), default=dict)
    summary_en = models.TextField(_("in English"))
    summary_ja = models.TextField(_("in Japanese"))
    parties = models.JSONField(_("parties"), default=list)
    raised_at = models.DateTimeField(_("raised"))
    due_at = models.DateTimeField(_("due"))
    state = models.CharField(_("state"), max_length=8, choices=STATES, default="open")
    assignee = models.CharField(_("assigned to"), max_length=64, blank=True)
    claimed_at = models.DateTimeField(_("claimed"), null=True, blank=True)
    snoozed_until = models.DateTimeField(_("put aside until"), null=True, blank=True)
    disposition = models.CharField(_("disposition"), max_length=16, choices=DISPOSITIONS, blank=True)
    disposition_reason = models.CharField(_("reason"), max_length=64, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")

    def __str__(self) -> str:
        return str(self.alert_id)
