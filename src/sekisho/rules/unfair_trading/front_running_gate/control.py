"""Front-running at the door: staff and house do not enter on the side of a client's order they know while it is unfilled."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from sekisho.engine.answers import Evidence, Fact, Found, Outcome, Reason
from sekisho.engine.open_orders import Entry, entries
from sekisho.engine.order_lookup import events_of, fills_of
from sekisho.engine.requests import OpenOrder, OrderRequest
from sekisho.typologies.handled_assets import Pair, read_handled
from sekisho.typologies.known_orders import Known, Life, known_orders, lives_of
from sekisho.typologies.material_facts import Plan, japan_date, read_facts
from sekisho.typologies.ownership import accounts_of_kind, ownership_of
from sekisho.typologies.planned_orders import OrderedSoFar, Wish, plan_for, wishes

if TYPE_CHECKING:
    from datetime import datetime

    from sekisho.engine.requests import Request, View
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def decide(request: Request, view: View, p: Parameters) -> Iterator[Reason]:
    """Refuse an order of a staff or house account while a client's order that it can see waits on the same side.

    What a plan made before its giver could see the client's order lays down goes ahead, and is shown.
    """
    if not isinstance(request, OrderRequest):
        return
    try:
        account = view.account(request.account_id)
    except KeyError:
        return
    if account.kind not in p.inside_kinds:
        return
    planned = None
    for seen in view.orders_known_to(account.party_id, request.instrument):
        if seen.order.side == request.side and _is_client(view, seen.order.account_id, account.party_id, p):
            plan = _plan(request, account.party_id, seen.learned_at, view)
            if plan is None:
                yield Reason(
                    outcome=Outcome.refuse, sentence="client_first", facts=_waiting(request, account.kind, seen.order, None)
                )
                return
            planned = planned or _waiting(request, account.kind, seen.order, plan)
    if planned is not None:
        yield Reason(outcome=Outcome.warn, sentence="planned", facts=planned)


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """Orders that were accepted all the same: one finding for each inside account and client order."""
    inside, clients = accounts_of_kind(records, *p.inside_kinds), accounts_of_kind(records, *p.client_kinds)
    party_of = ownership_of(records).party_of
    known = known_orders(records, (party_of[account] for account in inside))
    seen = {each.order_id for orders in known.values() for each in orders}
    lives = lives_of(events_of(records, orders=seen), fills_of(records, seen))
    planned = _Planned(records, {party_of[account] for account in inside})
    taken: dict[tuple[str, str], list[_Ahead]] = defaultdict(list)
    for entry in entries(records, inside | planned.accounts, {life.instrument for life in lives.values()} | planned.instruments):
        for each in known.get(party_of[entry.account_id], ()) if entry.account_id in inside else ():
            life = lives.get(each.order_id)
            if life is None or life.account_id not in clients or party_of[life.account_id] == each.party_id:
                continue
            judged = japan_date(entry.at) >= p.prohibited_since and _waits(life, each, entry)
            if judged and not planned.covers(entry, each):
                taken[entry.account_id, each.order_id].append(_Ahead(entry, each, life))
        planned.add(entry)
    found = [_found(rows, p) for rows in taken.values()]
    yield from sorted(found, key=lambda f: (f.window_from, f.subject_id, str(f.facts["client_order"])))


class _Planned:
    """The plans of the inside parties, and how much of each what they ordered so far has used up."""

    def __init__(self, records: Records, parties: Collection[str]) -> None:
        plans = read_facts(records).plans
        self._plans = {party: plans[party] for party in parties if party in plans}
        self._handled = read_handled(records, ()) if self._plans else None
        self._party_of, of = ownership_of(records).party_of, ownership_of(records).accounts_of
        self._ordered = OrderedSoFar(self._party_of)
        self.accounts = frozenset(account for party in self._plans for account in of.get(party, ()))
        assets = {plan.asset for those in self._plans.values() for plan in those}
        self.instruments = {pair.instrument for asset in assets for pair in self._pairs_of(asset)}

    def covers(self, entry: Entry, known: Known) -> bool:
        """Whether a plan made before the client's order was known has room for this order."""
        plans, pair = self._plans.get(known.party_id, ()), self._pair(entry.instrument)
        if pair is None:
            return False
        wish = Wish(entry.account_id, pair.base, entry.side, entry.quantity, entry.at)
        return plan_for(wish, plans, known.learned_at, self._ordered) is not None

    def add(self, entry: Entry) -> None:
        """Remember an order: it uses up the room of a plan, whether the plan was needed for it or not."""
        pair = self._pair(entry.instrument)
        if entry.account_id in self.accounts and pair is not None:
            for wish in wishes(pair, entry.account_id, entry.side, entry.quantity, entry.at):
                self._ordered.add(wish)

    def _pair(self, instrument: str) -> Pair | None:
        pair = self._handled.pairs.get(instrument) if self._handled else None
        return pair if pair is not None and pair.ours else None

    def _pairs_of(self, asset: str) -> Iterable[Pair]:
        return self._handled.of(asset) if self._handled else ()


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


def _plan(request: OrderRequest, party: str, knew_at: datetime, view: View) -> Plan | None:
    """The plan, made before, that this order carries out; the instrument must be on record to know which asset it is about."""
    try:
        pair = view.pair(request.instrument)
    except KeyError:
        return None
    wish = Wish(request.account_id, pair.base, request.side, request.quantity, request.received_at)
    return plan_for(wish, view.registers().facts.plans.get(party, ()), knew_at, view.ordered)


def _waiting(request: OrderRequest, kind: str, client: OpenOrder, plan: Plan | None) -> dict[str, Fact]:
    return {
        "order": request.order_id,
        "account": request.account_id,
        "kind": kind,
        "instrument": request.instrument,
        "side": request.side,
        "client_order": client.order_id,
        "left": client.quantity,
        "client_price": client.price,
        "price": request.price,
        "plan": plan.plan_id if plan else None,
    }


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
