"""What the firm holds for customers, by wallet tier and in yen: from a CSV file, or day by day from the records."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path

from sekisho.records import Records, RecordsError
from sekisho.reserve.estimate import Exposure
from sekisho.typologies.custody import Chain, Wallet, by_asset, read_chain, worth
from sekisho.typologies.liability_reserve import Ready, read_balances
from sekisho.typologies.outside_cold import is_outside_cold
from sekisho.typologies.valuation import ANY_SOURCE, Cutoff, Prices, read_prices, total

TIERS = ("hot", "cold")
CUTOFF = "24:00"
PRICE_AGE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Held:
    """Customers' assets by tier, exact yen. ``day`` is None where a file states them without one."""

    day: date | None
    hot_jpy: Decimal
    cold_jpy: Decimal
    not_valued: tuple[str, ...] = ()
    ready: Ready | None = None

    @property
    def exposure(self) -> Exposure:
        """The same as the model takes it."""
        return Exposure(float(self.hot_jpy), float(self.cold_jpy))


def read_holdings(file: Path) -> Held:
    """Sum of ``holdings_jpy`` by ``tier`` (hot or cold) over the rows of a CSV file. Raises RecordsError."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            rows = list(csv.DictReader(lines))
    except OSError as error:
        raise RecordsError(str(file), error.strerror or "cannot be read", "give a CSV file with tier and holdings_jpy") from None
    except (csv.Error, UnicodeDecodeError) as error:
        raise RecordsError(str(file), f"is not CSV in UTF-8: {error}", "give a CSV file with tier and holdings_jpy") from None
    for column in ("tier", "holdings_jpy"):
        if not rows or column not in rows[0]:
            raise RecordsError(str(file), "has no such column, or no rows", "needed are tier and holdings_jpy", column=column)
    amounts = [_row(str(file), at, row) for at, row in enumerate(rows, start=1)]
    hot, cold = (total(amount for tier, amount in amounts if tier == wanted) for wanted in TIERS)
    return Held(None, hot, cold)


def _row(file: str, at: int, row: dict[str, str | None]) -> tuple[str, Decimal]:
    tier, text = (row["tier"] or "").strip(), (row["holdings_jpy"] or "").strip()
    if tier not in TIERS:
        raise RecordsError(file, f"'{tier}' is not a tier", f"give one of {', '.join(TIERS)}", row=at, column="tier")
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal(-1)
    if not amount.is_finite() or amount < 0:
        raise RecordsError(file, f"'{text}' is not an amount", "write yen as 5000000000", row=at, column="holdings_jpy")
    return tier, amount


def held_by_day(records: Records) -> tuple[Held, ...]:
    """Customers' assets by tier on every day on which a wallet was seen or the books state reserve or insurance.

    Valued as client_assets/cold_storage values them: at the end of the day, by the last price of any source not older than a day.
    """
    absent = [table for table in ("wallet", "wallet_balance", "reference_price") if table not in records.present]
    if absent:
        raise RecordsError("records", f"hold no {', '.join(absent)}", "give a folder with them, or --exposure CSV")
    cutoff = Cutoff.parse(CUTOFF)
    chain, prices = read_chain(records, cutoff), read_prices(records, cutoff, ANY_SOURCE, PRICE_AGE)
    stated = "firm_balance" in records.present
    reserve = read_balances(records, "reserve") if stated else None
    insurance = read_balances(records, "insurance_limit") if stated else None
    days = {*chain.days(_is_customers), *(reserve.days if reserve else ()), *(insurance.days if insurance else ())}
    found = []
    for day in sorted(days):
        ready = Ready(day, reserve.on(day), insurance.on(day)) if reserve and insurance else None
        found.append(_held(chain, prices, day, ready))
    if not found:
        raise RecordsError("records", "hold no balance of a customers' wallet", "give a folder with them, or --exposure CSV")
    return tuple(found)


def _held(chain: Chain, prices: Prices, day: date, ready: Ready | None) -> Held:
    hot = worth(by_asset(chain.at(day, is_outside_cold)), prices, day)
    cold = worth(by_asset(chain.at(day, _is_cold)), prices, day)
    return Held(day, hot.value_jpy, cold.value_jpy, _names((*hot.not_valued, *cold.not_valued)), ready)


def _is_customers(wallet: Wallet) -> bool:
    return wallet.is_customers


def _is_cold(wallet: Wallet) -> bool:
    return wallet.is_customers and wallet.is_cold


def _names(assets: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(assets)))
