"""Margin call: a shortfall is called at once, paid in within the hours allowed, and nothing is added until then."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from sekisho.engine.answers import Amount, Evidence, Fact, Found, Obligation, Outcome, Reason, Step
from sekisho.engine.client_records import on_margin
from sekisho.engine.clients import adds_nothing
from sekisho.engine.order_replay import by_account, stopped
from sekisho.engine.requests import OrderRequest
from sekisho.typologies.margin import CallLife, ValuedMargin, is_called, read_calls, read_valuations
from sekisho.typologies.material_facts import japan_date
from sekisho.typologies.valuation import EXACT, starts_at
from sekisho.typologies.waiting import length_of_hours

if TYPE_CHECKING:
    from sekisho.engine.calendar import Calendar
    from sekisho.engine.requests import Request, View
    from sekisho.records import Records
    from sekisho.rulebook import Parameters

OPEN_CALL = "open_call"


def decide(request: Request, view: View, p: Parameters) -> Iterator[Reason]:
    """Refuse a margin order that adds to the client's trades while a call of his is open."""
    if not isinstance(request, OrderRequest) or request.product != "margin":
        return
    call = next(iter(view.margin(request.account_id).calls), None)
    if call is not None and not adds_nothing(request, view):
        facts: dict[str, Fact] = {
            "order": request.order_id,
            "account": request.account_id,
            "call": call.call_id,
            "shortfall_jpy": call.shortfall_jpy,
            "determined_at": call.determined_at,
        }
        yield Reason(outcome=Outcome.refuse, sentence=OPEN_CALL, facts=facts)


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """Calls not met in time, shortfalls that were not called, and orders accepted while a call was open."""
    end = starts_at(p.as_of + timedelta(days=1))
    calls = [call for call in read_calls(records) if call.determined_at < end]
    allowed = length_of_hours(p.hours)
    for call in calls:
        due_at = call.determined_at + allowed
        if _judged(call.determined_at, p) and call.overdue(due_at, end):
            yield _overdue(call, due_at, p)
    for valued, until in read_valuations(records, end):
        needed = EXACT.multiply(valued.amount_jpy, p.share_individual) if valued.person else valued.required_jpy
        if _judged(valued.valued_at, p) and valued.deposit_jpy < needed and not is_called(valued, until, calls):
            yield _uncalled(valued, needed, p)
    accounts = on_margin(records) & {call.account_id for call in calls}
    yield from by_account(stopped(records, accounts, decide, p, p.asked_since), p.score, {OPEN_CALL: "found_open_call"})


def compute(records: Records, p: Parameters) -> Iterator[Amount]:
    """Each call that is open at the end of the day, with the moment by which it is to be met."""
    end, allowed = starts_at(p.as_of + timedelta(days=1)), length_of_hours(p.hours)
    for call in read_calls(records):
        if _judged(call.determined_at, p) and call.determined_at < end and call.open_at(end):
            yield Amount(
                name=OPEN_CALL,
                as_of=p.as_of,
                value=call.shortfall_jpy,
                unit="JPY",
                working=(Step(f"{call.call_id} {call.account_id}", "shortfall", call.shortfall_jpy),),
                evidence=(Evidence("margin_call", call.call_id),),
                facts={
                    "call": call.call_id,
                    "account": call.account_id,
                    "determined_at": call.determined_at,
                    "due_at": call.determined_at + allowed,
                    "excuse": call.excuse,
                },
            )


def due(calendar: Calendar, p: Parameters) -> Iterator[Obligation]:
    """The payment of every open call, on the Japan date on which its hours are over."""
    for trigger in calendar.triggers:
        if isinstance(trigger, Amount) and trigger.name == OPEN_CALL:
            due_at, determined_at = trigger.facts["due_at"], trigger.facts["determined_at"]
            assert isinstance(due_at, datetime)
            assert isinstance(determined_at, datetime)
            yield Obligation(
                name=OPEN_CALL,
                due_on=japan_date(due_at),
                arose_on=japan_date(determined_at),
                because=f"A shortfall of margin is paid in within {p.hours} hours of its determination.",
                evidence=trigger.evidence,
                facts={**trigger.facts, "shortfall_jpy": trigger.value},
            )


def _judged(at: datetime, p: Parameters) -> bool:
    return bool(japan_date(at) >= p.asked_since)


def _overdue(call: CallLife, due_at: datetime, p: Parameters) -> Found:
    return Found(
        subject_kind="account",
        subject_id=call.account_id,
        window_from=call.determined_at,
        window_until=max(due_at, call.ended_at or due_at) + timedelta.resolution,
        score=p.score_overdue,
        amount_jpy=call.shortfall_jpy,
        evidence=(Evidence("margin_call", call.call_id),),
        facts={
            "account": call.account_id,
            "call": call.call_id,
            "determined_at": call.determined_at,
            "due_at": due_at,
            "ended_at": call.ended_at,
        },
    )


def _uncalled(valued: ValuedMargin, needed: Decimal, p: Parameters) -> Found:
    return Found(
        subject_kind="account",
        subject_id=valued.account_id,
        window_from=valued.valued_at,
        window_until=valued.valued_at + timedelta.resolution,
        score=p.score_uncalled,
        amount_jpy=needed - valued.deposit_jpy,
        sentence="uncalled",
        evidence=(Evidence("margin_valuation", valued.record_id),),
        facts={
            "account": valued.account_id,
            "valued_at": valued.valued_at,
            "deposit_jpy": valued.deposit_jpy,
            "required_jpy": needed,
        },
    )
