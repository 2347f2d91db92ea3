"""Signs of a takeover: a payee that is new since the device, phone or password of the account was changed waits a while."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sekisho.engine.answers import Evidence, Found, Outcome, Reason
from sekisho.engine.lookback import Sign, lookback, released, schemes, transfer_out
from sekisho.engine.request_steps import approval
from sekisho.records.table import key_text
from sekisho.typologies.client_flows import waited_share
from sekisho.typologies.payments import stated_words
from sekisho.typologies.waiting import length_of_hours

if TYPE_CHECKING:
    from sekisho.engine.requests import Request, TransferRequest, View
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def decide(request: Request, view: View, p: Parameters) -> Iterator[Reason]:
    """Hold a transfer to a payee that is new since a change of the account, until the period after the change is over."""
    asked = transfer_out(request, p.counterparties)
    if asked is not None:
        yield from (sign.reason for sign in _signs(asked, view, p))


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """Transfers that left to a new payee within the period after a change, and that nobody approved."""
    changes = records.account_event.filter(records.account_event.kind.isin(sorted(stated_words(p.changes))))
    asked = released(records, p.counterparties).semi_join(changes, "account_id")
    books = {"account": None, "transfer": None, "account_event": length_of_hours(p.hours_after_change), "request_event": None}
    yield from schemes(lookback(records, p, _signs, asked, books))


def _signs(request: TransferRequest, view: View, p: Parameters) -> Iterator[Sign]:
    period, kinds = length_of_hours(p.hours_after_change), stated_words(p.changes)
    since = request.requested_at - period
    changes = [e for e in view.events(request.account_id, since) if e.kind in kinds and e.occurred_at > since]
    if not changes:
        return
    first_used_at = view.first_used_at(request.account_id, request.address)
    before_payee = [e for e in changes if first_used_at is None or e.occurred_at <= first_used_at]
    if not before_payee or approval(request, view) is not None:
        return
    last = before_payee[-1]
    releases_at = last.occurred_at + period
    yield Sign(
        Reason(
            outcome=Outcome.hold,
            sentence="new_payee",
            facts={
                "account": request.account_id,
                "address": request.address,
                "change": last.kind,
                "changed_at": last.occurred_at,
                "first_used_at": first_used_at,
                "releases_at": releases_at,
            },
            releases_at=releases_at,
        ),
        since=last.occurred_at,
        score=waited_share(last.occurred_at, releases_at, request.requested_at),
        evidence=tuple(Evidence("account_event", f"{request.account_id}|{key_text(e.occurred_at)}|{e.kind}") for e in before_payee),
    )
