"""Front-running gate: staff or the house order on the side of a customer's order they can see while it waits in the book."""

from __future__ import annotations

from sekisho.simulation.answer_key import LOOK_ALIKE, PLANTED, Scheme
from sekisho.simulation.population import HOUSE, STAFF
from sekisho.simulation.registers import moment
from sekisho.simulation.schemes.cast import Stage
from sekisho.simulation.schemes.facts import party_of
from sekisho.simulation.schemes.sheet import BUY, MINUTE, SECOND, SELL

RULE = "unfair_trading/front_running_gate"
ALSO = ("unfair_trading/front_running",)
_DEEP = 6.0
"""So many half spreads from the best price a customer's order waits that is not filled at once."""


def staff(stage: Stage, severity: float) -> None:
    """One of the staff, who has the customer's order before his eyes."""
    _ahead(stage, severity, "staff", int(stage.random.choice(stage.people.of_kind(STAFF))))


def own_book(stage: Stage, severity: float) -> None:
    """The house itself."""
    _ahead(stage, severity, "house", int(stage.people.of_kind(HOUSE)[0]))


def serves_him(stage: Stage) -> None:
    """Look-alike: the house takes the other side."""
    house = int(stage.people.of_kind(HOUSE)[0])
    scheme, at, side = _set(stage, "serves_him", house)
    _waiting(stage, scheme, at, side, 20, house, at + SECOND)
    stage.sheet.take(scheme, at + stage.between(1, 15) * MINUTE, house, -side, stage.lots(1))


def once_it_is_gone(stage: Stage) -> None:
    """Look-alike: he orders after the customer has taken his order away."""
    insider = int(stage.random.choice(stage.people.of_kind(STAFF)))
    scheme, at, side = _set(stage, "once_it_is_gone", insider)
    _waiting(stage, scheme, at, side, 10, insider, at + SECOND)
    stage.sheet.take(scheme, at + stage.between(12, 40) * MINUTE, insider, side, stage.lots(1))


def before_he_saw_it(stage: Stage) -> None:
    """Look-alike: he orders while the order waits, and comes to see it only later."""
    insider = int(stage.random.choice(stage.people.of_kind(STAFF)))
    scheme, at, side = _set(stage, "before_he_saw_it", insider)
    _waiting(stage, scheme, at, side, 30, insider, at + 20 * MINUTE)
    stage.sheet.take(scheme, at + stage.between(1, 15) * MINUTE, insider, side, stage.lots(1))


def _ahead(stage: Stage, severity: float, pattern: str, insider: int) -> None:
    """So many orders while the customer's waits; the subtler, the fewer and the smaller. Once it is filled he lets it be."""
    scheme = stage.scheme(RULE, PLANTED, pattern, severity, [insider])
    scheme.also, scheme.awaits = ALSO, frozenset(scheme.subjects)
    at, side = stage.start(2), _side(stage)
    client = _waiting(stage, scheme, at, side, 40, insider, at + stage.between(1, 60) * SECOND)
    for _order in range(round(stage.by_severity(severity, 1, 4))):
        lots = stage.lots(stage.by_severity(severity, 0.3, 2) * stage.between(0.7, 1.3))
        stage.sheet.take(scheme, at + stage.between(2, 35) * MINUTE, insider, side, lots, needs=client)


def _set(stage: Stage, pattern: str, insider: int) -> tuple[Scheme, float, int]:
    return stage.scheme(RULE, LOOK_ALIKE, pattern, 0.0, [insider]), stage.start(2), _side(stage)


def _waiting(stage: Stage, scheme: Scheme, at: float, side: int, minutes: float, insider: int, seen: float) -> int:
    """A customer's order some way behind the best price, withdrawn after some minutes, that an insider sees."""
    (client,) = stage.actors(1)
    behind = _DEEP * stage.sheet.half_spread
    slot = stage.sheet.place(scheme, at, client, side, stage.lots(stage.between(4, 10)), offset=behind)
    stage.sheet.withdraw(slot, at + minutes * MINUTE)
    order = stage.sheet.order_of(slot)
    party = stage.people.party_id(party_of(stage, insider))
    stage.registers.add("customer_order_knowledge", order_id=order, party_id=party, learned_at=moment(int(seen)))
    return slot


def _side(stage: Stage) -> int:
    return BUY if stage.random.random() < 0.5 else SELL


PATTERNS = (staff, own_book)
"""What is planted, in turn."""

LOOK_ALIKES = (serves_him, once_it_is_gone, before_he_saw_it)
"""What only looks like it, in turn."""
