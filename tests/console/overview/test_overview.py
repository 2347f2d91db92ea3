"""The first page: what is open and late by chapter, what waits for this person, and nothing of what is not his."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from sekisho.console.alerts.models import RANK, Alert
from sekisho.console.approvals.four_eyes import propose
from sekisho.console.journal.acting import SYSTEM, acting
from sekisho.console.people.actor import Actor
from sekisho.console.people.models import Account, Grant

Browser = Callable[[str], Client]


@pytest.fixture
def alerts(people: dict[str, str]) -> None:
    """Three alerts that wait, one of them late, one in a case and a closed one."""
    now = timezone.now()
    rows = [
        ("F1", "unfair_trading", "high", "open", 1),
        ("F2", "unfair_trading", "low", "claimed", -1),
        ("F3", "client_assets", "critical", "open", 1),
        ("F5", "client_assets", "critical", "in_case", -1),
        ("F4", "client_assets", "critical", "closed", -1),
    ]
    with acting(SYSTEM, "take in findings"):
        for alert_id, chapter, severity, state, days in rows:
            Alert(
                alert_id=alert_id,
                rule=f"{chapter}/rule",
                chapter=chapter,
                regime="PSA-2026",
                as_of=now.date(),
                severity=severity,
                rank=RANK[severity],
                score=1.0,
                subject_kind="account",
                subject_id="A1",
                window_from=now,
                window_until=now,
                summary_en="x",
                summary_ja="x",
                raised_at=now,
                due_at=now + timedelta(days=days),
                state=state,
            ).save()


def test_open_and_late_by_chapter(alerts: None, browser: Browser) -> None:
    told = browser("audit").get("/api/").json()["alerts"]
    assert (told["open"], told["late"]) == ({"n": 3, "more": False}, {"n": 1, "more": False})
    lines = {line["chapter"]: (line["open"]["n"], line["late"]["n"]) for line in told["chapters"]}
    assert lines == {"unfair_trading": (2, 1), "client_assets": (1, 0)}
    assert "1 late" in browser("audit").get("/").content.decode()
    assert "不公正取引" in browser("audit").get("/", headers={"accept-language": "ja"}).content.decode()


def test_the_first_page_counts_what_the_queue_shows_and_not_beyond(
    alerts: None, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = browser("audit")
    line = client.get("/api/?").json()["alerts"]["chapters"][1]
    assert {cell["severity"]: cell["count"]["n"] for cell in line["cells"] if cell["count"]["n"]} == {"high": 1, "low": 1}
    for cell in line["cells"]:
        asked = f"/api/alerts/?chapter={line['chapter']}&severity={cell['severity']}"
        assert client.get(asked).json()["count"] == cell["count"]["n"]
    monkeypatch.setattr("sekisho.console.alerts.the_queue.COUNTED_TO", 0)
    assert client.get("/api/").json()["alerts"]["open"] == {"n": 0, "more": True}
    assert "0+" in client.get("/").content.decode()


def test_other_chapters_and_roles_do_not_show(alerts: None, browser: Browser) -> None:
    grant = Grant.objects.get(account=Account.objects.get(username="compliance"))
    with acting(SYSTEM, "change a grant", effect="grant a role"):
        grant.chapters = ["client_assets"]
        grant.save()
    assert [line["chapter"] for line in browser("compliance").get("/api/").json()["alerts"]["chapters"]] == ["client_assets"]
    assert browser("operations").get("/api/").json()["alerts"] is None


def test_what_waits_counts_only_what_this_person_may_decide(people: dict[str, str], browser: Browser) -> None:
    actor = Actor.of(Account.objects.get(username="compliance"), timezone.now())
    propose(actor, "activate rule set", ("rule_set", "x"), reason_code="fault")
    counted = {name: browser(name).get("/api/").json()["waiting"] for name in ("supervisor", "compliance", "audit")}
    assert counted == {"supervisor": 1, "compliance": 0, "audit": 0}
