"""Loans: what the firm borrowed in crypto-assets, from whom, until when, and how much of it is still out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from sekisho.typologies.registers import Name
from sekisho.typologies.valuation import JAPAN, in_utc, total

if TYPE_CHECKING:
    from sekisho.records import Records


@dataclass(frozen=True, slots=True, kw_only=True)
class Loan:
    """One loan to the firm."""

    loan_id: str
    party_id: str | None
    asset: str
    quantity: Decimal
    borrowed_on: date
    due_on: date | None
    on_demand: bool
    returned_on: date | None
    told_at: datetime | None

    @property
    def name(self) -> Name:
        """The record as evidence names it."""
        return "crypto_loan", self.loan_id

    @property
    def told_on(self) -> date | None:
        """The Japan day on which the lender was shown that the loan is no custody."""
        return None if self.told_at is None else (self.told_at + JAPAN).date()

    def is_open(self, day: date) -> bool:
        """Whether it is out on a day; on the day it is given back it no longer is."""
        return self.borrowed_on <= day and (self.returned_on is None or day < self.returned_on)


def read_loans(records: Records) -> tuple[Loan, ...]:
    """Every loan, by id."""
    rows = records.optional("crypto_loan").select(*Loan.__dataclass_fields__).order_by("loan_id").to_pyarrow().to_pylist()
    return tuple(Loan(**{**row, "told_at": None if row["told_at"] is None else in_utc(row["told_at"])}) for row in rows)


def borrowed(loans: Iterable[Loan]) -> dict[str, Decimal]:
    """The quantity of each asset, over loans."""
    quantities: dict[str, list[Decimal]] = defaultdict(list)
    for loan in loans:
        quantities[loan.asset].append(loan.quantity)
    return {asset: total(each) for asset, each in sorted(quantities.items())}
