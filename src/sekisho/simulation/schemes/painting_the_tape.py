"""Painting the tape: small prints, each above (or below) the last price, so that the tape shows a trend that nobody paid for."""

from __future__ import annotations

from sekisho.simulation.answer_key import LOOK_ALIKE, PLANTED
from sekisho.simulation.schemes.cast import HOUR, Stage
from sekisho.simulation.schemes.sheet import BUY, INSIDE, MINUTE, SAME_PRICE, SECOND, SELL

RULE = "unfair_trading/painting_the_tape"
ALSO = ("unfair_trading/matched_orders", "unfair_trading/wash_trading")
"""Other rules that may rightly speak of the same orders."""
SELF_MATCH = "unfair_trading/self_match"
"""Where the accounts have one owner, his orders meet each other."""


def _side(stage: Stage) -> int:
    return BUY if stage.random.random() < 0.5 else SELL


def among_themselves(stage: Stage, severity: float, *, linked: bool) -> None:
    """Two or three accounts print climbs inside the spread with one another: each print a little further than the last."""
    members = stage.actors(2 if severity < 0.5 else int(stage.random.integers(2, 4)))
    if linked:
        owner = stage.people.new_party(corporate=False)
        for member in members:
            stage.people.link(owner, int(stage.people.party[member]), "same_owner")
    scheme = stage.scheme(RULE, PLANTED, "linked_prints" if linked else "prints_among_themselves", severity, members)
    scheme.also = (*ALSO, SELF_MATCH) if linked else ALSO
    side = _side(stage)
    at = stage.start_alone(0.5)
    pause = stage.by_severity(severity, 10, 1.5) * SECOND
    for _climb in range(round(stage.by_severity(severity, 3, 5))):
        steps = round(stage.by_severity(severity, 5, 9))
        for step in range(steps):
            maker, taker = (members[int(n)] for n in stage.random.permutation(len(members))[:2])
            place = 100 + 800 * (step + stage.between(0.2, 0.8)) / steps
            lots = stage.lots(stage.by_severity(severity, 0.3, 0.08) * stage.between(0.6, 1.4))
            gap = stage.between(0.01, 0.4) * SECOND
            offset = place if side == BUY else 1000 - place
            resting = stage.sheet.place(scheme, at, maker, -side, lots, anchor=INSIDE, offset=offset)
            taking = stage.sheet.place(scheme, at + gap, taker, side, lots, anchor=SAME_PRICE, needs=resting)
            stage.sheet.withdraw(resting, at + gap + 0.5 * SECOND)
            stage.sheet.withdraw(taking, at + gap + 0.6 * SECOND)
            at += pause * stage.between(0.6, 1.4)
        at += stage.between(1, 6) * MINUTE


def small_upticks(stage: Stage, severity: float) -> None:
    """One trader answers every print of others against him with a tiny purchase (sale) at the touch, many times."""
    (actor,) = stage.actors(1)
    scheme = stage.scheme(RULE, PLANTED, "small_upticks", severity, [actor])
    scheme.also = ALSO
    side = _side(stage)
    at = stage.start_alone(0.5)
    pause = stage.pulse() * stage.by_severity(severity, 8, 3)
    for _print in range(round(stage.by_severity(severity, 14, 40))):
        lots = stage.lots(stage.by_severity(severity, 0.25, 0.05) * stage.between(0.7, 1.3))
        other = stage.free[int(stage.random.integers(max(1, len(stage.free) // 4)))]
        innocent = stage.scheme(RULE, LOOK_ALIKE, "trades_between", 0.0, [other])
        stage.sheet.take(innocent, at, other, -side, stage.lots(stage.between(0.3, 1.5)))
        stage.sheet.take(scheme, at + stage.between(0.1, 0.6) * SECOND, actor, side, lots)
        at += pause * stage.between(0.6, 1.4)


def odd_lots(stage: Stage) -> None:
    """Look-alike: somebody buys tiny amounts as the mood takes him, wherever the market is."""
    (actor,) = stage.actors(1)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "odd_lots", 0.0, [actor])
    at = stage.start(3)
    for _print in range(int(stage.random.integers(12, 30))):
        stage.sheet.take(scheme, at, actor, BUY, stage.lots(stage.between(0.05, 0.3)))
        at += stage.between(0.2, 5) * MINUTE


def savings_robot(stage: Stage) -> None:
    """Look-alike: a robot buys the same small amount at regular times."""
    (actor,) = stage.actors(1)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "savings_robot", 0.0, [actor])
    at, every, lots = stage.start(3), stage.between(1, 6) * MINUTE, stage.lots(stage.between(0.1, 0.3))
    for number in range(int(2 * HOUR / every)):
        stage.sheet.take(scheme, at + number * every, actor, BUY, lots)


def filled_in_pieces(stage: Stage) -> None:
    """Look-alike: a patient order inside the spread is filled by many small sellers, and is put up again a little higher."""
    (actor, *others) = stage.actors(5)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "filled_in_pieces", 0.0, [actor])
    at = stage.start(2)
    for _round in range(4):
        slot = stage.sheet.place(scheme, at, actor, BUY, stage.lots(2), anchor=INSIDE, offset=stage.between(200, 700))
        for other in others:
            at += stage.between(5, 40) * SECOND
            stage.sheet.take(scheme, at, other, SELL, stage.lots(stage.between(0.1, 0.4)))
        stage.sheet.withdraw(slot, at + 30 * SECOND)
        at += stage.between(1, 4) * MINUTE


def small_slices(stage: Stage) -> None:
    """Look-alike: a buyer works an order in small slices through an hour, quicker when the price suits him."""
    (actor,) = stage.actors(1)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "small_slices", 0.0, [actor])
    at, side = stage.start(2), _side(stage)
    for _slice in range(int(stage.random.integers(15, 35))):
        stage.sheet.take(scheme, at, actor, side, stage.lots(stage.between(0.2, 0.6)))
        at += stage.pulse() * stage.between(0.5, 6)


PATTERNS = (
    lambda stage, severity: among_themselves(stage, severity, linked=False),
    small_upticks,
    lambda stage, severity: among_themselves(stage, severity, linked=True),
)
"""What is planted, in turn."""

LOOK_ALIKES = (odd_lots, savings_robot, filled_in_pieces, small_slices)
"""What only looks like it, in turn."""
