"""The programme: how many schemes of each kind are played, on which day and in which instrument."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sekisho.simulation.answer_key import Scheme
from sekisho.simulation.options import Options
from sekisho.simulation.population import Population
from sekisho.simulation.schemes import layering, matched_orders, wash_trading
from sekisho.simulation.schemes.cast import CastExhaustedError, Stage
from sekisho.simulation.schemes.sheet import Sheet

CHAPTERS = (wash_trading, matched_orders, layering)
CAST_SHARE = 0.4


def plan_market(
    options: Options, people: Population, free: list[int], sheets: list[list[Sheet]], random: np.random.Generator
) -> list[Scheme]:
    """Write planted schemes and look-alikes of every market rule on the sheets (by day, by listing), in turn."""
    schemes: list[Scheme] = []
    if options.clean:
        return schemes
    last = len(free) - max(12, int(CAST_SHARE * options.accounts))  # whom to leave to other schemes
    stages = [sheet for today in sheets for sheet in today]
    deal: list[Sheet] = []
    for number in range(max(6, round(0.35 * len(stages)))):
        for chapter in CHAPTERS:
            for patterns, planted in ((chapter.PATTERNS, True), (chapter.LOOK_ALIKES, False)):
                if not deal:
                    deal = [stages[place] for place in random.permutation(len(stages))]
                stage = Stage(options, people, random, free, deal.pop(), schemes)
                play: Callable[..., None] = patterns[number % len(patterns)]
                if len(free) <= last:
                    return schemes
                try:
                    play(stage, options.draw_severity(random)) if planted else play(stage)
                except CastExhaustedError:
                    return schemes
    return schemes
