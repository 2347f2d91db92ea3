"""The two orders behind a trade: were they entered at nearly the same time, at the same price and in the same size?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import NamedTuple

from sekisho.typologies.trades import Trade, grouped

_PRIOR_TRADES = 20
"""How many trades of the whole market the base rate of one instrument leans on."""


class Closeness(NamedTuple):
    """How near two orders must be to count as alike: entry times, limit prices (relative), sizes (smaller by larger)."""

    entry_gap: timedelta
    price_gap_max: Decimal
    size_ratio_min: Decimal


class AlikeTrades(NamedTuple):
    """Which trades have their two orders on record, and which of those came from orders alike."""

    known: frozenset[str]
    alike: frozenset[str]

    @classmethod
    def none(cls) -> AlikeTrades:
        """Nothing is known of any order."""
        return cls(frozenset(), frozenset())

    @classmethod
    def of(cls, trades: Iterable[Trade], known: Iterable[bool], alike: Iterable[bool]) -> AlikeTrades:
        """From one answer for each trade."""
        rows = [(trade.trade_id, there, same) for trade, there, same in zip(trades, known, alike, strict=True)]
        return cls(frozenset(i for i, there, _ in rows if there), frozenset(i for i, _, same in rows if same))

    @classmethod
    def joined(cls, parts: Iterable[AlikeTrades]) -> AlikeTrades:
        """What several streams tell, as one."""
        listed = list(parts)
        return cls(frozenset().union(*(part.known for part in listed)), frozenset().union(*(part.alike for part in listed)))

    def counted(self, trades: Iterable[Trade]) -> tuple[int, int]:
        """How many of the trades are known, how many of them alike."""
        ids = [trade.trade_id for trade in trades]
        return sum(i in self.known for i in ids), sum(i in self.alike for i in ids)


class BaseRate:
    """The share of ordinary trades whose two orders are alike anyway, by instrument.

    ``counts`` are, by instrument, the trades with both orders on record and those of them from orders alike; ``left_out``
    are trades that have no place among ordinary ones.
    """

    def __init__(self, counts: Mapping[str, tuple[int, int]], alike: AlikeTrades, left_out: Iterable[Trade] = ()) -> None:
        self._alike = alike
        self._left_out = frozenset(trade.trade_id for trade in left_out)
        self._instruments = dict(counts)
        for instrument, trades in grouped(left_out, lambda trade: trade.instrument).items():
            self._instruments[instrument] = _less(self._instruments[instrument], alike.counted(trades))
        self._market = tuple(map(sum, zip(*self._instruments.values(), strict=True))) or (0, 0)

    def without(self, instrument: str, own: tuple[int, int]) -> float:
        """The base rate in an instrument, leaving out the trades under judgement (``own``: so many known, so many alike).

        Laplace's rule over the whole market, then drawn towards what the instrument itself shows.
        """
        here, everywhere = _less(self._instruments.get(instrument, (0, 0)), own), _less(self._market, own)
        market = (everywhere[1] + 1) / (everywhere[0] + 2)
        return (here[1] + _PRIOR_TRADES * market) / (here[0] + _PRIOR_TRADES)

    def of_own(self, trades: Iterable[Trade]) -> tuple[int, int]:
        """What trades under judgement take away from it: those that are not left out anyway."""
        return self._alike.counted(trade for trade in trades if trade.trade_id not in self._left_out)


def _less(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, int]:
    return max(0, one[0] - other[0]), max(0, one[1] - other[1])
