"""Mule account: money of others passes through it: many small deposits, a sleeper that wakes, an account opened for the purpose."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from sekisho.engine.answers import Evidence, Found, Outcome, Reason
from sekisho.engine.lookback import Sign, lookback, released, schemes, transfer_out
from sekisho.engine.request_steps import account_of, approval
from sekisho.engine.requests import PastEvent, PastTransfer
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


class _In(NamedTuple):
    """One amount that came in: when, from where as far as the record tells, whether from others, how much, and the record."""

    at: datetime
    source: str | datetime
    others: bool
    value_jpy: Decimal
    record: PastTransfer | PastEvent

    def evidence(self, account_id: str) -> Evidence:
        """The record as evidence names it."""
        if isinstance(self.record, PastTransfer):
            return Evidence("transfer", self.record.transfer_id)
        return Evidence("account_event", f"{account_id}|{key_text(self.record.occurred_at)}|{self.record.kind}")


def _signs(request: TransferRequest, view: View, p: Parameters) -> Iterator[Sign]:
    if request.value_jpy < p.value_jpy_min:
        return
    account = account_of(request, view)
    if account is None or account.kind not in stated_words(p.account_kinds):
        return
    since = request.requested_at - length_of(p.period_days)
    moved = view.transfers(request.account_id, since)
    came_in = _came_in(moved, view.events(request.account_id, since), since)
    if not came_in:
        return
    first = came_in[0].at
    goes_out = total([request.value_jpy, *(m.value_jpy for m in moved if _went_out(m, request) and m.requested_at >= first)])
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


def _went_out(move: PastTransfer, request: TransferRequest) -> bool:
    return move.direction == "out" and not move.refused and move.transfer_id != request.transfer_id


def _came_in(moved: Sequence[PastTransfer], events: Sequence[PastEvent], since: datetime) -> list[_In]:
    """What came in within the period, oldest first. Money counts as another's where the remitter bears another name."""
    coins = [
        _In(m.requested_at, m.address, True, m.value_jpy, m)
        for m in moved
        if m.direction == "in" and m.left_at is not None and m.requested_at > since
    ]
    money = [
        _In(e.occurred_at, e.occurred_at, e.remitter_name_matches is False, e.amount_jpy, e)
        for e in events
        if e.kind == "fiat_deposit" and e.amount_jpy is not None and e.occurred_at > since
    ]
    return sorted([*coins, *money], key=lambda each: each.at) if coins and money else coins or money


def _collecting(request: TransferRequest, came_in: list[_In], goes_out: Decimal, p: Parameters) -> Iterator[Sign]:
    """Many small amounts from others."""
    most = p.small_jpy_max
    small = [each for each in came_in if each.others and each.value_jpy <= most]
    sources = {each.source for each in small}
    if len(sources) >= p.sources_min:
        yield _sign(request, "collecting", small, goes_out, {"sources": len(sources)})


def _dormant(
    request: TransferRequest, view: View, account: Account, came_in: list[_In], goes_out: Decimal, p: Parameters
) -> Iterator[Sign]:
    """An account in which nothing moved for long before money came in."""
    first = came_in[0].at
    quiet_since = first - length_of(p.dormant_days)
    known_since = view.known_since()
    # Books that do not reach back so far cannot show that nothing moved.
    if account.opened_at > quiet_since or known_since is None or known_since > quiet_since:
        return
    # Oldest first: what moved before the first of it came in stands at the beginning, or nothing did.
    earlier = (
        any(m.requested_at < first for m in view.transfers(request.account_id, quiet_since)[:1])
        or any(t.executed_at < first for t in view.trades(request.account_id, quiet_since)[:1])
        or any(e.kind in _MONEY and e.occurred_at < first for e in view.events(request.account_id, quiet_since))
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
        evidence=tuple(sorted(each.evidence(request.account_id) for each in came_in)),
    )
