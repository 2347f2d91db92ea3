"""Front running: somebody who sees a customer's large order buys before it is filled, and sells when it has moved the price."""

from __future__ import annotations

from datetime import timedelta
from math import sqrt

from sekisho.simulation.answer_key import LOOK_ALIKE, PLANTED, Scheme
from sekisho.simulation.population import HOUSE, STAFF
from sekisho.simulation.registers import moment, quantity
from sekisho.simulation.schemes.cast import HOUR, Stage
from sekisho.simulation.schemes.sheet import BUY, MINUTE, OWN_BEST, SECOND, SELL

RULE = "unfair_trading/front_running"
ALSO = ("unfair_trading/front_running_gate",)
"""Who trades ahead of one customer may know of another one's order that waits on the same side: the door should have stopped him."""
_LAST = 900
_HALF = 0.5
_DAY_SECONDS = 86_400
_TAKERS, _TAKEN_MEDIANS = 0.28, 1.5
"""Of those who come, the part that takes, and how many median orders each takes."""


def _side(stage: Stage) -> int:
    return BUY if stage.random.random() < 0.5 else SELL


def _client_order(stage: Stage, scheme: Scheme, at: float, client: int, side: int, *, size: float, minutes: float) -> int:
    """A customer's large order at the touch, which waits until the market has filled it or he takes it away."""
    slot = stage.sheet.place(scheme, at, client, side, stage.lots(size), anchor=OWN_BEST, offset=0)
    stage.sheet.withdraw(slot, at + minutes * MINUTE)
    _impact(stage, at, side, size)
    return slot


def _impact(stage: Stage, at: float, side: int, medians: float) -> None:
    """What a large order teaches the market stays in the price: a day's volatility times the root of its share of the volume.

    The square-root law of impact (Almgren and others 2005; Toth and others 2011), with its usual factor of about 1.
    """
    volume = stage.sheet.arrivals * _DAY_SECONDS * _TAKERS * _TAKEN_MEDIANS
    stage.sheet.shocks.append((at, side * stage.sheet.listing.volatility * sqrt(medians / volume)))


def _know(stage: Stage, slot: int, account: int, at: float) -> None:
    party = stage.people.party_id(int(stage.people.party[account]))
    stage.registers.add("customer_order_knowledge", order_id=stage.sheet.order_of(slot), party_id=party, learned_at=moment(int(at)))


def _insider(stage: Stage) -> int:
    staff = stage.people.of_kind(STAFF)
    return int(stage.random.choice(staff))


def ahead(stage: Stage, severity: float, *, who: str) -> None:
    """Buys ahead of one to four customers' orders and sells after. Who: staff, the house, or a friend of one of the staff."""
    insider = int(stage.people.of_kind(HOUSE)[0]) if who == "house" else _insider(stage)
    clients = 1 + round(3 * severity)
    actors = stage.actors(clients + (who == "friend"))
    runner = insider
    if who == "friend":
        runner = actors.pop()
        relation = str(stage.random.choice(["household", "contract", "same_owner"]))
        stage.people.link(int(stage.people.party[insider]), int(stage.people.party[runner]), relation)
    scheme = stage.scheme(RULE, PLANTED, who, severity, [runner])
    scheme.also = ALSO
    at, side = stage.start_alone(clients + 1.0), _side(stage)
    for client in actors:
        _run(stage, scheme, severity, runner, client, at, side, insider)
        at += stage.between(0.6, 1.0) * HOUR


def _run(stage: Stage, scheme: Scheme, severity: float, runner: int, client: int, at: float, side: int, insider: int) -> None:
    """One order run ahead of: it is received, the runner buys, it comes to the book and walks up the price, the runner sells."""
    sheet = stage.sheet
    size = stage.by_severity(severity, 16, 36) * stage.between(
        0.9, 1.2
    )  # of a hundred orders, the largest; of a thousand, nearly so
    comes = at + stage.by_severity(severity, 120, 30) * SECOND * stage.between(0.7, 1.4)
    own = stage.lots(size * stage.by_severity(severity, 0.08, 0.25))
    sheet.take(scheme, at + (comes - at) * stage.between(0.2, 0.8), runner, side, own)
    _know(stage, sheet.take(scheme, comes, client, side, stage.lots(size)), insider, at)
    _impact(stage, comes, side, size)
    if stage.random.random() < _HALF:  # sells to the customer himself, at the price his order walks up to
        offer = sheet.place(scheme, comes - 2 * SECOND, runner, -side, own, offset=1 + sheet.half_spread * stage.between(0.2, 0.6))
        sheet.withdraw(offer, comes + 10 * MINUTE)
    elif stage.random.random() < stage.by_severity(severity, 0.7, 1.0):  # the subtle keep the position sometimes
        sheet.take(scheme, comes + stage.by_severity(severity, 240, 3) * SECOND * stage.between(0.5, 1.5), runner, -side, own)


def hedge_after(stage: Stage) -> None:
    """Look-alike: the house buys after a customer's order has been filled."""
    (client,) = stage.actors(1)
    house = int(stage.people.of_kind(HOUSE)[0])
    scheme = stage.scheme(RULE, LOOK_ALIKE, "hedge_after", 0.0, [house])
    at, side = stage.start(), _side(stage)
    lots = stage.between(8, 20)
    slot = stage.sheet.take(scheme, at, client, side, stage.lots(lots))
    _impact(stage, at, side, lots)
    _know(stage, slot, house, at)
    stage.sheet.take(scheme, at + stage.between(1, 20) * SECOND, house, side, stage.lots(lots * stage.between(0.5, 1)))


def planned_before(stage: Stage) -> None:
    """Look-alike: one of the staff buys what he had bound himself to buy, an hour before he saw the customer's order."""
    (client,) = stage.actors(1)
    insider = _insider(stage)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "planned_before", 0.0, [insider])
    at, side = stage.start(3), _side(stage)
    own = stage.lots(stage.between(0.5, 1.5))
    slot = _client_order(stage, scheme, at, client, side, size=stage.between(13, 26), minutes=20)
    _know(stage, slot, insider, at)
    stage.registers.add(
        "stated_plan",
        plan_id=f"PLAN{len(stage.registers.rows.get('stated_plan', ())) + _LAST}",
        party_id=stage.people.party_id(int(stage.people.party[insider])),
        asset=stage.sheet.listing.asset,
        made_at=moment(int(at - 30 * HOUR)),
        side="buy" if side == BUY else "sell",
        quantity=quantity(own * 10 ** (stage.sheet.listing.lot_places + 8)),
        executes_from=moment(int(at)) - timedelta(hours=1),
        executes_until=moment(int(at)) + timedelta(hours=1),
    )
    stage.sheet.take(scheme, at + stage.between(10, 90) * SECOND, insider, side, own)


def opposite_side(stage: Stage) -> None:
    """Look-alike: the house, which knows of a customer's order, serves it: it sells what he buys."""
    (client,) = stage.actors(1)
    house = int(stage.people.of_kind(HOUSE)[0])
    scheme = stage.scheme(RULE, LOOK_ALIKE, "opposite_side", 0.0, [house])
    at, side = stage.start(), _side(stage)
    lots = stage.between(13, 26)
    slot = _client_order(stage, scheme, at, client, side, size=lots, minutes=10)
    _know(stage, slot, house, at)
    stage.sheet.take(scheme, at + stage.between(5, 60) * SECOND, house, -side, stage.lots(lots * 1.1))


def momentum(stage: Stage) -> None:
    """Look-alike: a quick follower buys with every large order he sees in the book, and sells half an hour later."""
    follower, *clients = stage.actors(3)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "momentum", 0.0, [follower])
    at = stage.start(4)
    for client in clients:
        side = _side(stage)
        _client_order(stage, scheme, at, client, side, size=stage.between(13, 26), minutes=15)
        lots = stage.lots(stage.between(0.5, 2))
        stage.sheet.take(scheme, at + stage.between(2, 15) * SECOND, follower, side, lots)
        stage.sheet.take(scheme, at + stage.between(20, 45) * MINUTE, follower, -side, lots)
        at += stage.between(1, 1.5) * HOUR


PATTERNS = (
    lambda stage, severity: ahead(stage, severity, who="staff"),
    lambda stage, severity: ahead(stage, severity, who="house"),
    lambda stage, severity: ahead(stage, severity, who="friend"),
)
"""What is planted, in turn."""

LOOK_ALIKES = (hedge_after, planned_before, opposite_side, momentum)
"""What only looks like it, in turn."""
