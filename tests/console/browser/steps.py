"""Steps that journeys share: sitting down at a browser of one's own, filling in forms by hand, and seeing what came of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Locator, Page, Response

from sekisho.console.trial import PASSWORD

LOCALES = {"en": "en-GB", "ja": "ja-JP"}


@dataclass(frozen=True)
class Office:
    """A console that is served: its address, its folder, and a clock that can be put forward."""

    address: str
    folder: Path

    def later(self, hours: float) -> None:
        """Let so many hours pass: whoever was signed in was away too long and signs in again."""
        clock = self.folder / "clock"
        clock.write_text(str(float(clock.read_text()) + hours))

    def row(self, table: str, **where: Any) -> dict[str, Any]:
        """The one row of the database with these values."""
        wanted = " AND ".join(f'"{name}" = ?' for name in where) or "1"
        with closing(sqlite3.connect(f"file:{self.folder / 'office.sqlite'}?mode=ro", uri=True)) as database:
            database.row_factory = sqlite3.Row
            rows = database.execute(f'SELECT * FROM "{table}" WHERE {wanted}', list(where.values())).fetchall()
        assert len(rows) == 1, [dict(row) for row in rows]
        return dict(rows[0])


@dataclass(frozen=True)
class Seat:
    """Somebody signed in at a browser of his own."""

    page: Page
    account: str

    def go(self, path: str) -> Response | None:
        """Open a page; who was signed out meanwhile signs in again and comes to where he wanted."""
        answer = self.page.goto(path)
        if urlsplit(self.page.url).path == "/login/":
            sign_in(self.page, self.account)
        unfold(self.page)
        return answer

    @property
    def at(self) -> str:
        """The path of the page that is open."""
        return urlsplit(self.page.url).path

    def click(self, what: str) -> None:
        """Click what leads to another page, or to this one anew."""
        with self.page.expect_navigation():
            self.page.locator(what).first.click()
        unfold(self.page)

    def form(self, act: str) -> Locator:
        """The form of an act, by the end of its address."""
        return self.page.locator(f'form[action$="{act}"]').first

    def offers(self, act: str) -> bool:
        """Whether the page offers an act."""
        return self.page.locator(f'form[action$="{act}"]').count() > 0

    def send(self, act: str, button: str = "button", **fields: str) -> str:
        """Fill in the form of an act by hand and send it; gives what the page says then, which may be no complaint."""
        said = self.tried(act, button, **fields)
        assert self.page.locator(".messages li.error, .faults").count() == 0, f"{act}: {said}"
        return said

    def tried(self, act: str, button: str = "button", **fields: str) -> str:
        """The same where the page may complain."""
        form = self.form(act)
        for name, value in fields.items():
            fill(form.locator(f'[name="{name}"]').first, value)
        with self.page.expect_navigation():
            form.locator(button).last.click()
        unfold(self.page)
        messages = self.page.locator(".messages")
        return messages.inner_text() if messages.count() else ""

    def forces(self, path: str, **fields: str) -> int:
        """Send as a program what the page does not offer; gives the status of the answer."""
        cookie = next(each for each in self.page.context.cookies() if each["name"] == "csrftoken")
        headers = {"X-CSRFToken": cookie["value"], "Referer": self.page.url}
        return self.page.request.post(f"/api{path}", data=fields, headers=headers).status

    def json(self, path: str) -> Any:
        """The same page as programs get it."""
        spoken = self.page.get_attribute("html", "lang") or "en"
        answer = self.page.request.get(f"/api{path}", headers={"Accept-Language": spoken})
        assert answer.ok, f"{path}: {answer.status}"
        return answer.json()

    def words(self, what: str = "main") -> str:
        """What stands at a place of the page."""
        return self.page.locator(what).first.inner_text()


def fill(field: Locator, value: str) -> None:
    """Choose, tick or type, as the field wants it."""
    kind = field.evaluate("field => field.tagName === 'SELECT' ? 'select' : field.type")
    if kind == "select":
        field.select_option(value)
    elif kind == "checkbox":
        field.set_checked(bool(value))
    else:
        field.fill(value)


def unfold(page: Page) -> None:
    """Open whatever is folded, so that its forms can be filled in."""
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")


def sign_in(page: Page, account: str) -> None:
    """Give name and password on the page for it."""
    page.fill('input[name="username"]', account)
    page.fill('input[name="password"]', PASSWORD)
    page.click("main form button")
    page.wait_for_url(lambda url: urlsplit(url).path != "/login/")


def fill_what_is_missing(seat: Seat, **known: str) -> None:
    """Complete the draft of a filing: items named here as they are named, other required ones that are empty with something fit."""
    for name, value in known.items():
        fill(seat.page.locator(f'#item-{name} [name="{name}"]').first, value)
    for item in seat.page.locator("#form .item").all():
        if not item.locator(".must").count():
            continue
        field = item.locator("input, select, textarea").first
        if not field.count() or field.input_value():
            continue
        if field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(index=1)
        else:
            field.fill(_fit(field))


def _fit(field: Locator) -> str:
    if field.get_attribute("type") == "date":
        return "2026-09-30"
    return field.get_attribute("placeholder") or ("1" if field.get_attribute("inputmode") else "記載例")


@contextmanager
def seated(chromium: Browser, address: str, account: str, lang: str, complaints: list[str], **look: Any) -> Iterator[Seat]:
    """A person signed in at a browser of his own; what the browser complains of, or asks others for, is added to the list."""
    context = chromium.new_context(locale=LOCALES[lang], base_url=address, **look)
    context.set_default_timeout(30_000)
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
        lambda asked: None if asked.url.startswith((address, "data:", "blob:")) else complaints.append(f"asks {asked.url}"),
    )
    page.goto("/login/")
    sign_in(page, account)
    yield Seat(page, account)
    context.close()
