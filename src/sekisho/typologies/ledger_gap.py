"""Ledger gap: what customers are owed against what their wallets held, and how long a gap lasted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sekisho.typologies.business_days import BusinessDays
from sekisho.typologies.custody import Chain, Ledger, Name, Observation, Stretch, Wallet, by_asset, stretches
from sekisho.typologies.valuation import EXACT


@dataclass(frozen=True, slots=True)
class Compared:
    """One asset on one day: what customers are owed and what their wallets held."""

    ledger: Decimal
    chain: Decimal
    seen: tuple[Observation, ...]

    @property
    def short(self) -> Decimal:
        """What is missing on the chain; below 0 where there is more than is owed."""
        return EXACT.subtract(self.ledger, self.chain)


def is_customers(wallet: Wallet) -> bool:
    """Whether it holds customers' assets."""
    return wallet.is_customers


def compare(chain: Chain, ledger: Ledger, day: date) -> dict[str, Compared]:
    """The assets owed on a day of which a customers' wallet was observed that day; other wallets keep their last balance."""
    seen = chain.at(day, is_customers)
    held = by_asset(seen)
    return {
        asset: Compared(ledger[day][asset], held[asset], tuple(one for one in seen if one.wallet.asset == asset))
        for asset in sorted(chain.observed_on(day, is_customers) & set(ledger[day]))
    }


@dataclass(frozen=True, slots=True)
class Gap:
    """One continuous gap of an asset: how large on each day, and how many business days there are to close it."""

    asset: str
    stretch: Stretch
    compared: Mapping[date, Compared]
    size: Mapping[date, Decimal]
    term: int

    @property
    def worst(self) -> date:
        """The day of the largest gap; of several the first."""
        return max(self.stretch.days, key=lambda day: (self.size[day], -day.toordinal()))

    @property
    def deadline(self) -> date:
        """The last day to close it, counted from the day after it arose."""
        return BusinessDays().add(self.stretch.first, self.term)

    @property
    def names(self) -> set[Name]:
        """The wallets and balances that show it."""
        return {name for day in self.stretch.days for one in self.compared[day].seen for name in one.names}


def gaps(asset: str, compared: Mapping[date, Compared], size: Mapping[date, Decimal], term: int) -> Iterator[Gap]:
    """The continuous gaps of an asset: the days on which ``size`` is above 0."""
    for stretch in stretches({day: each > 0 for day, each in size.items()}):
        yield Gap(asset, stretch, compared, size, term)
