"""The rulebook's pages say what the rulebook says: as of a day, under a regime, with what is open shown as open."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import openpyxl
import pytest
from django.test import Client

from sekisho.console.alerts.models import Alert
from sekisho.console.journal.acting import SYSTEM, acting
from sekisho.console.people.models import Grant
from sekisho.rulebook import load_rulebook
from sekisho.rulebook.coverage import coverage
from sekisho.rulebook.difference import difference
from sekisho.rulebook.worked import worked_examples

Browser = Callable[[str], Client]
DAY = "2026-11-23"


def test_every_rule_has_its_page_with_all_it_rests_on(browser: Browser) -> None:
    client = browser("auditor")
    for rule in load_rulebook().rules.values():
        answer = client.get(f"/api/rulebook/rules/{rule.path}/?day={DAY}")
        assert answer.status_code == 200, rule.path
        told = answer.json()["rule"]
        assert told["statement"] == rule.statement._asdict()
        assert len(told["examples"]) == len(worked_examples(rule))
        assert sum(len(each["values"]) for each in told["all_parameters"]) == sum(len(p.values) for p in rule.parameters.values())
        assert [each["name"] for each in told["questions"]] == list(rule.questions)
    assert client.get("/rulebook/rules/no/such/").status_code == 404


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_rule_is_shown_with_the_japanese_sentence_in_either_language(browser: Browser, language: str) -> None:
    page = (
        browser("sro")
        .get(f"/rulebook/rules/unfair_trading/insider_dealing/?day={DAY}", headers={"accept-language": language})
        .content.decode()
    )
    rule = load_rulebook()["unfair_trading/insider_dealing"]
    quote = next(p.quote for p in rule.holding("PSA-2026", datetime(2026, 11, 23, tzinfo=UTC).date()).provisions if p.quote)  # type: ignore[union-attr]
    assert quote in page
    assert (rule.title.ja if language == "ja" else rule.title.en) in page


def test_what_the_law_leaves_open_is_shown_as_undetermined(browser: Browser) -> None:
    at = f"/api/rulebook/rules/unfair_trading/insider_dealing/?day={DAY}&regime="
    now = {each["name"]: each for each in browser("sro").get(f"{at}PSA-2026").json()["rule"]["parameters"]}
    act = {each["name"]: each for each in browser("sro").get(f"{at}FIEA-ACT64").json()["rule"]["parameters"]}
    assert (now["waiting_hours"]["value"], now["waiting_hours"]["undetermined"]) == ("0", False)
    assert (act["waiting_hours"]["value"], act["waiting_hours"]["undetermined"]) == ("undetermined", True)
    assert act["waiting_hours"]["source"]["document"] == "ACT64"


def test_the_four_kinds_of_text_are_told_apart(browser: Browser) -> None:
    page = browser("sro").get(f"/rulebook/rules/unfair_trading/insider_dealing/?day={DAY}").content.decode()
    for status in ("in_force", "enacted", "recommended", "proposed"):
        assert f'<span class="status {status}">' in page


def test_as_of_a_day_before_a_rule_it_does_not_hold(browser: Browser) -> None:
    before = browser("sro").get("/api/rulebook/rules/unfair_trading/insider_dealing/?day=2019-01-01").json()
    assert before["regime"] == "PSA-2017"
    assert before["rule"]["standing"] is None
    assert browser("sro").get(f"/api/rulebook/rules/unfair_trading/insider_dealing/?day={DAY}").json()["rule"]["standing"]


def test_the_list_filters_and_searches_in_both_languages(browser: Browser) -> None:
    client = browser("operations")
    everything = client.get(f"/api/rulebook/?day={DAY}").json()
    assert everything["count"] == len(load_rulebook().rules)
    chapter = client.get("/api/rulebook/?chapter=unfair_trading").json()["rows"]
    assert {row["chapter"] for row in chapter} == {"unfair_trading"}
    for words in ("内部者取引", "insider dealing", "20(xi)"):
        assert "unfair_trading/insider_dealing" in {
            row["rule"] for row in client.get(f"/api/rulebook/?q={words}").json()["rows"]
        }, words
    held = client.get(f"/api/rulebook/?day={DAY}&status=in_force").json()["rows"]
    assert held
    assert all(row["status"] == "in_force" for row in held)
    open_ones = client.get(f"/api/rulebook/?day={DAY}&regime=FIEA-ACT64&status=open").json()["rows"]
    assert open_ones
    assert all(row["undetermined"] for row in open_ones)
    assert client.get("/api/rulebook/?q=nosuchwordanywhere").json()["rows"] == []


@pytest.mark.parametrize(
    "at",
    [
        "rulebook/?day=soon",
        "rulebook/?regime=FIEA",
        "rulebook/difference/?before=NONE",
        "rulebook/?day=2001-01-01",
        "rulebook/?as=doc",
    ],
)
def test_what_cannot_be_asked_is_one_clear_message(browser: Browser, at: str) -> None:
    answer = browser("sro").get(f"/api/{at}")
    assert answer.status_code == 422
    assert answer.json()["error"]
    assert browser("sro").get(f"/{at}").status_code == 422


def test_the_difference_is_that_of_the_rulebook(browser: Browser) -> None:
    day = datetime(2026, 11, 23, tzinfo=UTC).date()
    expected = {d.rule.path: d for d in difference(load_rulebook(), "PSA-2026", "FIEA-ACT64", day)}
    told = browser("sro").get(f"/api/rulebook/difference/?before=PSA-2026&after=FIEA-ACT64&day={DAY}").json()
    assert {each["rule"] for each in told["changes"]} == {
        p for p, d in expected.items() if d.change in ("comes", "goes", "changes")
    }
    for each in told["changes"]:
        assert [value["name"] for value in each["values"]] == [value.name for value in expected[each["rule"]].values]
    counts = {each["change"]: each["count"] for each in told["counts"]}
    assert counts == {change: sum(d.change == change for d in expected.values()) for change in ("comes", "goes", "changes", "same")}


def test_the_coverage_is_that_of_the_rulebook(browser: Browser) -> None:
    told = browser("sro").get("/api/rulebook/coverage/").json()
    states = {each["id"]: each["state"] for section in told["sections"] for each in section["asked"]}
    assert states == {each.asked.id: each.state for each in coverage(load_rulebook())}
    none = browser("sro").get("/api/rulebook/coverage/?state=none").json()["listed"]
    assert none
    assert all(each["state"] == "none" for each in none)


@pytest.mark.parametrize("at", ["rulebook/", "rulebook/difference/", "rulebook/coverage/"])
def test_each_page_comes_as_a_file(browser: Browser, at: str) -> None:
    client = browser("auditor")
    assert client.get(f"/{at}?as=csv").status_code == 200
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(client.get(f"/{at}?as=xlsx").streaming_content))).active
    assert sheet.max_row > 10
    assert b"".join(client.get(f"/{at}?as=pdf").streaming_content).startswith(b"%PDF")


def alert(**more: Any) -> None:
    at = datetime(2026, 11, 1, tzinfo=UTC)
    row = Alert(
        **{
            "alert_id": "A1", "rule": "unfair_trading/layering", "chapter": "unfair_trading", "regime": "PSA-2026",
            "as_of": at.date(),
            "severity": "high", "rank": 3, "score": 0.7, "subject_kind": "account", "subject_id": "X", "window_from": at,
            "window_until": at, "summary_en": "layered", "summary_ja": "見せ玉", "raised_at": at, "due_at": at, **more,
        }
    )  # fmt: skip
    with acting(SYSTEM, "t"):
        row.save()


def test_a_rule_shows_the_alerts_it_raised_to_those_who_may_read_them(browser: Browser) -> None:
    alert()
    alert(alert_id="A2", parties=["STAFF-COMPLIANCE"])
    at = "/api/rulebook/rules/unfair_trading/layering/"
    assert [each["alert"] for each in browser("compliance").get(at).json()["alerts"]["latest"]] == ["A1"]
    assert len(browser("supervisor").get(at).json()["alerts"]["latest"]) == 2
    assert browser("operations").get(at).json()["alerts"] is None
    with acting(SYSTEM, "t", effect="grant a role"):
        grant = Grant.objects.get(account__username="compliance2")
        grant.chapters = ["transfers"]
        grant.save()
    assert browser("compliance2").get(at).json()["alerts"] is None
