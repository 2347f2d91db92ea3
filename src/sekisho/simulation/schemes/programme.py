"""The programme: how many schemes of each kind are played, on which day and in which instrument.

Every module of this folder that has ``RULE``, ``PATTERNS`` and ``LOOK_ALIKES`` is a chapter of the programme: adding one touches
nothing else. Each chapter draws from its own stream of randomness, so that a new one does not change what the others play.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from zlib import crc32

import numpy as np

from sekisho.simulation import schemes as here
from sekisho.simulation.answer_key import Scheme
from sekisho.simulation.options import Options
from sekisho.simulation.population import Population
from sekisho.simulation.registers import Registers
from sekisho.simulation.schemes.cast import CastExhaustedError, Stage
from sekisho.simulation.schemes.sheet import Sheet

CAST_SHARE = 0.4
ROUNDS_MIN = 6
AHEAD = 8


def chapters() -> tuple[ModuleType, ...]:
    """The modules that plan schemes, in the order of their names."""
    modules = (import_module(f"{here.__name__}.{each.name}") for each in pkgutil.iter_modules(here.__path__))
    return tuple(module for module in modules if hasattr(module, "PATTERNS"))


def plan_market(
    options: Options, people: Population, free: list[int], sheets: list[list[Sheet]], registers: Registers
) -> list[Scheme]:
    """Write planted schemes and look-alikes of every market rule on the sheets (by day, by listing), in turn."""
    schemes: list[Scheme] = []
    if options.clean:
        return schemes
    last = len(free) - max(12, int(CAST_SHARE * options.accounts))  # whom to leave to other schemes
    stages = [sheet for today in sheets for sheet in today]
    told = chapters()
    randoms = {chapter.RULE: np.random.default_rng([options.seed, crc32(chapter.RULE.encode())]) for chapter in told}
    deals: dict[str, list[Sheet]] = {chapter.RULE: [] for chapter in told}
    for number, chapter in _in_turn(told, max(ROUNDS_MIN, round(0.35 * len(stages)))):
        random, deal = randoms[chapter.RULE], deals[chapter.RULE]
        for patterns, planted in ((chapter.PATTERNS, True), (chapter.LOOK_ALIKES, False)):
            if not deal:
                deal += [stages[place] for place in random.permutation(len(stages))]
            stage = Stage(options, people, random, free, _quietest(deal), schemes, registers)
            play: Callable[..., None] = patterns[number % len(patterns)]
            if len(free) <= last:
                return schemes
            try:
                play(stage, options.draw_severity(random)) if planted else play(stage)
            except CastExhaustedError:
                return schemes
    return schemes


def _quietest(deal: list[Sheet]) -> Sheet:
    """Of the next few stages the one on which the least is played so far that moves the price."""
    upto = max(0, len(deal) - AHEAD)
    return deal.pop(min(range(upto, len(deal)), key=lambda place: sum(ends - begins for begins, ends in deal[place].taken)))


def _in_turn(told: tuple[ModuleType, ...], rounds: int) -> list[tuple[int, ModuleType]]:
    """Chapters bound to certain moments (``BOUND``) first, so that the others can keep out of their way; then round after round."""
    bound = [chapter for chapter in told if getattr(chapter, "BOUND", False)]
    others = [chapter for chapter in told if chapter not in bound]
    return [(number, chapter) for some in (bound, others) for number in range(rounds) for chapter in some]
