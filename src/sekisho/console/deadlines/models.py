"""An obligation: something to do by a day, what asks for it, and how it was met."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from sekisho.console.filings.models import Filing
from sekisho.console.journal.acting import Kept

STATES = [("open", pgettext_lazy("deadlines", "open")), ("met", _("met")), ("void", _("no longer owed"))]


class Obligation(Kept):
    """One obligation (Japan dates). Met means: by a filing that was filed, by a proof somebody named, or as the books say."""

    UNKEPT = frozenset({"because", "facts"})

    obligation_id = models.CharField(_("obligation"), max_length=40, primary_key=True)
    source = models.CharField(_("source"), max_length=64, db_index=True)
    rule = models.CharField(_("rule"), max_length=128, blank=True)
    name = models.CharField(_("what"), max_length=64)
    title_en = models.CharField(max_length=300)
    title_ja = models.CharField(max_length=300)
    chapter = models.CharField(_("chapter"), max_length=64)
    secret = models.BooleanField(_("confidential"), default=False)
    parties = models.JSONField(_("parties"), default=list, blank=True)
    arose_on = models.DateField(_("arose"))
    due_on = models.DateField(_("due"), db_index=True)
    because = models.JSONField(_("because"), default=dict)
    provision = models.CharField(_("provision"), max_length=200, blank=True)
    at = models.CharField(_("about"), max_length=300, blank=True)
    facts = models.JSONField(_("facts"), default=dict, blank=True)
    state = models.CharField(_("state"), max_length=8, choices=STATES, default="open", db_index=True)
    met_on = models.DateField(_("met on"), null=True, blank=True)
    met_by = models.CharField(_("met by"), max_length=64, blank=True)
    filing = models.ForeignKey(
        Filing, verbose_name=_("filing"), null=True, blank=True, on_delete=models.PROTECT, related_name="obligations"
    )
    proof = models.TextField(_("proof"), blank=True)
    proof_sha256 = models.CharField(_("SHA-256 of the proof"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("obligation")
        verbose_name_plural = _("obligations")
        constraints = (
            models.CheckConstraint(
                condition=~Q(state="met") | (Q(met_on__isnull=False) & (Q(filing__isnull=False) | ~Q(proof=""))),
                name="met_by_a_filing_or_a_proof",
            ),
        )

    def __str__(self) -> str:
        return str(self.obligation_id)

    def standing(self, today: date) -> str:
        """``late``, ``open``, ``met``, ``met late`` or ``void``, as of a day."""
        if self.state == "open":
            return "late" if self.due_on < today else "open"
        if self.state == "met":
            return "met late" if self.met_on is not None and self.met_on > self.due_on else "met"
        return str(self.state)


class Look(Kept):
    """The last look at the books and the sources: when, under which regime, and which rules could not tell, with why."""

    UNKEPT = frozenset({"looked_at"})

    looked_at = models.DateTimeField(_("looked"))
    began_on = models.DateField(_("kept since"))
    regime = models.CharField(_("regime"), max_length=32, blank=True)
    books_end_on = models.DateField(_("the books end on"), null=True, blank=True)
    silent: Any = models.JSONField(_("could not tell"), default=list, blank=True)

    class Meta:
        verbose_name = _("look at the terms")
        verbose_name_plural = _("looks at the terms")

    def __str__(self) -> str:
        return str(self.looked_at)
