"""What a page calls things: every act, kind, field, chapter and unit has a Japanese title; JSON and journal keep the names."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

import sekisho.console.urls  # noqa: F401 - every part has declared what it has
from sekisho.console.approvals.four_eyes import KINDS
from sekisho.console.desk.sentences import FORMS, sentence
from sekisho.console.desk.words_of_law import UNIT_WORDS, UNITS, period_title
from sekisho.console.filings.seen import SECRET_ACTS
from sekisho.console.incidents.models import FIRM
from sekisho.console.journal.keeping import kept_for
from sekisho.console.journal.naming import act_title, act_words, ends_title, field_title, kind_title, value_title
from sekisho.console.journal.rows import kinds
from sekisho.console.people.chapters import CHAPTERS
from sekisho.console.people.roles import matrix
from sekisho.console.registers import kinds as registers
from sekisho.console.registers.columns import MEANINGS, TITLES, VALUES
from sekisho.engine.run import Judged, run_rule
from sekisho.findings.inspection import _untested
from sekisho.records import TABLES
from sekisho.rulebook import load_rulebook

CONSOLE = Path(__file__).parents[2] / "src" / "sekisho" / "console"
JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
SAME_IN_BOTH = {"ID", "SHA-256"}


@pytest.fixture(autouse=True)
def _in_japanese() -> Any:
    with translation.override("ja"):
        yield


def _english(titles: dict[str, str]) -> dict[str, str]:
    return {name: title for name, title in titles.items() if title not in SAME_IN_BOTH and not JAPANESE.search(title)}


def test_every_act_has_a_japanese_title() -> None:
    assert _english({act: act_title(act) for act in (*matrix(), *SECRET_ACTS, *act_words())}) == {}
    assert _english({kind: act_title(f"propose: {kind}") for kind in KINDS}) == {}


def test_every_act_the_parts_write_into_the_journal_has_a_japanese_title() -> None:
    said = re.compile(r"\bacting\((?:[\w.]+|\w+\([^()]*\)), \"([a-z][^\"{]*)\"")
    found = {name for file in CONSOLE.rglob("*.py") for name in said.findall(file.read_text(encoding="utf-8"))}
    assert len(found) > 100
    assert _english({act: act_title(act) for act in found}) == {}


def test_every_kind_and_field_has_a_japanese_title() -> None:
    titles = {each.kind(): kind_title(each.kind()) for each in kinds()}
    for each in kinds():
        titles |= {f"{each.kind()}.{field.attname}": field_title(each.kind(), field.attname) for field in each.kept_fields()}
    titles |= {f"{kind} {path}": ends_title(kind, path) for kind, keeping in kept_for().items() for path in keeping.ends}
    assert _english(titles) == {}


def test_every_chapter_and_unit_has_a_japanese_title() -> None:
    rules = load_rulebook().rules.values()
    chapters = {FIRM, *(rule.chapter for rule in rules)}
    assert _english({each: str(CHAPTERS.get(each, each)) for each in chapters}) == {}
    units = {value.unit for rule in rules for value in rule.parameters.values()}
    columns = {column.unit for table in registers.KINDS for column in TABLES[table].columns}
    assert _english({each: str(UNITS.get(each, each)) for each in units | columns if each and each != "UTC"}) == {}
    named = {word for rule in rules for each in rule.attestations for word in (each.by, each.independent_of) if word}
    assert _english({each: str(UNIT_WORDS.get(each, each)) for each in named}) == {}


def test_every_column_of_the_registers_and_what_it_may_hold_is_in_japanese() -> None:
    columns = [column for table in registers.KINDS for column in TABLES[table].columns]
    assert {column.name for column in columns} - TITLES.keys() == set()
    assert {column.meaning for column in columns} - MEANINGS.keys() == set()
    assert {value for column in columns for value in column.values} - VALUES.keys() == set()


def test_values_of_a_choice_are_said_and_others_stay() -> None:
    assert value_title("filing", "state", "draft") != "draft"
    assert value_title("filing", "state", "no such state") == "no such state"
    assert value_title("case", "title", "closed") == "closed"
    assert period_title("P12M") == "12か月ごと"
    assert period_title("P1Y6M") == "P1Y6M"


def test_what_the_engine_says_of_rules_without_an_answer_is_in_japanese() -> None:
    rulebook, nothing = load_rulebook(), SimpleNamespace(present=frozenset())
    said: set[str] = set()
    for regime in ("PSA-2026", "FIEA-ACT64"):
        _name, law_day = rulebook.regime_on(regime, date(2026, 11, 26))
        judged = Judged(regime=regime, law_day=law_day, as_of=date(2026, 11, 26))
        runs = [run_rule(rule, nothing, judged, (judged.as_of, judged.as_of)) for rule in rulebook.rules.values()]  # type: ignore[arg-type]
        said |= {run.why for run in runs if run.why}
        said |= set(_untested([SimpleNamespace(rule=run.rule, without=run.rule.uses) for run in runs]))  # type: ignore[misc]
    assert {line for line in said if not JAPANESE.search(sentence(line))} == set()
    assert sentence("3: says something else than when it was written").startswith("3: ")
    assert sentence("somebody's own words") == "somebody's own words"


def test_each_form_names_what_its_words_name() -> None:
    with translation.override("en"):
        for form, words in FORMS:
            assert set(re.findall(r"%\((\w+)\)s", str(words))) == set(form.groupindex)
    for form, words in FORMS:
        assert set(re.findall(r"%\((\w+)\)s", str(words))) == set(form.groupindex)


def test_pages_say_titles_and_json_keeps_names(browser: Callable[[str], Client]) -> None:
    client = browser("administrator")
    client.post("/me/conflicts/declare/", {"party_id": "P1", "why": "本人の家族"})
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "ja"
    assert "アラートの閲覧" in client.get("/access/").content.decode()
    assert "read alerts" in {row["act"] for row in client.get("/api/access/").json()["acts"]}
    page = client.get("/journal/").content.decode()
    assert "利益相反の申告" in page
    assert "declare a conflict" not in page
    assert "declare a conflict" in {row["act"] for row in client.get("/api/journal/").json()["rows"]}
