"""A case closes and opens again by two people and in no other way; its alerts follow."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from sekisho.console.alerts.models import Alert
from sekisho.console.approvals.models import Proposal
from sekisho.console.cases import work
from sekisho.console.cases.models import DISPOSITION_OF, OUTCOMES, Case
from sekisho.console.journal.acting import SYSTEM, NotTwoPeople, acting
from sekisho.console.people.actor import Actor

Browser = Callable[[str], Client]
WORDS = {"reason_code": "facts_established", "words": "The account was closed and the client told"}


def sent(client: Client, where: str, **body: Any) -> Any:
    return client.post(f"/api{where}", data=json.dumps(body), content_type="application/json")


@pytest.fixture
def case(make_alert: Any, actor: Callable[[str], Actor]) -> Case:
    make_alert("F1")
    make_alert("F2")
    return work.open_case(actor("compliance"), ["F1", "F2"])


@pytest.mark.parametrize("outcome", [value for value, _title in OUTCOMES])
def test_closing_disposes_of_every_alert_in_it(outcome: str, case: Case, browser: Browser) -> None:
    proposed = sent(browser("compliance"), f"/cases/{case.case_id}/close/", outcome=outcome, **WORDS)
    assert Case.objects.get().state == "open", "nothing happens before a second person"
    assert "Decide" in browser("supervisor").get(f"/cases/{case.case_id}/").content.decode()
    assert browser("supervisor").post(f"/proposals/{proposed.json()['proposal']}/approve/").status_code == 302
    closed = Case.objects.get()
    assert (closed.state, closed.outcome) == ("closed", outcome)
    assert closed.closed_at is not None
    for alert in Alert.objects.all():
        assert (alert.state, alert.disposition) == ("closed", DISPOSITION_OF[outcome])
        assert alert.disposition_reason == f"case {case.case_id}: facts_established"


@pytest.mark.parametrize("prefix", ["", "/api"])
def test_nobody_closes_alone_by_page_json_or_a_second_account(prefix: str, case: Case, browser: Browser) -> None:
    proposed = sent(browser("supervisor"), f"/cases/{case.case_id}/close/", outcome="confirmed", **WORDS).json()["proposal"]
    for account in ("supervisor", "supervisor-again"):
        answer = browser(account).post(f"{prefix}/proposals/{proposed}/approve/", data="{}", content_type="application/json")
        assert answer.status_code == 409
    assert Case.objects.get().state == "open"


def test_nobody_closes_by_the_orm_or_the_database(case: Case) -> None:
    case.state, case.closed_at, case.outcome = "closed", timezone.now(), "confirmed"
    with acting(SYSTEM, "cheat"), pytest.raises(NotTwoPeople):
        case.save()
    case = Case.objects.get()
    case.state = "closed"
    with pytest.raises(IntegrityError), acting(SYSTEM, "cheat"):
        case.save()
    with pytest.raises(IntegrityError), transaction.atomic():
        Case._base_manager.filter(pk=case.pk).update(state="closed")


def test_faults_are_told_and_readers_refused(case: Case, browser: Browser) -> None:
    where = f"/cases/{case.case_id}/close/"
    answer = sent(browser("compliance"), where, outcome="forgotten", reason_code="facts_established")
    assert (answer.status_code, set(answer.json()["faults"])) == (422, {"outcome", "words"})
    assert sent(browser("compliance"), where, outcome="confirmed", reason_code="tired", words="x").status_code == 422
    assert sent(browser("audit"), where, outcome="confirmed", **WORDS).status_code == 403
    assert sent(browser("compliance"), where, outcome="confirmed", **WORDS).status_code == 200
    assert sent(browser("compliance2"), where, outcome="confirmed", **WORDS).status_code == 422, "it waits already"


def test_an_alert_that_joins_after_the_proposal_stops_it(case: Case, make_alert: Any, browser: Browser) -> None:
    proposed = sent(browser("compliance"), f"/cases/{case.case_id}/close/", outcome="confirmed", **WORDS).json()["proposal"]
    make_alert("F3")
    sent(browser("compliance2"), f"/cases/{case.case_id}/join/", alerts=["F3"])
    assert sent(browser("supervisor"), f"/proposals/{proposed}/approve/").status_code == 422
    assert Case.objects.get().state == "open"
    assert Proposal.objects.get(pk=proposed).state == "open"


def test_a_party_that_joins_after_the_proposal_keeps_its_own_people_out(case: Case, make_alert: Any, browser: Browser) -> None:
    make_alert("F3", parties=["STAFF-SUPERVISOR"])
    proposed = sent(browser("compliance"), f"/cases/{case.case_id}/close/", outcome="confirmed", **WORDS).json()["proposal"]
    sent(browser("compliance2"), f"/cases/{case.case_id}/join/", alerts=["F3"])
    assert sent(browser("supervisor"), f"/proposals/{proposed}/approve/").status_code == 403


def test_opening_again_takes_two_and_its_alerts_are_in_the_case_again(case: Case, browser: Browser) -> None:
    where = f"/cases/{case.case_id}/reopen/"
    given = {"reason_code": "new_facts", "words": "A second account was found"}
    assert sent(browser("compliance"), where, **given).status_code == 422, "it is not closed"
    closing = sent(browser("compliance"), f"/cases/{case.case_id}/close/", outcome="unfounded", **WORDS).json()["proposal"]
    sent(browser("supervisor"), f"/proposals/{closing}/approve/")
    opening = sent(browser("compliance"), where, **given).json()["proposal"]
    assert sent(browser("compliance"), f"/proposals/{opening}/approve/").status_code == 409
    assert sent(browser("supervisor"), f"/proposals/{opening}/approve/").status_code == 200
    again = Case.objects.get()
    assert (again.state, again.outcome, again.closed_at) == ("investigating", "", None)
    assert {alert.state for alert in Alert.objects.all()} == {"in_case"}
    assert sent(browser("compliance"), f"/cases/{case.case_id}/note/", words="Work goes on").status_code == 200
