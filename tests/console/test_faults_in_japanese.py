"""What the engine, the records, the gate and the forms refuse is said in Japanese, with its names, days and figures as they are."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils.translation import override

import sekisho
from sekisho.console import urls  # noqa: F401 - reads every part, and what each calls its fields
from sekisho.console.desk import words_of_faults
from sekisho.console.desk.words_of_faults import FORMS, GATE, PENALTY, PROBLEMS, REMEDIES, RULES, fault
from sekisho.console.desk.words_of_forms import FIELDS, form_title
from sekisho.console.people.actor import Actor, Denied
from sekisho.console.people.models import Account
from sekisho.console.registers.columns import column_title
from sekisho.records import RecordsError

SOURCE = Path(sekisho.__file__).parent
JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")


def _in_japanese(text: str) -> str:
    with override("ja"):
        return fault(text)


@pytest.mark.parametrize("form", [*PENALTY, *RULES, *GATE, *FORMS])
def test_every_form_is_found_again_in_what_it_says(form: str) -> None:
    names = re.findall(r"%\((\w+)\)s", form)
    text = form % {name: "reason_code" if name == "field" else f"X{n}" for n, name in enumerate(names)}
    said = _in_japanese(text)
    assert JAPANESE.search(said)
    assert all(f"X{n}" in said for n, name in enumerate(names) if name != "field")
    with override("en"):
        assert fault(text, called=str) == text


@pytest.mark.parametrize("problem", PROBLEMS)
def test_every_fault_of_records_names_its_place_and_remedy(problem: str) -> None:
    error = RecordsError("trade.csv", re.sub(r"%\(\w+\)s", "7", problem), REMEDIES[-1], row=3, column="price")
    said = _in_japanese(str(error))
    assert said.startswith("trade.csv、3行目、列「price」：")
    assert said.endswith("。改めて検査してください")
    with override("en"):
        assert fault(str(error)) == str(error)


def test_every_figure_missing_for_a_penalty_has_its_words() -> None:
    raised = re.compile(r"MissingFigure\(\s*((?:f?\"(?:[^\"\\]|\\.)*\"\s*)+)\)")
    files = ("engine/penalty_case.py", "typologies/monetary_penalty.py", "cases/penalty.py", "rules/enforcement/*/control.py")
    found = [
        re.sub(r"\{[^}]*\}", "X", "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', said)))
        for pattern in files
        for file in SOURCE.glob(pattern)
        for said in raised.findall(file.read_text(encoding="utf-8"))
    ]
    found = [text.replace("'prices_after' has no 'X'", "'prices_after' has no 'low'") for text in found]
    found = [f"issue {text}" if text.startswith("X: ") else text for text in found]
    assert len(found) > 15
    assert [text for text in found if not JAPANESE.search(_in_japanese(text))] == []
    assert _in_japanese("'start_price' is not given and the formula needs it (FIEA 174)").endswith(
        "「start_price」がありません (FIEA 174)"
    )


def test_what_nobody_foresaw_is_shown_as_it_came() -> None:
    assert _in_japanese("something else: went wrong; look at it") == "something else: went wrong; look at it"
    assert _in_japanese("案件はありません") == "案件はありません"


def test_every_field_of_a_form_has_a_name_for_readers() -> None:
    asked = re.compile(r"Unfit\(\s*\{\"(\w+)\"")
    named = {name for file in (SOURCE / "console").rglob("*.py") for name in asked.findall(file.read_text(encoding="utf-8"))}
    assert len(named) > 20
    assert named - FIELDS.keys() == set()
    with override("ja"):
        assert form_title("risk_tolerance") == column_title("risk_tolerance"), "a column of a register, by the part that has it"
        assert [name for name in FIELDS if not JAPANESE.search(form_title(name)) and name != "sha256"] == []


def test_a_form_left_empty_is_told_in_the_readers_language_and_json_keeps_the_field(browser: Callable[[str], Client]) -> None:
    client = browser("administrator")
    page = client.post("/me/conflicts/declare/", {"party_id": "P1"}, headers={"accept-language": "ja"}, follow=True)
    assert "「理由」を入力してください" in page.content.decode()
    told = client.post("/api/me/conflicts/declare/", {"party_id": "P1"}, "application/json", headers={"accept-language": "ja"})
    assert (told.status_code, "「why」を入力してください" in told.json()["error"]) == (422, True)


def test_a_refusal_calls_the_chapter_by_its_name(people: Any) -> None:
    from django.utils import timezone

    actor = Actor.of(Account.objects.get(username="operations"), timezone.now())
    with override("ja"), pytest.raises(Denied, match="不公正取引"):
        actor.need("work on cases", "unfair_trading")


def test_words_of_one_kind_are_told_once() -> None:
    groups = (words_of_faults.PENALTY, words_of_faults.RULES, words_of_faults.GATE, words_of_faults.FORMS)
    every = [form for group in groups for form in group]
    assert len(every) == len(set(every))
