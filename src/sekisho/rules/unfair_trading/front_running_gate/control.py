"""Front-running at the door: staff and house do not enter on the side of a client's order they know while it is unfilled."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from sekisho.engine.answers import Evidence, Fact, Found, Outcome, Reason
from sekisho.engine.open_orders import Entry, entries
from sekisho.engine.order_lookup import events_of, fills_of
from sekisho.engine.requests import OrderRequest
from sekisho.typologies.known_orders import Known, Life, known_orders, lives_of
from sekisho.typologies.material_facts import japan_date
from sekisho.typologies.ownership import accounts_of_kind, ownership_of

if TYPE_CHECKING:
    from sekisho.engine.requests import Request, View
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def decide(request: Request, view: View, p: Parameters) -> Iterator[Reason]:
    """Refuse an order of a staff or house account while a client's order that it can see waits on the same side."""
    if not isinstance(request, OrderRequest):
        return
    try:
        account = view.account(request.account_id)
    except KeyError:
        return
    if account.kind not in p.inside_kinds:
        return
    for known in view.orders_known_to(account.party_id, request.instrument):
        if known.side == request.side and _is_client(view, known.account_id, account.party_id, p):
            facts: dict[str, Fact] = {
                "order": request.order_id,
                "account": request.account_id,
                "kind": account.kind,
                "instrument": request.instrument,
                "side": request.side,
                "client_order": known.order_id,
                "left": known.quantity,
                "client_price": known.price,
                "price": request.price,
            }
            yield Reason(outcome=Outcome.refuse, sentence="client_first", facts=facts)
            return


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """Orders that were accepted all the same: one finding for each inside account and client order."""
    inside, clients = accounts_of_kind(records, *p.inside_kinds), accounts_of_kind(records, *p.client_kinds)
    party_of = ownership_of(records).party_of
    known = known_orders(records, (party_of[account] for account in inside))
    seen = {each.order_id for orders in known.values() for each in orders}
    lives = lives_of(events_of(records, orders=seen), fills_of(records, seen))
    taken: dict[tuple[str, str], list[_Ahead]] = defaultdict(list)
    for entry in entries(records, inside, {life.instrument for life in lives.values()}):
        if japan_date(entry.at) < p.prohibited_since:
            continue
        for each in known.get(party_of[entry.account_id], ()):
            life = lives.get(each.order_id)
            if life is None or life.account_id not in clients or party_of[life.account_id] == each.party_id:
                continue
            if _waits(life, each, entry):
                taken[entry.account_id, each.order_id].append(_Ahead(entry, each, life))
    found = [_found(rows, p) for rows in taken.values()]
    yield from sorted(found, key=lambda f: (f.window_from, f.subject_id, str(f.facts["client_order"])))


class _Ahead(NamedTuple):
    """An inside order, how its giver knew the client's order, and that order."""

    entry: Entry
    known: Known
    life: Life


def _is_client(view: View, account_id: str | None, own_party: str, p: Parameters) -> bool:
    try:
        account = view.account(account_id or "")
    except KeyError:
        return False
    return account.kind in p.client_kinds and account.party_id != own_party


def _waits(life: Life, known: Known, entry: Entry) -> bool:
    same = life.instrument == entry.instrument and life.side == entry.side
    return same and known.learned_at < entry.at and life.open_at(entry.sequence)


def _found(rows: list[_Ahead], p: Parameters) -> Found:
    entry, known, life = rows[0]
    names = {Evidence("order", each.entry.order_id) for each in rows} | {Evidence("order", life.order_id)}
    return Found(
        subject_kind="account",
        subject_id=entry.account_id,
        instrument=entry.instrument,
        window_from=entry.at,
        window_until=rows[-1].entry.at + timedelta.resolution,
        score=Decimal(p.score_entered),
        evidence=tuple(sorted(names | {Evidence("customer_order_knowledge", known.record_id)})),
        facts={
            "orders": len({each.entry.order_id for each in rows}),
            "side": entry.side,
            "client_order": life.order_id,
            "client_account": life.account_id,
            "client_quantity": life.quantity,
            "learned_at": known.learned_at,
            "first_at": entry.at,
            "last_at": rows[-1].entry.at,
        },
    )
