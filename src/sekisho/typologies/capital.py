"""Capital: own funds that are not tied up, against the amounts at risk, with every step of the sum shown.

All amounts are exact yen. Whether a ratio reaches a limit is decided by multiplication, never by the rounded quotient.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_FLOOR, Context, Decimal, localcontext

from sekisho.typologies.valuation import EXACT, total

_RATIO_STEP = Decimal("0.000001")


@dataclass(frozen=True, slots=True, kw_only=True)
class CapitalItems:
    """The amounts a capital adequacy ratio is made of."""

    basic_items: Decimal
    supplementary_items: Decimal
    deductions: Decimal
    market_risk: Decimal
    counterparty_risk: Decimal
    basic_risk: Decimal

    def supplementary_counted(self, share_of_basic_max: Decimal) -> Decimal:
        """Supplementary items count only up to a share of the basic items, and not at all when those are negative."""
        cap = EXACT.multiply(share_of_basic_max, max(self.basic_items, Decimal(0)))
        return min(cap, self.supplementary_items)

    def free_capital(self, share_of_basic_max: Decimal) -> Decimal:
        """Own funds that are not tied up: basic and counted supplementary items less deductions."""
        return total((self.basic_items, self.supplementary_counted(share_of_basic_max), self.deductions.copy_negate()))

    @property
    def risk(self) -> Decimal:
        """Market, counterparty and basic risk together."""
        return total((self.market_risk, self.counterparty_risk, self.basic_risk))


def reaches(free_capital: Decimal, risk: Decimal, limit: Decimal) -> bool:
    """Whether free capital is at least ``limit`` times the amount at risk, decided exactly."""
    return free_capital >= EXACT.multiply(limit, risk)


def ratio(free_capital: Decimal, risk: Decimal) -> Decimal:
    """The ratio to six decimals, rounded down so that it never looks better than it is. ``risk`` is above 0."""
    assert risk > 0, "a ratio needs an amount at risk"
    with localcontext(Context(prec=100, rounding=ROUND_FLOOR)):
        return (free_capital / risk).quantize(_RATIO_STEP)
