"""Stabilisation: a level that somebody does not let the price fall below. Played as pegging is, by orders to buy only."""

from __future__ import annotations

from functools import partial

from sekisho.simulation.schemes import pegging
from sekisho.simulation.schemes.sheet import BUY

RULE = pegging.STABILISATION

PATTERNS = (partial(pegging.wall, rule=RULE, only=BUY), partial(pegging.slaps, rule=RULE, only=BUY))
"""What is planted, in turn."""

LOOK_ALIKES = (
    partial(pegging.sells_a_position, rule=RULE, only=BUY),
    partial(pegging.one_great_order, rule=RULE, only=BUY),
    partial(pegging.quotes_both_sides, rule=RULE),
)
"""What only looks like it, in turn."""
