"""Mule account: money of others passes through it: many small deposits, a sleeper that wakes, an account opened for the purpose."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sekisho.engine.answers import Evidence, Found, Outcome, Reason
from sekisho.engine.lookback import Sign, lookback, released, schemes, transfer_out
from sekisho.engine.request_steps import account_of, approval
from sekisho.records.table import key_text
from sekisho.typologies.custody import share
from sekisho.typologies.payments import stated_words
from sekisho.typologies.valuation import EXACT, total
from sekisho.typologies.waiting import length_of

if TYPE_CHECKING:
    from sekisho.engine.requests import Account, Request, TransferRequest, View
    from sekisho.records import Records
    from sekisho.rulebook import Parameters

_MONEY = ("fiat_deposit", "fiat_withdrawal")


def decide(request: Request, view: View, p: Parameters) -> Iterator[Reason]:
    """Hold what passes through an account that looks like a mule's, until somebody has looked and approved."""
    asked = transfer_out(request, p.counterparties)
    if asked is not None:
        yield from (sign.reason for sign in _signs(asked, view, p))


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """Accounts through which money passed as through a mule's, and that nobody approved."""
    asked = released(records, p.counterparties)
    asked = asked.filter(asked.value_jpy >= p.value_jpy_min)
    back = length_of(p.period_days) + length_of(p.dormant_days)
    books = {"account": None, "transfer": back, "trade": back, "account_event": back, "request_event": None}
    yield from schemes(lookback(records, p, _signs, asked, books))


@dataclass(frozen=True, slots=True)
class _In:
    """One amount that came in: by whom as far as the record tells, how much, and which record."""

    at: datetime
    source: str
    others: bool
    value_jpy: Decimal
    evidence: Evidence


def _signs(request: TransferRequest, view: View, p: Parameters) -> Iterator[Sign]:
    if request.value_jpy < p.value_jpy_min:
        return
    account = account_of(request, view)
    if account is None or account.kind not in stated_words(p.account_kinds):
        return
    since = request.requested_at - length_of(p.period_days)
    came_in = _came_in(request, view, since)
    if not came_in:
        return
    goes_out = total(
        [
            request.value_jpy,
            *(
                m.value_jpy
                for m in view.transfers(request.account_id, came_in[0].at)
                if m.direction == "out" and not m.refused and m.transfer_id != request.transfer_id
            ),
        ]
    )
    whole = total(each.value_jpy for each in came_in)
    if goes_out < EXACT.multiply(whole, p.share_min):
        return
    signs = [
        *_collecting(request, came_in, goes_out, p),
        *_dormant(request, view, account, came_in, goes_out, p),
        *_young(request, account, came_in, goes_out, p),
    ]
    if signs and approval(request, view) is None:
        yield from signs


def _came_in(request: TransferRequest, view: View, since: datetime) -> list[_In]:
    """What came in within the period, oldest first. Money counts as another's where the remitter bears another name."""
    coins = [
        _In(m.requested_at, m.address, True, m.value_jpy, Evidence("transfer", m.transfer_id))
        for m in view.transfers(request.account_id, since)
        if m.direction == "in" and m.left_at is not None and m.requested_at > since
    ]
    money = [
        _In(
            e.occurred_at,
            f"remitter at {key_text(e.occurred_at)}",
            e.remitter_name_matches is False,
            e.amount_jpy,
            Evidence("account_event", f"{request.account_id}|{key_text(e.occurred_at)}|{e.kind}"),
        )
        for e in view.events(request.account_id, since)
        if e.kind == "fiat_deposit" and e.amount_jpy is not None and e.occurred_at > since
    ]
    return sorted([*coins, *money], key=lambda each: (each.at, each.evidence))


def _collecting(request: TransferRequest, came_in: list[_In], goes_out: Decimal, p: Parameters) -> Iterator[Sign]:
    """Many small amounts from others."""
    small = [each for each in came_in if each.others and each.value_jpy <= p.small_jpy_max]
    sources = {each.source for each in small}
    if len(sources) >= p.sources_min:
        yield _sign(request, "collecting", small, goes_out, {"sources": len(sources)})


def _dormant(
    request: TransferRequest, view: View, account: Account, came_in: list[_In], goes_out: Decimal, p: Parameters
) -> Iterator[Sign]:
    """An account in which nothing moved for long before money came in."""
    first = came_in[0].at
    quiet_since = first - length_of(p.dormant_days)
    if account.opened_at > quiet_since:
        return
    earlier = (
        any(m.requested_at < first for m in view.transfers(request.account_id, quiet_since))
        or any(e.kind in _MONEY and e.occurred_at < first for e in view.events(request.account_id, quiet_since))
        or any(t.executed_at < first for t in view.trades(request.account_id, quiet_since)[:1])
    )
    if not earlier:
        yield _sign(request, "dormant", came_in, goes_out, {"sources": len({each.source for each in came_in})})


def _young(request: TransferRequest, account: Account, came_in: list[_In], goes_out: Decimal, p: Parameters) -> Iterator[Sign]:
    """An account opened not long ago."""
    if request.requested_at < account.opened_at + length_of(p.young_days):
        yield _sign(request, "young", came_in, goes_out, {"sources": len({each.source for each in came_in})})


def _sign(request: TransferRequest, sentence: str, came_in: list[_In], goes_out: Decimal, more: dict[str, Any]) -> Sign:
    whole = total(each.value_jpy for each in came_in)
    passed = share(min(goes_out, whole), whole)
    return Sign(
        Reason(
            outcome=Outcome.hold,
            sentence=sentence,
            facts={
                "account": request.account_id,
                "inflows": len(came_in),
                "in_jpy": whole,
                "out_jpy": goes_out,
                "share_moved": passed,
                "first_in_at": came_in[0].at,
                **more,
            },
        ),
        since=came_in[0].at,
        score=passed,
        evidence=tuple(each.evidence for each in came_in),
    )
