"""``sekisho outflow``: the ready scenario is told from raw movements to the draft, in both languages, the same every time."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from sekisho.cli import app
from sekisho.intelligence.stix.validation import validate
from sekisho.records import RecordsError
from sekisho.rulebook import RulebookError
from sekisho.simulation.outflow_2024 import write_scenario
from sekisho.typologies.listed_forms import normal_form

RUN = CliRunner()


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ready") / "exchange"
    write_scenario("outflow-2024", folder, accounts=120)
    return folder


@pytest.fixture(scope="module")
def told(books: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict]:
    out = tmp_path_factory.mktemp("draft")
    result = RUN.invoke(app, ["outflow", str(books), "--out", str(out), "--json"])
    assert result.exit_code == 0, result.output
    return out, json.loads(result.stdout)


def test_the_outflow_of_may_2024_is_one_event_and_nothing_else_is_raised(told: tuple[Path, dict]) -> None:
    _out, content = told
    (event,) = content["events"]
    assert content["gaps"] == []
    assert content["regime"] == "PSA-2020"
    assert event["quantities"] == {"BTC": "4502.9"}
    assert abs(float(event["amount_jpy"]) - 48.2e9) < 0.01e9
    (outflow,) = event["outflows"]
    assert (outflow["kind"], outflow["changed_at"], outflow["look_alike"]) == ("substituted", "signed", True)
    assert event["route"]["single_signer"] is True
    assert event["route"]["kept_together"] == ["Head office, safe 3", "signing-laptop-1"]
    assert event["clients"][0]["not_wholly_covered"] == event["clients"][0]["clients"] == 120


def test_the_trail_accounts_for_every_coin(told: tuple[Path, dict]) -> None:
    (event,) = told[1]["events"]
    assert sum(float(end["quantity"]) for end in event["ends"]) == pytest.approx(4502.9)
    assert {end["why"] for end in event["ends"]} == {"resting", "busy"}
    assert len(event["peel_chains"]) == 1
    assert any(float(end["quantity"]) == 1500 for end in event["ends"])


def test_every_sentence_that_claims_something_names_records_that_exist(told: tuple[Path, dict]) -> None:
    (event,) = told[1]["events"]
    for section in event["sections"]:
        for line in section["statements"]:
            assert line["en"]
            assert line["ja"]
            assert line["state"] in {"known", "to_fill_in", "note"}
            assert line["evidence"] == [] or line["state"] == "known"
    proved = [line for s in event["sections"] for line in s["statements"] if line["state"] == "known"]
    assert sum(bool(line["evidence"]) for line in proved) >= len(proved) - 1  # the count of payments rests on the whole table


def test_the_pages_say_the_same_in_both_languages_and_their_references_resolve(told: tuple[Path, dict]) -> None:
    out, _content = told
    for language, word in (("ja", "流出"), ("en", "Outflow of 4,502.9 BTC")):
        text = (out / f"incident.{language}.html").read_text(encoding="utf-8")
        assert word in text
        assert "48,199,041,600" in text
        wanted = set(re.findall(r'href="#([^"]+)"', text))
        assert wanted <= set(re.findall(r'id="([^"]+)"', text))
        assert "http://" not in text.replace("http://www.w3.org/2000/svg", "")
        ElementTree.fromstring((out / f"trail-1.{language}.svg").read_text(encoding="utf-8"))


def test_terms_count_from_the_recognition_where_it_is_stated(books: Path, tmp_path: Path) -> None:
    args = ["outflow", str(books), "--out", str(tmp_path), "--lang", "en", "--json", "--recognised-at", "2024-06-01T00:30+09:00"]
    result = RUN.invoke(app, args)
    (event,) = json.loads(result.stdout)["events"]
    assert [term["due"] for term in event["terms"]] == [None, "2024-07-01", None, "2024-06-07", None]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["incident.en.html", "incident.json", "trail-1.en.svg"]


def test_the_same_books_give_the_same_bytes_and_a_period_leaves_events_out(
    books: Path, told: tuple[Path, dict], tmp_path: Path
) -> None:
    again = tmp_path / "again"
    assert RUN.invoke(app, ["outflow", str(books), "--out", str(again)]).exit_code == 0
    for file in told[0].iterdir():
        assert (again / file.name).read_bytes() == file.read_bytes()
    assert RUN.invoke(app, ["outflow", str(books), "--out", str(again), "--until", "2024-05-30"]).exit_code == 0
    assert sorted(p.name for p in again.iterdir()) == ["incident.en.html", "incident.ja.html", "incident.json"]


def test_without_the_registers_the_raw_movements_still_tell_it(books: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    bare.mkdir()
    for name in ("wallet", "chain_movement", "transfer"):
        shutil.copy(books / f"{name}.parquet", bare)
    result = RUN.invoke(app, ["outflow", str(bare), "--out", str(tmp_path / "out"), "--json"])
    (event,) = json.loads(result.stdout)["events"]
    assert event["kinds"] == ["unknown_authorisation"]
    assert event["quantities"] == {"BTC": "4502.9"}
    assert event["amount_jpy"] is None


def test_bad_input_is_one_error(books: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    bare.mkdir()
    shutil.copy(books / "wallet.parquet", bare)
    for args, kind, words in (
        ([str(bare)], RecordsError, "chain_movement"),
        ([str(books), "--lang", "fr"], RulebookError, "--lang fr"),
        ([str(books), "--recognised-at", "noon"], RulebookError, "--recognised-at noon"),
        ([str(books), "--assume", "x/y.z=1"], RulebookError, "unauthorised_outflow"),
        ([str(books), "--regime", "PSA-2017"], RulebookError, "does not hold"),
    ):
        result = RUN.invoke(app, ["outflow", *args, "--out", str(tmp_path / "never")])
        assert isinstance(result.exception, kind)
        assert words in str(result.exception)
    assert not (tmp_path / "never").exists()


def test_what_it_tells_can_be_shared_without_a_word_about_clients_wallets_or_amounts(
    books: Path, told: tuple[Path, dict], tmp_path: Path
) -> None:
    run = CliRunner().invoke(
        app,
        [
            "intelligence",
            "push",
            str(tmp_path / "archive"),
            *("--collection", "https://isac.example/root/collections/1/", "--organisation", "JPCrypto-ISAC"),
            *("--outflow", str(told[0] / "incident.json"), "--records", str(books), "--at", "2026-06-10T00:00:00Z", "--dry-run"),
        ],
    )
    assert run.exit_code == 0, run.output
    objects = json.loads(run.output)["objects"]
    assert [fault for each in objects for fault in validate(each)] == []
    event = told[1]["events"][0]
    addresses = {each["address"] for each in objects if each["type"] == "x-cryptocurrency-wallet"}
    assert addresses == {normal_form(o["to_address"]) for o in event["outflows"] if o["kind"] not in {"fee", "to_house"}} | {
        normal_form(end["address"]) for end in event["ends"] if end["why"] == "resting"
    }
    own = {o["from_address"] for o in event["outflows"]}
    assert not any(word in run.output for word in (*own, *event["diverted_accounts"], str(event["amount_jpy"])))
