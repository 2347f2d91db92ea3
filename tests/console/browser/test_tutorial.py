"""The tutorial as a journey: from an alert to a case, to a report that one writes, another reviews and a third has filed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from console.in_browser import needs_chromium

Visit = Callable[..., Page]
pytestmark = needs_chromium
PICTURES = os.environ.get("SEKISHO_PICTURES")
"""A folder to put the tutorial's pictures into (docs/images/tutorial); none: no pictures are taken."""


def _picture(page: Page, name: str, lang: str) -> None:
    if PICTURES and lang == "en":
        page.screenshot(path=str(Path(PICTURES) / f"{name}.png"))


def _fill_what_is_missing(page: Page) -> None:
    """What the draft could not know: something fit into every required item that is empty."""
    for item in page.locator("#form .item").all():
        if not item.locator(".must").count():
            continue
        field = item.locator("input, select, textarea").first
        if not field.count() or field.input_value():
            continue
        if field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(index=1)
        elif field.get_attribute("type") == "date":
            field.fill("2026-09-30")
        elif field.get_attribute("placeholder"):
            field.fill(field.get_attribute("placeholder") or "")
        elif field.get_attribute("inputmode"):
            field.fill("1")
        else:
            field.fill("記載例")


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_from_an_alert_to_a_filed_report(lang: str, visit: Visit) -> None:
    writer = visit("tanaka", lang)
    _picture(writer, "1-overview", lang)
    queue = writer.request.get("/api/alerts/?chapter=unfair_trading&state=open").json()
    alert = queue["rows"][0]["key"]
    writer.goto("/alerts/?chapter=unfair_trading&state=open")
    _picture(writer, "2-queue", lang)
    writer.click(f'a[href="/alerts/{alert}/"]')
    _picture(writer, "3-alert", lang)
    writer.click(f'form[action="/alerts/{alert}/claim/"] button')
    writer.click(f'a[href="/cases/new/?alert={alert}"]')
    writer.click('form[action="/cases/open/"] button')
    writer.wait_for_url("**/cases/*/")
    _picture(writer, "4-case", lang)
    writer.select_option('form[action="/filings/begin/"] select[name="kind"]', "unfair-trading")
    writer.click('form[action="/filings/begin/"] button')
    writer.wait_for_url("**/filings/*/")
    address = writer.url
    _fill_what_is_missing(writer)
    _picture(writer, "5-draft", lang)
    writer.click('#form button[name="check"]')
    writer.wait_for_load_state()
    assert not writer.locator(".fault").all_inner_texts()
    assert writer.locator('form[action$="/review/"]').count() == 0, "nobody reviews what he wrote"

    reviewer = visit("ito", lang)
    reviewer.goto(address)
    reviewer.click('form[action$="/review/"] button')
    reviewer.wait_for_load_state()
    reviewer.select_option('form[action$="/propose/"] select[name="channel"]', index=1)
    reviewer.select_option('form[action$="/propose/"] select[name="reason_code"]', index=1)
    reviewer.click('form[action$="/propose/"] button')
    reviewer.wait_for_load_state()
    proposal = reviewer.locator('a[href^="/proposals/"]').last.get_attribute("href") or ""
    reviewer.goto(proposal)
    assert reviewer.locator('form[action$="/approve/"]').count() == 0, "nobody approves what he proposed"

    head = visit("sato", lang)
    head.goto(proposal)
    _picture(head, "6-approval", lang)
    head.click('form[action$="/approve/"] button')
    head.wait_for_load_state()
    head.goto(address)
    _picture(head, "7-filed", lang)
    assert head.request.get(address.replace("/filings/", "/api/filings/")).json()["filing"]["state"] == "filed"
