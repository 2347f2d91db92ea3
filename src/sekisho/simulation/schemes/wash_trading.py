"""Wash trading: one owner on both sides, or a ring whose members end where they began."""

from __future__ import annotations

from sekisho.simulation.answer_key import LOOK_ALIKE, PLANTED, Scheme
from sekisho.simulation.schemes.cast import HOUR, Stage
from sekisho.simulation.schemes.sheet import BUY, INSIDE, MINUTE, SAME_PRICE, SECOND, SELL

RULE = "unfair_trading/wash_trading"
MATCHED = "unfair_trading/matched_orders"
SELF_MATCH = "unfair_trading/self_match"
"""Orders of one owner that meet each other are what the door should have stopped, whatever their purpose."""


def cross(stage: Stage, scheme: Scheme, at: float, seller: int, buyer: int, lots: int, gap: float) -> None:
    """Two orders that meet inside the spread, the seller's or the buyer's first; what is left is withdrawn."""
    first, second = (seller, SELL), (buyer, BUY)
    if stage.random.random() < 0.5:
        first, second = second, first
    sheet = stage.sheet
    resting = sheet.place(scheme, at, *first, lots, anchor=INSIDE, offset=stage.between(150, 850))
    taking = sheet.place(scheme, at + gap, *second, lots, anchor=SAME_PRICE, needs=resting)
    sheet.withdraw(resting, at + gap + 0.5 * SECOND)
    sheet.withdraw(taking, at + gap + 0.6 * SECOND)


def _gap(stage: Stage, severity: float) -> float:
    """Microseconds between the two orders of a crossing: some milliseconds, or seconds where somebody hides it."""
    return stage.between(1_000, 8_000) * 10 ** stage.between(0, 3.0 * (1 - severity))


def _rounds(stage: Stage, scheme: Scheme, severity: float, hops: list[tuple[int, int]]) -> None:
    """Play the hops (seller, buyer) again and again; the subtler, the fewer, the slower and the less equal in size."""
    rounds = round(stage.by_severity(severity, 5, 20) * stage.between(0.9, 1.3))
    hours = stage.by_severity(severity, 5.0, 0.7)
    at = stage.start(hours + 1)
    size = stage.between(1.5, 4) * stage.by_severity(severity, 1, 3)
    noise = 0.12 * (1 - severity)
    for _round in range(rounds):
        lots = stage.lots(size * stage.between(1 - noise, 1 + noise))
        moment = at
        for seller, buyer in hops:
            cross(stage, scheme, moment, seller, buyer, lots, _gap(stage, severity))
            moment += stage.between(4, 12) * SECOND * stage.by_severity(severity, 4, 1)
        at += hours * HOUR / rounds * stage.between(0.6, 1.4)


def self_trades(stage: Stage, severity: float) -> None:
    """One account on both sides."""
    (actor,) = stage.actors(1)
    scheme = stage.scheme(RULE, PLANTED, "self_trade", severity, [actor])
    scheme.also = (SELF_MATCH,)
    _rounds(stage, scheme, severity, [(actor, actor)])


def one_owner(stage: Stage, severity: float, length: int) -> None:
    """Two accounts whose parties are linked by a chain of so many relations."""
    actors = stage.actors(2)
    one, other = (int(stage.people.party[actor]) for actor in actors)
    stage.people.link_owner((one, other), length, stage.random)
    scheme = stage.scheme(RULE, PLANTED, f"one_owner_{length}", severity, actors)
    scheme.also = (SELF_MATCH,)
    back = stage.by_severity(severity, 0.35, 0.5)
    hops = [(actors[0], actors[1])] if stage.random.random() > back else [(actors[0], actors[1]), (actors[1], actors[0])]
    _rounds(stage, scheme, severity, hops)


def ring(stage: Stage, severity: float, *, linked: bool) -> None:
    """Three to five accounts that pass the same quantity round until it is back where it began."""
    actors = stage.actors(int(stage.random.integers(3, 6)))
    if linked:
        parties = [int(stage.people.party[actor]) for actor in actors]
        owner = stage.people.new_party(corporate=False)
        for party in parties:
            stage.people.link(owner, party, str(stage.random.choice(["same_owner", "controls"])))
    scheme = stage.scheme(RULE, PLANTED, "ring_linked" if linked else "ring_unlinked", severity, actors)
    scheme.also = (MATCHED, SELF_MATCH) if linked else (MATCHED,)
    _rounds(stage, scheme, severity, list(zip(actors, actors[1:] + actors[:1], strict=True)))


def household_once(stage: Stage) -> None:
    """Look-alike: two members of a household happen to meet in the book, once."""
    actors = stage.actors(2)
    stage.people.link(int(stage.people.party[actors[0]]), int(stage.people.party[actors[1]]), "household")
    scheme = stage.scheme(RULE, LOOK_ALIKE, "household_once", 0.0, actors)
    at = stage.start()
    resting = stage.sheet.place(scheme, at, actors[0], SELL, stage.lots(stage.between(1, 3)))
    stage.sheet.take(scheme, at + stage.between(1, 6) * SECOND, actors[1], BUY, stage.lots(stage.between(0.5, 6)))
    stage.sheet.withdraw(resting, at + stage.between(5, 50) * MINUTE)


def former_owner(stage: Stage) -> None:
    """Look-alike: two accounts that had one owner until last year trade with each other twice."""
    actors = stage.actors(2)
    parties = [int(stage.people.party[actor]) for actor in actors]
    until = stage.options.start.replace(year=stage.options.start.year - 1)
    stage.people.link(parties[0], parties[1], "controls", until=until)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "former_owner", 0.0, actors)
    at = stage.start(5)
    for side in (SELL, BUY):
        resting = stage.sheet.place(scheme, at, actors[0], side, stage.lots(stage.between(1, 2)))
        stage.sheet.take(scheme, at + stage.between(1, 8) * SECOND, actors[1], -side, stage.lots(stage.between(1, 4)))
        stage.sheet.withdraw(resting, at + stage.between(2, 20) * MINUTE)
        at += stage.between(1, 3) * HOUR


def day_trader(stage: Stage) -> None:
    """Look-alike: an account that buys and sells the same size all day, flat in the end, against whoever is there."""
    (actor,) = stage.actors(1)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "day_trader", 0.0, [actor])
    at, lots = stage.start(8), stage.lots(stage.between(1, 4))
    for _trip in range(int(stage.random.integers(6, 14))):
        side = BUY if stage.random.random() < 0.5 else SELL
        stage.sheet.take(scheme, at, actor, side, lots)
        stage.sheet.take(scheme, at + stage.between(1, 15) * MINUTE, actor, -side, lots)
        at += stage.between(18, 35) * MINUTE


PATTERNS = (
    self_trades,
    lambda stage, severity: one_owner(stage, severity, 1),
    lambda stage, severity: ring(stage, severity, linked=False),
    lambda stage, severity: one_owner(stage, severity, 2),
    lambda stage, severity: ring(stage, severity, linked=True),
    lambda stage, severity: one_owner(stage, severity, 3),
)
"""What is planted, in turn."""

LOOK_ALIKES = (household_once, former_owner, day_trader)
"""What only looks like it, in turn. Omnibus accounts and market makers add theirs from the ordinary flow."""
