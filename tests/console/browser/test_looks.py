"""Every page as it looks, in both languages, on a desk and on a phone, against pictures that somebody looked at.

``SEKISHO_GOLDEN=write`` takes them anew (look at them before you keep them); ``SEKISHO_LOOKS`` names a folder for the whole
pictures, as large as they are seen. What differs is put beside the golden picture, as ``NAME.seen.png``, in that folder or
the test's own.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from console.browser import looks
from console.browser.walking import PEOPLE, StillOffice
from console.in_browser import needs_chromium

pytestmark = needs_chromium
GOLDEN: Final = Path(__file__).parent / "golden"
WRITE: Final = os.environ.get("SEKISHO_GOLDEN") == "write"
SIZES: Final = {"desktop": {"width": 1280, "height": 800}, "phone": {"width": 390, "height": 844}}
UNSTABLE: Final[dict[str, str]] = {}
"""Kinds of pages without a golden picture, and why."""
MASKED: Final = {"second-factor": "main svg, main code", "journal-check": "main dd.once"}
"""What of a page is another each time: it is covered."""
LETTERS: Final = """() => {
  const pen = document.createElement("canvas").getContext("2d");
  return ["system-ui", "Noto Sans CJK JP, sans-serif", "ui-monospace, monospace", "Noto Serif CJK JP, serif"].map((font) => {
    pen.font = `100px ${font}`;
    return Math.round(pen.measureText("Barrier 関所の帳簿 0123456789").width);
  });
}"""


def _chosen(still: StillOffice) -> Iterator[tuple[str, str | None, str]]:
    """Name, account and address of each page: who comes to it first shows it."""
    shown: dict[str, str] = {}
    for account in PEOPLE:
        for place in still.places[account]:
            if place.status == 200 and place.kind not in UNSTABLE and shown.setdefault(place.kind, account) == account:
                yield place.name, account, place.address
    yield "login", None, "/login/"
    yield "new-password", None, still.new_password
    yield "second-factor", "hara", "/second-factor/"
    yield "not-found", "tanaka", "/alerts/nothing/"
    yield "not-yours", "suzuki", "/journal/"


def _taken(page: Page, name: str, address: str) -> bytes:
    page.goto(address)
    if page.locator("[hx-trigger=load], [data-lines], .chart").count():
        page.wait_for_load_state("networkidle")
    covered = [page.locator(MASKED[name])] if name in MASKED else []
    return page.screenshot(full_page=True, animations="disabled", caret="hide", mask=covered)


def _letters_as_then(page: Page) -> None:
    """Golden pictures hold for the fonts they were taken with: with others every line breaks elsewhere."""
    file, here = GOLDEN / "letters.json", page.evaluate(LETTERS)
    if WRITE:
        GOLDEN.mkdir(exist_ok=True)
        file.write_text(json.dumps(here) + "\n")
    elif json.loads(file.read_text()) != here:
        pytest.skip(f"other fonts than the golden pictures were taken with: letters {here} wide, not {file.read_text().strip()}")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("lang", ["en", "ja"])
def test_every_page_looks_as_it_did(lang: str, size: str, still: StillOffice, chromium: Browser, tmp_path: Path) -> None:
    folder = GOLDEN / f"{size}-{lang}"
    whole = Path(os.environ.get("SEKISHO_LOOKS", tmp_path)) / folder.name
    whole.mkdir(parents=True, exist_ok=True)
    pages: dict[str | None, Page] = {}
    wrong, names = [], set()
    for name, account, address in _chosen(still):
        if account not in pages:
            look: Any = {"viewport": SIZES[size], "color_scheme": "light", "reduced_motion": "reduce"}
            pages[account] = still.context(chromium, account, lang, **look).new_page()
            if len(pages) == 1:
                _letters_as_then(pages[account])
        taken = _taken(pages[account], name, address)
        if "SEKISHO_LOOKS" in os.environ:
            (whole / f"{name}.png").write_bytes(taken)
        names.add(f"{name}.png")
        seen, file = looks.small(taken), folder / f"{name}.png"
        if WRITE:
            folder.mkdir(exist_ok=True)
            seen.save(file, optimize=True)
        elif not file.exists():
            wrong.append(f"{name}: no golden picture; SEKISHO_GOLDEN=write takes it")
        elif fault := looks.difference(seen, Image.open(file)):
            (whole / f"{name}.seen.png").write_bytes(taken)
            wrong.append(f"{name} ({address}): {fault}; see {whole}/{name}.seen.png")
    for page in pages.values():
        page.context.close()
    gone = {file.name for file in folder.glob("*.png")} - names
    if WRITE:
        for file in gone:
            (folder / file).unlink()
    assert wrong == []
    assert WRITE or not gone, "pictures of pages nobody comes to any more"


CHANGES: Final = {
    "a panel is missing": "document.querySelectorAll('main section')[1].remove()",
    "text lies over text": "document.querySelector('main h2').style.cssText = 'position: relative; top: 60px'",
    "a word is in another language": "document.querySelector('main h1').textContent = '概要'",
    "a column is cut off": "document.querySelector('main table').style.width = '60%'",
    "everything lies a line lower": "document.querySelector('main').prepend(document.createElement('hr'))",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_changed_page_is_found(change: str, still: StillOffice, chromium: Browser) -> None:
    with still.context(chromium, "tanaka", "en", viewport=SIZES["desktop"]) as context:
        page = context.new_page()
        before, again = (looks.small(_taken(page, "overview", "/")) for _time in range(2))
        assert looks.difference(again, before) == ""
        page.evaluate(change)
        assert looks.difference(looks.small(page.screenshot(full_page=True)), before)


def test_another_language_and_the_dark_are_found(still: StillOffice, chromium: Browser) -> None:
    taken = []
    for lang, theme in (("en", "light"), ("ja", "light"), ("en", "dark")):
        with still.context(chromium, "tanaka", lang, viewport=SIZES["phone"], color_scheme=theme) as context:
            taken.append(looks.small(_taken(context.new_page(), "filings", "/filings/")))
    assert looks.difference(taken[1], taken[0])
    assert looks.difference(taken[2], taken[0])
