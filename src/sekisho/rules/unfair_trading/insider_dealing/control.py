"""Insider dealing: somebody in a position close to a fact trades its asset before the fact is published."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from sekisho.engine.answers import Evidence, Found
from sekisho.engine.order_lookup import events_of, trades_of
from sekisho.typologies.handled_assets import read_handled
from sekisho.typologies.insider import Dealing, Terms, circle_of, yen_for, yen_of
from sekisho.typologies.insider_acts import SHAPING, Off, total_quantity
from sekisho.typologies.material_facts import Facts, bound_by, japan_date, read_circle, read_facts
from sekisho.typologies.trades import YenValue
from sekisho.typologies.waiting import length_of_hours

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """One finding for each person bound by a fact who dealt in its asset, on accounts of his own or of those near him."""
    facts, circle = read_facts(records), read_circle(records)
    bound = [one for fact in facts.facts.values() for one in bound_by(facts, fact, circle, p.positions)]
    off = Off(p.value_words, p.mint_addresses)
    near = circle_of(records, facts, bound, read_handled(records, p.refusal_words), p.prohibited_since)
    cases = near.cases(records, off, trades_of(records, near.watched.accounts, near.instruments))
    cases = cases.with_orders(events_of(records, orders=cases.order_ids, actions=SHAPING))
    wait = None if p.waiting_hours is None else length_of_hours(p.waiting_hours)
    terms = Terms(p.channels, wait, length_of_hours(p.analogue_hours), p.former_insider_years)
    dealings = [each for each in cases.dealings(terms) if each.acts]
    yen = yen_for(records, (act for each in dealings for act in each.acts))
    found = (_found(each, facts, yen, p) for each in dealings)
    yield from sorted(found, key=lambda f: (f.window_from, f.subject_id, str(f.facts["fact"])))


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
        amount_jpy=yen_of(each.acts, yen),
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
    if all(act.kind == "person" for act in each.acts):  # nothing on record says that anything was given in return
        strength *= p.factor_person
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


def _one(names: set[str | None]) -> str | None:
    return min(names, key=str) if len(names) == 1 else None
