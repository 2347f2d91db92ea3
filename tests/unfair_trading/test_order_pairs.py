"""Orders behind a trade: how near is alike, and how often ordinary orders are alike anyway."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest

from sekisho.engine.order_streams import order_streams
from sekisho.records import records_of
from sekisho.typologies.meetings import Scope, likeness
from sekisho.typologies.order_pairs import AlikeTrades, BaseRate, Closeness
from sekisho.typologies.trades import Trade, YenValue, runs

NOON = datetime(2026, 6, 4, 3, tzinfo=UTC)
CLOSE = Closeness(timedelta(seconds=60), Decimal("0.0005"), Decimal("0.9"))


def trade(number: int, quantity: str = "1", buyer: str = "A1", seller: str = "A2", *, at: datetime = NOON) -> Trade:
    return Trade(f"T{number}", number, at, "BTC/JPY", Decimal(10000), Decimal(quantity), f"B{number}", f"S{number}", buyer, seller)


def compared(*orders: tuple[str, float, str | None, str], quantity: str = "1") -> tuple[list[bool], list[bool]]:
    """Known and alike of one trade of B1 and S1; orders are (name, seconds before noon, price, quantity)."""
    amount = pa.decimal128(38, 8)

    def amounts(texts: list[str | None]) -> pa.Array:
        return pa.array([None if text is None else Decimal(text) for text in texts], amount)

    events = {
        "event_id": [f"E{name}" for name, *_ in orders],
        "sequence": list(range(1, len(orders) + 1)),
        "occurred_at": pa.array([NOON - timedelta(seconds=early) for _, early, *_ in orders], pa.timestamp("us", "UTC")),
        "instrument": ["BTC/JPY"] * len(orders),
        "order_id": [name for name, *_ in orders],
        "account_id": ["A1" if name == "B1" else "A2" for name, *_ in orders],
        "side": ["buy" if name == "B1" else "sell" for name, *_ in orders],
        "action": ["new"] * len(orders),
        "order_type": ["market" if price is None else "limit" for _, _, price, _ in orders],
        "price": amounts([price for _, _, price, _ in orders]),
        "quantity": amounts([size for *_, size in orders]),
    }
    one = trade(1, quantity)._asdict() | {"sequence": 9}
    trades = pa.table({name: [value] for name, value in one.items()})
    trades = trades.set_column(2, "executed_at", pa.array([NOON], pa.timestamp("us", "UTC")))
    (stream,) = order_streams(records_of({"order_event": pa.table(events), "trade": trades}))
    told = likeness(stream, Scope(date(2020, 5, 1), 86400), CLOSE)
    return told.known.tolist(), told.alike.tolist()


@pytest.mark.parametrize(
    ("seconds", "price", "quantity", "alike"),
    [
        (60, "10000", "1", True),
        (60.000001, "10000", "1", False),
        (0, "10005", "1", True),
        (0, "10005.01", "1", False),
        (0, "10000", "0.5", True),  # an order is at least as big as what it filled
        (0, "10000", "1.1", True),
        (0, "10000", "1.12", False),
        (0, None, "1", True),
    ],
)
def test_alike_up_to_each_bound_and_not_beyond(seconds: float, price: str | None, quantity: str, alike: bool) -> None:
    assert compared(("B1", 0, "10000", "1"), ("S1", seconds, price, quantity)) == ([True], [alike])


def test_a_trade_with_one_order_on_record_is_not_known() -> None:
    assert compared(("B1", 0, "10000", "1")) == ([False], [False])


def test_the_base_rate_leaves_out_the_trades_under_judgement_and_follows_the_market() -> None:
    ordinary = [trade(n) for n in range(110)]
    alike = AlikeTrades.of(ordinary, [True] * 110, [n < 10 for n in range(110)])
    rate = BaseRate({"BTC/JPY": (110, 10)}, alike)
    assert rate.without("BTC/JPY", (0, 0)) > 0.05
    assert rate.without("BTC/JPY", rate.of_own(ordinary[:10])) == pytest.approx((20 * 1 / 102) / 120)
    left_out = BaseRate({"BTC/JPY": (110, 10)}, alike, ordinary[:10])
    assert left_out.without("BTC/JPY", left_out.of_own(ordinary[:10])) == pytest.approx((20 * 1 / 102) / 120)
    assert BaseRate({}, AlikeTrades.none()).without("BTC/JPY", (0, 0)) == pytest.approx(0.5)  # nothing known


def test_a_new_run_begins_only_after_more_than_the_pause() -> None:
    times = [NOON, NOON + timedelta(hours=1), NOON + timedelta(hours=2, microseconds=1)]
    trades = [trade(n, at=at) for n, at in enumerate(times)]
    assert [len(run) for run in runs(trades, timedelta(hours=1))] == [2, 1]


def test_yen_value_uses_the_last_price_known_at_the_trade() -> None:
    later = NOON + timedelta(seconds=1)
    yen = YenValue({"BTC/JPY": "USD"}, {"USD": [(NOON - timedelta(days=1), Decimal(150)), (later, Decimal(160))]})
    assert yen.of([trade(1), trade(2, at=later)]) == Decimal(10000 * 310)
    assert yen.of([trade(3, at=NOON - timedelta(days=2))]) is None
