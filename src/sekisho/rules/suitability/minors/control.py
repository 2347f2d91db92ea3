"""Minors: an order waits unless a legal representative has agreed to it, and no further than he has agreed."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from sekisho.engine.answers import Fact, Found, Outcome, Reason
from sekisho.engine.client_records import not_of_age
from sekisho.engine.clients import client_of, worth_jpy
from sekisho.engine.order_replay import by_account, ordering, stopped
from sekisho.engine.requests import OrderRequest

if TYPE_CHECKING:
    from sekisho.engine.requests import Request, View
    from sekisho.records import Records
    from sekisho.rulebook import Parameters

_SAID = {
    "no_consent": "default",
    "over_consent": "found_over_consent",
    "age_unknown": "found_age_unknown",
    "no_price": "found_no_price",
}
_UNLIMITED = Decimal("Infinity")


def decide(request: Request, view: View, p: Parameters) -> Iterator[Reason]:
    """Hold a minor's order without consent, refuse one beyond it; hold the order of a person whose age nobody knows."""
    if not isinstance(request, OrderRequest):
        return
    client = client_of(view, request.account_id, request.received_at, p.client_kinds)
    if client is None or client.kind == "corporate":
        return
    facts: dict[str, Fact] = {
        "order": request.order_id,
        "account": request.account_id,
        "age": client.age,
        "product": request.product,
    }
    if client.age is None:
        yield Reason(outcome=Outcome.hold, sentence="age_unknown", facts=facts)
        return
    if client.age >= p.age_of_majority:
        return
    standing = [
        (_UNLIMITED if one.limit_jpy is None else one.limit_jpy, one.consent_id)
        for one in view.consents(request.account_id)
        if one.stands(request.received_at, request.product) and one.guardian_party_id != client.party_id
    ]
    if not standing:
        yield Reason(outcome=Outcome.hold, sentence="no_consent", facts=facts)
        return
    limit, consent = max(standing)
    if limit == _UNLIMITED:
        return
    worth = worth_jpy(request, view)
    facts |= {"worth_jpy": worth, "limit_jpy": limit, "consent": consent}
    if worth is None:
        yield Reason(outcome=Outcome.hold, sentence="no_price", facts=facts)
    elif worth > limit:
        yield Reason(outcome=Outcome.refuse, sentence="over_consent", facts=facts)


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """Orders that were accepted all the same: one finding for each account and reason."""
    accounts = ordering(records, p.client_kinds) & not_of_age(records, p.age_of_majority)
    yield from by_account(stopped(records, accounts, decide, p, p.asked_since), p.score, _SAID)
