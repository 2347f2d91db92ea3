"""Emptied account: the first transfer a client ever makes takes most of what the account holds."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from ibis import _

from sekisho.engine.answers import Evidence, Found, Outcome, Reason
from sekisho.engine.lookback import Sign, lookback, released, schemes, transfer_out
from sekisho.engine.request_steps import account_of, approval
from sekisho.typologies.client_flows import worth_of
from sekisho.typologies.custody import share
from sekisho.typologies.payments import stated_words
from sekisho.typologies.valuation import EXACT
from sekisho.typologies.waiting import length_of_hours

if TYPE_CHECKING:
    from sekisho.engine.requests import Request, TransferRequest, View
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def decide(request: Request, view: View, p: Parameters) -> Iterator[Reason]:
    """Hold the first transfer that takes most of the account, from the first request to that address on, or until approved."""
    asked = transfer_out(request, p.counterparties)
    if asked is not None:
        yield from (sign.reason for sign in _signs(asked, view, p))


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """First transfers that left with most of the account before the waiting period was over, and that nobody approved."""
    out = released(records, p.counterparties)
    first = released(records).group_by("account_id").aggregate(first_left_at=_.left_at.min())
    asked = out.filter(out.value_jpy >= p.value_jpy_min).inner_join(first, "account_id")
    asked = asked.filter(asked.left_at <= asked.first_left_at).drop("first_left_at")
    books = dict.fromkeys(
        ("account", "transfer", "trade", "account_event", "customer_balance", "reference_price", "request_event"), None
    )
    yield from schemes(lookback(records, p, _signs, asked, books))


def _signs(request: TransferRequest, view: View, p: Parameters) -> Iterator[Sign]:
    if request.value_jpy < p.value_jpy_min or view.first_sent_at(request.account_id) is not None:
        return
    account = account_of(request, view)
    if account is not None and account.kind not in stated_words(p.account_kinds):
        return
    period = length_of_hours(p.hours_first)
    asked_at = view.first_used_at(request.account_id, request.address) or request.requested_at
    releases_at = asked_at + period
    if request.requested_at >= releases_at:
        return
    held_jpy, taken, not_valued = _taken(request, view)
    if taken < p.share_min or approval(request, view) is not None:
        return
    yield Sign(
        Reason(
            outcome=Outcome.hold,
            sentence="first_of_most",
            facts={
                "account": request.account_id,
                "address": request.address,
                "held_jpy": held_jpy,
                "share_taken": taken,
                "not_valued": not_valued,
                "asked_at": asked_at,
                "releases_at": releases_at,
            },
            releases_at=releases_at,
        ),
        since=asked_at,
        score=taken,
        evidence=(Evidence("account", request.account_id),) if account is not None else (),
    )


def _taken(request: TransferRequest, view: View) -> tuple[Decimal, Decimal, tuple[str, ...]]:
    """What the account holds in yen, the share of it that the transfer takes, and assets that have no price.

    The asset itself is valued as the request values it, everything else at the last price.
    """
    holdings = view.holdings(request.account_id)
    others = {asset: quantity for asset, quantity in holdings.items() if asset != request.asset and quantity > 0}
    worth, not_valued = worth_of(others, {asset: view.price_jpy(asset) for asset in others})
    held = max(holdings.get(request.asset, request.quantity), request.quantity)
    # The request's own price is value / quantity; both sides are multiplied by the quantity, so nothing is rounded.
    whole = EXACT.add(EXACT.multiply(worth, request.quantity), EXACT.multiply(held, request.value_jpy))
    taken = share(EXACT.multiply(request.value_jpy, request.quantity), whole)
    own_jpy = (
        request.value_jpy if held == request.quantity else _quotient(EXACT.multiply(held, request.value_jpy), request.quantity)
    )
    return EXACT.add(worth, own_jpy), taken, not_valued


def _quotient(value: Decimal, quantity: Decimal) -> Decimal:
    """A yen figure for people to read: to the yen."""
    return (value / quantity).quantize(Decimal(1)) if quantity else Decimal(0)
