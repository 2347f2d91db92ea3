"""Layering: large orders for show on one side, a genuine one on the other, and the show is withdrawn once that is filled."""

from __future__ import annotations

from dataclasses import dataclass

from sekisho.simulation.answer_key import LOOK_ALIKE, PLANTED, Scheme
from sekisho.simulation.schemes.cast import HOUR, Stage
from sekisho.simulation.schemes.sheet import BUY, MINUTE, NOBODY, OWN_BEST, SECOND, SELL

RULE = "unfair_trading/layering"


@dataclass(frozen=True, slots=True)
class Show:
    """How a layering scheme is played: sizes in median orders, times in pulses of the market."""

    levels: int
    size: float
    genuine: float
    cycles: int
    patience: float
    turns: bool  # buys in one cycle, sells in the next


def _show(stage: Stage, severity: float, *, single: bool, turns: bool) -> Show:
    return Show(
        levels=1 if single else round(stage.by_severity(severity, 2.3, 5.5) + stage.between(-0.5, 0.9)),
        size=stage.by_severity(severity, 4, 15) * stage.between(0.9, 1.3) * (1.8 if single else 1.0),
        genuine=stage.by_severity(severity, 0.7, 2.0) * stage.between(0.7, 1.3),
        cycles=round(stage.by_severity(severity, 3, 7) + (2 if turns else 0) + stage.between(-0.4, 0.9)),
        patience=stage.by_severity(severity, 8, 4),
        turns=turns,
    )


def layers(stage: Stage, severity: float, *, single: bool = False, turns: bool = False) -> None:
    """Cycles of: a genuine order at the touch, large orders opposite, and away with them."""
    (actor,) = stage.actors(1)
    pattern = "single_level" if single else "cycled" if turns else "multi_level"
    scheme = stage.scheme(RULE, PLANTED, pattern, severity, [actor])
    show = _show(stage, severity, single=single, turns=turns)
    hours = stage.by_severity(severity, 5, 1)
    at = stage.start(hours + 1)
    side = BUY if stage.random.random() < 0.5 else SELL
    for _cycle in range(show.cycles):
        _cycle_of(stage, scheme, show, actor, side, at)
        side = -side if show.turns else side
        at += max(hours * HOUR / show.cycles, 2 * show.patience * stage.pulse()) * stage.between(0.6, 1.4)


def _cycle_of(stage: Stage, scheme: Scheme, show: Show, actor: int, side: int, at: float) -> None:
    """One cycle: ``side`` is the side of the genuine order."""
    sheet = stage.sheet
    genuine = sheet.place(scheme, at, actor, side, stage.lots(show.genuine), anchor=OWN_BEST, offset=-1)
    step = max(1.0, sheet.half_spread * stage.between(0.1, 0.35))
    until = at + show.patience * stage.pulse() * stage.between(0.8, 1.3)
    for level in range(show.levels):
        moment = at + stage.between(0.05, 0.25) * SECOND + level * stage.between(5_000, 120_000)
        lots = stage.lots(show.size * stage.between(0.85, 1.2))
        placed = sheet.place(
            scheme, moment, actor, -side, lots, anchor=OWN_BEST, offset=1 + step * (level + stage.between(0, 0.5)), watch=genuine
        )
        sheet.withdraw(placed, max(until, moment + 0.4 * SECOND) + stage.between(0, 80_000))
    sheet.withdraw(genuine, until + stage.between(0.2, 2) * SECOND)


def iceberg_served(stage: Stage, severity: float) -> None:
    """The genuine order shows only a slice at a time; large orders stand opposite until its last slice is filled."""
    (actor,) = stage.actors(1)
    scheme = stage.scheme(RULE, PLANTED, "iceberg_served", severity, [actor])
    show, sheet = _show(stage, severity, single=False, turns=False), stage.sheet
    at, side = stage.start(6), BUY if stage.random.random() < 0.5 else SELL
    for _cycle in range(max(2, show.cycles // 2)):
        first, slices, moment, until = NOBODY, int(stage.random.integers(3, 6)), at, at + 2 * show.patience * stage.pulse()
        lots = stage.lots(show.genuine / 2)
        for _slice in range(slices):
            last = sheet.place(scheme, moment, actor, side, lots, anchor=OWN_BEST, offset=-1)
            first = last if _slice == 0 else first
            sheet.withdraw(last, until + stage.between(0.2, 2) * SECOND)
            moment += (until - at) / (slices + 1) * stage.between(0.8, 1.1)
        _stack(stage, scheme, show, (actor, -side), (at, until), (first, last))
        at = until + stage.between(1, 4) * MINUTE


def reloaded_show(stage: Stage, severity: float) -> None:
    """The show is entered again and again in slices of one size, so that no single order stands for long."""
    (actor,) = stage.actors(1)
    scheme = stage.scheme(RULE, PLANTED, "reloaded_show", severity, [actor])
    show, sheet = _show(stage, severity, single=False, turns=False), stage.sheet
    at, side = stage.start(6), BUY if stage.random.random() < 0.5 else SELL
    for _cycle in range(max(2, show.cycles // 2)):
        genuine = sheet.place(scheme, at, actor, side, stage.lots(show.genuine), anchor=OWN_BEST, offset=-1)
        until = at + show.patience * stage.pulse() * stage.between(0.8, 1.3)
        reloads = int(stage.random.integers(2, 5))
        life = (until - at) / reloads
        for reload in range(reloads):
            _stack(
                stage,
                scheme,
                show,
                (actor, -side),
                (at + reload * life, at + (reload + 1) * life - 0.05 * SECOND),
                (genuine, genuine),
            )
        sheet.withdraw(genuine, until + stage.between(0.2, 2) * SECOND)
        at = until + stage.between(1, 4) * MINUTE


def _stack(
    stage: Stage, scheme: Scheme, show: Show, who: tuple[int, int], window: tuple[float, float], genuine: tuple[int, int]
) -> None:
    """Large orders at several prices once the first genuine one stands, until the last is filled and not beyond the window."""
    (actor, side), (at, until), (first, last) = who, window, genuine
    step = max(1.0, stage.sheet.half_spread * stage.between(0.1, 0.35))
    for level in range(show.levels):
        moment = at + stage.between(0.01, 0.04) * SECOND
        lots = stage.lots(show.size * stage.between(0.95, 1.05))
        placed = stage.sheet.place(
            scheme, moment, actor, side, lots, anchor=OWN_BEST, offset=1 + step * level, watch=last, needs=first
        )
        stage.sheet.withdraw(placed, max(until, moment + 0.2 * SECOND) + stage.between(0, 5_000))


def iceberg_that_fills(stage: Stage) -> None:
    """Look-alike: somebody who really buys and shows a large slice at a time, the next as soon as one is filled or a while old."""
    (actor,) = stage.actors(1)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "iceberg_that_fills", 0.0, [actor])
    side, at = BUY if stage.random.random() < 0.5 else SELL, stage.start(3)
    lots = stage.lots(stage.between(4, 9))
    for _slice in range(int(stage.random.integers(6, 15))):
        slot = stage.sheet.place(scheme, at, actor, side, lots, offset=-1)
        at += stage.between(20, 120) * SECOND
        stage.sheet.withdraw(slot, at)
        at += stage.between(5_000, 60_000)


def ladder_that_fills(stage: Stage) -> None:
    """Look-alike: somebody who really buys, in large steps down from the touch, and waits for hours."""
    (actor,) = stage.actors(1)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "ladder_that_fills", 0.0, [actor])
    side = BUY if stage.random.random() < 0.5 else SELL
    at = stage.start(5)
    for level in range(int(stage.random.integers(4, 9))):
        offset = level * stage.sheet.half_spread * stage.between(0.2, 0.5)
        lots = stage.lots(stage.between(4, 12))
        slot = stage.sheet.place(scheme, at + level * stage.between(0.1, 1.0) * SECOND, actor, side, lots, offset=offset - 1)
        stage.sheet.withdraw(slot, at + stage.between(1.5, 4) * HOUR)


def change_of_mind(stage: Stage) -> None:
    """Look-alike: one large order, withdrawn after some seconds, once; nothing on the other side."""
    (actor,) = stage.actors(1)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "change_of_mind", 0.0, [actor])
    side = BUY if stage.random.random() < 0.5 else SELL
    at = stage.start()
    slot = stage.sheet.place(scheme, at, actor, side, stage.lots(stage.between(10, 25)), offset=stage.between(1, 6))
    stage.sheet.withdraw(slot, at + stage.between(2, 25) * SECOND)


def follows_the_price(stage: Stage) -> None:
    """Look-alike: one large order moved after the price again and again, and executed on its own side in the end."""
    (actor,) = stage.actors(1)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "follows_the_price", 0.0, [actor])
    side = BUY if stage.random.random() < 0.5 else SELL
    at, lots = stage.start(), stage.lots(stage.between(6, 14))
    for _move in range(int(stage.random.integers(5, 14))):
        slot = stage.sheet.place(scheme, at, actor, side, lots, offset=stage.between(0, 4))
        at += stage.between(4, 40) * SECOND
        stage.sheet.withdraw(slot, at)
        at += stage.between(2_000, 40_000)
    stage.sheet.take(scheme, at, actor, side, lots)


def two_sided_quotes(stage: Stage) -> None:
    """Look-alike: a trader who quotes both sides in equal size and renews all quotes every few seconds."""
    (actor,) = stage.actors(1)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "two_sided_quotes", 0.0, [actor])
    at, size = stage.start(), stage.between(2, 6)
    until = at + stage.between(10, 40) * MINUTE
    while at < until:
        life = stage.between(3, 12) * SECOND
        for side in (BUY, SELL):
            for level in range(3):
                offset = level * stage.sheet.half_spread * 0.4 - (1 if level == 0 else 0)
                slot = stage.sheet.place(scheme, at, actor, side, stage.lots(size * stage.between(0.9, 1.1)), offset=offset)
                stage.sheet.withdraw(slot, at + life)
        at += life + stage.between(1_000, 20_000)


PATTERNS = (
    layers,
    lambda stage, severity: layers(stage, severity, single=True),
    lambda stage, severity: layers(stage, severity, turns=True),
    iceberg_served,
    reloaded_show,
)
"""What is planted, in turn."""

LOOK_ALIKES = (ladder_that_fills, change_of_mind, follows_the_price, two_sided_quotes, iceberg_that_fills)
"""What only looks like it, in turn. Market makers and quick traders add theirs from the ordinary flow."""
