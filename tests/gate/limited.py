"""A rulebook of one rule, a daily limit for each account, and askers of one journal in processes of their own."""

from __future__ import annotations

import multiprocessing
import shutil
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from sekisho.engine.requests import TransferRequest
from sekisho.gate import Gate
from sekisho.gate.clock import GivenClock
from sekisho.rulebook import Rulebook, load_rulebook
from sekisho.rulebook.loader import RULES_FOLDER

NOW = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)
LIMIT = 300
RULE = """
title: {en: Daily limit, ja: 一日の限度額}
statement: {en: An account sends no more than its limit in a day., ja: 口座からの送付は一日の限度額までとする。}
binds: [exchange]
questions: [decide]
regimes:
  - regime: PSA-2020
    status: in_force
    confidence: unknown
    provisions: []
    note: {en: Made up for a test., ja: 試験用。}
sentences:
  default: {en: "{sent} of {account} today", ja: "{account}の本日{sent}"}
false_positives:
  - {en: None., ja: なし。}
"""
CONTROL = f'''
"""Daily limit: what an account sends in a day stays below a limit."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from sekisho.engine.answers import Outcome, Reason
from sekisho.engine.requests import TransferRequest


def decide(request, view, p):
    """Refuse what would exceed the limit."""
    if not isinstance(request, TransferRequest):
        return
    past = view.transfers(request.account_id, request.requested_at - timedelta(days=1))
    sent = request.value_jpy + sum((one.value_jpy for one in past if not one.refused), Decimal(0))
    if sent > {LIMIT}:
        yield Reason(outcome=Outcome.refuse, facts={{"account": request.account_id, "sent": sent}})
'''
ASKERS = multiprocessing.get_context("forkserver")
ASKERS.set_forkserver_preload(["gate.limited", "sekisho.cli"])


def rules_in(folder: Path) -> Rulebook:
    """A folder of rules that holds the limit alone."""
    rule = folder / "transfers" / "limit"
    if not rule.exists():
        rule.mkdir(parents=True)
        for name in ("regimes.yaml", "documents.yaml", "framework.yaml"):
            shutil.copy(RULES_FOLDER / name, folder / name)
        (rule / "rule.yaml").write_text(RULE)
        (rule / "control.py").write_text(CONTROL)
    return load_rulebook(folder)


def ask(where: str, folder: Path, who: str, answers: Any) -> None:
    """Ask for 60 transfers of each of three accounts, many at a time, and put how many passed."""
    passed: Counter[str] = Counter()
    with Gate(where, rulebook=rules_in(folder), clock=GivenClock(NOW)) as gate:
        futures = [gate.submit(request(who, account, n)) for n in range(60) for account in ("A1", "A2", "A3")]
        for future in futures:
            decision = future.result()
            passed[decision.applied[0].facts.get("account", "passed")] += decision.outcome == "allow"
        answers.put((who, sum(passed.values()), gate.number))


def request(who: str, account: str, number: int) -> TransferRequest:
    """A transfer worth ten."""
    return TransferRequest(
        transfer_id=f"{who}-{account}-{number}",
        requested_at=NOW,
        account_id=account,
        direction="out",
        asset="BTC",
        quantity=Decimal(1),
        value_jpy=Decimal(10),
        address="bc1",
    )
