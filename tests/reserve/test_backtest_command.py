"""The back-test on the reference incidents meets its references, and the table of the project agrees with its sources."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sekisho.cli import app
from sekisho.records import RecordsError
from sekisho.reserve.backtest import Protocol, backtest
from sekisho.reserve.incidents import PROJECT_TABLE, read_incidents

RUN = CliRunner()
PUBLISHED = {
    "lognormal": {"0.9": 114.0, "0.95": 77.5, "0.99": 30.6},
    "empirical": {"0.9": 77.5, "0.95": 69.5, "0.99": 40.6},
}


@pytest.fixture(scope="module")
def incidents(shared_data: Path) -> Path:
    return shared_data / "custody" / "incidents"


def test_below_the_best_reference_at_every_level_with_coverage_passed(incidents: Path) -> None:
    run = RUN.invoke(app, ["reserve", "backtest", str(incidents / "cex_incidents.csv"), "--json"])
    assert run.exit_code == 0, run.output
    told = json.loads(run.stdout)
    assert told["events"] == 34
    assert (told["protocol"]["first"], told["protocol"]["last"]) == (2017, 2023)
    for name, wanted in PUBLISHED.items():
        for level, figure in wanted.items():
            measured = told["methods"][name]["levels"][level]["mean_pinball_usd"] / 1e6
            assert round(measured, 1) == figure, "the references are those of the table's own protocol"
    for level, best in (("0.9", 77.5), ("0.95", 69.5), ("0.99", 30.6)):
        ours = told["methods"]["sekisho"]["levels"][level]
        assert ours["mean_pinball_usd"] / 1e6 < best
        assert ours["coverage_passed"]
        assert told["beside_the_best_reference"][level]["below"]


def test_the_projects_table_is_made_of_its_sources(incidents: Path, shared_data: Path) -> None:
    with (incidents / "dn_institute.csv").open(encoding="utf-8") as lines:
        source = {row["file"]: row for row in csv.DictReader(lines)}
    official = (shared_data / "perimeter" / "operators" / "incident_history.md").read_text(encoding="utf-8")
    told = {"Coincheck": "about 58.0bn yen", "Zaif": "about 6.7bn yen", "BITPoint Japan": "about 3.02bn yen"}
    told |= {"DMM Bitcoin": "4,502.9 BTC, about 48.2bn yen"}
    rows = read_incidents(PROJECT_TABLE)
    for one in rows:
        assert one.sources is not None
        assert "oak" not in one.sources, "rows under a share-alike licence are not carried"
        if one.usd is not None:
            file = next(part for part in one.sources.replace(";", " ").split() if part.endswith(".md"))
            assert str(one.usd) == source[file]["loss_usd"], file
            assert one.occurred_on.isoformat() == source[file]["date"], file
            assert one.cause == source[file]["attack_types"], file
            assert (one.tier or "") == (
                "hot" if "hot wallet" in (title := source[file]["title"].lower()) else "cold" if "cold wallet" in title else ""
            )
        if one.jpy is not None:
            assert told[one.entity] in official
            assert one.confidence == "official"
            assert float(told[one.entity].split("about ")[-1].removesuffix("bn yen")) * 1e9 == pytest.approx(float(one.jpy))
    assert {one.entity for one in rows if one.jpy is not None} == set(told)


def test_the_projects_table_can_be_back_tested_too() -> None:
    told = backtest(read_incidents(PROJECT_TABLE), Protocol(), stability=False)
    assert told["left_out"]["without_a_dollar_figure"] == 1, "DMM Bitcoin has an official yen figure only"
    assert told["protocol"]["last"] == 2023
    assert all(each["below"] for each in told["beside_the_best_reference"].values())


def test_the_answer_names_every_value_and_is_the_same_every_time(tmp_path: Path) -> None:
    file = tmp_path / "held.csv"
    file.write_text("tier,holdings_jpy\nhot,5000000000\ncold,95000000000\n", encoding="utf-8")
    words = [
        "reserve",
        "--exposure",
        str(file),
        "--reserve",
        "1000000000",
        "--insurance-limit",
        "3000000000",
        "--draws",
        "50",
        "--json",
    ]
    first, again = RUN.invoke(app, [*words, "--out", str(tmp_path / "a")]), RUN.invoke(app, [*words, "--out", str(tmp_path / "b")])
    assert first.exit_code == 0, first.output
    assert first.stdout == again.stdout
    assert (tmp_path / "a" / "reserve.html").read_bytes() == (tmp_path / "b" / "reserve.html").read_bytes()
    told = json.loads(first.stdout)
    assert told["required"]["loss_jpy"] == 5_000_000_000, "one year in a hundred the hot wallets are emptied"
    assert told["required"]["left_after_insurance_jpy"] == 2_000_000_000
    assert told["cover"]["without_insurance"] == {
        "short_by_jpy": 4_000_000_000,
        "reaches": False,
        "chance_exceeded": told["cover"]["without_insurance"]["chance_exceeded"],
    }
    assert told["cover"]["with_insurance"]["short_by_jpy"] == 1_000_000_000
    assert {each["name"] for each in told["sensitivity"]} == {each["name"] for each in told["assumptions"]} | {"frequency_basis"}
    assert len(told["leaving_out"]) == len(told["incidents"]["counted"]) == 35
    by_regime = {each["regime"]: each for each in told["regimes"]}
    assert by_regime["PSA-2026"]["answer"] == "hold"
    assert by_regime["PSA-2026"]["analogy"]
    assert by_regime["PSA-2020"]["answer"] == "no_rule"
    for regime in ("WG4-SEED", "WG-REPORT", "FIEA-ACT64"):
        assert by_regime[regime]["answer"] == "undetermined"
        assert by_regime[regime]["if_level"] == "hold", "the reserve is below the level estimated"
    page = (tmp_path / "a" / "reserve.html").read_text(encoding="utf-8")
    assert "流出に備える準備金の水準" in page
    assert "http" not in page.replace("http://www.w3.org", "")
    richer = json.loads(RUN.invoke(app, [*words[:3], "--reserve", "5000000000", "--draws", "50", "--json"]).stdout)
    assert next(each for each in richer["regimes"] if each["regime"] == "WG4-SEED")["if_level"] == "allow"


def test_without_holdings_there_is_no_level() -> None:
    told = json.loads(RUN.invoke(app, ["reserve", "--json"]).stdout)
    assert told["status"] == "no_exposure"
    assert "required" not in told


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("date,usd\n2020-01-01,5\n", "column 'kind'"),
        ("date,usd,kind\n2020-13-01,5000000,exchange_theft\n", "row 1, column 'date': '2020-13-01' is not a day"),
        ("date,usd,kind\n2020-01-01,5000000,exchange_theft\n2020-01-01,-1,exchange_theft\n", "row 2, column 'usd'"),
        ("date,usd,kind\n2020-01-01,5000000,\n", "row 1, column 'kind': is empty"),
        ("date,usd,kind\n2020-01-01,5000000,exchange_theft\n", "two losses before it"),
        ("date,usd,kind\n", "no rows"),
    ],
)
def test_a_table_that_cannot_be_used_says_where_and_what_to_do(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "bad.csv"
    file.write_text(text, encoding="utf-8")
    run = RUN.invoke(app, ["reserve", "backtest", str(file), "--json"])
    assert isinstance(run.exception, RecordsError)
    assert said in str(run.exception)
    assert run.stdout == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--set", "cold_reach=2"], "out of range"),
        (["--set", "luck=2"], "is not an assumption"),
        (["--grade", "best"], "give one of strong, standard, weak"),
        (["--frequency", "moon"], "give one of japan, world"),
        (["--exposure", "nowhere.csv"], "nowhere.csv"),
    ],
)
def test_a_wrong_option_says_what_is_right(words: list[str], said: str) -> None:
    run = RUN.invoke(app, ["reserve", *words])
    assert isinstance(run.exception, RecordsError)
    assert said in str(run.exception)


def test_a_tier_or_amount_that_is_not_one_names_its_place(tmp_path: Path) -> None:
    file = tmp_path / "held.csv"
    file.write_text("tier,holdings_jpy\nhot,1\nwarm,2\n", encoding="utf-8")
    run = RUN.invoke(app, ["reserve", "--exposure", str(file)])
    assert "row 2, column 'tier': 'warm' is not a tier" in str(run.exception)


def test_books_are_held_against_the_level_of_each_day(tmp_path: Path) -> None:
    tables = {
        "wallet": "wallet_id,asset,address,tier,holder,custodian,ever_online,signers_required,signers_total\n"
        "HOT,BTC,a1,hot,customer,,true,,\nCOLD,BTC,a2,cold,customer,,false,,\nOWN,BTC,a3,hot,own,,true,,\n",
        "wallet_balance": "wallet_id,observed_at,quantity\nHOT,2026-06-01T15:00:00Z,100\nCOLD,2026-06-01T15:00:00Z,9900\n"
        "OWN,2026-06-01T15:00:00Z,5000\nHOT,2026-06-02T15:00:00Z,300\n",
        "reference_price": "asset,quoted_at,price_jpy,source\nBTC,2026-06-01T14:00:00Z,10000000,vwap\n"
        "BTC,2026-06-02T14:00:00Z,10000000,vwap\n",
        "firm_balance": "as_of_date,item,amount_jpy\n2026-06-01,reserve,1000000000\n2026-06-01,insurance_limit,500000000\n",
    }
    for name, text in tables.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    run = RUN.invoke(app, ["reserve", "--records", str(tmp_path), "--draws", "50", "--json"])
    assert run.exit_code == 0, run.output
    told = json.loads(run.stdout)
    first, second = told["daily"]
    assert (first["day"], first["hot_jpy"], first["cold_jpy"]) == ("2026-06-01", 10**9, 99 * 10**9)
    assert (first["required_jpy"], first["reaches_without_insurance"]) == (10**9, True)
    assert second["hot_jpy"] == 3 * 10**9
    assert second["required_jpy"] == 3 * 10**9
    assert (second["reserve_jpy"], second["insurance_limit_jpy"]) == (10**9, 5 * 10**8), "what the books stated last stands"
    assert not second["reaches_without_insurance"]
    assert not second["reaches_with_insurance"]
    assert told["exposure"]["day"] == "2026-06-02"
    assert told["cover"]["reserve_jpy"] == 10**9
    (tmp_path / "reference_price.csv").unlink()
    assert "hold no reference_price" in str(RUN.invoke(app, ["reserve", "--records", str(tmp_path)]).exception)
