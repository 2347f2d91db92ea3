"""What the impact lab begins with in a console for trying: one small study of the books, worked out."""

from __future__ import annotations

from django.conf import settings

from sekisho.console.impact.asking import ANSWER_KEY, Question, ask
from sekisho.console.impact.running import work
from sekisho.console.people.actor import Actor
from sekisho.console.people.models import Account, Grant
from sekisho.console.trial import Trial

_RULES = "transfers/cooling_off,transfers/anti_fraud_steps,unfair_trading/insider_dealing,client_assets/cold_storage"


def begin(trial: Trial) -> None:
    """Compare the law in force with the Act to come over the books; where the console was told of none, nothing is asked."""
    if settings.CHOSEN.books is None:
        return
    at = max(trial.at, Grant.objects.latest("given_at").given_at)
    officer = Actor.of(Account.objects.get(username="tanaka"), at)
    known = (trial.books / ANSWER_KEY).is_file()
    question = Question(
        before="PSA-2026", after="FIEA-ACT64", rules=_RULES, known=known,
        assume="transfers/cooling_off.days=7", vary="transfers/cooling_off.days=1,3,7,30",
    )  # fmt: skip
    ask(officer, question)
    work()
