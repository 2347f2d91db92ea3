"""Ramping: a series of orders that lifts (or presses) the price, and the position unwound into those who follow."""

from __future__ import annotations

import math

from sekisho.simulation.answer_key import LOOK_ALIKE, PLANTED, Scheme
from sekisho.simulation.schemes.cast import HOUR, Stage
from sekisho.simulation.schemes.sheet import BUY, MINUTE, OPPOSITE_BEST, SAME_PRICE, SECOND, SELL, Mood

RULE = "unfair_trading/ramping"
ALSO = ("unfair_trading/pump_onset", "unfair_trading/pump_and_dump", "unfair_trading/high_participation")
"""Other rules that may rightly speak of the same orders."""
RAID = "unfair_trading/bear_raid"
"""A price pressed down through the touch and bought back below, when others have sold after it, is a raid too."""
_DAY = 24 * HOUR


def _side(stage: Stage) -> int:
    return BUY if stage.random.random() < 0.5 else SELL


def _move(stage: Stage, span: float, times_usual: float, half_spreads: float) -> float:
    """A move, as a share of the price, so many times the usual one in so long a time and worth so many half spreads at least."""
    listing = stage.sheet.listing
    half_spread = stage.sheet.half_spread * float(listing.tick_size) / float(stage.sheet.value[0])
    return min(0.12, max(times_usual * listing.volatility * math.sqrt(span / _DAY), half_spreads * half_spread))


def _moved(stage: Stage, at: float, rises: float, share: float, turns: float | None = None, ends: float | None = None) -> None:
    stage.sheet.moods.append(Mood(at, max(rises, 10 * SECOND), share, turns, ends))


def _calm(stage: Stage) -> float:
    """In how long a time most quotes here are renewed, in microseconds: so long the others need to follow a price."""
    return min(6 / stage.sheet.arrivals, 120.0) * SECOND


def _follower(stage: Stage, at: float, side: int, lots: float, *, takes: bool) -> int:
    """Somebody who was drawn in: he takes what is there, or leaves an order close to the new price. A look-alike of his own."""
    person = stage.free[int(stage.random.integers(max(1, len(stage.free) // 4)))]
    scheme = stage.scheme(RULE, LOOK_ALIKE, "drawn_in", 0.0, [person])
    if takes:
        return stage.sheet.take(scheme, at, person, side, lots)
    slot = stage.sheet.place(scheme, at, person, side, lots, anchor=OPPOSITE_BEST, offset=1)
    stage.sheet.withdraw(slot, at + stage.between(5, 30) * MINUTE)
    return slot


def ramp(stage: Stage, severity: float, *, quick: bool) -> None:
    """Slices through the touch, each of which makes people think more of the asset; he unwinds while they still do."""
    (actor,) = stage.actors(1)
    scheme = stage.scheme(RULE, PLANTED, "momentum_ignition" if quick else "ramp", severity, [actor])
    side = _side(stage)
    scheme.also = ALSO if side == BUY else (*ALSO, RAID)
    steps = round(stage.by_severity(severity, 5, 12) + stage.between(-0.4, 2.4))
    calm = _calm(stage)
    pause = calm * stage.between(0.1, 0.3) if quick else calm * stage.by_severity(severity, 1.2, 0.5)
    span = steps * pause
    followed = max(span, 3 * calm)
    rise = side * _move(stage, followed, stage.by_severity(severity, 2.5, 6), stage.by_severity(severity, 5, 10))
    begins = at = stage.start_alone(2)
    last, total = begins, 0
    pushes: list[float] = []
    for step in range(steps):
        lots = stage.lots(stage.by_severity(severity, 2, 4.5) * stage.between(0.6, 1.4))
        stage.sheet.take(scheme, at, actor, side, lots)
        total, last = total + lots, at
        pushes.append(at)
        if step > 1 and stage.random.random() < 0.5:
            _follower(stage, at + stage.between(0.1, 0.8) * pause, side, stage.lots(stage.between(0.5, 1.8)), takes=True)
        at += pause * stage.between(0.6, 1.4)
    unwinding = last + calm * stage.between(0.7, 2)
    until = unwinding + followed * stage.between(0.5, 1.2)
    turns = unwinding + (until - unwinding) * stage.between(0.4, 0.9)
    back, ends = stage.between(0.6, 1.0), turns + followed * stage.between(1, 4)
    for push in pushes:
        _moved(stage, push, max(pause, calm / 2), rise * back / steps, turns, ends)
        _moved(stage, push, max(pause, calm / 2), rise * (1 - back) / steps)
    parts = int(stage.random.integers(5, 12))
    sold = total * stage.by_severity(severity, 0.75, 1.05)
    for _part in range(parts):
        _unwind(stage, scheme, actor, -side, (stage.between(unwinding, until), sold / parts))


def _unwind(stage: Stage, scheme: Scheme, actor: int, side: int, part: tuple[float, float]) -> None:
    """He trades with one who was drawn in: takes his order, or waits for him with an order of his own."""
    at, lots = part
    if stage.random.random() < 0.6:
        drawn_in = _follower(stage, at - stage.between(0.5, 3) * SECOND, -side, lots * stage.between(0.9, 1.4), takes=False)
        stage.sheet.place(scheme, at, actor, side, lots, anchor=SAME_PRICE, needs=drawn_in)
        return
    slot = stage.sheet.place(scheme, at, actor, side, lots)
    stage.sheet.withdraw(slot, at + stage.between(1, 5) * MINUTE)
    _follower(stage, at + stage.between(1, 20) * SECOND, -side, lots * stage.between(0.9, 1.4), takes=True)


def keeps_what_he_buys(stage: Stage) -> None:
    """Look-alike: a large buyer in slices, fast, whom others follow, and who keeps everything."""
    (actor,) = stage.actors(1)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "keeps_what_he_buys", 0.0, [actor])
    scheme.also = ("unfair_trading/high_participation",)  # most of what is bought is his, and the price goes by it
    side, at, steps = _side(stage), stage.start_alone(1.5), int(stage.random.integers(6, 14))
    pause = stage.between(stage.pulse(), _calm(stage))
    rise = side * _move(stage, max(steps * pause, 3 * _calm(stage)), stage.between(2.5, 6), 5)
    for _slice in range(steps):
        stage.sheet.take(scheme, at, actor, side, stage.lots(stage.between(2, 5)))
        _moved(stage, at, max(pause, _calm(stage) / 2), rise / steps)
        at += pause * stage.between(0.6, 1.4)


def stop_losses(stage: Stage) -> None:
    """Look-alike: a fall sets off the stops of strangers, each of which makes the next; later the price comes back."""
    actors = stage.actors(6)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "stop_losses", 0.0, actors)
    begins = at = stage.start_alone(1.5)
    span = _calm(stage) * stage.between(2, 6)
    fall, turns = -_move(stage, span, stage.between(3, 6), 6), begins + span * stage.between(1.5, 3)
    _moved(stage, begins, span, fall, turns, turns + 20 * MINUTE)
    for actor in actors:
        for _time in range(int(stage.random.integers(1, 4))):
            stage.sheet.take(scheme, at, actor, SELL, stage.lots(stage.between(1, 4)))
            at += span / 12 * stage.between(0.4, 1.6)


def swing_trader(stage: Stage) -> None:
    """Look-alike: buys in slices over an hour and sells in slices over the next hours, while the market goes its way."""
    (actor,) = stage.actors(1)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "swing_trader", 0.0, [actor])
    at = stage.start_alone(6)
    _moved(stage, at + stage.between(0, 0.5) * HOUR, HOUR, _move(stage, 2 * HOUR, stage.between(1, 2), 5))
    for side in (BUY, SELL):
        for _slice in range(8):
            stage.sheet.take(scheme, at, actor, side, stage.lots(stage.between(0.5, 1.5)))
            at += stage.between(4, 11) * MINUTE
        at += stage.between(0.5, 1.5) * HOUR


def news(stage: Stage) -> None:
    """Look-alike: news moves the price and many trade on it; one of them often, and he takes his profit within the hour."""
    actors = stage.actors(5)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "news", 0.0, actors)
    side, at = _side(stage), stage.start_alone(2)
    span = _calm(stage) * stage.between(2, 8)
    rise, half = side * _move(stage, span, stage.between(3, 6), 6), stage.between(0, 0.5)
    turns = at + 3 * span
    _moved(stage, at, span, rise * (1 - half))
    _moved(stage, at, span, rise * half, turns, turns + 10 * MINUTE)
    for number, actor in enumerate(actors):
        for _time in range(4 if number == 0 else int(stage.random.integers(1, 4))):
            stage.sheet.take(scheme, at + stage.between(0.05, 1) * span, actor, side, stage.lots(stage.between(0.7, 2.5)))
    for _time in range(3):
        stage.sheet.take(scheme, at + span + stage.between(0.5, 20) * MINUTE, actors[0], -side, stage.lots(1.5))


def quotes_and_hedges(stage: Stage) -> None:
    """Look-alike: somebody quotes on both sides; others lift his offers on the way up, and he buys back what he is short of."""
    (actor,) = stage.actors(1)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "quotes_and_hedges", 0.0, [actor])
    side, at = _side(stage), stage.start_alone(1.5)
    pause = _calm(stage) * stage.between(0.6, 1.4)
    _moved(stage, at + 2 * pause, 8 * pause, side * _move(stage, 8 * pause, stage.between(2, 4), 5))
    for step in range(14):
        for quoted in (BUY, SELL):
            slot = stage.sheet.place(scheme, at, actor, quoted, stage.lots(stage.between(0.8, 2)))
            stage.sheet.withdraw(slot, at + 0.95 * pause)
        if step % 2:
            stage.sheet.take(scheme, at + 0.5 * pause, actor, side, stage.lots(stage.between(0.8, 1.6)))
        at += pause


PATTERNS = (
    lambda stage, severity: ramp(stage, severity, quick=False),
    lambda stage, severity: ramp(stage, severity, quick=True),
)
"""What is planted, in turn."""

LOOK_ALIKES = (keeps_what_he_buys, stop_losses, swing_trader, news, quotes_and_hedges)
"""What only looks like it, in turn; so do those who are drawn into the planted ones."""
