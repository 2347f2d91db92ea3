"""Insider dealing: what somebody bound by a fact did in its asset before it was published, and what excuses parts of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from sekisho.typologies.handled_assets import Handled
from sekisho.typologies.insider_acts import Act, Off, Watched, acts_of, entered_at, total_quantity
from sekisho.typologies.material_facts import Bound, Facts, Plan, Post, japan_date, years_after
from sekisho.typologies.ownership import OWNING, Chain, Link, Ownership, ownership_of
from sekisho.typologies.trades import Trade, YenValue, yen_value
from sekisho.typologies.valuation import EXACT

if TYPE_CHECKING:
    from sekisho.records import Records

FAVOURED = {"up": "buy", "down": "sell"}
"""The side on which one gains from a fact that moves the price this way."""

_PLACES = Decimal("0.000001")


class Released(NamedTuple):
    """An act that something excuses: ``plan``, ``earlier_order`` or ``both_knew``, with the record that shows it."""

    act: Act
    why: str
    record: tuple[str, str]


class Term(NamedTuple):
    """Until when a fact binds: ``until`` is None while it does, ``open_until`` ends what the open waiting time leaves unjudged."""

    post: Post | None
    until: datetime | None
    open_until: datetime | None


class Near(NamedTuple):
    """How the account of an act is tied to the person bound."""

    nearness: str
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Dealing:
    """One person, one fact, and what was done in its asset. ``earlier`` are acts in as long a time before the knowledge."""

    bound: Bound
    term: Term
    acts: tuple[Act, ...]
    ties: Mapping[str, Near]
    released: tuple[Released, ...]
    unjudged: int
    earlier: tuple[Act, ...]

    @property
    def own(self) -> bool:
        """Whether some of it was done on an account of the person's own."""
        return any(self.ties[act.account_id].nearness == "party" for act in self.acts)

    @property
    def accounts(self) -> tuple[str, ...]:
        """The accounts it was done on."""
        return tuple(sorted({act.account_id for act in self.acts}))

    @property
    def links(self) -> tuple[Link, ...]:
        """The links that tie those accounts to the person, and the person to the source of the fact."""
        tied = {link for account in self.accounts for link in self.ties[account].links}
        return tuple(sorted(tied | set(self.bound.standing.links), key=lambda link: link.record_id))

    @property
    def nearest(self) -> str:
        """The nearest tie of an account on which something was done."""
        order = ("party", "same_owner", "controls", "household")
        return min((self.ties[account].nearness for account in self.accounts), key=order.index)

    @property
    def advantage(self) -> Decimal | None:
        """The part of the quantity that lies on the favoured side; None where the register does not say which that is."""
        favoured = FAVOURED.get(self.bound.fact.direction or "")
        return (
            None if favoured is None else _share(total_quantity(self.acts, lambda a: a.side == favoured), total_quantity(self.acts))
        )

    @property
    def novelty(self) -> Decimal:
        """How much more it is than what the same accounts did in as long a time before: 1 where they did nothing."""
        return max(Decimal(0), 1 - _share(total_quantity(self.earlier), total_quantity(self.acts)))


class Excuses(NamedTuple):
    """What may excuse acts: plans by party, when orders were entered, and since when each party knew the fact."""

    plans: Mapping[str, Sequence[Plan]]
    entered: Mapping[str, datetime]
    knowers: Mapping[str, datetime]


def term_of(facts: Facts, fact_id: str, channels: Collection[str], wait: timedelta | None, leeway: timedelta) -> Term:
    """Until when a fact binds. Where the waiting time is open, it binds until it is published, and ``leeway`` is looked at."""
    post = facts.published(fact_id, channels)
    if post is None:
        return Term(None, None, None)
    if wait is None:
        return Term(post, post.published_at, post.published_at + leeway)
    return Term(post, post.published_at + wait, None)


def near_accounts(bound: Bound, owners: Ownership, knowers: Collection[str], on: date) -> Iterator[tuple[str, Near]]:
    """The person's own accounts, and those of parties tied to it; who knows the fact too is judged alone."""
    party = bound.knowledge.party_id
    for other in owners.families.get(party, (party,)):
        if other != party and other in knowers:
            continue
        chain: Chain | None = owners.between(party, other, on)
        if chain is not None and chain.nearness in {"party", *OWNING}:
            for account in owners.accounts_of.get(other, ()):
                yield account, Near(chain.nearness, chain.links)


def still_bound(bound: Bound, act: Act, former_years: Decimal | int | None) -> bool:
    """Whether the position in which the fact was learned still bound at the act. An open period leaves it bound."""
    left = bound.left_on(japan_date(act.at))
    return left is None or former_years is None or japan_date(act.at) < years_after(left, former_years)


def excused(acts: Sequence[Act], since: datetime, owners: Ownership, excuses: Excuses) -> Iterator[Released]:
    """The acts from ``since`` on that a plan, an earlier order or common knowledge excuses.

    A plan made before excuses acts as they were planned, the earliest first, while all of an act fits into what the plan has left.
    """
    left: dict[str, Decimal] = {}
    for act in acts:
        party = owners.party_of.get(act.account_id, "")
        plan = next((p for p in excuses.plans.get(party, ()) if p.made_at < since and p.covers(act.asset, act.side, act.at)), None)
        planned = False
        if plan is not None:
            rest = left.get(plan.plan_id, plan.quantity) - act.quantity
            planned = rest >= 0
            left[plan.plan_id] = max(rest, Decimal(0))
        if act.at < since:
            continue
        entered = excuses.entered.get(act.order_id or "")
        other = owners.party_of.get(act.other_account_id or "", "")
        if plan is not None and planned:
            yield Released(act, "plan", ("stated_plan", plan.plan_id))
        elif act.order_id is not None and entered is not None and entered < since:
            yield Released(act, "earlier_order", ("order", act.order_id))
        elif _off_book(act) and other and excuses.knowers.get(other, act.at + timedelta.resolution) <= act.at:
            yield Released(act, "both_knew", ("account", act.other_account_id or ""))


def _off_book(act: Act) -> bool:
    return act.trade is None or (act.trade.buy_order_id is None and act.trade.sell_order_id is None)


def dealing(bound: Bound, term: Term, acts: Iterable[Act], ties: Mapping[str, Near], released: Iterable[Released]) -> Dealing:
    """Sort a person's acts into what was done while bound, what is excused, what is not judged, and what went before."""
    excuses = tuple(released)
    excused_acts = {(one.act.record, one.act.side, one.act.account_id) for one in excuses}
    mine = sorted(acts, key=lambda act: act.order)
    inside = [act for act in mine if act.at >= bound.since and (term.until is None or act.at < term.until)]
    done = tuple(act for act in inside if (act.record, act.side, act.account_id) not in excused_acts)
    waiting = sum(1 for act in mine if term.until is not None and term.open_until and term.until <= act.at < term.open_until)
    length = (done[-1].at - bound.since) if done else timedelta(0)
    earlier = tuple(act for act in mine if bound.since - length <= act.at < bound.since)
    kept = tuple(one for one in excuses if term.until is None or one.act.at < term.until)
    return Dealing(bound, term, done, ties, kept, waiting, earlier)


class Terms(NamedTuple):
    """What the law of a regime says: which channels publish, how long to wait after, how long former insiders stay bound."""

    channels: Collection[str]
    wait: timedelta | None
    leeway: timedelta
    former_years: Decimal | int | None


@dataclass(frozen=True, slots=True)
class Cases:
    """The people bound by facts, with everything their acts are read against. Read once, asked person by person."""

    facts: Facts
    owners: Ownership
    handled: Handled
    near: Mapping[Bound, Mapping[str, Near]]
    acts: Sequence[Act]
    entered: Mapping[str, datetime]

    @property
    def order_ids(self) -> frozenset[str]:
        """The orders by which it was done."""
        return frozenset(act.order_id for act in self.acts if act.order_id)

    def with_orders(self, events: Iterable[Mapping[str, Any]]) -> Cases:
        """The same, knowing when each order was entered, from the rows of ``order_event`` of ``order_ids``."""
        return replace(self, entered=entered_at(events))

    def dealings(self, terms: Terms) -> Iterator[Dealing]:
        """What each person did in the asset of the fact while it bound, in scope and in position."""
        for bound, ties in self.near.items():
            term = term_of(self.facts, bound.fact.fact_id, terms.channels, terms.wait, terms.leeway)
            mine = [act for act in self.acts if self._concerns(bound, act) and still_bound(bound, act, terms.former_years)]
            knowers = {known.party_id: known.learned_at for known in self.facts.knowledge.get(bound.fact.fact_id, ())}
            released = excused(mine, bound.since, self.owners, Excuses(self.facts.plans, self.entered, knowers))
            yield dealing(bound, term, mine, ties, released)

    def _concerns(self, bound: Bound, act: Act) -> bool:
        asset = bound.fact.asset
        return act.account_id in self.near[bound] and act.asset == asset and self.handled.covers(asset, act.at)


@dataclass(frozen=True, slots=True)
class Circle:
    """The people bound by facts and the accounts on which they, and those near them, may have acted in the assets of the facts."""

    facts: Facts
    owners: Ownership
    handled: Handled
    near: Mapping[Bound, Mapping[str, Near]]
    watched: Watched

    @property
    def instruments(self) -> frozenset[str]:
        """Where the assets are traded."""
        return self.watched.instruments(self.handled)

    def cases(self, records: Records, off: Off, trades: Iterable[Trade]) -> Cases:
        """With what was done: ``trades`` are those of the accounts in ``instruments``. To be asked ``with_orders``."""
        return Cases(
            self.facts, self.owners, self.handled, self.near, acts_of(records, self.watched, self.handled, off, trades), {}
        )


def circle_of(records: Records, facts: Facts, bound: Iterable[Bound], handled: Handled, since: date) -> Circle:
    """Look up the accounts of everybody bound."""
    owners = ownership_of(records)
    near = {}
    for one in bound:
        knowers = {known.party_id for known in facts.knowledge.get(one.fact.fact_id, ())}
        near[one] = dict(near_accounts(one, owners, knowers, japan_date(one.since)))
    accounts = frozenset(account for ties in near.values() for account in ties)
    watched = Watched(accounts, frozenset(one.fact.asset for one in near), since)
    return Circle(facts, owners, handled, near, watched)


def yen_of(acts: Iterable[Act], yen: YenValue) -> Decimal | None:
    """Acts in yen; what went on chain carries no value and is left out. None where a trade has no yen price."""
    total = Decimal(0)
    for act in acts:
        value = yen.of([act.trade]) if act.trade else act.notional or Decimal(0)
        if value is None:
            return None
        total = EXACT.add(total, value)
    return total


def yen_for(records: Records, acts: Iterable[Act]) -> YenValue:
    """What is needed to value the trades among some acts."""
    traded = [act.trade.instrument for act in acts if act.trade]
    return yen_value(records.optional("instrument"), records.optional("reference_price"), traded)


def _share(part: Decimal, whole: Decimal) -> Decimal:
    return (part / whole).quantize(_PLACES, rounding=ROUND_HALF_EVEN) if whole else Decimal(0)
