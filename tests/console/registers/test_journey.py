"""The journey in a real browser: material fact, insider list, publication by two people, clearance of a staff trade."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from console.in_browser import needs_chromium, started
from sekisho.console.journal.acting import SYSTEM, acting
from sekisho.console.registers.models import FirmValue

PASSWORD = "correct horse battery"
pytestmark = needs_chromium
Open = Callable[[str, str], Page]


@contextmanager
def browsers(address: str, language: str) -> Iterator[Open]:
    """Gives pages of persons signed in, each in a browser of his own; no error may show in any console of theirs."""
    errors: list[str] = []
    with started() as chromium:
        signed_in: dict[str, Page] = {}

        def opened(account: str, at: str) -> Page:
            if account not in signed_in:
                context = chromium.new_context(locale="ja-JP" if language == "ja" else "en-GB")
                context.set_default_timeout(120_000)
                page = signed_in[account] = context.new_page()
                page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
                page.goto(f"{address}/login/")
                page.fill("input[name=username]", account)
                page.fill("input[name=password]", PASSWORD)
                page.click("main button")
            signed_in[account].goto(f"{address}{at}")
            return signed_in[account]

        yield opened
    assert errors == []


def send(page: Page, action: str, **fields: str) -> None:
    """Fill a form, opening what it is folded into, and send it."""
    form = page.locator(f'form[action="{action}"]').first
    form.evaluate("form => { const fold = form.closest('details'); if (fold) fold.open = true; }")
    for name, value in fields.items():
        field = form.locator(f"[name={name}]")
        if field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    form.locator("button").click()
    page.wait_for_load_state()


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", ("open: it binds", "published", "Cleared.")), ("ja", ("未公表（拘束中）", "公表済み", "承認しました。"))],
)
def test_from_a_fact_to_a_clearance(live_server: Any, people: dict[str, str], language: str, words: tuple[str, str, str]) -> None:
    with acting(SYSTEM, "t", effect="set firm's value"):
        since = timezone.localdate() - timedelta(days=1)
        FirmValue(name="clearance_hours", value=Decimal(24), since=since, source="board").save()
    fact = "/information/facts/F1/"
    wish = {"account_id": "A-OPS", "side": "buy", "quantity": "1.5", "asset": "XYZ"}
    with browsers(live_server.url, language) as opened:
        officer = opened("compliance", "/information/")
        told = {"fact_id": "F1", "asset": "XYZ", "category": "exchange", "arose_at": "2026-11-20T09:00", "summary": "XYZ will go"}
        send(officer, "/information/record/", **told)
        assert officer.url.endswith(fact)
        assert words[0] in officer.inner_text("h1")
        insider = {"party_id": "STAFF-OPERATIONS", "learned_at": "2026-11-20T10:00", "capacity": "exchange", "how": "prepares it"}
        send(officer, f"{fact}insiders/", **insider)

        trader = opened("operations", fact)
        send(trader, f"{fact}acknowledge/")
        assert trader.locator(f'form[action="{fact}acknowledge/"]').count() == 0
        send(opened("operations", "/clearances/"), "/clearances/ask/", **wish)
        assert trader.locator(".chip.refuse").count() > 0, "the rules forbid it while the fact is open"

        published = {"channel": "exchange_website", "published_at": "2026-11-21T09:00", "address": "https://ex.example/1"}
        send(opened("compliance", fact), f"{fact}publish/", **published)
        assert words[0] in officer.inner_text("h1"), "one person alone frees nothing"
        supervisor = opened("supervisor", fact)
        supervisor.click(".notice a[href^='/proposals/']")
        supervisor.wait_for_load_state()
        supervisor.locator("form[action$='/approve/'] button").click()
        supervisor.wait_for_load_state()
        assert words[1] in supervisor.inner_text("h1")

        send(opened("operations", "/clearances/"), "/clearances/ask/", **wish)
        asked = trader.url.removeprefix(live_server.url)
        assert trader.locator("form[action$='/clear/']").count() == 0, "nobody clears himself"
        send(opened("supervisor", asked), f"{asked}clear/")
        assert words[2] in supervisor.inner_text(".messages")
        assert opened("operations", asked).locator("h1 .chip.done").count() == 1
