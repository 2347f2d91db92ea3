"""Positions before news, without any register of who knew: somebody did, and others merely traded that day."""

from __future__ import annotations

from sekisho.simulation.answer_key import LOOK_ALIKE, PLANTED, Hope, Scheme
from sekisho.simulation.schemes.cast import HOUR, Stage
from sekisho.simulation.schemes.facts import AFTER, MOVE, day_number, deal, news, publish
from sekisho.simulation.schemes.sheet import MINUTE, SECOND

RULE = "unfair_trading/insider_suspicion"
QUIET_DAYS = 2
"""Before that the book does not reach back far enough for anybody to have habits: a day of history and the day before the news
make 48 hours, and news on the second day is out by its 22nd hour. An exchange of two days therefore plants nothing here."""

FOLLOWED = 1 / 6
"""Least part of what news is worth that the price must show an hour later. Where it did not, for something else held it, the
position gained nothing and cannot be told from any other: the exact rule has it from the register, a suspicion from nothing."""


def _measured(stage: Stage, scheme: Scheme) -> Scheme:
    """Sizes are out of the actor's own habit, not the market's: who deals a hundred times a day takes more than others do."""
    stage.sheet.measured.append(scheme)
    return scheme


def informed(stage: Stage, severity: float) -> None:
    """Somebody who knows builds up a position in parts; the subtler, the smaller and the more spread out."""
    if day_number(stage) < QUIET_DAYS:
        return
    (actor,) = stage.actors(1)
    fact = news(stage, "exchange", stage.between(10, 20))
    scheme = _measured(stage, stage.scheme(RULE, PLANTED, "informed", severity, [actor]))
    scheme.hopes = Hope(int(fact.published), int(fact.published + 2 * AFTER), fact.side, FOLLOWED * MOVE)
    hours = stage.by_severity(severity, 9, 3)
    begins = stage.between(fact.arises, fact.published - hours * HOUR)
    medians, parts = stage.by_severity(severity, 25, 110), round(stage.by_severity(severity, 14, 8))
    deal(stage, scheme, actor, fact.side, (begins, fact.published - 5 * SECOND), medians, parts)


def regular_buyer(stage: Stage) -> None:
    """Look-alike: a customer who takes the same small size every hour."""
    (actor,) = stage.actors(1)
    fact = news(stage, "exchange", stage.between(10, 20))
    scheme = stage.scheme(RULE, LOOK_ALIKE, "regular_buyer", 0.0, [actor])
    at = float(stage.sheet.opens_at) + 5 * MINUTE
    while at < stage.sheet.opens_at + 23 * HOUR:
        stage.sheet.take(scheme, at, actor, fact.side, stage.lots(0.3))
        at += HOUR


def leak_follower(stage: Stage) -> None:
    """Look-alike: somebody who reads it on social media and trades on that, before it stands on the website."""
    (actor,) = stage.actors(1)
    fact = news(stage, "exchange", stage.between(8, 18))
    scheme = _measured(stage, stage.scheme(RULE, LOOK_ALIKE, "leak_follower", 0.0, [actor]))
    leaked = fact.published - stage.between(3, 6) * HOUR
    publish(stage, fact, "social_media", leaked)
    deal(stage, scheme, actor, fact.side, (leaked + SECOND, fact.published - SECOND), 30, 8)


def wrong_side(stage: Stage) -> None:
    """Look-alike: a large position on the side that loses."""
    (actor,) = stage.actors(1)
    fact = news(stage, "exchange", stage.between(10, 20))
    scheme = _measured(stage, stage.scheme(RULE, LOOK_ALIKE, "wrong_side", 0.0, [actor]))
    deal(stage, scheme, actor, -fact.side, (fact.published - 5 * HOUR, fact.published - SECOND), 30, 8)


def in_and_out(stage: Stage) -> None:
    """Look-alike: a large trader who is flat again before the news."""
    (actor,) = stage.actors(1)
    fact = news(stage, "exchange", stage.between(10, 20))
    scheme = _measured(stage, stage.scheme(RULE, LOOK_ALIKE, "in_and_out", 0.0, [actor]))
    deal(stage, scheme, actor, fact.side, (fact.published - 8 * HOUR, fact.published - 4 * HOUR), 30, 8)
    deal(stage, scheme, actor, -fact.side, (fact.published - 4 * HOUR, fact.published - SECOND), 30, 8)


PATTERNS = (informed,)
"""What is planted."""

LOOK_ALIKES = (regular_buyer, leak_follower, wrong_side, in_and_out)
"""What only looks like it, in turn."""
