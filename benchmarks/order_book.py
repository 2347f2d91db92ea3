"""The order-book kernel: exactness on LOBSTER's sample files, speed against sorted containers on the Bitstamp 2026 stream."""

from __future__ import annotations

import csv
import gzip
import io
import os
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from sortedcontainers import SortedDict

from sekisho.typologies.order_book import BestPrices, best_prices, depth
from sekisho.typologies.order_stream import BUY, CANCEL, NEW, NO_PRICE, NOBODY, REJECT, REPLACE, SELL, TRADE, Int64, OrderStream

STEPS_AT_ONCE = 4_000
ROUNDS = 7


class Lobster(NamedTuple):
    """Messages (kind, size, price, direction) and the book after each (ask price, ask size, bid price, bid size, next level …)."""

    messages: Int64
    book: Int64

    @property
    def levels(self) -> int:
        return self.book.shape[1] // 4


def read_lobster(file: Path) -> Lobster:
    """One sample file."""
    with zipfile.ZipFile(file) as packed:
        named = {part: next(name for name in packed.namelist() if f"_{part}_" in name) for part in ("message", "orderbook")}
        messages = np.loadtxt(io.BytesIO(packed.read(named["message"])), delimiter=",", usecols=(1, 3, 4, 5))
        book = np.loadtxt(io.BytesIO(packed.read(named["orderbook"])), delimiter=",")
    return Lobster(messages.astype(np.int64), book.astype(np.int64))


def exact_steps(sample: Lobster) -> tuple[int, int]:
    """Rows where the book before, changed by the message through our kernel, is the book after; and rows compared."""
    exact = compared = 0
    for start in range(1, len(sample.messages), STEPS_AT_ONCE):
        rows = slice(start, min(start + STEPS_AT_ONCE, len(sample.messages)))
        good = _exact(sample, rows)
        exact, compared = exact + int(good.sum()), compared + len(good)
    return exact, compared


def _exact(sample: Lobster, rows: slice) -> np.ndarray:
    """Each step: the old level set as one order a level, then the message. Compared: all that was or is visible."""
    levels, slots = sample.levels, 2 * sample.levels
    before = sample.book[rows.start - 1 : rows.stop - 1].reshape(-1, slots, 2)
    after = sample.book[rows].reshape(-1, slots, 2)
    message = sample.messages[rows]
    steps, width = len(message), slots + 2
    slot_side = np.tile([SELL, BUY], levels)

    kind = np.full((steps, width), REPLACE, np.int8)
    kind[:, 0] = CANCEL
    order = np.tile(np.r_[slots, np.arange(slots), slots], (steps, 1))
    side = np.tile(np.r_[BUY, slot_side, BUY], (steps, 1)).astype(np.int8)
    price, quantity = np.zeros((steps, width), np.int64), np.zeros((steps, width), np.int64)
    price[:, 1:-1], quantity[:, 1:-1] = np.where(before[:, :, 1] > 0, before[:, :, 0], message[:, 2:3]), before[:, :, 1]

    what, size, at, direction = message.T
    touched = (before[:, :, 0] == at[:, None]) & (slot_side == direction[:, None]) & (before[:, :, 1] > 0)
    slot, seen = touched.argmax(1), touched.any(1)
    left = before[np.arange(steps), slot, 1] - size
    taken = np.isin(what, (2, 3, 4)) & seen
    kind[:, -1] = np.where(what == 1, NEW, np.where(taken, REPLACE, REJECT))
    order[:, -1] = np.where(taken, slot, slots)
    side[:, -1], price[:, -1], quantity[:, -1] = direction, at, np.where(taken, left, size)

    ours = depth(order_events(kind, side, price, quantity, order, slots + 1), levels)
    ours_price, ours_lots = (part.reshape(steps, width, 2, levels)[:, -1] for part in ours)
    good = np.ones(steps, bool)
    for r, own, first in ((0, BUY, 1), (1, SELL, 0)):
        truth_price, truth_lots = after[:, first::2, 0], after[:, first::2, 1]
        known = (ours_lots[:, r] > 0) | ((before[:, first::2, 1] == 0).any(1) | (direction != own))[:, None]
        same = (ours_lots[:, r] == truth_lots) & ((truth_lots == 0) | (ours_price[:, r] == truth_price))
        good &= (same | ~known).all(1)
    return good


def order_events(
    kind: np.ndarray, side: np.ndarray, price: np.ndarray, quantity: np.ndarray, order: np.ndarray, orders: int
) -> OrderStream:
    """A stream of order events alone, in units of one."""
    rows = kind.size
    nobody, zeros = np.full(rows, NOBODY, np.int32), np.zeros(rows, np.int8)
    names = pa.array([str(code) for code in range(orders)])
    return OrderStream(
        instrument="LOBSTER",
        tick=Decimal(1),
        lot=Decimal(1),
        sequence=np.arange(rows, dtype=np.int64),
        at=np.arange(rows, dtype=np.int64),
        kind=kind.ravel().astype(np.int8),
        side=side.ravel().astype(np.int8),
        order_type=zeros,
        price=price.ravel(),
        quantity=quantity.ravel(),
        order=order.ravel().astype(np.int32),
        contra_order=nobody,
        account=nobody,
        contra_account=nobody,
        trade=nobody,
        order_ids=names,
        account_ids=pa.array([], pa.string()),
        trade_ids=pa.array([], pa.string()),
    )


def read_bitstamp(folder: Path) -> OrderStream:
    """The order channel of the Bitstamp 2026 capture with its starting book; quantities in satoshi."""
    kinds, sides = {"created": NEW, "changed": REPLACE, "deleted": CANCEL}, {"bid": BUY, "ask": SELL}
    codes: dict[str, int] = {}
    with gzip.open(folder / "orders.csv.gz", "rt", encoding="utf-8") as file:
        rows = [
            (
                kinds[row["action"]],
                sides[row["direction"]],
                int(Decimal(row["price"])),
                int(Decimal(row["volume"]).scaleb(8)),
                codes.setdefault(row["id"], len(codes)),
            )
            for row in csv.DictReader(file)
        ]
    kind, side, price, quantity, order = (np.array(column) for column in zip(*rows, strict=True))
    stream = order_events(kind, side, price.astype(np.int64), quantity.astype(np.int64), order, len(codes))
    return replace(stream, instrument="BTC/USD", lot=Decimal("1E-8"))


def sorted_containers_book(stream: OrderStream) -> BestPrices:
    """The same job in plain Python: orders in a dict, price levels in sorted dicts, best bid and ask after each event."""
    resting: dict[int, tuple[SortedDict, int, int]] = {}
    books = {BUY: SortedDict(), SELL: SortedDict()}
    bid, ask, bids, asks = [], [], books[BUY], books[SELL]
    columns = (stream.kind, stream.side, stream.price, stream.quantity, stream.order)
    for kind, side, price, quantity, order in zip(*(column.tolist() for column in columns), strict=True):
        assert kind != TRADE, "this stream has no trades"
        if order in resting:
            book, at, was = resting.pop(order)
            if book[at] == was:
                del book[at]
            else:
                book[at] -= was
        if kind in (NEW, REPLACE) and quantity > 0:
            book = books[side]
            resting[order] = (book, price, quantity)
            book[price] = book.get(price, 0) + quantity
        bid.append(bids.peekitem(-1)[0] if bids else NO_PRICE)
        ask.append(asks.peekitem(0)[0] if asks else NO_PRICE)
    return BestPrices(np.array(bid), np.array(ask))


def seconds_of(job: Callable[[OrderStream], BestPrices], stream: OrderStream, rounds: int) -> float:
    """The shortest of several rounds, in CPU seconds of this process."""
    times = []
    for _ in range(rounds):
        begun = time.process_time()
        job(stream)
        times.append(time.process_time() - begun)
    return min(times)


def report(data: Path) -> Iterator[str]:
    """The table, line by line."""
    yield f"{'LOBSTER file':<44}{'rows':>10}{'exact':>10}{'share':>12}"
    for file in sorted((data / "market" / "lobster").glob("*.zip")):
        exact, compared = exact_steps(read_lobster(file))
        yield f"{file.stem:<44}{compared:>10,}{exact:>10,}{exact / compared:>12.5%}"
    stream = read_bitstamp(data / "market" / "bitstamp_2026")
    ours, theirs = best_prices(stream), sorted_containers_book(stream)
    assert (ours.bid == theirs.bid).all(), "the two books disagree on the best bid"
    assert (ours.ask == theirs.ask).all(), "the two books disagree on the best ask"
    fast, plain = seconds_of(best_prices, stream, ROUNDS), seconds_of(sorted_containers_book, stream, 2)
    yield f"\n{'Bitstamp 2026, best bid and ask after each event':<54}{'events/s, one core':>20}"
    yield f"{'sortedcontainers':<54}{len(stream) / plain:>20,.0f}"
    yield f"{'sekisho.typologies.order_book':<54}{len(stream) / fast:>20,.0f}"
    yield f"ratio {plain / fast:.1f}, equal after each of {len(stream):,} events"


if __name__ == "__main__":
    folder = Path(os.environ.get("SEKISHO_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
    if not folder.is_dir():
        sys.exit(f"no reference data at {folder}; set SEKISHO_DATA")
    for line in report(folder):
        print(line)
