"""The market as the books say it: exact figures, alerts of whoever may read them, and plain words where there are no books."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.test import Client

from sekisho.console.cases import work
from sekisho.console.journal.acting import SYSTEM, acting
from sekisho.console.people.models import Grant

Browser = Callable[[str], Client]


def test_without_books_the_page_says_what_to_set(browser: Browser, settings: Any) -> None:
    settings.CHOSEN = msgspec.structs.replace(settings.CHOSEN, books=None)
    client = browser("auditor")
    assert "'books'" in client.get("/market/").content.decode()
    assert "「books」" in client.get("/market/", headers={"accept-language": "ja"}).content.decode()
    for where in ("/api/market/BTC-JPY/", "/api/market/BTC-JPY/replay/"):
        answer = client.get(where)
        assert (answer.status_code, "'books'" in answer.json()["error"]) == (422, True)


def test_books_that_are_not_there_are_told(browser: Browser, settings: Any, tmp_path: Path) -> None:
    settings.CHOSEN = msgspec.structs.replace(settings.CHOSEN, books=tmp_path / "nowhere")
    answer = browser("auditor").get("/api/market/")
    assert answer.status_code == 422
    assert "nowhere" in answer.json()["error"]


def test_figures_are_exactly_those_of_the_books(small_books: Path, make_alert: Any, browser: Browser) -> None:
    make_alert("F1")
    make_alert("F2", instrument="ETH/JPY")
    told = browser("compliance").get("/api/market/").json()
    (row,) = told["instruments"]
    assert (row["instrument"], row["last_price"], row["low"], row["high"]) == ("BTC/JPY", "102", "100", "102")
    assert (row["volume"], row["trades"], row["change"], row["alerts"]) == ("2", 2, 2.0, 1)
    exchange = told["exchange"]
    assert (exchange["trades"], exchange["own"], exchange["turnover_jpy"], exchange["accounts"]) == (2, 1, 202, 2)
    assert (exchange["new"], exchange["cancel"], exchange["orders_per_trade"]) == (4, 0, 2.0)


def test_bars_and_days_add_up(small_books: Path, browser: Browser) -> None:
    told = browser("compliance").get("/api/market/BTC-JPY/?from=2026-09-18&until=2026-09-18").json()
    bars = told["bars"]
    assert (sum(bars["trades"]), bars["first"][0], bars["last"][-1]) == (2, "100", "102")
    assert [(day["day"], day["volume"], day["high"], day["low"]) for day in told["by_day"]] == [("2026-09-18", "2", "102", "100")]
    empty = browser("compliance").get("/api/market/BTC-JPY/?from=2026-09-10&until=2026-09-11").json()
    assert (empty["bars"]["at"], empty["by_day"]) == ([], [])
    assert browser("compliance").get("/market/BTC-JPY/?from=yesterday&until=2026-13-45").status_code == 200, "nonsense is no period"


def test_alerts_on_the_chart_lead_to_case_and_book(small_books: Path, make_alert: Any, actor: Any, browser: Browser) -> None:
    make_alert("F1")
    case = work.open_case(actor("compliance"), ["F1"])
    (mark,) = browser("compliance").get("/api/market/BTC-JPY/").json()["alerts"]
    assert (mark["case"], mark["seconds"]) == (case.case_id, 1_789_693_200)
    assert browser("compliance").get(mark["replay"]).status_code == 200
    assert "Price, volume and alerts of BTC/JPY" in browser("compliance").get(f"/cases/{case.case_id}/").content.decode()


def test_alerts_of_other_chapters_or_about_oneself_are_neither_shown_nor_counted(
    small_books: Path, make_alert: Any, browser: Browser
) -> None:
    make_alert("F1", parties=["STAFF-AUDITOR"])
    make_alert("F2", subject_id="A9|STAFF-AUDITOR", parties=[])
    make_alert("F3", chapter="transfers")
    with acting(SYSTEM, "narrow a role", effect="grant a role"):
        grant = Grant.objects.get(account__username="auditor")
        grant.chapters = ["unfair_trading"]
        grant.save()
    client = browser("auditor")
    assert client.get("/api/market/BTC-JPY/").json()["alerts"] == []
    assert client.get("/api/market/").json()["instruments"][0]["alerts"] == 0


def test_the_book_at_a_moment_names_no_account(small_books: Path, browser: Browser) -> None:
    told = browser("sro").get("/api/market/BTC-JPY/replay/?at=2026-09-18T10:00:03").json()["told"]
    at = {name: place for place, name in enumerate(told["columns"])}
    assert [event[at["action"]] for event in told["events"]] == ["new", "new", "new", "new", "trade", "trade"]
    assert {event[at["subject"]] for event in told["events"]} == {""}
    assert told["start"] == "2026-09-18T01:00:03.000000Z", "Japan time where no zone is named"


@pytest.mark.parametrize("where", ["/market/DOGE-JPY/", "/market/DOGE-JPY/replay/"])
def test_an_instrument_that_is_not_in_the_books_is_not_found(where: str, small_books: Path, browser: Browser) -> None:
    assert browser("compliance").get(where).status_code == 404
    assert browser("operations").get(where).status_code == 403
