"""What a hostile browser, site or program may try at the door: headers, cookies, forms, redirects, hosts, names, tries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from sekisho.console.desk import faults
from sekisho.console.desk.pages import ENTRIES
from sekisho.console.journal.models import Change
from sekisho.console.people.models import Stay, Tries

Browser = Callable[[str], Client]
PASSWORD = "correct horse battery"
LANGUAGES = ("en", "ja")


def test_headers_close_what_a_page_does_not_need(browser: Browser) -> None:
    for answer in (
        browser("audit").get("/journal/"),
        Client().get("/login/"),
        browser("audit").get("/api/journal/"),
        Client().get("/x"),
    ):
        assert answer["X-Frame-Options"] == "DENY"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Referrer-Policy"] == "same-origin"
        assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
        assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "camera=()" in answer["Permissions-Policy"]
        policy = answer["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
    assert browser("audit").get("/journal/")["Cache-Control"] == "no-store"


def test_cookies_are_closed_to_scripts_and_other_sites(people: dict[str, str], settings: Any) -> None:
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    client = Client()
    client.get("/login/", secure=True)
    client.post("/login/", {"username": "audit", "password": PASSWORD}, secure=True)
    session, csrf = client.cookies["sessionid"], client.cookies["csrftoken"]
    assert session["httponly"]
    assert session["secure"]
    assert csrf["secure"]
    assert {session["samesite"], csrf["samesite"]} == {"Lax"}


def test_a_form_from_elsewhere_is_refused_in_both_languages_and_as_json(people: dict[str, str]) -> None:
    client = Client(enforce_csrf_checks=True)
    from sekisho.console.people.models import Account

    client.force_login(Account.objects.get(username="audit"))
    for language in LANGUAGES:
        answer = client.post("/me/sign-out/", headers={"accept-language": language})
        assert answer.status_code == 403
        assert f'lang="{language}"' in answer.content.decode()
    answer = client.post("/api/me/sign-out/", data={}, content_type="application/json")
    assert (answer.status_code, "error" in answer.json()) == (403, True)


def test_another_host_is_refused(people: dict[str, str]) -> None:
    for host in ("evil.example", "localhost.evil.example", "localhost:80@evil.example"):
        assert Client().get("/login/", headers={"host": host}).status_code == 400
        assert Client().get("/api/journal/", headers={"host": host}).json().keys() == {"error"}
    assert "evil" not in Client().get("/login/", headers={"x-forwarded-host": "evil.example"}).content.decode()


def test_the_session_changes_its_key_on_the_way_in(people: dict[str, str]) -> None:
    client = Client()
    session = client.session
    session["planted"] = "by somebody else"
    session.save()
    client.cookies["sessionid"] = session.session_key
    planted = session.session_key
    client.post("/login/", {"username": "audit", "password": PASSWORD})
    assert client.session.session_key != planted
    other = Client()
    other.cookies["sessionid"] = planted
    assert other.get("/").status_code == 302
    made_up = Client()
    made_up.cookies["sessionid"] = "a" * 32
    made_up.post("/login/", {"username": "audit", "password": PASSWORD})
    assert made_up.session.session_key != "a" * 32


ELSEWHERE = (
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example",
    "javascript:alert(1)",
    "https:evil.example",
    "///evil.example",
)


@pytest.mark.parametrize("where", ELSEWHERE)
def test_nobody_is_sent_elsewhere(where: str, browser: Browser) -> None:
    entering = Client()
    assert entering.post("/login/", {"username": "audit", "password": PASSWORD, "next": where})["Location"] == "/"
    for at in ("/theme/", "/language/"):
        assert browser("audit").post(at, {"next": where, "theme": "dark", "language": "ja"})["Location"] == "/"
    assert browser("audit").post("/logout/", {"next": where})["Location"] == "/login/?next=/"
    assert sent_back(browser("audit"), where) == "/"


def sent_back(client: Client, referer: str) -> str:
    """Where something unfit is sent back to."""
    return str(client.post("/me/preferences/", {"on_page": 7}, headers={"referer": referer})["Location"])


def test_what_is_unfit_goes_back_to_the_page_it_came_from(browser: Browser) -> None:
    assert sent_back(browser("audit"), "http://testserver/me/?x=1") == "http://testserver/me/?x=1"


def test_a_referer_that_holds_our_name_is_not_ours(browser: Browser) -> None:
    for referer in ("https://evil.example/?//testserver/x", "http://x//testserver//evil.example"):
        assert sent_back(browser("audit"), referer) == "/"


def test_tries_are_counted_for_account_and_address_before_they_are_checked(people: dict[str, str]) -> None:
    client = Client()
    for _try in range(8):
        assert client.post("/login/", {"username": "audit", "password": "wrong"}).status_code == 403
    answer = client.post("/login/", {"username": "audit", "password": PASSWORD})
    assert answer.status_code == 429, "also the right one waits now"
    assert client.post("/login/", {"username": "sro", "password": PASSWORD}).status_code == 302
    Tries.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert client.post("/login/", {"username": "audit", "password": PASSWORD}).status_code == 302
    refused = Change.objects.filter(field="refused", object="audit")
    assert refused.count() == 9
    assert not any("wrong" in str(line.new) for line in refused)


def test_an_address_that_tries_many_accounts_waits(people: dict[str, str]) -> None:
    client = Client()
    answers = [client.post("/login/", {"username": f"nobody{number}", "password": "x"}).status_code for number in range(41)]
    assert answers[39:] == [403, 429]
    assert Client(REMOTE_ADDR="10.1.1.1").post("/login/", {"username": "sro", "password": PASSWORD}).status_code == 302


@pytest.mark.store
def test_names_no_account_has_are_refused_quietly(people: dict[str, str]) -> None:
    for name in ("", "x" * 400, "関所" * 100, "a\x00b", "' OR 1=1 --"):
        assert Client().post("/login/", {"username": name, "password": "x"}).status_code == 403


@pytest.mark.store
def test_a_character_that_is_none_is_refused_and_breaks_nothing(browser: Browser) -> None:
    client = browser("administrator")
    assert client.get("/api/journal/?person=a%00b").status_code == 422
    assert client.get("/api/accounts/?q=%00").status_code == 422
    assert client.get("/api/persons/a%00b/").status_code == 422
    body = '{"party_id": "a\\u0000", "why": "x"}'
    assert client.post("/api/me/conflicts/declare/", data=body, content_type="application/json").status_code == 422
    assert client.post("/me/conflicts/declare/", {"party_id": "a\x00", "why": "x"}).status_code == 422
    assert Change.objects.filter(kind="conflict").count() == 0


@pytest.mark.store
@pytest.mark.parametrize(
    "query", ["from=soon", "until=2026-13-40", "page=x", "page=-1", "page=99999999", "sort=password", "as=exe", "q=%25_%5C"]
)
def test_what_no_filter_knows_is_an_answer_and_no_fault(query: str, browser: Browser) -> None:
    assert browser("audit").get(f"/api/journal/?{query}").status_code in (200, 422)


def test_who_does_nothing_for_a_while_is_out_and_nobody_stays_for_ever(browser: Browser) -> None:
    client = browser("audit")

    def aged(**ages: timedelta) -> int:
        session = client.session
        session.update({name: (timezone.now() - age).isoformat() for name, age in ages.items()})
        session.save()
        return int(client.get("/journal/").status_code)

    assert aged(seen_at=timedelta(minutes=14)) == 200
    assert aged(seen_at=timedelta(minutes=16)) == 302
    assert Stay.objects.count() == 0
    client = browser("audit")
    assert aged(began_at=timedelta(hours=11), seen_at=timedelta(0)) == 200
    assert aged(began_at=timedelta(hours=13), seen_at=timedelta(0)) == 302


def test_whoever_was_away_comes_back_to_his_page(browser: Browser) -> None:
    client = browser("audit")
    page = client.get("/journal/?person=P1").content.decode()
    assert 'data-idle="900"' in page
    assert client.post("/logout/", {"next": "/journal/?person=P1"})["Location"] == "/login/?next=/journal/%3Fperson%3DP1"


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_missing_or_broken_is_told_in_both_languages_and_as_json(language: str, browser: Browser, settings: Any) -> None:
    asks = {"accept-language": language}
    client = browser("audit")
    for at, status in (("/nowhere/", 404), ("/proposals/999/", 404), ("/conflicts/?as=exe", 422)):
        answer = client.get(at, headers=asks)
        assert answer.status_code == status
        assert f'lang="{language}"' in answer.content.decode()
        assert client.get(f"/api{at}", headers=asks).json()["error"]
    assert client.post("/accounts/open/", headers=asks).status_code == 403


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_fault_of_ours_tells_nothing_of_its_inside(language: str, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    client = browser("audit")
    client.raise_request_exception = False

    def fails(*_: object) -> None:
        raise RuntimeError("secret of the inside")

    monkeypatch.setattr("sekisho.console.administration.pages._show", fails)
    monkeypatch.setattr("sekisho.console.administration.pages.TRAIL", _failing())
    answer = client.get("/journal/", headers={"accept-language": language})
    assert answer.status_code == 500
    assert "secret of the inside" not in answer.content.decode()
    assert f'lang="{language}"' in answer.content.decode()
    assert client.get("/api/journal/").json().keys() == {"error"}


def _failing() -> Any:
    class Failing:
        def content(self, *_: object, **__: object) -> None:
            raise RuntimeError("secret of the inside")

    return Failing()


def test_a_fault_is_told_also_when_the_pages_frame_is_broken(monkeypatch: pytest.MonkeyPatch, rf: Any) -> None:
    def fails(*_: object, **__: object) -> None:
        raise OperationalError

    monkeypatch.setattr(faults, "render", fails)
    answer = faults.broken(rf.get("/journal/"))
    assert (answer.status_code, answer["Content-Type"]) == (500, "text/plain; charset=utf-8")


def test_two_acts_that_wait_for_each_other_are_told_to_try_again(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    def deadlock(*_: object, **__: object) -> None:
        raise OperationalError("deadlock detected")

    monkeypatch.setattr("sekisho.console.administration.pages_of_mine.Conflict.save", deadlock)
    body = {"party_id": "P1", "why": "x"}
    answer = browser("audit").post("/api/me/conflicts/declare/", data=body, content_type="application/json")
    assert answer.status_code == 503
    assert "deadlock" not in answer.content.decode()


def test_only_the_way_it_is_meant_is_answered(browser: Browser) -> None:
    client = browser("administrator")
    for entry in ENTRIES.values():
        if "<" not in entry.path:
            wrong = client.get if entry.changes else client.post
            assert wrong(f"/{entry.path}").status_code == 405, entry.name


def test_the_body_has_an_end() -> None:
    assert django_settings.DATA_UPLOAD_MAX_MEMORY_SIZE <= 20 * 2**20
    assert django_settings.DEBUG is False


@pytest.mark.parametrize("name", ["=1+1", "+1", "@x", "-x", "\t=1"])
def test_what_excel_takes_for_a_formula_is_quoted(name: str, browser: Browser) -> None:
    browser("audit").post("/me/conflicts/declare/", {"party_id": "P1", "why": name})
    text = browser("supervisor").get("/conflicts/?as=csv").getvalue().decode()
    assert f"'{name}" in text or f"'{name.strip()}" in text
