"""Bad input: one line that names the place and the remedy, exit status 2, and nothing left behind."""

from __future__ import annotations

import gzip
import lzma
import shutil
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from sekisho.records import RecordsError
from sekisho.records.commands import app
from sekisho.records.convert import Options, convert

HEADER = "timestamp_ms,side,price,amount\n"
WORDS = ("1", "2", "4", "0", "-1", "99999999999999999999", "1e9", "", "x", "34200.5")
PRINTS = HEADER + "".join(f"{1000 + i},buy,{i + 1},0.5\n" for i in range(5000))


def refused(tmp_path: Path, source: Path, name: str = "binance-trades", **options: str) -> str:
    before = sorted(path.name for path in tmp_path.iterdir())
    with pytest.raises(RecordsError) as caught:
        convert(name, source, tmp_path / "books", Options(options))
    assert sorted(path.name for path in tmp_path.iterdir()) == before, "something was left behind"
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("ending", ["gz", "xz"])
def test_truncated_archive(ending: str, tmp_path: Path) -> None:
    packed = gzip.compress(PRINTS.encode()) if ending == "gz" else lzma.compress(PRINTS.encode())
    source = tmp_path / f"AAA.csv.{ending}"
    source.write_bytes(packed[: len(packed) // 2])
    assert f"AAA.csv.{ending}: damaged or cut short" in refused(tmp_path, source)


def test_archive_with_a_flipped_byte(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(PRINTS.encode()))
    packed[len(packed) // 2] ^= 0xFF
    source = tmp_path / "AAA.csv.gz"
    source.write_bytes(packed)
    assert "damaged or cut short" in refused(tmp_path, source)


def test_truncated_zip(tmp_path: Path) -> None:
    source = tmp_path / "sample.zip"
    with zipfile.ZipFile(source, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("GOOG_2012-06-21_0_1_message_1.csv", "34200.1,1,1,100,1000000,1\n" * 1000)
    source.write_bytes(source.read_bytes()[:-30])
    assert "sample.zip: damaged or cut short" in refused(tmp_path, source, "lobster")


FILES = {
    "wrong header": (
        "time,side,price,amount\n1,buy,1,1\n",
        "AAA.csv, column 'timestamp_ms': is missing; the header reads time, side",
    ),
    "column twice": ("timestamp_ms,side,price,price,amount\n", "AAA.csv, column 'price': stands twice in the header"),
    "empty file": ("", "AAA.csv: the file is empty"),
    "NaN": (HEADER + "1,buy,NaN,1\n", "AAA.csv, row 1, column 'price': 'NaN' is not a positive number of at most 10 whole and 8"),
    "infinite": (HEADER + "1,buy,1,1\n2,buy,inf,1\n", "AAA.csv, row 2, column 'price': 'inf' is not"),
    "negative": (HEADER + "1,buy,1,1\n2,buy,1,-0.1\n", "AAA.csv, row 2, column 'amount': '-0.1' is not a positive number"),
    "zero price": (HEADER + "1,buy,0,1\n", "column 'price': '0' is not a positive number"),
    "unknown word": (HEADER + "1,BUY,1,1\n", "column 'side': 'BUY' is not one of buy, sell"),
    "time in seconds with a fraction": (HEADER + "1.5,buy,1,1\n", "column 'timestamp_ms': '1.5' is not a Unix time in whole ms"),
    "too few columns": (HEADER + "1,buy,1\n", "AAA.csv: not a readable CSV file: "),
    "too many columns": (HEADER + "1,buy,1,1,1\n", "AAA.csv: not a readable CSV file: "),
    "open quote": (HEADER + '1,"buy,1,1\n2,buy,1,1\n', "AAA.csv"),
    "a line of three megabytes": (HEADER + "1,buy,1," + "1" * 3_000_000 + "\n", "AAA.csv"),
    "formula": (HEADER + "1,=cmd|' /C calc'!A0,1,1\n", "column 'side': "),
}


@pytest.mark.parametrize("fault", FILES)
def test_bad_file(fault: str, tmp_path: Path) -> None:
    text, message = FILES[fault]
    source = tmp_path / "AAA.csv"
    source.write_text(text)
    assert message in refused(tmp_path, source)


def test_not_utf_8(tmp_path: Path) -> None:
    source = tmp_path / "AAA.csv"
    source.write_bytes(HEADER.encode() + "1,買,1,1\n".encode("cp932"))
    assert "AAA.csv" in refused(tmp_path, source)


def test_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    source = tmp_path / "AAA.csv"
    source.write_text("\ufeff" + HEADER + "1,buy,1,1\n", encoding="utf-8")
    assert convert("binance-trades", source, tmp_path / "books", Options()).rows["trade"] == 1


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=st.lists(st.tuples(*[st.sampled_from(WORDS)] * 6), min_size=1, max_size=20))
def test_any_rows_are_converted_or_refused_with_one_line(told: list[tuple[str, ...]], tmp_path: Path) -> None:
    source, out, refusal = tmp_path / "GOOG_2012-06-21_0_1_message_1.csv", tmp_path / "books", ""
    source.write_text("".join(",".join(row) + "\n" for row in told))
    try:
        convert("lobster", source, out, Options())
        shutil.rmtree(out)
    except RecordsError as error:
        refusal = str(error)
    assert "\n" not in refusal
    assert [path.name for path in tmp_path.iterdir()] == [source.name]


def test_day_that_does_not_exist(tmp_path: Path) -> None:
    source = tmp_path / "GOOG_2012-06-31_0_1_message_1.csv"
    source.write_text("34200.1,1,1,100,1000000,1\n")
    assert "'2012-06-31' is no day of the calendar" in refused(tmp_path, source, "lobster")


def test_what_a_killed_run_left_is_cleared(tmp_path: Path) -> None:
    source = tmp_path / "AAA.csv"
    source.write_text(PRINTS)
    for name in (".books.unfinished", ".books.unfinished.work"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "half").write_text("half")
    convert("binance-trades", source, tmp_path / "books", Options())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["AAA.csv", "books"]
    assert not (tmp_path / "books" / "half").exists()


def test_options_are_checked(tmp_path: Path) -> None:
    source = tmp_path / "AAA.csv"
    source.write_text(PRINTS)
    assert "option colour: is not one that binance-trades knows" in refused(tmp_path, source, colour="red")
    assert "option duplicates: 'no' is none of its words; choose drop or keep" in refused(tmp_path, source, duplicates="no")
    assert "format nonsense: is not known" in refused(tmp_path, source, "nonsense")


def test_existing_folder_is_left_alone(tmp_path: Path) -> None:
    source = tmp_path / "AAA.csv"
    source.write_text(PRINTS)
    (tmp_path / "books").mkdir()
    (tmp_path / "books" / "mine.txt").write_text("keep")
    assert "already exists" in refused(tmp_path, source)
    assert (tmp_path / "books" / "mine.txt").read_text() == "keep"


def test_command_line(tmp_path: Path) -> None:
    source, out = tmp_path / "AAA.csv", tmp_path / "books"
    source.write_text(HEADER + "1,buy,oops,1\n")
    runner = CliRunner()
    failed = runner.invoke(app, ["convert", "--from", "binance-trades", str(source), "--out", str(out)])
    assert failed.exit_code == 2
    assert failed.stderr.count("\n") == 1
    assert "row 1, column 'price': 'oops'" in failed.stderr
    assert not out.exists()
    source.write_text(PRINTS)
    done = runner.invoke(app, ["convert", "--from", "binance-trades", str(source), "--out", str(out), "--json"])
    assert done.exit_code == 0, done.stderr
    assert '"trade": 5000' in done.stdout
    listed = runner.invoke(app, ["convert", "--list"])
    assert "bitstamp-2026" in listed.stdout
    nothing = runner.invoke(app, ["convert"])
    assert nothing.exit_code == 2
