"""Marks of a text nobody has finished, and in which languages a narrative is still the software's draft."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from sekisho.console.cases import work
from sekisho.console.cases.drafting import draft
from sekisho.console.cases.models import Case
from sekisho.console.cases.seen import alerts_of
from sekisho.console.cases.unwritten import mark_in, without_marks
from sekisho.console.people.actor import Actor

As = Callable[[str], Actor]


@pytest.fixture
def drafted(make_alert: Any, actor: As) -> Case:
    """A case whose narrative is the draft as it was made."""
    make_alert("F1")
    case = work.open_case(actor("compliance"), ["F1"])
    texts = draft(case, alerts_of(case), [], actor("compliance").at)
    work.narrate(actor("compliance"), case.case_id, texts, 0, is_draft=True)
    return Case.objects.get()


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_place_where_a_draft_asks_for_words_is_a_mark_and_is_left_out(language: str, drafted: Case) -> None:
    text = {"en": drafted.narrative_en, "ja": drafted.narrative_ja}[language]
    heading = {"en": "EVIDENCE IN THE REGISTER", "ja": "台帳の証拠"}[language]
    intent = {"en": "The records do not show with what intent it was done.", "ja": "行為の目的は記録からは判明しない。"}[language]
    assert mark_in(text)
    assert heading in text
    kept = without_marks(text)
    assert mark_in(kept) is None
    assert heading not in kept, "a heading under which nothing is left"
    assert intent in kept, "what the records do not show is said"
    assert {"en": "Account A1 traded with itself (F1). [alert F1;", "ja": "口座A1は自己と取引した（F1）。 [alert F1;"}[
        language
    ] in kept
    assert len(kept.splitlines()) >= len(text.splitlines()) - 7, "nothing else is taken away"


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("He sold.\nDRAFT written by  Sekisho from the evidence", "DRAFT written by Sekisho"),
        ("A person has to\ncheck, correct and complete it.", "A person has to check, correct and complete it"),
        ("- Nothing in the evidence says this. He owned up.", "Nothing in the evidence says this"),
        ("WHY: To be written.", "To be written"),
        ("WHY\n- to be written", "to be written"),
        ("The intent is to be written from statements", "to be written"),
        ("【下書き】昨日の件", "【下書き】"),
        ("担当者による確認、訂正および補完を要する。", "担当者による確認、訂正および補完を要する"),
        ("目的：要記述", "要記述"),
        ("供述に基づき記述すること。", "記述すること"),
    ],
)
def test_a_mark_is_found_however_it_was_cut_and_pasted(text: str, mark: str) -> None:
    assert mark_in(text) == mark


@pytest.mark.parametrize(
    "text",
    [
        "The loan had to be written off, as a draft of the contract shows.",
        "Nothing in the evidence says that he knew.",
        "事実を記述することができる。下書きの契約書が見つかった。",
        "",
    ],
)
def test_ordinary_words_are_no_mark(text: str) -> None:
    assert mark_in(text) is None
    assert without_marks(text) == text


def test_what_a_person_wrote_beside_a_mark_is_kept() -> None:
    told = (
        "DRAFT of the contract was found.\n\nWHY\n- Nothing in the evidence says this. To be written. He owned up.\n- He was paid."
    )
    assert without_marks(told) == "DRAFT of the contract was found.\n\nWHY\n- He owned up.\n- He was paid."
    own = "A sentence of his.\n  \n\nIt is to be written. Soon."
    assert without_marks(own) == own, "what holds nothing of the draft is left as it is"
    half = "【下書き】私の記述"
    assert without_marks(half) == half, "half a head is no head: it stays, and is found as a mark"


def test_who_edits_one_language_has_not_edited_the_other(drafted: Case, actor: As, browser: Callable[[str], Client]) -> None:
    assert drafted.unedited == ["en", "ja"]
    assert drafted.written == {}
    client = browser("compliance")
    where = f"/cases/{drafted.case_id}/narrative/"
    assert client.get(where).content.decode().count("nobody has edited it yet") == 2
    # As a browser sends it: both texts, the lines ended as Windows ends them.
    sent = {"narrative_en": f"{drafted.narrative_en} He owned up.", "narrative_ja": drafted.narrative_ja.replace("\n", "\r\n")}
    assert client.post(f"{where}save/", {**sent, "version": "1"}).status_code == 302
    case = Case.objects.get()
    assert (case.unedited, list(case.written)) == (["ja"], ["en"])
    page = client.get(where).content.decode()
    assert "Japanese: this is the draft of the software" in page
    assert "English: this is the draft" not in page
    assert client.get(f"/api{where}").json()["unedited"] == [{"value": "ja", "title": "Japanese"}]
    japanese = client.get(where, headers={"accept-language": "ja"}).content.decode()
    assert "日本語：ソフトウェアによる下書きのままです" in japanese
    work.narrate(actor("compliance"), case.case_id, (case.narrative_en, "被疑者は認めた。"), 2)
    assert Case.objects.get().unedited == []


def test_a_case_saved_as_it_is_stays_a_draft(drafted: Case, actor: As) -> None:
    work.narrate(actor("compliance"), drafted.case_id, (drafted.narrative_en, drafted.narrative_ja), 1)
    assert Case.objects.get().unedited == ["en", "ja"]
