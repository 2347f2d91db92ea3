"""Holds: records that stay although their time is over, because somebody still needs them."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from sekisho.console.journal.acting import Kept


class Hold(Kept):
    """A record (kind and id), or everything that concerns a party, is not removed. One puts a hold; two people end it."""

    TWO_PEOPLE = {"ended_at": ("end a hold",)}  # noqa: RUF012 - as rows say it

    record_kind = models.CharField(_("kind"), max_length=64, blank=True)
    record_id = models.CharField(_("id"), max_length=128, blank=True)
    party_id = models.CharField(_("party in the records"), max_length=64, blank=True)
    why = models.TextField(_("why"))
    put_by = models.CharField(_("put by"), max_length=64)
    put_at = models.DateTimeField(_("since"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        verbose_name = _("hold")
        verbose_name_plural = _("holds")

    def __str__(self) -> str:
        return self.party_id or f"{self.record_kind} {self.record_id}"
