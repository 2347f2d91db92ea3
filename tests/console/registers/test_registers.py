"""The other registers: made from the record tables, every version kept, out as records that validate and in again."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils.translation import override

from console.asking import post
from sekisho.console.journal.acting import SYSTEM, NotTwoPeople, acting
from sekisho.console.registers.exporting import export, rows_of
from sekisho.console.registers.importing import take_in
from sekisho.console.registers.kinds import KINDS, rules_reading
from sekisho.console.registers.models import FROM_BOOKS, FactKnowledge, GapLook, MaterialFact, Publication, RegisterRow, Reminder
from sekisho.console.registers.telling import learnable
from sekisho.gate.rows import read_rows
from sekisho.records import TABLES, RecordsError, validate_folder

Browser = Callable[[str], Client]
NOW = datetime(2026, 11, 29, tzinfo=UTC)
PROVIDER = {
    "provider_id": "V1", "name": "Vault KK", "service": "custody", "touches": "keys", "in_group": "false",
    "open_to_inspection": "true", "since": "2026-04-01", "owner": "Operations",
}  # fmt: skip
WARNING = {
    "warning_id": "W1", "name": "Rocket", "warned_on": "2026-10-01", "issued_by": "FSA", "source": "https://fsa.example",
    "owner": "Compliance",
}  # fmt: skip


def put(client: Client, table: str, values: dict[str, Any], reason_code: str = "new", **more: Any) -> Any:
    return post(client, f"registers/{table}/change/", values=values, reason_code=reason_code, **more)


def test_every_register_has_its_page_in_both_languages(browser: Browser) -> None:
    client = browser("compliance")
    for table, register in KINDS.items():
        for language in ("en", "ja"):
            answer = client.get(f"/registers/{table}/", headers={"accept-language": language})
            assert answer.status_code == 200, (table, language)
        with override("en"):
            assert str(register.title) in client.get(f"/registers/{table}/").content.decode()
        assert (
            client.get(f"/registers/{table}/records.csv")
            .content.decode()
            .startswith(",".join(c.name for c in TABLES[table].columns))
        )
    assert client.get("/registers/trade/").status_code == 404


def test_a_row_is_written_by_one_and_its_history_shows_each_change(browser: Browser) -> None:
    number = put(browser("compliance"), "operator_warning", WARNING).json()["row"]
    put(browser("operations"), "operator_warning", {**WARNING, "domains": "rocket.example"}, "changed", reason="found the domain")
    shown = browser("auditor").get(f"/api/registers/operator_warning/rows/{number}/").json()
    assert [line["by"] for line in shown["history"]] == ["PERSON-OPERATIONS", "PERSON-COMPLIANCE"]
    assert shown["history"][0]["changes"] == [{"column": "domains", "title": "domains", "old": None, "new": "rocket.example"}]
    assert shown["history"][0]["reason"] == "found the domain"
    assert RegisterRow.objects.count() == 1


def test_the_form_and_json_write_the_same(browser: Browser) -> None:
    form = {"columns": list(WARNING), "cells": list(WARNING.values()), "reason_code": "new"}
    assert browser("compliance").post("/registers/operator_warning/change/", form).status_code == 302
    assert RegisterRow.objects.get().values == WARNING


def test_where_it_takes_two_people_one_alone_changes_nothing(browser: Browser) -> None:
    number = put(browser("operations"), "provider", PROVIDER).json()["proposal"]
    assert not RegisterRow.objects.exists()
    assert post(browser("operations"), f"proposals/{number}/approve/").status_code == 403
    assert post(browser("compliance"), f"proposals/{number}/approve/").status_code == 200
    row = RegisterRow.objects.get()
    assert (row.row_key, row.owner) == ("V1|custody|2026-04-01", "Operations")
    row.owner = "nobody"
    with pytest.raises(NotTwoPeople), acting(SYSTEM, "t"):
        row.save()


@pytest.mark.parametrize(
    ("more", "column"),
    [
        ({"service": "gardening"}, "service"),
        ({"since": "soon"}, "since"),
        ({"owner": ""}, "owner"),
        ({"colour": "red"}, "colour"),
        ({"in_group": "perhaps"}, "in_group"),
    ],
)
def test_what_the_table_does_not_allow_is_refused_with_the_column(browser: Browser, more: dict[str, str], column: str) -> None:
    answer = put(browser("operations"), "provider", {**PROVIDER, **more})
    assert answer.status_code == 422
    assert set(answer.json()["faults"]) == {column}


def test_nobody_changes_a_row_about_himself(browser: Browser) -> None:
    duty = {"party_id": "STAFF-OPERATIONS", "duty": "pay", "asset": "BTC", "since": "2026-04-01", "owner": "Operations"}
    assert put(browser("operations"), "custody_duty", duty).status_code == 403
    number = put(browser("compliance"), "custody_duty", duty).json()["proposal"]
    assert post(browser("supervisor"), f"proposals/{number}/approve/").status_code == 200


def test_a_confidential_register_is_for_the_second_and_third_line(browser: Browser) -> None:
    suspicion = {
        "suspicion_id": "S1", "account_id": "A1", "arose_at": "2026-11-01T10:00", "source": "bank", "summary": "mule",
        "owner": "Compliance",
    }  # fmt: skip
    assert put(browser("compliance"), "suspicion", suspicion).status_code == 200
    assert RegisterRow.objects.get().values["arose_at"] == "2026-11-01T01:00:00.000000Z", "a form's time is Japan time"
    for role in ("operations", "sro", "auditor"):
        assert browser(role).get("/registers/suspicion/").status_code == 403
        assert browser(role).get("/registers/suspicion/records.csv").status_code == 403
        assert "suspicion" not in browser(role).get("/api/registers/").content.decode()
    assert put(browser("operations"), "suspicion", suspicion).status_code == 403


@pytest.mark.parametrize("role", ["audit", "sro", "investigator", "auditor", "administrator"])
def test_readers_do_not_write(browser: Browser, role: str) -> None:
    assert put(browser(role), "operator_warning", WARNING).status_code == 403
    assert post(browser(role), "registers/provider/gaps/").status_code == 403
    assert post(browser(role), "registers/gate/tell/").status_code == 403


def test_gaps_are_what_the_rules_find(browser: Browser) -> None:
    number = put(browser("operations"), "provider", PROVIDER).json()["proposal"]
    post(browser("compliance"), f"proposals/{number}/approve/")
    told = post(browser("compliance"), "registers/provider/gaps/").json()
    asked = {rule.path for rule in rules_reading("provider")}
    assert {each["rule"] for each in told["rules"]} == asked
    assert {gap["rule"] for gap in told["gaps"]} <= asked
    assert any("V1" in gap["subject"] for gap in told["gaps"]), "keys in other hands and nothing assessed"
    page = browser("auditor").get("/registers/provider/", headers={"accept-language": "ja"}).content.decode()
    assert told["gaps"][0]["ja"] in page.replace("&quot;", '"')
    assert GapLook.objects.count() == 1


def test_an_empty_register_is_empty_and_not_missing(browser: Browser) -> None:
    told = post(browser("compliance"), "registers/provider/gaps/").json()
    states = {each["rule"]: each["state"] for each in told["rules"]}
    assert states["client_assets/outsourcing"] == "ran"
    assert states["client_assets/third_party_custody"] == "not_inspected", "no wallet is on record"


def fill(browser: Browser) -> None:
    compliance = browser("compliance")
    told = {
        "fact_id": "F1",
        "asset": "XYZ",
        "category": "exchange",
        "arose_at": "2026-11-20T09:00:00+09:00",
        "summary": 'a, "b"\nc',
    }
    post(compliance, "information/record/", **told)
    insider = {"party_id": "P1", "learned_at": "2026-11-20T10:00:00+09:00", "capacity": "issuer"}
    post(compliance, "information/facts/F1/insiders/", **insider)
    sent = {"channel": "press", "published_at": "2026-11-21T09:00:00+09:00", "address": "x"}
    post(compliance, "information/facts/F1/publish/", **sent)
    put(compliance, "operator_warning", WARNING)
    number = put(compliance, "provider", PROVIDER).json()["proposal"]
    post(browser("supervisor"), f"proposals/{number}/approve/")


def test_what_is_written_out_validates_and_comes_in_again_as_it_was(browser: Browser, tmp_path: Path) -> None:
    fill(browser)
    written = export(tmp_path / "out")
    assert written == {"material_fact": 1, "fact_knowledge": 2, "publication": 1, "operator_warning": 1, "provider": 1}
    assert validate_folder(tmp_path / "out") == []
    before = {table: list(rows_of(table)) for table in written}
    for kind in (Reminder, Publication, FactKnowledge, MaterialFact, RegisterRow):
        kind._base_manager.get_queryset()._raw_delete("default")
    assert take_in(tmp_path / "out", NOW) == written
    assert {table: list(rows_of(table)) for table in written} == before
    assert take_in(tmp_path / "out", NOW) == {}, "what is there is not taken in again"


def test_the_gate_learns_the_rows_as_they_are(browser: Browser) -> None:
    fill(browser)
    rows = learnable()
    assert {"material_fact", "fact_knowledge", "publication"} <= rows.keys()
    for table, told in rows.items():
        assert len(read_rows(table, told)) == len(told)
    assert post(browser("compliance"), "registers/gate/tell/").status_code == 422, "no gate was named"


def test_a_fact_that_lapsed_is_not_told_to_inspection_or_gate(browser: Browser) -> None:
    fill(browser)
    body = {"reason_code": "dropped", "reason": "talks ended"}
    number = post(browser("compliance"), "information/facts/F1/lapse/", **body).json()["proposal"]
    post(browser("supervisor"), f"proposals/{number}/approve/")
    assert [list(rows_of(table)) for table in ("material_fact", "fact_knowledge", "publication")] == [[], [], []]


def test_publications_in_books_free_what_the_law_says_they_free(db: None, tmp_path: Path) -> None:
    tables = {
        "material_fact": [
            ("fact_id", "asset", "category", "arose_at", "summary"),
            *((f, "X", "issuer", "2026-11-01T00:00:00Z", "s") for f in ("F1", "F2")),
        ],
        "publication": [
            ("fact_id", "channel", "published_at"),
            ("F1", "social_media", "2026-11-02T00:00:00Z"),
            ("F2", "sro_website", "2026-11-03T00:00:00Z"),
        ],
    }  # fmt: skip
    for table, lines in tables.items():
        with (tmp_path / f"{table}.csv").open("w", newline="") as file:
            csv.writer(file).writerows(lines)
    take_in(tmp_path, NOW)
    assert {f.pk: f.state(NOW) for f in MaterialFact.objects.all()} == {"F1": "open", "F2": "published"}


@pytest.mark.parametrize(
    ("effect", "more"), [(None, {"free_at": NOW}), (FROM_BOOKS, {"lapsed_at": NOW})], ids=["free by hand", "lapsed from books"]
)
def test_no_fact_begins_free_or_lapsed_by_one_person(effect: str | None, more: dict[str, datetime], db: None) -> None:
    said = {"asset": "X", "category": "issuer", "arose_at": NOW, "summary": "s", "recorded_at": NOW, "recorded_by": "SYSTEM"}
    with pytest.raises(NotTwoPeople), acting(SYSTEM, "t", effect=effect):
        MaterialFact(fact_id="F1", **said, **more).save()


def test_books_free_no_fact_that_the_office_has_already(db: None) -> None:
    said = {"asset": "X", "category": "issuer", "arose_at": NOW, "summary": "s", "recorded_at": NOW, "recorded_by": "SYSTEM"}
    fact = MaterialFact(fact_id="F1", **said)
    with acting(SYSTEM, "t"):
        fact.save()
    fact.free_at = NOW
    with pytest.raises(NotTwoPeople), acting(SYSTEM, "t", effect=FROM_BOOKS):
        fact.save()


def test_a_folder_that_is_there_is_not_written_over(db: None, tmp_path: Path) -> None:
    with pytest.raises(RecordsError):
        export(tmp_path)


def test_exporting_a_register_is_in_the_journal(browser: Browser) -> None:
    from sekisho.console.journal.models import Change

    browser("auditor").get("/registers/provider/records.csv")
    assert Change.objects.filter(kind="register", object="provider", field="exported").count() == 1
