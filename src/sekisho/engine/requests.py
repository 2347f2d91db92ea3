"""What a ``decide`` rule is asked about, and what it may look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple, Protocol

import msgspec

from sekisho.typologies.addresses import AddressBook
from sekisho.typologies.correspondence import Correspondence
from sekisho.typologies.exposure import Neighbour
from sekisho.typologies.handled_assets import Pair
from sekisho.typologies.listed import Listed
from sekisho.typologies.margin import Margin
from sekisho.typologies.material_facts import Circle, Facts
from sekisho.typologies.ownership import Ownership
from sekisho.typologies.suitability import Breach, Check, Consent, Criteria, Limits


class TransferRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A transfer that asks to go ahead: the columns of the ``transfer`` table known at that moment. Times are UTC.

    Three things the table does not keep are known at that moment: ``address_tag`` (destination tag or memo, where the address
    does not carry it), ``network`` (the chain on which the asset is to move, where it lives on more than one) and ``payee_site``
    (the website the client names as the payee's).
    """

    transfer_id: str
    requested_at: datetime
    account_id: str
    direction: str
    asset: str
    quantity: Decimal
    value_jpy: Decimal
    address: str
    counterparty: str = "unknown"
    counterparty_vasp: str | None = None
    counterparty_country: str | None = None
    address_tag: str | None = None
    network: str | None = None
    travel_rule_payload: str | None = None
    purpose: str | None = None
    payee_site: str | None = None
    warning_acknowledged_at: datetime | None = None


class OrderRequest(msgspec.Struct, frozen=True, kw_only=True):
    """An order, or a change of one, that asks to enter the book; the names are FIX's. Times are UTC.

    ``order_id`` is FIX 11 ClOrdID, ``account_id`` 1 Account, ``instrument`` 55 Symbol, ``side`` 54 Side (buy, sell),
    ``order_type`` 40 OrdType (limit, market, stop), ``quantity`` 38 OrderQty, ``price`` 44 Price (None for a market order).
    ``product`` is spot or margin; ``leverage`` is what a margin order asks for, as a multiple of the margin.
    """

    order_id: str
    received_at: datetime
    account_id: str
    instrument: str
    side: str
    order_type: str
    quantity: Decimal
    price: Decimal | None = None
    product: str = "spot"
    leverage: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReserveUseRequest:
    """A payment out of the liability reserve that asks to go ahead: the columns of ``reserve_use``, and the reserve by the books.

    ``reserve_jpy`` is the reserve that day, ``releasable_jpy`` its part above the ceiling at the last year end (None: not shown).
    """

    use_id: str
    requested_at: datetime
    amount_jpy: Decimal
    purpose: str
    reserve_jpy: Decimal
    act: str | None = None
    approved_on: date | None = None
    releasable_jpy: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InstructionRequest:
    """A decision about the firm's business or assets that asks to be followed: the columns of ``instruction``. Times are UTC."""

    instruction_id: str
    given_at: datetime
    party_id: str
    concerns: str
    summary: str = ""
    wallet_id: str | None = None


class InOffice(NamedTuple):
    """An administrator in office: who, by which event, since when (the start of that Japan day, UTC)."""

    party_id: str | None
    event_id: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletRequest:
    """A wallet that asks to be entered, or changed, as hot or cold: on which devices or media its keys are to be. Time is UTC."""

    wallet_id: str
    requested_at: datetime
    tier: str
    devices: tuple[str, ...]


Request = TransferRequest | OrderRequest | WalletRequest | ReserveUseRequest | InstructionRequest
"""What a ``decide`` rule may be asked about; a rule says nothing about the kind it is not concerned with."""


class OpenOrder(NamedTuple):
    """An order that is in the market with ``quantity`` left."""

    order_id: str
    account_id: str | None
    instrument: str
    side: str
    order_type: str
    price: Decimal | None
    quantity: Decimal


class SeenOrder(NamedTuple):
    """A client's order in the market, and since when somebody inside could see it (UTC)."""

    order: OpenOrder
    learned_at: datetime


class Registers(NamedTuple):
    """What is kept of people: who owns what, which facts are known to whom, and who serves the exchange. Every row has its time."""

    owners: Ownership
    facts: Facts
    circle: Circle


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """An account as the gate knows it: the columns of the ``account`` table, and the birth date of its party."""

    account_id: str
    party_id: str
    kind: str
    opened_at: datetime
    closed_at: datetime | None = None
    experience: str | None = None
    net_worth_jpy: Decimal | None = None
    income_jpy: Decimal | None = None
    risk_tolerance: str | None = None
    born_on: date | None = None


class Party(msgspec.Struct, frozen=True, kw_only=True):
    """A person or company as the gate knows it: the columns of the ``party`` table."""

    party_id: str
    kind: str
    country: str
    born_on: date | None = None
    registered_on: date | None = None


class PastTransfer(NamedTuple):
    """A transfer that was asked for before: the columns of ``transfer`` with what had become of it by the moment looked at (UTC).

    ``left_at`` is when it was released or, coming in, credited; None while it waits, and for one that was ``refused``.
    """

    transfer_id: str
    requested_at: datetime
    account_id: str
    direction: str
    asset: str
    quantity: Decimal
    value_jpy: Decimal
    address: str
    counterparty: str
    counterparty_vasp: str | None
    left_at: datetime | None
    refused: bool


class PastTrade(NamedTuple):
    """A trade of one account (UTC); ``side`` is that account's."""

    trade_id: str
    executed_at: datetime
    instrument: str
    side: str
    price: Decimal
    quantity: Decimal


class PastEvent(NamedTuple):
    """Something that happened to an account: the columns of ``account_event`` (UTC)."""

    occurred_at: datetime
    kind: str
    amount_jpy: Decimal | None
    device_id: str | None
    ip: str | None
    remitter_name_matches: bool | None


class RequestEvent(NamedTuple):
    """What a person did, or was shown, about a request: the columns of ``request_event`` (UTC)."""

    event_id: str
    occurred_at: datetime
    kind: str
    party_id: str
    version: str | None
    text: str | None


class Suspicion(NamedTuple):
    """A suspicion about an account: the columns of ``suspicion`` with what had become of it by the moment looked at (UTC)."""

    suspicion_id: str
    account_id: str
    transfer_id: str | None
    arose_at: datetime
    source: str
    judged_at: datetime | None
    judgement: str | None
    filed_at: datetime | None
    cleared_at: datetime | None


class CustomerCheck(NamedTuple):
    """A verification of a client: the columns of ``customer_check`` (UTC)."""

    check_id: str
    checked_at: datetime
    transfer_id: str | None
    kind: str
    means_checked: bool | None
    approved_by_party_id: str | None


class CustomerRisk(NamedTuple):
    """A ground for enhanced care with a client: the columns of ``customer_risk`` (UTC); ``until`` is None while it holds."""

    risk_id: str
    ground: str
    since: datetime
    until: datetime | None


class QuickDeposit(NamedTuple):
    """Money paid in by quick payment or at a convenience store: the columns of ``quick_deposit`` (UTC)."""

    deposit_id: str
    deposited_at: datetime
    channel: str
    amount_jpy: Decimal


class View(Protocol):
    """What a ``decide`` rule may look at. The gate keeps it in memory; an inspection builds it from records."""

    def account(self, account_id: str) -> Account:
        """The account; raises KeyError for one that is not known."""
        ...

    def first_used_at(self, account_id: str, address: str) -> datetime | None:
        """When this account first sent to this address (UTC); None before the first time."""
        ...

    def first_connected_at(self, device: str) -> datetime | None:
        """When a device was first on a network (UTC), by any record of the keys it held; None where none says so."""
        ...

    def registers(self) -> Registers:
        """Ownership, facts and their knowledge, positions."""
        ...

    def pair(self, instrument: str) -> Pair:
        """The instrument with its assets and listed period; raises KeyError for one that is not on record."""
        ...

    def book(self, instrument: str, side: str) -> Sequence[OpenOrder]:
        """The resting limit orders of one side, those that are served first first."""
        ...

    def orders_known_to(self, party_id: str, instrument: str) -> Sequence[SeenOrder]:
        """Clients' orders still in the market that a party could see by now, in order of their ids."""
        ...

    def ordered(self, party_id: str, asset: str, side: str, since: datetime) -> Decimal:
        """How much the accounts of a party have ordered of an asset on one side since a moment, changes of orders included."""
        ...

    def administrator(self, at: datetime) -> InOffice | None:
        """The administrator in office at a moment (UTC), as far as is known now; None where there is none."""
        ...

    def party(self, party_id: str) -> Party:
        """The person or company; raises KeyError for one that is not known."""
        ...

    def transfers(self, account_id: str, since: datetime) -> Sequence[PastTransfer]:
        """What the account asked to move, in or out, since a moment, oldest first."""
        ...

    def known_since(self) -> datetime | None:
        """The first transfer, trade or account event on record (UTC), of anybody; what moved before it is not known."""
        ...

    def first_sent_at(self, account_id: str) -> datetime | None:
        """When the first transfer out of the account left (UTC); None before that."""
        ...

    def transfers_with(self, address: str, since: datetime) -> Sequence[PastTransfer]:
        """What all accounts asked to move to or from one address since a moment, oldest first."""
        ...

    def addresses_of(self, account_id: str) -> Mapping[str, datetime]:
        """Every address the account asked to send to, with the first time (UTC): its address book."""
        ...

    def address_book(self, account_id: str) -> AddressBook:
        """The addresses to which something the account asked to send has left by now, read and indexed: its history."""
        ...

    def events(self, account_id: str, since: datetime) -> Sequence[PastEvent]:
        """What happened to the account since a moment, oldest first."""
        ...

    def trades(self, account_id: str, since: datetime) -> Sequence[PastTrade]:
        """What the account traded since a moment, oldest first."""
        ...

    def holdings(self, account_id: str) -> Mapping[str, Decimal]:
        """What the firm owes the account by asset ("JPY" for money): the last daily balance, and what moved after that day."""
        ...

    def price_jpy(self, asset: str) -> Decimal | None:
        """The last reference price of the asset in yen; 1 for JPY itself, None where there is none."""
        ...

    def client_steps(self, request: TransferRequest) -> Mapping[str, Sequence[RequestEvent]]:
        """What the client did, or was shown, about a transfer, by kind, oldest first."""
        ...

    def events_of_request(self, request_id: str) -> Sequence[RequestEvent]:
        """What people did, or were shown, about a request, oldest first."""
        ...

    def listed(self, entry_kind: str, value: str, at: datetime, asset: str | None = None) -> Sequence[Listed]:
        """Entries of the lists in force at a moment that name an address, name, domain or url, in whatever way it is written."""
        ...

    def list_kinds(self, at: datetime) -> frozenset[str]:
        """The kinds of lists of which a version is in force at a moment."""
        ...

    def neighbours(self, address: str, asset: str, before: datetime) -> Sequence[Neighbour]:
        """Whom an address exchanged an asset with on the chain before a moment, as far as movements were given."""

    def correspondence(self) -> Correspondence:
        """Other operators, their networks, wallets evaluated, and notices exchanged with them."""

    def open_orders(self, account_id: str, product: str) -> Sequence[OpenOrder]:
        """The account's own orders still in the market, of one product (spot, margin), in order of their ids."""
        ...

    def last_price(self, instrument: str) -> Decimal | None:
        """The price of the last trade of the pair, in its quote asset; None before the first."""
        ...

    def check(self, account_id: str) -> Check | None:
        """The last suitability check of the account; None where there is none."""
        ...

    def criteria(self) -> Criteria:
        """The firm's trading-start criteria, whenever they hold; the same object as long as nothing changed."""
        ...

    def limits(self) -> Limits:
        """The firm's and the association's trading limits, whenever they hold; the same object as long as nothing changed."""
        ...

    def consents(self, account_id: str) -> Sequence[Consent]:
        """The consents of legal representatives to the account's trading, whenever they stand."""
        ...

    def documents(self, account_id: str) -> Set[tuple[str, str | None]]:
        """What the account was given (``document``, asset or None for all), receipts and statements aside."""
        ...

    def breaches(self, asset: str) -> Sequence[Breach]:
        """The breaches of disclosure by the asset's issuer, whenever they last."""
        ...

    def margin(self, account_id: str) -> Margin:
        """The account's open margin positions and calls, and the last valuation of them."""
        ...

    def margin_ratio(self, instrument: str, day: date) -> Decimal | None:
        """The risk ratio of the pair in use on a Japan date; None where none is on record."""

    def accounts_seen(self, kind: str, value: str) -> dict[str, datetime]:
        """The accounts that used a device (``kind`` device_id) or a network address (ip), each with the last time (UTC)."""
        ...

    def suspicions(self, account_id: str) -> Sequence[Suspicion]:
        """Every suspicion about the account, oldest first."""
        ...

    def checks_of(self, party_id: str) -> Sequence[CustomerCheck]:
        """The verifications of a client, oldest first."""
        ...

    def risks_of(self, party_id: str) -> Sequence[CustomerRisk]:
        """The grounds for enhanced care with a client, oldest first, past ones included."""
        ...

    def quick_deposits(self, account_id: str, since: datetime) -> Sequence[QuickDeposit]:
        """What was paid in by quick payment or at a convenience store since a moment, oldest first."""
        ...
