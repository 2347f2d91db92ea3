"""The compiled matching engine against a slow one that is plainly right, and what must hold after every command."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.simulation.matching import (
    ASK,
    BID,
    BUY,
    CANCEL,
    EXPIRE,
    GUARDED,
    LIMIT,
    MARKET,
    NEW,
    NOBODY,
    ORDERS,
    PLANNED,
    REJECT,
    REPLACE,
    ROWS,
    SELL,
    TRADE,
    Book,
    empty_book,
    run_commands,
    submit,
)

LEVELS = 12
Row = tuple[int, int, int, int, int]


class SlowBook:
    """Orders in one list; every match searches all of them for the best price and, at one price, the longest waiting."""

    def __init__(self) -> None:
        self.orders: list[dict[str, int]] = []
        self.queue: list[int] = []
        self.log: list[Row] = []

    def submit(self, side: int, order_type: int, price: int, lots: int) -> None:
        number = len(self.orders)
        self.orders.append({"side": side, "type": order_type, "price": price, "left": lots})
        if lots <= 0 or (order_type == LIMIT and not 0 <= price < LEVELS):
            self.log.append((REJECT, number, NOBODY, price, 0))
            return
        self.log.append((NEW, number, NOBODY, price if order_type == LIMIT else NOBODY, lots))
        self._match(number)
        order = self.orders[number]
        if order["left"] and order_type == LIMIT:
            self.queue.append(number)
        elif order["left"]:
            order["left"] = 0
            self.log.append((EXPIRE, number, NOBODY, NOBODY, 0))

    def cancel(self, number: int) -> None:
        if number in self.queue:
            self.queue.remove(number)
            self.orders[number]["left"] = 0
            self.log.append((CANCEL, number, NOBODY, self.orders[number]["price"], 0))

    def replace(self, number: int, price: int, lots: int) -> None:
        if number not in self.queue or lots <= 0 or not 0 <= price < LEVELS:
            return
        order = self.orders[number]
        stays = price == order["price"] and lots <= order["left"]
        order["price"], order["left"] = price, lots
        self.log.append((REPLACE, number, NOBODY, price, lots))
        if not stays:
            self.queue.remove(number)
            self._match(number)
            if order["left"]:
                self.queue.append(number)

    def _match(self, number: int) -> None:
        order = self.orders[number]
        while order["left"]:
            others = [n for n in self.queue if self.orders[n]["side"] == -order["side"]]
            if order["type"] == LIMIT:
                others = [n for n in others if order["side"] * (order["price"] - self.orders[n]["price"]) >= 0]
            if not others:
                return
            best = min(others, key=lambda n: (order["side"] * self.orders[n]["price"], self.queue.index(n)))
            lots = min(order["left"], self.orders[best]["left"])
            order["left"] -= lots
            self.orders[best]["left"] -= lots
            self.log.append((TRADE, number, best, self.orders[best]["price"], lots))
            if not self.orders[best]["left"]:
                self.queue.remove(best)


sides = st.sampled_from([BUY, SELL])
new = st.tuples(
    st.just(NEW),
    st.integers(0, 3),
    sides,
    st.sampled_from([LIMIT] * 5 + [MARKET]),
    st.integers(-1, LEVELS),
    st.integers(0, 9),
    st.just(0),
)
cancels = st.tuples(st.just(CANCEL), st.just(0), st.just(0), st.just(0), st.just(0), st.just(0), st.integers(0, 20))
replaces = st.tuples(
    st.just(REPLACE), st.just(0), st.just(0), st.just(0), st.integers(0, LEVELS - 1), st.integers(1, 9), st.integers(0, 20)
)
command_lists = st.lists(st.one_of(new, new, new, cancels, replaces), min_size=1, max_size=60)


def played(commands: list[tuple[int, ...]]) -> Book:
    """A book after these commands. References to orders that do not exist yet are turned on to ones that do."""
    book = empty_book(LEVELS, 100, 2000, np.full(4, NOBODY, np.int32))
    run_commands(book, np.array(commands, dtype=np.int64))
    return book


def sensible(commands: list[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """The commands without references to orders that no earlier command made."""
    made, kept = 0, []
    for command in commands:
        if command[0] == NEW:
            made += 1
        elif command[6] >= made:
            continue
        kept.append(command)
    return kept or [(NEW, 0, BUY, LIMIT, 0, 1, 0)]


def log_of(book: Book) -> list[Row]:
    """The log as plain rows."""
    rows = book.log[: book.counters[ROWS]]
    return [tuple(int(row[name]) for name in ("action", "order", "other", "price", "quantity")) for row in rows]  # type: ignore[misc]


@settings(max_examples=300, deadline=None)
@given(command_lists)
def test_the_compiled_engine_does_what_the_slow_one_does(commands: list[tuple[int, ...]]) -> None:
    commands = sensible(commands)
    slow = SlowBook()
    for operation, _account, side, order_type, price, lots, order in commands:
        if operation == NEW:
            slow.submit(side, order_type, price, lots)
        elif operation == CANCEL:
            slow.cancel(order)
        else:
            slow.replace(order, price, lots)
    assert log_of(played(commands)) == slow.log


@settings(max_examples=150, deadline=None)
@given(command_lists)
def test_the_book_is_never_crossed_and_its_depth_is_its_orders(commands: list[tuple[int, ...]]) -> None:
    book = played(sensible(commands))
    assert book.counters[BID] < book.counters[ASK]
    depth: dict[int, int] = defaultdict(int)
    standing = [order for order in book.orders[: book.counters[ORDERS]] if order["resting"]]
    for order in standing:
        depth[int(order["price"])] += int(order["left"])
    assert {level: int(lots) for level, lots in enumerate(book.levels["depth"]) if lots} == dict(depth)
    bids = [int(order["price"]) for order in standing if order["side"] == BUY]
    asks = [int(order["price"]) for order in standing if order["side"] == SELL]
    assert book.counters[BID] == max(bids, default=-1)
    assert book.counters[ASK] == min(asks, default=LEVELS)


@settings(max_examples=150, deadline=None)
@given(command_lists)
def test_no_quantity_appears_or_vanishes(commands: list[tuple[int, ...]]) -> None:
    book = played(sensible(commands))
    left: dict[int, int] = {}
    for action, order, other, _price, lots in log_of(book):
        if action == TRADE:
            assert lots > 0
            for each in (order, other):
                left[each] -= lots
                assert left[each] >= 0
        else:
            left[order] = lots
    assert left == {number: int(book.orders[number]["left"]) for number in range(book.counters[ORDERS])}


def test_ordinary_orders_never_meet_an_order_of_the_same_group() -> None:
    book = empty_book(LEVELS, 10, 100, np.array([7, 7, NOBODY, 9], np.int32))
    submit(book, 0, 0, SELL, LIMIT, 5, 3, NOBODY, GUARDED)
    submit(book, 1, 1, BUY, LIMIT, 5, 3, NOBODY, GUARDED)
    assert [row[0] for row in log_of(book)] == [NEW, NEW, CANCEL]


def test_planned_orders_and_omnibus_accounts_may_meet_themselves() -> None:
    for account, guarded in ((0, PLANNED), (2, GUARDED)):
        book = empty_book(LEVELS, 10, 100, np.array([7, 7, NOBODY, 9], np.int32))
        submit(book, 0, account, SELL, LIMIT, 5, 3, NOBODY, guarded)
        submit(book, 1, account, BUY, LIMIT, 5, 3, NOBODY, guarded)
        assert [row[0] for row in log_of(book)] == [NEW, NEW, TRADE]
