"""What a console for trying begins with: drafts about a case it has, a report of a suspicious transaction among them."""

from __future__ import annotations

from datetime import datetime

from sekisho.console.cases.models import Case
from sekisho.console.filings import life
from sekisho.console.people.actor import Actor
from sekisho.console.people.models import Account, Grant
from sekisho.console.trial import Trial

WRITER = "tanaka"


def begin(trial: Trial) -> None:
    """Drafts for the gravest open case: what an officer would begin after opening it. Without a case there are none."""
    writer = writer_at(trial.at)
    case = Case.objects.exclude(state="closed").order_by("-rank", "case_id").first()
    if case is None or not writer.parties.isdisjoint(case.parties):
        return
    life.begin(writer, "suspicious-transaction", case=case)
    life.begin(writer, "unfair-trading", case=case)


def writer_at(at: datetime) -> Actor:
    """The officer who writes, at the moment, or when the roles were given if that is later."""
    account = Account.objects.get(username=WRITER)
    return Actor.of(account, max([at, *Grant.objects.filter(account=account).values_list("given_at", flat=True)]))
