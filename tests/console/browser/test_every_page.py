"""Every page a person can reach by links: answers, accessible by the axe rules, light, asking nobody else, in both languages."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import Any, Final

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from console.browser.walking import PEOPLE, Place, StillOffice
from console.browser.weighing import BYTES_MAX, COLOURS, Transferred, violations
from console.in_browser import needs_chromium
from console.japanese import english_on

pytestmark = needs_chromium
LOOKS: Final = (
    ("en", "light", {"width": 1280, "height": 800}),
    ("ja", "dark", {"width": 390, "height": 844}),
)
OTHER: Final = {"light": "dark", "dark": "light"}


def _each_once(still: StillOffice) -> Iterator[Place]:
    """Every page of everybody; one without a part that others of its kind have not is like them."""
    seen: dict[str, set[str]] = {}
    for account in PEOPLE:
        for place in still.places[account]:
            if not place.made_of <= seen.get(place.kind, set()):
                seen.setdefault(place.kind, set()).update(place.made_of)
                yield place


def test_every_link_leads_somewhere(still: StillOffice) -> None:
    told = [place for account in PEOPLE for place in still.places[account]]
    wrong = [f"{place.account}: {place.address} answers {place.status}, linked from {place.linked_from}" for place in told]
    assert [line for place, line in zip(told, wrong, strict=True) if place.status != 200] == []


def test_no_page_in_japanese_says_a_sentence_in_english(still: StillOffice, chromium: Browser) -> None:
    found: dict[str, list[str]] = {}
    for account in PEOPLE:
        with still.context(chromium, account, "ja") as context:
            for place in still.places[account]:
                page = context.request.get(place.address, headers={"accept-language": "ja"}).text()
                if english := english_on(page):
                    found.setdefault(place.kind, []).extend(english)
    assert found == {}


@pytest.mark.parametrize(("lang", "theme", "size"), LOOKS, ids=["en-desktop-light", "ja-phone-dark"])
def test_every_page_is_accessible_and_light(
    lang: str, theme: str, size: Any, still: StillOffice, chromium: Browser, capsys: pytest.CaptureFixture[str]
) -> None:
    axe = Axe()
    wrong: list[str] = []
    weights: dict[str, int] = {}
    pages: dict[str, Transferred] = {}

    def failed(error: object) -> None:
        wrong.append(f"a script failed: {error}")

    for place in _each_once(still):
        if place.account not in pages:
            context = still.context(chromium, place.account, lang, color_scheme=theme, viewport=size, reduced_motion="reduce")
            pages[place.account] = Transferred(context.new_page(), still.address)
            pages[place.account].page.on("pageerror", failed)
        going = pages[place.account]
        going.bytes, where = 0, f"{place.account} {place.address}"
        answer = going.page.goto(place.address)
        if answer is None or answer.status != place.status:
            wrong.append(f"{where}: answers {answer and answer.status}")
        weights[place.address] = max(going.bytes, weights.get(place.address, 0))
        wrong += [f"{where}: {fault}" for fault in _faults(going.page, lang)]
        wrong += [f"{where}: {fault}" for fault in violations(axe, going.page, {})]
        going.page.emulate_media(color_scheme=OTHER[theme])
        wrong += [f"{where} ({OTHER[theme]}): {fault}" for fault in violations(axe, going.page, COLOURS)]
        going.page.emulate_media(color_scheme=theme)
    heaviest = sorted(((count, at) for at, count in weights.items()), reverse=True)[:5]
    with capsys.disabled():
        sys.stdout.write(f"\n{lang}: {len(weights)} pages; the heaviest {heaviest}\n")
    wrong += [f"{at}: {count:,} bytes" for at, count in weights.items() if count > BYTES_MAX]
    wrong += [f"asks {url}" for going in pages.values() for url in going.strangers]
    for going in pages.values():
        going.page.context.close()
    assert wrong == []


def _faults(page: Page, lang: str) -> Iterator[str]:
    """What a person sees at once: the wrong language, a page that moves sideways, a state in the program's own words."""
    if page.get_attribute("html", "lang") != lang:
        yield f"not in {lang}"
    wide, there = page.evaluate("() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    if wide > there:
        yield f"moves sideways: {wide} pixels on {there}"
    chips = page.locator("main .chip:not(td, th)").all_inner_texts()
    if lang == "ja":
        raw = sorted({chip for chip in chips if re.fullmatch(r"[a-z][a-z_ ]+", chip.strip())})
        if raw:
            yield f"not in Japanese: {raw}"
