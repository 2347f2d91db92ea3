"""A certificate of client assets, made of the books on one day; its files lie beside the database, named by their hash here."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from sekisho.console.journal.acting import Kept

STATES = [("being_made", _("being made")), ("made", _("made")), ("failed", _("could not be made"))]


class Certificate(Kept):
    """The certificate of a day as the books then stood; other books of the same day give another certificate."""

    UNKEPT = frozenset({"summary"})

    day = models.DateField(_("day"), null=True, blank=True)
    asked_day = models.DateField(_("day asked for"), null=True, blank=True)
    books = models.CharField(_("books"), max_length=64)
    regime = models.CharField(_("regime"), max_length=32, blank=True)
    state = models.CharField(_("state"), max_length=12, choices=STATES, default="being_made")
    said = models.TextField(_("why not"), blank=True)
    asked_by = models.CharField(_("asked by"), max_length=64)
    asked_at = models.DateTimeField(pgettext_lazy("custody", "asked"))
    made_at = models.DateTimeField(_("made"), null=True, blank=True)
    digest = models.CharField(_("SHA-256 of certificate.json"), max_length=64, blank=True)
    summary = models.JSONField(_("summary"), default=dict, blank=True)

    class Meta:
        verbose_name = _("certificate of client assets")
        verbose_name_plural = _("certificates of client assets")
        constraints = [  # noqa: RUF012 - Django's
            models.UniqueConstraint(
                fields=["books"],
                condition=models.Q(state="being_made"),
                name="one_certificate_is_made_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return f"{self.day or self.asked_day or ''} {self.state}".strip()
