"""What is known of a client is looked at again: orders wait when the last suitability check is too old."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sekisho.engine.answers import Fact, Found, Outcome, Reason
from sekisho.engine.client_records import checked_throughout
from sekisho.engine.clients import added_to, client_of
from sekisho.engine.order_replay import by_account, ordering, stopped
from sekisho.engine.requests import OrderRequest
from sekisho.typologies.business_days import months_end_on
from sekisho.typologies.material_facts import japan_date

if TYPE_CHECKING:
    from sekisho.engine.requests import Request, View
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def decide(request: Request, view: View, p: Parameters) -> Iterator[Reason]:
    """Hold an order that adds to what the client holds when no check is on record, or the last one is too old."""
    if not isinstance(request, OrderRequest):
        return
    client = client_of(view, request.account_id, request.received_at, p.client_kinds)
    if client is None or added_to(request, view) is None:
        return
    facts: dict[str, Fact] = {"order": request.order_id, "account": request.account_id}
    check = client.check
    if check is None:
        yield Reason(outcome=Outcome.hold, sentence="none", facts=facts)
    elif japan_date(request.received_at) > months_end_on(japan_date(check.checked_at), int(p.months_max)):
        told = {**facts, "check": check.check_id, "checked_at": check.checked_at}
        yield Reason(outcome=Outcome.hold, sentence="old", facts=told)


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """Orders that were accepted all the same: one finding for each account and reason."""
    accounts = ordering(records, p.client_kinds) - checked_throughout(records, int(p.months_max))
    yield from by_account(stopped(records, accounts, decide, p, p.asked_since), p.score, {"old": "default", "none": "found_none"})
