"""The tutorial as a journey: from an alert to a case, to a report that one writes, another reviews and a third has filed."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from console.in_browser import needs_chromium

Visit = Callable[..., Page]
pytestmark = needs_chromium
PICTURES = os.environ.get("SEKISHO_PICTURES")
"""A folder to put the tutorials' pictures into (docs/images/tutorial; its folder ja is for the Japanese); none: none are taken."""
QUEUE = "/alerts/?chapter=unfair_trading&rule=unfair_trading%2Fmatched_orders&state=open"
WORDS = {
    "firm_name": ("Sekisho Exchange (simulated)", "関所取引所株式会社（架空）"),
    "firm_address": ("1-1 Marunouchi, Chiyoda-ku, Tokyo", "東京都千代田区丸の内一丁目1番1号"),
    "measures": (
        "Inquiry to both clients on the day of the alert; orders of both accounts restricted until they answer.",
        "検知当日に両顧客へ照会し、回答があるまで両口座の発注を制限した。",
    ),
}
"""What the tutorial says to write into the items that a draft cannot know; the addressee is chosen."""
_HEAD = re.compile(r"(?:DRAFT written by Sekisho|【下書き】).*\n*")
_ASKED = re.compile(
    r"Nothing in the evidence says this\. To be written\.|To be written from statements and communications\."
    r"|証拠からは明らかでない。要記述。|供述や通信の記録に基づき記述すること。"
)
_ANSWER = {
    "en": "Both clients say that they do not know each other; the inquiry goes on.",
    "ja": "両顧客とも面識はないと述べており、照会を継続している。",
}


def _picture(page: Page, name: str, lang: str, at: str | None = None) -> None:
    """A picture of what a reader sees; ``at``: with this part of the page at its top."""
    if not PICTURES:
        return
    folder = Path(PICTURES) / ("ja" if lang == "ja" else "")
    folder.mkdir(parents=True, exist_ok=True)
    page.evaluate("at => at ? document.querySelector(at).scrollIntoView() : window.scrollTo(0, 0)", at)
    page.screenshot(path=str(folder / f"{name}.png"))


def _finish_the_narrative(page: Page, lang: str) -> None:
    """Draft it from the evidence, take the head of the draft away, and write where words are asked for."""
    page.click('form[action$="/narrative/draft/"] button')
    page.wait_for_load_state()
    for language in ("en", "ja"):
        field = page.locator(f'textarea[name="narrative_{language}"]')
        draft = field.input_value()
        assert _HEAD.match(draft), draft[:200]
        field.fill(_ASKED.sub(_ANSWER[language], _HEAD.sub("", draft, count=1)))
    page.click('form:has(textarea[name="narrative_en"]) button')
    page.wait_for_load_state()
    _picture(page, "6-narrative", lang)


def _computed(told: dict[str, Any]) -> int:
    """What the parts of a penalty come to, by whole 10,000 yen: nothing where they are less."""
    lines = {line["label"]: line["value"] for line in told["penalty"]["answer"]["working"]}
    return max(0, int(Decimal(str(lines["computed amount"])) // 10_000 * 10_000))


def _fill_what_is_missing(page: Page, lang: str) -> None:
    """The items that the tutorial names, with the words it gives, are all that is missing."""
    for name, words in WORDS.items():
        page.fill(f'#item-{name} [name="{name}"]', words[lang == "ja"])
    page.select_option('#item-addressee [name="addressee"]', "sro")
    for item in page.locator("#form .item").all():
        field = item.locator("input, select, textarea").first
        if item.locator(".must").count() and field.count():
            assert field.input_value(), item.inner_text()


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_from_an_alert_to_a_filed_report(lang: str, visit: Visit) -> None:
    writer = visit("tanaka", lang)
    _picture(writer, "1-overview", lang)
    writer.goto(QUEUE)
    _picture(writer, "2-queue", lang)
    row = writer.locator('main table a[href^="/alerts/F"]').first
    alert = (row.get_attribute("href") or "").strip("/").split("/")[-1]
    row.click()
    writer.wait_for_url(f"**/alerts/{alert}/")
    writer.click(f'form[action="/alerts/{alert}/claim/"] button')
    writer.wait_for_load_state()
    _picture(writer, "3-alert", lang)
    writer.click('a[href^="/cases/new/"]')
    writer.wait_for_url("**/cases/new/**")
    writer.click('form[action="/cases/open/"] button')
    writer.wait_for_url("**/cases/*/")
    case = writer.url
    _picture(writer, "4-case", lang)
    writer.goto(f"{case}penalty/")
    figure = writer.inner_text("dl.facts dd.figure")
    amount = _computed(writer.request.get(f"{case}penalty/".replace("/cases/", "/api/cases/")).json())
    assert figure.startswith(f"¥{amount:,} "), f"what its own working comes to: {figure}"
    _picture(writer, "5-penalty", lang)
    writer.goto(f"{case}narrative/")
    _finish_the_narrative(writer, lang)
    writer.goto(case)
    writer.select_option('form[action="/filings/begin/"] select[name="kind"]', "unfair-trading")
    writer.click('form[action="/filings/begin/"] button')
    writer.wait_for_url("**/filings/*/")
    address = writer.url
    _fill_what_is_missing(writer, lang)
    _picture(writer, "7-report", lang)
    writer.click('#form button[name="check"]')
    writer.wait_for_load_state()
    assert not writer.locator(".fault").all_inner_texts()
    assert writer.locator('form[action$="/review/"]').count() == 0, "nobody reviews what he wrote"

    reviewer = visit("ito", lang)
    reviewer.goto(address)
    reviewer.click('form[action$="/review/"] button')
    reviewer.wait_for_load_state()
    reviewer.select_option('form[action$="/propose/"] select[name="channel"]', "sro")
    reviewer.select_option('form[action$="/propose/"] select[name="reason_code"]', "voluntary")
    reviewer.click('form[action$="/propose/"] button')
    reviewer.wait_for_load_state()
    proposal = reviewer.locator('a[href^="/proposals/"]').last.get_attribute("href") or ""
    reviewer.goto(proposal)
    assert reviewer.locator('form[action$="/approve/"]').count() == 0, "nobody approves what he proposed"

    head = visit("sato", lang)
    head.goto(proposal)
    _picture(head, "8-approval", lang)
    head.click('form[action$="/approve/"] button')
    head.wait_for_load_state()
    head.goto(address)
    _picture(head, "9-filed", lang)
    assert head.request.get(address.replace("/filings/", "/api/filings/")).json()["filing"]["state"] == "filed"

    writer.goto(case)
    writer.click('form[action$="/move/"] button[value="reported"]')
    writer.wait_for_load_state()
    assert writer.request.get(case.replace("/cases/", "/api/cases/")).json()["case"]["state"] == "reported"
