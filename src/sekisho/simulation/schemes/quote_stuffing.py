"""Quote stuffing: a flood of orders that are gone again within moments, to slow others down or to hide what the market does."""

from __future__ import annotations

from sekisho.simulation.answer_key import LOOK_ALIKE, PLANTED, Scheme
from sekisho.simulation.schemes.cast import HOUR, Stage
from sekisho.simulation.schemes.sheet import BUY, MINUTE, OWN_BEST, SECOND, SELL

RULE = "unfair_trading/quote_stuffing"


def _rate(stage: Stage, severity: float) -> float:
    """Orders a second: many times what a busy second of this market brings."""
    busy = max(2.0, 6 * stage.sheet.arrivals)
    return busy * stage.by_severity(severity, 7, 25) * stage.between(0.9, 1.2)


def _burst(stage: Stage, scheme: Scheme, actor: int, at: float, severity: float, *, sides: tuple[int, ...], deep: bool) -> float:
    """One flood; returns when it ends."""
    rate = _rate(stage, severity)
    length = stage.by_severity(severity, 3, 10) * stage.between(0.8, 1.4)
    orders = int(min(max(rate * length, 60), 1_500))
    lots = stage.lots(stage.between(0.3, 1.5))
    for _order in range(orders):
        moment = at + stage.between(0, length) * SECOND
        side = sides[int(stage.random.integers(len(sides)))]
        offset = stage.between(2, 8) * stage.sheet.half_spread if deep else stage.between(0, 1.5) * stage.sheet.half_spread
        slot = stage.sheet.place(scheme, moment, actor, side, lots * stage.between(0.9, 1.1), anchor=OWN_BEST, offset=offset)
        stage.sheet.withdraw(slot, moment + stage.between(2_000, stage.by_severity(severity, 300_000, 60_000)))
    return at + length * SECOND


def floods(stage: Stage, severity: float, *, both: bool = False, deep: bool = False) -> None:
    """One to five floods within the hour."""
    (actor,) = stage.actors(1)
    pattern = "two_sided" if both else "away_from_touch" if deep else "one_sided"
    scheme = stage.scheme(RULE, PLANTED, pattern, severity, [actor])
    side = BUY if stage.random.random() < 0.5 else SELL
    at = stage.start()
    for _flood in range(round(stage.by_severity(severity, 1, 4) + stage.between(-0.4, 0.9))):
        at = _burst(stage, scheme, actor, at, severity, sides=(BUY, SELL) if both else (side,), deep=deep)
        at += stage.between(1, 12) * MINUTE


def withdraws_everything(stage: Stage) -> None:
    """Look-alike: a trader whose connection breaks, so that all of a day's resting orders are withdrawn in one moment."""
    (actor,) = stage.actors(1)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "withdraws_everything", 0.0, [actor])
    at = stage.start(5)
    gone = at + stage.between(2, 4) * HOUR
    for _order in range(int(stage.random.integers(80, 200))):
        side = BUY if stage.random.random() < 0.5 else SELL
        offset = stage.between(1, 12) * stage.sheet.half_spread
        slot = stage.sheet.place(
            scheme, at + stage.between(0, 1.5) * HOUR, actor, side, stage.lots(stage.between(0.5, 2)), offset=offset
        )
        stage.sheet.withdraw(slot, gone + stage.between(0, 300_000))


def requotes_in_a_fast_market(stage: Stage) -> None:
    """Look-alike: others trade in a hurry for a minute, and a maker renews two quotes a side at each of their trades."""
    actors = stage.actors(4)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "requotes_in_a_fast_market", 0.0, actors[:1])
    at = stage.start_alone(1)
    until = at + stage.between(20, 60) * SECOND
    while at < until:
        life = stage.between(0.05, 0.4) * SECOND
        for side in (BUY, SELL):
            for level in range(2):
                offset = level * stage.sheet.half_spread * 0.4 - (1 if level == 0 else 0)
                slot = stage.sheet.place(scheme, at, actors[0], side, stage.lots(stage.between(1, 3)), offset=offset)
                stage.sheet.withdraw(slot, at + life)
        who, side = int(stage.random.integers(1, 4)), BUY if stage.random.random() < 0.5 else SELL
        stage.sheet.take(scheme, at + life * stage.between(0.3, 0.9), actors[who], side, stage.lots(stage.between(0.2, 1)))
        at += life + stage.between(1_000, 20_000)


def everybody_hurries(stage: Stage) -> None:
    """Look-alike: news, and for some seconds dozens of people place, withdraw and trade at once."""
    actors = stage.actors(5)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "everybody_hurries", 0.0, actors)
    at, length = stage.start_alone(1), stage.between(4, 12)
    for _order in range(int(min(400, max(80, 60 * stage.sheet.arrivals * length)))):
        actor = actors[int(stage.random.integers(len(actors)))]
        side, moment = (BUY if stage.random.random() < 0.5 else SELL), at + stage.between(0, length) * SECOND
        if stage.random.random() < 0.15:
            stage.sheet.take(scheme, moment, actor, side, stage.lots(stage.between(0.3, 1.5)))
            continue
        offset = stage.between(-0.5, 2) * stage.sheet.half_spread
        slot = stage.sheet.place(scheme, moment, actor, side, stage.lots(stage.between(0.3, 2)), offset=offset)
        stage.sheet.withdraw(slot, moment + stage.between(0.01, 1.5) * SECOND)


def quick_all_day(stage: Stage) -> None:
    """Look-alike: a program whose orders live for moments, a few a second for hours, and which trades now and then."""
    (actor,) = stage.actors(1)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "quick_all_day", 0.0, [actor])
    at = stage.start(3)
    until = at + stage.between(0.5, 2) * HOUR
    pause = stage.between(1, 4) / max(stage.sheet.arrivals, 0.2)
    while at < until:
        side = BUY if stage.random.random() < 0.5 else SELL
        offset = stage.between(-0.3, 1) * stage.sheet.half_spread
        slot = stage.sheet.place(scheme, at, actor, side, stage.lots(stage.between(0.3, 1.5)), offset=offset)
        stage.sheet.withdraw(slot, at + stage.between(0.005, 0.1) * SECOND)
        if stage.random.random() < 0.02:
            stage.sheet.take(scheme, at, actor, side, stage.lots(stage.between(0.2, 1)))
        at += pause * float(stage.random.exponential()) * SECOND


PATTERNS = (
    floods,
    lambda stage, severity: floods(stage, severity, both=True),
    lambda stage, severity: floods(stage, severity, deep=True),
)
"""What is planted, in turn."""

LOOK_ALIKES = (withdraws_everything, requotes_in_a_fast_market, everybody_hurries, quick_all_day)
"""What only looks like it, in turn. Quick traders and makers add theirs from the ordinary flow."""
