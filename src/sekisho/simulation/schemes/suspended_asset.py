"""An asset whose handling ends while the records run, and orders that the system lets in all the same.

Handling ends on the last day, in the asset where everything else that was planned is over, so that no other scheme is cut short.
From then on nobody comes any more; orders that rest are withdrawn when their owners would have withdrawn them.
"""

from __future__ import annotations

import numpy as np

from sekisho.simulation.answer_key import LOOK_ALIKE, PLANTED, Scheme
from sekisho.simulation.options import DAY_MICROSECONDS
from sekisho.simulation.schemes.cast import HOUR, Stage
from sekisho.simulation.schemes.sheet import BUY, MINUTE, SECOND, SELL, Sheet

RULE = "unfair_trading/suspended_asset"
ROUNDS = 2
LEFT = 40 * MINUTE
"""How much of the day must be left after the end."""


def choose(stages: list[Sheet], _random: np.random.Generator) -> Sheet | None:
    """The last day of the asset where all is over first; when it was chosen once, the same again."""
    for sheet in stages:
        if sheet.halts_at:
            return sheet
    last = max(sheet.opens_at for sheet in stages)
    sheet = min((sheet for sheet in stages if sheet.opens_at == last), key=lambda each: (_over(each), each.listing.number))
    return sheet if _earliest(sheet) < _latest(sheet) else None


def _earliest(sheet: Sheet) -> float:
    return max(_over(sheet) + 10 * MINUTE, sheet.opens_at + 12 * HOUR)


def _latest(sheet: Sheet) -> float:
    return sheet.opens_at + DAY_MICROSECONDS - LEFT


def _over(sheet: Sheet) -> int:
    """When the last of what is planned there is over."""
    moods = [int(mood.ends_at or mood.at) for mood in sheet.moods]
    return max([sheet.opens_at, *(row[0] for row in sheet.rows), *moods])


def _scheme(stage: Stage, kind: str, pattern: str, severity: float, actors: list[int]) -> tuple[Scheme, float]:
    """A line of the key, every event of which is evidence, and when handling ends."""
    scheme = stage.scheme(RULE, kind, pattern, severity, actors)
    scheme.by_event = True
    if stage.sheet.halts_at is None:
        stage.sheet.halts_at = int(stage.between(_earliest(stage.sheet), _latest(stage.sheet)))
    return scheme, float(stage.sheet.halts_at)


def traded_on(stage: Stage, severity: float) -> None:
    """Two customers whose market orders are let in and filled by what still rests; the subtler, the fewer."""
    actors = stage.actors(2)
    scheme, ends = _scheme(stage, PLANTED, "traded_on", severity, actors)
    for _order in range(round(stage.by_severity(severity, 2, 12))):
        actor, side = actors[int(stage.random.integers(2))], BUY if stage.random.random() < 0.5 else SELL
        stage.sheet.take(scheme, ends + stage.between(3, 35) * MINUTE, actor, side, stage.lots(stage.between(0.3, 1)))


def let_in(stage: Stage, severity: float) -> None:
    """A customer's limit orders are let in and rest."""
    (actor,) = stage.actors(1)
    scheme, ends = _scheme(stage, PLANTED, "let_in", severity, [actor])
    for _order in range(round(stage.by_severity(severity, 1, 6))):
        at, side = ends + stage.between(3, 25) * MINUTE, BUY if stage.random.random() < 0.5 else SELL
        slot = stage.sheet.place(scheme, at, actor, side, stage.lots(1), offset=4 * stage.sheet.half_spread)
        stage.sheet.withdraw(slot, at + stage.between(1, 9) * MINUTE)


def withdraws_afterwards(stage: Stage) -> None:
    """Look-alike: a customer who had ordered before and withdraws after the end."""
    (actor,) = stage.actors(1)
    scheme, ends = _scheme(stage, LOOK_ALIKE, "withdraws_afterwards", 0.0, [actor])
    for side in (BUY, SELL):
        slot = stage.sheet.place(
            scheme, ends - stage.between(1, 8) * MINUTE, actor, side, stage.lots(1), offset=12 * stage.sheet.half_spread
        )
        stage.sheet.withdraw(slot, ends + stage.between(1, 120) * SECOND)


def just_before(stage: Stage) -> None:
    """Look-alike: a customer whose orders came in the last second."""
    (actor,) = stage.actors(1)
    scheme, ends = _scheme(stage, LOOK_ALIKE, "just_before", 0.0, [actor])
    for side in (BUY, SELL):
        stage.sheet.take(scheme, ends - stage.between(0.01, 1) * SECOND, actor, side, stage.lots(0.5))


PATTERNS = (traded_on, let_in)
"""What is planted, in turn."""

LOOK_ALIKES = (withdraws_afterwards, just_before)
"""What only looks like it, in turn."""
