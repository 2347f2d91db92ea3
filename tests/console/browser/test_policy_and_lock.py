"""In a real browser: no page breaks its own policy, none has a serious fault for who uses a reader, and the lock works."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage

from console.in_browser import needs_chromium
from sekisho.console import urls  # noqa: F401 - reads every area's pages
from sekisho.console.desk.pages import ENTRIES
from sekisho.console.people.roles import matrix

PAGES = sorted(name for name, entry in ENTRIES.items() if not entry.changes and "<" not in entry.path)
PASSWORD = "correct horse battery"
PEOPLE = f"""
import sys
from pathlib import Path
from sekisho.console.commands import opened
opened(Path(sys.argv[1]))
from sekisho.console.administration.first_people import Newcomer, let_in
let_in(
    Newcomer(person_id=role.upper(), name=role, account=role, password="{PASSWORD}", roles=(role,))
    for role in ("administrator", "supervisor", "audit")
)
"""
pytestmark = needs_chromium


@pytest.fixture(scope="module")
def entrance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with one person of each role."""
    folder = tmp_path_factory.mktemp("office")
    config = folder / "office.toml"
    config.write_text('database = "office.sqlite"\nsecond_factor = false\n')
    subprocess.run([sys.executable, "-c", PEOPLE, str(config)], check=True, capture_output=True)
    office = [sys.executable, "-c", "from sekisho.console.commands import app; app()"]
    serve = [*office, "serve", "--config", str(config), "--port", "0", "--json"]
    server = subprocess.Popen(serve, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert server.stdout is not None
    yield json.loads(server.stdout.readline())["console"]
    server.kill()
    server.wait()
    server.stdout.close()


def enter(context: BrowserContext, entrance: str, role: str) -> None:
    page = context.new_page()
    page.goto(f"{entrance}login/")
    page.fill('input[name="username"]', role)
    page.fill('input[name="password"]', PASSWORD)
    page.click("main button")
    page.wait_for_url(entrance)
    page.close()


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("role", ["administrator", "supervisor"])
def test_pages_keep_their_policy_and_are_readable(role: str, language: str, entrance: str, chromium: Browser) -> None:
    context = chromium.new_context(locale=language, color_scheme="dark" if language == "ja" else "light")
    context.set_default_timeout(120_000)
    enter(context, entrance, role)
    said: list[str] = []
    page = context.new_page()
    page.on("console", lambda message: said.append(_told(message)))
    page.on("pageerror", lambda error: said.append(str(error)))
    for name in PAGES:
        if role in matrix()[ENTRIES[name].act]:
            page.goto(f"{entrance}{ENTRIES[name].path}")
            faults = [each for each in Axe().run(page).response["violations"] if each["impact"] in ("serious", "critical")]
            assert [(each["id"], each["nodes"][0]["html"][:200]) for each in faults] == [], name
    assert [each for each in said if "Content Security Policy" in each or "Error" in each] == []
    context.close()


def _told(message: ConsoleMessage) -> str:
    return f"{message.type}: {message.text}"


def test_whoever_is_away_is_signed_out_on_the_screen_and_comes_back(entrance: str, chromium: Browser) -> None:
    context = chromium.new_context()
    context.set_default_timeout(120_000)
    enter(context, entrance, "audit")
    page = context.new_page()
    page.clock.install()
    page.goto(f"{entrance}journal/?person=AUDIT")
    page.clock.fast_forward("14:00")
    assert page.url.endswith("/journal/?person=AUDIT")
    page.clock.fast_forward("20:00")
    page.wait_for_url("**/login/?next=**")
    assert page.input_value('main input[name="next"]') == "/journal/?person=AUDIT"
    context.close()
