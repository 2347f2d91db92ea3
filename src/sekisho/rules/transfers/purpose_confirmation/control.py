"""Purpose of a transfer: nothing goes ahead for which the client has not said what it is for."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from sekisho.engine.answers import Found, Outcome, Reason
from sekisho.engine.lookback import Sign, lookback, released, schemes, transfer_out
from sekisho.engine.request_steps import purpose_of
from sekisho.typologies.payments import stated_words

if TYPE_CHECKING:
    from sekisho.engine.requests import Request, TransferRequest, View
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def decide(request: Request, view: View, p: Parameters) -> Iterator[Reason]:
    """Hold a transfer without a purpose on it, or given by the client since."""
    asked = transfer_out(request, p.counterparties)
    if asked is not None:
        yield from (sign.reason for sign in _signs(asked, view, p))


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """Transfers that left without a recorded purpose."""
    books = {"account": None, "request_event": None}
    yield from schemes(lookback(records, p, _signs, released(records, p.counterparties), books))


def _signs(request: TransferRequest, view: View, p: Parameters) -> Iterator[Sign]:
    purpose = purpose_of(request, view)
    if purpose is not None and (p.no_answers is None or purpose.casefold() not in stated_words(p.no_answers)):
        return
    facts = {"account": request.account_id, "address": request.address, "purpose": purpose}
    sentence = "no_purpose" if purpose is None else "no_answer"
    yield Sign(Reason(outcome=Outcome.hold, sentence=sentence, facts=facts), since=request.requested_at, score=Decimal(1))
