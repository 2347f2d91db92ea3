"""Orders behind a trade: how near is alike, and how often ordinary orders are alike anyway."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from sekisho.typologies.order_pairs import BaseRate, Closeness, Entry, alike_trades
from sekisho.typologies.trades import Trade, YenValue, runs

NOON = datetime(2026, 6, 4, 3, tzinfo=UTC)
CLOSE = Closeness(timedelta(seconds=60), Decimal("0.0005"), Decimal("0.9"))


def trade(number: int, quantity: str = "1", buyer: str = "A1", seller: str = "A2", *, at: datetime = NOON) -> Trade:
    return Trade(f"T{number}", number, at, "BTC/JPY", Decimal(10000), Decimal(quantity), f"B{number}", f"S{number}", buyer, seller)


@pytest.mark.parametrize(
    ("seconds", "price", "quantity", "alike"),
    [
        (60, "10000", "1", True),
        (60.000001, "10000", "1", False),
        (0, "10005", "1", True),
        (0, "10005.01", "1", False),
        (0, "10000", "0", True),  # an order is at least as big as what it filled
        (0, "10000", "1.1", True),
        (0, "10000", "1.12", False),
        (0, None, "1", True),
    ],
)
def test_alike_up_to_each_bound_and_not_beyond(seconds: float, price: str | None, quantity: str, alike: bool) -> None:
    entries = {
        "B1": Entry(NOON, Decimal(10000), Decimal("1")),
        "S1": Entry(NOON - timedelta(seconds=seconds), None if price is None else Decimal(price), Decimal(quantity)),
    }
    assert alike_trades([trade(1)], entries, CLOSE).alike == ({"T1"} if alike else set())


def test_a_trade_with_one_order_on_record_is_not_known() -> None:
    said = alike_trades([trade(1)], {"B1": Entry(NOON, Decimal(10000), Decimal(1))}, CLOSE)
    assert (said.known, said.alike) == (frozenset(), frozenset())


def test_the_base_rate_leaves_out_the_pair_under_judgement_and_follows_the_market() -> None:
    sample = [trade(n) for n in range(10)] + [trade(n, buyer=f"C{n}", seller="M1") for n in range(10, 110)]
    bought = {f"B{n}": Entry(NOON, Decimal(10000), Decimal(1)) for n in range(110)}
    sold = {f"S{n}": Entry(NOON - timedelta(hours=n >= 10), Decimal(10000), Decimal(1)) for n in range(110)}
    entries = bought | sold
    rate = BaseRate(sample, alike_trades(sample, entries, CLOSE))
    assert rate.without("BTC/JPY", []) > 0.05
    assert rate.without("BTC/JPY", [("A1", "A2")]) == pytest.approx((20 * 1 / 102) / 120)
    assert BaseRate([], alike_trades([], {}, CLOSE)).without("BTC/JPY", []) == pytest.approx(0.5)  # nothing known


def test_a_new_run_begins_only_after_more_than_the_pause() -> None:
    times = [NOON, NOON + timedelta(hours=1), NOON + timedelta(hours=2, microseconds=1)]
    trades = [trade(n, at=at) for n, at in enumerate(times)]
    assert [len(run) for run in runs(trades, timedelta(hours=1))] == [2, 1]


def test_yen_value_uses_the_last_price_known_at_the_trade() -> None:
    later = NOON + timedelta(seconds=1)
    yen = YenValue({"BTC/JPY": "USD"}, {"USD": [(NOON - timedelta(days=1), Decimal(150)), (later, Decimal(160))]})
    assert yen.of([trade(1), trade(2, at=later)]) == Decimal(10000 * 310)
    assert yen.of([trade(3, at=NOON - timedelta(days=2))]) is None
