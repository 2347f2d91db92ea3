"""Busy spells: what chance explains in the minutes in which a group acted, and how rare orders of a size are."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest

from sekisho.engine.order_streams import order_streams
from sekisho.records import records_of
from sekisho.typologies.busy_spells import Busyness, Spell, busyness
from sekisho.typologies.meetings import Scope, dealings, likeness
from sekisho.typologies.order_pairs import Closeness

NOON = datetime(2026, 6, 4, 3, tzinfo=UTC)
SCOPE = Scope(date(2020, 5, 1), 86400)
CLOSE = Closeness(timedelta(seconds=60), Decimal("0.0005"), Decimal("0.9"))
AMOUNT = pa.decimal128(38, 8)
PLACE = (("BTC/JPY", 20608), "G")

Order = tuple[str, float, str, str, int]
Deal = tuple[float, str, str]


def measured(orders: list[Order], deals: list[Deal]) -> Busyness:
    """Of the group G of the accounts G1 and G2. Orders are (name, second, account, side, size), deals (second, buy, sell)."""
    whose = {name: account for name, _, account, _, _ in orders}
    steps = sorted([(at, 0, number) for number, (_, at, *_) in enumerate(orders)] + [(d[0], 1, n) for n, d in enumerate(deals)])
    place = {step[1:]: number for number, step in enumerate(steps, start=1)}
    events = {
        "event_id": [f"E{name}" for name, *_ in orders],
        "sequence": [place[0, number] for number in range(len(orders))],
        "occurred_at": pa.array([NOON + timedelta(seconds=at) for _, at, *_ in orders], pa.timestamp("us", "UTC")),
        "instrument": ["BTC/JPY"] * len(orders),
        "order_id": list(whose),
        "account_id": list(whose.values()),
        "side": [side for _, _, _, side, _ in orders],
        "action": ["new"] * len(orders),
        "order_type": ["limit"] * len(orders),
        "price": pa.array([Decimal(100)] * len(orders), AMOUNT),
        "quantity": pa.array([Decimal(size) for *_, size in orders], AMOUNT),
    }
    trades = {
        "trade_id": [f"T{number}" for number in range(len(deals))],
        "sequence": [place[1, number] for number in range(len(deals))],
        "executed_at": pa.array([NOON + timedelta(seconds=at) for at, *_ in deals], pa.timestamp("us", "UTC")),
        "instrument": ["BTC/JPY"] * len(deals),
        "price": pa.array([Decimal(100)] * len(deals), AMOUNT),
        "quantity": pa.array([Decimal(1)] * len(deals), AMOUNT),
        "buy_order_id": [buy for _, buy, _ in deals],
        "sell_order_id": [sell for _, _, sell in deals],
        "buy_account_id": [whose[buy] for _, buy, _ in deals],
        "sell_account_id": [whose[sell] for _, _, sell in deals],
    }
    (stream,) = order_streams(records_of({"order_event": pa.table(events), "trade": pa.table(trades)}))
    books = (dealings(stream, *SCOPE), likeness(stream, SCOPE, CLOSE))
    return busyness(stream, books, {"G1": "G", "G2": "G"}, SCOPE, Spell(timedelta(minutes=5), CLOSE.size_ratio_min))


def crowd(second: float, number: int, *, buys: str, sells: str) -> tuple[list[Order], list[Deal]]:
    """So many trades of one with another, one a second."""
    orders: list[Order] = []
    for n in range(number):
        orders += [(f"b{second}-{n}", second + n, buys, "buy", 2), (f"s{second}-{n}", second + n, sells, "sell", 5)]
    return orders, [(second + n + 0.5, f"b{second}-{n}", f"s{second}-{n}") for n in range(number)]


def joined(*parts: tuple[list[Order], list[Deal]]) -> Busyness:
    return measured([order for orders, _ in parts for order in orders], [deal for _, deals in parts for deal in deals])


def test_two_orders_of_a_group_that_does_nothing_else_meet_by_no_chance() -> None:
    busy = joined(crowd(0, 1, buys="G1", sells="G2"), crowd(2, 30, buys="A", sells="B")).groups[PLACE]
    assert (busy.trades, busy.expected) == (2, 0)


def test_others_trades_at_other_times_do_not_thin_out_the_minutes_in_which_it_acted() -> None:
    acted = (crowd(0, 5, buys="G1", sells="A"), crowd(5, 5, buys="A", sells="G1"), crowd(10, 1, buys="G1", sells="G1"))
    alone, later = joined(*acted), joined(*acted, crowd(1000, 200, buys="A", sells="B"))
    assert alone.groups[PLACE].expected == pytest.approx(later.groups[PLACE].expected)
    assert 2 < later.groups[PLACE].expected < 4


def test_spells_without_a_meeting_are_chances_to_meet_too() -> None:
    met = (crowd(0, 3, buys="G1", sells="A"), crowd(3, 3, buys="A", sells="G1"), crowd(6, 1, buys="G1", sells="G1"))
    before = joined(*met).groups[PLACE].expected
    quiet = (crowd(1000, 4, buys="G2", sells="A"), crowd(1004, 4, buys="A", sells="G2"))
    assert joined(*met, *quiet).groups[PLACE].expected == pytest.approx(before + 4 * 4 / 8)


def test_a_group_that_never_met_itself_is_not_measured() -> None:
    assert joined(crowd(0, 3, buys="G1", sells="A"), crowd(3, 3, buys="A", sells="G2")).groups == {}


def test_pairs_are_of_its_own_orders_and_alike_when_about_one_size() -> None:
    orders: list[Order] = [
        ("x", 0, "G1", "buy", 10),
        ("y", 0, "G2", "sell", 9),
        ("z", 0, "G1", "sell", 8),
        ("o", 0, "A", "buy", 10),
    ]
    busy = measured(orders, [(1, "x", "y")]).groups[PLACE]
    assert (busy.pairs, busy.alike) == (2, 1)


def test_a_size_is_as_rare_as_it_is_among_the_groups_own_orders() -> None:
    small: list[Order] = [(f"q{n}", 0, "G1" if n % 2 else "A", "buy", 1) for n in range(20)]
    large: list[Order] = [("x", 1, "G1", "buy", 50), ("y", 1, "G2", "sell", 50)]
    assert measured([*small, *large], [(2, "x", "y")]).as_large == {"T0": pytest.approx(1 / 11)}
