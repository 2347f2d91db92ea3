"""One instrument's day: who comes to the book, when, and what they do there.

Orders arrive in bursts (each arrival makes the next ones likelier for a while). Four kinds of people send them:

* makers keep quotes on both sides around what they think the asset is worth, hedge when they hold too much, and come back at
  once where a side of the book is swept empty;
* quick traders quote near the touch and are gone again, most of them within 100 milliseconds;
* takers follow value, the recent trend, and what the displayed book seems to say, which is why layering works;
* patient customers leave limit orders for seconds to hours.

A script of orders that somebody planned beforehand runs through the same book. A large order that comes to rest excites
everybody, planned or not.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sekisho.simulation.kernel import Dice, Longs, Reals, compiled, exponential, normal, uniform, whole
from sekisho.simulation.matching import (
    ASK,
    BID,
    BUY,
    CANCEL,
    EXPIRE,
    GUARDED,
    LIMIT,
    MARKET,
    NOBODY,
    NONE,
    ORDERS,
    PLANNED,
    ROWS,
    SELL,
    TRADE,
    Book,
    cancel,
    close,
    replace,
    submit,
)

PLACE, WITHDRAW, TAKE = map(whole, range(3))
OWN_BEST, OPPOSITE_BEST, INSIDE, SAME_PRICE, LEVEL = map(whole, range(5))

LEVELS_QUOTED = 3
VIEW_HELD_MICROSECONDS = 7_200_000_000
EMPTY_HALF_SPREADS = 12.0
"""A side of the book whose best price is that far from value is as good as empty, and makers come back to it."""
NOTICED_MICROSECONDS = 300_000
"""How long they need to see it."""


class Pace(NamedTuple):
    """How the instrument trades. Times in microseconds, prices in levels, sizes in lots."""

    opens_at: int
    closes_at: int
    halts_at: int  # from then on nobody comes any more; what rests is withdrawn when its time comes
    arrivals: float  # per microsecond, before excitement
    branching: float  # expected arrivals that one arrival calls forth
    decay: float  # per microsecond, of the excitement
    taking: float  # share of arrivals that take
    typical_lots: float  # the median order
    half_spread: float  # levels between fair value and the first quote
    value_step: int  # microseconds between two points of the value path


class Crowd(NamedTuple):
    """Accounts that come to this instrument; the first of ``customers`` come most often."""

    makers: Longs
    quick: Longs
    customers: Longs
    maker_of: Longs  # per account: place in ``makers``, NOBODY for others


class Script(NamedTuple):
    """Planned orders in order of time, one row each; a slot remembers the order a row placed."""

    at: Longs
    operation: Longs
    slot: Longs
    side: Longs
    anchor: Longs
    offset: Longs  # levels behind the anchor; thousandths of the spread for INSIDE
    lots: Longs
    account: Longs
    other: Longs  # slot that must still stand: the row is skipped when it does not
    watch: Longs  # per slot: withdrawn soon after the order in this slot has been filled


class Plans(NamedTuple):
    """What will happen later: a heap of withdrawals, the makers' standing quotes, and the orders that slots hold."""

    heap_at: Longs
    heap_order: Longs
    quotes: Longs
    inventory: Longs
    placed: Longs
    pending: Longs  # entries on the heap


def empty_plans(orders: int, makers: int, slots: int) -> Plans:
    """No plans yet, with room for so many orders, makers and slots of the script."""
    nobody = NOBODY
    return Plans(
        heap_at=np.zeros(orders + 1, np.int64),
        heap_order=np.zeros(orders + 1, np.int64),
        quotes=np.full(makers * LEVELS_QUOTED * 2, nobody, np.int64),
        inventory=np.zeros(makers, np.int64),
        placed=np.full(slots, nobody, np.int64),
        pending=np.zeros(1, np.int64),
    )


@compiled
def run_day(book: Book, pace: Pace, crowd: Crowd, value: Reals, script: Script, plans: Plans, dice: Dice) -> None:
    """Play the day through. What happened is in the book's log; which orders the script placed is in ``plans.placed``."""
    at = float(pace.opens_at)
    excitement, trend, row, last_at = 0.0, 0.0, NONE, pace.opens_at
    rows_max, orders_max = book.log.size - 8192, book.orders.size - 64
    waiting = True
    while book.counters[ROWS] < rows_max and book.counters[ORDERS] < orders_max:
        if waiting:
            bound = pace.arrivals * 1.5 + excitement
            wait = exponential(dice) / bound
            at += wait
            if at >= pace.halts_at:
                at = float(pace.closes_at)
            excitement *= np.exp(-pace.decay * wait)
            waiting = False
        now = int(at)
        next_plan = plans.heap_at[0] if plans.pending[0] > 0 else pace.closes_at
        next_script = script.at[row] if row < script.at.size else pace.closes_at
        if min(now, next_plan, next_script) >= pace.closes_at:
            break
        log_from, nearest = book.counters[ROWS], min(now, next_plan, next_script)
        if nearest - last_at > NOTICED_MICROSECONDS:
            seen_at = last_at + int((nearest - last_at) * uniform(dice))
            fair = _fair(book, pace, value, seen_at)
            if _swept(book, pace, fair):
                last_at = seen_at
                _return(book, pace, crowd, plans, fair, last_at, dice)
                trend = _after(book, crowd, script, plans, log_from, trend, dice)
                continue
        fair = _fair(book, pace, value, nearest)
        if next_plan <= now and next_plan <= next_script:
            last_at = max(last_at, next_plan)
            cancel(book, last_at, _next_withdrawal(plans), CANCEL)
        elif next_script <= now:
            last_at = max(last_at, next_script)
            order = _play(book, script, plans, row, last_at)
            row += 1
            excitement += _startle(book, pace, order)
        else:
            waiting = True
            last_at = max(last_at, now)
            season = 1.0 + 0.4 * np.sin((last_at - pace.opens_at) * 7.27220521664304e-11 - 2.6)
            if uniform(dice) * bound <= pace.arrivals * season + excitement:
                excitement += pace.branching * pace.decay
                order = _arrive(book, pace, crowd, plans, fair, trend, last_at, dice)
                excitement += _startle(book, pace, order)
        trend = _after(book, crowd, script, plans, log_from, trend, dice)
    close(book, pace.closes_at)


@compiled
def _fair(book: Book, pace: Pace, value: Reals, at: int) -> float:
    """What the asset is worth now, in levels: the value path between its points."""
    place = (at - pace.opens_at) / pace.value_step
    step = min(int(place), value.size - 2)
    share = min(place - step, 1.0)
    return float(value[step] * (1.0 - share) + value[step + 1] * share)


@compiled
def _startle(book: Book, pace: Pace, order: int) -> float:
    """How much a resting order excites others: by its size against the usual one, at most six more arrivals."""
    if order < 0 or book.orders[order].resting == 0:
        return 0.0
    share = min(book.orders[order].left / (12.0 * pace.typical_lots), 1.0)
    return 6.0 * share * share * pace.decay if share > 0.25 else 0.0


@compiled
def _arrive(book: Book, pace: Pace, crowd: Crowd, plans: Plans, fair: float, trend: float, at: int, dice: Dice) -> int:
    """One person comes to the book. Returns the order placed, NOBODY if several or none."""
    draw = uniform(dice)
    if draw < pace.taking:
        return _take(book, pace, crowd, fair, trend, at, dice)
    draw = (draw - pace.taking) / (1.0 - pace.taking)
    if draw < 0.16:
        _quote(book, pace, crowd, plans, fair, at, dice)
        return NOBODY
    if draw < 0.87:
        return _flicker(book, pace, crowd, plans, fair, at, dice)
    return _wait(book, pace, crowd, plans, fair, at, dice)


@compiled
def _size(pace: Pace, dice: Dice) -> int:
    """An order's lots: the usual ones near the median, one in ten from a heavy tail (p99 at 15, p99.9 at 40 medians)."""
    if uniform(dice) < 0.1:
        return int(max(1.0, 4.7 * pace.typical_lots * np.exp(0.91 * normal(dice))))
    return int(max(1.0, 0.93 * pace.typical_lots * np.exp(0.5 * normal(dice))))


@compiled
def _customer(crowd: Crowd, side: int, at: int, dice: Dice) -> int:
    """A customer who wants this side. People keep to a view for two hours; one in sixteen acts against it."""
    account = 0
    for _try in range(4):
        account = int(crowd.customers[int(crowd.customers.size * uniform(dice) ** 2)])
        view = (account * 2_654_435_761 + (at // VIEW_HELD_MICROSECONDS) * 40_503) >> 9
        if (view & 1) == (1 if side == BUY else 0):
            break
    return account


@compiled
def _middle(book: Book, fair: float) -> float:
    if book.counters[BID] < 0 or book.counters[ASK] >= book.levels.size:
        return fair
    return float(0.5 * (book.counters[BID] + book.counters[ASK]))


@compiled
def _imbalance(book: Book, pace: Pace) -> float:
    """Displayed lots near the touch, buyers against sellers, in -1..1."""
    if book.counters[BID] < 0 or book.counters[ASK] >= book.levels.size:
        return 0.0
    reach = int(min(4.0 * pace.half_spread + 4.0, 1024.0))
    bids, asks = 0.0, 0.0
    for level in range(max(0, book.counters[BID] - reach), book.counters[BID] + 1):
        bids += book.levels[level].depth
    for level in range(book.counters[ASK], min(book.levels.size, book.counters[ASK] + reach)):
        asks += book.levels[level].depth
    return (bids - asks) / max(bids + asks, 1.0)


@compiled
def _take(book: Book, pace: Pace, crowd: Crowd, fair: float, trend: float, at: int, dice: Dice) -> int:
    middle = _middle(book, fair)
    pull = min(max((fair - middle) / (2.0 * pace.half_spread), -1.0), 1.0)
    push = min(max(trend / (2.0 * pace.half_spread), -1.0), 1.0)
    buying = 0.5 + 0.32 * pull + 0.06 * push + 0.22 * _imbalance(book, pace)
    side = BUY if uniform(dice) < min(max(buying, 0.03), 0.97) else SELL
    lots = _size(pace, dice)
    account = _customer(crowd, side, at, dice)
    if uniform(dice) < 0.6:
        return submit(book, at, account, side, MARKET, NOBODY, lots, NOBODY, GUARDED)
    best = book.counters[ASK] if side == BUY else book.counters[BID]
    if best < 0 or best >= book.levels.size:
        return NOBODY
    price = best + side * int(pace.half_spread * uniform(dice))
    order = submit(book, at, account, side, LIMIT, price, lots, NOBODY, GUARDED)
    if book.orders[order].resting:
        cancel(book, at, order, EXPIRE)  # immediate or cancel
    return order


@compiled
def _passive(book: Book, side: int, price: float) -> int:
    """The nearest price to the one wished for that does not trade at once."""
    level = int(np.floor(price)) if side == BUY else int(np.ceil(price))
    if side == BUY:
        return int(max(0, min(level, book.counters[ASK] - 1)))
    return int(min(book.levels.size - 1, max(level, book.counters[BID] + 1)))


@compiled
def _quote(book: Book, pace: Pace, crowd: Crowd, plans: Plans, fair: float, at: int, dice: Dice) -> None:
    """A maker renews one level of quotes on both sides, or hedges first when the inventory is too large."""
    maker = int(crowd.makers.size * uniform(dice))
    account = crowd.makers[maker]
    held = plans.inventory[maker]
    if abs(held) > 25.0 * pace.typical_lots and uniform(dice) < 0.4:
        submit(book, at, account, SELL if held > 0 else BUY, MARKET, NOBODY, int(abs(held) * 0.3) + 1, NOBODY, GUARDED)
    _renew(book, pace, crowd, plans, (maker, int(LEVELS_QUOTED * uniform(dice))), fair, at, dice)


@compiled
def _swept(book: Book, pace: Pace, fair: float) -> bool:
    """Whether a side of the book offers nothing near what the asset is worth."""
    bid, ask, far = float(book.counters[BID]), float(book.counters[ASK]), EMPTY_HALF_SPREADS * pace.half_spread
    return bid < min(fair, ask) - far or ask > max(fair, bid) + far


@compiled
def _return(book: Book, pace: Pace, crowd: Crowd, plans: Plans, fair: float, at: int, dice: Dice) -> None:
    """Every maker renews all quotes."""
    for maker in range(crowd.makers.size):
        for rung in range(LEVELS_QUOTED):
            _renew(book, pace, crowd, plans, (maker, rung), fair, at, dice)


@compiled
def _renew(book: Book, pace: Pace, crowd: Crowd, plans: Plans, which: tuple[int, int], fair: float, at: int, dice: Dice) -> None:
    """One maker renews one rung of quotes."""
    maker, rung = which
    account, held = crowd.makers[maker], plans.inventory[maker]
    centre = 0.75 * fair + 0.25 * _middle(book, fair) + 0.4 * pace.half_spread * _imbalance(book, pace)
    centre -= pace.half_spread * min(max(held / (80.0 * pace.typical_lots), -2.0), 2.0)
    away = pace.half_spread * (1.0 + 0.8 * rung) * (0.85 + 0.3 * uniform(dice))
    for side in (BUY, SELL):
        place = (maker * LEVELS_QUOTED + rung) * 2 + (1 if side == BUY else 0)
        price = _passive(book, side, centre - side * away)
        lots = max(1, int(pace.typical_lots * (2.0 + 2.0 * rung) * np.exp(0.35 * normal(dice))))
        standing = plans.quotes[place]
        if standing >= 0 and book.orders[standing].resting and uniform(dice) < 0.4:
            replace(book, at, standing, price, lots)
        else:
            cancel(book, at, standing, CANCEL)
            plans.quotes[place] = submit(book, at, account, side, LIMIT, price, lots, NOBODY, GUARDED)


@compiled
def _flicker(book: Book, pace: Pace, crowd: Crowd, plans: Plans, fair: float, at: int, dice: Dice) -> int:
    side = BUY if uniform(dice) < 0.5 else SELL
    best = book.counters[BID] if side == BUY else book.counters[ASK]
    if best < 0 or best >= book.levels.size:
        best = int(fair - side * pace.half_spread)
    wish = best - side * (pace.half_spread * (exponential(dice) - 0.35))
    account = crowd.quick[int(crowd.quick.size * uniform(dice))]
    lots = _size(pace, dice)
    order = submit(book, at, account, side, LIMIT, _passive(book, side, wish), lots, NOBODY, GUARDED)
    median, spread = (25_000.0, 0.7) if uniform(dice) < 0.93 else (900_000.0, 1.2)
    _plan(plans, at + int(median * np.exp(spread * normal(dice))) + 300, order)
    return order


@compiled
def _wait(book: Book, pace: Pace, crowd: Crowd, plans: Plans, fair: float, at: int, dice: Dice) -> int:
    side = BUY if uniform(dice) < 0.5 + 0.1 * _imbalance(book, pace) else SELL
    wish = _middle(book, fair) - side * pace.half_spread * (0.3 + 2.0 * exponential(dice))
    account = _customer(crowd, side, at, dice)
    lots = _size(pace, dice)
    order = submit(book, at, account, side, LIMIT, _passive(book, side, wish), lots, NOBODY, GUARDED)
    _plan(plans, at + int(60e6 * np.exp(1.8 * normal(dice))) + 1_000_000, order)
    return order


@compiled
def _play(book: Book, script: Script, plans: Plans, row: int, at: int) -> int:
    """One planned row. Returns the order placed, NOBODY when the row withdrew one or was skipped."""
    slot, side = script.slot[row], script.side[row]
    if script.operation[row] == WITHDRAW:
        cancel(book, at, plans.placed[slot], CANCEL)
        return NOBODY
    lots, other = script.lots[row], script.other[row]
    if other >= 0 and script.anchor[row] != LEVEL:
        standing = plans.placed[other]
        if standing < 0 or book.orders[standing].resting == 0:
            return NOBODY
        lots = min(lots, book.orders[standing].left) if script.anchor[row] == SAME_PRICE else lots
    if script.operation[row] == TAKE:
        plans.placed[slot] = submit(book, at, script.account[row], side, MARKET, NOBODY, lots, slot, PLANNED)
        return int(plans.placed[slot])
    price = _anchored(book, script, plans, row)
    if price < 0 or price >= book.levels.size:
        return NOBODY
    plans.placed[slot] = submit(book, at, script.account[row], side, LIMIT, price, lots, slot, PLANNED)
    return int(plans.placed[slot])


@compiled
def _anchored(book: Book, script: Script, plans: Plans, row: int) -> int:
    """The level a planned order asks for; NOBODY when the book offers no such price."""
    side, offset = script.side[row], script.offset[row]
    bid, ask = book.counters[BID], book.counters[ASK]
    if script.anchor[row] == LEVEL:  # where that slot's order was placed, whether it still stands or not
        first = plans.placed[script.other[row]]
        return int(book.orders[first].price) if first >= 0 else NOBODY
    if script.anchor[row] == SAME_PRICE:
        return int(book.orders[plans.placed[script.other[row]]].price)
    if bid < 0 or ask >= book.levels.size:
        return NOBODY
    if script.anchor[row] == INSIDE:
        return int(bid + 1 + (ask - bid - 2) * offset // 1000) if ask - bid >= 2 else NOBODY
    own, opposite = (bid, ask) if side == BUY else (ask, bid)
    if script.anchor[row] == OPPOSITE_BEST:
        return int(opposite - side * offset)
    return _passive(book, side, float(own - side * offset))


@compiled
def _after(book: Book, crowd: Crowd, script: Script, plans: Plans, log_from: int, trend: float, dice: Dice) -> float:
    """Let everybody concerned learn of the trades since ``log_from``; returns the new trend in levels."""
    for row in range(log_from, book.counters[ROWS]):
        if book.log[row].action != TRADE:
            continue
        taker, resting = book.log[row].order, book.log[row].other
        lots = book.log[row].quantity
        for order in (taker, resting):
            maker = crowd.maker_of[book.orders[order].account]
            if maker >= 0:
                plans.inventory[maker] += book.orders[order].side * lots
            if book.orders[order].slot >= 0 and book.orders[order].left == 0:
                _release(book, script, plans, book.orders[order].slot, book.log[row].at, dice)
        if row > 0 and book.log[row - 1].action != TRADE:
            trend = 0.9 * trend + book.orders[taker].side * 0.1
    return trend


@compiled
def _release(book: Book, script: Script, plans: Plans, filled: int, at: int, dice: Dice) -> None:
    """The order somebody was after has been filled: withdraw, within moments, the orders that were there for show."""
    for slot in range(script.watch.size):
        if script.watch[slot] == filled and plans.placed[slot] >= 0 and book.orders[plans.placed[slot]].resting:
            _plan(plans, at + 2_000 + int(60_000 * uniform(dice)), plans.placed[slot])


@compiled
def _plan(plans: Plans, at: int, order: int) -> None:
    place = plans.pending[0]
    plans.pending[0] += 1
    while place > 0:
        parent = (place - 1) // 2
        if plans.heap_at[parent] <= at:
            break
        plans.heap_at[place] = plans.heap_at[parent]
        plans.heap_order[place] = plans.heap_order[parent]
        place = parent
    plans.heap_at[place] = at
    plans.heap_order[place] = order


@compiled
def _next_withdrawal(plans: Plans) -> int:
    order = plans.heap_order[0]
    plans.pending[0] -= 1
    last = plans.pending[0]
    at, moved, place = plans.heap_at[last], plans.heap_order[last], 0
    while True:
        child = 2 * place + 1
        if child >= last:
            break
        if child + 1 < last and plans.heap_at[child + 1] < plans.heap_at[child]:
            child += 1
        if plans.heap_at[child] >= at:
            break
        plans.heap_at[place] = plans.heap_at[child]
        plans.heap_order[place] = plans.heap_order[child]
        place = child
    plans.heap_at[place] = at
    plans.heap_order[place] = moved
    return int(order)
