"""The order book: exact one step at a time on real messages, equal to a plain book on any stream, unmoved by absurd prices."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.order_book import Lobster, exact_steps, order_events, read_lobster, sorted_containers_book
from sekisho.typologies.order_book import DENSE_TICKS_MAX, best_prices, depth, ladder_of
from sekisho.typologies.order_stream import BUY, CANCEL, NEW, NO_PRICE, NOBODY, REPLACE, SELL, TRADE, OrderStream

STEPS = 6_000


@pytest.mark.parametrize("name", ["AMZN_2012-06-21_1", "GOOG_2012-06-21_5", "GOOG_2012-06-21_10"])
def test_one_step_of_a_real_book_is_exact(shared_data: Path, name: str) -> None:
    sample = read_lobster(shared_data / "market" / "lobster" / f"LOBSTER_SampleFile_{name}.zip")
    part = Lobster(sample.messages[:STEPS], sample.book[:STEPS])
    assert exact_steps(part) == (STEPS - 1, STEPS - 1)


EVENTS = st.lists(
    st.tuples(
        st.sampled_from([NEW, NEW, REPLACE, CANCEL]),
        st.sampled_from([BUY, SELL]),
        st.one_of(st.integers(90, 110), st.sampled_from([1, 10**15])),
        st.integers(0, 5),
        st.integers(0, 9),
    ),
    max_size=60,
)


@settings(max_examples=150, deadline=None)
@given(EVENTS)
def test_equal_to_a_plain_book(events: list[tuple[int, int, int, int, int]]) -> None:
    stream = stream_of_events(events)
    ours, plain = best_prices(stream), sorted_containers_book(stream)
    assert ours.bid.tolist() == plain.bid.tolist()
    assert ours.ask.tolist() == plain.ask.tolist()


def test_an_absurd_price_costs_one_level() -> None:
    ladder = ladder_of(np.array([100, 101, 102, 10**17, NO_PRICE], np.int64))
    assert ladder.levels < DENSE_TICKS_MAX
    levels = ladder.level_of(np.array([100, 101, 10**17, NO_PRICE], np.int64))
    assert (np.diff(levels[:3]) > 0).all()
    assert ladder.price_of(levels).tolist() == [100, 101, 10**17, NO_PRICE]


def with_trades(stream: OrderStream, buyer: list[int], seller: list[int]) -> OrderStream:
    return replace(stream, order=np.array(buyer, np.int32), contra_order=np.array(seller, np.int32))


def test_a_full_fill_may_be_told_by_the_trade_alone() -> None:
    stream = stream_of_events([(NEW, SELL, 101, 5, 0), (NEW, SELL, 102, 5, 1), (TRADE, BUY, 101, 5, 2)])
    stream = with_trades(stream, [0, 1, 2], [NOBODY, NOBODY, 0])
    assert best_prices(stream).ask.tolist() == [101, 101, 102]


def test_a_fill_told_twice_is_taken_once() -> None:
    events = [(NEW, SELL, 101, 5, 0), (REPLACE, SELL, 101, 3, 0), (TRADE, BUY, 101, 2, 1), (TRADE, BUY, 101, 3, 1)]
    stream = with_trades(stream_of_events(events), [0, 0, 1, 1], [NOBODY, NOBODY, 0, 0])
    stream = replace(stream, at=np.array([0, 1, 1, 2], np.int64))
    assert depth(stream, 1).lots[:, 1, 0].tolist() == [5, 3, 3, 0]


def test_a_customer_who_makes_an_order_smaller_and_trades_later_loses_both() -> None:
    events = [(NEW, SELL, 101, 748, 0), (REPLACE, SELL, 101, 501, 0), (TRADE, BUY, 101, 501, 1)]
    stream = with_trades(stream_of_events(events), [0, 0, 1], [NOBODY, NOBODY, 0])
    stream = replace(stream, at=np.array([0, 1, 2], np.int64))
    assert depth(stream, 1).lots[:, 1, 0].tolist() == [748, 501, 0]


def test_a_trade_sweeps_away_what_cannot_have_been_there() -> None:
    events = [(NEW, SELL, 95, 1, 0), (NEW, SELL, 100, 2, 1), (TRADE, BUY, 100, 1, 2), (CANCEL, SELL, 95, 0, 0)]
    stream = with_trades(stream_of_events(events), [0, 1, 2, 0], [NOBODY, NOBODY, 1, NOBODY])
    assert best_prices(stream).ask.tolist() == [95, 95, 100, 100]


def test_market_orders_and_cancelled_ones_leave_nothing() -> None:
    stream = stream_of_events([(NEW, BUY, 99, 1, 0), (NEW, BUY, NO_PRICE, 7, 1), (CANCEL, BUY, 99, 0, 0)])
    assert best_prices(stream).bid.tolist() == [99, 99, NO_PRICE]


def stream_of_events(events: list[tuple[int, int, int, int, int]]) -> OrderStream:
    kind, side, price, quantity, order = np.array(events or np.empty((0, 5)), np.int64).reshape(-1, 5).T
    return order_events(kind, side, price, quantity, order, int(order.max(initial=0)) + 1)
