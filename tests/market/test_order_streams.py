"""Order streams: exact whole numbers, in the venue's order, the same on every engine and every reading."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sekisho.engine.order_streams import OrderStreamError, map_streams, order_streams
from sekisho.records import Records, open_records, records_of
from sekisho.typologies.order_stream import CANCEL, COLUMNS, NEW, NO_PRICE, NOBODY, TRADE, OrderStream

START = datetime(2026, 6, 4, 1, tzinfo=UTC)


def small(engine: str = "duckdb", **changed: object) -> Records:
    return records_of(small_tables(**changed), engine=engine)


def small_tables(price: str = "100.5", tick: str | None = None) -> dict[str, pa.Table]:
    """Two instruments, rows out of order, one market order, one trade; ETH/JPY has a trade and no order events."""
    orders = [
        # event, sequence, instrument, order, account, side, action, type, price, quantity
        ("E3", 5, "BTC/JPY", "O1", "A1", "buy", "cancel", "limit", price, "0"),
        ("E1", 1, "BTC/JPY", "O1", "A1", "buy", "new", "limit", price, "0.75"),
        ("E2", 3, "BTC/JPY", "O2", None, "sell", "new", "market", None, "0.25"),
        ("E4", 2, "XRP/JPY", "O9", "A2", "sell", "new", "limit", "80", "1000"),
    ]
    names = ["event_id", "sequence", "instrument", "order_id", "account_id", "side", "action", "order_type", "price", "quantity"]
    events = dict(zip(names, map(list, zip(*orders, strict=True)), strict=True))
    events["price"], events["quantity"] = (_decimal(events[name]) for name in ("price", "quantity"))
    events["occurred_at"] = pa.array([START + timedelta(seconds=row[1]) for row in orders], pa.timestamp("us", "UTC"))
    trades = {
        "trade_id": ["T1", "T2"],
        "sequence": [3, 9],
        "executed_at": pa.array([START, START], pa.timestamp("us", "UTC")),
        "instrument": ["BTC/JPY", "ETH/JPY"],
        "price": _decimal([price, "7"]),
        "quantity": _decimal(["0.25", "2"]),
        "buy_order_id": ["O1", None],
        "sell_order_id": ["O2", None],
        "buy_account_id": ["A1", None],
        "aggressor_side": ["sell", None],
    }
    tables = {"order_event": pa.table(events), "trade": pa.table(trades)}
    if tick:
        lot = {"base_asset": ["BTC"], "quote_asset": ["JPY"], "tick_size": _decimal([tick]), "lot_size": _decimal(["0.0001"])}
        tables["instrument"] = pa.table({"instrument": ["BTC/JPY"], **lot})
    return tables


def _decimal(texts: list[str | None]) -> pa.Array:
    return pa.array([None if text is None else Decimal(text) for text in texts], pa.decimal128(38, 18))


def told(stream: OrderStream) -> dict[str, object]:
    """A stream as plain values."""
    arrays = {name: getattr(stream, name).tolist() for name in COLUMNS}
    names = {name: getattr(stream, name).to_pylist() for name in ("order_ids", "account_ids", "trade_ids")}
    return {**arrays, **names, "instrument": stream.instrument, "tick": stream.tick, "lot": stream.lot}


def test_events_and_trades_come_in_the_venue_s_order() -> None:
    bitcoin, ether, ripple = order_streams(small())
    assert [stream.instrument for stream in (bitcoin, ether, ripple)] == ["BTC/JPY", "ETH/JPY", "XRP/JPY"]
    assert bitcoin.sequence.tolist() == [1, 3, 3, 5]
    assert bitcoin.kind.tolist() == [NEW, NEW, TRADE, CANCEL]
    assert bitcoin.order_ids.take(pa.array(bitcoin.order)).to_pylist() == ["O1", "O2", "O1", "O1"]
    assert bitcoin.contra_order.tolist() == [NOBODY, NOBODY, 1, NOBODY]
    assert bitcoin.account.tolist() == [0, NOBODY, 0, 0]
    assert bitcoin.price.tolist()[1] == NO_PRICE
    assert ether.kind.tolist() == [TRADE]
    assert ripple.trade_ids.to_pylist() == []


def test_numbers_are_exact_multiples_of_tick_and_lot() -> None:
    stream = next(iter(order_streams(small(tick="0.01"))))
    assert stream.tick == Decimal("0.01")
    assert int(stream.price[0]) * stream.tick == Decimal("100.5")
    assert int(stream.quantity[0]) * stream.lot == Decimal("0.75")


def test_a_price_off_the_tick_makes_the_unit_finer_and_never_rounds() -> None:
    stream = next(iter(order_streams(small(price="100.125", tick="0.1"))))
    assert int(stream.price[0]) * stream.tick == Decimal("100.125")


def test_a_number_too_long_for_63_bits_is_refused() -> None:
    with pytest.raises(OrderStreamError, match="instrument BTC/JPY: column 'price'"):
        list(order_streams(small(price="12345678901.123456789012345678")))


def test_the_second_rule_reads_the_same_without_sorting() -> None:
    records = small()
    first = [told(stream) for stream in order_streams(records)]
    assert [told(stream) for stream in map_streams(records, _itself)] == first


def _itself(stream: OrderStream) -> OrderStream:
    return stream


def test_equal_sequence_numbers_are_put_in_one_order() -> None:
    tables = small_tables()
    twice = tables["order_event"].set_column(1, "sequence", pa.array([1, 1, 1, 1]))
    back = twice.take(pa.array([3, 2, 1, 0]))
    streams = [list(order_streams(records_of({**tables, "order_event": rows}))) for rows in (twice, back)]
    assert [told(stream) for stream in streams[0]] == [told(stream) for stream in streams[1]]


def test_shuffled_parts_give_the_same_streams(tmp_path: Path) -> None:
    with records_of(small_tables()) as whole:
        tables = {name: getattr(whole, name).to_pyarrow() for name in ("order_event", "trade")}
        expected = [told(stream) for stream in order_streams(whole)]
    for name, rows in tables.items():
        (tmp_path / name).mkdir()
        for part, row in enumerate(reversed(range(rows.num_rows))):
            pq.write_table(rows.slice(row, 1), tmp_path / name / f"part-{part}.parquet")
    assert [told(stream) for stream in order_streams(open_records(tmp_path))] == expected


@pytest.mark.usefixtures("spark")
def test_spark_gives_the_same_streams() -> None:
    one, other = ([told(stream) for stream in order_streams(small(engine))] for engine in ("duckdb", "spark"))
    assert one == other
