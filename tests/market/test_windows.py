"""Windows: a day of an instrument and what led up to it, the same on both engines, and each scheme told once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest

from market.test_order_streams import told
from sekisho.engine.order_streams import map_windows, order_streams, search_streams
from sekisho.engine.windows import AHEAD, DAY, LOOKBACK, Window, told_once
from sekisho.records import Records, records_of
from sekisho.typologies.layering import Orders, lives
from sekisho.typologies.order_book import best_prices
from sekisho.typologies.order_stream import NO_PRICE, OrderStream

MIDNIGHT = datetime(2026, 6, 4, 15, tzinfo=UTC)
"""The first moment of 5 June in Japan."""
HOUR = timedelta(hours=1)

EVENTS = (
    # hours from midnight, order, account, side, action, price, quantity left
    (-14, "old", "A1", "buy", "new", "99", "8"),
    (-13, "gone", "A2", "sell", "new", "104", "5"),
    (-12, "gone", "A2", "sell", "cancel", "104", "0"),
    (-11, "moved", "A3", "sell", "new", "103", "4"),
    (-10, "moved", "A3", "sell", "replace", "102", "3"),
    (-9, "hit", "A4", "sell", "new", "101.5", "6"),
    (-3, "late", "A5", "buy", "new", "100", "2"),
    (2, "old", "A1", "buy", "cancel", "99", "0"),
    (3, "young", "A6", "buy", "new", "98", "1"),
    (60, "after", "A7", "sell", "new", "105", "1"),
)
TRADES = ((-8, "hit", "2"), (1, "hit", "1"))


def books(engine: str = "duckdb") -> Records:
    return records_of(tables(), engine=engine)


def tables() -> dict[str, pa.Table]:
    """A book of three days; the fourth of June, the fifth, and the seventh."""
    hours, orders, accounts, sides, actions, prices, quantities = zip(*EVENTS, strict=True)
    order_event = pa.table(
        {
            "event_id": [f"E{n}" for n in range(len(EVENTS))],
            "sequence": [_sequence(hour) for hour in hours],
            "occurred_at": _moments(hours),
            "instrument": ["BTC/JPY"] * len(EVENTS),
            "order_id": orders,
            "account_id": accounts,
            "side": sides,
            "action": actions,
            "order_type": ["limit"] * len(EVENTS),
            "price": _decimals(prices),
            "quantity": _decimals(quantities),
        }
    )
    hours, sellers, quantities = zip(*TRADES, strict=True)
    trade = pa.table(
        {
            "trade_id": [f"T{n}" for n in range(len(TRADES))],
            "sequence": [_sequence(hour) for hour in hours],
            "executed_at": _moments(hours),
            "instrument": ["BTC/JPY"] * len(TRADES),
            "price": _decimals(["101.5"] * len(TRADES)),
            "quantity": _decimals(quantities),
            "buy_order_id": pa.array([None] * len(TRADES), pa.string()),
            "sell_order_id": sellers,
            "aggressor_side": ["buy"] * len(TRADES),
        }
    )
    return {"order_event": order_event, "trade": trade}


def _sequence(hour: int) -> int:
    return (hour + 20) * 10


def _moments(hours: tuple[int, ...]) -> pa.Array:
    return pa.array([MIDNIGHT + hour * HOUR for hour in hours], pa.timestamp("us", "UTC"))


def _decimals(texts: list[str] | tuple[str, ...]) -> pa.Array:
    return pa.array([Decimal(text) for text in texts], pa.decimal128(38, 18))


def seen(stream: OrderStream) -> list[tuple[str, int, Decimal, Decimal]]:
    """Order, hours from midnight, price and quantity of each event."""
    midnight = int(MIDNIGHT.timestamp()) * 1_000_000
    names = stream.order_ids.to_pylist()
    return [
        (names[max(order, contra)], (at - midnight) // 3_600_000_000, price * stream.tick, lots * stream.lot)
        for order, contra, at, price, lots in zip(
            stream.order, stream.contra_order, stream.at.tolist(), stream.price.tolist(), stream.quantity.tolist(), strict=True
        )
    ]


def test_a_window_holds_its_day_four_hours_before_it_and_what_rested_then() -> None:
    (first, day), (second, next_day), (last, third) = map_windows(books(), _itself)
    assert [window.on.day for window in (first, second, last)] == [4, 5, 7]
    assert [stream.opens_at for stream in (day, next_day, third)] == [window.opens_at for window in (first, second, last)]
    assert len(day) == 8
    assert seen(next_day) == [
        ("old", -14, 99, 8),
        ("moved", -11, 102, 3),
        ("hit", -9, Decimal("101.5"), 4),
        ("late", -3, 100, 2),
        ("hit", 1, Decimal("101.5"), 1),
        ("old", 2, 99, 0),
        ("young", 3, 98, 1),
    ]
    assert [row[0] for row in seen(third)] == ["moved", "hit", "late", "young", "after"]
    assert seen(third)[1] == ("hit", -9, Decimal("101.5"), 3)


def test_the_book_of_a_window_is_that_of_the_whole_stream() -> None:
    """From the lookback on, best prices are those one gets by following the market from its first event."""
    (_, _), (_, day), (_, third) = map_windows(books(), _itself)
    assert [price * day.tick for price in best_prices(day).bid.tolist()][3:] == [100, 100, 100, 100]
    assert [price * day.tick for price in best_prices(day).ask.tolist()][2:] == [Decimal("101.5")] * 5
    assert best_prices(third).bid[-1] * third.tick == 100
    assert NO_PRICE not in best_prices(day).ask[2:]


def test_what_is_derived_once_is_read_back_by_the_next_rule() -> None:
    records = books()
    first = list(map_windows(records, _derived))
    assert list(map_windows(records, _derived)) == first
    shelves = [stream.shelf for _, stream in map_windows(records, _itself)]
    again = [shelf.once("lives", Orders, _never) for shelf in shelves]
    assert all(len(orders.born) for orders in again)


def _never() -> Orders:
    raise AssertionError("derived a second time")


def _derived(stream: OrderStream) -> list[list[int]]:
    return [column.tolist() for column in (*best_prices(stream), *lives(stream))]


def _itself(stream: OrderStream) -> OrderStream:
    return stream


@pytest.mark.usefixtures("spark")
def test_spark_cuts_the_same_windows() -> None:
    one, other = ([(told(stream), stream.opens_at) for stream in order_streams(books(engine))] for engine in ("duckdb", "spark"))
    assert len(one) == 3
    assert one == other


# --- a scheme is told once


@dataclass(frozen=True)
class Play:
    """A scheme as the engine sees it."""

    begins_at: datetime
    ends_at: datetime
    proof: frozenset[str]
    account_ids: tuple[str, ...] = ("A1",)
    instrument: str = "BTC/JPY"


TODAY = Window("BTC/JPY", (int(MIDNIGHT.timestamp()) * 1_000_000 + AHEAD) // DAY)
BEFORE = TODAY._replace(day=TODAY.day - 1)


def play(begins: float, ends: float, proof: str, *accounts: str) -> Play:
    """A scheme by seconds from midnight and one letter for each proof."""
    times = (MIDNIGHT + timedelta(seconds=seconds) for seconds in (begins, ends))
    return Play(*times, frozenset(proof), accounts or ("A1",))


def test_a_scheme_across_midnight_is_found_once_and_whole() -> None:
    cut, whole = play(-900, -30, "abc"), play(-900, 300, "abcde")
    assert told_once([(BEFORE, [cut]), (TODAY, [whole])]) == [whole]


def test_a_scheme_longer_than_the_lookback_is_told_by_the_day_that_saw_most() -> None:
    long, rest = play(-40_000, -30, "abcdefg"), play(-LOOKBACK / 1e6, 300, "fgh")
    assert told_once([(BEFORE, [long]), (TODAY, [rest])]) == [long]


def test_what_ended_the_day_before_is_not_told_again() -> None:
    early = play(-9_000, -8_000, "ab")
    assert told_once([(BEFORE, [early]), (TODAY, [early])]) == [early]
    assert told_once([(BEFORE, []), (TODAY, [early])]) == []


def test_the_next_day_must_not_have_refuted_what_ends_at_midnight() -> None:
    ending = play(-60, -5, "ab")
    assert told_once([(BEFORE, [ending]), (TODAY, [])]) == []
    assert told_once([(BEFORE, [ending]), (TODAY, [ending])]) == [ending]
    assert told_once([(BEFORE, [ending])]) == [ending]


def test_others_who_share_a_trade_are_others() -> None:
    one, other = play(-3_600, 10, "ab", "A1"), play(-3_000, 20, "bc", "A2")
    assert told_once([(BEFORE, [one]), (TODAY, [other])]) == [other]
    assert told_once([(BEFORE, [one, other]), (TODAY, [one, other])]) == [one, other]


def test_a_ring_that_grows_is_one_ring() -> None:
    pair, ring = play(-3_600, -900, "ab", "A1", "A2"), play(-3_600, 900, "abc", "A1", "A2", "A3")
    assert told_once([(BEFORE, [pair]), (TODAY, [ring])]) == [ring]


def test_an_order_across_midnight_is_found_once() -> None:
    found = search_streams(books(), every_withdrawal)
    assert [(sorted(one.proof), one.begins_at, one.ends_at) for one in found] == [
        (["old"], MIDNIGHT - 14 * HOUR, MIDNIGHT + 2 * HOUR),
        (["gone"], MIDNIGHT - 13 * HOUR, MIDNIGHT - 12 * HOUR),
    ]


def every_withdrawal(stream: OrderStream) -> list[Play]:
    """Every order that was taken away."""
    orders, found = lives(stream), []
    for code, (born, gone) in enumerate(zip(orders.born, orders.gone, strict=True)):
        if born >= 0 and stream.quantity[gone] == 0 and gone > born:
            times = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(stream.at[place])) for place in (born, gone))
            found.append(
                Play(*times, frozenset([stream.order_ids[code].as_py()]), (stream.account_ids[int(orders.account[code])].as_py(),))
            )
    return found
