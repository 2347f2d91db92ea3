"""High participation: one trader who buys, or sells, so much of what is traded for a while that the price goes where he pushes."""

from __future__ import annotations

from sekisho.simulation.answer_key import LOOK_ALIKE, PLANTED, Scheme
from sekisho.simulation.schemes.cast import HOUR, Stage
from sekisho.simulation.schemes.sheet import BUY, MINUTE, SECOND, SELL

RULE = "unfair_trading/high_participation"
TAKERS, TAKEN_MEDIANS = 0.115, 1.4
"""Ordinary arrivals that take, and what they take on average, in median orders."""


def _takes(
    stage: Stage, scheme: Scheme, actor: int, side: int, window: tuple[float, float], share: float, size: float, least: float = 0
) -> None:
    """Market orders of about ``size`` medians until the share of all trading, and so many medians at least, are reached."""
    at, until = window
    pace = stage.sheet.arrivals * TAKERS * TAKEN_MEDIANS * share / (1 - share)  # medians a second
    count = min(max(round(max(pace * (until - at) / SECOND, least) / size), 15), 900)
    for moment in sorted(stage.between(at, until) for _order in range(count)):
        stage.sheet.take(scheme, moment, actor, side, stage.lots(size * stage.between(0.6, 1.5)))


def pushes(stage: Stage, severity: float, *, hidden: bool = False, rests: bool = False) -> None:
    """Takes in one direction more than the book holds; ``hidden`` in small pieces, ``rests`` with own orders behind it."""
    (actor,) = stage.actors(1)
    pattern = "takes"
    if hidden or rests:
        pattern = "in_small_pieces" if hidden else "with_orders_behind"
    scheme = stage.scheme(RULE, PLANTED, pattern, severity, [actor])
    hours = stage.between(0.2, 0.5)
    at = stage.start_alone(hours + 0.5)
    side = BUY if stage.random.random() < 0.5 else SELL
    share = stage.by_severity(severity, 0.6, 0.8) * stage.between(0.95, 1.05)
    size = (1.6 if hidden else stage.by_severity(severity, 2, 3.5)) * stage.between(0.8, 1.3)
    least = stage.by_severity(severity, 70, 140) * stage.between(0.8, 1.3)
    _takes(stage, scheme, actor, side, (at, at + hours * HOUR), share, size, least)
    if rests:
        for step in range(int(stage.random.integers(8, 20))):
            moment = at + hours * HOUR * step / 20
            slot = stage.sheet.place(scheme, moment, actor, side, stage.lots(stage.between(2, 6)), offset=-1)
            stage.sheet.withdraw(slot, moment + stage.between(0.5, 2) * MINUTE)


def executes_quietly(stage: Stage) -> None:
    """Look-alike: a large order executed in small resting pieces that move with the market and take nothing."""
    (actor,) = stage.actors(1)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "executes_quietly", 0.0, [actor])
    side = BUY if stage.random.random() < 0.5 else SELL
    at = stage.start(3)
    until = at + stage.between(1, 2) * HOUR
    while at < until:
        slot = stage.sheet.place(scheme, at, actor, side, stage.lots(stage.between(3, 8)), offset=-1)
        at += stage.between(8, 30) * SECOND
        stage.sheet.withdraw(slot, at)
        at += stage.between(0.2, 3) * SECOND


def both_ways(stage: Stage) -> None:
    """Look-alike: somebody who takes a large part of both sides in turn, so that the price stays where it is."""
    (actor,) = stage.actors(1)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "both_ways", 0.0, [actor])
    at = stage.start_alone(1.5)
    until = at + stage.between(0.5, 1) * HOUR
    side = BUY
    while at < until:
        pace = max(stage.sheet.arrivals * TAKERS * 0.8, 0.02)
        stage.sheet.take(scheme, at, actor, side, stage.lots(stage.between(0.8, 1.6)))
        side = -side
        at += stage.between(0.6, 1.4) * SECOND / pace


def three_trades(stage: Stage) -> None:
    """Look-alike: a few large market orders at once, nearly all that is traded in those minutes, and never again."""
    (actor,) = stage.actors(1)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "three_trades", 0.0, [actor])
    at, side = stage.start_alone(1), BUY if stage.random.random() < 0.5 else SELL
    for _order in range(3):
        stage.sheet.take(scheme, at, actor, side, stage.lots(stage.between(4, 9)))
        at += stage.between(20, 120) * SECOND


def everybody_follows(stage: Stage) -> None:
    """Look-alike: news; six people take in one direction, the first of them the most, and none of them moves it alone."""
    actors = stage.actors(6)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "everybody_follows", 0.0, actors)
    at, side = stage.start_alone(1.5), BUY if stage.random.random() < 0.5 else SELL
    window = (at, at + stage.between(0.4, 0.8) * HOUR)
    for place, actor in enumerate(actors):
        _takes(stage, scheme, actor, side, window, 0.25 if place == 0 else 0.15, stage.between(1, 2))


PATTERNS = (
    pushes,
    lambda stage, severity: pushes(stage, severity, hidden=True),
    lambda stage, severity: pushes(stage, severity, rests=True),
)
"""What is planted, in turn."""

LOOK_ALIKES = (executes_quietly, both_ways, three_trades, everybody_follows)
"""What only looks like it, in turn. Makers add theirs from the ordinary flow."""
