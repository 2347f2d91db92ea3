"""Out of profile: what does not fit a client's income, wealth, age or past transfers waits until somebody has looked."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sekisho.engine.answers import Evidence, Found, Outcome, Reason
from sekisho.engine.lookback import Sign, lookback, released, schemes, transfer_out
from sekisho.engine.request_steps import account_of, approval
from sekisho.typologies.client_flows import age_on, over
from sekisho.typologies.custody import share
from sekisho.typologies.payments import stated_words
from sekisho.typologies.valuation import EXACT, JAPAN, total
from sekisho.typologies.waiting import length_of

if TYPE_CHECKING:
    from sekisho.engine.requests import Account, PastTransfer, Request, TransferRequest, View
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def decide(request: Request, view: View, p: Parameters) -> Iterator[Reason]:
    """Hold what is out of line with income, net worth, past transfers or age, until somebody has looked and approved."""
    asked = transfer_out(request, p.counterparties)
    if asked is not None:
        yield from (sign.reason for sign in _signs(asked, view, p))


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """Transfers that left out of line with what was recorded of the client, and that nobody approved."""
    books = {"account": None, "party": None, "transfer": length_of(p.period_days), "request_event": None}
    yield from schemes(lookback(records, p, _signs, released(records, p.counterparties), books))


def _signs(request: TransferRequest, view: View, p: Parameters) -> Iterator[Sign]:
    account = account_of(request, view)
    if account is None or account.kind not in stated_words(p.account_kinds):
        return
    since = request.requested_at - length_of(p.period_days)
    past = [
        m
        for m in view.transfers(request.account_id, since)
        if m.direction == "out" and not m.refused and m.transfer_id != request.transfer_id
    ]
    signs = [
        *_over_means(request, account, past, p),
        *_over_past(request, past, p),
        *_over_age(request, account, p),
    ]
    if signs and approval(request, view) is None:
        yield from signs


def _over_means(request: TransferRequest, account: Account, past: list[PastTransfer], p: Parameters) -> Iterator[Sign]:
    """What left within the period and would leave now, against a multiple of income and a share of net worth."""
    if account.income_jpy is None and account.net_worth_jpy is None:
        return
    leaving = total([request.value_jpy, *(m.value_jpy for m in past)])
    for sentence, means, ratio in (
        ("over_income", account.income_jpy, p.income_ratio_max),
        ("over_net_worth", account.net_worth_jpy, p.net_worth_ratio_max),
    ):
        if means is None:
            continue
        limit = EXACT.multiply(max(means, Decimal(0)), ratio)
        if leaving > limit:
            facts = {"leaving_jpy": leaving, "recorded_jpy": means, "limit_jpy": limit, "past": len(past)}
            yield _sign(request, sentence, facts, over(leaving, limit), past)


def _over_past(request: TransferRequest, past: list[PastTransfer], p: Parameters) -> Iterator[Sign]:
    """The transfer against the largest one that left within the period, where there are enough to compare."""
    left = [m for m in past if m.left_at is not None]
    if len(left) < p.past_transfers_min:
        return
    largest = max(left, key=lambda m: (m.value_jpy, m.transfer_id))
    limit = EXACT.multiply(largest.value_jpy, p.past_ratio_max)
    if request.value_jpy > limit:
        facts = {"leaving_jpy": request.value_jpy, "recorded_jpy": largest.value_jpy, "limit_jpy": limit, "past": len(left)}
        yield _sign(request, "over_past", facts, over(request.value_jpy, limit), [largest])


def _over_age(request: TransferRequest, account: Account, p: Parameters) -> Iterator[Sign]:
    """A large transfer of somebody who has reached the age."""
    if account.born_on is None or request.value_jpy < p.aged_value_jpy_min:
        return
    age = age_on(account.born_on, (request.requested_at + JAPAN).date())
    if age >= p.age_years_min:
        limit = p.aged_value_jpy_min
        facts = {"leaving_jpy": request.value_jpy, "recorded_jpy": limit, "limit_jpy": limit, "past": 0, "age": age}
        yield _sign(request, "aged", facts, share(limit, request.value_jpy), [], Evidence("party", account.party_id))


def _sign(
    request: TransferRequest, sentence: str, facts: dict[str, Any], score: Decimal, past: list[PastTransfer], *more: Evidence
) -> Sign:
    return Sign(
        Reason(outcome=Outcome.hold, sentence=sentence, facts={"account": request.account_id, **facts}),
        since=min((m.requested_at for m in past), default=request.requested_at),
        score=score,
        evidence=(*(Evidence("transfer", m.transfer_id) for m in past), *more),
    )
