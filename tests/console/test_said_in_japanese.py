"""Values of the journal, cells of exports, people and the office's own lines of a log, as a Japanese reader meets them."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.utils.translation import gettext, override

from sekisho.console import urls  # noqa: F401 - reads every part, and what each says of its values
from sekisho.console.incidents.log_words import LINES, line_said
from sekisho.console.journal.acting import SYSTEM, acting
from sekisho.console.journal.models import Change
from sekisho.console.journal.naming import act_title, reason_title
from sekisho.console.people.models import Person
from sekisho.console.people.naming import value_said
from sekisho.console.people.role_words import ROLE_WORDS
from sekisho.console.trial import PEOPLE, titles


@pytest.fixture
def named_in_japanese(people: dict[str, str]) -> None:
    auditor = Person.objects.get(pk="PERSON-AUDIT")
    auditor.name_ja = "阿部 凪"
    with acting(SYSTEM, "set up people", effect="set up people"):
        auditor.save()


def test_values_are_called_by_their_names(named_in_japanese: None) -> None:
    request = SimpleNamespace()
    with override("ja"):
        assert value_said(request, "grant", "role", "supervisor") == "承認者"
        assert value_said(request, "grant", "chapters", ["unfair_trading"]) == ["不公正取引"]
        assert value_said(request, "alert", "state", "open") != "open"
        assert value_said(request, "account", "is_active", value=True) == "はい"
        assert value_said(request, "proposal", "reason_code", "known_pattern") != "known_pattern"
        assert value_said(request, "case", "assignee", "PERSON-AUDIT") == "阿部 凪 (PERSON-AUDIT)"
        assert value_said(request, "case", "title", "open") == "open", "a person's own words stay"
        assert reason_title("put alert aside", "monitoring: until Friday").endswith(": until Friday")
        assert not reason_title("put alert aside", "monitoring: until Friday").startswith("monitoring")


def test_the_page_says_names_and_the_journal_keeps_values(named_in_japanese: None, browser: Callable[[str], Client]) -> None:
    client = browser("audit")
    japanese = {"accept-language": "ja"}
    rows = client.get("/api/journal/?kind=grant", headers=japanese).json()["rows"]
    assert {"supervisor"} <= {row["new"] for row in rows}, "the stored value is in JSON, beside what it is called"
    assert {row["new_words"] for row in rows if row["new"] == "supervisor"} == {"承認者"}
    page = client.get("/journal/?kind=grant", headers=japanese).content.decode()
    assert "<td>承認者" in page.replace(' class="text"', "")
    assert "supervisor<" not in page.replace("supervisor</a>", "")


@pytest.mark.parametrize(("lang", "role"), [("ja", "承認者"), ("en", "supervisor")])
def test_an_export_says_what_the_page_says(lang: str, role: str, browser: Callable[[str], Client]) -> None:
    client = browser("administrator")
    assert role in {cell for line in _exported(client, "/accounts/?as=csv", lang) for cell in line}
    lines = _exported(client, "/journal/?as=csv", lang)[1:]
    with override(lang):
        assert {line[4] for line in lines} == {act_title(act) for act in Change.objects.values_list("act", flat=True)}
        assert str(act_title("set up people")) in {line[4] for line in lines}


def _exported(client: Client, address: str, lang: str) -> list[list[str]]:
    answer: Any = client.get(address, headers={"accept-language": lang})
    return list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))


@pytest.mark.parametrize("form", LINES)
def test_a_line_the_office_wrote_is_said_in_both_languages(form: str) -> None:
    given = {
        "who": "P-1",
        "words": "x y",
        "why": "because",
        "text": "CAO 1",
        "filing": "STR-1",
        "what": "take the keys off the network",
    }
    with override("en"):
        english = gettext(form).format(**given)
    with override("ja"):
        japanese = line_said(english)
    assert japanese != english
    assert "take the keys" not in japanese
    with override("en"):
        assert line_said(japanese) == english
    assert line_said("VPN session of a contractor.") == "VPN session of a contractor."


def test_the_terminal_calls_a_role_as_the_pages_do() -> None:
    with override("en"):
        said = titles()
        for _person, _name, _ja, account, roles, unit, _head in PEOPLE:
            assert said[account] in (str(ROLE_WORDS[roles[0]]), f"{ROLE_WORDS[roles[0]]} ({unit})")
