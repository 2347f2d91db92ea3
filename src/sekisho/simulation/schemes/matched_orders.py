"""Matched orders: two unrelated people who agreed to meet at one price, at one moment, in one size, again and again."""

from __future__ import annotations

from sekisho.simulation.answer_key import LOOK_ALIKE, PLANTED
from sekisho.simulation.schemes.cast import HOUR, Stage
from sekisho.simulation.schemes.sheet import BUY, MINUTE, OWN_BEST, SECOND, SELL
from sekisho.simulation.schemes.wash_trading import RULE as WASH
from sekisho.simulation.schemes.wash_trading import cross

RULE = "unfair_trading/matched_orders"


def pair(stage: Stage, severity: float, *, both_ways: bool) -> None:
    """Two strangers; the subtler, the fewer meetings, the longer between their two orders and the more the sizes vary."""
    actors = stage.actors(2)
    scheme = stage.scheme(RULE, PLANTED, "pair_both_ways" if both_ways else "pair_one_way", severity, actors)
    scheme.also = (WASH,)
    meetings = round(stage.by_severity(severity, 5, 15) * stage.between(0.9, 1.3))
    hours = stage.by_severity(severity, 10.0, 2.0)
    at, size = stage.start(hours + 1), stage.between(2, 6)
    for meeting in range(meetings):
        seller, buyer = actors[::-1] if both_ways and meeting % 2 else actors
        gap = stage.between(2_000, 20_000) * 10 ** stage.between(0, 2.2 * (1 - severity))
        lots = stage.lots(size if severity > 0.6 else stage.between(0.8, 1.25) * size)
        cross(stage, scheme, at, seller, buyer, lots, gap)
        at += hours * HOUR / meetings * stage.between(0.5, 1.5)


def steady_buyer(stage: Stage) -> None:
    """Look-alike: an algorithm that takes the same size every few minutes from whoever quotes, often the same maker."""
    (actor,) = stage.actors(1)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "steady_buyer", 0.0, [actor])
    side = BUY if stage.random.random() < 0.5 else SELL
    at, lots, every = stage.start(6), stage.lots(stage.between(0.5, 1.5)), stage.between(2, 6) * MINUTE
    for _slice in range(int(stage.random.integers(20, 50))):
        stage.sheet.take(scheme, at, actor, side, lots)
        at += every


def same_size_once(stage: Stage) -> None:
    """Look-alike: two customers who both like round numbers meet once."""
    actors = stage.actors(2)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "same_size_once", 0.0, actors)
    at, lots = stage.start(), stage.lots(1)
    resting = stage.sheet.place(scheme, at, actors[0], SELL, lots, anchor=OWN_BEST, offset=-1)
    stage.sheet.take(scheme, at + stage.between(0.1, 1.5) * SECOND, actors[1], BUY, lots)
    stage.sheet.withdraw(resting, at + 5 * MINUTE)


def resting_customer(stage: Stage) -> None:
    """Look-alike: two frequent traders meet a few times at different sizes, an hour or more after the first one's order."""
    actors = stage.actors(2)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "frequent_traders", 0.0, actors)
    at = stage.start(9)
    for _meeting in range(int(stage.random.integers(2, 4))):
        side = BUY if stage.random.random() < 0.5 else SELL
        resting = stage.sheet.place(scheme, at, actors[0], side, stage.lots(stage.between(1, 8)), anchor=OWN_BEST, offset=-1)
        wait = stage.between(10, 90) * SECOND
        stage.sheet.take(scheme, at + wait, actors[1], -side, stage.lots(stage.between(0.5, 8)))
        stage.sheet.withdraw(resting, at + wait + 20 * MINUTE)
        at += stage.between(1, 3) * HOUR


PATTERNS = (
    lambda stage, severity: pair(stage, severity, both_ways=False),
    lambda stage, severity: pair(stage, severity, both_ways=True),
)
"""What is planted, in turn."""

LOOK_ALIKES = (steady_buyer, same_size_once, resting_customer)
"""What only looks like it, in turn. Market makers who trade with each other all day add theirs from the ordinary flow."""
