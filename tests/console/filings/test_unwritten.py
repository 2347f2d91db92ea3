"""No draft goes to an authority: its marks are kept out when a filing is begun, and stop it at each later step."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from sekisho.console.approvals.four_eyes import decide
from sekisho.console.approvals.models import Proposal
from sekisho.console.cases import work
from sekisho.console.cases.models import Case
from sekisho.console.cases.unwritten import mark_in
from sekisho.console.desk.pages import Unfit
from sekisho.console.filings import life
from sekisho.console.filings.fields import Kind
from sekisho.console.filings.models import Filing
from sekisho.console.journal.acting import acting
from sekisho.console.people.actor import Actor
from sekisho.rulebook.texts import Text

Acting = Callable[[str], Actor]
MARKS = {
    "en": "WHY\n- Nothing in the evidence says this. To be written.",
    "ja": "【下書き】Sekishoが2026-11-29に証拠から作成したもの。\n動機\n- 証拠からは明らかでない。要記述。",
}
NAMED = {"en": "Nothing in the evidence says this", "ja": "【下書き】"}
TOLD = {"en": "Facts and how they were found", "ja": "事実関係及び審査の内容"}


@pytest.fixture
def marked(actor: Acting, whole: Any) -> Callable[[str], Filing]:
    """A report of suspected unfair trading in whose facts the marks of a draft stand, in a language."""

    def make(language: str) -> Filing:
        filing = life.begin(actor("compliance"), "unfair-trading")
        return life.write(actor("compliance"), filing.pk, {**whole("unfair-trading"), "facts": MARKS[language]}, 1)

    return make


@pytest.fixture
def earlier(marked: Callable[[str], Filing], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Filing]:
    """The same as an earlier version of Sekisho, which knew no marks, let it come as far as it says."""

    def make(actor: Acting, language: str, state: str) -> Filing:
        filing = marked(language)
        with monkeypatch.context() as patched:
            patched.setattr(Kind, "faults", lambda self, content: {})
            life.validate(actor("compliance"), filing.pk)
            if state == "reviewed":
                life.review(actor("compliance2"), filing.pk, 2)
        return Filing.objects.get(pk=filing.pk)

    return make


def _send(client: Client, name: str, key: Any, language: str = "en", **body: Any) -> Any:
    where = reverse(f"{name} as JSON", args=[key])
    return client.post(where, json.dumps(body), content_type="application/json", headers={"accept-language": language})


def _narrated(actor: Acting, case: Case, *edited: str) -> None:
    """The case's narrative as it was drafted, then edited in these languages, the marks left in."""
    drafted = (
        "DRAFT written by Sekisho from the evidence on 2026-11-29 (Japan time). A person has to check, correct and complete it.\n\n"
        f"WHAT\n- The draft's sentence.\n\n{MARKS['en']}\n",
        "【下書き】Sekishoが2026-11-29（日本時間）に証拠から作成したもの。担当者による確認、訂正および補完を要する。\n\n"
        "行為\n- 下書きの文。\n\n動機\n- 証拠からは明らかでない。要記述。\n",
    )
    work.narrate(actor("compliance"), case.pk, drafted, 0, is_draft=True)
    texts = (
        drafted[0] + "\nHe owned up.\n" * ("en" in edited),
        drafted[1] + "\n本人は認めた。\n" * ("ja" in edited),
    )
    work.narrate(actor("compliance"), case.pk, texts, 1)


@pytest.mark.parametrize(
    ("kind", "item"),
    [("unfair-trading", "facts"), ("misconduct", "outline"), ("suspicious-transaction", "reason"), ("ddos", "facts")],
)
def test_a_filing_takes_over_what_people_edited_without_the_marks(kind: str, item: str, actor: Acting, case: Case) -> None:
    _narrated(actor, case, "en")
    content = life.content_of(life.begin(actor("compliance"), kind, case=Case.objects.get()))
    assert content[item] == "WHAT\n- The draft's sentence.\n\nHe owned up."
    assert not [each for each in content.values() if mark_in(str(each))]


def test_both_languages_once_both_are_edited(actor: Acting, case: Case) -> None:
    _narrated(actor, case, "en", "ja")
    content = life.content_of(life.begin(actor("compliance"), "misconduct", case=Case.objects.get()))
    assert content["outline"] == "行為\n- 下書きの文。\n\n本人は認めた。\nWHAT\n- The draft's sentence.\n\nHe owned up."


def test_a_draft_nobody_edited_is_not_taken_over_and_the_page_says_so(
    actor: Acting, case: Case, browser: Callable[[str], Client]
) -> None:
    _narrated(actor, case)
    filing = life.begin(actor("compliance"), "suspicious-transaction", case=Case.objects.get())
    reason = life.content_of(filing)["reason"]
    assert "draft's sentence" not in reason
    assert "下書きの文" not in reason
    assert "Split number 1." in reason, "what the alerts say stands there instead"
    page = browser("compliance").get(reverse("filing", args=[filing.pk])).content.decode()
    assert page.count("nobody has edited it: it was not taken over") == 2
    japanese = browser("compliance").get(reverse("filing", args=[filing.pk]), headers={"accept-language": "ja"}).content.decode()
    assert japanese.count("引き継いでいません") == 2


@pytest.mark.parametrize("language", ["en", "ja"])
def test_validation_refuses_and_names_the_item_and_the_mark(
    language: str, marked: Callable[[str], Filing], browser: Callable[[str], Client]
) -> None:
    filing = marked(language)
    answer = _send(browser("compliance"), "validate filing", filing.pk, language)
    assert list(answer.json()["faults"]) == ["facts"]
    assert NAMED[language] in answer.json()["faults"]["facts"]
    assert Filing.objects.get(pk=filing.pk).state == "draft"
    page = browser("compliance").get(f"{reverse('filing', args=[filing.pk])}?check=1", headers={"accept-language": language})
    listed = page.content.decode().split("To be put right" if language == "en" else "修正が必要な項目", 1)[1].split("</ul>")[0]
    assert TOLD[language] in listed
    assert NAMED[language] in listed


def test_a_mark_in_the_cell_of_a_table_is_found_too(actor: Acting, case: Case, whole: Any) -> None:
    filing = life.begin(actor("compliance"), "suspicious-transaction", case=case)
    content = whole("suspicious-transaction")
    content["clients"] = [{**content["clients"][0], "purpose": "要記述"}]
    life.write(actor("compliance"), filing.pk, content, 1)
    assert list(life.validate(actor("compliance"), filing.pk)) == ["clients.0.purpose"]


@pytest.mark.parametrize("language", ["en", "ja"])
def test_review_refuses_it_too(language: str, actor: Acting, earlier: Any, browser: Callable[[str], Client]) -> None:
    filing = earlier(actor, language, "validated")
    answer = _send(browser("compliance2"), "review filing", filing.pk, language, version=2)
    assert answer.status_code == 422
    assert NAMED[language] in answer.json()["faults"][TOLD[language]]
    assert Filing.objects.get(pk=filing.pk).state == "validated"


@pytest.mark.parametrize("language", ["en", "ja"])
def test_so_do_proposing_and_approving(
    language: str, actor: Acting, earlier: Any, browser: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    filing = earlier(actor, language, "reviewed")
    sent = {"filed_on": str(timezone.localdate()), "channel": "sro", "reason_code": "voluntary"}
    answer = _send(browser("compliance"), "propose filing", filing.pk, language, **sent)
    assert answer.status_code == 422
    assert NAMED[language] in answer.json()["error"]
    assert not Proposal.objects.exists()
    with monkeypatch.context() as patched:
        patched.setattr(Kind, "faults", lambda self, content: {})
        assert _send(browser("compliance"), "propose filing", filing.pk, **sent).status_code == 200
    with pytest.raises(Unfit, match=NAMED[language]):
        decide(actor("supervisor"), Proposal.objects.get().pk, True)
    assert Filing.objects.get(pk=filing.pk).state == "reviewed"
    with acting(actor("compliance").author, "look"):
        assert Proposal.objects.get().state == "open"


def test_the_fault_says_it_in_both_languages(marked: Callable[[str], Filing], actor: Acting) -> None:
    fault = life.validate(actor("compliance"), marked("ja").pk)["facts"]
    assert isinstance(fault, Text)
    assert "“【下書き】”" in fault.en
    assert "「【下書き】」" in fault.ja
