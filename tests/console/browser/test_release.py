"""A held transfer: proposed for release by one person, approved by another, released at the gate."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from console.in_browser import needs_chromium

Visit = Callable[..., Page]
pytestmark = needs_chromium


@pytest.mark.parametrize(("lang", "proposed", "released"), [("en", "Proposed;", "went ahead"), ("ja", "提案しました", "実行")])
def test_a_held_transfer_is_released_by_two_people(lang: str, proposed: str, released: str, visit: Visit) -> None:
    first, second = visit("tanaka", lang), visit("sato", lang)
    first.goto("/transfers/?outcome=hold&sort=-value")
    first.locator("tbody tr td a").first.click()
    at = first.url
    first.locator('form[action$="/release/"] select').select_option("called_back")
    first.locator('form[action$="/release/"] button').click()
    assert proposed in first.locator(".messages").inner_text()
    second.goto("/proposals/?state=open")
    second.locator("tbody tr td a").first.click()
    second.locator('form[action$="/approve/"] button').click()
    second.goto(at)
    assert released in second.locator("h1").inner_text()
    told = second.request.get(at.replace("/transfers/", "/api/transfers/")).json()
    assert told["request_at_gate"]["state"] == "released"
    assert told["proposal"] is None
