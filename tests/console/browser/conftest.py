"""A real browser before a real server: ``sekisho serve`` with its demo exchange, visited by its people."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from console.browser.steps import LOCALES, Office, Seat, seated, sign_in
from console.browser.walking import PEOPLE, Place, StillOffice, places
from console.in_browser import started


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
    log = folder.parent / "log"
    with log.open("wb") as errors, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, env=_clean()) as server:
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
def still(tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Iterator[StillOffice]:
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
                    page = context.new_page()
                    page.goto("/login/")
                    sign_in(page, account)
                    walked[account] = list(places(context.request, account))
                    sessions[account] = context.storage_state()
            yield StillOffice(told["address"].rstrip("/"), told["new_password"], walked, sessions)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(30)


Visit = Callable[..., Page]
Sit = Callable[[str], Seat]


@pytest.fixture
def visit(chromium: Browser, served: Served) -> Iterator[Visit]:
    """Sign in as an account, in a language: gives a page; whatever the browser complains of fails the test."""
    complaints: list[str] = []
    with ExitStack() as stack:

        def signed_in(account: str, lang: str = "en", **look: Any) -> Page:
            return stack.enter_context(seated(chromium, served.console, account, lang, complaints, **look)).page

        yield signed_in
    assert complaints == []


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a small office: its books and what was found in them, its people, and nothing done yet."""
    folder = tmp_path_factory.mktemp("prepared")
    (folder / "office.toml").write_text('database = "office.sqlite"\nsecond_factor = false\nbooks = "books"\n')
    (folder / "clock").write_text("0")
    size = ["--days", "1", "--accounts", "200", "--instruments", "2", "--seed", "5"]
    _run("-m", "sekisho.cli", "simulate", "--out", folder / "books", *size)
    _run("-m", "sekisho.cli", "inspect", folder / "books", "--rules", "unfair_trading/wash_trading", "--out", folder / "result")
    _run(SET_UP, folder / "office.toml", folder / "result")
    return folder


SET_UP = Path(__file__).with_name("set_up.py")
SERVE = """
import sys
from datetime import timedelta
from pathlib import Path
from django.utils import timezone
now, ahead = timezone.now, Path(sys.argv[1])
timezone.now = lambda: now() + timedelta(hours=float(ahead.read_text()))
from sekisho.console.commands import app
app(sys.argv[2:])
"""
"""The console with a clock that a journey puts forward: everything in it asks Django what time it is."""


def _clean() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in ("SEKISHO_CONSOLE", "DJANGO_SETTINGS_MODULE")}


def _run(*command: object) -> str:
    done = subprocess.run([sys.executable, *map(str, command)], capture_output=True, text=True, env=_clean(), check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return done.stdout


@pytest.fixture
def office(prepared: Path, tmp_path: Path) -> Iterator[Office]:
    """A small office of the journey's own, served; when the journey is over its journal has to be whole."""
    folder = tmp_path / "office"
    shutil.copytree(prepared, folder)
    config = folder / "office.toml"
    command = [sys.executable, "-c", SERVE, str(folder / "clock"), "serve", "--config", str(config), "--port", "0", "--json"]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, env=_clean()) as server:
        try:
            assert server.stdout is not None
            line = server.stdout.readline()
            assert line, (folder / "log").read_text()[-4000:]
            yield Office(json.loads(line)["console"].rstrip("/"), folder)
        finally:
            server.terminate()
            server.wait(30)
    _run("-c", "from sekisho.console.commands import app; app()", "journal", "check", "--config", config)


@pytest.fixture(params=sorted(LOCALES))
def lang(request: pytest.FixtureRequest) -> str:
    """Both languages, one after the other."""
    return str(request.param)


@pytest.fixture
def sit(chromium: Browser, office: Office, lang: str) -> Iterator[Sit]:
    """Gives the seat of an account in the small office, the same one each time; no browser may complain of anything."""
    complaints: list[str] = []
    seats: dict[str, Seat] = {}
    with ExitStack() as stack:

        def seat(account: str) -> Seat:
            if account not in seats:
                seats[account] = stack.enter_context(seated(chromium, office.address, account, lang, complaints))
            return seats[account]

        yield seat
    assert complaints == []
