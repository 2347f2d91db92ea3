"""Limit after a quick deposit: as much as was paid in by quick payment or at a store stays in the account for some days."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from sekisho.engine.answers import Evidence, Found, Outcome, Reason
from sekisho.engine.lookback import Sign, lookback, released, schemes, transfer_out
from sekisho.typologies.client_flows import worth_of
from sekisho.typologies.custody import share
from sekisho.typologies.valuation import EXACT, total
from sekisho.typologies.waiting import length_of

if TYPE_CHECKING:
    from sekisho.engine.requests import QuickDeposit, Request, TransferRequest, View
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def decide(request: Request, view: View, p: Parameters) -> Iterator[Reason]:
    """Hold a transfer that would leave less in the account than was paid in that way within the period."""
    asked = transfer_out(request)
    if asked is not None:
        yield from (sign.reason for sign in _signs(asked, view, p))


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """Transfers that left less in the account than the limit asks for."""
    asked = released(records).semi_join(records.quick_deposit, "account_id")
    books = dict.fromkeys(
        ("account", "transfer", "trade", "account_event", "customer_balance", "reference_price", "quick_deposit"), None
    )
    yield from schemes(lookback(records, p, _signs, asked, books))


def _signs(request: TransferRequest, view: View, p: Parameters) -> Iterator[Sign]:
    period = length_of(p.days)
    since = request.requested_at - period
    deposits = [d for d in view.quick_deposits(request.account_id, since) if d.deposited_at > since]
    if not deposits:
        return
    remaining = _remaining(request, view, deposits)
    bound = total(deposit.amount_jpy for deposit in deposits)
    if remaining >= bound:
        return
    last = _freeing(deposits, bound, remaining)
    releases_at = last.deposited_at + period
    yield Sign(
        Reason(
            outcome=Outcome.hold,
            sentence="bound",
            facts={
                "account": request.account_id,
                "deposits": len(deposits),
                "bound_jpy": bound,
                "remaining_jpy": remaining,
                "deposited_at": deposits[-1].deposited_at,
                "releases_at": releases_at,
            },
            releases_at=releases_at,
        ),
        since=deposits[0].deposited_at,
        score=share(min(bound - remaining, bound), bound),
        evidence=tuple(Evidence("quick_deposit", deposit.deposit_id) for deposit in deposits),
    )


def _remaining(request: TransferRequest, view: View, deposits: list[QuickDeposit]) -> Decimal:
    """What the account would still hold, in yen at the last prices: what has no price is worth nothing, what waits is gone."""
    holdings = dict(view.holdings(request.account_id))
    for transfer in view.transfers(request.account_id, deposits[0].deposited_at):
        waits = transfer.direction == "out" and transfer.left_at is None and not transfer.refused
        if waits and transfer.transfer_id != request.transfer_id:
            holdings[transfer.asset] = holdings.get(transfer.asset, Decimal(0)) - transfer.quantity
    holdings[request.asset] = holdings.get(request.asset, Decimal(0)) - request.quantity
    worth, _not_valued = worth_of(holdings, {asset: view.price_jpy(asset) for asset in holdings})
    return EXACT.plus(worth)


def _freeing(deposits: list[QuickDeposit], bound: Decimal, remaining: Decimal) -> QuickDeposit:
    """The deposit at whose end enough of the limit is gone; the last one where what remains covers none."""
    left = bound
    for deposit in deposits:
        left -= deposit.amount_jpy
        if remaining >= left:
            return deposit
    return deposits[-1]
