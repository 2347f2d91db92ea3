"""Every page a person can reach by links: accessible by the axe rules, light, asking nobody else, in both languages."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import Resolver404, resolve
from playwright.sync_api import Page, Response

from console.in_browser import needs_chromium

Visit = Callable[..., Page]
pytestmark = needs_chromium
OF_EACH = 1
"""How many pages of one kind are looked at (an alert, a case …)."""
BYTES_MAX = 500_000


def _reachable(page: Page) -> list[str]:
    """Addresses of pages, some of each kind, found by following links from the first page."""
    seen: dict[str, list[str]] = {}
    queue, known, found = deque(["/"]), {"/"}, []
    while queue:
        address = queue.popleft()
        try:
            name = resolve(urlsplit(address).path).url_name or ""
        except Resolver404:
            continue
        if len(seen.setdefault(name, [])) >= OF_EACH or name.endswith("as JSON"):
            continue
        seen[name].append(address)
        answer = page.request.get(address)
        if "text/html" not in answer.headers.get("content-type", ""):
            continue
        found.append(address)
        page.goto(address)
        links = page.eval_on_selector_all("a[href]", "links => links.map(link => link.getAttribute('href'))")
        for link in links:
            parts = urlsplit(link)
            if parts.netloc or not parts.path.startswith("/") or "as=" in parts.query or parts.path in known:
                continue
            known.add(parts.path)
            queue.append(parts.path)
    return found


@pytest.mark.parametrize(("account", "lang"), [("sato", "en"), ("sato", "ja"), ("ono", "ja"), ("suzuki", "en")])
def test_every_page_is_accessible_and_light(account: str, lang: str, visit: Visit) -> None:
    page = visit(account, lang)
    axe, wrong = Axe(), []
    for address in _reachable(page):
        transferred: list[int] = []

        def count(answer: Response, transferred: list[int] = transferred) -> None:
            transferred.append(int(answer.headers.get("content-length") or 0))

        page.on("response", count)
        answer = page.goto(address)
        page.remove_listener("response", count)
        assert answer is not None
        if answer.status != 200:
            wrong.append(f"{address}: answers {answer.status}")
        if sum(transferred) > BYTES_MAX:
            wrong.append(f"{address}: {sum(transferred):,} bytes")
        if page.get_attribute("html", "lang") != lang:
            wrong.append(f"{address}: not in {lang}")
        for violation in axe.run(page).response["violations"]:
            if violation["impact"] in ("serious", "critical"):
                where = violation["nodes"][0]["target"]
                wrong.append(f"{address}: {violation['id']} ({violation['help']}) at {where}")
    assert wrong == []
