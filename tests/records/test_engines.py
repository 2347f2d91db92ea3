"""DuckDB and Spark open the same folder to equal tables."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from records.small_exchange import arrow, sound, write_csv, write_parquet
from sekisho.records import TABLES, RecordsError, TableMissing, open_records, records_of


def every_format(folder: Path) -> Path:
    """A folder with Parquet files, parts by day, plain parts, CSV, a table of floats, and a column nobody knows."""
    folder.mkdir(exist_ok=True)
    tables = sound()
    orders, trades = tables.pop("order_event"), tables.pop("trade")
    write_csv(folder, {name: tables[name] for name in ("customer_balance", "transfer")})
    write_parquet(folder, {"account": tables["account"]})
    for day, rows in (("2026-05-01", orders[:3]), ("2026-05-02", orders[3:])):
        (folder / "order_event" / f"date={day}").mkdir(parents=True)
        pq.write_table(arrow("order_event", rows), folder / "order_event" / f"date={day}" / "part-0.parquet")
    (folder / "trade").mkdir()
    (folder / "trade" / "_SUCCESS").touch()
    for number, trade in enumerate(trades):
        part = arrow("trade", [trade])
        part = part.append_column("venue_note", pa.array(["crossed"])) if number == 1 else part
        pq.write_table(part, folder / "trade" / f"part-{number}.parquet")
    prices = {"asset": ["BTC"], "quoted_at": arrow("wallet_balance", sound()["wallet_balance"])["observed_at"][:1]}
    floats = pa.table({**prices, "price_jpy": [10_500_000.1], "source": ["cutoff"]})
    pq.write_table(floats, folder / "reference_price.parquet")
    return folder


def test_both_engines_open_a_folder_to_equal_tables(tmp_path: Path, spark: None) -> None:
    folder = every_format(tmp_path / "the firm's [own] {books} *?")  # a name with everything a shell or an engine might expand
    one, other = open_records(folder, threads=1), open_records(folder, engine="spark", threads=1)
    assert one.present == other.present
    assert one.present == {"account", "order_event", "trade", "reference_price", "customer_balance", "transfer"}
    assert one.warnings == other.warnings
    assert [w for w in one.warnings if "reference_price" in w]
    for name in sorted(one.present):
        left, right = getattr(one, name), getattr(other, name)
        assert left.schema() == right.schema(), name
        rows = [sorted(table.to_pyarrow().to_pylist(), key=TABLES[name].name_of) for table in (left, right)]
        assert rows[0] == rows[1], name
    assert one.order_event.schema().names[-1] == "date"
    assert one.trade.schema().names[-1] == "venue_note"


@pytest.mark.parametrize("engine", ["duckdb", "spark"])
def test_records_in_memory_are_filled_and_joined(engine: str, request: pytest.FixtureRequest) -> None:
    if engine == "spark":
        request.getfixturevalue("spark")
    given = arrow("trade", sound()["trade"]).select(["trade_id", "sequence", "executed_at", "instrument", "price", "quantity"])
    records = records_of({"trade": given}, engine=engine)
    assert records.present == {"trade"}
    assert list(records.trade.columns) == TABLES["trade"].arrow_schema.names
    assert records.trade.buy_order_id.notnull().sum().to_pyarrow().as_py() == 0
    wanted = records.memory("wanted", pa.table({"trade_id": ["T2", "T9"]}))
    assert records.trade.semi_join(wanted, "trade_id").trade_id.to_pyarrow().to_pylist() == ["T2"]
    assert records.optional("party").count().to_pyarrow().as_py() == 0
    assert records.optional("party").schema() == records.optional("party").schema()
    with pytest.raises(TableMissing, match="no table 'party'"):
        _ = records.party
    with pytest.raises(AttributeError, match="'partys' is not a record table"):
        _ = records.partys


def test_two_folders_open_at_once_do_not_mix(tmp_path: Path, spark: None) -> None:
    tables = sound()
    first = open_records(write_csv(tmp_path / "first", {"party": tables["party"]}), engine="spark")
    second = open_records(write_csv(tmp_path / "second", {"party": tables["party"][:1]}), engine="spark")
    assert [records.party.count().to_pyarrow().as_py() for records in (first, second)] == [2, 1]


def test_an_unknown_engine_or_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordsError, match="engine pandas: is not known; choose duckdb or spark"):
        open_records(tmp_path, engine="pandas")
    with pytest.raises(RecordsError, match="trades: is not a record table"):
        records_of({"trades": pa.table({"trade_id": ["T1"]})})


def test_records_outlive_the_variable_that_opened_them(tmp_path: Path) -> None:
    party = open_records(write_csv(tmp_path, {"party": sound()["party"]})).party
    assert party.count().to_pyarrow().as_py() == 2
