"""Limit of one order: what an order is worth is compared with the lowest limit that speaks of its client, product and asset."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from sekisho.engine.answers import Fact, Found, Outcome, Reason
from sekisho.engine.clients import MONEY, client_of, pair_of, worth_jpy
from sekisho.engine.order_bounds import UNKNOWN, lowest_limit, orders_worth_at_most
from sekisho.engine.order_replay import by_account, ordering, stopped
from sekisho.engine.requests import OrderRequest
from sekisho.typologies.material_facts import japan_date
from sekisho.typologies.suitability import Limit

if TYPE_CHECKING:
    from sekisho.engine.requests import Request, View
    from sekisho.records import Records
    from sekisho.rulebook import Parameters
    from sekisho.typologies.suitability import Client

_SAID = {"over": "default", "no_limit": "found_no_limit", "no_price": "found_no_price"}


def decide(request: Request, view: View, p: Parameters) -> Iterator[Reason]:
    """Refuse an order above the limit; hold one that no limit speaks of, or whose worth nobody can tell."""
    if not isinstance(request, OrderRequest):
        return
    client = client_of(view, request.account_id, request.received_at, p.client_kinds)
    if client is None:
        return
    limit, most = _lowest(request, view, client, p)
    base, _quote = pair_of(view, request.instrument)
    facts: dict[str, Fact] = {"order": request.order_id, "account": request.account_id, "product": request.product, "asset": base}
    if most is None:
        yield Reason(outcome=Outcome.hold, sentence="no_limit", facts=facts)
        return
    worth = worth_jpy(request, view)
    facts |= {"worth_jpy": worth, "limit": limit.limit_id if limit else None, "limit_jpy": most}
    if worth is None:
        yield Reason(outcome=Outcome.hold, sentence="no_price", facts=facts)
    elif worth > most:
        yield Reason(outcome=Outcome.refuse, sentence="over", facts=facts)


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """Orders that were accepted all the same: one finding for each account."""
    accounts = ordering(records, p.client_kinds) & _suspects(records, p)
    yield from by_account(stopped(records, accounts, decide, p, p.asked_since), p.score, _SAID)


def _lowest(request: OrderRequest, view: View, client: Client, p: Parameters) -> tuple[Limit | None, Decimal | None]:
    limits, day = view.limits(), japan_date(request.received_at)
    base, quote = pair_of(view, request.instrument)
    limit: Limit | None = None
    for product in (request.product, None):
        for asset in (None, base, quote):
            one = None if asset == MONEY else limits.lowest("order", product, asset, client, day)
            if one is not None and (limit is None or (one.limit_jpy, one.limit_id) < (limit.limit_jpy, limit.limit_id)):
                limit = one
    if p.association_limit_jpy is not None and (limit is None or p.association_limit_jpy < limit.limit_jpy):
        return None, p.association_limit_jpy
    return limit, limit.limit_jpy if limit is not None else None


def _suspects(records: Records, p: Parameters) -> frozenset[str]:
    """Accounts with an order that may be worth more than the lowest limit of all; all of them where a limit may be missing."""
    worth, lowest = orders_worth_at_most(records), lowest_limit(records, "order", p.association_limit_jpy)
    return frozenset(account for account, most in worth.items() if lowest is None or most == UNKNOWN or most > lowest)
