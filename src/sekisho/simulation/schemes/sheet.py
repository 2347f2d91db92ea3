"""The sheet on which a day's planned orders in one instrument are written down before the day is played."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from sekisho.simulation.answer_key import Scheme
from sekisho.simulation.flow import INSIDE, LEVEL, OPPOSITE_BEST, OWN_BEST, PLACE, SAME_PRICE, TAKE, WITHDRAW, Script
from sekisho.simulation.kernel import Reals
from sekisho.simulation.listings import Listing
from sekisho.simulation.matching import BUY, NOBODY, SELL

__all__ = ["BUY", "INSIDE", "LEVEL", "NOBODY", "OPPOSITE_BEST", "OWN_BEST", "SAME_PRICE", "SELL", "Mood", "News", "Sheet"]

SECOND = 1_000_000
MINUTE = 60 * SECOND


@dataclass(frozen=True, slots=True)
class Mood:
    """For a while people think more of an asset: by ``share`` of its value once ``rises`` is over, until ``turns_at``.

    It is gone at ``ends_at``; a mood that never turns (None) lasts until the day ends. Times are microseconds.
    """

    at: float
    rises: float
    share: float
    turns_at: float | None = None
    ends_at: float | None = None

    def logarithms(self, at: Reals) -> Reals:
        """By how much the logarithm of the value is moved at these times."""
        up = np.clip((at - self.at) / max(self.rises, 1.0), 0, 1)
        if self.turns_at is not None and self.ends_at is not None:
            up = up * (1 - np.clip((at - self.turns_at) / max(self.ends_at - self.turns_at, 1.0), 0, 1))
        return np.asarray(np.log1p(self.share) * up)


@dataclass(frozen=True, slots=True)
class News:
    """A fact with its times in microseconds; ``side`` gains from it."""

    fact_id: str
    asset: str
    side: int
    arises: float
    published: float


@dataclass(slots=True, eq=False)
class PlannedOrder:
    """A planned order as a register row names it: its id is known once the order has been entered, or never."""

    order_id: str | None = None


@dataclass(slots=True)
class Sheet:
    """Planned orders of one instrument on one day. A slot stands for an order that does not exist yet."""

    listing: Listing
    opens_at: int
    arrivals: float  # of ordinary people, each second
    half_spread: int  # levels
    value: Reals  # what the asset will be worth every ten seconds, in yen; a planner may feel it coming, news may move it
    rows: list[tuple[int, ...]] = field(default_factory=list)
    watch: list[int] = field(default_factory=list)
    schemes: list[Scheme] = field(default_factory=list)  # per slot
    named: dict[int, PlannedOrder] = field(default_factory=dict)  # slots whose order id somebody wants to know
    shocks: list[tuple[float, float]] = field(default_factory=list)  # when value jumps for good, and by how much (logarithm)
    taken: list[tuple[float, float]] = field(default_factory=list)  # when something moves the price here on purpose
    news: list[News] = field(default_factory=list)  # what the website says of the asset on this day
    moods: list[Mood] = field(default_factory=list)
    rushes: list[float] = field(default_factory=list)  # when a crowd was called here
    halts_at: int | None = None  # when the exchange stops handling the asset for good
    issued: int | None = None  # units of the asset that exist, where its issuer says so
    measured: list[Scheme] = field(default_factory=list)  # whose sizes are told for somebody who comes twice a day

    def valued(self, path: Reals, step: int) -> Reals:
        """What people think the asset is worth, every ``step`` microseconds, where ``path`` is what it would be without moods."""
        at = self.opens_at + step * np.arange(path.size, dtype=np.float64)
        for mood in self.moods:
            path = path * np.exp(mood.logarithms(at))
        return path

    def place(
        self, scheme: Scheme, at: float, account: int, side: int, lots: float, *,
        anchor: int = OWN_BEST, offset: float = 0, needs: int = NOBODY, watch: int = NOBODY,
    ) -> int:  # fmt: skip
        """A limit order. ``needs``: only if that slot's order still stands. ``watch``: withdrawn once that one is filled."""
        slot = self._slot(scheme, watch)
        self.rows.append((int(at), PLACE, slot, side, anchor, int(offset), max(1, int(lots)), account, needs))
        return slot

    def take(self, scheme: Scheme, at: float, account: int, side: int, lots: float, *, needs: int = NOBODY) -> int:
        """A market order. ``needs``: only if that slot's order still stands."""
        slot = self._slot(scheme, NOBODY)
        self.rows.append((int(at), TAKE, slot, side, OWN_BEST, 0, max(1, int(lots)), account, needs))
        return slot

    def withdraw(self, slot: int, at: float) -> None:
        """Cancel the slot's order if it still stands then."""
        self.rows.append((int(at), WITHDRAW, slot, BUY, OWN_BEST, 0, 0, 0, NOBODY))

    def in_own_measure(self, measures: Reals) -> None:
        """Let those come larger who come more often, in the schemes that ask for it; ``measures`` by account, none below 1."""
        asked = {id(scheme) for scheme in self.measured}
        for place, row in enumerate(self.rows):
            if id(self.schemes[row[2]]) in asked:
                self.rows[place] = (*row[:6], round(row[6] * float(measures[row[7]])), *row[7:])

    def order_of(self, slot: int) -> PlannedOrder:
        """The slot's order, for a row of a register."""
        return self.named.setdefault(slot, PlannedOrder())

    def script(self) -> Script:
        """The sheet as the day's loop reads it: in order of time."""
        rows = np.array(sorted(self.rows), dtype=np.int64).reshape(len(self.rows), 9)
        columns = [np.ascontiguousarray(rows[:, column]) for column in range(9)]
        return Script(
            at=columns[0],
            operation=columns[1],
            slot=columns[2],
            side=columns[3],
            anchor=columns[4],
            offset=columns[5],
            lots=columns[6],
            account=columns[7],
            other=columns[8],
            watch=np.array(self.watch, dtype=np.int64),
        )

    def _slot(self, scheme: Scheme, watch: int) -> int:
        self.watch.append(watch)
        self.schemes.append(scheme)
        return len(self.watch) - 1
