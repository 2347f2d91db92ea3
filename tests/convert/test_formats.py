"""Small files in each format's own shape, and what must become of them."""

from __future__ import annotations

import json
import zipfile
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from sekisho.records import RecordsError, open_records
from sekisho.records.convert import Conversion, Options, convert, formats
from sekisho.records.validation import validate_folder

BITSTAMP_2026 = """\
id,timestamp,exchange_timestamp,price,volume,action,direction
1,2000,1000,100.0,1.0,created,bid
2,2000,1000,101.0,2.0,created,ask
3,2100,2010,101.0,0.5,created,bid
3,2100,2010,101.0,0.2,changed,bid
2,2100,2010,101.0,1.7,changed,ask
3,2200,2110,101.0,0.2,deleted,bid
4,2300,2210,999999999.0,0.1,created,bid
4,2300,2210,101.0,0.0,deleted,bid
2,2300,2210,101.0,1.6,changed,ask
9,2350,2260,99.0,7.18e-06,deleted,bid
5,2400,2310,102.0,1.0,created,ask
5,2500,2410,102.0,0.9,changed,ask
1,3000,3000,100.0,1.0,deleted,bid
2,3000,3000,101.0,1.6,deleted,ask
5,3000,3000,102.0,0.9,deleted,ask
"""
BITSTAMP_2026_TRADES = """\
trade_id,timestamp,exchange_timestamp,price,amount,buy_order_id,sell_order_id,side
71,2105,2010,101.0,0.3,3,2,buy
72,2305,2210,101.0,0.1,4,2,buy
"""


def converted(name: str, source: Path, out: Path, **options: str) -> Conversion:
    return convert(name, source, out, Options(options))


def rows(folder: Path, table: str, *columns: str) -> list[tuple[object, ...]]:
    read = pq.read_table(folder / f"{table}.parquet", columns=list(columns)).to_pylist()
    return [tuple(row[column] for column in columns) for row in read]


@pytest.fixture
def bitstamp(tmp_path: Path) -> Path:
    source = tmp_path / "capture"
    source.mkdir()
    (source / "orders.csv").write_text(BITSTAMP_2026)
    (source / "trades.csv").write_text(BITSTAMP_2026_TRADES)
    return source


def test_bitstamp_2026_tells_fills_from_withdrawals(bitstamp: Path, tmp_path: Path) -> None:
    out = tmp_path / "books"
    conversion = converted("bitstamp-2026", bitstamp, out)
    assert rows(out, "order_event", "event_id", "order_id", "action", "order_type", "price", "quantity", "origin") == [
        ("10/entry", "9", "new", "limit", Decimal(99), Decimal("0.00000718"), "entered_unseen"),
        ("1", "1", "new", "limit", Decimal(100), Decimal(1), "starting_book"),
        ("2", "2", "new", "limit", Decimal(101), Decimal(2), "starting_book"),
        ("3", "3", "new", "limit", Decimal(101), Decimal("0.5"), "event"),
        ("6", "3", "cancel", "limit", Decimal(101), Decimal(0), "event"),
        ("7", "4", "new", "market", None, Decimal("0.1"), "event"),
        ("10", "9", "cancel", "limit", Decimal(99), Decimal(0), "event"),
        ("11", "5", "new", "limit", Decimal(102), Decimal(1), "event"),
        ("12", "5", "replace", "limit", Decimal(102), Decimal("0.9"), "event"),
    ]
    assert rows(out, "trade", "trade_id", "sequence", "buy_order_id", "sell_order_id", "aggressor_side") == [
        ("71", 5, "3", "2", "buy"),
        ("72", 8, "4", "2", "buy"),
    ]
    assert conversion.counts["starting_book_rows"] == 2
    assert conversion.counts["closing_rows"] == 3
    assert validate_folder(out) == []


def test_bitstamp_2026_options(bitstamp: Path, tmp_path: Path) -> None:
    out = tmp_path / "books"
    converted("bitstamp-2026", bitstamp, out, starting_book="drop", closing="expire", clock="local", unseen="keep")
    told = rows(out, "order_event", "event_id", "action", "occurred_at")
    assert [action for _, action, _ in told].count("expire") == 3
    assert all(str(event) not in ("1", "2", "10/entry") for event, _, _ in told)
    assert {time.timestamp() for event, _, time in told if event == "3"} == {2.1}  # type: ignore[attr-defined]


def test_bitstamp_2026_believes_neither_side_of_a_contradiction(bitstamp: Path, tmp_path: Path) -> None:
    (bitstamp / "meta.json").write_text(json.dumps({"synthetic_created": 3, "synthetic_deleted": 3}))
    with pytest.raises(
        RecordsError, match=r"meta\.json: counts 3 rows of starting book and 3 of close; the order log shows 2 and 3"
    ):
        converted("bitstamp-2026", bitstamp, tmp_path / "books")


BITSTAMP_2015 = """\
id,timestamp,exchange.timestamp,price,volume,action,direction
10,1000000,1000,236.00,100000000,created,bid
11,1000100,1000,236.00,40000000,created,ask
10,1000150,1000,236.00,60000000,changed,bid
11,1000151,1000,236.00,0,deleted,ask
5,1000200,900,240.00,50000000,deleted,ask
10,1000300,1000,236.00,60000000,deleted,bid
10,1000301,1000,236.00,60000000,deleted,bid
"""
BITSTAMP_2015_LOG = """\
1000000 order_created {"price": "236.00", "amount": "1.00000000", "datetime": "1000", "id": 10, "order_type": 0}
1000100 order_created {"price": "236.00", "amount": "0.40000000", "datetime": "1000", "id": 11, "order_type": 1}
1000120 order_book {"bids": [], "asks": []}
1000150 order_changed {"price": "236.00", "amount": "0.60000000", "datetime": "1000", "id": 10, "order_type": 0}
1000151 order_deleted {"price": "236.00", "amount": "0.00000000", "datetime": "1000", "id": 11, "order_type": 1}
1000160 trade {"price": 236.0, "amount": 0.40000000000000002, "id": 77}
1000300 order_deleted {"price": "236.00", "amount": "0.60000000", "datetime": "1000", "id": 10, "order_type": 0}
"""


@pytest.mark.parametrize(("name", "text", "trade"), [("orders.csv", BITSTAMP_2015, "3+4"), ("x.log", BITSTAMP_2015_LOG, "77")])
def test_bitstamp_2015_finds_the_trade(name: str, text: str, trade: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    out = tmp_path / "books"
    converted("bitstamp-2015", tmp_path / name, out)
    expected = (trade, Decimal(236), Decimal("0.4"), "10", "11", "sell")
    assert rows(out, "trade", "trade_id", "price", "quantity", "buy_order_id", "sell_order_id", "aggressor_side") == [expected]
    events = rows(out, "order_event", "order_id", "action")
    assert events.count(("10", "cancel")) == 1
    assert ("11", "cancel") not in events
    assert validate_folder(out) == []


LOBSTER = """\
34200.015105074,1,1,100,1000000,1
34200.1,1,2,50,1000100,-1
34200.2,2,1,30,1000000,1
34200.3,4,1,20,1000000,1
34200.4,5,0,7,1000050,-1
34200.5,7,0,0,-1,-1
34200.6,3,1,50,1000000,1
34200.7,2,9,5,999900,1
34200.8,4,9,6,999900,1
"""


def test_lobster_follows_what_is_left(tmp_path: Path) -> None:
    packed = tmp_path / "sample.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("GOOG_2012-06-21_34200000_57600000_message_5.csv", LOBSTER)
        archive.writestr("GOOG_2012-06-21_34200000_57600000_orderbook_5.csv", "1,1,1,1\n")
    out = tmp_path / "books"
    conversion = converted("lobster", packed, out)
    assert rows(out, "order_event", "sequence", "order_id", "action", "quantity", "origin") == [
        (1, "1", "new", Decimal(100), "event"),
        (2, "2", "new", Decimal(50), "event"),
        (3, "1", "replace", Decimal(70), "event"),
        (7, "1", "cancel", Decimal(0), "event"),
        (8, "9", "replace", Decimal(6), "entered_unseen"),
    ]
    assert rows(out, "trade", "sequence", "price", "buy_order_id", "sell_order_id", "aggressor_side", "hidden") == [
        (4, Decimal(100), "1", None, "sell", False),
        (5, Decimal("100.005"), None, None, "buy", True),
        (9, Decimal("99.99"), "9", None, "sell", False),
    ]
    first = rows(out, "order_event", "occurred_at")[0][0]
    assert first.isoformat() == "2012-06-21T13:30:00.015105+00:00"  # type: ignore[attr-defined]
    assert any("halted at 2012-06-21T13:30:00.500000Z" in note for note in conversion.notes)


def test_lobster_refuses_the_same_day_twice(tmp_path: Path) -> None:
    for levels in (1, 5):
        (tmp_path / f"GOOG_2012-06-21_34200000_57600000_message_{levels}.csv").write_text(LOBSTER)
    with pytest.raises(RecordsError, match="tells the same day of GOOG"):
        converted("lobster", tmp_path, tmp_path / "books")


def test_binance_duplicates_are_left_out_and_counted(tmp_path: Path) -> None:
    head = "timestamp_ms,side,price,amount\n"
    (tmp_path / "AAA_2020-01-01_00-00.csv").write_text(head + "1000,buy,1.382e-05,5.0\n1000,buy,1.382e-05,5.0\n2000,sell,1e-05,1\n")
    (tmp_path / "AAA_2020-01-02_00-00.csv").write_text(head + "2000,sell,0.00001,1.0\n3000,sell,1e-05,1\n")
    out = tmp_path / "books"
    conversion = converted("binance-trades", tmp_path, out)
    assert conversion.counts == {"duplicates_within_a_file": 1, "duplicates_across_files": 1}
    assert [row[0] for row in rows(out, "trade", "trade_id")] == [
        "AAA_2020-01-01_00-00:1",
        "AAA_2020-01-01_00-00:3",
        "AAA_2020-01-02_00-00:2",
    ]
    assert validate_folder(out) == []


ACCOUNT_ORDERS = """\
order_id,account_id,instrument_id,side,price,qty,order_type,timestamp_ns,status,venue
O1,A1,ACME,Buy,10.00,5,Limit,1700000000000000100,New,SIM
O2,A2,ACME,Sell,10.00,5,Limit,1700000000000000900,New,SIM
O3,A3,ACME,Buy,10.01,2,Market,1700000000000002000,New,SIM
O4,A3,ACME,Buy,9.00,2,Limit,1700000000000002000,New,SIM
O4,A3,ACME,Buy,9.00,2,Limit,1700000000000009000,Cancelled,SIM
"""
ACCOUNT_EXECUTIONS = """\
trade_id,order_id,account_id,instrument_id,price,qty,timestamp_ns,counterparty_account_id,venue
E2,O2,A2,ACME,10.00,5,1700000000000001500,A1,SIM
E1,O1,A1,ACME,10.00,5,1700000000000001500,A2,SIM
E3,O3,A3,ACME,10.01,2,1700000000000003000,A2,SIM
"""


def account_source(tmp_path: Path) -> Path:
    source = tmp_path / "accounts"
    source.mkdir()
    (source / "orders.csv").write_text(ACCOUNT_ORDERS)
    (source / "executions.csv").write_text(ACCOUNT_EXECUTIONS)
    (source / "accounts_with_links.csv").write_text(
        "account_id,beneficial_owner_id,entity_type,linked_account_ids\nA1,W1,Client,A2;A3\nA2,W1,Proprietary,A1\nA3,W3,Client,\n"
    )
    (source / "accounts_without_links.csv").write_text("account_id,entity_type\nA1,Client\nA2,Proprietary\nA3,Client\n")
    return source


def test_account_orders_make_one_trade_of_two_mirror_rows(tmp_path: Path) -> None:
    out = tmp_path / "books"
    converted("account-orders", account_source(tmp_path), out)
    columns = ("trade_id", "buy_order_id", "sell_order_id", "buy_account_id", "sell_account_id", "aggressor_side")
    assert rows(out, "trade", *columns) == [
        ("E1+E2", "O1", "O2", "A1", "A2", "sell"),
        ("E3", "O3", None, "A3", "A2", "buy"),
    ]
    assert rows(out, "order_event", "event_id", "sequence", "price") == [
        ("O1/new", 1, Decimal(10)),
        ("O2/new", 2, Decimal(10)),
        ("O3/new", 4, None),
        ("O4/new", 5, Decimal(9)),
        ("O4/cancel", 7, Decimal(9)),
    ]
    assert rows(out, "account", "account_id", "party_id", "kind") == [
        ("A1", "W1", "customer"),
        ("A2", "W1", "house"),
        ("A3", "W3", "customer"),
    ]
    assert rows(out, "party_link", "party_id", "linked_party_id", "relation") == [("W1", "W3", "same_owner")]
    assert validate_folder(out) == []


def test_account_orders_without_links_know_no_owner(tmp_path: Path) -> None:
    out = tmp_path / "books"
    converted("account-orders", account_source(tmp_path), out, accounts="without_links")
    assert len({party for (party,) in rows(out, "account", "party_id")}) == 3
    assert "party_link" not in open_records(out).present


def test_execution_of_an_unknown_order_is_refused(tmp_path: Path) -> None:
    source = account_source(tmp_path)
    with (source / "executions.csv").open("a") as file:
        file.write("E9,O9,A3,ACME,10.01,2,1700000000000003000,A2,SIM\n")
    with pytest.raises(RecordsError, match=r"executions\.csv, row 4, column 'order_id': 'O9' is not an order"):
        converted("account-orders", source, tmp_path / "books")


def test_same_source_gives_the_same_bytes(bitstamp: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        converted("bitstamp-2026", bitstamp, tmp_path / name)
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert files == ["asset.parquet", "conversion.json", "instrument.parquet", "order_event.parquet", "trade.parquet"]
    assert all((tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes() for name in files)


def test_every_format_explains_itself(shared_docs: str) -> None:
    for name, format_ in formats().items():
        assert format_.DESCRIPTION
        assert f"## {name}\n" in shared_docs
        for option in format_.OPTIONS:
            assert option in ("instrument", "quote", "country") or option in shared_docs


@pytest.fixture(scope="module")
def shared_docs() -> str:
    return (Path(__file__).parents[2] / "docs" / "converters.md").read_text(encoding="utf-8")
