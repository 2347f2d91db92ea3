"""Searches, however they are carried out, find what reading every text finds: in the order of the queue, and nothing hidden."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from console.alerts.conftest import finding
from console.asking import post
from sekisho.console.alerts import text_search, the_queue, working
from sekisho.console.alerts.dispositions import propose_disposition
from sekisho.console.alerts.models import Alert
from sekisho.console.alerts.text_search import lexemes, wanted
from sekisho.console.approvals.four_eyes import decide
from sekisho.console.journal.acting import acting
from sekisho.console.people.models import Conflict

pytestmark = pytest.mark.store

WORDS = ("acts", "actor", "price", "prices", "moved", "wash", "washing", "00012", "ACC-00012")
PHRASES = ("仮装売買の疑い", "売買が繁盛", "相場操縦", "見せ玉を取消", "約定なし")
RULES = ("unfair_trading/wash_trading", "unfair_trading/layering", "capital/minimum")
ASKED = ("act", "acts price", "acc-00012", "wash", "仮装", "売買", "仮装売買 moved", "P1", "p", "nowhere acts", "操縦")
WAYS = {
    "by number": {"FEW": 2_000},
    "from a list": {"FEW": 0, "MANY": 1_000},
    "one by one": {"FEW": 0, "MANY": 0, "ASKED": 1_000},
    "first one by one, then from a list": {"FEW": 0, "MANY": 0, "ASKED": 3},
    "by beginnings": {"FEW": 0, "MANY": 0, "ASKED": 3, "_SPELT": 1},
}


@pytest.fixture(params=WAYS.values(), ids=WAYS)
def _way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in request.param.items():
        monkeypatch.setattr(text_search, name, value)


@pytest.fixture
def _pages_of_fifteen() -> Iterator[None]:
    object.__setattr__(the_queue.QUEUE, "on_page", 15)
    yield
    object.__setattr__(the_queue.QUEUE, "on_page", 50)


def _alerts(take_in: Any, actor: Any, seed: int) -> None:
    """Alerts of random words, chapters, parties and states; one who reads them has an interest in two of the parties."""
    chance = random.Random(seed)
    take_in(
        *(
            finding(
                number,
                rule=chance.choice(RULES),
                severity=chance.choice(("low", "medium", "high", "critical")),
                score=chance.choice((0.2, 0.5, 0.5, 0.9)),
                subject_id=f"P{chance.randrange(6)}",
                summary_en=" ".join(chance.choices(WORDS, k=chance.randrange(1, 5))),
                summary_ja="。".join(chance.choices(PHRASES, k=chance.randrange(1, 3))),
            )
            for number in range(1, 61)
        )
    )
    keys = [finding(number)["finding_id"] for number in chance.sample(range(1, 61), 24)]
    until = (timezone.localtime() + timedelta(days=5)).date()
    for key in keys[:8]:
        working.claim(actor("compliance2"), key)
    for key in keys[8:16]:
        working.snooze(actor("compliance2"), key, until, "monitoring", "")
    for key in keys[16:]:
        decide(actor("compliance2"), propose_disposition(actor("compliance"), key, "confirmed", "breach").pk, True)
    with acting(actor("administrator").author, "declare"):
        for party in ("P1", "P2"):
            Conflict(person=actor("compliance").person, party_id=party, why="family", since=date(2020, 1, 1)).save()


def _texts() -> list[tuple[Alert, set[str]]]:
    """The alerts in the order of the queue, each with what it is found by."""
    alerts = sorted(Alert.objects.all(), key=lambda alert: (-alert.priority, alert.alert_id))
    return [(alert, lexemes(alert.words())) for alert in alerts]


def _read(texts: list[tuple[Alert, set[str]]], words: str, state: str | None, chapter: str) -> list[str]:
    """What reading every text finds."""
    states = {None: ("open", "claimed"), "": ("open", "claimed", "snoozed", "closed"), "snoozed": ("snoozed",)}[state]
    return [
        alert.alert_id
        for alert, text in texts
        if alert.state in states
        and chapter in ("", alert.chapter)
        and not {"P1", "P2"} & set(alert.parties)
        and all(any(lexeme.startswith(word) for lexeme in text) for word in wanted(words))
    ]


def _shown(client: Client, asked: dict[str, str]) -> list[str]:
    """What the pages of the queue show, one after the other."""
    found, page, more = [], 0, True
    while more:
        page += 1
        told = client.get("/api/alerts/", {**asked, "page": str(page)}).json()
        found += [row["key"] for row in told["rows"]]
        more = told["has_next"]
    return found


@pytest.mark.usefixtures("_way", "_pages_of_fifteen")
def test_a_search_finds_what_reading_every_text_finds(browser: Callable[[str], Client], actor: Any, take_in: Any) -> None:
    _alerts(take_in, actor, 1)
    client, texts, hits = browser("compliance"), _texts(), 0
    for words in ASKED:
        for state, chapter in ((None, ""), ("", "capital"), ("snoozed", "")):
            asked = {"q": words, "chapter": chapter, **({} if state is None else {"state": state})}
            found = _read(texts, words, state, chapter)
            assert _shown(client, asked) == found, asked
            hits += len(found)
    assert hits > 100, "hardly anything was looked for that is there"


@pytest.mark.usefixtures("_way")
def test_a_file_and_an_act_on_all_take_what_the_search_finds(browser: Callable[[str], Client], actor: Any, take_in: Any) -> None:
    _alerts(take_in, actor, 3)
    texts = _texts()
    found = _read(texts, "acts", "", "")
    answer = browser("compliance").get("/alerts/", {"q": "acts", "state": "", "as": "csv"})
    lines: Any = answer.streaming_content
    assert len(b"".join(lines).decode().strip().splitlines()) == len(found) + 1
    found = _read(texts, "acts", None, "capital")
    body = {"do": "assign", "everything": True, "query": "q=acts&chapter=capital", "given": {"person": "PERSON-COMPLIANCE"}}
    assert post(browser("compliance"), "/alerts/bulk/", **body).json()["alerts"] == found != []


def test_words_are_spelt_out_each_once_and_without_their_neighbours(take_in: Any) -> None:
    take_in(finding(1, summary_en="act acts actor bacteria ac acu 12 123 1234 12-3"), finding(2, summary_en="act actual"))
    if connection.vendor == "sqlite":
        assert text_search._spelt_out("act") == '("act" OR "actor" OR "acts" OR "actual")'
        assert text_search._spelt_out("123") == '("123" OR "1234")'
        assert text_search._spelt_out("nowhere") == '"nowhere" *'


def test_a_walk_that_was_forgotten_is_asked_of_the_list() -> None:
    tokens = [text_search._begun() for _ in range(300)]
    assert [text_search._first(tokens[0]), text_search._first(tokens[-1])] == [False, True]
    assert len(text_search._ASKED) <= 256
