"""Fast in and out: coins bought or received leave again within hours, as when a victim buys for a fraudster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from sekisho.engine.answers import Evidence, Found, Outcome, Reason
from sekisho.engine.lookback import Sign, lookback, released, schemes, transfer_out
from sekisho.engine.request_steps import account_of, approval
from sekisho.typologies.client_flows import Inflow, Passage, passage
from sekisho.typologies.payments import stated_words
from sekisho.typologies.waiting import length_of_hours

if TYPE_CHECKING:
    from datetime import datetime

    from sekisho.engine.requests import PastTransfer, Request, TransferRequest, View
    from sekisho.records import Records
    from sekisho.rulebook import Parameters

_SECOND = timedelta(seconds=1)


def decide(request: Request, view: View, p: Parameters) -> Iterator[Reason]:
    """Hold a transfer of most of what was bought or received within the period, until it is over or somebody approves."""
    asked = transfer_out(request, p.counterparties)
    if asked is not None:
        yield from (sign.reason for sign in _signs(asked, view, p))


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """Customers who bought or received coins and sent most of them on within the period, with how soon and how much of it."""
    asked = released(records, p.counterparties)
    asked = asked.filter(asked.value_jpy >= p.value_jpy_min)
    period = length_of_hours(p.hours_max)
    books = {"account": None, "transfer": period, "trade": period, "request_event": None}
    yield from schemes(lookback(records, p, _signs, asked, books))


def _signs(request: TransferRequest, view: View, p: Parameters) -> Iterator[Sign]:
    if request.value_jpy < p.value_jpy_min:
        return
    account = account_of(request, view)
    if account is not None and account.kind not in stated_words(p.account_kinds):
        return
    period = length_of_hours(p.hours_max)
    since = request.requested_at - period
    base = request.asset
    moved = [m for m in view.transfers(request.account_id, since) if m.asset == base and m.requested_at > since]
    outs = [
        (m.requested_at, m.quantity)
        for m in moved
        if m.direction == "out" and not m.refused and m.transfer_id != request.transfer_id
    ]
    bought = passage(_bought(view, request, since), outs, request.quantity, request.requested_at, p.share_min)
    received = passage(_received(moved), outs, request.quantity, request.requested_at, p.share_min)
    if (bought is None and received is None) or approval(request, view) is not None:
        return
    if bought is not None:
        yield _sign(request, "after_purchase", "trade", bought, period)
    if received is not None:
        yield _sign(request, "after_deposit", "transfer", received, period)


def _bought(view: View, request: TransferRequest, since: datetime) -> Iterator[Inflow]:
    """Purchases of the asset, newest first."""
    for trade in reversed(view.trades(request.account_id, since)):
        if trade.side == "buy" and trade.executed_at > since and trade.instrument.partition("/")[0] == request.asset:
            yield Inflow(trade.trade_id, trade.executed_at, trade.quantity)


def _received(moved: Sequence[PastTransfer]) -> Iterator[Inflow]:
    """Coins that came in and were credited, newest first."""
    for move in reversed(moved):
        if move.direction == "in" and move.left_at is not None:
            yield Inflow(move.transfer_id, move.requested_at, move.quantity)


def _sign(request: TransferRequest, sentence: str, table: str, passed: Passage, period: timedelta) -> Sign:
    releases_at = passed.last_in_at + period
    return Sign(
        Reason(
            outcome=Outcome.hold,
            sentence=sentence,
            facts={
                "account": request.account_id,
                "asset": request.asset,
                "address": request.address,
                "counterparty": request.counterparty,
                "came_in": passed.came_in,
                "goes_out": passed.goes_out,
                "share_moved": passed.share,
                "interval_seconds": passed.interval // _SECOND,
                "first_in_at": passed.first_in_at,
                "last_in_at": passed.last_in_at,
                "releases_at": releases_at,
            },
            releases_at=releases_at,
        ),
        since=passed.first_in_at,
        score=passed.share,
        evidence=tuple(Evidence(table, inflow.id) for inflow in passed.inflows),
    )
