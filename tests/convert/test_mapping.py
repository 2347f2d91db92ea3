"""The mapping file of the documentation runs as printed, and whatever it might get wrong is refused with file and line."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sekisho.records import RecordsError
from sekisho.records.convert import Conversion, Options, convert
from sekisho.records.validation import validate_folder

PAGE = Path(__file__).parents[2] / "docs" / "converters.md"
TRADES = """\
tables:
  trade:
    file: fills.csv
    columns:
      trade_id: {column: id}
      sequence: {column: seq}
      executed_at: {column: at, time: iso}
      instrument: {constant: BTC/JPY}
      price: {column: price}
      quantity: {column: quantity}
"""
FILLS = "id,seq,at,price,quantity\nT1,1,2026-05-02T00:00:00Z,100,1\nT2,2,2026-05-02T09:00:01.1234567+09:00,100,0.5\n"


def example(folder: Path) -> Path:
    """Write the three files printed on the page; returns the mapping."""
    text = PAGE.read_text(encoding="utf-8")
    for name, content in re.findall(r"^`([\w.]+)`\n\n```\w+\n(.*?)```", text, flags=re.DOTALL | re.MULTILINE):
        (folder / name).write_text(content, encoding="utf-8")
    return folder / "mapping.yaml"


def mapped(folder: Path, mapping: str, **files: str) -> Conversion:
    path = folder / "mapping.yaml"
    path.write_text(mapping, encoding="utf-8")
    for name, content in files.items():
        (folder / f"{name}.csv").write_text(content, encoding="utf-8")
    return convert("mapping", folder, folder / "books", Options(mapping=path))


def refused(folder: Path, mapping: str, **files: str) -> str:
    with pytest.raises(RecordsError) as caught:
        mapped(folder, mapping, **files)
    assert not (folder / "books").exists()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_the_printed_example_runs(tmp_path: Path) -> None:
    out = tmp_path / "books"
    conversion = convert("mapping", tmp_path, out, Options(mapping=example(tmp_path)))
    assert conversion.rows == {"order_event": 4, "trade": 1}
    assert conversion.counts == {"order_event_rows_left_out": 1}
    events = pq.read_table(out / "order_event.parquet").to_pylist()
    assert [(e["event_id"], e["sequence"], e["side"], e["action"], e["price"], e["quantity"]) for e in events] == [
        ("1/open", 1, "buy", "new", Decimal("9000000.5"), Decimal("0.5")),
        ("2/open", 2, "sell", "new", Decimal("9000000.5"), Decimal("0.5")),
        ("3/open", 4, "sell", "new", Decimal(9000002), Decimal("0.7")),
        ("3/done", 5, "sell", "cancel", Decimal(9000002), Decimal(0)),
    ]
    assert events[0]["occurred_at"] == datetime(2026, 5, 2, tzinfo=UTC)
    trade = pq.read_table(out / "trade.parquet").to_pylist()[0]
    assert (trade["sequence"], trade["quantity"], trade["sell_account_id"]) == (
        3,
        Decimal("0.5"),
        "u2",
    )
    assert validate_folder(out) == []


def test_iso_times_with_their_offset(tmp_path: Path) -> None:
    mapped(tmp_path, TRADES, fills=FILLS)
    trades = pq.read_table(tmp_path / "books" / "trade.parquet")
    assert [t["executed_at"] for t in trades.to_pylist()] == [
        datetime(2026, 5, 2, tzinfo=UTC),
        datetime(2026, 5, 2, 0, 0, 1, 123456, tzinfo=UTC),
    ]
    assert trades.schema.field("price").type == pa.decimal128(18, 8)


def test_parquet_source_keeps_decimals_and_offsets(tmp_path: Path) -> None:
    table = pa.table(
        {
            "id": ["T1"],
            "seq": [7],
            "at": pa.array([datetime(2026, 5, 2, 3, tzinfo=UTC)], pa.timestamp("us", "Asia/Tokyo")),
            "price": pa.array([Decimal("100.12345678")], pa.decimal128(20, 8)),
            "quantity": pa.array([Decimal("0.5")], pa.decimal128(20, 8)),
        }
    )
    pq.write_table(table, tmp_path / "fills.parquet")
    mapped(tmp_path, TRADES.replace("fills.csv", "fills.parquet"))
    (trade,) = pq.read_table(tmp_path / "books" / "trade.parquet").to_pylist()
    assert (trade["executed_at"], trade["price"]) == (datetime(2026, 5, 2, 3, tzinfo=UTC), Decimal("100.12345678"))


def test_japanese_encoding_and_headerless_file(tmp_path: Path) -> None:
    mapping = TRADES.replace(
        "    file: fills.csv\n",
        "    file: fills.csv\n    encoding: cp932\n    header: [id, seq, at, price, quantity, memo]\n    keep: [memo]\n",
    )
    (tmp_path / "fills.csv").write_text("T1,1,2026-05-02T00:00:00Z,100,1,約定\n", encoding="cp932")
    mapped(tmp_path, mapping)
    assert pq.read_table(tmp_path / "books" / "trade.parquet").column("memo").to_pylist() == ["約定"]


MISTAKES = {
    "unknown key": (TRADES.replace("file: fills.csv", "fle: fills.csv"), r"mapping\.yaml:3: .*(file|fle)"),
    "unknown table": (TRADES.replace("  trade:", "  trades:"), r"mapping\.yaml:\d+: 'trades' is not a record table"),
    "unknown target": (TRADES.replace("quantity: {", "amount: {"), r"mapping\.yaml:\d+: trade has no column 'amount'"),
    "missing target": (TRADES.replace("      price: {column: price}\n", ""), r"mapping\.yaml:\d+: trade needs the column 'price'"),
    "unknown column key": (
        TRADES.replace("{column: price}", "{column: price, round: 2}"),
        r"mapping\.yaml:9: .*unknown key 'round'",
    ),
    "two sources": (TRADES.replace("{column: price}", "{column: price, constant: 1}"), r":9: 'price' needs exactly one of"),
    "no time": (TRADES.replace(", time: iso", ""), r":7: 'executed_at' needs 'time'"),
    "zone of a Unix time": (TRADES.replace("time: iso", "time: unix_s, zone: UTC"), r":7: .*a Unix time has no zone"),
    "neither offset nor zone": (TRADES.replace("time: iso", 'time: "%Y"'), r":7: .*give 'zone' or put %z"),
    "unknown zone": (TRADES.replace("time: iso", "time: iso, zone: Mars/Base"), r":7: zone 'Mars/Base' is not known"),
    "bad constant": (TRADES.replace("{column: quantity}", "{constant: -1}"), r":10: 'quantity' cannot be the constant '-1'"),
    "missing source column": (TRADES.replace("{column: price}", "{column: px}"), r"fills\.csv, column 'px': is missing"),
    "missing file": (TRADES.replace("fills.csv", "other.csv"), r"mapping\.yaml:\d+: no file 'other\.csv'"),
    "mixed sequence": (
        TRADES.replace("{column: seq}", "{computed: time}")
        + "  order_event:\n    file: x.csv\n    columns:\n"
        + "".join(f"      {c}: {{constant: '1'}}\n" for c in ("event_id", "sequence", "order_id", "instrument", "quantity"))
        + "      occurred_at: {column: t, time: iso}\n      side: {constant: buy}\n      action: {constant: new}\n"
        + "      order_type: {constant: limit}\n",
        r"'sequence' is computed in one table and read in another",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_in_the_mapping_name_file_and_line(mistake: str, tmp_path: Path) -> None:
    mapping, message = MISTAKES[mistake]
    assert re.search(message, refused(tmp_path, mapping, fills=FILLS))


VALUES = {
    "not a number": ("T1,1,2026-05-02T00:00:00Z,NaN,1", "fills.csv, row 1, column 'price': 'NaN' is not a positive number"),
    "negative": ("T1,1,2026-05-02T00:00:00Z,100,-1", "fills.csv, row 1, column 'quantity': '-1' is not a positive number"),
    "empty": ("T1,1,2026-05-02T00:00:00Z,,1", "fills.csv, row 1, column 'price': nothing is not"),
    "too fine": ("T1,1,2026-05-02T00:00:00Z,1.123456789,1", "column 'price': '1.123456789' is not a positive number of at most"),
    "no offset": ("T1,1,2026-05-02T00:00:00,100,1", "column 'at': '2026-05-02T00:00:00' is not a time with its UTC offset"),
    "no such day": ("T1,1,2026-02-30T00:00:00Z,100,1", "column 'at': '2026-02-30T00:00:00Z' is not a time"),
    "sequence": ("T1,1.5,2026-05-02T00:00:00Z,100,1", "column 'seq': '1.5' is not a whole number"),
}


@pytest.mark.parametrize("fault", VALUES)
def test_bad_values_name_row_and_column(fault: str, tmp_path: Path) -> None:
    line, message = VALUES[fault]
    assert message in refused(tmp_path, TRADES, fills=f"id,seq,at,price,quantity\n{line}\n")


def test_times_with_and_without_an_offset_cannot_mix(tmp_path: Path) -> None:
    local = TRADES.replace("time: iso", "time: iso, zone: Asia/Tokyo")
    message = refused(
        tmp_path, local, fills="id,seq,at,price,quantity\nT1,1,2026-05-02T09:00:00,1,1\nT2,2,2026-05-02T00:00:00Z,1,1\n"
    )
    assert "fills.csv, row 2, column 'at': '2026-05-02T00:00:00Z' is not one moment in Asia/Tokyo" in message


@pytest.mark.parametrize(
    ("local", "is_told"), [("2026-03-08T02:30:00", False), ("2026-11-01T01:30:00", False), ("2026-11-01T03:30:00", True)]
)
def test_local_times_skipped_or_shown_twice_are_refused(local: str, is_told: bool, tmp_path: Path) -> None:
    mapping = TRADES.replace("time: iso", "time: iso, zone: America/New_York")
    fills = f"id,seq,at,price,quantity\nT1,1,{local},1,1\n"
    if is_told:
        assert mapped(tmp_path, mapping, fills=fills).rows == {"trade": 1}
    else:
        assert "that the clocks there showed exactly once" in refused(tmp_path, mapping, fills=fills)
