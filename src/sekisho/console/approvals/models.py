"""A proposal: what one person wants done, and what another said to it. The database itself refuses one person as both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from sekisho.console.journal.acting import Act, Kept, NotTwoPeople, plain

STATES = [
    ("open", pgettext_lazy("approvals", "open")),
    ("approved", _("approved")),
    ("rejected", _("rejected")),
    ("withdrawn", _("withdrawn")),
]


class Proposal(Kept):
    """Something that takes two people. ``payload`` is what the effect needs; ``parties`` are those it concerns."""

    STAYS = True

    proposal_kind = models.CharField(_("what"), max_length=64)
    about_kind = models.CharField(_("about"), max_length=64)
    about_id = models.CharField(_("id"), max_length=128)
    chapter = models.CharField(_("chapter"), max_length=64, blank=True)
    parties = models.JSONField(_("parties"), default=list, blank=True)
    payload = models.JSONField(_("details"), default=dict, blank=True)
    reason_code = models.CharField(_("reason"), max_length=64)
    reason = models.TextField(_("in words"), blank=True)
    state = models.CharField(_("state"), max_length=16, choices=STATES, default="open", db_index=True)
    proposed_by = models.CharField(_("proposed by"), max_length=64)
    proposed_account = models.CharField(max_length=150)
    proposed_at = models.DateTimeField(_("proposed"))
    decided_by = models.CharField(_("decided by"), max_length=64, blank=True)
    decided_account = models.CharField(max_length=150, blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_words = models.TextField(_("said"), blank=True)

    class Meta:
        verbose_name = _("proposal")
        verbose_name_plural = _("proposals")
        constraints = (
            models.CheckConstraint(
                condition=~Q(state__in=["approved", "rejected"]) | (~Q(decided_by=F("proposed_by")) & ~Q(decided_by="")),
                name="two_people",
            ),
            models.UniqueConstraint(
                fields=["proposal_kind", "about_kind", "about_id"], condition=Q(state="open"), name="one_open_proposal"
            ),
        )
        indexes = (models.Index(fields=["about_kind", "about_id"], name="proposals_about"),)

    def __str__(self) -> str:
        return f"{self.proposal_kind} {self.about_id}"

    def need_two_people(self, act: Act, stored: Mapping[str, Any] | None) -> None:
        """Nobody proposes or decides in somebody else's name, and what was proposed or decided stays as it was."""
        super().need_two_people(act, stored)
        if stored is None and (self.proposed_by != act.author.person or self.state != "open"):
            raise NotTwoPeople(_("a proposal is made by the person who acts, who is %(person)s") % {"person": act.author.person})
        if stored is not None:
            proposed = (
                "proposal_kind",
                "about_kind",
                "about_id",
                "chapter",
                "parties",
                "payload",
                "proposed_by",
                "proposed_account",
            )
            if stored["state"] != "open" or any(plain(stored[name]) != plain(getattr(self, name)) for name in proposed):
                raise NotTwoPeople(_("what was proposed or decided stays as it was; propose anew"))
            if self.state != "open" and self.decided_by != act.author.person:
                raise NotTwoPeople(
                    _("a proposal is decided by the person who acts, who is %(person)s") % {"person": act.author.person}
                )
