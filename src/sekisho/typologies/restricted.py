"""The restricted list: who may not order which asset at which moment, because of what he knows, and which plan still allows it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from sekisho.typologies.insider import term_of
from sekisho.typologies.material_facts import Bound, Circle, Facts, Plan, bound_by, japan_date, years_after
from sekisho.typologies.ownership import Chain, Ownership
from sekisho.typologies.planned_orders import Ordered, Wish, plan_for


class Restriction(NamedTuple):
    """Why an account is restricted, and the plan made before that still allows this order, if one does."""

    bound: Bound
    chain: Chain
    plan: Plan | None


class Law(NamedTuple):
    """Whom a fact binds and until when, and which ties to such a person restrict an account, too."""

    positions: Collection[str]
    channels: Collection[str]
    wait: timedelta | None
    former_years: Decimal | int | None
    ties: Collection[str]


class RestrictedList:
    """Who is bound by which fact, ready to be asked order by order."""

    def __init__(self, owners: Ownership, facts: Facts, circle: Circle, law: Law) -> None:
        self._owners, self._facts, self._law = owners, facts, law
        self._bound: dict[str, list[Bound]] = {}
        for fact in facts.facts.values():
            self._bound.setdefault(fact.asset, []).extend(bound_by(facts, fact, circle, law.positions))
        self._own: dict[tuple[str, str], list[Bound]] = {}
        for asset, bound in self._bound.items():
            for one in bound:
                self._own.setdefault((asset, one.knowledge.party_id), []).append(one)

    @property
    def assets(self) -> frozenset[str]:
        """The assets under restriction for somebody at some time."""
        return frozenset(asset for asset, bound in self._bound.items() if bound)

    @property
    def accounts(self) -> frozenset[str]:
        """Accounts that may be restricted at some time: where to look."""
        parties = {one.knowledge.party_id for bound in self._bound.values() for one in bound}
        near = {other for party in parties for other in self._owners.families.get(party, (party,))}
        return frozenset(account for party in near for account in self._owners.accounts_of.get(party, ()))

    def restriction(self, wish: Wish, ordered: Ordered) -> Restriction | None:
        """The first fact that forbids an order, by time of knowledge; a plan is asked only where one forbids it."""
        if not self._bound.get(wish.asset):
            return None
        party = self._owners.party_of.get(wish.account_id)
        if party is None:
            return None
        day, found = japan_date(wish.at), []
        tied = self._owners.is_tied(party)
        for bound in self._bound[wish.asset] if tied else self._own.get((wish.asset, party), ()):
            chain = self._owners.between(bound.knowledge.party_id, party, day)
            if chain is not None and chain.nearness in self._law.ties and self._binds(bound, wish.at):
                plan = plan_for(wish, self._facts.plans.get(party, ()), bound.since, ordered)
                found.append(Restriction(bound, chain, plan))
        unplanned = [one for one in found if one.plan is None]
        return min(unplanned or found, key=lambda one: (one.bound.since, one.bound.knowledge.record_id), default=None)

    def _binds(self, bound: Bound, at: datetime) -> bool:
        until = term_of(self._facts, bound.fact.fact_id, self._law.channels, self._law.wait, timedelta(0)).until
        left, years = bound.left_on(japan_date(at)), self._law.former_years
        gone = left is not None and years is not None and japan_date(at) >= years_after(left, years)
        return bound.since <= at and (until is None or at < until) and not gone
