"""Extra care for elderly clients: a larger order is confirmed by the client and approved by a second person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sekisho.engine.answers import Fact, Found, Outcome, Reason
from sekisho.engine.client_records import of_age
from sekisho.engine.clients import added_to, client_of, worth_jpy
from sekisho.engine.order_replay import by_account, ordering, stopped
from sekisho.engine.requests import OrderRequest

if TYPE_CHECKING:
    from sekisho.engine.requests import Request, View
    from sekisho.records import Records
    from sekisho.rulebook import Parameters

_SAID = {"no_approval": "default", "no_confirmation": "found_no_confirmation", "no_price": "found_no_price"}


def decide(request: Request, view: View, p: Parameters) -> Iterator[Reason]:
    """Hold a larger order of an elderly client that adds to what he holds, until both have spoken."""
    if not isinstance(request, OrderRequest):
        return
    client = client_of(view, request.account_id, request.received_at, p.client_kinds)
    if client is None or client.age is None or client.age < p.age_from or added_to(request, view) is None:
        return
    worth = worth_jpy(request, view)
    facts: dict[str, Fact] = {
        "order": request.order_id,
        "account": request.account_id,
        "age": client.age,
        "worth_jpy": worth,
    }
    if worth is None:
        yield Reason(outcome=Outcome.hold, sentence="no_price", facts=facts)
        return
    if worth < p.value_jpy_min:
        return
    events = view.events_of_request(request.order_id)
    if not any(event.kind == "risk_confirmed" and event.party_id == client.party_id for event in events):
        yield Reason(outcome=Outcome.hold, sentence="no_confirmation", facts=facts)
    if not any(event.kind == "approved" and event.party_id != client.party_id for event in events):
        yield Reason(outcome=Outcome.hold, sentence="no_approval", facts=facts)


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """Orders that were accepted all the same: one finding for each account and reason."""
    accounts = ordering(records, p.client_kinds) & of_age(records, p.age_from)
    yield from by_account(stopped(records, accounts, decide, p, p.asked_since), p.score, _SAID)
