"""A real browser before a real server: ``sekisho serve`` with its demo exchange, visited by its people."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from console.browser.walking import PEOPLE, Office, Place, places
from console.in_browser import started
from sekisho.console.trial import PASSWORD


@dataclass(frozen=True)
class Served:
    """A running gate and console: their addresses and their folder."""

    console: str
    gate: str
    folder: Path


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Gate and console on free ports, with everything a console for trying begins with."""
    folder = tmp_path_factory.mktemp("served") / "office"
    command = [sys.executable, "-m", "sekisho.cli", "serve", "--out", str(folder), "--port", "0", "--console-port", "0", "--json"]
    clean = {name: value for name, value in os.environ.items() if name not in ("SEKISHO_CONSOLE", "DJANGO_SETTINGS_MODULE")}
    log = folder.parent / "log"
    with log.open("wb") as errors, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, env=clean) as server:
        try:
            assert server.stdout is not None
            line = server.stdout.readline()
            assert line, log.read_text()[-4000:]
            told = json.loads(line)
            yield Served(told["console"]["address"].rstrip("/"), told["address"], folder)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(30)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all journeys."""
    with started() as browser:
        yield browser


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Iterator[Office]:
    """The office at one moment, walked through once by each of its people, always in one order: what they do is written down."""
    folder = tmp_path_factory.mktemp("frozen")
    command = [sys.executable, str(Path(__file__).with_name("frozen_office.py")), str(folder / "office")]
    clean = {name: value for name, value in os.environ.items() if name not in ("SEKISHO_CONSOLE", "DJANGO_SETTINGS_MODULE")}
    with (
        (folder / "log").open("wb") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, env=clean) as server,
    ):
        try:
            assert server.stdout is not None
            line = server.stdout.readline()
            assert line, (folder / "log").read_text()[-4000:]
            told = json.loads(line)
            walked: dict[str, list[Place]] = {}
            sessions: dict[str, Any] = {}
            for account in PEOPLE:
                with chromium.new_context(base_url=told["address"].rstrip("/"), locale="en-GB") as context:
                    sign_in(context.new_page(), account)
                    walked[account] = list(places(context.request, account))
                    sessions[account] = context.storage_state()
            yield Office(told["address"].rstrip("/"), told["new_password"], walked, sessions)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(30)


def sign_in(page: Page, account: str) -> None:
    """Come in by the login page."""
    page.goto("/login/")
    page.fill('input[name="username"]', account)
    page.fill('input[name="password"]', PASSWORD)
    page.click("main form button")
    page.wait_for_url("**/")


Visit = Callable[..., Page]


@pytest.fixture
def visit(chromium: Browser, served: Served) -> Iterator[Visit]:
    """Sign in as an account, in a language: gives a page; whatever the browser complains of fails the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def signed_in(account: str, lang: str = "en", **look: Any) -> Page:
        context = chromium.new_context(locale={"en": "en-GB", "ja": "ja-JP"}[lang], base_url=served.console, **look)
        contexts.append(context)
        page = context.new_page()
        page.on(
            "console",
            lambda said: (
                complaints.append(f"{page.url}: {said.text}") if said.type == "error" and "status of 4" not in said.text else None
            ),
        )
        page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
        page.on(
            "request",
            lambda asked: (
                None if asked.url.startswith((served.console, "data:", "blob:")) else complaints.append(f"asks {asked.url}")
            ),
        )
        sign_in(page, account)
        return page

    yield signed_in
    for context in contexts:
        context.close()
    assert complaints == []
