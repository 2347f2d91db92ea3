"""Suspension on suspicion: while the firm suspects that an account serves a crime, nothing is paid out of it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sekisho.engine.answers import Evidence, Found, Outcome, Reason
from sekisho.engine.lookback import Sign, lookback, released, schemes, transfer_out

if TYPE_CHECKING:
    from sekisho.engine.requests import Request, TransferRequest, View
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def decide(request: Request, view: View, p: Parameters) -> Iterator[Reason]:
    """Hold every transfer out of an account under suspicion until the suspicion is cleared up; no approval releases it."""
    asked = transfer_out(request)
    if asked is not None:
        yield from (sign.reason for sign in _signs(asked, view, p))


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """Transfers that left while the account was under suspicion."""
    asked = released(records).semi_join(records.suspicion, "account_id")
    yield from schemes(lookback(records, p, _signs, asked, {"account": None, "suspicion": None}))


def _signs(request: TransferRequest, view: View, _p: Parameters) -> Iterator[Sign]:
    now = request.requested_at
    standing = [s for s in view.suspicions(request.account_id) if s.cleared_at is None or now < s.cleared_at]
    if standing:
        first = standing[0]
        facts: dict[str, Any] = {
            "account": request.account_id,
            "suspicions": len(standing),
            "source": first.source,
            "arose_at": first.arose_at,
        }
        yield Sign(
            Reason(outcome=Outcome.hold, sentence="suspected", facts=facts),
            since=first.arose_at,
            score=Decimal(1),
            evidence=tuple(Evidence("suspicion", s.suspicion_id) for s in standing),
        )
