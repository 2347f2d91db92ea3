"""The commands: exit status, one clear error, secrets kept apart, the same bytes out, books and chain audited."""

from __future__ import annotations

import csv
import json
import shutil
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from sekisho.cli import app
from sekisho.liabilities.proof import read_proof
from sekisho.records.errors import RecordsError

RUN = CliRunner()


def sekisho(*words: object, status: int = 0) -> str:
    done = RUN.invoke(app, ["liabilities", *map(str, words)])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == status, done.output
    return done.output


def told(*words: object, status: int = 0) -> Any:
    return json.loads(sekisho(*words, "--json", status=status))


def write(file: Path, rows: Sequence[Sequence[object]]) -> Path:
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)
    return file


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("books")
    rows: list[list[object]] = [["account_id", "asset", "as_of_date", "quantity"]]
    for k in range(130):
        for day in ("2026-11-27", "2026-11-28"):
            rows.append([f"A{k:03d}", "BTC", day, f"{k}.0000{k + 1:04d}"])
            rows.append([f"A{k:03d}", "ETH", day, f"{k * 7}.{k + 1:018d}"])
            rows += [[f"A{k:03d}", "JPY", day, 1000 * k]] if k % 3 else []
    write(place / "customer_balance.csv", rows)
    return place


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("key") / "secret"
    file.write_text("0123456789abcdef" * 4, encoding="ascii")
    file.chmod(0o600)
    return file


@pytest.fixture(scope="module")
def day(books: Path, key: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("day") / "2026-11-28"
    sekisho("prove", books, "--out", out, "--venue", "Test 取引所", "--key", key, "--client", "A007")
    return out


def test_prove_publishes_totals_and_the_chance_of_staying_unseen(books: Path, key: Path, tmp_path: Path) -> None:
    printed = sekisho("prove", books, "--out", tmp_path / "a", "--key", key, "--share", "0.05")
    assert "0.95" in printed
    assert "root " in printed
    manifest = json.loads((tmp_path / "a" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["day"] == "2026-11-28"
    totals = {asset["asset"]: asset["total"] for asset in manifest["assets"]}
    assert totals["JPY"] == str(sum(1000 * k for k in range(130) if k % 3))
    assert {asset["asset"]: asset["scale"] for asset in manifest["assets"]} == {"BTC": 8, "ETH": 18, "JPY": 0}
    assert manifest["unseen"]["chances"]


def test_same_books_and_key_give_the_same_bytes(books: Path, key: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        sekisho("prove", books, "--out", tmp_path / name, "--key", key)
    for file in sorted((tmp_path / "a").rglob("*")):
        if file.is_file():
            assert file.read_bytes() == (tmp_path / "b" / file.relative_to(tmp_path / "a")).read_bytes()
    sekisho("prove", books, "--out", tmp_path / "c")
    roots = [json.loads((tmp_path / name / "manifest.json").read_text())["root"] for name in "abc"]
    assert roots[0] == roots[1] != roots[2]


def test_parquet_wide_csv_and_records_agree(books: Path, key: Path, day: Path, tmp_path: Path) -> None:
    by_client: dict[str, dict[str, str]] = {}
    with (books / "customer_balance.csv").open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            if row["as_of_date"] == "2026-11-28":
                by_client.setdefault(row["account_id"], {})[row["asset"]] = row["quantity"]
    rows = [[client, *(held.get(asset, "") for asset in ("BTC", "ETH", "JPY"))] for client, held in by_client.items()]
    wide = write(tmp_path / "wide.csv", [["client", "BTC", "ETH", "JPY"], *rows])
    sekisho("prove", wide, "--out", tmp_path / "wide", "--key", key, "--venue", "Test 取引所", "--as-of", "2026-11-28")
    root = json.loads((day / "manifest.json").read_text(encoding="utf-8"))["root"]
    assert json.loads((tmp_path / "wide" / "manifest.json").read_text(encoding="utf-8"))["root"] == root
    from sekisho.records import open_records

    with open_records(books) as records:
        pq.write_table(records.customer_balance.to_pyarrow(), tmp_path / "customer_balance.parquet")
    assert (
        told("prove", tmp_path / "customer_balance.parquet", "--out", tmp_path / "p", "--key", key, "--venue", "Test 取引所")[
            "root"
        ]
        == root
    )


def test_secrets_are_kept_apart(day: Path) -> None:
    for file in [day / "private", day / "proofs", *(day / "private").iterdir(), *(day / "proofs").iterdir()]:
        assert not stat.S_IMODE(file.stat().st_mode) & 0o077, file
    secret = (day / "private" / "tree.key").read_bytes()
    public = [file for file in day.rglob("*") if file.is_file() and "private" not in file.parts]
    assert {file.name for file in public} == {"manifest.json", "verify.html", "A007.proof"}
    assert not any(secret in file.read_bytes() or bytes.fromhex(secret.decode()) in file.read_bytes() for file in public)


def test_verify_says_why(day: Path, tmp_path: Path) -> None:
    proof, manifest = day / "proofs" / "A007.proof", day / "manifest.json"
    root = json.loads(manifest.read_text(encoding="utf-8"))["root"]
    good = told("verify", proof, "--root", root, "--client", "A007", "--balance", "BTC=7.00000008", "--balance", "JPY=7000")
    assert good["holds"]
    assert good["balances"]["ETH"] == "49.000000000000000008"
    assert "counted under the published root" in sekisho("verify", proof, "--root", manifest)
    assert "not compared" in sekisho("verify", proof)
    assert told("verify", proof, "--root", "0" * 64, status=1)["reason"] == "other_root"
    assert told("verify", proof, "--client", "A008", status=1)["reason"] == "other_client"
    assert told("verify", proof, "--balance", "BTC=8", status=1)["reason"] == "other_balance"
    cut = tmp_path / "cut.proof"
    cut.write_bytes(proof.read_bytes()[:-1])
    assert "FAILS" in sekisho("verify", cut, status=1)
    with pytest.raises(RecordsError, match="64 hexadecimal digits"):
        sekisho("verify", proof, "--root", root[:32])
    with pytest.raises(RecordsError, match="cannot be read"):
        sekisho("verify", tmp_path / "nowhere.proof")


def test_proofs_are_taken_later_and_on_demand(day: Path, tmp_path: Path) -> None:
    wanted = tmp_path / "ids.txt"
    wanted.write_text("A001\nA129\n", encoding="utf-8")
    assert told("proofs", day, "--proofs", wanted, "--out", tmp_path / "some")["count"] == 2
    assert told("proofs", day, "--proofs", "all", "--out", tmp_path / "all")["count"] == 130
    files = sorted((tmp_path / "all").iterdir())
    assert len({read_proof(file.read_bytes()).index for file in files}) == 130
    assert all(v["holds"] for v in told("verify", *files, "--root", day / "manifest.json")["proofs"])
    with pytest.raises(RecordsError, match="is not in the tree"):
        sekisho("proofs", day, "--client", "A130")
    with pytest.raises(RecordsError, match="no client was asked for"):
        sekisho("proofs", day)


def test_two_views_of_one_day_are_told(books: Path, day: Path, tmp_path: Path) -> None:
    sekisho("prove", books, "--out", tmp_path / "other", "--venue", "Test 取引所", "--client", "A008")
    printed = sekisho("verify", day / "proofs" / "A007.proof", tmp_path / "other" / "proofs" / "A008.proof", status=1)
    assert "SPLIT VIEW" in printed
    checks = told("audit", day, "--published", tmp_path / "other" / "manifest.json", status=1)["checks"]
    assert [check["check"] for check in checks if not check["holds"]] == ["one_view"]
    assert told("audit", day, "--published", day / "manifest.json")["holds"]


def test_days_are_chained(books: Path, key: Path, day: Path, tmp_path: Path) -> None:
    sekisho("prove", books, "--as-of", "2026-11-27", "--out", tmp_path / "before", "--venue", "Test 取引所", "--key", key)
    sekisho(
        "prove", books, "--out", tmp_path / "after", "--venue", "Test 取引所", "--previous", tmp_path / "before" / "manifest.json"
    )
    assert told("audit", tmp_path / "after", "--previous", tmp_path / "before")["holds"]
    failed = told("audit", day, "--previous", tmp_path / "before", status=1)["checks"]
    assert [check["check"] for check in failed if not check["holds"]] == ["chain"]
    with pytest.raises(RecordsError, match="not an earlier day"):
        sekisho("prove", books, "--out", tmp_path / "x", "--venue", "Test 取引所", "--previous", day)


def altered(day: Path, place: Path, name: str, change: Any) -> Path:
    copy = shutil.copytree(day, place)
    file = copy / "private" / f"{name}.npy"
    array = np.load(file).copy()
    change(array)
    np.save(file, array)
    return copy


def _bump(array: Any) -> None:
    array[3, 0] += 1


def _swap(array: Any) -> None:
    array[[4, 5]] = array[[5, 4]]


@pytest.mark.parametrize(
    ("name", "change", "fails"),
    [
        ("low", _bump, {"totals", "root", "sampled_proofs"}),
        ("level_hashes", _swap, {"stored_nodes"}),
        ("prefixes", _swap, {"order"}),
    ],
)
def test_audit_finds_what_was_altered(day: Path, tmp_path: Path, name: str, change: Any, fails: set[str]) -> None:
    checks = told("audit", altered(day, tmp_path / "copy", name, change), status=1)["checks"]
    assert fails <= {check["check"] for check in checks if not check["holds"]}


def test_audit_compares_with_the_books(books: Path, day: Path, tmp_path: Path) -> None:
    assert told("audit", day, "--balances", books)["holds"]
    text = (books / "customer_balance.csv").read_text(encoding="utf-8")
    other = tmp_path / "customer_balance.csv"
    for old, new, seen in (
        ("A005,JPY,2026-11-28,5000", "A005,JPY,2026-11-28,5001", "balances differ"),
        ("A005,JPY,2026-11-28,5000", "A999,JPY,2026-11-28,5000", "131 clients in the books"),
    ):
        other.write_text(text.replace(old, new), encoding="utf-8")
        checks = {check["check"]: check for check in told("audit", day, "--balances", other, status=1)["checks"]}
        assert seen in checks["books"]["seen"]


def test_an_altered_manifest_is_refused(day: Path, tmp_path: Path) -> None:
    manifest = json.loads((day / "manifest.json").read_text(encoding="utf-8"))
    manifest["assets"][0]["total"] = "1.00000000"
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(RecordsError, match="does not bind"):
        sekisho("verify", day / "proofs" / "A007.proof", "--root", tmp_path / "manifest.json")


BAD = {
    "negative": ([["client", "BTC"], ["A", "1"], ["B", "-1"]], "row 2, column 'BTC': '-1' is negative"),
    "not a number": ([["client", "BTC"], ["A", "1e5"]], "row 1, column 'BTC': '1e5' is not a plain decimal number"),
    "twice": ([["client", "BTC"], ["A", "1"], ["A", "1"]], "client 'A' is there twice"),
    "padded": ([["client", "BTC"], ["A ", "1"]], "could be read as another"),
    "column twice": ([["client", "BTC", "btc"], ["A", "1", "1"]], "has a column twice"),
    "no client column": ([["name of it", "BTC"], ["A", "1"]], "has no column of clients"),
    "nobody": ([["client", "BTC"]], "holds no client"),
    "overflow": ([["client", "BTC"], ["A", str(1 << 112)]], "2^112 smallest units or more"),
    "asset twice": (
        [["account_id", "asset", "as_of_date", "quantity"], *[["A", "BTC", "2026-11-28", "1"]] * 2],
        "is there more than once",
    ),
    "negative in records": (
        [["account_id", "asset", "as_of_date", "quantity"], ["A", "BTC", "2026-11-28", "-0.5"]],
        "row 1, column 'quantity'",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_balances_get_one_clear_error(case: str, tmp_path: Path) -> None:
    rows, message = BAD[case]
    with pytest.raises(RecordsError) as error:
        sekisho("prove", write(tmp_path / "balances.csv", rows), "--out", tmp_path / "out", "--as-of", "2026-11-28")
    assert message in str(error.value)
    assert not (tmp_path / "out").exists()


def test_what_else_is_refused(books: Path, day: Path, tmp_path: Path) -> None:
    with pytest.raises(RecordsError, match="is there already"):
        sekisho("prove", books, "--out", day)
    with pytest.raises(RecordsError, match="days there: from 2026-11-27 to 2026-11-28"):
        sekisho("prove", books, "--out", tmp_path / "x", "--as-of", "2026-12-01")
    open_key = tmp_path / "key"
    open_key.write_text("x" * 64, encoding="ascii")
    open_key.chmod(0o644)
    with pytest.raises(RecordsError, match="can be read by others"):
        sekisho("prove", books, "--out", tmp_path / "x", "--key", open_key)
    with pytest.raises(RecordsError, match="BTC has balances with 8 decimal places"):
        sekisho("prove", books, "--out", tmp_path / "x", "--scale", "BTC=2")
    assert not (tmp_path / "x").exists()
    assert told("prove", books, "--out", tmp_path / "y", "--scale", "JPY=4")["assets"][2]["total"].endswith(".0000")
