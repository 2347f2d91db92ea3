"""What a ``decide`` rule is asked about, and what it may look at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferRequest:
    """A transfer that asks to go ahead: the columns of the ``transfer`` table known at that moment. Times are UTC."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
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


class View(Protocol):
    """What a ``decide`` rule may look at. The gate keeps it in memory; an inspection builds it from records."""

    def account(self, account_id: str) -> Account:
        """The account; raises KeyError for one that is not known."""
        ...

    def first_used_at(self, account_id: str, address: str) -> datetime | None:
        """When this account first sent to this address (UTC); None before the first time."""
        ...
