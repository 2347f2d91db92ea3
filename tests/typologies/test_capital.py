"""Capital: the cap on supplementary items, exact limits, and a ratio that never flatters."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from sekisho.typologies.capital import CapitalItems, ratio, reaches

YEN = st.decimals(min_value=-(10**13), max_value=10**13, places=2)
POSITIVE = st.decimals(min_value=Decimal("0.01"), max_value=10**13, places=2)
ONE = Decimal(1)


def _items(basic: Decimal, supplementary: Decimal, deductions: Decimal, risk: Decimal) -> CapitalItems:
    zero = Decimal(0)
    return CapitalItems(
        basic_items=basic,
        supplementary_items=supplementary,
        deductions=deductions,
        market_risk=risk,
        counterparty_risk=zero,
        basic_risk=zero,
    )


@given(YEN, POSITIVE, POSITIVE, POSITIVE)
def test_supplementary_items_count_up_to_the_basic_items(
    basic: Decimal, extra: Decimal, deductions: Decimal, risk: Decimal
) -> None:
    items = _items(basic, extra, deductions, risk)
    counted = items.supplementary_counted(ONE)
    assert counted == min(extra, max(basic, Decimal(0)))
    assert Fraction(items.free_capital(ONE)) == Fraction(basic) + Fraction(counted) - Fraction(deductions)


@given(YEN, POSITIVE, st.sampled_from([Decimal("1.4"), Decimal("1.2"), ONE]))
def test_a_limit_is_reached_exactly_or_not_at_all(free: Decimal, risk: Decimal, limit: Decimal) -> None:
    assert reaches(free, risk, limit) == (Fraction(free) / Fraction(risk) >= Fraction(limit))
    shown = ratio(free, risk)
    assert 0 <= Fraction(free) / Fraction(risk) - Fraction(shown) < Fraction(1, 10**6)
    assert not shown >= limit or reaches(free, risk, limit)
