"""Limit of holdings: what a client would hold after an order is compared with the limits that speak of him."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from sekisho.engine.answers import Fact, Found, Outcome, Reason
from sekisho.engine.clients import client_of
from sekisho.engine.exposure import exposure_after, worth_of
from sekisho.engine.order_bounds import UNKNOWN, held_at_most, lowest_limit
from sekisho.engine.order_replay import by_account, ordering, stopped
from sekisho.engine.requests import OrderRequest
from sekisho.typologies.material_facts import japan_date

if TYPE_CHECKING:
    from sekisho.engine.requests import Request, View
    from sekisho.records import Records
    from sekisho.rulebook import Parameters
    from sekisho.typologies.suitability import Client

_SAID = {"over": "default", "no_limit": "found_no_limit", "no_price": "found_no_price"}
Scope = tuple[str | None, str | None, str | None, Decimal]
"""A limit as it applies: its id (None for the association's), product, asset and amount in yen."""


def decide(request: Request, view: View, p: Parameters) -> Iterator[Reason]:
    """Refuse an order that adds to a holding above its limit; hold one that no limit speaks of, or that cannot be valued."""
    if not isinstance(request, OrderRequest):
        return
    client = client_of(view, request.account_id, request.received_at, p.client_kinds)
    if client is None:
        return
    after = exposure_after(request, view)
    if after.asset is None:
        return
    facts: dict[str, Fact] = {"order": request.order_id, "account": request.account_id, "product": request.product}
    scopes = list(_scopes(request, view, client, after.asset, p))
    if not scopes:
        yield Reason(outcome=Outcome.hold, sentence="no_limit", facts={**facts, "asset": after.asset})
        return
    if after.unpriced is not None:
        yield Reason(outcome=Outcome.hold, sentence="no_price", facts={**facts, "asset": after.unpriced})
        return
    for limit, product, asset, most in scopes:
        value, missing = worth_of(after, product, asset, view)
        told: dict[str, Fact] = {**facts, "held": asset or "all", "after_jpy": value, "limit": limit, "limit_jpy": most}
        if value > most:
            yield Reason(outcome=Outcome.refuse, sentence="over", facts=told)
            return
        if missing is not None:
            yield Reason(outcome=Outcome.hold, sentence="no_price", facts={**facts, "asset": missing})
            return


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """Orders that were accepted all the same: one finding for each account."""
    accounts = ordering(records, p.client_kinds) & _suspects(records, p)
    yield from by_account(stopped(records, accounts, decide, p, p.asked_since), p.score, _SAID)


def _scopes(request: OrderRequest, view: View, client: Client, asset: str, p: Parameters) -> Iterator[Scope]:
    """The limits that speak of what the order adds to, the lowest of each kind."""
    limits, day = view.limits(), japan_date(request.received_at)
    for product in (request.product, None):
        for named in (asset, None):
            limit = limits.lowest("holding", product, named, client, day)
            if limit is not None:
                yield limit.limit_id, product, named, limit.limit_jpy
    if p.association_limit_jpy is not None:
        yield None, None, None, p.association_limit_jpy


def _suspects(records: Records, p: Parameters) -> frozenset[str]:
    """Accounts that may ever have held more than the lowest limit of all; all of them where a limit may be missing."""
    held, lowest = held_at_most(records), lowest_limit(records, "holding", p.association_limit_jpy)
    return frozenset(account for account, most in held.items() if lowest is None or most == UNKNOWN or most > lowest)
