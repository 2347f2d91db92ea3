"""Ramping: a series of orders that lifts (or presses) the price, and the position unwound into those who follow."""

from __future__ import annotations

from sekisho.simulation.answer_key import LOOK_ALIKE, PLANTED
from sekisho.simulation.schemes.cast import HOUR, Stage
from sekisho.simulation.schemes.sheet import BUY, MINUTE, OPPOSITE_BEST, SECOND, SELL

RULE = "unfair_trading/ramping"


def ramp(stage: Stage, severity: float, *, quick: bool) -> None:
    """Slices at and through the touch; others chase with orders near the new price, and the actor trades into them."""
    (actor,) = stage.actors(1)
    scheme = stage.scheme(RULE, PLANTED, "momentum_ignition" if quick else "ramp", severity, [actor])
    side = BUY if stage.random.random() < 0.5 else SELL
    steps = round(stage.by_severity(severity, 5, 12) + stage.between(-0.4, 1.4))
    pause = stage.pulse() * (stage.between(0.3, 0.8) if quick else stage.by_severity(severity, 8, 2))
    at = last = stage.start_alone(1.5)
    total = 0
    for step in range(steps):
        lots = stage.lots(stage.by_severity(severity, 1.5, 2.5) * stage.between(0.7, 1.3))
        total += lots
        stage.sheet.take(scheme, at, actor, side, lots)
        last = at
        if step > steps // 2:
            _follower(stage, at + stage.between(0.1, 0.3) * pause, side, lots * stage.between(1.2, 2.2))
        at += pause * stage.between(0.6, 1.4)
    _follower(stage, last + stage.between(0.02, 0.2) * SECOND, side, total)
    share = stage.by_severity(severity, 0.75, 1.1)
    parts = int(stage.random.integers(1, 4))
    for _part in range(parts):
        last += stage.between(0.4, 2.5) * SECOND
        stage.sheet.take(scheme, last, actor, -side, total * share / parts)


def _follower(stage: Stage, at: float, side: int, lots: float) -> None:
    """Somebody who was drawn in: an order on the ramp's side close to the new price. A look-alike of his own."""
    person = stage.free[int(stage.random.integers(max(1, len(stage.free) // 4)))]
    scheme = stage.scheme(RULE, LOOK_ALIKE, "drawn_in", 0.0, [person])
    slot = stage.sheet.place(scheme, at, person, side, lots, anchor=OPPOSITE_BEST, offset=1)
    stage.sheet.withdraw(slot, at + stage.between(5, 30) * MINUTE)


def keeps_what_he_buys(stage: Stage) -> None:
    """Look-alike: a large buyer in slices, fast, who keeps everything."""
    (actor,) = stage.actors(1)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "keeps_what_he_buys", 0.0, [actor])
    side = BUY if stage.random.random() < 0.5 else SELL
    at = stage.start_alone(1.5)
    for _slice in range(int(stage.random.integers(6, 14))):
        stage.sheet.take(scheme, at, actor, side, stage.lots(stage.between(2, 6)))
        at += stage.pulse() * stage.between(1, 4)


def stop_losses(stage: Stage) -> None:
    """Look-alike: several strangers sell one after the other, each once."""
    actors = stage.actors(5)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "stop_losses", 0.0, actors)
    at = stage.start_alone(1.0)
    for actor in actors:
        stage.sheet.take(scheme, at, actor, SELL, stage.lots(stage.between(3, 10)))
        at += stage.between(0.2, 2) * SECOND


def swing_trader(stage: Stage) -> None:
    """Look-alike: buys in slices over an hour and sells in slices over the next hours, at whatever the market pays."""
    (actor,) = stage.actors(1)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "swing_trader", 0.0, [actor])
    at = stage.start(6)
    for side in (BUY, SELL):
        for _slice in range(8):
            stage.sheet.take(scheme, at, actor, side, stage.lots(stage.between(0.5, 1.5)))
            at += stage.between(4, 11) * MINUTE
        at += stage.between(0.5, 1.5) * HOUR


PATTERNS = (
    lambda stage, severity: ramp(stage, severity, quick=False),
    lambda stage, severity: ramp(stage, severity, quick=True),
)
"""What is planted, in turn."""

LOOK_ALIKES = (keeps_what_he_buys, stop_losses, swing_trader)
"""What only looks like it, in turn."""
