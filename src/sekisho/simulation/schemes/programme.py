"""The programme: how many schemes of each kind are played, on which day and in which instrument.

Every module of this folder that has ``RULE``, ``PATTERNS`` and ``LOOK_ALIKES`` is a chapter of the programme: adding one touches
nothing else. Each chapter draws from its own stream of randomness, so that a new one does not change what the others play.
A chapter with ``ROUNDS`` is played so many times after all the others, with people of its own and where its ``choose`` says.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import replace
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
LATE_SHARE = 0.5
LATE_CAST = 40
"""Of the free customers, at most so large a share and so many are kept for the chapters that are played last."""


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
    stages = [sheet for today in sheets for sheet in today]
    told = chapters()
    _in_turn(Stage(options, people, _random(options, ""), free, stages[0], schemes, registers), told, stages)
    apart = free[: min(LATE_CAST, int(LATE_SHARE * len(free)))]
    del free[: len(apart)]
    for chapter in told:
        if hasattr(chapter, "ROUNDS"):
            _afterwards(
                Stage(options, people, _random(options, chapter.RULE), apart, stages[0], schemes, registers), chapter, stages
            )
    return schemes


def _random(options: Options, rule: str) -> np.random.Generator:
    return np.random.default_rng([options.seed, crc32(rule.encode())])


def _in_turn(first: Stage, told: tuple[ModuleType, ...], stages: list[Sheet]) -> None:
    """Round after round, one planted scheme and one look-alike of each chapter, as long as there is somebody to be cast."""
    options, free = first.options, first.free
    last = len(free) - max(12, int(CAST_SHARE * options.accounts))  # whom to leave to other schemes
    turns = [chapter for chapter in told if not hasattr(chapter, "ROUNDS")]
    rounds = max(ROUNDS_MIN, round(0.35 * len(stages)))
    randoms = {chapter.RULE: _random(options, chapter.RULE) for chapter in turns}
    deals: dict[str, list[Sheet]] = {chapter.RULE: [] for chapter in turns}
    for number, chapter in _bound_first(turns, rounds):
        random, deal = randoms[chapter.RULE], deals[chapter.RULE]
        for patterns, planted in ((chapter.PATTERNS, True), (chapter.LOOK_ALIKES, False)):
            if not deal:
                deal += [stages[place] for place in random.permutation(len(stages))]
            stage = replace(first, random=random, sheet=_quietest(deal))
            if len(free) <= last:
                return
            try:
                _play(stage, patterns[number % len(patterns)], planted=planted)
            except CastExhaustedError:
                return


def _bound_first(told: Sequence[ModuleType], rounds: int) -> list[tuple[int, ModuleType]]:
    """Chapters bound to certain moments (``BOUND``) first, so that the others can keep out of their way; then round after round."""
    bound = [chapter for chapter in told if getattr(chapter, "BOUND", False)]
    others = [chapter for chapter in told if chapter not in bound]
    return [(number, chapter) for some in (bound, others) for number in range(rounds) for chapter in some]


def _quietest(deal: list[Sheet]) -> Sheet:
    """Of the next few stages the one on which the least is played so far that moves the price."""
    upto = max(0, len(deal) - AHEAD)
    return deal.pop(min(range(upto, len(deal)), key=lambda place: sum(ends - begins for begins, ends in deal[place].taken)))


def _afterwards(stage: Stage, chapter: ModuleType, stages: list[Sheet]) -> None:
    """A chapter that needs a place of its own, or must not be in the way of the others."""
    for number in range(chapter.ROUNDS):
        for patterns, planted in ((chapter.PATTERNS, True), (chapter.LOOK_ALIKES, False)):
            sheet = chapter.choose(stages, stage.random)
            if sheet is None:
                return
            try:
                _play(replace(stage, sheet=sheet), patterns[number % len(patterns)], planted=planted)
            except CastExhaustedError:
                return


def _play(stage: Stage, play: Callable[..., None], *, planted: bool) -> None:
    if planted:
        play(stage, stage.options.draw_severity(stage.random))
    else:
        play(stage)
