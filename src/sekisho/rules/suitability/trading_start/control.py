"""Trading-start criteria: a client orders in a product or an asset only when he meets what the firm asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sekisho.engine.answers import Fact, Found, Outcome, Reason
from sekisho.engine.client_records import always_meeting
from sekisho.engine.clients import added_to, client_of
from sekisho.engine.order_replay import by_account, ordering, stopped
from sekisho.engine.requests import OrderRequest
from sekisho.typologies.material_facts import japan_date
from sekisho.typologies.suitability import unmet

if TYPE_CHECKING:
    from sekisho.engine.requests import Request, View
    from sekisho.records import Records
    from sekisho.rulebook import Parameters

_SAID = {"unmet": "default", "no_criterion": "found_no_criterion"}


def decide(request: Request, view: View, p: Parameters) -> Iterator[Reason]:
    """Refuse an order whose giver does not meet a criterion; hold one that no criterion speaks of."""
    if not isinstance(request, OrderRequest):
        return
    client = client_of(view, request.account_id, request.received_at, p.client_kinds)
    if client is None:
        return
    asset = added_to(request, view)
    if asset is None:
        return
    facts: dict[str, Fact] = {
        "order": request.order_id,
        "account": request.account_id,
        "product": request.product,
        "asset": asset,
        "check": client.check.check_id if client.check else None,
    }
    criteria = view.criteria().of(request.product, asset, client, japan_date(request.received_at))
    if not criteria:
        yield Reason(outcome=Outcome.hold, sentence="no_criterion", facts=facts)
        return
    for criterion in criteria:
        missing = unmet(criterion, client)
        if missing is not None:
            told = {"criterion": criterion.criterion_id, "column": missing.column, "asked": missing.asked, "known": missing.known}
            yield Reason(outcome=Outcome.refuse, sentence="unmet", facts={**facts, **told})
            return


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """Orders that were accepted all the same: one finding for each account and reason."""
    accounts = ordering(records, p.client_kinds) - always_meeting(records)
    yield from by_account(stopped(records, accounts, decide, p, p.asked_since), p.score, _SAID)
