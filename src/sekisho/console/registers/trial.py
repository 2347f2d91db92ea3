"""What the registers begin with in a console for trying: those of the books, a fact with insiders, a question for clearance."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from sekisho.console.approvals.four_eyes import decide
from sekisho.console.journal.acting import SYSTEM
from sekisho.console.people.actor import Actor
from sekisho.console.people.models import Account, Grant
from sekisho.console.registers import clearing, facts, importing, restricted, trades, values
from sekisho.console.registers.clearing import Wish
from sekisho.console.registers.facts import NewFact, NewInsider, NewPublication
from sekisho.console.registers.kinds import KINDS
from sekisho.console.registers.rows import change
from sekisho.console.trial import Trial

_BOARD = "Board of directors, 2026-04-01 (for trying)"


def begin(trial: Trial) -> None:
    """Take in the books' registers; an open fact known from social media alone, a restriction, the firm's values, two questions."""
    at = max(trial.at, Grant.objects.latest("given_at").given_at)
    officer, head, trader, colleague = (
        Actor.of(Account.objects.get(username=name), at) for name in ("tanaka", "sato", "suzuki", "kato")
    )
    importing.take_in(trial.books, at)
    for name, value in (("clearance_hours", "24"), ("cooling_hours", "12"), ("holding_days", "30"), ("minutes_per_alert", "15")):
        _done(head, values.propose_value(officer, name, Decimal(value), timezone.localdate(at), _BOARD))
    _facts(officer, trader)
    _done(
        head, restricted.propose_restriction(officer, "DOGE", "staff", "business", "A placing is being talked about with a client.")
    )
    restricted.watch(officer, "ETH", "Rumours of a large sale; nothing known.")
    change(officer, KINDS["operator_warning"], _WARNING, "new", "as published")
    clearing.ask(trader, Wish(account_id="A-SUZUKI", asset="LTC", side="buy", quantity=Decimal("0.05"), words="savings plan"))
    answered = clearing.ask(colleague, Wish(account_id="A-KATO", asset="XRP", side="sell", quantity=Decimal(300)))
    clearing.decide(officer, answered.pk, False, "An unpublished fact about the asset is on the register.")
    trades.compare(SYSTEM, trial.books, at)


def _facts(officer: Actor, trader: Actor) -> None:
    arose = officer.at - timedelta(days=2)
    told = NewFact(
        fact_id="TRY-1", asset="XRP", category="exchange", arose_at=arose.isoformat(), direction="down",
        summary="The listing committee decided to end handling of the asset at the end of next month.",
    )  # fmt: skip
    fact = facts.record(officer, told)
    for party, capacity, source, how in (
        (trader.person.party_id, "exchange", officer.person.party_id, "prepares the wallets for the return of assets"),
        ("P-TRY-ISSUER", "issuer", "", "was heard by the committee"),
    ):
        facts.add_insider(
            officer, fact,
            NewInsider(
                party_id=party, learned_at=(arose + timedelta(hours=5)).isoformat(), capacity=capacity,
                learned_from_party_id=source, how=how,
            ),
        )  # fmt: skip
    post = NewPublication(
        channel="social_media", published_at=(arose + timedelta(hours=30)).isoformat(), address="a post of somebody unknown"
    )
    facts.publish(officer, fact, post)


_WARNING = {
    "warning_id": "TRY-W1",
    "name": "Rocket Coin Exchange",
    "domains": "rocket-coin.example",
    "warned_on": "2026-10-01",
    "issued_by": "FSA",
    "source": "https://www.fsa.go.jp/ (for trying)",
    "owner": "Compliance",
}


def _done(head: Actor, proposal: Any) -> None:
    decide(head, proposal.pk, True)
