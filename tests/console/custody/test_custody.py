"""The certificate of the day: made once for each state of the books, shown with its clocks, downloaded on record."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.test import Client

from sekisho.console.custody import making
from sekisho.console.custody.models import Certificate
from sekisho.console.journal.models import Change

CASE = Path(__file__).parents[2] / "custody"
Browser = Callable[[str], Client]


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Books of three days: BTC 100 owed, 94 cold, 6 hot; money short in trust."""
    folder = tmp_path_factory.mktemp("books")
    tables = {
        "account": ["account_id,party_id,kind,opened_at", "A1,P1,customer,2020-01-01T00:00:00Z"],
        "customer_balance": ["as_of_date,account_id,asset,quantity"]
        + [f"2026-11-{day},A1,{asset},{quantity}" for day in (25, 26, 27) for asset, quantity in (("BTC", 100), ("JPY", 1000000))],
        "wallet": [
            "wallet_id,asset,address,tier,holder,ever_online",
            "W1,BTC,addr1,cold,customer,false",
            "W2,BTC,addr2,hot,customer,true",
        ],
        "wallet_balance": ["observed_at,wallet_id,quantity"]
        + [f"2026-11-{day}T14:00:00Z,{wallet},{quantity}" for day in (25, 26, 27) for wallet, quantity in (("W1", 94), ("W2", 6))],
        "reference_price": ["quoted_at,asset,price_jpy,source"]
        + [f"2026-11-{day}T14:59:59Z,BTC,10000000,cutoff" for day in (25, 26, 27)],
        "money_trust": ["as_of_date,trustee,principal_jpy"] + [f"2026-11-{day},Trust,900000" for day in (25, 26, 27)],
    }
    for name, lines in tables.items():
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture(autouse=True)
def _console(books: Path, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "books"
    shutil.copytree(books, own)
    settings.CHOSEN = msgspec.structs.replace(settings.CHOSEN, books=own, files=tmp_path / "files")
    monkeypatch.setattr(making, "make_beside", making.make)


def certify(client: Client, day: str | None = None, prefix: str = "/api") -> Any:
    return client.post(f"{prefix}/custody/certify/", data=json.dumps({"day": day} if day else {}), content_type="application/json")


def test_a_day_is_certified_once_for_the_same_books(browser: Browser, settings: Any) -> None:
    assert certify(browser("operations")).status_code == 200
    made = Certificate.objects.get()
    assert (made.state, str(made.day), made.said) == ("made", "2026-11-27", "")
    assert "there already" in certify(browser("compliance")).json()["done"]
    assert Certificate.objects.count() == 1
    with (settings.CHOSEN.books / "money_trust.csv").open("a") as file:
        file.write("2026-11-27,Second,100000\n")
    assert browser("audit").get("/api/custody/").json()["certificate"]["books_changed"] is True
    assert certify(browser("operations")).status_code == 200
    assert Certificate.objects.filter(state="made").count() == 2


def test_the_page_shows_figures_clocks_and_the_hot_share(browser: Browser) -> None:
    certify(browser("operations"))
    told = browser("audit").get("/api/custody/").json()["told"]
    verdicts = {each["rule"]: each["verdict"] for each in told["verdicts"]}
    assert verdicts["client_assets/cold_storage"] == "broken"
    assert verdicts["client_assets/money_trust"] == "broken"
    assert told["hot"]["share"] == "0.06"
    assert told["hot"]["above"] is True
    assert len(told["hot"]["chart"]["times"]) == 3
    assert [row["deadline"] for row in told["shortfalls"] if row["rule"] == "client_assets/money_trust"] == ["2026-11-27"]
    btc = told["assets"][0]
    assert [(part["tier"], part["width"]) for part in btc["bar"]] == [("hot", 60.0), ("cold", 940.0)] or [
        (part["tier"], part["width"]) for part in btc["bar"]
    ] == [("cold", 940.0), ("hot", 60.0)]
    page = browser("audit").get("/custody/").content.decode()
    assert "6.00 %" in page
    assert "style=" not in page
    japanese = browser("audit").get("/custody/", headers={"accept-language": "ja"}).content.decode()
    assert "不適合" in japanese
    assert "是正期限" in japanese


def test_files_are_downloaded_with_a_line_in_the_journal(browser: Browser) -> None:
    certify(browser("operations"))
    made = Certificate.objects.get()
    answer = browser("auditor").get(f"/custody/{made.pk}/files/certificate.json/")
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert hashlib.sha256(content).hexdigest() == made.digest
    for name, begins in (("certificate.pdf", b"%PDF"), ("certificate.xlsx", b"PK")):
        got = browser("auditor").get(f"/custody/{made.pk}/files/{name}/")
        assert b"".join(got.streaming_content).startswith(begins)  # type: ignore[attr-defined]
    told = [change.new for change in Change.objects.filter(kind="certificate", field="downloaded").order_by("number")]
    assert told == ["certificate.json", "certificate.pdf", "certificate.xlsx"]
    for name in ("../../office.toml", "other.json", ".."):
        assert browser("auditor").get(f"/custody/{made.pk}/files/{name}/").status_code == 404


def test_who_may_not_is_refused_and_what_cannot_be_is_said(browser: Browser, settings: Any) -> None:
    assert certify(browser("audit")).status_code == 403
    assert browser("administrator").get("/custody/").status_code == 403
    assert certify(browser("operations"), "2999-01-01").status_code == 422
    assert certify(browser("operations"), "yesterday").status_code == 422
    assert certify(browser("operations"), "2020-01-01").status_code == 200
    failed = Certificate.objects.get()
    assert failed.state == "failed"
    assert "has no balances of 2020-01-01" in failed.said
    assert "has no balances of 2020-01-01" in browser("audit").get("/custody/").content.decode()
    settings.CHOSEN = msgspec.structs.replace(settings.CHOSEN, books=None)
    assert certify(browser("operations")).status_code == 422
    assert "has no books" in browser("audit").get("/custody/").content.decode()


def test_one_is_made_at_a_time_and_a_lost_one_does_not_block(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "make_beside", lambda _pk: None)
    assert certify(browser("operations")).status_code == 200
    assert certify(browser("operations")).status_code == 422
    monkeypatch.setattr(making, "LOST_AFTER", making.timedelta(0))
    assert certify(browser("operations")).status_code == 200
    assert sorted(Certificate.objects.values_list("state", flat=True)) == ["being_made", "failed"]


def test_the_proof_of_liabilities_is_held_against_the_certificate(
    browser: Browser, settings: Any, tmp_path: Path, books: Path
) -> None:
    from typer.testing import CliRunner

    from sekisho.cli import app

    out = tmp_path / "proof"
    proved = CliRunner().invoke(app, ["liabilities", "prove", str(settings.CHOSEN.books), "--out", str(out), "--json"])
    assert proved.exit_code == 0, proved.output
    place = next(out.rglob("manifest.json")).parent
    settings.CHOSEN = msgspec.structs.replace(settings.CHOSEN, proof=place)
    certify(browser("operations"))
    assert browser("audit").get("/api/custody/").json()["proof"]["state"] == "equal"
    manifest = json.loads((place / "manifest.json").read_text())
    manifest["assets"][0]["total"] = "1"
    (place / "manifest.json").write_text(json.dumps(manifest))
    proof = browser("audit").get("/api/custody/").json()["proof"]
    assert proof["state"] == "broken"
    assert "altered" in proof["why"]
