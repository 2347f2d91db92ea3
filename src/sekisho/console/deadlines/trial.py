"""What a console for trying begins with: the terms of its books, and the draft of the clients' property report that is due."""

from __future__ import annotations

from sekisho.console.deadlines.looking import look
from sekisho.console.deadlines.meeting import begin_filing
from sekisho.console.deadlines.models import Obligation
from sekisho.console.filings.trial import writer_at
from sekisho.console.trial import Trial


def begin(trial: Trial) -> None:
    """Look once, and begin the first report on clients' property that is owed."""
    look(trial.at)
    first = Obligation.objects.filter(name="property_report", state="open").order_by("due_on").first()
    if first is not None:
        begin_filing(writer_at(trial.at), first.pk)
