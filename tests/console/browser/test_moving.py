"""Moving through the graphs of a case: loaded when asked for, light, accessible, and by mouse as by keyboard."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page

from console.browser.walking import StillOffice
from console.browser.weighing import BYTES_MAX, COLOURS, Transferred, violations
from console.in_browser import needs_chromium

pytestmark = needs_chromium
LOOKS: Final = {
    "en-desktop-light": ("en", "light", {"viewport": {"width": 1280, "height": 800}}),
    "ja-desktop-dark": ("ja", "dark", {"viewport": {"width": 1280, "height": 800}}),
    "en-phone-dark": ("en", "dark", {"viewport": {"width": 390, "height": 844}, "has_touch": True}),
    "ja-phone-light": ("ja", "light", {"viewport": {"width": 390, "height": 844}, "has_touch": True}),
}
WORDS: Final = {"en": ("Move through it", "Times"), "ja": ("動かして見る", "回数")}
POINTS: Final = """(drawing, name) => {
  const canvas = drawing.querySelector("canvas"), pen = document.createElement("canvas").getContext("2d");
  pen.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  pen.fillRect(0, 0, 1, 1);
  const [r, g, b] = pen.getImageData(0, 0, 1, 1).data, one = canvas.width / canvas.clientWidth, top = Math.round(40 * one);
  const { data, width } = canvas.getContext("2d").getImageData(0, top, canvas.width, canvas.height - top);
  const at = [];
  for (let i = 0; i < data.length; i += 4) {
    if (data[i] === r && data[i + 1] === g && data[i + 2] === b && data[i + 3] === 255) at.push(i / 4);
  }
  const mean = (of) => at.reduce((sum, i) => sum + of(i), 0) / at.length / one;
  return at.length ? [at.length, mean((i) => i % width), mean((i) => top + Math.floor(i / width))] : [0, 0, 0];
}"""
"""How many points of the picture, below its legend, have a colour of the page, and the middle of them."""


@contextmanager
def watched(
    still: StillOffice, chromium: Browser, lang: str, theme: str, look: dict[str, Any]
) -> Iterator[tuple[Page, Transferred]]:
    """Somebody at a browser, all of whose complaints, of the content policy too, fail the test; and what his pages cost."""
    complaints: list[str] = []
    with still.context(chromium, "tanaka", lang, color_scheme=theme, reduced_motion="reduce", **look) as context:
        page = context.new_page()
        page.on(
            "console", lambda said: complaints.append(said.text) if said.type == "error" and "ERR_FAILED" not in said.text else None
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        cost = Transferred(page, still.address)
        yield page, cost
    assert complaints == []
    assert cost.strangers == []


def cases(still: StillOffice) -> list[str]:
    """The addresses of the graphs of every case she can open."""
    found = sorted({place.address for place in still.places["tanaka"] if place.kind == "case"})
    assert found
    return [f"{address}graphs/" for address in found]


def opened(page: Page) -> list[Locator]:
    """Press every button of the page; gives the drawings once they are there."""
    for button in page.locator(".move").all():
        button.click()
        assert button.get_attribute("aria-expanded") == "true"
    page.locator(".drawing").last.scroll_into_view_if_needed()
    drawings = page.locator(".drawing").all()
    for each in drawings:
        each.and_(page.locator("[data-drawn]")).wait_for()
    page.wait_for_timeout(200)  # a canvas says nothing when it has been painted
    return drawings


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_a_graph_is_drawn_when_asked_for_light_and_accessible(
    look: Any, still: StillOffice, chromium: Browser, capsys: pytest.CaptureFixture[str]
) -> None:
    lang, theme, size = look
    axe, pressed = Axe(), 0
    with watched(still, chromium, lang, theme, size) as (page, cost):
        for address in cases(still):
            asked: list[str] = []
            page.on("request", lambda request, to=asked: to.append(request.url))
            cost.bytes = 0
            page.goto(address)
            page.wait_for_load_state("networkidle")
            assert not [url for url in asked if "echarts" in url], "nothing is loaded before somebody asks"
            if not page.locator(".move").count():
                continue
            assert page.locator(".move").all_inner_texts() == [WORDS[lang][0]] * page.locator(".move").count()
            for drawing in opened(page):
                pressed += 1
                assert drawing.get_attribute("aria-label")
                assert drawing.get_attribute("role") == "img"
                assert drawing.evaluate(POINTS, "--ink")[0] > 20, "names are written and marks drawn in the colours of the page"
            assert [url for url in asked if "echarts" in url]
            assert 300_000 < cost.bytes <= BYTES_MAX, f"{address}: {cost.bytes:,} bytes"
            with capsys.disabled():
                sys.stdout.write(f"\n{lang}: {address} with its graph moving: {cost.bytes:,} bytes\n")
            wide, there = page.evaluate("() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]")
            assert wide <= there
            assert list(violations(axe, page, {})) == []
            page.emulate_media(color_scheme={"light": "dark", "dark": "light"}[theme])
            assert list(violations(axe, page, COLOURS)) == []
            assert all(each.evaluate(POINTS, "--ink")[0] > 20 for each in page.locator(".drawing").all()), (
                "drawn anew in the other colours"
            )
            page.emulate_media(color_scheme=theme)
    assert pressed


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_an_account_is_chosen_by_keyboard_and_told_in_words(lang: str, still: StillOffice, chromium: Browser) -> None:
    with watched(still, chromium, lang, "light", {"viewport": {"width": 1280, "height": 800}}) as (page, _cost):
        page.goto(_with_a_ring(page, still))
        page.locator(".move").first.focus()
        page.keyboard.press("Enter")
        page.locator(".drawing[data-drawn]").first.wait_for()
        page.keyboard.press("Tab")
        page.keyboard.press("ArrowDown")
        chosen = page.locator(".moving select").first.input_value()
        assert chosen
        page.locator(".moving + details").first.evaluate("each => { each.open = true; }")
        rows = [row.locator("td").all_inner_texts() for row in page.locator(".moving + details").first.locator("tbody tr").all()]
        told = page.locator(".told").first.locator("li").all_inner_texts()
        assert told == [line for line in (_told(row, chosen, WORDS[lang][1]) for row in rows) if line]
        assert told
        page.locator(".move").first.focus()
        page.keyboard.press("Enter")
        assert page.locator(".move").first.get_attribute("aria-expanded") == "false"
        assert page.locator(".graph svg").first.is_visible(), "the picture of the server is back"


def test_by_mouse_a_mark_is_laid_elsewhere_chosen_and_followed_to_its_cases(still: StillOffice, chromium: Browser) -> None:
    with watched(still, chromium, "en", "light", {"viewport": {"width": 1280, "height": 800}}) as (page, _cost):
        page.goto(_with_a_ring(page, still))
        drawing = opened(page)[0]
        box = drawing.bounding_box()
        assert box is not None
        many, x, y = drawing.evaluate(POINTS, "--critical")
        assert many > 100, "the subject is filled"
        quiet = drawing.screenshot()
        page.mouse.move(box["x"] + x, box["y"] + y)
        page.wait_for_timeout(400)
        assert drawing.screenshot() != quiet, "what the mouse is on is told"
        page.mouse.down()
        page.mouse.move(box["x"] + x - 150, box["y"] + y + 60, steps=6)
        page.mouse.up()
        page.mouse.move(box["x"] + 5, box["y"] + box["height"] - 5)
        page.wait_for_timeout(400)
        _many, there, deep = drawing.evaluate(POINTS, "--critical")
        assert (round((there - x + 150) / 12), round((deep - y - 60) / 12)) == (0, 0)
        assert page.locator(".moving select").first.input_value() == "", "who lays a mark elsewhere has not chosen it"
        page.mouse.click(box["x"] + there, box["y"] + deep)
        chosen = page.locator(".moving select").first.input_value()
        assert chosen in page.locator(".told code").first.inner_text()
        with page.expect_navigation():
            page.mouse.click(box["x"] + there, box["y"] + deep)
        assert (urlsplit(page.url).path, urlsplit(page.url).query) == ("/cases/", f"party={chosen}")
        assert page.locator("tbody tr").count() >= 1


def test_closer_and_the_whole_by_buttons(still: StillOffice, chromium: Browser) -> None:
    with watched(still, chromium, "en", "light", {"viewport": {"width": 1280, "height": 800}}) as (page, _cost):
        page.goto(_with_a_ring(page, still))
        drawing = opened(page)[0]
        whole = drawing.screenshot()
        seen = [whole]
        for button in ("1.5", "0.67", "1.5"):
            page.locator(f'[data-zoom="{button}"]').first.click()
            page.wait_for_timeout(300)
            seen.append(drawing.screenshot())
        assert len({*seen}) >= 3
        page.locator('[data-zoom=""]').first.click()
        page.wait_for_timeout(300)
        assert drawing.screenshot() == whole


@pytest.mark.parametrize(("lang", "words"), [("en", "could not be loaded"), ("ja", "読み込めませんでした")])
def test_where_it_cannot_be_loaded_the_picture_stays(lang: str, words: str, still: StillOffice, chromium: Browser) -> None:
    with watched(still, chromium, lang, "light", {"viewport": {"width": 1280, "height": 800}}) as (page, _cost):
        page.route("**/static/echarts/*", lambda route: route.abort())
        page.goto(_with_a_ring(page, still))
        page.locator(".move").first.click()
        page.locator(".told p").first.wait_for()
        assert words in page.locator(".told").first.inner_text()
        assert page.locator(".graph svg").first.is_visible()


def _with_a_ring(page: Page, still: StillOffice) -> str:
    """A case whose graph has a subject and somebody else."""
    for address in cases(still):
        told = page.request.get(f"/api{address}").json()
        if told["rings"] and len({node["own"] for node in told["rings"][0]["nodes"]}) == 2:
            return address
    raise AssertionError("no case has a ring of two")


def _told(row: list[str], chosen: str, times: str) -> str:
    source, target, count, amount = row
    if chosen not in (source, target):
        return ""
    other = f"↺ {chosen}" if source == target else f"→ {target}" if source == chosen else f"← {source}"
    return f"{other}: {amount} ({times}: {count})"
