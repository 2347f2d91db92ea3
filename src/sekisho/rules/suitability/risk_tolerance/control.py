"""Trading within the risk a client can bear: what an order would leave at risk is compared with the last suitability check."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from sekisho.engine.answers import Fact, Found, Outcome, Reason
from sekisho.engine.clients import client_of
from sekisho.engine.exposure import exposure_after, worth_of
from sekisho.engine.order_bounds import UNKNOWN, held_at_most
from sekisho.engine.order_replay import by_account, ordering, stopped
from sekisho.engine.requests import OrderRequest

if TYPE_CHECKING:
    from sekisho.engine.requests import Request, View
    from sekisho.records import Records
    from sekisho.rulebook import Parameters
    from sekisho.typologies.suitability import Client

_SAID = {
    "beyond": "default",
    "confirm": "found_confirm",
    "no_capacity": "found_no_capacity",
    "unsuitable": "found_unsuitable",
    "no_price": "found_no_price",
}


def decide(request: Request, view: View, p: Parameters) -> Iterator[Reason]:
    """Hold an order that takes the client beyond what he can bear, and one that comes near it and is not confirmed."""
    if not isinstance(request, OrderRequest):
        return
    client = client_of(view, request.account_id, request.received_at, p.client_kinds)
    if client is None:
        return
    after = exposure_after(request, view)
    if after.asset is None:
        return
    check = client.check
    facts: dict[str, Fact] = {"order": request.order_id, "account": request.account_id, "check": check.check_id if check else None}
    if check is not None and check.result != "suitable":
        yield Reason(outcome=Outcome.hold, sentence="unsuitable", facts=facts)
        return
    if check is None or check.capacity_jpy is None:
        yield Reason(outcome=Outcome.hold, sentence="no_capacity", facts=facts)
        return
    value, missing = worth_of(after, None, None, view)
    if after.unpriced is not None or missing is not None:
        yield Reason(outcome=Outcome.hold, sentence="no_price", facts={**facts, "asset": after.unpriced or missing})
        return
    yield from _compared(request, view, client, value, check.capacity_jpy, facts, p)


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """Orders that were accepted all the same: one finding for each account and reason."""
    accounts = ordering(records, p.client_kinds) & _suspects(records, p)
    yield from by_account(stopped(records, accounts, decide, p, p.asked_since), p.score, _SAID)


def _compared(
    request: OrderRequest, view: View, client: Client, value: Decimal, capacity: Decimal, facts: dict[str, Fact], p: Parameters
) -> Iterator[Reason]:
    if value < p.confirm_share * capacity:
        return
    told = {**facts, "after_jpy": value, "capacity_jpy": capacity}
    events = view.events_of_request(request.order_id)
    if value > capacity:
        approver = next((e.party_id for e in events if e.kind == "approved" and e.party_id != client.party_id), None)
        if approver is None:
            yield Reason(outcome=Outcome.hold, sentence="beyond", facts=told)
            return
        yield Reason(outcome=Outcome.warn, sentence="approved", facts={**told, "approver": approver})
    version = str(p.form_version)
    if not any(e.kind == "risk_confirmed" and e.party_id == client.party_id and e.version == version for e in events):
        yield Reason(outcome=Outcome.hold, sentence="confirm", facts=told)


def _suspects(records: Records, p: Parameters) -> frozenset[str]:
    """Accounts that may ever have had as much at risk as is to be confirmed, and those without a check that says how much."""
    least: dict[str, Decimal] = defaultdict(lambda: Decimal("Infinity"))
    table = records.suitability_check
    for row in table.select("account_id", "result", "capacity_jpy").to_pyarrow().to_pylist():
        capacity = row["capacity_jpy"] if row["result"] == "suitable" else None
        least[row["account_id"]] = min(least[row["account_id"]], Decimal(0) if capacity is None else capacity * p.confirm_share)
    held = held_at_most(records)
    return frozenset(
        account for account, most in held.items() if account not in least or most == UNKNOWN or most >= float(least[account])
    )
