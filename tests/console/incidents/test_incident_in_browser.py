"""In a real browser, in both languages: an incident to its closing by two people, and an expired attestation renewed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from console.in_browser import needs_chromium, started

pytestmark = needs_chromium

PASSWORD = "correct horse battery"
SET_UP = f"""
import sys
from datetime import date, timedelta
from pathlib import Path
from sekisho.console.start import start, up_to_date
start(Path(sys.argv[1]))
up_to_date()
from django.utils import timezone
from sekisho.console.administration.first_people import Newcomer, let_in
from sekisho.console.attestations.models import Item, UnitMeaning
from sekisho.console.attestations.taking import take_up
from sekisho.console.journal.acting import SYSTEM, acting
roles = (("operations", "operations"), ("supervisor", "supervisor"), ("supervisor2", "supervisor"), ("audit", "audit"))
let_in(Newcomer(person_id=a.upper(), name=a, account=a, password="{PASSWORD}", roles=(r,), unit=a) for a, r in roles)
take_up(SYSTEM, timezone.now(), timezone.localdate())
with acting(SYSTEM, "set up", effect="attestation"):
    item = Item.objects.get(item_id="client_assets/leak_response#1")
    item.owner_id, item.result, item.in_force_until = "OPERATIONS", "met", timezone.localdate() - timedelta(days=3)
    item.save()
    UnitMeaning(word="custody department", units=[]).save()
"""


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a console that is served, with people and an expired attestation."""
    folder = tmp_path_factory.mktemp("office")
    config = folder / "office.toml"
    config.write_text('database = "office.sqlite"\nsecond_factor = false\n')
    surroundings = {name: value for name, value in os.environ.items() if name not in ("SEKISHO_CONSOLE", "DJANGO_SETTINGS_MODULE")}
    subprocess.run([sys.executable, "-c", SET_UP, str(config)], check=True, env=surroundings)
    command = [sys.executable, "-m", "sekisho.cli", "office", "serve", "--config", str(config), "--port", "0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=surroundings)
    assert server.stdout is not None
    line = server.stdout.readline()
    address = re.search(r"http://\S+", line)
    assert address is not None, line
    yield address[0].rstrip("/")
    server.terminate()
    server.wait(timeout=20)


class Seat:
    """Somebody at a browser of his own."""

    def __init__(self, browser: Any, office: str, account: str, lang: str) -> None:
        self.page = browser.new_context(locale="ja-JP" if lang == "ja" else "en-GB").new_page()
        self.office = office
        self.faults: list[str] = []
        self.page.on("console", lambda message: self.faults.append(message.text) if message.type == "error" else None)
        self.go("/login/")
        self.page.fill("input[name=username]", account)
        self.page.fill("input[name=password]", PASSWORD)
        self.page.click("main button")

    def go(self, path: str) -> None:
        self.page.goto(self.office + path)
        self._unfold()

    def send(self, act: str, button: str = "button", **fields: str) -> None:
        """Fill in the form of an act (the end of its address) and send it."""
        form = self.page.locator(f"form[action$='{act}']").first
        for name, value in fields.items():
            field = form.locator(f"[name={name}]")
            if field.evaluate("each => each.tagName") == "SELECT":
                field.select_option(value)
            else:
                field.fill(value)
        form.locator(button).last.click()
        self.page.wait_for_load_state()
        assert self.page.locator(".messages li.error").count() == 0, self.page.locator(".messages").inner_text()
        self._unfold()

    def _unfold(self) -> None:
        self.page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")

    def approve(self) -> None:
        """Approve what is proposed last."""
        self.go("/proposals/?state=open")
        self.page.click("tbody td a")
        self._unfold()
        self.send("/approve/")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """The browser."""
    with started() as browser:
        yield browser


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_an_incident_is_contained_reported_learned_from_and_closed(lang: str, office: str, chromium: Any) -> None:
    first, second = Seat(chromium, office, "supervisor", lang), Seat(chromium, office, "supervisor2", lang)
    first.go("/incidents/open/")
    first.send(
        "/incidents/open/new/", title="Wrong prices shown", incident_kind="other", summary="prices stood still", known_by="desk"
    )
    at = first.page.url.removeprefix(office)
    assert first.page.locator(".clocks.loud li").count() == 1
    first.send("/measures/", code="stop_trading", words="all pairs")
    second.approve()
    first.go(at)
    first.send("/done/", done_by="operations")
    first.send("/sent/", words="the president was told")
    assert first.page.locator(".clocks.loud").count() == 0
    first.send("/state/", button="button[value=contained]", words="trading stands")
    first.send("/checks/", code="tested")
    check = first.page.locator("form[action*='/checks/']").first
    check.locator("[name=result]").fill("prices run")
    check.locator("button[value=true]").click()
    first.page.wait_for_load_state()
    first.go(at)
    first.send("/state/", button="button[value=recovered]", words="trading again")
    first.send("/lift/", reason="tested")
    second.approve()
    first.go(at)
    first.send("/lessons/", words="a watchdog on prices", owner="OPERATIONS", due_on="2027-06-30")
    first.send("/close/", reason="all done")
    second.approve()
    first.go(at)
    assert first.page.locator("h1 + p .chip.closed").count() == 1
    assert first.page.locator("#log tbody tr").count() >= 9
    assert (first.faults, second.faults) == ([], [])


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_an_expired_attestation_is_renewed(lang: str, office: str, chromium: Any) -> None:
    owner, reviewer = Seat(chromium, office, "operations", lang), Seat(chromium, office, "audit", lang)
    owner.go("/attestations/?q=leak_response%231")
    owner.page.click("tbody td a")
    owner._unfold()
    at = owner.page.url.removeprefix(office)
    renewed_before = owner.page.locator(".chip.expired").count() == 0
    assert renewed_before is (lang == "ja")  # the first language finds it expired, the second renews what is in force
    owner.send("/draft/", statement="tried on Tuesday", result="met")
    owner.page.locator("input[type=file]").set_input_files(
        files=[{"name": "drill.txt", "mimeType": "text/plain", "buffer": b"10:00 began"}]
    )
    owner.send("/evidence/", words="record with times")
    owner.send("/submit/")
    reviewer.go(at)
    reviewer.send("/approve/", words="read")
    reviewer.go(at)
    assert reviewer.page.locator("h1 + p .chip.in_force").count() == 1
    assert (owner.faults, reviewer.faults) == ([], [])
