"""Tipping and recommending: an insider tells a fact to somebody who then trades, or advises the asset, before publication."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from sekisho.engine.answers import Evidence, Found
from sekisho.engine.order_lookup import events_of, trades_of
from sekisho.typologies.handled_assets import read_handled
from sekisho.typologies.insider import Dealing, Terms, circle_of, yen_for, yen_of
from sekisho.typologies.insider_acts import SHAPING, Off, total_quantity
from sekisho.typologies.material_facts import bound_by, read_circle, read_facts
from sekisho.typologies.tipping import Advised, Message, Told, Words, advised, messages_by, told_by
from sekisho.typologies.trades import YenValue
from sekisho.typologies.waiting import length_of_hours

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """One finding for each insider and recipient who traded, and one for each message in which an insider advised the asset."""
    facts, circle, handled = read_facts(records), read_circle(records), read_handled(records, p.refusal_words)
    insiders = [one for fact in facts.facts.values() for one in bound_by(facts, fact, circle, p.positions)]
    pairs = told_by(insiders, facts)
    messages = messages_by(records, (one.knowledge.party_id for one in insiders))
    near = circle_of(records, facts, [pair.recipient for pair in pairs], handled, p.prohibited_since)
    trades = trades_of(records, near.watched.accounts, near.instruments)
    cases = near.cases(records, Off(p.value_words, p.mint_addresses), trades)
    cases = cases.with_orders(events_of(records, orders=cases.order_ids, actions=SHAPING))
    wait = None if p.waiting_hours is None else length_of_hours(p.waiting_hours)
    by_recipient = {each.bound: each for each in cases.dealings(Terms(p.channels, wait, length_of_hours(p.analogue_hours), None))}
    traded = [(pair, by_recipient[pair.recipient]) for pair in pairs if by_recipient[pair.recipient].acts]
    yen = yen_for(records, (act for _pair, each in traded for act in each.acts))
    for pair, each in traded:
        between = [m for m in messages if m.publisher_party_id == pair.teller.knowledge.party_id and _before(m, pair)]
        yield _tipped(pair, each, [m for m in between if pair.teller.fact.asset in m.text], yen, p)
    words = Words(p.buy_words, p.sell_words)
    for one in advised(insiders, messages, words, partial(facts.published, channels=p.channels)):
        if handled.covers(one.insider.fact.asset, one.message.published_at):
            yield _advised(one, p)


def _before(message: Message, pair: Told) -> bool:
    return pair.teller.since <= message.published_at <= pair.recipient.since


def _tipped(pair: Told, each: Dealing, messages: list[Message], yen: YenValue, p: Parameters) -> Found:
    fact, teller, recipient = pair.teller.fact, pair.teller.knowledge, pair.recipient.knowledge
    names = {Evidence("material_fact", fact.fact_id)} | {Evidence("fact_knowledge", k.record_id) for k in (teller, recipient)}
    names |= {Evidence(*act.record) for act in each.acts} | {Evidence("order", act.order_id) for act in each.acts if act.order_id}
    names |= {Evidence("party_link", link.record_id) for link in (*each.links, *pair.teller.standing.links)}
    names |= {Evidence("communication", message.communication_id) for message in messages}
    if each.term.post is not None:
        names.add(Evidence("publication", each.term.post.record_id))
    return Found(
        subject_kind="party",
        subject_id=teller.party_id,
        asset=fact.asset,
        window_from=recipient.learned_at,
        window_until=max(each.acts[-1].at, recipient.learned_at) + timedelta.resolution,
        score=_score(each, p),
        amount_jpy=yen_of(each.acts, yen),
        evidence=tuple(sorted(names)),
        facts={
            "fact": fact.fact_id,
            "category": fact.category,
            "summary": fact.summary,
            "capacity": pair.teller.standing.capacity,
            "learned_at": teller.learned_at,
            "recipient": recipient.party_id,
            "told_at": recipient.learned_at,
            "published_at": each.term.post.published_at if each.term.post else None,
            "accounts": list(each.accounts),
            "tie": each.nearest,
            "acts": len(each.acts),
            "bought": total_quantity(each.acts, lambda act: act.side == "buy"),
            "sold": total_quantity(each.acts, lambda act: act.side == "sell"),
            "first_at": each.acts[0].at,
            "last_at": each.acts[-1].at,
            "direction": fact.direction,
            "advantage": each.advantage,
            "released": len(each.released),
            "messages": [message.communication_id for message in messages] or None,
        },
    )


def _score(each: Dealing, p: Parameters) -> Decimal:
    advantage = p.advantage_unknown if each.advantage is None else each.advantage
    strength = p.weight_done + p.weight_advantage * advantage + p.weight_novelty * each.novelty
    return Decimal(strength * getattr(p, f"tie_{each.nearest}"))


def _advised(one: Advised, p: Parameters) -> Found:
    fact, known, message = one.insider.fact, one.insider.knowledge, one.message
    names = {Evidence("material_fact", fact.fact_id), Evidence("fact_knowledge", known.record_id)}
    names |= {Evidence("party_link", link.record_id) for link in one.insider.standing.links}
    return Found(
        subject_kind="party",
        subject_id=known.party_id,
        asset=fact.asset,
        window_from=message.published_at,
        window_until=message.published_at + timedelta.resolution,
        score=Decimal(p.score_advice_against if one.agrees is False else p.score_advice),
        sentence="recommended",
        evidence=tuple(sorted(names | {Evidence("communication", message.communication_id)})),
        facts={
            "fact": fact.fact_id,
            "category": fact.category,
            "summary": fact.summary,
            "capacity": one.insider.standing.capacity,
            "learned_at": known.learned_at,
            "said_at": message.published_at,
            "channel": message.channel,
            "side": one.side,
            "direction": fact.direction,
            "message": message.communication_id,
        },
    )
