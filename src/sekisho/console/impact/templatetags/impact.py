"""Shares as percentages, and numbers for drawings."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

from django import template

register = template.Library()


@register.filter
def percent(share: float) -> str:
    """A share with two places of a percent where it is small."""
    return f"{share * 100:.2f} %" if share < 0.1 else f"{share * 100:.1f} %"


@register.filter
def unlocalized(number: float) -> str:
    """A number as SVG wants it in every language."""
    return f"{number:g}"


@register.filter
def whole_yen(amount: str) -> str:
    """An amount to the yen; the JSON beside the page has it exact."""
    return f"¥{Decimal(amount).quantize(Decimal(1), rounding=ROUND_HALF_EVEN):,}"
