"""Insider dealing: somebody in a position close to a fact trades its asset before the fact is published."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from sekisho.engine.answers import Evidence, Found
from sekisho.typologies.handled_assets import Handled, read_handled
from sekisho.typologies.insider import (
    Dealing,
    Excuses,
    Near,
    dealing,
    excused,
    near_accounts,
    still_bound,
    term_of,
)
from sekisho.typologies.insider_acts import Act, Off, Watched, acts_of, entered_at, total_quantity
from sekisho.typologies.material_facts import Bound, Facts, bound_by, japan_date, read_circle, read_facts
from sekisho.typologies.ownership import Ownership, ownership_of
from sekisho.typologies.trades import YenValue, yen_value
from sekisho.typologies.valuation import EXACT
from sekisho.typologies.waiting import length_of_hours

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """One finding for each person bound by a fact who dealt in its asset, on accounts of his own or of those near him."""
    facts, owners, circle = read_facts(records), ownership_of(records), read_circle(records)
    handled = read_handled(records, p.refusal_words)
    bound = [one for fact in facts.facts.values() for one in bound_by(facts, fact, circle, p.positions)]
    near = {one: dict(_near(one, facts, owners)) for one in bound}
    watched = Watched(
        frozenset(a for ties in near.values() for a in ties), frozenset(one.fact.asset for one in bound), p.prohibited_since
    )
    acts = acts_of(records, watched, handled, Off(p.value_words, p.mint_addresses))
    entered = entered_at(records, (act.order_id for act in acts if act.order_id))
    books = _Books(facts, owners, handled, entered, acts)
    dealings = [_dealing(one, near[one], books, p) for one in bound]
    traded = [act.trade.instrument for each in dealings for act in each.acts if act.trade]
    yen = yen_value(records.optional("instrument"), records.optional("reference_price"), traded)
    found = (_found(each, facts, yen, p) for each in dealings if each.acts)
    yield from sorted(found, key=lambda f: (f.window_from, f.subject_id, str(f.facts["fact"])))


class _Books(NamedTuple):
    """What every person's acts are read against."""

    facts: Facts
    owners: Ownership
    handled: Handled
    entered: Mapping[str, datetime]
    acts: list[Act]


def _near(bound: Bound, facts: Facts, owners: Ownership) -> Iterator[tuple[str, Near]]:
    knowers = {known.party_id for known in facts.knowledge.get(bound.fact.fact_id, ())}
    return near_accounts(bound, owners, knowers, japan_date(bound.since))


def _dealing(bound: Bound, ties: dict[str, Near], books: _Books, p: Parameters) -> Dealing:
    """The acts of one person in the asset of one fact, those in scope only."""
    fact = bound.fact
    term = term_of(books.facts, fact.fact_id, p.channels, _hours(p.waiting_hours), length_of_hours(p.analogue_hours))
    mine = [
        act
        for act in books.acts
        if act.account_id in ties
        and act.asset == fact.asset
        and books.handled.covers(act.asset, act.at)
        and still_bound(bound, act, p.former_insider_years)
    ]
    knowers = {known.party_id: known.learned_at for known in books.facts.knowledge.get(fact.fact_id, ())}
    return dealing(
        bound, term, mine, ties, excused(mine, bound.since, books.owners, Excuses(books.facts.plans, books.entered, knowers))
    )


def _found(each: Dealing, facts: Facts, yen: YenValue, p: Parameters) -> Found:
    fact, known, place, post = each.bound.fact, each.bound.knowledge, each.bound.standing, each.term.post
    elsewhere = facts.elsewhere(fact.fact_id, p.channels, each.term.until)
    return Found(
        subject_kind="party",
        subject_id=known.party_id,
        asset=fact.asset,
        instrument=_one({act.instrument for act in each.acts}),
        window_from=each.acts[0].at,
        window_until=each.acts[-1].at + timedelta.resolution,
        score=_score(each, bool(elsewhere) and elsewhere[0].published_at <= each.acts[0].at, p),
        amount_jpy=_yen(each.acts, yen),
        sentence="linked" if not each.own else "default" if place.nearness == "insider" else "recipient",
        evidence=_evidence(each),
        facts={
            "fact": fact.fact_id,
            "category": fact.category,
            "summary": fact.summary,
            "direction": fact.direction,
            "capacity": place.capacity,
            "nearness": place.nearness,
            "learned_at": known.learned_at,
            "learned_from": known.learned_from_party_id,
            "left_on": each.bound.left_on(japan_date(each.acts[-1].at)),
            "published_at": post.published_at if post else None,
            "elsewhere": sorted({one.channel for one in elsewhere}) or None,
            "first_at": each.acts[0].at,
            "last_at": each.acts[-1].at,
            "acts": len(each.acts),
            "kinds": sorted({act.kind for act in each.acts}),
            "bought": total_quantity(each.acts, lambda act: act.side == "buy"),
            "sold": total_quantity(each.acts, lambda act: act.side == "sell"),
            "advantage": each.advantage,
            "accounts": list(each.accounts),
            "tie": each.nearest,
            "links": [link.record_id for link in each.links] or None,
            "released": len(each.released),
            "released_by": sorted({one.record[1] for one in each.released}) or None,
            "unjudged": each.unjudged,
        },
    )


def _score(each: Dealing, told_elsewhere: bool, p: Parameters) -> Decimal:
    """The act itself carries most; gain on the favoured side and trading out of habit weigh, never decide."""
    advantage = p.advantage_unknown if each.advantage is None else each.advantage
    strength = p.weight_done + p.weight_advantage * advantage + p.weight_novelty * each.novelty
    left = each.bound.left_on(japan_date(each.acts[0].at)) is not None
    strength *= getattr(p, f"tie_{each.nearest}") * getattr(p, f"standing_{each.bound.standing.nearness}")
    return Decimal(strength * (p.factor_former if left else 1) * (p.factor_told_elsewhere if told_elsewhere else 1))


def _evidence(each: Dealing) -> tuple[Evidence, ...]:
    bound, post = each.bound, each.term.post
    names = {Evidence("material_fact", bound.fact.fact_id), Evidence("fact_knowledge", bound.knowledge.record_id)}
    if post is not None:
        names.add(Evidence("publication", post.record_id))
    if bound.standing.nearness in {"first_hand", "colleague"}:
        names.add(Evidence("fact_knowledge", f"{bound.fact.fact_id}|{bound.knowledge.learned_from_party_id}"))
    names |= {Evidence(*act.record) for act in each.acts} | {Evidence("order", act.order_id) for act in each.acts if act.order_id}
    names |= {Evidence("party_link", link.record_id) for link in each.links}
    return tuple(sorted(names | {Evidence(*one.record) for one in each.released if one.why == "plan"}))


def _yen(acts: Iterable[Act], yen: YenValue) -> Decimal | None:
    """Everything done, in yen; what went on chain carries no value and is left out."""
    total = Decimal(0)
    for act in acts:
        value = yen.of([act.trade]) if act.trade else act.notional or Decimal(0)
        if value is None:
            return None
        total = EXACT.add(total, value)
    return total


def _hours(hours: Decimal | int | None) -> timedelta | None:
    return None if hours is None else length_of_hours(hours)


def _one(names: set[str | None]) -> str | None:
    return min(names, key=str) if len(names) == 1 else None
