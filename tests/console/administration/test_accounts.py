"""People and accounts: what takes two people takes two, by every way; what ends, ends at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django_otp.oath import totp
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from console.asking import post
from sekisho.console.administration.first_people import Newcomer, let_in
from sekisho.console.approvals.models import Proposal
from sekisho.console.journal.acting import SYSTEM, acting
from sekisho.console.journal.models import Change
from sekisho.console.people.actor import Actor
from sekisho.console.people.models import Account, Conflict, Grant, Person, Stay, Token

Browser = Callable[[str], Client]
PASSWORD = "correct horse battery"
NEW = "staple a new long one"
WHY = {"reason_code": "joins"}


@pytest.fixture
def administrators(people: dict[str, str]) -> None:
    """A second administrator, a second account of the first, and somebody without a role."""
    let_in(
        [
            Newcomer(
                person_id="PERSON-ADMINISTRATOR2", name="A2", account="administrator2", password=PASSWORD, roles=("administrator",)
            ),
            Newcomer(
                person_id="PERSON-ADMINISTRATOR",
                name="A",
                account="administrator-again",
                password=PASSWORD,
                roles=("administrator",),
            ),
            Newcomer(person_id="PERSON-NEW", name="New", account="new", password=PASSWORD, roles=(), party_id="STAFF-NEW"),
        ]
    )


def pk(name: str) -> int:
    return int(Account.objects.get(username=name).pk)


def test_a_role_is_granted_by_two_people(administrators: None, browser: Browser) -> None:
    answer = post(browser("administrator"), f"/accounts/{pk('new')}/role/", role="compliance", chapters=["unfair_trading"], **WHY)
    proposal = answer.json()["proposal"]
    assert Grant.objects.filter(account__username="new").count() == 0
    for same in ("administrator", "administrator-again"):
        assert post(browser(same), f"/proposals/{proposal}/approve/").status_code == 409
    assert post(browser("administrator2"), f"/proposals/{proposal}/approve/").status_code == 200
    grant = Grant.objects.get(account__username="new")
    assert (grant.role, grant.chapters) == ("compliance", ["unfair_trading"])


@pytest.mark.parametrize("own", ["administrator", "administrator-again"])
def test_nobody_grants_himself_a_role_by_whatever_account(own: str, administrators: None, browser: Browser) -> None:
    answer = post(browser("administrator"), f"/accounts/{pk(own)}/role/", role="administrator", **WHY)
    assert answer.status_code == 403
    assert Proposal.objects.count() == 0


def test_who_gets_the_role_does_not_approve_it(administrators: None, browser: Browser) -> None:
    with acting(SYSTEM, "take the party away", effect="change a person"):
        person = Person.objects.get(pk="PERSON-ADMINISTRATOR2")
        person.party_id = ""
        person.save()
    answer = post(browser("administrator"), f"/accounts/{pk('administrator2')}/role/", role="administrator", **WHY)
    assert post(browser("administrator2"), f"/proposals/{answer.json()['proposal']}/approve/").status_code == 409


def test_roles_of_two_lines_do_not_go_together(administrators: None, browser: Browser) -> None:
    answer = post(browser("administrator"), f"/accounts/{pk('compliance')}/role/", role="operations", **WHY)
    assert answer.status_code == 422
    assert "two lines" in answer.json()["error"]


def test_bad_input_has_one_clear_message(administrators: None, browser: Browser) -> None:
    client, at = browser("administrator"), f"/accounts/{pk('new')}/role/"
    for body, told in (
        ({"role": "king", **WHY}, "king"),
        ({"role": "sro", "reason_code": "whim"}, "choose one of the reasons"),
        ({"role": "sro", "chapters": ["poetry"], **WHY}, "no chapter poetry"),
        ({"role": "sro", "ends_on": "2001-01-01", **WHY}, "this day is over"),
        ({"role": "sro", "ends_on": "soon", **WHY}, "ends_on"),
        ({"role": "sro", "more": 1, **WHY}, "more"),
    ):
        answer = post(client, at, **body)
        assert answer.status_code == 422, body
        assert told in answer.json()["error"]


def test_an_account_is_opened_by_two_and_its_password_set_by_its_person(administrators: None, browser: Browser) -> None:
    asked = {
        "username": "fresh",
        "person_id": "PERSON-FRESH",
        "name": "Fresh",
        "name_ja": "新",
        "unit": "risk",
        "head": "PERSON-SRO",
    }
    proposal = post(browser("administrator"), "/accounts/open/", **asked, **WHY).json()["proposal"]
    assert not Account.objects.filter(username="fresh").exists()
    assert post(browser("supervisor"), f"/proposals/{proposal}/approve/").status_code == 200
    account = Account.objects.get(username="fresh")
    assert not account.has_usable_password()
    link = browser("administrator").get(f"/api/accounts/{account.pk}/").json()["link"]
    assert link is not None
    outside = Client()
    assert outside.get(link).status_code == 200
    assert outside.post(link, {"password": "short", "again": "short"}).status_code == 422
    assert outside.post(link, {"password": NEW, "again": NEW + "!"}).status_code == 422
    assert outside.post(link, {"password": NEW, "again": NEW}).status_code == 302
    assert outside.post(link, {"password": PASSWORD, "again": PASSWORD}).status_code == 404
    assert Account.objects.get(username="fresh").check_password(NEW)
    assert browser("audit").get(f"/api/accounts/{account.pk}/").json()["link"] is None


def test_a_link_to_a_new_password_ends(administrators: None, browser: Browser) -> None:
    proposal = post(browser("administrator"), f"/accounts/{pk('sro')}/reset-password/", reason_code="lost").json()["proposal"]
    stay = browser("sro")
    assert stay.get("/").status_code == 200
    post(browser("administrator2"), f"/proposals/{proposal}/approve/")
    assert stay.get("/").status_code == 302, "a reset ends all sessions"
    link = browser("administrator").get(f"/api/accounts/{pk('sro')}/").json()["link"]
    Account._base_manager.filter(username="sro").update(reset_until=timezone.now() - timedelta(seconds=1))
    assert Client().get(link).status_code == 404


def test_a_second_factor_is_reset_by_two(administrators: None, browser: Browser) -> None:
    account = Account.objects.get(username="sro")
    TOTPDevice.objects.create(user=account, name="authenticator")
    StaticDevice.objects.create(user=account, name="recovery codes")
    proposal = post(browser("administrator"), f"/accounts/{account.pk}/reset-second-factor/", reason_code="lost").json()["proposal"]
    assert TOTPDevice.objects.filter(user=account).exists()
    assert post(browser("supervisor"), f"/proposals/{proposal}/approve/").status_code == 200
    assert not TOTPDevice.objects.filter(user=account).exists()
    assert not StaticDevice.objects.filter(user=account).exists()


def test_a_closed_account_is_out_at_once_and_opened_again_by_two(administrators: None, browser: Browser) -> None:
    inside = browser("operations")
    assert inside.get("/").status_code == 200
    assert post(browser("administrator"), f"/accounts/{pk('operations')}/close/", reason="leaves").status_code == 200
    assert inside.get("/").status_code == 302
    assert Client().post("/login/", {"username": "operations", "password": PASSWORD}).status_code == 403
    assert post(browser("administrator"), f"/accounts/{pk('administrator')}/close/", reason="tired").status_code == 403
    proposal = post(browser("administrator"), f"/accounts/{pk('operations')}/open-again/", reason_code="joins").json()["proposal"]
    assert not Account.objects.get(username="operations").is_active
    assert post(browser("administrator2"), f"/proposals/{proposal}/approve/").status_code == 200
    assert Account.objects.get(username="operations").is_active


def test_a_role_that_ended_opens_nothing(administrators: None, browser: Browser) -> None:
    grant = Grant.objects.get(account__username="audit")
    inside = browser("audit")
    assert inside.get("/journal/").status_code == 200
    assert post(browser("administrator"), f"/grants/{grant.pk}/end/", reason="leaves").status_code == 200
    assert inside.get("/journal/").status_code == 403


def test_a_person_is_changed_by_two_and_nobody_is_above_himself(administrators: None, browser: Browser) -> None:
    def change(person: str, **more: str) -> int:
        answer = post(browser("administrator"), f"/persons/{person}/change/", name="X", reason_code="correction", **more)
        return int(post(browser("supervisor2"), f"/proposals/{answer.json()['proposal']}/approve/").status_code)

    assert change("PERSON-SRO", head="PERSON-AUDIT", unit="u", party_id="STAFF-SRO") == 200
    assert Person.objects.get(pk="PERSON-SRO").head_id == "PERSON-AUDIT"
    assert change("PERSON-AUDIT", head="PERSON-SRO") == 422
    chart = browser("administrator").get("/api/organisation/").json()["tree"]
    assert [each["under"][0]["id"] for each in chart if each["id"] == "PERSON-AUDIT"] == ["PERSON-SRO"]


def test_a_conflict_holds_at_once_and_ends_by_two(administrators: None, browser: Browser) -> None:
    own = browser("compliance")
    assert own.get("/parties/P-77/").status_code == 200
    assert post(own, "/me/conflicts/declare/", party_id="P-77", why="brother").status_code == 200
    assert own.get("/parties/P-77/").status_code == 403
    conflict = Conflict.objects.get()
    answer = post(own, f"/me/conflicts/{conflict.pk}/end/", until="2020-01-01", reason_code="over")
    assert own.get("/parties/P-77/").status_code == 403
    assert post(browser("supervisor"), f"/proposals/{answer.json()['proposal']}/approve/").status_code == 200
    assert own.get("/parties/P-77/").status_code == 200


def test_a_conflict_begins_and_ends_with_the_day_in_japan(people: dict[str, str]) -> None:
    account = Account.objects.get(username="compliance")
    days = {"since": date(2026, 11, 30), "until": date(2026, 12, 1)}
    with acting(SYSTEM, "declare a conflict", effect="end a conflict"):
        Conflict(person=account.person, party_id="P-77", why="brother", **days).save()
    held = {
        hour: "P-77" in Actor.of(account, datetime(2026, 11, 29, 15, tzinfo=UTC) + timedelta(hours=hour)).parties
        for hour in (-1, 0, 23, 24)
    }
    assert held == {-1: False, 0: True, 23: True, 24: False}


def test_the_password_is_changed_with_the_old_one_and_other_sessions_end(administrators: None, browser: Browser) -> None:
    here, there = browser("sro"), browser("sro")
    wrong = post(here, "/me/password/", old="no", password=NEW, again=NEW)
    assert wrong.status_code == 422
    for unfit in ("short", "sro sro sro sro"[:11]):
        assert post(here, "/me/password/", old=PASSWORD, password=unfit, again=unfit).status_code == 422
    assert post(here, "/me/password/", old=PASSWORD, password=NEW, again=NEW).status_code == 200
    assert here.get("/").status_code == 200
    assert there.get("/").status_code == 302
    line = Change.objects.filter(kind="account", field="password", act="change the password").get()
    assert set(line.new) == {"sha256"}
    assert NEW not in str([line.old, line.new])


def test_sessions_are_listed_and_ended(administrators: None, browser: Browser) -> None:
    here, there, third = browser("sro"), browser("sro"), browser("sro")
    sessions = here.get("/api/me/").json()["sessions"]
    assert [each["this"] for each in sessions].count(True) == 1
    assert len(sessions) == 3
    key = next(each["key"] for each in there.get("/api/me/").json()["sessions"] if each["this"])
    assert post(here, "/me/sign-out/", key=key).status_code == 200
    assert there.get("/").status_code == 302
    assert third.get("/").status_code == 200
    post(here, "/me/sign-out/")
    assert third.get("/").status_code == 302
    assert here.get("/").status_code == 200
    assert post(browser("administrator"), f"/accounts/{pk('sro')}/sign-out/").status_code == 200
    assert here.get("/").status_code == 302


def test_recovery_codes_are_shown_once_and_let_in_once(administrators: None, browser: Browser, settings: Any) -> None:
    client = browser("sro")
    client.post("/me/codes/")
    assert "notice good" in client.get("/me/").content.decode()
    codes = list(StaticToken.objects.values_list("token", flat=True))
    page = client.get("/me/").content.decode()
    assert not any(code in page for code in codes), "shown once"
    TOTPDevice.objects.create(user=Account.objects.get(username="sro"), name="authenticator")
    settings.CHOSEN = with_second_factor(settings.CHOSEN)
    for expected, at_last in ((302, 200), (403, 302)):
        entering = Client()
        entering.post("/login/", {"username": "sro", "password": PASSWORD})
        assert entering.get("/").status_code == 302
        assert entering.post("/second-factor/", {"token": codes[0].upper()}).status_code == expected
        assert entering.get("/").status_code == at_last


def with_second_factor(chosen: Any) -> Any:
    import msgspec

    return msgspec.structs.replace(chosen, second_factor=True)


def test_the_second_factor_is_set_up_and_asked_for(administrators: None, settings: Any) -> None:
    settings.CHOSEN = with_second_factor(settings.CHOSEN)
    client = Client()
    client.post("/login/", {"username": "sro", "password": PASSWORD})
    before = client.session.session_key
    for at in ("/", "/api/", "/me/", "/journal/"):
        assert client.get(at).status_code in (302, 401)
    page = client.get("/second-factor/").content.decode()
    device = TOTPDevice.objects.get()
    assert "<svg" in page
    assert client.post("/second-factor/", {"token": "000000"}).status_code == 403
    assert not TOTPDevice.objects.get().confirmed
    device.refresh_from_db()
    device.throttle_reset()
    assert client.post("/second-factor/", {"token": f"{totp(device.bin_key):06d}"}).status_code == 302
    assert client.get("/").status_code == 200
    assert client.session.session_key != before
    assert "<svg" not in client.get("/second-factor/").content.decode(), "the secret is shown until it was used once"


def test_tokens_let_programs_in_for_the_acts_they_name(administrators: None, browser: Browser) -> None:
    answer = post(browser("audit"), "/me/tokens/make/", name="reports", acts=["read journal"], days=2)
    (secret,) = answer.json()["once"]
    assert secret not in str(list(Token.objects.values_list("digest", "token_id", "name")))
    program = Client(headers={"authorization": f"Bearer {secret}"}, enforce_csrf_checks=True)
    assert program.get("/api/journal/").status_code == 200
    assert program.get("/api/openings/").status_code == 403
    assert program.get("/api/me/").status_code == 403
    assert program.get("/journal/").status_code == 302, "a token opens nothing but /api/"
    assert Token.objects.get().used_at is not None
    assert Client(headers={"authorization": f"Bearer {secret}x"}).get("/api/journal/").status_code == 401
    assert Client(headers={"authorization": "Basic YTpi"}).get("/api/journal/").status_code == 401
    assert post(browser("audit"), "/me/tokens/make/", name="x", acts=["grant a role"], days=2).status_code == 403
    assert post(browser("audit"), "/me/tokens/make/", name="x", acts=["keep my account"], days=2).status_code == 403
    assert post(browser("audit"), "/me/tokens/make/", name="x", acts=["read journal"], days=400).status_code == 422
    assert post(browser("audit"), f"/me/tokens/{Token.objects.get().pk}/end/").status_code == 200
    assert program.get("/api/journal/").status_code == 401


def test_a_token_ends_with_its_day_its_account_and_its_roles(administrators: None, browser: Browser) -> None:
    (secret,) = post(browser("audit"), "/me/tokens/make/", name="x", acts=["read journal"], days=1).json()["once"]
    program = Client(headers={"authorization": f"Bearer {secret}"})
    Token._base_manager.update(ends_at=timezone.now())
    assert program.get("/api/journal/").status_code == 401
    Token._base_manager.update(ends_at=timezone.now() + timedelta(days=1))
    grant = Grant.objects.get(account__username="audit")
    post(browser("administrator"), f"/grants/{grant.pk}/end/", reason="leaves")
    assert program.get("/api/journal/").status_code == 403
    post(browser("administrator"), f"/accounts/{pk('audit')}/close/", reason="leaves")
    assert program.get("/api/journal/").status_code == 401


def test_what_a_token_did_is_in_the_journal_as_its_doing(administrators: None, browser: Browser) -> None:
    (secret,) = post(browser("compliance"), "/me/tokens/make/", name="x", acts=["declare a conflict"], days=1).json()["once"]
    program = Client(headers={"authorization": f"Bearer {secret}"}, enforce_csrf_checks=True)
    assert post(program, "/me/conflicts/declare/", party_id="P1", why="brother").status_code == 200
    line = Change.objects.filter(kind="conflict", field="party_id").get()
    assert line.person == "PERSON-COMPLIANCE"
    assert line.request.endswith(f"token {Token.objects.get().pk}")


def test_a_session_beside_a_token_counts_for_nothing(administrators: None, browser: Browser) -> None:
    inside = browser("administrator")
    assert inside.get("/api/accounts/", headers={"authorization": "Bearer wrong"}).status_code == 401
    assert Stay.objects.filter(account__username="administrator").count() == 1


def test_preferences_follow_the_account(administrators: None, browser: Browser) -> None:
    client = browser("audit")
    client.post("/theme/", {"theme": "dark"})
    client.post("/language/", {"language": "ja"})
    assert post(client, "/me/preferences/", on_page=25).status_code == 200
    assert post(client, "/me/preferences/", on_page=7).status_code == 422
    assert len(client.get("/api/journal/").json()["rows"]) == 25
    elsewhere = Client()
    elsewhere.post("/login/", {"username": "audit", "password": PASSWORD})
    assert 'lang="ja"' in (page := elsewhere.get("/").content.decode())
    assert 'data-theme="dark"' in page


def test_what_waits_for_somebody_is_counted_beside_his_name(administrators: None, browser: Browser) -> None:
    post(browser("administrator"), f"/accounts/{pk('new')}/role/", role="sro", **WHY)
    assert browser("administrator2").get("/api/reminders/").json()["waiting"][0]["count"] == 1
    assert browser("administrator").get("/api/reminders/").json()["waiting"] == []
    assert '<span class="count-of">1</span>' in browser("supervisor").get("/").content.decode()
    assert '<span class="count-of">0</span>' in browser("audit").get("/").content.decode()


def test_a_proposal_about_somebody_is_hidden_from_him(administrators: None, browser: Browser) -> None:
    answer = post(browser("administrator"), f"/accounts/{pk('supervisor')}/reset-second-factor/", reason_code="suspicion")
    number = answer.json()["proposal"]
    assert browser("supervisor").get("/api/proposals/").json()["rows"] == []
    assert browser("supervisor").get(f"/proposals/{number}/").status_code == 404
    assert "suspicion" not in browser("supervisor").get("/proposals/?as=csv").getvalue().decode()
    assert len(browser("supervisor2").get("/api/proposals/").json()["rows"]) == 1
