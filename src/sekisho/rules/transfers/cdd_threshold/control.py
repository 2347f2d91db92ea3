"""Customer check at the threshold: above 100,000 yen a client's transfer goes ahead only once the client has been checked."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sekisho.engine.answers import Found, Outcome, Reason
from sekisho.engine.lookback import Sign, lookback, released, schemes, transfer_out
from sekisho.engine.request_steps import account_of
from sekisho.typologies.client_flows import over
from sekisho.typologies.payments import stated_words

if TYPE_CHECKING:
    from sekisho.engine.requests import Request, TransferRequest, View
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def decide(request: Request, view: View, p: Parameters) -> Iterator[Reason]:
    """Hold a transfer above the threshold of a client of whom no check is on record."""
    asked = transfer_out(request)
    if asked is not None:
        yield from (sign.reason for sign in _signs(asked, view, p))


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """Transfers above the threshold that left before the client had been checked."""
    asked = released(records)
    asked = asked.filter(asked.value_jpy > p.threshold_jpy)
    yield from schemes(lookback(records, p, _signs, asked, {"account": None, "customer_check": None}))


def _signs(request: TransferRequest, view: View, p: Parameters) -> Iterator[Sign]:
    # APTCP-O 7(1)(i)ヤ: 「100,000円を超えるもの」, so a transfer of exactly the threshold needs no check.
    if request.value_jpy <= p.threshold_jpy:
        return
    facts: dict[str, Any] = {"account": request.account_id, "value_jpy": request.value_jpy}
    account = account_of(request, view)
    if account is None:
        reason = Reason(outcome=Outcome.hold, sentence="account_unknown", facts={**facts, "party": None})
        yield Sign(reason, since=request.requested_at, score=Decimal(1))
        return
    if account.kind in stated_words(p.own_kinds) or view.checks_of(account.party_id):
        return
    yield Sign(
        Reason(outcome=Outcome.hold, sentence="not_checked", facts={**facts, "party": account.party_id}),
        since=request.requested_at,
        score=over(request.value_jpy, p.threshold_jpy),
    )
