"""Restricted list: staff of the exchange, or an account they control, order in an asset whose fact is not published yet."""

from __future__ import annotations

from sekisho.simulation.answer_key import LOOK_ALIKE, PLANTED, Scheme
from sekisho.simulation.schemes.cast import HOUR, Stage
from sekisho.simulation.schemes.facts import deal, knows, news, news_of_the_day, outsider, party_of, until_close
from sekisho.simulation.schemes.sheet import MINUTE, SECOND, News

RULE = "unfair_trading/restricted_list"
ALSO = ("unfair_trading/insider_dealing", "unfair_trading/insider_suspicion", "unfair_trading/tipping")
CAPACITY = "exchange"


def own_account(stage: Stage, severity: float) -> None:
    """Somebody of the exchange orders for himself, on the side that gains; the subtler, the fewer and the later."""
    (actor,) = stage.actors(1)
    fact = news(stage, "exchange", stage.between(4, 14), out=False)
    knows(stage, fact, party_of(stage, actor), fact.arises, CAPACITY)
    _orders(stage, _planted(stage, "own_account", severity, actor), actor, fact, severity)


def controlled_account(stage: Stage, severity: float) -> None:
    """The same through a firm that he controls and that knows nothing by itself."""
    (actor,) = stage.actors(1)
    fact, insider = news(stage, "exchange", stage.between(4, 14), out=False), outsider(stage)
    stage.people.link(insider, party_of(stage, actor), "controls")
    knows(stage, fact, insider, fact.arises, CAPACITY)
    _orders(stage, _planted(stage, "controlled_account", severity, actor), actor, fact, severity)


def other_side(stage: Stage, severity: float) -> None:
    """He orders against his own advantage: that, too, is forbidden."""
    (actor,) = stage.actors(1)
    fact = news(stage, "exchange", stage.between(4, 14), out=False)
    knows(stage, fact, party_of(stage, actor), fact.arises, CAPACITY)
    scheme = _planted(stage, "other_side", severity, actor)
    deal(stage, scheme, actor, -fact.side, _while_secret(stage, fact, severity), stage.by_severity(severity, 1, 6), 1)


def after_publication(stage: Stage) -> None:
    """Look-alike: he waits until everybody knows."""
    (actor,) = stage.actors(1)
    fact = news_of_the_day(stage, "exchange", stage.between(3, 12))
    knows(stage, fact, party_of(stage, actor), fact.arises, CAPACITY)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "after_publication", 0.0, [actor])
    deal(stage, scheme, actor, fact.side, (fact.published + SECOND, until_close(stage, fact.published, 2)), 4, 2)


def before_he_knew(stage: Stage) -> None:
    """Look-alike: he ordered while the fact was there but had not been told to him."""
    (actor,) = stage.actors(1)
    fact = news(stage, "exchange", stage.between(6, 14), out=False)
    told = fact.published - 30 * MINUTE
    knows(stage, fact, party_of(stage, actor), told, CAPACITY)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "before_he_knew", 0.0, [actor])
    deal(stage, scheme, actor, fact.side, (fact.arises + SECOND, told - 10 * MINUTE), 4, 2)


def ignorant_colleague(stage: Stage) -> None:
    """Look-alike: an account whose holder the knowing colleague neither controls nor told orders the same in the same hours."""
    (actor,) = stage.actors(1)
    fact, insider = news(stage, "exchange", stage.between(4, 14), out=False), outsider(stage)
    knows(stage, fact, insider, fact.arises, CAPACITY)
    stage.people.link(insider, party_of(stage, actor), "adviser")
    scheme = stage.scheme(RULE, LOOK_ALIKE, "ignorant_colleague", 0.0, [actor])
    deal(stage, scheme, actor, fact.side, (fact.arises + SECOND, fact.published - SECOND), 2, 1)


def _planted(stage: Stage, pattern: str, severity: float, actor: int) -> Scheme:
    scheme = stage.scheme(RULE, PLANTED, pattern, severity, [actor])
    scheme.also = ALSO
    return scheme


def _orders(stage: Stage, scheme: Scheme, actor: int, fact: News, severity: float) -> None:
    parts = round(stage.by_severity(severity, 1, 6))
    deal(stage, scheme, actor, fact.side, _while_secret(stage, fact, severity), stage.by_severity(severity, 1, 12), parts)


def _while_secret(stage: Stage, fact: News, severity: float) -> tuple[float, float]:
    """When he orders: from the first minutes on, or only hours later and well before the posting."""
    hours = (fact.published - fact.arises) / HOUR
    return fact.arises + stage.by_severity(severity, 0.4, 0.01) * hours * HOUR, fact.published - MINUTE


PATTERNS = (own_account, controlled_account, other_side)
"""What is planted, in turn."""

LOOK_ALIKES = (after_publication, before_he_knew, ignorant_colleague)
"""What only looks like it, in turn."""
