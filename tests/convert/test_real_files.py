"""The reference files: what each format must make of them, to the row."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from sekisho.records.convert import Conversion, Options, convert
from sekisho.records.validation import validate_folder


def converted(name: str, source: Path, out: Path, **options: str) -> Conversion:
    if not source.exists():
        pytest.skip(f"no reference data at {source}; set SEKISHO_DATA to run this test")
    return convert(name, source, out, Options(options))


def one(query: str) -> tuple[object, ...]:
    row = duckdb.connect().execute(query).fetchone()
    assert row is not None
    return row


def test_bitstamp_2026(shared_data: Path, tmp_path: Path) -> None:
    out = tmp_path / "books"
    conversion = converted("bitstamp-2026", shared_data / "market" / "bitstamp_2026", out)
    assert dict(conversion.rows) == {"order_event": 306_982, "trade": 284, "instrument": 1, "asset": 2}
    assert conversion.counts["starting_book_rows"] == 6_512
    assert conversion.counts["closing_rows"] == 6_518
    assert conversion.counts["fill_rows"] == 568
    assert conversion.counts["trades_without_a_fill_row"] == 0
    # Created orders without the starting book: what the protocol of the set counts alerts against.
    events = f"read_parquet('{out}/order_event.parquet')"
    assert one(f"SELECT count(*) FROM {events} WHERE action = 'new' AND origin = 'event'") == (150_377,)
    assert validate_folder(out) == []


@pytest.mark.parametrize(
    ("source", "options", "trades"), [("orders.csv.xz", {}, 482), (".", {"trades": "inferred"}, 546), (".", {}, 575)]
)
def test_bitstamp_2015(source: str, options: dict[str, str], trades: int, shared_data: Path, tmp_path: Path) -> None:
    out = tmp_path / "books"
    conversion = converted("bitstamp-2015", shared_data / "market" / "bitstamp_2015" / source, out, **options)
    assert conversion.counts["rows_kept"] == 50_393
    assert conversion.rows["trade"] == trades
    assert validate_folder(out) == []


def test_lobster(shared_data: Path, tmp_path: Path) -> None:
    out = tmp_path / "books"
    source = shared_data / "market" / "lobster" / "LOBSTER_SampleFile_AMZN_2012-06-21_1.zip"
    conversion = converted("lobster", source, out)
    assert sum(conversion.counts[kind] for kind in ("new", "reduced", "deleted", "executed", "hidden")) == 57_515
    assert conversion.rows["order_event"] + conversion.rows["trade"] == 57_515
    unseen = {problem.kind for problem in validate_folder(out)}
    assert len(unseen) <= 2, "only orders that entered unseen, and trades of such orders, may hang in the air"


def test_binance_trades(shared_data: Path, tmp_path: Path) -> None:
    out = tmp_path / "books"
    source = shared_data / "market" / "pumps" / "trades" / "NEBL_2020-11-02_18-00.csv.gz"
    conversion = converted("binance-trades", source, out)
    everything = f"read_csv('{source}')"
    expected = one(f"SELECT count(*) FROM (SELECT DISTINCT * FROM {everything})")
    assert (conversion.rows["trade"],) == expected
    assert validate_folder(out) == []


def test_account_orders(shared_data: Path, tmp_path: Path) -> None:
    out = tmp_path / "books"
    source = shared_data / "market" / "account_abuse"
    conversion = converted("account-orders", source, out)
    assert conversion.rows["trade"] == 112_855
    assert conversion.rows["order_event"] == 173_278
    labels = f"(SELECT id FROM read_csv('{source}/labels.csv') WHERE kind = 'trade')"
    ids = f"(SELECT unnest(string_split(trade_id, '+')) AS id FROM read_parquet('{out}/trade.parquet'))"
    assert one(f"SELECT count(*) FROM {labels} ANTI JOIN {ids} USING (id)") == (0,)
    assert one(f"SELECT count(DISTINCT id) FROM {ids}") == (112_870,)
    problems = validate_folder(out)
    assert len(problems) == 7
    assert all("limit" in problem.problem for problem in problems)


def test_account_orders_of_one_case(shared_data: Path, tmp_path: Path) -> None:
    conversion = converted("account-orders", shared_data / "market" / "account_abuse" / "sarao", tmp_path / "books")
    assert dict(conversion.rows) == {"order_event": 61, "instrument": 1, "asset": 2, "account": 2, "party": 2}
    assert validate_folder(tmp_path / "books") == []
