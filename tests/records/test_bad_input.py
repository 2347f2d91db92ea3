"""Whatever the world sends that cannot be used becomes one line that names file, row, column and remedy."""

from __future__ import annotations

import resource
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from records.small_exchange import arrow, sound, write_csv
from sekisho.records import RecordsError, checks, open_records, records_of
from sekisho.records.csv_text import LINE_BYTES_MAX

HEADER = "wallet_id,observed_at,quantity"
GOOD = "W1,2026-05-02T00:00:00Z,5"


def refusal(folder: Path) -> str:
    """The one line an inspection of the folder ends with."""
    with pytest.raises(RecordsError) as caught:
        open_records(folder)
    line = str(caught.value)
    assert "\n" not in line
    assert line.isprintable()
    return line


def balances(folder: Path, *rows: str, header: str = HEADER) -> Path:
    (folder / "wallet_balance.csv").write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    return folder


BAD_ROWS = [
    ("W1,2026-05-02T00:00:00,5", "row 2, column 'observed_at': '2026-05-02T00:00:00' has no time zone; write UTC with a Z"),
    ("W1,2026-05-02T09:00:00+09:00,5", "row 2, column 'observed_at': '2026-05-02T09:00:00+09:00' is not in UTC"),
    ("W1,2026-05-02 09:00 JST,5", "row 2, column 'observed_at': '2026-05-02 09:00 JST' is not in UTC"),
    ("W1,2026-02-30T00:00:00Z,5", "row 2, column 'observed_at': '2026-02-30T00:00:00Z' is not a time"),
    ("W1,2026-05-02T00:00:00.1234567Z,5", "row 2, column 'observed_at'"),
    ("W1,1777680000000,5", "row 2, column 'observed_at': '1777680000000' is not a time"),
    ("W1,0226-05-02T00:00:00Z,5", "row 2, column 'observed_at': '0226-05-02T00:00:00Z' is not a plausible time"),
    ("W1,2026-05-02T00:00:00Z,nan", "row 2, column 'quantity': 'nan' is not a finite number"),
    ("W1,2026-05-02T00:00:00Z,-Infinity", "row 2, column 'quantity': '-Infinity' is not a finite number"),
    ("W1,2026-05-02T00:00:00Z,-5", "row 2, column 'quantity': '-5' is negative"),
    ("W1,2026-05-02T00:00:00Z,1e8", "row 2, column 'quantity': '1e8' is not a plain decimal number"),
    ('W1,2026-05-02T00:00:00Z,"1,000"', "row 2, column 'quantity': '1,000' is not a plain decimal number"),
    ("W1,2026-05-02T00:00:00Z,0.0000000000000000001", "row 2, column 'quantity'"),
    ("W1,2026-05-02T00:00:00Z,1000000000000000000000", "row 2, column 'quantity'"),
    ("W1,2026-05-02T00:00:00Z,", "row 2, column 'quantity': is empty; fill it"),
    (",2026-05-02T00:00:00Z,5", "row 2, column 'wallet_id': is empty"),
    (GOOD, "row 2, column 'wallet_id, observed_at': 'W1|2026-05-02T00:00:00.000000Z' is there more than once"),
    ("W1,2026-05-02T00:00:00Z", "line 3: 2 cells where the header has 3"),
    ("W1,2026-05-02T00:00:00Z,5,6", "line 3: 4 cells where the header has 3"),
    ('"W1,2026-05-02T00:00:00Z,5', "line 3: a quote is not closed"),
]


@pytest.mark.parametrize(("row", "expected"), BAD_ROWS)
def test_a_bad_cell_is_refused_with_its_place(tmp_path: Path, row: str, expected: str) -> None:
    line = refusal(balances(tmp_path, GOOD, row))
    assert line.startswith("wallet_balance.csv, row" if expected.startswith("row") else "wallet_balance.csv: line")
    assert expected in line


def test_unknown_words_and_negative_prices_are_refused(tmp_path: Path) -> None:
    tables = sound()
    tables["order_event"][1]["side"] = "BUY"
    assert "order_event.csv, row 2, column 'side': 'BUY' is not allowed; write one of buy, sell" in refusal(
        write_csv(tmp_path, tables)
    )
    tables["order_event"][1] |= {"side": "buy", "price": "-1"}
    assert "row 2, column 'price': '-1' is negative" in refusal(write_csv(tmp_path, tables))
    tables["order_event"][1] |= {"price": "1", "sequence": "1.0"}
    assert "row 2, column 'sequence': '1.0' is not a whole number" in refusal(write_csv(tmp_path, tables))
    tables["order_event"][1] |= {"sequence": "2"}
    tables["instrument"][0]["tick_size"] = "0"
    assert "column 'tick_size': '0' is not above zero" in refusal(write_csv(tmp_path, tables))
    tables["instrument"][0]["tick_size"] = "1"
    tables["party"][0]["country"] = "Japan"
    assert "party.csv, row 1, column 'country': 'Japan' does not have the form" in refusal(write_csv(tmp_path, tables))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "has no header row"),
        (b"\n", "has no header row"),
        (HEADER.encode("utf-16"), "is UTF-16 or UTF-32; save it as UTF-8"),
        (HEADER.encode("utf-16-le"), "is UTF-16 or UTF-32"),
        (f"{HEADER}\n{GOOD}\nWálle".encode("latin-1"), "line 3 is not UTF-8; save the file as UTF-8"),
        (f"{HEADER}\n".encode() + "財布,2026-05-02T00:00:00Z,5".encode("shift_jis"), "line 2 is not UTF-8"),
        (f"{HEADER}\nW1\0,2026-05-02T00:00:00Z,5\n".encode(), "line 2 holds a NUL byte"),
        (b"wallet_id,quantity\n", "column 'observed_at': is missing; 'sekisho records describe wallet_balance' lists the columns"),
        (b"wallet_id,observed_at,Quantity\n", "column 'quantity': is written 'Quantity'; write column names in lower case"),
        (b"wallet_id,observed_at,quantity,quantity\n", "column 'quantity': is there twice"),
        (b"wallet_id,observed_at,quantity,\n", "column 4 has no name"),
        (b'wallet_id,"observed_at,quantity\n', "the header cannot be read"),
        (f"{HEADER}\r\n{GOOD}\n{GOOD}\r\n".encode(), "its line ends or quotes do not fit together; use one kind of line end"),
        (b"wallet_id;observed_at;quantity\nW1;2026-05-02T00:00:00Z;5\n", "column 'wallet_id': is missing"),
    ],
)
def test_a_file_that_is_not_such_a_csv_is_refused(tmp_path: Path, content: bytes, expected: str) -> None:
    (tmp_path / "wallet_balance.csv").write_bytes(content)
    assert f"wallet_balance.csv{':' if not expected.startswith('column ') or '4' in expected else ','} {expected}" in refusal(
        tmp_path
    )


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_byte_order_mark_of_utf_8_is_accepted(tmp_path: Path, line_end: str) -> None:
    text = line_end.join([HEADER, "財布,2026-05-02T00:00:00.5Z,0.10", ""])
    (tmp_path / "wallet_balance.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())
    rows = open_records(tmp_path).wallet_balance.to_pyarrow().to_pylist()
    at = datetime(2026, 5, 2, 0, 0, 0, 500000, UTC)
    assert rows == [{"wallet_id": "財布", "observed_at": at, "quantity": Decimal("0.10")}]


def test_a_line_without_end_is_refused_while_streaming(tmp_path: Path) -> None:
    with (tmp_path / "wallet_balance.csv").open("wb") as file:
        file.write(f"{HEADER}\nW1".encode())
        file.seek(2 << 30)  # a hole of two gigabytes, without a line end
        file.write(b"x")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert "wallet_balance.csv: line 2 holds a NUL byte" in refusal(tmp_path)
    with (tmp_path / "wallet_balance.csv").open("wb") as file:
        file.write(f"{HEADER}\nW1".encode())
        for _ in range(40):
            file.write(b"x" * (1 << 20))
    assert f"a line at or after line 2 is longer than {LINE_BYTES_MAX} bytes" in refusal(tmp_path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 << 10  # kibibytes


def test_text_that_looks_like_a_formula_is_data(tmp_path: Path) -> None:
    names = ["=cmd|' /C calc'!A0", "+1", "-1", "@sum(a)", "=1+1"]
    rows = open_records(balances(tmp_path, *(f'"{name}",2026-05-02T00:00:00Z,5' for name in names))).wallet_balance
    assert sorted(rows.wallet_id.to_pyarrow().to_pylist()) == sorted(names)


# --- folders


def test_a_folder_without_tables_is_refused(tmp_path: Path) -> None:
    assert "holds no record table; name files after tables" in refusal(tmp_path)
    assert "is not a folder" in refusal(tmp_path / "absent")


def test_a_table_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    folder = balances(tmp_path, GOOD)
    pq.write_table(arrow("wallet_balance", sound()["wallet_balance"]), folder / "wallet_balance.parquet")
    assert "table wallet_balance is there twice: wallet_balance.parquet and wallet_balance.csv; keep one" in refusal(folder)


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ("trade/date=2026-05-32/a.parquet", "trade/date=2026-05-32: is not a date=YYYY-MM-DD folder"),
        ("trade/day=1/a.parquet", "trade/day=1: is not a date=YYYY-MM-DD folder"),
        ("trade/a.csv", "trade/a.csv: is not a Parquet part"),
    ],
)
def test_a_folder_of_parts_holds_nothing_else(tmp_path: Path, part: str, expected: str) -> None:
    (tmp_path / part).parent.mkdir(parents=True)
    (tmp_path / part).write_bytes(b"")
    assert expected in refusal(tmp_path)


def test_parts_must_agree(tmp_path: Path) -> None:
    trades = arrow("trade", sound()["trade"])
    (tmp_path / "trade").mkdir()
    pq.write_table(trades, tmp_path / "trade" / "a.parquet")
    assert open_records(tmp_path).trade.count().to_pyarrow().as_py() == 2
    other = trades.set_column(4, "price", trades["price"].cast(pa.decimal128(20, 4)))
    pq.write_table(other, tmp_path / "trade" / "b.parquet")
    assert "trade/b.parquet, column 'price': is decimal128(20, 4) here and decimal128(38, 18) in other parts" in refusal(tmp_path)
    pq.write_table(trades, tmp_path / "trade" / "b.parquet")
    assert "trade/b.parquet, row 1, column 'trade_id': 'T1' is there more than once (and 1 more rows)" in refusal(tmp_path)


# --- Parquet


def damaged(tmp_path: Path, change: Callable[[bytes], bytes], rows: int = 2) -> str:
    trades = arrow("trade", sound()["trade"])
    many = pa.concat_tables([trades] * (rows // 2)) if rows > 2 else trades
    pq.write_table(many, tmp_path / "trade.parquet", compression="none")
    whole = (tmp_path / "trade.parquet").read_bytes()
    (tmp_path / "trade.parquet").write_bytes(change(whole))
    return refusal(tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        lambda whole: b"",
        lambda whole: whole[: len(whole) // 2],
        lambda whole: whole[:-1],
        lambda whole: whole[:-8] + b"\xff\xff\xff\x7fPAR1",
        lambda whole: whole[:-200] + b"\0" * 192 + whole[-8:],
        lambda whole: whole[:4] + b"\xff" * (len(whole) // 4) + whole[4 + len(whole) // 4 :],
        lambda whole: b"wallet_id,observed_at\n" * 100,
    ],
    ids=["empty", "half", "one byte short", "huge footer", "zeroed footer", "overwritten pages", "text"],
)
def test_a_truncated_or_damaged_parquet_file_is_refused(tmp_path: Path, change: Callable[[bytes], bytes]) -> None:
    line = damaged(tmp_path, change)
    assert line.startswith("trade.parquet: ")
    assert "truncated or damaged" in line
    assert "write or copy the file again" in line


ROWS = 7918
CLAIMED = 3_000_000_000


def varint(number: int) -> bytes:
    """A number as Parquet's footer writes it: zigzag, seven bits a byte."""
    number, out = number << 1, b""
    while number > 0x7F:
        out, number = out + bytes([number & 0x7F | 0x80]), number >> 7
    return out + bytes([number])


def claiming(whole: bytes, places: int) -> bytes:
    """The file with its footer's row counts raised to three thousand million, from the end backwards."""
    size = int.from_bytes(whole[-8:-4], "little")
    body, footer = whole[: -8 - size], whole[-8 - size : -8]
    parts = footer.rsplit(b"\x16" + varint(ROWS), places)
    assert len(parts) > 1
    forged = (b"\x16" + varint(CLAIMED)).join(parts)
    return body + forged + len(forged).to_bytes(4, "little") + b"PAR1"


@pytest.mark.parametrize("places", [1, 2, 100])
def test_a_footer_that_claims_too_many_rows_is_refused_before_reading(tmp_path: Path, places: int) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    line = damaged(tmp_path, lambda whole: claiming(whole, places), rows=ROWS)
    assert line.startswith("trade.parquet: is not a readable Parquet file (truncated or damaged): its footer")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 << 10


def trade_with(**columns: pa.Array) -> pa.Table:
    trades = arrow("trade", sound()["trade"])
    for name, array in columns.items():
        trades = trades.set_column(trades.column_names.index(name), name, array)
    return trades


NAIVE = pa.array([datetime(2026, 5, 2), datetime(2026, 5, 2)], pa.timestamp("us"))  # noqa: DTZ001 - the fault under test
WRONG_COLUMNS = [
    ("executed_at", NAIVE, "holds times without a time zone; write timestamps in UTC"),
    ("executed_at", pa.array(["2026-05-02T00:00:00Z"] * 2), "has type string where time is expected"),
    ("trade_id", pa.array([1, 2]), "has type int64 where string is expected; write it as string"),
    ("trade_id", pa.array([b"T1", b"T2"]), "has type binary where string is expected"),
    ("trade_id", pa.array(["T1", "T1"]), "'T1' is there more than once"),
    ("trade_id", pa.array(["T1", ""]), "'' is an empty text; write null, or fill it"),
    ("trade_id", pa.array(["T1", None]), "is empty; fill it"),
    ("sequence", pa.array([1.0, 2.0]), "has type double where integer is expected"),
    ("price", pa.array(["1", "2"]), "has type string where decimal is expected"),
    ("price", pa.array([1.0, float("nan")]), "'nan' is not a finite number"),
    ("price", pa.array([1.0, float("inf")]), "'inf' is not a finite number"),
    ("price", pa.array([1.0, 1e30]), "'1e+30' is too large; write it as DECIMAL"),
    ("price", pa.array([1.0, -1.0]), "'-1.0' is not above zero"),
    ("price", pa.array([Decimal(1), Decimal(2)], pa.decimal256(60, 18)), "has type decimal256(60, 18)"),
    ("sell_order_id", pa.array(["O1", ""]), "'' is an empty text; write null"),
]


@pytest.mark.parametrize(("column", "values", "expected"), WRONG_COLUMNS)
def test_a_parquet_column_that_cannot_be_exact_is_refused(tmp_path: Path, column: str, values: pa.Array, expected: str) -> None:
    pq.write_table(trade_with(**{column: values}), tmp_path / "trade.parquet")
    line = refusal(tmp_path)
    assert line.startswith("trade.parquet, ")
    assert f"column '{column}': {expected}" in line


@pytest.mark.parametrize(("column", "values", "expected"), WRONG_COLUMNS)
def test_a_table_in_memory_is_held_to_the_same(column: str, values: pa.Array, expected: str) -> None:
    with pytest.raises(RecordsError) as caught:
        records_of({"trade": trade_with(**{column: values})})
    assert f"column '{column}': {expected}" in str(caught.value)


def test_names_the_reader_needs_are_refused(tmp_path: Path) -> None:
    trades = arrow("trade", sound()["trade"])
    pq.write_table(trades.append_column("filename", trades["trade_id"]), tmp_path / "trade.parquet")
    assert "trade.parquet, column 'filename': is a name the reader keeps for itself; rename" in refusal(tmp_path)


def test_floats_and_nanoseconds_are_read_with_a_warning(tmp_path: Path) -> None:
    at = pa.array([1_777_680_000_000_000_001] * 2, pa.timestamp("ns", "UTC"))
    pq.write_table(trade_with(price=pa.array([0.1, 12345678.12345679]), executed_at=at), tmp_path / "trade.parquet")
    records = open_records(tmp_path)
    assert records.trade.price.to_pyarrow().to_pylist() == [Decimal("0.1"), Decimal("12345678.12345679")]
    assert records.trade.executed_at.to_pyarrow().to_pylist() == [datetime(2026, 5, 2, tzinfo=UTC)] * 2
    assert records.warnings == (
        "trade.parquet: column 'executed_at' is in nanoseconds and was cut to microseconds",
        "trade.parquet: column 'price' is double, not exact; write it as DECIMAL",
    )


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, scratch = balances(tmp_path, GOOD), tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    with open_records(folder, memory_limit="200MB", threads=1) as records:
        assert list(scratch.iterdir())
        assert records.wallet_balance.count().to_pyarrow().as_py() == 1
    assert not list(scratch.iterdir())
    balances(folder, "W1")
    assert "2" not in refusal(folder).partition("line")[0]
    assert not list(scratch.iterdir())


@pytest.mark.parametrize("at_a_time", [1, 7, 64, 1000])
def test_a_repeated_id_is_found_whatever_is_sorted_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_a_time: int
) -> None:
    monkeypatch.setattr(checks, "SORTED_IN_MEMORY_MAX", at_a_time)
    rows = [f"W{number},2026-05-02T00:00:00Z,5" for number in range(200)]
    open_records(balances(tmp_path, *rows)).close()
    for repeated in (0, 57, 199):
        balances(tmp_path, *rows, rows[repeated])
        assert f"row 201, column 'wallet_id, observed_at': 'W{repeated}|2026" in refusal(tmp_path)


@pytest.mark.parametrize("rows", [3_000_000, 1_000_000, 1])
def test_equal_hashes_are_found_among_millions(rows: int) -> None:
    different = np.random.default_rng(7).permutation(rows).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)  # odd: still different
    parts = np.array_split(different, 4)

    def repeats(*arrays: np.ndarray) -> bool:
        return checks._repeats([pa.record_batch({"hash": array}) for array in arrays], rows)

    assert not repeats(*parts)
    assert repeats(*parts, different[:1])
    assert repeats(*parts, *parts)
