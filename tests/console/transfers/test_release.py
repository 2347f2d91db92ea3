"""From held to released: two people, the gate told once, whatever breaks between."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from console.transfers.conftest import Gated
from sekisho.console.approvals.models import Proposal
from sekisho.console.journal.acting import acting
from sekisho.console.people.models import Account, Conflict, Grant
from sekisho.console.transfers import telling
from sekisho.console.transfers.models import GateAct, HeldRequest

pytestmark = pytest.mark.django_db(transaction=True)
Browser = Callable[[str], Client]
REASON = {"reason_code": "papers_seen", "words": "seen"}


def held(gated: Gated, browser: Browser, name: str = "T1", **other: Any) -> HeldRequest:
    """A request the gate holds, as the queue shows it after reading."""
    assert gated.ask(name, **other).outcome == "hold"
    assert browser("audit").get("/transfers/").status_code == 200
    row: HeldRequest = HeldRequest.objects.get(request_id=name)
    return row


def post(client: Client, path: str, body: Any = None) -> Any:
    return client.post(path, data=json.dumps(body or {}), content_type="application/json")


def test_a_held_transfer_is_released_by_two_people(gated: Gated, browser: Browser) -> None:
    row = held(gated, browser)
    page = browser("compliance").get(f"/transfers/{row.pk}/").content.decode()
    assert "a person must release it" in page
    assert "63-10" in page or "APTCP-R" in page, "the provisions of the rule that holds it"
    assert browser("compliance").post(f"/transfers/{row.pk}/release/", REASON).status_code == 302
    assert gated.acts("T1") == [], "the gate is told nothing before a second person approves"
    proposal = Proposal.objects.get()
    assert browser("supervisor").post(f"/proposals/{proposal.pk}/approve/", {"words": "agreed"}).status_code == 302
    assert gated.acts("T1") == [("approved", "STAFF-COMPLIANCE"), ("released", "STAFF-SUPERVISOR")]
    assert gated.gate.history("T1")[-1].outcome == "allow"
    shown = browser("audit").get(f"/api/transfers/{row.pk}/").json()
    assert shown["request_at_gate"]["state"] == "released"
    assert [(act["state"], act["outcome"]) for act in shown["acts"]] == [("told", "allow"), ("told", "hold")]


@pytest.mark.parametrize("account", ["supervisor", "supervisor-again"])
@pytest.mark.parametrize("prefix", ["", "/api"])
def test_nobody_releases_alone(account: str, prefix: str, gated: Gated, browser: Browser) -> None:
    row = held(gated, browser)
    assert post(browser("supervisor"), f"/api/transfers/{row.pk}/release/", REASON).status_code == 200
    answer = post(browser(account), f"{prefix}/proposals/{Proposal.objects.get().pk}/approve/")
    assert answer.status_code == 409
    assert gated.acts("T1") == []


def test_only_a_supervisor_approves_and_only_the_second_line_proposes(gated: Gated, browser: Browser) -> None:
    row = held(gated, browser)
    for role in ("audit", "operations", "auditor", "sro", "investigator"):
        for act in ("release", "approve", "refuse", "cancel"):
            assert post(browser(role), f"/api/transfers/{row.pk}/{act}/", REASON).status_code == 403, (role, act)
    post(browser("compliance"), f"/api/transfers/{row.pk}/release/", REASON)
    proposal = Proposal.objects.get()
    assert post(browser("compliance2"), f"/api/proposals/{proposal.pk}/approve/").status_code == 403
    assert gated.acts("T1") == []


def test_who_it_concerns_neither_sees_nor_decides_it(gated: Gated, browser: Browser) -> None:
    row = held(gated, browser, account_id="A2")
    assert row.parties == ["STAFF-COMPLIANCE2"]
    listed = browser("compliance2").get("/api/transfers/").json()
    assert listed["rows"] == []
    assert browser("compliance").get("/api/transfers/").json()["rows"][0]["request"] == "T1"
    assert browser("compliance2").get(f"/transfers/{row.pk}/").status_code == 403
    assert post(browser("compliance2"), f"/api/transfers/{row.pk}/refuse/", {"reason_code": "listed"}).status_code == 403
    with acting(telling.Author(account="administrator", person="PERSON-ADMINISTRATOR"), "declare a conflict"):
        Conflict(person_id="PERSON-SUPERVISOR", party_id="STAFF-COMPLIANCE2", why="family", since="2026-01-01").save()
    post(browser("compliance"), f"/api/transfers/{row.pk}/release/", REASON)
    supervisor, pk = browser("supervisor"), Proposal.objects.get().pk
    hidden, missing = (post(supervisor, f"/api/proposals/{number}/approve/") for number in (pk, pk + 1))
    assert hidden.status_code == 404
    assert hidden.content == missing.content, "that it is there is not told either"
    assert Proposal.objects.get().state == "open"


def test_chapters_separate(gated: Gated, browser: Browser) -> None:
    row = held(gated, browser)
    grant = Grant.objects.get(account=Account.objects.get(username="compliance"))
    with acting(telling.Author(account="administrator", person="PERSON-ADMINISTRATOR"), "change a grant", effect="grant a role"):
        grant.chapters = ["unfair_trading"]
        grant.save()
    assert browser("compliance").get("/api/transfers/").json()["rows"] == []
    assert browser("compliance").get(f"/api/transfers/{row.pk}/").status_code == 403
    assert post(browser("compliance"), f"/api/transfers/{row.pk}/release/", REASON).status_code == 403


def test_one_person_refuses_and_then_nothing_more_is_told(gated: Gated, browser: Browser) -> None:
    row = held(gated, browser)
    path = f"/api/transfers/{row.pk}"
    assert post(browser("compliance"), f"{path}/refuse/", {"reason_code": "whatever"}).status_code == 422
    done = post(browser("compliance"), f"{path}/refuse/", {"reason_code": "suspected_fraud", "words": "third payee today"})
    assert done.status_code == 200, done.content
    assert gated.acts("T1") == [("refused", "STAFF-COMPLIANCE")]
    assert HeldRequest.objects.get(pk=row.pk).state == "refused"
    for act in ("refuse", "approve", "release", "cancel"):
        reason = {"cancel": "client_withdrew", "refuse": "listed"}.get(act, "papers_seen")
        assert post(browser("supervisor"), f"{path}/{act}/", {"reason_code": reason}).status_code == 422, act
    said = gated.gate.history("T1")[-1].client_text
    assert "fraud" not in said.en


def test_the_gate_down_loses_nothing_and_is_told_once(gated: Gated, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "RETRY", telling.Retry(attempts=1))
    row = held(gated, browser)
    gated.stop()
    done = post(browser("compliance"), f"/api/transfers/{row.pk}/refuse/", {"reason_code": "listed"})
    assert (done.status_code, done.json()["state"]) == (200, "waiting")
    assert "1 decision has not been told" in browser("compliance").get("/transfers/").content.decode()
    again = post(browser("supervisor"), f"/api/transfers/{row.pk}/refuse/", {"reason_code": "listed"})
    assert again.status_code in (200, 422), "somebody else may decide the same; the gate takes the first"
    gated.start()
    assert post(browser("supervisor"), "/api/transfers/again/").status_code == 200
    assert [kind for kind, _party in gated.acts("T1")] == ["refused"]
    assert not GateAct.objects.filter(state="waiting").exists()


def test_killed_after_the_gate_took_it_nothing_happens_twice(
    gated: Gated, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = held(gated, browser)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(telling, "_keep", killed)
        with pytest.raises(KeyboardInterrupt):
            post(browser("compliance"), f"/api/transfers/{row.pk}/approve/", REASON)
    assert gated.acts("T1") == [("approved", "STAFF-COMPLIANCE")]
    assert GateAct.objects.get().state == "waiting"
    assert telling.tell_all() == ""
    assert gated.acts("T1") == [("approved", "STAFF-COMPLIANCE")]
    assert (GateAct.objects.get().state, GateAct.objects.get().tries) == ("told", 2)


def test_what_the_gate_refuses_is_shown_and_what_follows_is_not_told(gated: Gated, browser: Browser) -> None:
    row = held(gated, browser, by="STAFF-COMPLIANCE")
    post(browser("compliance"), f"/api/transfers/{row.pk}/release/", REASON)
    post(browser("supervisor"), f"/api/proposals/{Proposal.objects.get().pk}/approve/")
    assert gated.acts("T1") == [], "who asked for it does not approve it, says the gate"
    acts = {act.event: act for act in GateAct.objects.all()}
    assert {act.state for act in acts.values()} == {"refused"}
    assert "same" in acts["approved"].said or "another" in acts["approved"].said
    assert "Not told" in acts["released"].said


def test_without_a_key_nobody_acts_at_the_gate(gated: Gated, browser: Browser) -> None:
    row = held(gated, browser)
    (gated.folder / "keys" / "STAFF-COMPLIANCE.pem").unlink()
    answer = post(browser("compliance"), f"/api/transfers/{row.pk}/release/", REASON)
    assert answer.status_code == 422
    assert "sekisho caller add STAFF-COMPLIANCE" in answer.json()["error"]
    assert "sekisho caller add" in browser("compliance").get(f"/transfers/{row.pk}/").content.decode()


def test_a_client_is_asked_and_his_answer_shows(gated: Gated, browser: Browser) -> None:
    from sekisho.gate.messages import RequestEventIn

    row = held(gated, browser)
    path = f"/api/transfers/{row.pk}"
    assert post(browser("operations"), f"{path}/ask/", {"question": "why"}).status_code == 422
    assert post(browser("operations"), f"{path}/ask/", {"question": "purpose"}).status_code == 200
    assert post(browser("compliance"), f"{path}/ask/", {"question": "purpose"}).status_code == 422
    assert browser("audit").get(path + "/").json()["questions"][0]["answered_at"] is None
    gated.gate.tell("T1", RequestEventIn(kind="purpose_given", party_id="P1", text="own wallet"))
    shown = browser("audit").get(path + "/").json()
    assert shown["questions"][0]["answered_at"] is not None
    assert "own wallet" in [line["words"] for line in shown["client"]]


def test_the_page_speaks_japanese(gated: Gated, browser: Browser) -> None:
    row = held(gated, browser)
    page = browser("compliance").get(f"/transfers/{row.pk}/", headers={"accept-language": "ja"}).content.decode()
    assert "担当者による解除が必要" in page
    assert "解除を提案する" in page
    assert "お申込みを処理しております" in page
