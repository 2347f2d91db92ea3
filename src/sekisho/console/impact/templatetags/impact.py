"""Shares as percentages, and numbers for drawings."""

from __future__ import annotations

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
