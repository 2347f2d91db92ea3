"""The inspect and compare commands keep their contract: files, exit status, one clear line for unusable input."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from sekisho import cli
from sekisho.findings.finding import SCHEMA
from sekisho.findings.inspection import Inspector, Question
from sekisho.records import open_records
from sekisho.rulebook import load_rulebook

BOOKS = {
    "wallet": """\
wallet_id,asset,address,tier,holder,custodian,ever_online,signers_required,signers_total
W1,BTC,a,hot,customer,,true,2,3
W2,BTC,b,cold,customer,,false,2,3
""",
    "wallet_balance": """\
wallet_id,observed_at,quantity
W1,2026-06-02T15:00:00.000000Z,6
W2,2026-06-02T15:00:00.000000Z,94
""",
    "customer_balance": "account_id,asset,as_of_date,quantity\nA1,BTC,2026-06-02,100\n",
    "reference_price": "asset,quoted_at,price_jpy,source\nBTC,2026-06-02T14:00:00.000000Z,10000000,ref\n",
}


@pytest.fixture
def books(tmp_path: Path) -> Path:
    folder = tmp_path / "books"
    folder.mkdir()
    for name, text in BOOKS.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    """Exit status of the command line, as a shell would see it."""
    monkeypatch.setattr(sys, "argv", ["sekisho", *map(str, arguments)])
    try:
        cli.main()
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0


def test_an_inspection_leaves_its_three_files(books: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    assert run(monkeypatch, "inspect", books, "--out", out) == 0
    assert sorted(f.name for f in out.iterdir()) == ["findings.parquet", "report.html", "run.json"]
    findings = pq.read_table(out / "findings.parquet")
    assert findings.schema.names == SCHEMA.names
    cold = [f for f in findings.to_pylist() if f["rule"] == "client_assets/cold_storage"]
    assert [f["regime"] for f in cold] == ["PSA-2026"]
    assert {"table": "wallet", "id": "W1"} in cold[0]["evidence"]
    assert json.loads(cold[0]["parameters"])["share_max"] == "0.05"


def test_the_demo_says_what_was_found_in_a_few_lines(books: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules = "client_assets/cold_storage,unfair_trading/*"
    inspection = Inspector(load_rulebook(), open_records(books)).inspect(Question(rules=rules))
    cli._print_in_short(inspection, tmp_path)
    said = capsys.readouterr().out
    assert len(said.splitlines()) <= 8
    assert "1 finding of 1 rule" in said
    assert "not inspected" in said
    assert "--assume" not in said
    assert f"report: {tmp_path / 'report.html'}" in said


def test_same_books_same_bytes(books: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("one", "two"):
        assert run(monkeypatch, "inspect", books, "--out", tmp_path / name) == 0
    for file in ("findings.parquet", "report.html"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()
    one, two = (json.loads((tmp_path / name / "run.json").read_text()) for name in ("one", "two"))
    assert {**one, "timings": None} == {**two, "timings": None}


def test_what_was_not_inspected_is_said(books: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, "inspect", books, "--out", tmp_path / "out") == 0
    told = json.loads((tmp_path / "out" / "run.json").read_text())
    states = {rule["rule"]: rule["state"] for rule in told["rules"]}
    assert states["unfair_trading/wash_trading"] == "not_inspected"
    assert states["capital/adequacy_ratio"] == "not_in_regime"
    assert any("no trade" in entry["why"] for entry in told["not_inspected"])


@pytest.mark.parametrize(("severity", "status"), [("low", 1), ("critical", 0)])
def test_fail_on(books: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, severity: str, status: int) -> None:
    command = ("inspect", books, "--rules", "client_assets/cold_storage", "--out", tmp_path / "out", "--fail-on", severity)
    assert run(monkeypatch, *command) == status


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("--regime", "PSA-2030", "regime 'PSA-2030' is not known"),
        ("--regime", "FIEA-PEN-2026-08-12", "is an overlay"),
        ("--as-of", "2026-13-01", "write a day such as"),
        ("--rules", "nothing/*", "no rule matches"),
        ("--assume", "transfers/cooling_off=7", "write it as chapter/rule.parameter=value"),
        ("--assume", "transfers/cooling_off.nothing=7", "has no parameter 'nothing'"),
        ("--fail-on", "severe", "choose one of low, medium, high, critical"),
        ("--engine", "pandas", "duckdb"),
    ],
)
def test_a_wrong_option_is_one_line(
    books: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    option: str,
    value: str,
    says: str,
) -> None:
    out = tmp_path / "out"
    assert run(monkeypatch, "inspect", books, "--out", out, option, value) == 2
    told = capsys.readouterr().err.strip().splitlines()
    assert len(told) == 1
    assert says in told[0]
    assert not out.exists()


@pytest.mark.parametrize(
    ("table", "content", "says"),
    [
        ("wallet_balance", b"PAR1 not parquet", "wallet_balance"),
        ("wallet_balance", b"wallet_id,observed_at,quantity\nW1,2026-06-02T15:00:00Z,nan\n", "quantity"),
        ("wallet_balance", b"wallet_id,observed_at,quantity\nW1,2026-06-02T15:00:00Z,-1\n", "quantity"),
        ("wallet_balance", b"wallet_id,observed_at,quantity\nW1,2026-06-02 15:00:00,1\n", "observed_at"),
        ("wallet_balance", b"wallet_id,observed_at\nW1,2026-06-02T15:00:00Z\n", "quantity"),
        ("wallet", b"wallet_id\xff\xfe\n", "wallet"),
    ],
)
def test_unusable_books_are_one_line_and_nothing_is_written(
    books: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    table: str,
    content: bytes,
    says: str,
) -> None:
    (books / f"{table}.csv").unlink()
    (books / f"{table}.{'parquet' if content.startswith(b'PAR1') else 'csv'}").write_bytes(content)
    out = tmp_path / "out"
    assert run(monkeypatch, "inspect", books, "--out", out) == 2
    told = capsys.readouterr().err.strip().splitlines()
    assert len(told) == 1
    assert says in told[0]
    assert not out.exists()
    assert [f.name for f in tmp_path.iterdir()] == ["books"]


def test_one_assumption_may_stand_for_several_parameters(books: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    assert (
        run(monkeypatch, "inspect", books, "--regime", "FIEA-ACT64", "--assume", "transfers/cooling_off.days=7", "--out", out) == 0
    )
    told = json.loads((out / "run.json").read_text())
    assert told["assumed"] == {"transfers/cooling_off.days_new_account": 7, "transfers/cooling_off.days_new_address": 7}
    assert any("--as-of" in warning or "what-if" in warning for warning in told["warnings"])


def test_a_missing_folder_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "inspect", tmp_path / "nowhere", "--out", tmp_path / "out") == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_compare_names_the_cause(books: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (books / "firm_balance.csv").write_text(
        "as_of_date,item,amount_jpy\n"
        + "".join(
            f"2026-06-02,{item},{amount}\n"
            for item, amount in (
                ("basic_items", 1100), ("supplementary_items", 0), ("deductions", 0),
                ("market_risk", 500), ("counterparty_risk", 300), ("basic_risk", 200), ("net_assets", 100000000000),
            )
        )
    )  # fmt: skip
    out = tmp_path / "switch"
    assert run(monkeypatch, "compare", books, "PSA-2026", "FIEA-ACT64", "--out", out) == 0
    told = json.loads((out / "comparison.json").read_text())
    rules = {rule["rule"]: rule for rule in told["rules"]}
    assert rules["client_assets/cold_storage"]["disappears"] == 1
    assert any("share_max" in cause["name"] for cause in rules["client_assets/cold_storage"]["causes"])
    assert rules["capital/adequacy_ratio"]["appears"] >= 1
    assert [cause["kind"] for cause in rules["capital/adequacy_ratio"]["causes"]] == ["provision"]
    assert (out / "comparison.html").exists()


def test_what_a_missing_optional_table_leaves_untested_is_said(
    books: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    assert run(monkeypatch, "inspect", books, "--rules", "client_assets/guarantee_assets", "--out", out) == 0
    told = json.loads((out / "run.json").read_text())
    assert any("client_assets/guarantee_assets: no" in warning and "firm_balance" in warning for warning in told["warnings"])


def test_an_assumption_that_makes_no_sense_is_one_line(
    books: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ("inspect", books, "--assume", "client_assets/cold_storage.cutoff=noon", "--out", tmp_path / "out")
    assert run(monkeypatch, *command) == 2
    assert "client_assets/cold_storage: --assume cutoff=noon cannot be used" in capsys.readouterr().err
