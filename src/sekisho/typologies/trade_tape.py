"""The tape: all trades of one instrument in the order they happened, however many days, as plain numbers for statistics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Int64: TypeAlias = NDArray[np.int64]
Int8: TypeAlias = NDArray[np.int8]
Float: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Tape:
    """Trades of one instrument. ``at`` is in microseconds since 1970 and never falls; ``side`` is that of the taker, 0 if unknown.

    Prices and quantities are rounded to doubles: good for statistics, not for money.
    """

    instrument: str
    at: Int64
    price: Float
    quantity: Float
    side: Int8

    def __len__(self) -> int:
        return len(self.at)
