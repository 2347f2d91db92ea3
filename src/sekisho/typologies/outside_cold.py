"""Outside cold storage: what customers' wallets that are not cold held on each day, in yen, against what customers were owed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sekisho.typologies.custody import Chain, Ledger, Name, Observation, Wallet, by_asset, share, worth
from sekisho.typologies.valuation import EXACT, Prices


@dataclass(frozen=True, slots=True)
class Exposure:
    """Yen outside cold storage and yen owed to customers on one day, and the records they rest on.

    ``assets`` are all that customers were owed; ``not_valued`` those without a price, which are in neither sum.
    """

    outside_jpy: Decimal
    owed_jpy: Decimal
    not_valued: tuple[str, ...]
    outside: tuple[Observation, ...]
    assets: tuple[str, ...]
    names: frozenset[Name]

    @property
    def share(self) -> Decimal:
        """The share outside cold storage, for reading; whether a limit was kept is decided by ``excess_jpy``."""
        return share(self.outside_jpy, self.owed_jpy)

    def excess_jpy(self, share_max: Decimal) -> Decimal:
        """What stood outside cold storage beyond a limit; not above 0 when the limit was kept."""
        return EXACT.subtract(self.outside_jpy, EXACT.multiply(share_max, self.owed_jpy))


def is_outside_cold(wallet: Wallet) -> bool:
    """Whether it holds customers' assets where a network can reach them."""
    return wallet.is_customers and not wallet.is_cold


def measure(chain: Chain, ledger: Ledger, prices: Prices) -> dict[date, Exposure]:
    """The exposure of every day of the ledger, in order of days."""
    return {day: exposure(chain, ledger, prices, day) for day in sorted(ledger)}


def exposure(chain: Chain, ledger: Ledger, prices: Prices, day: date) -> Exposure:
    """The exposure of one day of the ledger."""
    outside = tuple(seen for seen in chain.at(day, is_outside_cold) if seen.quantity)
    hot, owed = worth(by_asset(outside), prices, day), worth(ledger[day], prices, day)
    return Exposure(
        hot.value_jpy,
        owed.value_jpy,
        tuple(sorted({*hot.not_valued, *owed.not_valued})),
        outside,
        tuple(sorted(ledger[day])),
        hot.names | owed.names | {name for seen in outside for name in seen.names},
    )
