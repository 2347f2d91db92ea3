"""A report of an incident is sent: its clock stops and the log says so, whether a person wrote it down or a filing was filed."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from sekisho.console.incidents.clocks import in_language
from sekisho.console.incidents.models import Clock, Entry
from sekisho.console.people.actor import Actor


def write_sent(clock: Clock, actor: Actor, sent_at: datetime, words: str, reference: str = "", channel: str = "") -> None:
    """Stop the clock and write the line of the log; within an act."""
    clock.sent_at, clock.sent_by = sent_at, actor.person.person_id
    clock.sent_words, clock.reference = words, reference
    clock.save()
    if clock.code == "cause_report":
        _no_state_any_more(clock)
    Entry(
        incident=clock.incident,
        entry_kind="report",
        happened_at=sent_at,
        written_at=actor.at,
        by=actor.person.person_id,
        words=f"{in_language(clock, 'name')}: {words}",
        audience=clock.audience,
        channel=channel or reference,
    ).save()


def _no_state_any_more(cause: Clock) -> None:
    """Once the cause is reported, the state of affairs "while the cause is unknown" is no longer asked for."""
    for clock in cause.incident.clocks.filter(code="status_report", sent_at=None, waived_at=None):
        clock.sent_at, clock.sent_by = cause.sent_at, cause.sent_by
        clock.sent_words = _("The cause is found and was reported: no state of affairs is due any more.")
        clock.save()
