"""The day's certificate: the same figures as the rules' findings, exact, as known on the day, and the same bytes every time."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest
from pypdf import PdfReader

from sekisho import cli
from sekisho.custody.certificate import Asked, certify
from sekisho.custody.day import RULES
from sekisho.custody.workbook import fits
from sekisho.findings.inspection import Inspector, Question
from sekisho.records import Records, open_records
from sekisho.rulebook import load_rulebook
from sekisho.simulation import Options, simulate

RULEBOOK = load_rulebook()
DOCS = Path(__file__).resolve().parents[2] / "docs" / "custody.md"
BOOKS = {
    "wallet": """\
wallet_id,asset,address,tier,holder,custodian,ever_online
H,BTC,h,hot,customer,,true
C,BTC,c,cold,customer,,false
T,BTC,t,cold,third_party,Trust Co,false
G,BTC,g,cold,guarantee,,false
E,ETH,e,cold,customer,,false
""",
    "wallet_balance": """\
wallet_id,observed_at,quantity
H,2026-09-17T15:00:00Z,4
C,2026-09-17T15:00:00Z,86
T,2026-09-17T15:00:00Z,10
G,2026-09-17T15:00:00Z,4
E,2026-09-17T15:00:00Z,123456789.012345678901234567
H,2026-09-18T03:00:00Z,9
H,2026-09-18T15:00:00Z,4
C,2026-09-18T15:00:00Z,86
T,2026-09-18T15:00:00Z,9.5
G,2026-09-18T15:00:00Z,3.9
E,2026-09-18T15:00:00Z,123456789.012345678901234567
H,2026-09-25T15:00:00Z,4
C,2026-09-25T15:00:00Z,86.5
""",
    "customer_balance": """\
account_id,asset,as_of_date,quantity
A1,BTC,2026-09-17,60
A2,BTC,2026-09-17,40
A1,ETH,2026-09-17,123456789.012345678901234567
A1,BTC,2026-09-18,60
A2,BTC,2026-09-18,40
X,BTC,2026-09-18,7
A1,ETH,2026-09-18,123456789.012345678901234567
A1,JPY,2026-09-18,1000000
A2,JPY,2026-09-18,0
A1,BTC,2026-09-25,100
""",
    "account": """\
account_id,party_id,kind,opened_at
A1,P1,customer,2026-01-01T00:00:00Z
A2,P2,customer,2026-01-01T00:00:00Z
X,P3,house,2026-01-01T00:00:00Z
""",
    "reference_price": """\
asset,quoted_at,price_jpy,source
BTC,2026-09-17T14:00:00Z,10000000,close
BTC,2026-09-18T14:00:00Z,10000000,close
BTC,2026-09-18T14:30:00Z,11000000,venue
ETH,2026-09-17T14:00:00Z,0.001,close
ETH,2026-09-18T14:00:00Z,0.001,close
""",
    "money_trust": "as_of_date,principal_jpy,trustee\n2026-09-18,600000,A\n2026-09-18,399999,B\n",
    "firm_balance": "as_of_date,item,amount_jpy\n2026-09-18,net_assets,50000000\n2026-09-18,capital,10000000\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "books"
    place.mkdir()
    for name, text in BOOKS.items():
        (place / f"{name}.csv").write_text(text, encoding="utf-8")
    return place


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated exchange over the holidays of September 2026 with every failure of custody planted."""
    place = tmp_path_factory.mktemp("exchange") / "books"
    simulate(Options(seed=5, days=28, accounts=300, instruments=4, orders=3000, history=1, start=date(2026, 9, 1)), place)
    return place


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    """Exit status of the command line."""
    monkeypatch.setattr(sys, "argv", ["sekisho", *map(str, arguments)])
    try:
        cli.main()
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0


def told(records: Records | Path, day: str, regime: str | None = None, assume: tuple[str, ...] = ()) -> dict[str, Any]:
    """The certificate of a day."""
    books = open_records(records) if isinstance(records, Path) else records
    return certify(RULEBOOK, books, Asked(regime=regime, day=date.fromisoformat(day), assume=assume)).told


def asset(certificate: dict[str, Any], name: str) -> dict[str, Any]:
    return next(row for row in certificate["assets"] if row["asset"] == name)


def test_figures_are_exact_and_leave_the_firms_own_account_out(folder: Path) -> None:
    certificate = told(folder, "2026-09-18")
    bitcoin, ether = asset(certificate, "BTC"), asset(certificate, "ETH")
    assert (bitcoin["owed"], bitcoin["customers"], bitcoin["customers_held"], bitcoin["short"]) == ("100", 2, "99.5", "0.5")
    assert (bitcoin["price_jpy"], bitcoin["price_source"], bitcoin["owed_jpy"]) == ("11000000", "venue", "1100000000")
    assert (bitcoin["outside_cold"], bitcoin["guarantee_required"], bitcoin["guarantee_cold"]) == ("4", "4", "3.9")
    assert bitcoin["guarantee_short"] == "0.1"
    assert ether["owed"] == ether["customers_held"] == "123456789.012345678901234567"
    assert ether["owed_jpy"] == "123456.789012345678901234567"
    held = {(h["holder"], h["tier"], h["custodian"]): h["quantity"] for h in bitcoin["holdings"]}
    assert held["third_party", "cold", "Trust Co"] == "9.5"
    money = certificate["money"]
    assert (money["owed_jpy"], money["customers"], money["trust_jpy"], money["short_jpy"]) == ("1000000", 1, "999999", "1")
    assert {"table": "reference_price", "id": "BTC|2026-09-18T14:30:00.000000Z|venue"} in bitcoin["evidence"]["records"]
    assert bitcoin["evidence"]["ledger"]["rows"] == 2


def test_deadlines_count_business_days_over_the_holidays(folder: Path) -> None:
    due = {(row["rule"], row["asset"]): row["deadline"] for row in told(folder, "2026-09-18")["shortfalls"]}
    # 19 and 20 September are a weekend, 21 to 23 are holidays.
    assert due["client_assets/reconciliation", "BTC"] == "2026-09-30"
    assert due["client_assets/money_trust", "JPY"] == "2026-09-25"
    assert due["client_assets/guarantee_assets", "BTC"] is None


def test_the_worst_moment_of_the_day_is_seen_though_the_cutoff_is_fine(folder: Path) -> None:
    certificate = told(folder, "2026-09-18")
    hot = certificate["hot_share"]
    assert hot["share"] == "0.039996"
    # Nine bitcoin were hot from 03:00; they weighed most against the ether once the price of bitcoin rose at 14:30.
    assert (hot["highest"]["at"], hot["highest"]["above_max"]) == ("2026-09-18T14:30:00.000000Z", True)
    assert Decimal("0.0899") < Decimal(hot["highest"]["share"]) < Decimal("0.09")
    assert {"table": "wallet_balance", "id": "H|2026-09-18T03:00:00.000000Z"} in hot["highest"]["evidence"]
    assert certificate["verdicts"]["client_assets/cold_storage"] == "kept"
    at = {(row["what"], row["value"]): row["above_max"] for row in hot["sensitivity"]}
    assert at["cutoff", "12:00"] is True
    assert at["cutoff", "06:00"] is False
    assert at["price_source", "close"] is False


def test_before_the_first_observation_there_is_no_share(folder: Path) -> None:
    hot = told(folder, "2026-09-17")["hot_share"]
    assert hot["share"] == hot["highest"]["share"] == hot["lowest"]["share"] == "0.039996"
    assert [moment["at"] for moment in hot["hours"]] == ["2026-09-17T15:00:00.000000Z"]


def test_cutoff_and_source_are_parameters_and_the_certificate_says_so(folder: Path) -> None:
    options = ("client_assets/cold_storage.cutoff=12:00", "client_assets/cold_storage.price_source=close")
    certificate = told(folder, "2026-09-18", assume=options)
    assert (certificate["cutoff"], certificate["price_source"]) == ("12:00", "close")
    assert certificate["assumed"] == {
        "client_assets/cold_storage.cutoff": "12:00",
        "client_assets/cold_storage.price_source": "close",
    }
    assert certificate["verdicts"]["client_assets/cold_storage"] == "broken"


def test_what_was_recorded_later_does_not_reach_into_the_day(folder: Path) -> None:
    before = told(folder, "2026-09-18")
    for name in ("wallet_balance", "customer_balance"):
        file = folder / f"{name}.csv"
        file.write_text("".join(row for row in file.read_text().splitlines(True) if "2026-09-25" not in row), encoding="utf-8")
    after = told(folder, "2026-09-18")
    for certificate in (before, after):
        del certificate["records"]
    assert before == after
    assert {row["state"] for row in after["shortfalls"] if row["rule"] == "client_assets/reconciliation"} == {"open"}


def test_under_the_act_what_is_open_stays_undetermined_and_facts_are_shown(folder: Path) -> None:
    certificate = told(folder, "2026-09-18", regime="FIEA-ACT64")
    assert certificate["verdicts"]["client_assets/cold_storage"] == "undetermined"
    assert certificate["hot_share"]["share"] == "0.039996"
    assert certificate["hot_share"]["share_max"] is None
    assert certificate["hot_share"]["highest"]["above_max"] is None
    assert asset(certificate, "BTC")["guarantee_required"] is None
    assert asset(certificate, "BTC")["short"] == "0.5"
    whys = {rule["rule"]: rule["why"] for rule in certificate["rules"]}
    assert "share_max" in whys["client_assets/cold_storage"]


def test_an_internal_cap_above_which_the_law_is_still_kept_is_told_apart(folder: Path) -> None:
    certificate = told(folder, "2026-09-18", assume=("client_assets/cold_storage.internal_share_max=0.03",))
    assert certificate["verdicts"]["client_assets/cold_storage"] == "internal_cap"


def test_the_command_writes_three_files_whole_and_the_same_bytes_again(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("custody", folder, "--as-of", "2026-09-18", "--quarter", "2026-09-18", "--internal-cap", "0.04", "--json")
    assert run(monkeypatch, *arguments, "--out", tmp_path / "one") == 0
    printed = json.loads(capsys.readouterr().out)
    assert run(monkeypatch, *arguments, "--out", tmp_path / "two") == 0
    names = sorted(file.name for file in (tmp_path / "one").iterdir())
    assert names == ["certificate.json", "certificate.pdf", "certificate.xlsx"]
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name
    assert json.loads((tmp_path / "one" / "certificate.json").read_text(encoding="utf-8")) == printed


@pytest.mark.parametrize("lang", ["ja", "en", "both"])
def test_one_page_to_sign_in_each_language(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lang: str) -> None:
    assert run(monkeypatch, "custody", folder, "--as-of", "2026-09-18", "--lang", lang, "--out", tmp_path / "out") == 0
    (page,) = PdfReader(tmp_path / "out" / "certificate.pdf").pages
    assert (round(float(page.mediabox.width)), round(float(page.mediabox.height))) == (595, 842)
    text = page.extract_text()
    assert ("Reconciled by" in text) == (lang != "ja")
    assert ("照合者" in text) == (lang != "en")
    assert "2026-09-30" in text
    assert re.search(r"sha256 [0-9a-f]{64}", text)


def test_the_workbook_has_numbers_exact_texts_and_formulas(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, "custody", folder, "--as-of", "2026-09-18", "--lang", "en", "--out", tmp_path / "out") == 0
    file = tmp_path / "out" / "certificate.xlsx"
    values, formulas = (openpyxl.load_workbook(file, data_only=each)["Assets"] for each in (True, False))
    heads = [cell.value for cell in values[1]]
    rows = {row[0].value: row for row in values.iter_rows(min_row=2)}
    ether = rows["ETH"][heads.index("owed")]
    assert ether.value == pytest.approx(123456789.0123)
    assert rows["ETH"][heads.index("owed") + 1].value == "123456789.012345678901234567"
    assert rows["BTC"][heads.index("owed")].value == 100
    assert rows["BTC"][heads.index("owed") + 1].value is None
    total = formulas.cell(4, heads.index("owed JPY") + 1).value
    assert total == "=SUM(H2:H3)"
    assert values.cell(4, heads.index("owed JPY") + 1).value == pytest.approx(1100123456.789)
    assert formulas.cell(2, heads.index("chain − ledger") + 1).value.startswith("=")
    assert values.cell(2, heads.index("chain − ledger") + 1).value == -0.5


@pytest.mark.parametrize(("text", "kept"), [("123456789012345", True), ("1234567890123456", False), ("0.000000000000000001", True)])
def test_fifteen_digits_are_what_excel_keeps(text: str, kept: bool) -> None:
    assert fits(text) is kept


def test_the_quarter_is_filled_as_far_as_records_go_and_says_what_they_lack(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(monkeypatch, "custody", folder, "--as-of", "2026-09-18", "--quarter", "2026-07-01", "--out", tmp_path / "out") == 0
    report = json.loads((tmp_path / "out" / "certificate.json").read_text(encoding="utf-8"))["property_report"]
    assert (report["from"], report["until"], report["report_due_on"], report["statements_due_on"]) == (
        "2026-07-01", "2026-09-30", "2026-10-31", "2026-11-30",
    )  # fmt: skip
    assert (report["figures_of"], report["whole"]) == ("2026-09-25", False)
    assert report["money"]["highest_jpy"] == "1000000"
    assert [each["provision"] for each in report["attachments"]] == [f"CAO 38(2)({n})" for n in ("i", "ii", "iii", "iv", "v", "vi")]
    assert any("form 13" in each["en"] for each in report["not_filled"])
    bitcoin = next(row for row in report["assets"] if row["asset"] == "BTC")
    assert (bitcoin["third_party_cold"], bitcoin["self_managed_not_cold"], bitcoin["highest_owed"]) == ("9.5", "4", "100")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--as-of", "2026-09-19"), "customer_balance: has no balances of 2026-09-19"),
        (("--internal-cap", "4%"), "--internal-cap: '4%' is not a share"),
        (("--lang", "fr"), "--lang: 'fr' is not known"),
        (("--cutoff", "25:00"), "cut-off '25:00' is not a time of day"),
        (("--assume", "client_assets/cold_storage.nothing=1"), "nothing"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    said: str,
) -> None:
    assert run(monkeypatch, "custody", folder, *arguments, "--out", tmp_path / "out") == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_the_certificate_of_a_simulated_exchange_agrees_with_its_inspection(exchange: Path) -> None:
    """On the last day and on days of planted failures: every finding that concerns the day, under its id, and no other."""
    records = open_records(exchange)
    days = sorted({row["as_of_date"] for row in records.customer_balance.select("as_of_date").distinct().to_pyarrow().to_pylist()})
    inspection = Inspector(RULEBOOK, records).inspect(Question(rules=",".join(RULES), as_of=days[-1]))
    concerned = {f.finding_id for f in inspection.findings if f.window_until.date() >= days[-1]}
    certificate = told(records, days[-1].isoformat())
    assert {row["finding_id"] for row in certificate["shortfalls"]} == concerned
    planted = 0
    for day in days[2::5]:
        certificate = told(records, day.isoformat())
        kept = {rule: {row["asset"] for row in certificate["shortfalls"] if row["rule"] == rule} for rule in RULES}
        for rule in RULES:
            found = [f for f in inspection.findings if f.rule == rule and f.window_from.date() < day <= f.window_until.date()]
            assert {f.asset for f in found} == kept[rule], (day, rule)
            planted += len(found)
        seen = {row["asset"] for row in certificate["assets"] if row["observed"]}
        short = {row["asset"] for row in certificate["assets"] if row["observed"] and Decimal(row["short"]) > 0}
        told_short = {
            r["asset"] for r in certificate["shortfalls"] if r["kind"] in ("default", "late", "in_time") and "reconc" in r["rule"]
        }
        assert short == told_short & seen
        hot = certificate["hot_share"]
        broken = hot["excess_jpy"] is not None and Decimal(hot["excess_jpy"]) > 0
        kinds = {row["kind"] for row in certificate["shortfalls"] if row["rule"] == "client_assets/cold_storage"}
        assert broken == bool(kinds & {"default", "late", "in_time"})
        assert Decimal(hot["lowest"]["share"]) <= Decimal(hot["share"]) <= Decimal(hot["highest"]["share"])
    assert planted > 5, "the simulated exchange shows failures on the days looked at"


def test_every_key_of_the_certificate_is_documented(folder: Path) -> None:
    page = DOCS.read_text(encoding="utf-8")

    def keys(value: object) -> Iterator[str]:
        if isinstance(value, dict):
            for key, inner in value.items():
                if re.fullmatch(r"[a-z_0-9]+", key):
                    yield key
                yield from keys(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from keys(inner)

    certificate = told(folder, "2026-09-18")
    del certificate["records"]["tables"]
    missing = sorted({key for key in keys(certificate) if f"`{key}`" not in page})
    assert not missing, missing


def test_the_ledger_is_the_one_the_tables_hold(exchange: Path) -> None:
    balances = pq.read_table(exchange / "customer_balance.parquet").to_pylist()
    houses = {row["account_id"] for row in pq.read_table(exchange / "account.parquet").to_pylist() if row["kind"] == "house"}
    day = max(row["as_of_date"] for row in balances)
    certificate = told(exchange, day.isoformat())
    for row in certificate["assets"]:
        own = [b for b in balances if b["asset"] == row["asset"] and b["as_of_date"] == day and b["account_id"] not in houses]
        assert Decimal(row["owed"]) == sum(b["quantity"] for b in own)
        assert row["customers"] == sum(b["quantity"] > 0 for b in own)
