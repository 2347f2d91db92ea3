"""Who could know of customers' orders, whose accounts could use it, and which trades had been planned before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from sekisho.typologies.front_running import Knower, Known
from sekisho.typologies.ownership import Link

if TYPE_CHECKING:
    from sekisho.records import Records


class Plan(NamedTuple):
    """A trade somebody bound himself to: one row of ``stated_plan``."""

    plan_id: str
    party_id: str
    asset: str
    made_at: datetime
    side: str
    quantity: Decimal
    executes_from: datetime
    executes_until: datetime


def knowers_of(records: Records) -> dict[str, tuple[Knower, ...]]:
    """By order, those who could see it, with the accounts of their own and of the parties linked to them on that day."""
    rows = records.optional("customer_order_knowledge").select("order_id", "party_id", "learned_at").to_pyarrow().to_pylist()
    if not rows:
        return {}
    accounts: dict[str, set[str]] = defaultdict(set)
    for account in records.optional("account").select("account_id", "party_id").to_pyarrow().to_pylist():
        accounts[account["party_id"]].add(account["account_id"])
    links: dict[str, list[Link]] = defaultdict(list)
    for row in records.optional("party_link").select(*Link._fields).to_pyarrow().to_pylist():
        link = Link(**row)
        links[link.party_id].append(link)
        links[link.linked_party_id].append(link)
    knowers: dict[str, list[Knower]] = defaultdict(list)
    for row in sorted(rows, key=lambda r: (r["order_id"], r["party_id"])):
        party, learned = row["party_id"], row["learned_at"]
        held = [link for link in links[party] if link.holds_on(learned.date())]
        near = {party, *(link.party_id for link in held), *(link.linked_party_id for link in held)}
        theirs = frozenset(account for one in near for account in accounts[one])
        if theirs:
            knowers[row["order_id"]].append(Knower(theirs, learned, f"{row['order_id']}|{party}"))
    return {order: tuple(those) for order, those in knowers.items()}


def plans_of(records: Records) -> list[Plan]:
    """Every stated plan."""
    return [Plan(**row) for row in records.optional("stated_plan").select(*Plan._fields).to_pyarrow().to_pylist()]


def was_planned(known: Known, plans: Iterable[Plan], party_of: Mapping[str, str]) -> bool:
    """Whether a plan made before he knew of the order covers what he traded: asset, side, time and quantity."""
    lead = known.lead
    traded = sum((trade.quantity for trade in lead.lead), Decimal(0))
    return any(
        plan.party_id == party_of.get(lead.account_id)
        and plan.asset == lead.instrument.partition("/")[0]
        and plan.side == lead.side
        and plan.made_at < known.knower.learned_at
        and all(plan.executes_from <= trade.executed_at < plan.executes_until for trade in lead.lead)
        and traded <= plan.quantity
        for plan in plans
    )
