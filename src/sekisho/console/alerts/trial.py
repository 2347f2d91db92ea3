"""What the queue begins with in a console for trying: the findings of the inspection, some of them in people's hands."""

from __future__ import annotations

from datetime import datetime, timedelta

import pyarrow.parquet as pq
from django.utils import timezone

from sekisho.console.alerts import working
from sekisho.console.alerts.dispositions import propose_disposition
from sekisho.console.alerts.intake import take_in_run
from sekisho.console.alerts.models import Alert
from sekisho.console.journal.acting import SYSTEM
from sekisho.console.people.actor import Actor
from sekisho.console.people.models import Account
from sekisho.console.trial import Trial


def begin(trial: Trial) -> None:
    """Take the findings in, let two people claim some, put one aside, and propose what became of one."""
    take_in_run(trial.findings, SYSTEM, _raised(trial), books=trial.books)
    now = timezone.now()  # roles hold from the moment they were given, which is after the trial began
    people = [Actor.of(account, now) for account in Account.objects.filter(username__in=("tanaka", "ito")).order_by("pk")]
    if not people:
        return
    claimed = []
    for number in range(6):
        alert = working.claim_next(people[number % len(people)], Alert.objects.all())
        if alert is not None:
            claimed.append((people[number % len(people)], str(alert.alert_id)))
    if len(claimed) > 4:
        actor, alert_id = claimed[3]
        until = trial.at.astimezone(working.JAPAN).date() + timedelta(days=7)
        working.snooze(actor, alert_id, until, "waiting_client", "Asked where the coins come from")
        actor, alert_id = claimed[4]
        propose_disposition(actor, alert_id, "false_positive", "known_pattern", "Rebalancing of the client's own accounts")


def _raised(trial: Trial) -> datetime:
    """Two days ago, but not before the last act found was over: an alert comes after what it tells of."""
    ends = pq.read_table(trial.findings / "findings.parquet", columns=["window_until"]).column(0).to_pylist()
    over = max((end for end in ends if end <= trial.at), default=trial.at)
    return max(trial.at - timedelta(days=2), over)
