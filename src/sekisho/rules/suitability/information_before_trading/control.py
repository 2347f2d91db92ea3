"""Explanations before trading: an order waits until the client was given what the law has him told beforehand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sekisho.engine.answers import Fact, Found, Outcome, Reason
from sekisho.engine.client_records import told_before_first_order
from sekisho.engine.clients import MONEY, pair_of
from sekisho.engine.order_replay import by_account, ordering, stopped
from sekisho.engine.requests import OrderRequest

if TYPE_CHECKING:
    from sekisho.engine.requests import Request, View
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def decide(request: Request, view: View, p: Parameters) -> Iterator[Reason]:
    """Hold an order whose giver was not given each document before it, for all assets or for those of the pair."""
    if not isinstance(request, OrderRequest):
        return
    try:
        if view.account(request.account_id).kind not in p.client_kinds:
            return
    except KeyError:
        pass
    given = view.documents(request.account_id)
    assets = [asset for asset in pair_of(view, request.instrument) if asset != MONEY]
    asked = (*p.documents, *(p.margin_documents if request.product == "margin" else ()))
    missing = [name for name in asked if (name, None) not in given and not all((name, asset) in given for asset in assets)]
    if missing:
        facts: dict[str, Fact] = {"order": request.order_id, "account": request.account_id, "missing": missing}
        yield Reason(outcome=Outcome.hold, sentence="not_given", facts=facts)


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """Orders that were accepted all the same: one finding for each account."""
    accounts = ordering(records, p.client_kinds) - told_before_first_order(records, {*p.documents, *p.margin_documents})
    yield from by_account(stopped(records, accounts, decide, p, p.asked_since), p.score, {"not_given": "default"})
