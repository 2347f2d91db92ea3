"""Shared device: one device or network address stands behind the accounts of several clients, as of people who sold theirs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from ibis import _

from sekisho.engine.answers import Evidence, Found, Outcome, Reason
from sekisho.engine.lookback import Early, Sign, lookback, released, schemes, transfer_out
from sekisho.engine.request_steps import approval
from sekisho.records.table import key_text
from sekisho.typologies.custody import share
from sekisho.typologies.waiting import length_of

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from sekisho.engine.requests import PastEvent, Request, TransferRequest, View
    from sekisho.records import Records
    from sekisho.rulebook import Parameters

_PLACES = {"device_id": "device", "ip": "network_address"}


def decide(request: Request, view: View, p: Parameters) -> Iterator[Reason]:
    """Hold a transfer out of an account whose device or network address other clients used, too, until somebody approves."""
    asked = transfer_out(request, p.counterparties)
    if asked is not None:
        yield from (sign.reason for sign in _signs(asked, view, p))


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """Transfers out of accounts behind one device or network address that nobody approved; one finding for each of these."""
    sharing = _sharing(records, "device_id", p.device_clients_min).union(_sharing(records, "ip", p.ip_clients_min))
    asked = released(records, p.counterparties).semi_join(sharing, "account_id")
    # The events of one transfer's account do not show who else was there: those of all that shared a place are learnt.
    books = {"account": None, "account_event": length_of(p.period_days), "request_event": None}
    yield from schemes(lookback(records, p, _signs, asked, books, sharing), subject=_place)


def _sharing(records: Records, column: str, clients_min: int) -> ir.Table:
    """The accounts that used a place which at least so many accounts used at some time."""
    used = records.account_event.filter(_[column].notnull())
    many = used.group_by(column).aggregate(accounts=_.account_id.nunique()).filter(_.accounts >= clients_min)
    return used.semi_join(many, column).select("account_id").distinct()


def _place(early: Early) -> tuple[str, str]:
    facts = early.gravest.reason.facts
    return str(facts["place"]), str(facts["name"])


def _signs(request: TransferRequest, view: View, p: Parameters) -> Iterator[Sign]:
    since = request.requested_at - length_of(p.period_days)
    places: dict[tuple[str, str], PastEvent] = {}
    for event in view.events(request.account_id, since):
        if event.device_id is not None:
            places["device_id", event.device_id] = event
        if event.ip is not None:
            places["ip", event.ip] = event
    for (kind, name), event in places.items():
        seen = view.accounts_seen(kind, name)
        clients_min = int(p.device_clients_min if kind == "device_id" else p.ip_clients_min)
        if len(seen) < clients_min:
            continue
        clients = _clients(seen, since, view, request, int(p.clients_listed_max))
        if len(clients) >= clients_min and approval(request, view) is None:
            yield _sign(request, kind, name, event, clients, clients_min)


def _clients(
    seen: dict[str, datetime], since: datetime, view: View, request: TransferRequest, most: int
) -> dict[str, tuple[str, datetime]]:
    """The clients who used the place since a moment: one account of each, with its last use. The asking one is among them."""
    clients = {_client(view, request.account_id): (request.account_id, seen[request.account_id])}
    for account_id in reversed(seen):
        last = seen[account_id]
        if last > since:
            clients.setdefault(_client(view, account_id), (account_id, last))
            if len(clients) == most:
                break
    return clients


def _client(view: View, account_id: str) -> str:
    """The party behind an account; an account that is not known is a client of its own."""
    try:
        return view.account(account_id).party_id
    except KeyError:
        return f"account {account_id}"


def _sign(
    request: TransferRequest,
    kind: str,
    name: str,
    event: PastEvent,
    clients: dict[str, tuple[str, datetime]],
    clients_min: int,
) -> Sign:
    accounts = sorted(account_id for account_id, _last in clients.values())
    return Sign(
        Reason(
            outcome=Outcome.hold,
            sentence=_PLACES[kind],
            facts={
                "account": request.account_id,
                "place": _PLACES[kind],
                "name": name,
                "clients": len(clients),
                "sharing": accounts,
                "used_at": event.occurred_at,
            },
        ),
        since=min(last for _account, last in clients.values()),
        score=share(Decimal(len(clients) - clients_min + 1), Decimal(len(clients))),
        evidence=(
            Evidence("account_event", f"{request.account_id}|{key_text(event.occurred_at)}|{event.kind}"),
            *(Evidence("account", account_id) for account_id in accounts if _known(clients, account_id)),
        ),
    )


def _known(clients: dict[str, tuple[str, datetime]], account_id: str) -> bool:
    return f"account {account_id}" not in clients
