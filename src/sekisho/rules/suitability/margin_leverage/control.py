"""Margin of a margin trade: an order enters only when the deposit covers all margin trades of the client with it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from sekisho.engine.answers import Fact, Found, Outcome, Reason
from sekisho.engine.client_records import on_margin
from sekisho.engine.clients import adds_nothing, pair_of
from sekisho.engine.order_replay import by_account, stopped
from sekisho.engine.requests import OrderRequest
from sekisho.typologies.business_days import BusinessDays
from sekisho.typologies.margin import Valuation, adds, valued_since
from sekisho.typologies.material_facts import japan_date
from sekisho.typologies.valuation import EXACT

if TYPE_CHECKING:
    from sekisho.engine.requests import OpenOrder, Request, View
    from sekisho.records import Records
    from sekisho.rulebook import Parameters

_SAID = {"short": "default", "leverage": "found_leverage", "no_valuation": "found_no_valuation", "no_price": "found_no_price"}
_CALENDAR = BusinessDays()


def decide(request: Request, view: View, p: Parameters) -> Iterator[Reason]:
    """Refuse a margin order that the deposit does not cover; hold one where deposit or amount cannot be told."""
    if not isinstance(request, OrderRequest) or request.product != "margin" or adds_nothing(request, view):
        return
    day, person = japan_date(request.received_at), _is_person(request, view)
    share = _share(request.instrument, day, person, view, p)
    facts: dict[str, Fact] = {
        "order": request.order_id,
        "account": request.account_id,
        "leverage": request.leverage,
        "leverage_max": 1 / share if share else None,
    }
    if request.leverage is not None and request.leverage * share > 1:
        yield Reason(outcome=Outcome.refuse, sentence="leverage", facts=facts)
        return
    valuation = view.margin(request.account_id).valuation
    if valuation is None or not valued_since(valuation, day, _CALENDAR):
        yield Reason(outcome=Outcome.hold, sentence="no_valuation", facts=facts)
        return
    amount, required, unpriced = _needed(request, person, view, p)
    if unpriced is not None:
        yield Reason(outcome=Outcome.hold, sentence="no_price", facts={**facts, "asset": unpriced})
    elif required > valuation.deposit_jpy:
        yield Reason(outcome=Outcome.refuse, sentence="short", facts={**facts, **_told(amount, required, valuation, request)})


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """Margin orders that were accepted all the same: one finding for each account and reason."""
    yield from by_account(stopped(records, on_margin(records), decide, p, p.asked_since), p.score, _SAID)


def _needed(request: OrderRequest, person: bool, view: View, p: Parameters) -> tuple[Decimal, Decimal, str | None]:
    """Amount of all margin trades with this order, the deposit they need, and an asset of an order that no price is known of."""
    day, positions = japan_date(request.received_at), view.margin(request.account_id).positions
    amount, required, unpriced = Decimal(0), Decimal(0), None
    parts: list[tuple[str, Decimal | None]] = []
    for position in positions:
        worth = _worth(position.instrument, position.quantity, None, view)
        parts.append((position.instrument, position.amount_jpy if worth is None else worth))
    orders = [each for each in view.open_orders(request.account_id, "margin") if each.order_id != request.order_id]
    every: tuple[OpenOrder | OrderRequest, ...] = (*orders, request)
    for order in every:
        added = adds(order.side, order.quantity, positions, order.instrument)
        parts.append((order.instrument, _worth(order.instrument, added, order.price, view)))
    for instrument, part in parts:
        if part is None:
            unpriced = pair_of(view, instrument)[0]
            continue
        amount = EXACT.add(amount, part)
        required = EXACT.add(required, EXACT.multiply(part, _share(instrument, day, person, view, p)))
    return amount, required, unpriced


def _share(instrument: str, day: date, person: bool, view: View, p: Parameters) -> Decimal:
    ratio = None if person else view.margin_ratio(instrument, day)
    share: Decimal = p.share_individual if person else p.share_without_ratio if ratio is None else ratio
    return share


def _is_person(request: OrderRequest, view: View) -> bool:
    """Whether the client is a natural person; one that is not on record is taken for one."""
    try:
        return view.party(view.account(request.account_id).party_id).kind != "corporate"
    except KeyError:
        return True


def _worth(instrument: str, quantity: Decimal, price: Decimal | None, view: View) -> Decimal | None:
    """In yen at the reference price of the moment, or at the order's own price where that is higher, or all that is known."""
    base, quote = pair_of(view, instrument)
    quoted, rate = view.price_jpy(base), view.price_jpy(quote)
    own = None if price is None or rate is None else EXACT.multiply(price, rate)
    known = [each for each in (quoted, own) if each is not None]
    return EXACT.multiply(quantity, max(known)) if known else None


def _told(amount: Decimal, required: Decimal, valuation: Valuation, request: OrderRequest) -> dict[str, Fact]:
    return {
        "amount_after_jpy": amount,
        "required_jpy": required,
        "deposit_jpy": valuation.deposit_jpy,
        "valued_at": valuation.valued_at,
        "valuation": valuation.record_id(request.account_id),
    }
