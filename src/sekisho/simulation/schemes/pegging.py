"""Pegging and capping: a level that somebody does not let the price leave, by orders that come back again and again."""

from __future__ import annotations

import numpy as np

from sekisho.simulation.answer_key import LOOK_ALIKE, PLANTED
from sekisho.simulation.listings import GRID_STEP_MICROSECONDS
from sekisho.simulation.schemes.cast import HOUR, Stage
from sekisho.simulation.schemes.sheet import BUY, LEVEL, MINUTE, OWN_BEST, SECOND, SELL

RULE = "unfair_trading/pegging"
STABILISATION = "unfair_trading/stabilisation"
TRIES = 120
TAKEN = 0.4
"""Median orders that ordinary people take for each of their arrivals, when nearly all of them sell (buy)."""
BUSIEST = 1.4
"""How many of them come in the busiest hour for each who comes on average."""
EXCITED = 10
"""How many arrivals a large order calls forth when it comes to rest, and they again."""
WITHSTOOD_HALF_SPREADS = 8
"""How far beyond a level the asset's worth may go that somebody still means to hold: nobody stands in the way of a crash."""


def pressed(stage: Stage, hours: float, side: int) -> float:
    """A moment from which the market will lean on a level held from ``side`` for so many hours: whoever pegs feels it coming.

    He wants as much of it as can be withstood and no more. Where it can be, nothing else moves the price meanwhile.
    """
    value, opens_at = stage.sheet.value, stage.sheet.opens_at
    withstood = WITHSTOOD_HALF_SPREADS * stage.sheet.half_spread * float(stage.sheet.listing.tick_size)

    def promise(at: float) -> tuple[float, float]:
        first, last = (int((moment - opens_at) / GRID_STEP_MICROSECONDS) for moment in (at, at + hours * HOUR))
        beyond = side * (value[first] - value[first:last]) / withstood
        return -stage.crowded(at, at + hours * HOUR), float((1 - np.abs(1 - beyond)).mean())

    best = max((stage.moment(hours) for _try in range(TRIES)), key=promise)
    stage.sheet.taken.append((best, best + hours * HOUR))
    return best


def enough(stage: Stage, severity: float, medians: float, pause: float) -> float:
    """So many medians, or more where more may be taken from one side before the pause is over: less would hold no level."""
    arrivals = BUSIEST * stage.sheet.arrivals * pause / SECOND + EXCITED
    return max(medians, stage.by_severity(severity, 1.2, 2) * TAKEN * arrivals)


def wall(stage: Stage, severity: float, *, accounts: int = 1, rule: str = RULE, only: int = 0) -> None:
    """A large order at one level, renewed every minute or few, whatever was filled of it; in one account or two of one owner."""
    actors = stage.actors(accounts)
    if accounts > 1:
        stage.people.link_owner((int(stage.people.party[actors[0]]), int(stage.people.party[actors[1]])), 1, stage.random)
    scheme = stage.scheme(rule, PLANTED, "wall" if accounts == 1 else "shared_wall", severity, actors)
    scheme.also = _also(side := only or _side(stage), rule)
    hours = stage.by_severity(severity, 0.8, 2)
    at = pressed(stage, hours, side)
    pause = stage.by_severity(severity, 150, 50) * SECOND
    until, size = at + hours * HOUR, enough(stage, severity, stage.by_severity(severity, 9, 25), pause)
    first = last = stage.sheet.place(scheme, at, actors[0], side, stage.lots(size), anchor=OWN_BEST, offset=0)
    while at < until:
        at += pause * stage.between(0.7, 1.3)
        actor = actors[int(stage.random.integers(len(actors)))]
        lots = stage.lots(size * stage.between(0.85, 1.15))
        again = stage.sheet.place(scheme, at, actor, side, lots, anchor=LEVEL, needs=first)
        stage.sheet.withdraw(last, at + stage.between(0.05, 0.6) * SECOND)
        last = again
    stage.sheet.withdraw(last, max(until, at) + stage.between(1, 20) * SECOND)


def slaps(stage: Stage, severity: float, *, rule: str = RULE, only: int = 0) -> None:
    """A standing order at the level, and large ones thrown at it in turn, each for a minute or two."""
    (actor,) = stage.actors(1)
    scheme = stage.scheme(rule, PLANTED, "slaps", severity, [actor])
    scheme.also = _also(side := only or _side(stage), rule)
    hours = stage.by_severity(severity, 0.8, 1.6)
    at = pressed(stage, hours, side)
    usual = stage.by_severity(severity, 90, 45) * SECOND
    until, size = at + hours * HOUR, enough(stage, severity, stage.by_severity(severity, 8, 20), usual)
    first = stage.sheet.place(scheme, at, actor, side, stage.lots(size), anchor=OWN_BEST, offset=0)
    while at < until:
        pause = usual * stage.between(0.6, 1.4)
        at += pause
        thrown = stage.sheet.place(scheme, at, actor, side, stage.lots(size * stage.between(0.7, 1.2)), anchor=LEVEL, needs=first)
        stage.sheet.withdraw(thrown, at + pause * stage.between(0.9, 1.5))
    stage.sheet.withdraw(first, until)


def sells_a_position(stage: Stage, *, rule: str = RULE, only: int = 0) -> None:
    """Look-alike: somebody who really sells (buys), slice after slice at one price, and leaves every slice to be filled."""
    (actor,) = stage.actors(1)
    scheme = stage.scheme(rule, LOOK_ALIKE, "sells_a_position", 0.0, [actor])
    side, hours = only or _side(stage), stage.between(1, 2)
    at = pressed(stage, hours, side)
    until = at + hours * HOUR
    first = stage.sheet.place(scheme, at, actor, side, stage.lots(stage.between(4, 8)), anchor=OWN_BEST, offset=0)
    slots = [first]
    while at < until:
        at += stage.between(2, 6) * MINUTE
        slots.append(stage.sheet.place(scheme, at, actor, side, stage.lots(stage.between(4, 8)), anchor=LEVEL, needs=first))
    for slot in slots:
        stage.sheet.withdraw(slot, until + stage.between(1, 3) * HOUR)


def one_great_order(stage: Stage, *, rule: str = RULE, only: int = 0) -> None:
    """Look-alike: one very large order at one price for hours, filled as far as it goes."""
    (actor,) = stage.actors(1)
    scheme = stage.scheme(rule, LOOK_ALIKE, "one_great_order", 0.0, [actor])
    side = only or _side(stage)
    at = pressed(stage, 2, side)
    slot = stage.sheet.place(scheme, at, actor, side, stage.lots(stage.between(30, 60)), anchor=OWN_BEST, offset=0)
    stage.sheet.withdraw(slot, at + stage.between(2, 4) * HOUR)


def quotes_both_sides(stage: Stage, *, rule: str = RULE) -> None:
    """Look-alike: somebody who quotes in size on both sides of the price, wherever it goes, and renews both again and again.

    His quotes join the touch and take nothing: quotes kept at a level that the price has left would carry it back there, as a peg.
    """
    (actor,) = stage.actors(1)
    scheme = stage.scheme(rule, LOOK_ALIKE, "quotes_both_sides", 0.0, [actor])
    at = stage.start(2)
    until, size = at + stage.between(1, 2) * HOUR, stage.between(6, 12)
    last = {side: stage.sheet.place(scheme, at, actor, side, stage.lots(size), anchor=OWN_BEST, offset=0) for side in (BUY, SELL)}
    while at < until:
        at += stage.between(60, 150) * SECOND
        for side in (BUY, SELL):
            lots = stage.lots(size * stage.between(0.9, 1.1))
            again = stage.sheet.place(scheme, at, actor, side, lots, anchor=OWN_BEST, offset=0)
            stage.sheet.withdraw(last[side], at + stage.between(0.05, 0.4) * SECOND)
            last[side] = again
    for slot in last.values():
        stage.sheet.withdraw(slot, until)


def _side(stage: Stage) -> int:
    return BUY if stage.random.random() < 0.5 else SELL


def _also(side: int, rule: str) -> tuple[str, ...]:
    """Orders that keep a price up are pegging and stabilisation; orders shown and withdrawn may rightly be called layering.

    Where the price has left the level, the next order takes everything up to it: then he is most of that side and makes the price.
    """
    peg = {RULE, STABILISATION} if side == BUY else {RULE}
    return (*sorted(peg - {rule}), "unfair_trading/layering", "unfair_trading/high_participation")


def shared_wall(stage: Stage, severity: float) -> None:
    """The same from two accounts of one owner."""
    wall(stage, severity, accounts=2)


PATTERNS = (wall, slaps, shared_wall)
"""What is planted, in turn."""

LOOK_ALIKES = (sells_a_position, one_great_order, quotes_both_sides)
"""What only looks like it, in turn."""
