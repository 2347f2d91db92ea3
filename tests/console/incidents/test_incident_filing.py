"""From an incident to its report: a filing begins with what is known, the calendar shows the clocks, filing stops the right one."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from console.asking import post
from console.incidents.outflows import opened
from sekisho.console import urls  # noqa: F401 - reads every part's pages
from sekisho.console.approvals.four_eyes import decide
from sekisho.console.approvals.models import Proposal
from sekisho.console.deadlines.looking import look
from sekisho.console.deadlines.models import Obligation
from sekisho.console.desk.pages import Unfit
from sekisho.console.filings import life
from sekisho.console.filings.models import Filing
from sekisho.console.journal.acting import acting
from sekisho.console.people.actor import Actor, Denied
from sekisho.console.people.models import Account

Browser = Callable[[str], Client]
Hears = Callable[[], AbstractContextManager[Any]]
NEEDED = {
    "firm_name": "関所取引所株式会社",
    "firm_address": "東京都千代田区1-1",
    "registration_number": "関東財務局長 第00000号",
    "contact": "compliance@example.invalid",
    "business": "none",
    "personal_data": "unknown",
    "measures": "withdrawals stopped",
    "told_clients": "by notice on the site",
}


@pytest.fixture
def hears(django_capture_on_commit_callbacks: Any) -> Hears:
    """What waits for the commit happens at the end of the block, as it does outside tests."""
    return partial(django_capture_on_commit_callbacks, execute=True)


def actor(name: str) -> Actor:
    return Actor.of(Account.objects.get(username=name), timezone.now())


def test_a_filing_begins_with_what_the_incident_knows(browser: Browser) -> None:
    incident = opened(browser)
    said = post(browser("operations"), f"/incidents/{incident.pk}/log/", entry_kind="fact", words="Keys were copied.")
    assert said.status_code == 200, said.content
    answer = browser("compliance").post("/filings/begin/", {"kind": "incident", "incident": incident.pk})
    assert answer.status_code == 302, answer.content
    filing = Filing.objects.get()
    content = life.content_of(filing)
    assert (content["incident_id"], content["known_at"], content["began_at"]) == (
        incident.pk,
        "2026-06-02 10:00",
        "2026-06-01 13:02",
    )
    assert content["outflow_jpy"] == "40000000"
    assert content["clients"].startswith("120")
    assert "Keys were copied." in content["facts"]
    assert filing.parties == ["P-APPROVED", "P-ASKED", "P-SIGNED"]
    page = browser("compliance").get(f"/incidents/{incident.pk}/").content.decode()
    assert f'href="/filings/{filing.pk}/"' in page


def test_who_may_not_see_the_incident_learns_nothing_of_it_by_beginning_a_filing(browser: Browser) -> None:
    incident = opened(browser)
    account = Account.objects.get(username="compliance2")
    with acting(actor("administrator").author, "set up", effect="change a person"):
        account.person.party_id = "P-SIGNED"
        account.person.save()
    with pytest.raises(Denied):
        life.begin(actor("compliance2"), "incident", incident_id=incident.pk)
    with pytest.raises(Unfit, match="no such incident"):
        life.begin(actor("compliance"), "incident", incident_id="I-404")
    assert not Filing.objects.exists()


@pytest.mark.parametrize(
    ("kind", "more", "stopped"),
    [
        ("incident", {"stage": "first"}, "fault_report"),
        ("incident", {"stage": "status"}, "status_report"),
        ("misconduct", {"office": "head office", "who": "unknown", "outline": "outflow"}, "misconduct_notice"),
    ],
)
def test_what_is_filed_stops_its_clock_and_no_other(kind: str, more: dict[str, str], stopped: str, browser: Browser) -> None:
    incident = opened(browser)
    begun = life.begin(actor("compliance"), kind, incident_id=incident.pk)
    known = {item.name for item in life.kind_of(kind).items}
    needed = {name: value for name, value in NEEDED.items() if name in known}
    content = {**life.content_of(begun), **needed, **more}
    life.write(actor("compliance"), begun.pk, {name: value for name, value in content.items() if name in known}, begun.version)
    before = {clock.code for clock in incident.clocks.exclude(sent_at=None)}
    filing = _file_written(begun)
    after = incident.clocks.exclude(sent_at=None)
    assert {clock.code for clock in after} - before == {stopped}
    clock = incident.clocks.get(code=stopped)
    assert (clock.sent_by, clock.reference) == ("PERSON-SUPERVISOR", "R-1")
    assert clock.sent_at == filing.filed_at
    assert incident.entries.filter(entry_kind="report", words__contains=filing.pk).count() == 1


def _file_written(filing: Filing) -> Filing:
    faults = life.validate(actor("compliance"), filing.pk)
    assert faults == {}, faults
    filing.refresh_from_db()
    life.review(actor("compliance2"), filing.pk, filing.version)
    life.propose_filing(
        actor("compliance"),
        filing.pk,
        filed_on=timezone.localdate(),
        channel="paper",
        receipt_number="R-1",
        reason_code="required",
        reason="",
    )
    decide(actor("supervisor"), Proposal.objects.get(proposal_kind="file a report", state="open").pk, True)
    filing.refresh_from_db()
    return filing


def test_the_calendar_shows_an_incidents_clocks_until_they_are_met(browser: Browser, hears: Hears) -> None:
    incident = opened(browser)
    look(timezone.now())
    rows = {row.name: row for row in Obligation.objects.filter(source="incidents")}
    days = {name: row.due_on.isoformat() for name, row in rows.items()}
    assert days["fault_report"] == "2026-06-02"
    assert days["status_report"] == "2026-07-02"
    assert days["shortfall"] == "2026-06-08"
    assert "management" not in rows, "promptly names no day"
    assert "recovery_report" not in rows, "it has not recovered"
    assert rows["fault_report"].parties == ["P-APPROVED", "P-ASKED", "P-SIGNED"]
    shown = browser("compliance").get(f"/deadlines/{rows['fault_report'].pk}/").content.decode()
    assert f'href="/incidents/{incident.pk}/"' in shown
    clock = incident.clocks.get(code="fault_report")
    with hears():
        sent = post(
            browser("operations"), f"/incidents/{incident.pk}/clocks/{clock.pk}/sent/", words="s", sent_at="2026-06-02T11:00"
        )
    assert sent.status_code == 200, sent.content
    row = Obligation.objects.get(source="incidents", name="fault_report")
    assert (row.state, row.met_on) == ("met", datetime(2026, 6, 2, tzinfo=UTC).date())


def test_looking_again_at_incidents_changes_nothing(browser: Browser) -> None:
    opened(browser)
    look(timezone.now())
    assert look(timezone.now() + timedelta(minutes=1)) == {"new": 0, "changed": 0, "void": 0}


def test_the_calendar_hears_of_an_incident_once_the_office_looks_and_takes_each_change_up_once(
    browser: Browser, hears: Hears
) -> None:
    with hears():
        incident = opened(browser)
    assert not Obligation.objects.exists(), "the office has not begun to look"
    look(timezone.now())
    owed = Obligation.objects.filter(source="incidents").count()
    term = incident.clocks.filter(confidence="unknown").exclude(code__in=["recovery_report", "cause_report"]).first()
    with hears() as waiting:
        at = f"/incidents/{incident.pk}/clocks/{term.pk}/term/"
        set_at = post(browser("operations"), at, due_at="2026-06-09T10:00", source="the police's request of 2026-06-02")
        assert set_at.status_code == 200, set_at.content
    assert [type(each).__name__ for each in waiting].count("_TakeUp") == 1
    assert Obligation.objects.filter(source="incidents").count() == owed + 1
    assert Obligation.objects.get(source="incidents", name=term.code).due_on == date(2026, 6, 9)


def test_a_filing_meets_the_incidents_term_on_the_calendar_at_once(browser: Browser, hears: Hears) -> None:
    incident = opened(browser)
    look(timezone.now())
    begun = life.begin(actor("compliance"), "incident", incident_id=incident.pk)
    known = {item.name for item in life.kind_of("incident").items}
    content = {**life.content_of(begun), **NEEDED, "stage": "first"}
    life.write(actor("compliance"), begun.pk, {name: value for name, value in content.items() if name in known}, begun.version)
    with hears():
        filing = _file_written(begun)
    row = Obligation.objects.get(source="incidents", name="fault_report")
    assert (row.state, row.met_on) == ("met", filing.filed_on)
