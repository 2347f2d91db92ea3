"""A study: one question about a change of law or value, asked of the books in the background, and kept by its inputs."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from sekisho.console.journal.acting import Kept

KINDS = [("compare", _("two regimes over the books")), ("gate-cost", _("what the gate costs and protects"))]
STATES = [("waiting", _("waits its turn")), ("running", _("runs")), ("done", _("done")), ("failed", _("failed"))]


class Study(Kept):
    """``key`` is the hash of all that goes in: books, rules, regimes, values. The same question is asked once."""

    key = models.CharField(_("study"), max_length=64, primary_key=True)
    study_kind = models.CharField(_("kind"), max_length=16, choices=KINDS)
    asked = models.JSONField(pgettext_lazy("impact", "asked"), default=dict)
    books = models.CharField(_("books"), max_length=300)
    state = models.CharField(_("state"), max_length=8, choices=STATES, default="waiting", db_index=True)
    asked_by = models.CharField(_("asked by"), max_length=64)
    asked_at = models.DateTimeField(_("asked on"))
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    said = models.TextField(_("what went wrong"), blank=True)

    class Meta:
        verbose_name = _("study")
        verbose_name_plural = _("studies")

    def __str__(self) -> str:
        return str(self.key)[:12]
