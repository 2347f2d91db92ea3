"""Self-match: orders of one owner that meet in the book, by design or because nobody stopped them at the door."""

from __future__ import annotations

from sekisho.simulation.answer_key import LOOK_ALIKE, PLANTED, Scheme
from sekisho.simulation.schemes.cast import HOUR, Stage
from sekisho.simulation.schemes.facts import party_of
from sekisho.simulation.schemes.sheet import BUY, MINUTE, SECOND, SELL
from sekisho.simulation.schemes.wash_trading import cross

RULE = "unfair_trading/self_match"
ALSO = ("unfair_trading/wash_trading",)


def own_account(stage: Stage, severity: float) -> None:
    """One account meets itself."""
    (actor,) = stage.actors(1)
    _meet(stage, _planted(stage, "own_account", severity, [actor]), severity, actor, actor)


def two_accounts(stage: Stage, severity: float) -> None:
    """Two accounts that have one owner."""
    one, other = stage.actors(2)
    stage.people.link(party_of(stage, one), party_of(stage, other), "same_owner")
    _meet(stage, _planted(stage, "two_accounts", severity, [one, other]), severity, one, other)


def controlled_firm(stage: Stage, severity: float) -> None:
    """A person and the firm he controls."""
    one, other = stage.actors(2)
    stage.people.link(party_of(stage, one), party_of(stage, other), "controls")
    _meet(stage, _planted(stage, "controlled_firm", severity, [one, other]), severity, other, one)


def changed_his_mind(stage: Stage) -> None:
    """Look-alike: he pulls his own order before he takes the other side of the market."""
    (actor,) = stage.actors(1)
    scheme, at = stage.scheme(RULE, LOOK_ALIKE, "changed_his_mind", 0.0, [actor]), stage.start(4)
    for _time in range(int(stage.random.integers(2, 5))):
        resting = stage.sheet.place(scheme, at, actor, SELL, stage.lots(stage.between(1, 3)))
        stage.sheet.withdraw(resting, at + 30 * SECOND)
        stage.sheet.take(scheme, at + 40 * SECOND, actor, BUY, stage.lots(stage.between(0.2, 1)))
        at += stage.between(20, 50) * MINUTE


def once_of_one_hand(stage: Stage) -> None:
    """Look-alike: two accounts that one party controlled until last year meet."""
    one, other = stage.actors(2)
    ended = stage.options.start.replace(year=stage.options.start.year - 1)
    stage.people.link(party_of(stage, one), party_of(stage, other), "controls", until=ended)
    _chance(stage, stage.scheme(RULE, LOOK_ALIKE, "once_of_one_hand", 0.0, [one, other]), one, other)


def adviser_and_client(stage: Stage) -> None:
    """Look-alike: two owners who know each other, one of whom advises the other, meet by chance."""
    one, other = stage.actors(2)
    stage.people.link(party_of(stage, one), party_of(stage, other), "adviser")
    _chance(stage, stage.scheme(RULE, LOOK_ALIKE, "adviser_and_client", 0.0, [one, other]), one, other)


def _planted(stage: Stage, pattern: str, severity: float, actors: list[int]) -> Scheme:
    scheme = stage.scheme(RULE, PLANTED, pattern, severity, actors)
    scheme.also = ALSO
    return scheme


def _meet(stage: Stage, scheme: Scheme, severity: float, seller: int, buyer: int) -> None:
    """So many meetings, the subtler the fewer, the smaller and the further apart."""
    at = stage.start(5)
    for _time in range(round(stage.by_severity(severity, 1, 6))):
        gap = stage.between(0.05, 3) * SECOND * (1.2 - severity)
        cross(stage, scheme, at, seller, buyer, stage.lots(stage.by_severity(severity, 0.5, 3) * stage.between(0.7, 1.3)), gap)
        at += stage.between(5, 40) * MINUTE


def _chance(stage: Stage, scheme: Scheme, seller: int, buyer: int) -> None:
    """One meeting at an ordinary price, minutes apart."""
    at = stage.start(2)
    cross(stage, scheme, at, seller, buyer, stage.lots(stage.between(0.5, 1.5)), stage.between(1, 20) * SECOND)
    stage.sheet.take(scheme, at + stage.between(0.1, 0.5) * HOUR, seller, BUY, stage.lots(0.5))


PATTERNS = (own_account, two_accounts, controlled_firm)
"""What is planted, in turn."""

LOOK_ALIKES = (changed_his_mind, once_of_one_hand, adviser_and_client)
"""What only looks like it, in turn."""
