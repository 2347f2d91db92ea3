"""The client behind a request: what account, party and the last suitability check say of him at that moment."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from sekisho.typologies.margin import adds
from sekisho.typologies.suitability import Client, age_on
from sekisho.typologies.valuation import EXACT, JAPAN

if TYPE_CHECKING:
    from sekisho.engine.requests import Account, OpenOrder, OrderRequest, Party, View
    from sekisho.typologies.handled_assets import Pair
    from sekisho.typologies.suitability import Check

MONEY = "JPY"


def client_of(view: View, account_id: str, at: datetime, kinds: Collection[str]) -> Client | None:
    """The client at a moment; None where the account is of no such kind. What the last check did not ask, the account says.

    An account or a party that is not on record is a client of whom nothing is known.
    """
    try:
        account = view.account(account_id)
    except KeyError:
        return Client(account_id, "", None, None, None, None, None, None, None)
    if account.kind not in kinds:
        return None
    try:
        party = view.party(account.party_id)
    except KeyError:
        party = None
    return _told(account, party, view.check(account_id), (at + JAPAN).date())


class _Last:
    """The client last made: one decision asks for the same client rule after rule."""

    made_of: tuple[Account, Party | None, Check | None, date] | None = None
    client: Client


def _told(account: Account, party: Party | None, check: Check | None, day: date) -> Client:
    last = _Last.made_of
    if last is not None and last[0] is account and last[1] is party and last[2] is check and last[3] == day:
        return _Last.client
    client = Client(
        account.account_id,
        account.party_id,
        None if party is None else party.kind,
        None if party is None else age_on(party.born_on, day),
        account.experience if check is None or check.experience is None else check.experience,
        account.net_worth_jpy if check is None or check.net_worth_jpy is None else check.net_worth_jpy,
        account.income_jpy if check is None or check.income_jpy is None else check.income_jpy,
        (check.risk_tolerance if check is not None else None) or account.risk_tolerance,
        check,
    )
    _Last.made_of, _Last.client = (account, party, check, day), client
    return client


def pair_of(view: View, instrument: str) -> tuple[str, str]:
    """Base and quote of an instrument, by its name where it is not on record."""
    try:
        pair: Pair = view.pair(instrument)
    except KeyError:
        base, _, quote = instrument.partition("/")
        return base, quote
    return pair.base, pair.quote


def acquired(order: OrderRequest | OpenOrder, view: View) -> tuple[str, Decimal | None]:
    """What an order takes in: a buyer the base asset, a seller the quote asset, and how much of it; None where no price says."""
    base, quote = pair_of(view, order.instrument)
    if order.side == "buy":
        return base, order.quantity
    if order.price is not None:
        return quote, EXACT.multiply(order.quantity, order.price)
    given, taken = view.price_jpy(base), view.price_jpy(quote)
    return quote, None if given is None or not taken else order.quantity * given / taken


def worth_jpy(request: OrderRequest, view: View) -> Decimal | None:
    """What an order is worth in yen: at its own price where it has one, else at the reference price; None where no price says."""
    base, quote = pair_of(view, request.instrument)
    if request.price is not None:
        rate = view.price_jpy(quote)
        if rate is not None:
            return EXACT.multiply(EXACT.multiply(request.quantity, request.price), rate)
    price = view.price_jpy(base)
    return None if price is None else EXACT.multiply(request.quantity, price)


def added_to(request: OrderRequest, view: View) -> str | None:
    """The crypto-asset that the order adds to; None where it only gives up some for money, or closes a position."""
    if request.product == "margin":
        return None if adds_nothing(request, view) else pair_of(view, request.instrument)[0]
    asset, _quantity = acquired(request, view)
    return None if asset == MONEY else asset


def adds_nothing(request: OrderRequest, view: View) -> bool:
    """Whether a margin order only closes positions of the account."""
    positions = view.margin(request.account_id).positions
    return request.product == "margin" and not adds(request.side, request.quantity, positions, request.instrument)
