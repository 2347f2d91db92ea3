"""Hearing: when what a part owes changes (a report is sent, a term set, an attestation reviewed) the calendar takes it up at once.

It does so after the act, in an act of the office's own. Should it be interrupted, nothing is lost: the next look takes it up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection, models, transaction
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.utils import timezone

from sekisho.console.deadlines.looking import take_up
from sekisho.console.filings.owed import SOURCES, Source
from sekisho.console.journal.acting import Act, acting_now


@dataclass(frozen=True, slots=True)
class _TakeUp:
    """Waits for the commit, once in an act for each source, however many rows change."""

    source: Source
    act: Act

    def __call__(self) -> None:
        take_up(self.source, timezone.now())


@receiver(post_save, dispatch_uid="the calendar hears")
def _heard(sender: type[models.Model], **_more: Any) -> None:
    source = next((each for each in SOURCES if sender in each.of), None)
    if source is None:
        return
    take = _TakeUp(source, acting_now())
    if not any(entry[1] == take for entry in connection.run_on_commit):
        transaction.on_commit(take, robust=True)
