"""One instrument's orders and trades in the order they happened, as whole numbers that nothing has rounded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from threading import RLock
from typing import Any, Final, TypeVar, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Int8 = NDArray[np.int8]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

NEW: Final = 0
REPLACE: Final = 1
CANCEL: Final = 2
EXPIRE: Final = 3
REJECT: Final = 4
TRADE: Final = 5
KINDS: Final = {"new": NEW, "replace": REPLACE, "cancel": CANCEL, "expire": EXPIRE, "reject": REJECT}

BUY: Final = 1
SELL: Final = -1
SIDES: Final = {"buy": BUY, "sell": SELL}

LIMIT: Final = 0
MARKET: Final = 1
STOP: Final = 2
ORDER_TYPES: Final = {"limit": LIMIT, "market": MARKET, "stop": STOP}

NO_PRICE: Final = -(1 << 63)
"""Price of an event that names none (a market order). Never a price: ticks are refused before they get there."""
NOBODY: Final = -1
"""Code of an order or account that the record does not name."""


Derived = TypeVar("Derived", bound=tuple[Any, ...])


class Shelf:
    """What has been derived from a stream, so that the next rule need not derive it again. This one keeps it in memory."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[Any, ...]] = {}
        self._deriving = RLock()

    def __reduce__(self) -> tuple[type[Shelf], tuple[()]]:
        """A stream that is sent to another process takes an empty shelf along."""
        return Shelf, ()

    def once(self, name: str, kind: type[Derived], derive: Callable[[], Derived]) -> Derived:
        """The arrays ``derive`` gives, a named tuple of ``kind``; derived at the first call, and not to be changed.

        Two rules may ask at the same time: the second waits for what the first derives.
        """
        with self._deriving:
            if name not in self._kept:
                derived = derive()
                for column in derived:
                    column.setflags(write=False)
                self._kept[name] = derived
            return cast(Derived, self._kept[name])


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderStream:
    """Order events and trades of one instrument, ordered by the venue's sequence; all arrays are as long as the stream.

    An order event has its own ``order``, ``account``, ``side`` (+1 buy, -1 sell) and ``quantity`` left on the book after it.
    A trade has the buyer in ``order`` and ``account``, the seller in ``contra_order`` and ``contra_account``, and the
    aggressor in ``side`` (0 where unknown). Where an order event and a trade share a sequence number, the event comes first.

    ``price`` counts ticks of ``tick`` quote units and ``quantity`` lots of ``lot`` base units, exactly:
    ``stream.price[i] * stream.tick`` is the recorded price. ``at`` is in microseconds since 1970 (UTC).
    ``order_ids[code]``, ``account_ids[code]`` and ``trade_ids[code]`` give the recorded names back.

    ``opens_at`` is where the judged day begins (microseconds): what comes before it is lookback, led by the orders that already
    rested, which keep their own and perhaps much older times. ``tick_known`` and ``lot_known`` are what the records give.
    """

    instrument: str
    tick: Decimal
    lot: Decimal
    sequence: Int64
    at: Int64
    kind: Int8
    side: Int8
    order_type: Int8
    price: Int64
    quantity: Int64
    order: Int32
    contra_order: Int32
    account: Int32
    contra_account: Int32
    trade: Int32
    order_ids: pa.Array
    account_ids: pa.Array
    trade_ids: pa.Array
    opens_at: int = -(1 << 63)
    tick_known: Decimal | None = None
    lot_known: Decimal | None = None
    shelf: Shelf = field(default_factory=Shelf, compare=False, repr=False)

    def __len__(self) -> int:
        return len(self.sequence)

    def notional(self, ticks_times_lots: int) -> Decimal:
        """Value in the quote asset of a sum of ``price * quantity``, taken in Python integers so that it cannot overflow."""
        return Decimal(ticks_times_lots) * self.tick * self.lot


COLUMNS: Final = (
    "sequence",
    "at",
    "kind",
    "side",
    "order_type",
    "price",
    "quantity",
    "order",
    "contra_order",
    "account",
    "contra_account",
    "trade",
)
"""The arrays of a stream, in the order they are stored."""
