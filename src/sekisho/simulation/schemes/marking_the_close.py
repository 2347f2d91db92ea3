"""Marking the close: orders that carry the price away in the last minutes or seconds before it is read."""

from __future__ import annotations

from sekisho.simulation.answer_key import LOOK_ALIKE, PLANTED, Scheme
from sekisho.simulation.population import Population
from sekisho.simulation.registers import INDEX_DELAY, QUOTES_A_DAY, moment, quantity
from sekisho.simulation.schemes.cast import HOUR, Stage
from sekisho.simulation.schemes.sheet import BUY, MINUTE, SECOND, SELL

RULE = "unfair_trading/marking_the_close"
ALSO = ("unfair_trading/high_participation",)
"""Whoever takes most of one side and carries the price by it takes part to a high degree, too, also where he only executes evenly
in a market too thin for him."""
BOUND = True
"""It can be played at fixings only; what may be played at any moment comes after."""
BEFORE, AFTER = 20 * MINUTE, 30 * MINUTE


def fixing(stage: Stage, *, alone: bool = True) -> float:
    """A moment of the day at which the index is read; where it can be, one at which nothing else moves the price here."""
    every = [stage.sheet.opens_at + number * 24 * HOUR // QUOTES_A_DAY + INDEX_DELAY for number in range(1, QUOTES_A_DAY)]
    chosen = [float(each) for each in stage.random.permutation(every)]
    at = min(chosen, key=lambda each: stage.crowded(each - BEFORE, each + AFTER))
    if alone:
        stage.sheet.taken.append((at - BEFORE, at + AFTER))
    return at


def carry(stage: Stage, severity: float) -> None:
    """Order after order in the last minutes, all on one side, as much as it takes to keep the price going."""
    (actor,) = stage.actors(1)
    scheme = stage.scheme(RULE, PLANTED, "carry", severity, [actor])
    scheme.also = ALSO
    _carry(stage, scheme, actor, _side(stage), fixing(stage), severity)


def _carry(stage: Stage, scheme: Scheme, actor: int, side: int, at: float, severity: float) -> None:
    orders = round(stage.by_severity(severity, 4, 8) + stage.between(-0.5, 1.5))
    span = stage.by_severity(severity, 220, 60) * SECOND * stage.between(0.7, 1.2)
    size = stage.by_severity(severity, 3, 9)
    for number in range(orders):
        moment_of = at - span * (1 - number / orders) * stage.between(0.9, 1.0) - 0.3 * SECOND
        stage.sheet.take(scheme, moment_of, actor, side, stage.lots(size * stage.between(0.7, 1.4)))


def last_seconds(stage: Stage, severity: float) -> None:
    """Two or three large orders in the last seconds."""
    (actor,) = stage.actors(1)
    scheme = stage.scheme(RULE, PLANTED, "last_seconds", severity, [actor])
    scheme.also = ALSO
    at, side = fixing(stage), _side(stage)
    size = stage.by_severity(severity, 9, 25)
    for _order in range(int(stage.random.integers(2, 4))):
        stage.sheet.take(scheme, at - stage.between(0.2, 12) * SECOND, actor, side, stage.lots(size * stage.between(0.7, 1.3)))


def again(stage: Stage, severity: float) -> None:
    """The same at several fixings of a day, each time with less, in two accounts of one owner."""
    one, other = stage.actors(2)
    people: Population = stage.people
    people.link_owner((int(people.party[one]), int(people.party[other])), 1, stage.random)
    scheme = stage.scheme(RULE, PLANTED, "again", severity, [one, other])
    scheme.also = ALSO
    side = _side(stage)
    for at in sorted({fixing(stage) for _time in range(3)}):
        _carry(stage, scheme, one if stage.random.random() < 0.5 else other, side, at, 0.6 * severity + 0.1)


def benchmark_execution(stage: Stage) -> None:
    """Look-alike: somebody who wants the fixing's price and buys evenly over the hour before it."""
    (actor,) = stage.actors(1)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "benchmark_execution", 0.0, [actor])
    scheme.also = ALSO
    until, side = fixing(stage, alone=False), _side(stage)
    step = stage.between(60, 150) * SECOND
    at = until - stage.between(40, 80) * MINUTE
    while at < until:
        stage.sheet.take(scheme, at, actor, side, stage.lots(stage.between(0.8, 1.6)))
        at += step * stage.between(0.8, 1.2)


def crowd(stage: Stage) -> None:
    """Look-alike: many who all want to trade at the fixing, each an ordinary order."""
    actors = stage.actors(7)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "crowd", 0.0, actors)
    at, side = fixing(stage), _side(stage)
    for actor in actors:
        stage.sheet.take(scheme, at - stage.between(0.5, 100) * SECOND, actor, side, stage.lots(stage.between(0.7, 2.5)))


def last_block(stage: Stage) -> None:
    """Look-alike: one order, a little larger than usual, that happens to come in the last seconds."""
    (actor,) = stage.actors(1)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "last_block", 0.0, [actor])
    at = fixing(stage, alone=False)
    stage.sheet.take(scheme, at - stage.between(0.5, 40) * SECOND, actor, _side(stage), stage.lots(stage.between(1, 4)))


def announced_rebalancing(stage: Stage) -> None:
    """Look-alike: a fund that must rebalance at the fixing, has said so beforehand, and moves the price."""
    (actor,) = stage.actors(1)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "announced_rebalancing", 0.0, [actor])
    at, side = fixing(stage), _side(stage)
    total = 0
    for number in range(6):
        lots = stage.lots(stage.between(4, 9))
        total += lots
        stage.sheet.take(scheme, at - (6 - number) * stage.between(20, 30) * SECOND, actor, side, lots)
    stage.registers.add(
        "stated_plan",
        plan_id=f"REBALANCING-{scheme.subjects[0]}",
        party_id=stage.people.party_id(int(stage.people.party[actor])),
        asset=stage.sheet.listing.asset,
        made_at=moment(int(at - stage.between(30, 90) * HOUR)),
        side="buy" if side == BUY else "sell",
        quantity=quantity(round(total * float(stage.sheet.listing.lot_size) * 10**8)),
        executes_from=moment(int(at - HOUR)),
        executes_until=moment(int(at + MINUTE)),
    )


def _side(stage: Stage) -> int:
    return BUY if stage.random.random() < 0.5 else SELL


PATTERNS = (carry, last_seconds, again)
"""What is planted, in turn."""

LOOK_ALIKES = (benchmark_execution, crowd, last_block, announced_rebalancing)
"""What only looks like it, in turn."""
