"""The wind-down commands over a small exchange: figures, package, tampering, bad input, and nothing half-written."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from sekisho.cli import app
from sekisho.records import RecordsError

DAY = "2026-09-14"
RUN = CliRunner()
TABLES = {
    "account": """account_id,party_id,kind,opened_at,closed_at
A1,P1,customer,2026-01-01T00:00:00.000000Z,
A2,P2,customer,2026-01-01T00:00:00.000000Z,2026-09-01T00:00:00.000000Z
A3,P3,customer,2026-01-01T00:00:00.000000Z,
A5,P9,customer,2026-01-01T00:00:00.000000Z,
H1,P1,house,2026-01-01T00:00:00.000000Z,
""",
    "party": "party_id,kind,country\nP1,individual,JP\nP2,individual,JP\nP3,corporate,JP\n",
    "customer_balance": """account_id,asset,as_of_date,quantity
A1,BTC,2026-09-14,3
A1,JPY,2026-09-14,1000.5
A2,BTC,2026-09-14,3
A2,ETH,2026-09-14,0.000000000000000001
A3,BTC,2026-09-14,4
A3,ETH,2026-09-14,10
A4,BTC,2026-09-14,1
A5,JPY,2026-09-14,2000
H1,BTC,2026-09-14,100
A1,BTC,2026-09-13,77
""",
    "wallet": """wallet_id,asset,address,tier,holder,custodian,ever_online,signers_required,signers_total
W1,BTC,bc1a,hot,customer,,true,1,1
W2,BTC,bc1b,cold,customer,,false,2,3
W3,BTC,bc1c,cold,guarantee,,false,2,3
W4,BTC,bc1d,cold,own,,false,2,3
W5,ETH,0xa,cold,third_party,Trust & Co <x>,false,,
""",
    "wallet_balance": """wallet_id,observed_at,quantity
W1,2026-09-14T14:00:00.000000Z,1
W2,2026-09-12T14:00:00.000000Z,8
W3,2026-09-14T14:00:00.000000Z,1
W4,2026-09-14T14:00:00.000000Z,500
W5,2026-09-14T14:00:00.000000Z,11
W2,2026-09-14T15:00:00.000001Z,0
""",
    "money_trust": "as_of_date,principal_jpy,trustee\n2026-09-14,2999,Trust\n",
    "reference_price": """asset,quoted_at,price_jpy,source
BTC,2026-09-14T14:00:00.000000Z,1000,x
ETH,2026-09-14T14:00:00.000000Z,100,x
BTC,2026-09-13T14:00:00.000000Z,500,x
ETH,2026-09-13T14:00:00.000000Z,100,x
""",
    "crypto_loan": """loan_id,party_id,asset,quantity,borrowed_on,due_on,on_demand,returned_on,told_at,owner
L1,P3,BTC,90,2026-01-01,,true,,,treasury
L2,P3,BTC,5,2026-01-01,,true,2026-09-14,,treasury
""",
    "wallet_key": """wallet_id,key_id,use,party_id,place,device,connected_at,since,until,owner
W1,K9,signing,P1,Tokyo,HSM3,,2026-01-01,,custody
W2,K1,signing,P1,Tokyo,HSM1,,2026-01-01,,custody
W2,K2,signing,P1,Osaka,HSM2,,2026-01-01,,custody
W3,K3,signing,P1,Tokyo,HSM1,,2026-01-01,,custody
W3,K4,signing,P2,Osaka,HSM2,,2026-01-01,2026-09-15,custody
W3,K5,signing,P3,Osaka,HSM2,,2026-01-01,2026-09-14,custody
""",
    "asset_return": """return_id,account_id,asset,quantity,returned_at,manner
R1,A1,BTC,0.5,2026-09-14T03:00:00.000000Z,coins
R2,A1,BTC,0.5,2026-09-14T15:00:00.000000Z,coins
""",
    "wind_down_event": "event_id,kind,occurred_on\nE1,ceased,2026-09-10\nE2,administrator_appointed,2026-09-20\n",
}


@pytest.fixture
def exchange(tmp_path: Path) -> Path:
    folder = tmp_path / "exchange"
    folder.mkdir()
    for name, text in TABLES.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def run(*arguments: object) -> Any:
    done = RUN.invoke(app, ["wind-down", *map(str, arguments)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return json.loads(done.output) if "--json" in arguments else done.output


def refused(*arguments: object) -> str:
    with pytest.raises(RecordsError) as error:
        RUN.invoke(app, ["wind-down", *map(str, arguments)], catch_exceptions=False)
    return str(error.value)


def rows(out: Path) -> dict[tuple[str, str], dict[str, Any]]:
    return {(r["account_id"], r["asset"]): r for r in pq.read_table(out / "entitlements.parquet").to_pylist()}


def test_each_client_gets_the_part_of_what_is_there(exchange: Path, tmp_path: Path) -> None:
    told = run(exchange, "--as-of", DAY, "--out", tmp_path / "out", "--json")
    found = rows(tmp_path / "out")
    assets = {one["asset"]: one for one in told["assets"]}
    # 11 are owed; hot 1 + cold 8 + guarantee 1 are there: what came after midnight and the firm's own do not count.
    assert (assets["BTC"]["owed"], assets["BTC"]["there"], assets["BTC"]["guarantee"]) == ("11", "10", "1")
    assert found["A1", "BTC"]["entitlement"] == Decimal("2.72727272")
    assert found["A3", "BTC"]["entitlement"] == Decimal("3.63636363")
    assert assets["BTC"]["rest_of_rounding"] == "0.00000003"
    assert found["A2", "ETH"]["entitlement"] == Decimal("0.000000000000000001"), (
        "books finer than usual are kept to their last digit"
    )
    assert (found["A1", "JPY"]["entitlement"], found["A5", "JPY"]["entitlement"]) == (999, 1999)
    assert ("H1", "BTC") not in found
    assert found["A1", "BTC"]["returned"] == Decimal("0.5")
    assert {account: found[account, asset]["standing"] for account, asset in found} == {
        "A1": "known", "A2": "closed_account", "A3": "known", "A4": "no_account", "A5": "no_party",
    }  # fmt: skip
    assert [(one["loan_id"], one["entitlement"]) for one in told["lenders"]] == [("L1", "0")]
    assert {found[key]["basis"] for key in found} == {"priority_right", "trust"}


def test_both_readings_and_every_day_of_valuation_are_shown(exchange: Path, tmp_path: Path) -> None:
    told = run(
        exchange, "--as-of", DAY, "--out", tmp_path / "out", "--valuation-date", "2026-09-13", "--valuation-date", DAY, "--json"
    )
    assert told["readings"]["valued_on"] == "2026-09-13"
    assert [one["pooled_ratio"] for one in told["valuation"]] == ["0.938461538461", "0.924999999999"]
    each = {r["account_id"]: r for r in pq.read_table(tmp_path / "out" / "readings.parquet").to_pylist()}
    assert (each["A3"]["claims_jpy"], each["A3"]["per_asset_jpy"], each["A3"]["pooled_jpy"]) == (3000, 2818, 2815)
    assert sum(r["pooled_jpy"] for r in each.values()) <= 6100
    assert (told["readings"]["clients_better_off_pooled"], told["readings"]["clients_better_off_asset_by_asset"]) == (3, 1)
    assert {one["name"] for one in told["open_points"] if one["state"] == "open"} == {"valuation_date", "execution"}


def test_losses_come_off_what_is_there(exchange: Path, tmp_path: Path) -> None:
    lost = tmp_path / "lost.csv"
    lost.write_text("wallet_id,asset,quantity,note\nW2,,4.5,stolen\n,ETH,1.5,\n", encoding="utf-8")
    told = run(exchange, "--as-of", DAY, "--lost", lost, "--out", tmp_path / "out", "--json")
    assets = {one["asset"]: one for one in told["assets"]}
    assert (assets["BTC"]["there"], assets["BTC"]["ratio"], assets["ETH"]["shortfall"]) == ("5.5", "0.5", "0.500000000000000001")
    assert rows(tmp_path / "out")["A1", "BTC"]["entitlement"] == Decimal("1.5")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("wallet_id,quantity\nW9,1\n", "row 1, column 'wallet_id': 'W9' holds nothing for clients"),
        ("wallet_id,quantity\nW4,1\n", "'W4' holds nothing for clients"),
        ("wallet_id,quantity\nW2,9\n", "W2: 9 lost of 8 that were there"),
        ("asset,quantity\nBTC,1\nBTC,9.5\n", "BTC: 10.5 lost of 10 that were there"),
        ("asset,quantity\nBTC,x\n", "row 1, column 'quantity': 'x' is not a quantity"),
        ("asset,quantity\nBTC,NaN\n", "'NaN' is not a quantity"),
        ("asset,quantity\nBTC,-1\n", "'-1' is not a quantity"),
        ("asset,quantity,colour\nBTC,1,red\n", "has the columns asset, quantity, colour"),
        ("wallet_id,asset,quantity\n,,1\n", "names neither a wallet nor an asset"),
        ("wallet_id,asset,quantity\nW2,ETH,1\n", "wallet 'W2' holds BTC"),
        ("asset,quantity\nBTC\n", "another number of cells"),
        ("", "has the columns none"),
    ],
)
def test_a_loss_that_cannot_be_is_refused_and_nothing_is_written(exchange: Path, tmp_path: Path, text: str, said: str) -> None:
    lost = tmp_path / "lost.csv"
    lost.write_text(text, encoding="utf-8")
    assert said in refused(exchange, "--as-of", DAY, "--lost", lost, "--out", tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["exchange", "lost.csv"]


def test_other_bad_input(exchange: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert "states nothing for 2026-09-15; the last day before is 2026-09-14" in refused(
        exchange, "--as-of", "2026-09-15", "--out", out
    )
    assert "the books start later" in refused(exchange, "--as-of", "2026-09-01", "--out", out)
    assert "'DOGE=2' cannot be used" in refused(exchange, "--as-of", DAY, "--decimals", "DOGE=2", "--out", out)
    assert "is not an amount of yen" in refused(exchange, "--as-of", DAY, "--realised-jpy", "much", "--out", out)
    assert "is not a time of day" in refused(exchange, "--as-of", DAY, "--cutoff", "25:00", "--out", out)
    assert not out.exists()
    out.mkdir()
    (out / "mine").touch()
    assert "is there already and not empty" in refused(exchange, "--as-of", DAY, "--out", out)
    assert [p.name for p in out.iterdir()] == ["mine"]
    (exchange / "customer_balance.csv").unlink()
    assert "is not among these records" in refused(exchange, "--as-of", DAY, "--out", tmp_path / "new")


def test_chosen_units_and_proceeds(exchange: Path, tmp_path: Path) -> None:
    options = ("--decimals", "BTC=2", "--decimals", "ETH=0", "--realised-jpy", "1500.25", "--dormant-days", "30")
    told = run("entitlements", exchange, "--as-of", DAY, *options, "--out", tmp_path / "out", "--json")
    found = rows(tmp_path / "out")
    assert found["A1", "BTC"]["entitlement"] == Decimal("2.72")
    assert (found["A2", "ETH"]["entitlement"], found["A3", "ETH"]["entitlement"]) == (0, 10)
    assert (found["A1", "JPY"]["entitlement"], found["A5", "JPY"]["entitlement"]) == (500, 1000)
    assert found["A1", "BTC"]["standing"] == "dormant"
    assert next(one for one in told["assets"] if one["asset"] == "JPY")["in_trust"] == "1500.25"


def test_the_same_bytes_whatever_the_order_of_the_books(exchange: Path, tmp_path: Path) -> None:
    first = run(exchange, "--as-of", DAY, "--out", tmp_path / "one", "--json")
    header, *lines = TABLES["customer_balance"].splitlines()
    random.Random(4).shuffle(lines)
    (exchange / "customer_balance.csv").write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    second = run(exchange, "--as-of", DAY, "--out", tmp_path / "two", "--json")
    assert first == second
    for file in (tmp_path / "one").iterdir():
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes(), file.name


def test_the_package_verifies_itself_and_every_change_shows(exchange: Path, tmp_path: Path) -> None:
    package = tmp_path / "package"
    at = ("--at", "2026-09-15T00:00:00Z", "--successor", "Next Exchange")
    told = run("package", exchange, "--as-of", DAY, *at, "--out", package, "--json")
    assert "OK  9 files, 8 claims recomputed" in run("verify", package, "--seal", told["seal"])
    alone = subprocess.run([sys.executable, package / "verify.py"], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert alone.returncode == 0, alone.stdout
    assert told["seal"] in alone.stdout
    assert (package / "lenders.csv").read_text() == "loan_id,party_id,asset,quantity,entitlement\nL1,P3,BTC,90,0\n"
    assert (package / "unclaimed" / "BTC.csv").read_text().splitlines()[1].startswith("A2,P2,closed_account,3.0")
    for change, said in (
        (lambda: (package / "new.txt").touch(), "new.txt: was added"),
        (lambda: (package / "lenders.csv").unlink(), "lenders.csv: is missing"),
        (lambda: _replace(package / "clients" / "BTC.csv", "2.72727272", "2.72727273"), "clients/BTC.csv: is not the file packed"),
        (
            lambda: _replace(package / "manifest.json", '"there": "10"', '"there": "9"'),
            "is not 2.45454545, its part of what is there",
        ),
        (lambda: _replace(package / "manifest.json", '"Next Exchange"', '"Else"'), "not the"),
    ):
        kept = {p: p.read_bytes() for p in package.rglob("*") if p.is_file()}
        change()
        done = RUN.invoke(app, ["wind-down", "verify", str(package), "--seal", told["seal"]])
        assert done.exit_code == 1
        assert said in done.output
        (package / "new.txt").unlink(missing_ok=True)
        for file, content in kept.items():
            file.write_bytes(content)
    again = run("package", exchange, "--as-of", DAY, *at, "--out", tmp_path / "again", "--json")
    assert again["seal"] == told["seal"]


def test_a_forged_manifest_cannot_give_away_more_than_is_there(exchange: Path, tmp_path: Path) -> None:
    """Somebody who rewrites rows, hashes and sums still fails on the formula."""
    package = tmp_path / "package"
    run("package", exchange, "--as-of", DAY, "--out", package, "--json")
    file = package / "clients" / "BTC.csv"
    _replace(file, "2.727272720000000000", "3.000000000000000000")
    import hashlib

    manifest = json.loads((package / "manifest.json").read_text())
    for entry in manifest["files"]:
        if entry["path"] == "clients/BTC.csv":
            entry |= {
                "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
                "size": file.stat().st_size,
                "entitlements": "6.63636363",
            }
    (package / "manifest.json").write_text(json.dumps(manifest))
    done = RUN.invoke(app, ["wind-down", "verify", str(package), "--json"])
    assert done.exit_code == 1
    assert any("is not 2.72727272" in line for line in json.loads(done.output)["differs"])


def _replace(file: Path, before: str, after: str) -> None:
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after, 1))


def test_the_dashboard_says_what_is_where_who_can_sign_and_what_is_missing(exchange: Path, tmp_path: Path) -> None:
    told = run("dashboard", exchange, "--as-of", DAY, "--language", "ja", "--out", tmp_path / "out", "--json")
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["dashboard.html", "dashboard.json"]
    wallets = {one["wallet_id"]: one for one in told["where"]["wallets"]}
    assert {name: one["signing"]["state"] for name, one in wallets.items()} == {
        "W1": "one_person", "W2": "too_few_people", "W3": "enough", "W4": "not_enough_keys", "W5": "custodian",
    }  # fmt: skip
    assert wallets["W2"]["stale"]
    kinds = {(one["kind"], one["about"]) for one in told["missing"]}
    assert {
        ("shortfall", "BTC"),
        ("observation_stale", "W2"),
        ("signing_one_person", "W1"),
        ("unclaimed_no_account", "BTC"),
    } <= kinds
    assert ("signing_not_enough_keys", "W4") not in kinds, "the firm's own wallets hold nothing for clients"
    assert told["administrator"] == {"in_office": None, "found_incapable": [], "legal_basis": "undetermined"}, "appointed later"
    assert (told["returns"]["days_since_closing"], told["returns"]["days_since_last_return"]) == (4, 0)
    page = (tmp_path / "out" / "dashboard.html").read_text(encoding="utf-8")
    assert "Trust &amp; Co &lt;x&gt;" in page
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")
    assert 'value="ja" checked' in page
