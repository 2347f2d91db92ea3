"""The matching engine: better price first, and at one price the earlier order first.

One book of one instrument for one day, on a dense ladder of price levels. Prices are levels (ticks above the ladder's
floor) and quantities are lots; both are integers. The log that the engine keeps is what the record tables
``order_event`` and ``trade`` are written from:

* an accepted order logs NEW with its whole quantity, then one TRADE per resting order it meets, in order of priority;
* a fill logs no order event: what is left is the quantity of the last order event less the trades after it;
* REPLACE carries the new price and quantity; fewer lots at the same price keep the place in the queue;
* CANCEL and EXPIRE leave nothing; a market order that finds no more lots EXPIREs; REJECT never reaches the book.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sekisho.simulation.kernel import Longs, Table, Words, compiled, whole

NEW, REPLACE, CANCEL, EXPIRE, REJECT, TRADE = map(whole, range(6))
BUY, SELL = whole(1), whole(-1)
LIMIT, MARKET = whole(0), whole(1)
NOBODY, NONE = whole(-1), whole(0)
GUARDED, PLANNED = whole(1), whole(0)
"""Whether the venue keeps an order from meeting one of its own group."""

BID, ASK, ORDERS, ROWS = 0, 1, 2, 3


LEVEL = np.dtype([("depth", "i8"), ("head", "i8"), ("tail", "i8")])
"""One price: the lots displayed, the first and the last order of the queue (NOBODY when empty)."""

ORDER = np.dtype(
    [
        ("left", "i8"),  # lots not yet traded; 0 when the order is done
        ("after", "i8"),  # the next in the queue
        ("before", "i8"),
        ("price", "i8"),
        ("account", "i8"),
        ("slot", "i8"),  # place in the day's script, NOBODY for ordinary flow
        ("side", "i8"),
        ("order_type", "i8"),
        ("resting", "i8"),
    ]
)
"""One order."""

ROW = np.dtype([("at", "i8"), ("quantity", "i8"), ("order", "i8"), ("other", "i8"), ("price", "i8"), ("action", "i8")])
"""One line of the log; ``other`` is the resting order of a TRADE."""


class Book(NamedTuple):
    """A ladder of queues, the orders in them, and the log. Arrays only, so that compiled loops can share it."""

    levels: Table  # of LEVEL
    orders: Table  # of ORDER
    log: Table  # of ROW
    counters: Longs  # best bid, best ask (a level; -1 and the number of levels when none), orders, log rows
    group: Words  # per account: accounts that the venue keeps from trading with one another; NOBODY: never prevented


def empty_book(levels: int, orders: int, rows: int, group: Words) -> Book:
    """A book with room for so many price levels, orders and log rows."""
    ladder = np.zeros(levels, LEVEL)
    ladder["head"] = ladder["tail"] = NOBODY
    return Book(
        levels=ladder,
        orders=np.zeros(orders, ORDER),
        log=np.zeros(rows, ROW),
        counters=np.array([-1, levels, 0, 0], dtype=np.int64),
        group=group,
    )


@compiled
def submit(book: Book, at: int, account: int, side: int, order_type: int, price: int, lots: int, slot: int, guarded: int) -> int:
    """Enter an order, match it, let the rest of a limit order stand. GUARDED: own resting orders in its way are cancelled."""
    order = _enter(book, account, side, order_type, price, lots, slot)
    if lots <= 0 or (order_type == LIMIT and not 0 <= price < book.levels.size):
        _log(book, at, REJECT, order, NOBODY, price, NONE)
        book.orders[order].left = 0
        return order
    _log(book, at, NEW, order, NOBODY, price if order_type == LIMIT else NOBODY, lots)
    _match(book, at, order, guarded)
    if book.orders[order].left > 0:
        if order_type == LIMIT:
            _rest(book, order)
        else:
            book.orders[order].left = 0
            _log(book, at, EXPIRE, order, NOBODY, NOBODY, NONE)
    return order


@compiled
def cancel(book: Book, at: int, order: int, action: int) -> bool:
    """Take a resting order off the book; False when it no longer stands. ``action`` is CANCEL or EXPIRE."""
    if order < 0 or book.orders[order].resting == 0:
        return False
    _unlink(book, order)
    book.orders[order].left = 0
    _log(book, at, action, order, NOBODY, book.orders[order].price, NONE)
    return True


@compiled
def replace(book: Book, at: int, order: int, price: int, lots: int) -> bool:
    """Change a resting order. Only fewer lots at the same price keep its place; otherwise it queues, and matches, anew."""
    if order < 0 or book.orders[order].resting == 0 or lots <= 0 or not 0 <= price < book.levels.size:
        return False
    if price == book.orders[order].price and lots <= book.orders[order].left:
        book.levels[price].depth -= book.orders[order].left - lots
        book.orders[order].left = lots
        _log(book, at, REPLACE, order, NOBODY, price, lots)
        return True
    _unlink(book, order)
    book.orders[order].price = price
    book.orders[order].left = lots
    _log(book, at, REPLACE, order, NOBODY, price, lots)
    _match(book, at, order, GUARDED)
    if book.orders[order].left > 0:
        _rest(book, order)
    return True


@compiled
def close(book: Book, at: int) -> None:
    """End of the day: whatever still stands expires, oldest order first."""
    for order in range(book.counters[ORDERS]):
        if book.orders[order].resting:
            cancel(book, at, order, EXPIRE)


@compiled
def _enter(book: Book, account: int, side: int, order_type: int, price: int, lots: int, slot: int) -> int:
    order = int(book.counters[ORDERS])
    book.counters[ORDERS] += 1
    book.orders[order].account = account
    book.orders[order].side = side
    book.orders[order].order_type = order_type
    book.orders[order].price = price
    book.orders[order].left = lots
    book.orders[order].slot = slot
    book.orders[order].after = book.orders[order].before = NOBODY
    return order


@compiled
def _match(book: Book, at: int, order: int, guarded: int) -> None:
    side = book.orders[order].side
    mine = book.group[book.orders[order].account]
    while book.orders[order].left > 0:
        level = book.counters[ASK] if side == BUY else book.counters[BID]
        if level < 0 or level >= book.levels.size:
            return
        if book.orders[order].order_type == LIMIT and side * (book.orders[order].price - level) < 0:
            return
        resting = book.levels[level].head
        if guarded == GUARDED and mine != NOBODY and book.group[book.orders[resting].account] == mine:
            cancel(book, at, resting, CANCEL)
            continue
        lots = min(book.orders[order].left, book.orders[resting].left)
        book.orders[order].left -= lots
        book.orders[resting].left -= lots
        book.levels[level].depth -= lots
        _log(book, at, TRADE, order, resting, level, lots)
        if book.orders[resting].left == 0:
            _unlink(book, resting)


@compiled
def _rest(book: Book, order: int) -> None:
    level = book.orders[order].price
    book.orders[order].resting = 1
    book.levels[level].depth += book.orders[order].left
    last = book.levels[level].tail
    book.orders[order].before = last
    book.orders[order].after = NOBODY
    if last == NOBODY:
        book.levels[level].head = order
    else:
        book.orders[last].after = order
    book.levels[level].tail = order
    if book.orders[order].side == BUY:
        book.counters[BID] = max(book.counters[BID], level)
    else:
        book.counters[ASK] = min(book.counters[ASK], level)


@compiled
def _unlink(book: Book, order: int) -> None:
    level = book.orders[order].price
    book.orders[order].resting = 0
    book.levels[level].depth -= book.orders[order].left
    earlier, later = book.orders[order].before, book.orders[order].after
    if earlier == NOBODY:
        book.levels[level].head = later
    else:
        book.orders[earlier].after = later
    if later == NOBODY:
        book.levels[level].tail = earlier
    else:
        book.orders[later].before = earlier
    if book.levels[level].head != NOBODY:
        return
    if book.orders[order].side == BUY and level == book.counters[BID]:
        while level >= 0 and book.levels[level].head == NOBODY:
            level -= 1
        book.counters[BID] = level
    elif book.orders[order].side == SELL and level == book.counters[ASK]:
        while level < book.levels.size and book.levels[level].head == NOBODY:
            level += 1
        book.counters[ASK] = level


@compiled
def _log(book: Book, at: int, action: int, order: int, other: int, price: int, lots: int) -> None:
    row = book.counters[ROWS]
    book.counters[ROWS] += 1
    book.log[row].at = at
    book.log[row].action = action
    book.log[row].order = order
    book.log[row].other = other
    book.log[row].price = price
    book.log[row].quantity = lots


@compiled
def run_commands(book: Book, commands: Longs) -> None:
    """Apply rows of (operation, account, side, order type, price, lots, order): what the tests drive the engine with."""
    for row in range(commands.shape[0]):
        operation, account, side, order_type, price, lots, order = commands[row]
        if operation == NEW:
            submit(book, row, account, side, order_type, price, lots, NOBODY, PLANNED)
        elif operation == CANCEL:
            cancel(book, row, order, CANCEL)
        elif operation == REPLACE:
            replace(book, row, order, price, lots)
