"""Restricted list: an order in an asset is held when its giver, or somebody one with him, knows an unpublished fact about it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from sekisho.engine.answers import Evidence, Fact, Found, Outcome, Reason
from sekisho.engine.open_orders import Entry, entries
from sekisho.engine.requests import OrderRequest
from sekisho.typologies.handled_assets import read_handled
from sekisho.typologies.material_facts import japan_date, read_circle, read_facts
from sekisho.typologies.ownership import ownership_of
from sekisho.typologies.planned_orders import OrderedSoFar, Wish, wishes
from sekisho.typologies.restricted import Law, RestrictedList, Restriction
from sekisho.typologies.waiting import length_of_hours

if TYPE_CHECKING:
    from sekisho.engine.requests import Registers, Request, View
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def decide(request: Request, view: View, p: Parameters) -> Iterator[Reason]:
    """Refuse an order of a restricted person; let through, and show, what was planned before the knowledge."""
    if not isinstance(request, OrderRequest):
        return
    try:
        pair = view.pair(request.instrument)
    except KeyError:
        return
    restricted = _list(view.registers(), p)
    for wish in wishes(pair, request.account_id, request.side, request.quantity, request.received_at):
        one = restricted.restriction(wish, view.ordered)
        if one is None:
            continue
        facts = _facts(one, request.order_id, wish)
        if one.plan is None:
            yield Reason(outcome=Outcome.refuse, sentence="restricted", facts=facts)
        else:
            yield Reason(outcome=Outcome.warn, sentence="planned", facts=facts)


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """Orders that were accepted although the gate would have refused them: one finding for each fact and account."""
    owners, handled = ownership_of(records), read_handled(records, ())
    restricted = RestrictedList(owners, read_facts(records), read_circle(records), _law(p))
    ours = {pair.instrument for asset in restricted.assets for pair in handled.of(asset) if pair.ours}
    taken: dict[tuple[str, str], list[tuple[Restriction, Entry]]] = defaultdict(list)
    earlier = OrderedSoFar(owners.party_of)
    for entry in entries(records, restricted.accounts, ours):
        for wish in wishes(handled.pairs[entry.instrument], entry.account_id, entry.side, entry.quantity, entry.at):
            one = restricted.restriction(wish, earlier)
            earlier.add(wish)
            if one is not None and one.plan is None and japan_date(entry.at) >= p.prohibited_since:
                taken[one.bound.fact.fact_id, entry.account_id].append((one, entry))
    found = [_found(rows, p) for rows in taken.values()]
    yield from sorted(found, key=lambda f: (f.window_from, f.subject_id, str(f.facts["fact"])))


def _list(registers: Registers, p: Parameters) -> RestrictedList:
    """The list as it follows from registers; made anew only when they changed."""
    kept = _KEPT.get(p)
    if kept is None or kept[0] is not registers:
        kept = _KEPT[p] = (registers, RestrictedList(*registers, _law(p)))
    return kept[1]


_KEPT: WeakKeyDictionary[Parameters, tuple[Registers, RestrictedList]] = WeakKeyDictionary()


def _law(p: Parameters) -> Law:
    wait = None if p.waiting_hours is None else length_of_hours(p.waiting_hours)
    return Law(p.positions, p.channels, wait, p.former_insider_years, p.ties)


def _facts(one: Restriction, order_id: str, wish: Wish) -> dict[str, Fact]:
    return {
        "order": order_id,
        "account": wish.account_id,
        "party": one.bound.knowledge.party_id,
        "capacity": one.bound.standing.capacity,
        "tie": one.chain.nearness,
        "fact": one.bound.fact.fact_id,
        "category": one.bound.fact.category,
        "asset": wish.asset,
        "side": wish.side,
        "learned_at": one.bound.knowledge.learned_at,
        "plan": one.plan.plan_id if one.plan else None,
    }


def _found(rows: list[tuple[Restriction, Entry]], p: Parameters) -> Found:
    one, first = rows[0]
    links = {link.record_id for each, _entry in rows for link in (*each.chain.links, *each.bound.standing.links)}
    names = {Evidence("order", entry.order_id) for _each, entry in rows} | {Evidence("party_link", link) for link in links}
    names |= {Evidence("material_fact", one.bound.fact.fact_id), Evidence("fact_knowledge", one.bound.knowledge.record_id)}
    return Found(
        subject_kind="account",
        subject_id=first.account_id,
        asset=one.bound.fact.asset,
        window_from=first.at,
        window_until=rows[-1][1].at + timedelta.resolution,
        score=Decimal(p.score_own if one.chain.nearness == "party" else p.score_tied),
        evidence=tuple(sorted(names)),
        facts={
            "orders": len({entry.order_id for _each, entry in rows}),
            "party": one.bound.knowledge.party_id,
            "capacity": one.bound.standing.capacity,
            "tie": one.chain.nearness,
            "fact": one.bound.fact.fact_id,
            "category": one.bound.fact.category,
            "learned_at": one.bound.knowledge.learned_at,
            "first_at": first.at,
            "last_at": rows[-1][1].at,
        },
    )
