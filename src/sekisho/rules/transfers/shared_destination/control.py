"""Shared destination: many clients who have nothing to do with one another send to one address."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from ibis import _

from sekisho.engine.answers import Evidence, Found, Outcome, Reason
from sekisho.engine.lookback import Early, Sign, lookback, released, schemes, transfer_out
from sekisho.engine.request_steps import approval
from sekisho.typologies.custody import share
from sekisho.typologies.waiting import length_of

if TYPE_CHECKING:
    from sekisho.engine.requests import PastTransfer, Request, TransferRequest, View
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def decide(request: Request, view: View, p: Parameters) -> Iterator[Reason]:
    """Hold a transfer to an address that enough other clients asked to send to within the period, until somebody approves."""
    asked = transfer_out(request, p.counterparties)
    if asked is not None:
        yield from (sign.reason for sign in _signs(asked, view, p))


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """Addresses to which many clients sent within the period, and that nobody approved; one finding for each address."""
    out = records.transfer.filter(_.direction == "out")
    # A client has one account or more, so enough clients are at least as many accounts.
    many = out.group_by("address").aggregate(accounts=_.account_id.nunique()).filter(_.accounts >= p.clients_min)
    asked = released(records, p.counterparties).semi_join(many, "address")
    accounts = out.semi_join(many, "address")
    books = {"account": None, "transfer": length_of(p.period_days), "request_event": None}
    early = lookback(records, p, _signs, asked, books, accounts)
    yield from schemes(early, subject=_address)


def _address(early: Early) -> tuple[str, str]:
    return "address", early.address


def _signs(request: TransferRequest, view: View, p: Parameters) -> Iterator[Sign]:
    since = request.requested_at - length_of(p.period_days)
    sent = view.transfers_with(request.address, since)
    if len(sent) + 1 < p.clients_min:
        return
    clients = {_client(view, request.account_id)}
    seen = {request.account_id}
    others: list[PastTransfer] = []
    for transfer in reversed(sent):
        if transfer.direction != "out" or transfer.requested_at <= since or transfer.account_id in seen:
            continue
        seen.add(transfer.account_id)
        client = _client(view, transfer.account_id)
        if client not in clients:
            clients.add(client)
            others.append(transfer)
            if len(clients) == p.clients_listed_max:
                break
    if len(clients) < p.clients_min or approval(request, view) is not None:
        return
    first = others[-1]
    yield Sign(
        Reason(
            outcome=Outcome.hold,
            sentence="many_clients",
            facts={
                "account": request.account_id,
                "address": request.address,
                "clients": len(clients),
                "since": first.requested_at,
            },
        ),
        since=first.requested_at,
        score=share(Decimal(len(clients) - int(p.clients_min) + 1), Decimal(len(clients))),
        evidence=tuple(Evidence("transfer", each.transfer_id) for each in others),
    )


def _client(view: View, account_id: str) -> str:
    """The party behind an account; an account that is not known is a client of its own."""
    try:
        return view.account(account_id).party_id
    except KeyError:
        return f"account {account_id}"
