"""Deposit in another's name: after money that the account holder did not remit, transfers out wait until it is explained."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sekisho.engine.answers import Evidence, Found, Outcome, Reason
from sekisho.engine.lookback import Sign, lookback, released, schemes, transfer_out
from sekisho.engine.request_steps import approval
from sekisho.records.table import key_text
from sekisho.typologies.custody import share
from sekisho.typologies.valuation import total
from sekisho.typologies.waiting import length_of_hours

if TYPE_CHECKING:
    from sekisho.engine.requests import Request, TransferRequest, View
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def decide(request: Request, view: View, p: Parameters) -> Iterator[Reason]:
    """Hold a transfer out while money in another's name lies within the period, until somebody has looked and approved."""
    asked = transfer_out(request, p.counterparties)
    if asked is not None:
        yield from (sign.reason for sign in _signs(asked, view, p))


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """Transfers that left within the period after a deposit in another's name, and that nobody approved."""
    events = records.account_event
    others = events.filter(events.kind == "fiat_deposit", ~events.remitter_name_matches)
    asked = released(records, p.counterparties).semi_join(others, "account_id")
    books = {"account": None, "account_event": length_of_hours(p.hours_after_deposit), "request_event": None}
    yield from schemes(lookback(records, p, _signs, asked, books))


def _signs(request: TransferRequest, view: View, p: Parameters) -> Iterator[Sign]:
    period = length_of_hours(p.hours_after_deposit)
    since = request.requested_at - period
    others = [
        e
        for e in view.events(request.account_id, since)
        if e.remitter_name_matches is False and e.kind == "fiat_deposit" and e.occurred_at > since
    ]
    if not others or approval(request, view) is not None:
        return
    amount_jpy = total(e.amount_jpy for e in others if e.amount_jpy is not None)
    releases_at = others[-1].occurred_at + period
    yield Sign(
        Reason(
            outcome=Outcome.hold,
            sentence="in_anothers_name",
            facts={
                "account": request.account_id,
                "deposits": len(others),
                "deposits_jpy": amount_jpy,
                "deposited_at": others[-1].occurred_at,
                "releases_at": releases_at,
            },
            releases_at=releases_at,
        ),
        since=others[0].occurred_at,
        score=share(min(amount_jpy, request.value_jpy), request.value_jpy),
        evidence=tuple(Evidence("account_event", f"{request.account_id}|{key_text(e.occurred_at)}|{e.kind}") for e in others),
    )
