"""Every page of the console: as declared for each role, the same as HTML and as JSON, in both languages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from console.japanese import english_on
from sekisho.console import urls  # noqa: F401 - reads every area's pages
from sekisho.console.desk.pages import ENTRIES
from sekisho.console.people.role_words import ROLE_WORDS
from sekisho.console.people.roles import ROLES, matrix

PLAIN = sorted(name for name, entry in ENTRIES.items() if not entry.changes and "<" not in entry.path)


def test_every_page_and_act_needs_something_that_is_declared() -> None:
    assert {entry.name: entry.act for entry in ENTRIES.values() if entry.act not in matrix()} == {}


def test_every_role_has_a_word_for_readers() -> None:
    assert tuple(ROLE_WORDS) == ROLES


@pytest.mark.parametrize("name", PLAIN)
def test_each_role_sees_what_is_declared_and_nothing_else(name: str, browser: Callable[[str], Client]) -> None:
    for role in ROLES:
        expected = 200 if role in matrix()[ENTRIES[name].act] else 403
        client = browser(role)
        assert client.get(reverse(name)).status_code == expected, role
        assert client.get(reverse(f"{name} as JSON")).status_code == expected, role


@pytest.mark.parametrize("name", PLAIN)
def test_every_page_speaks_japanese(name: str, browser: Callable[[str], Client]) -> None:
    role = sorted(matrix()[ENTRIES[name].act])[0]
    client = browser(role)
    page = client.get(reverse(name), headers={"accept-language": "ja"}).content.decode()
    assert 'lang="ja"' in page
    assert english_on(page) == []


def test_english_on_a_japanese_page_is_found_unless_it_is_marked_or_a_person_wrote_it() -> None:
    assert english_on("<p>これは The books cannot be read today です</p>") == ["The books cannot be read today"]
    assert english_on('<input placeholder="Say in your own words"><p>BTC/JPY, FIEA 185-24(1)</p>') == ["Say in your own words"]
    assert english_on('<p lang="en">The books cannot be read today</p><code>a b c d e f</code>') == []
    assert english_on("<p>Two programs of one client seem to have crossed.</p>") == []


def test_nobody_sees_anything_without_signing_in(db: None) -> None:
    client = Client()
    for entry in ENTRIES.values():
        if "<" in entry.path:
            continue
        assert client.get(reverse(entry.name)).status_code == 302, entry.name
        assert client.get(reverse(f"{entry.name} as JSON")).status_code == 401, entry.name
