"""Sanctioned addresses: no transfer to one goes ahead, and what came from one is withheld."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from sekisho.engine.answers import Evidence, Fact, Found, Outcome, Reason
from sekisho.engine.requests import TransferRequest
from sekisho.engine.screened import no_list, released, unscreened
from sekisho.typologies.listed import Listed, read_lists
from sekisho.typologies.screening import (
    Left,
    allowed,
    by_account,
    left_transfers,
    names,
    of_kind,
    releases,
    reviewed,
    subjects,
    window,
)
from sekisho.typologies.valuation import total

if TYPE_CHECKING:
    from sekisho.engine.requests import Request, View
    from sekisho.records import Records
    from sekisho.rulebook import Parameters

KIND = "sanctions"


def decide(request: Request, view: View, p: Parameters) -> Iterator[Reason]:
    """Refuse a transfer out, hold one that came in until somebody released it; hold everything while there is no list."""
    if not isinstance(request, TransferRequest):
        return
    hits = of_kind(view.listed("address", request.address, request.requested_at, request.asset), KIND)
    if hits:
        facts: dict[str, Fact] = {
            "transfer": request.transfer_id,
            "account": request.account_id,
            "address": request.address,
            "lists": names(hits),
            "subjects": subjects(hits),
        }
        if request.direction == "out":
            yield Reason(outcome=Outcome.refuse, sentence="sanctioned", facts=facts)
        elif not released(request, view):
            yield Reason(outcome=Outcome.hold, sentence="received", facts=facts)
    yield from no_list(request, view, KIND)


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """Transfers that left, or were credited, although a list in force then names the other side; one finding for each account."""
    lists, looked_at, left = read_lists(records), releases(records), left_transfers(records)
    breaches: list[Left] = []
    hits_of: dict[str, tuple[Listed, ...]] = {}
    for one in left:
        hits = of_kind(lists.find("address", one.address, one.left_at, one.asset), KIND)
        if hits and not (allowed("refuse", one.direction) == "hold" and reviewed(one, looked_at)):
            breaches.append(one)
            hits_of[one.transfer_id] = hits
    for account, transfers in by_account(breaches):
        yield _found(account, transfers, tuple(hit for one in transfers for hit in hits_of[one.transfer_id]))
    yield from unscreened(left, lists, looked_at, KIND, p.transfers_named_max)


def _found(account: str, transfers: Sequence[Left], hits: Sequence[Listed]) -> Found:
    records = {one.record for one in transfers} | {hit.record for hit in hits} | {hit.version_record for hit in hits}
    return Found(
        subject_kind="account",
        subject_id=account,
        **window(transfers),
        score=Decimal(1),
        amount_jpy=total(one.value_jpy for one in transfers),
        evidence=tuple(Evidence(*record) for record in sorted(records)),
        facts={
            "account": account,
            "count": len(transfers),
            "addresses": sorted({one.address for one in transfers}),
            "lists": names(hits),
            "subjects": subjects(hits),
        },
    )
