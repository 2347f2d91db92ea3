"""The gate's journal is read once, entry by entry, and a break in it is told, not shown over."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from django.test import Client

from console.transfers.conftest import RULES, Gated
from sekisho.console.approvals.models import Proposal
from sekisho.console.transfers import following
from sekisho.console.transfers.following import follow, forget_journals
from sekisho.console.transfers.models import Followed, HeldRequest, RuleStep, ShadowCount, Traffic
from sekisho.engine.requests import OrderRequest
from sekisho.gate.messages import RequestEventIn

pytestmark = pytest.mark.django_db(transaction=True)
Browser = Callable[[str], Client]


def counts() -> dict[str, int]:
    told: dict[str, int] = {}
    for row in Traffic.objects.all():
        told[row.outcome] = told.get(row.outcome, 0) + row.decisions
    return told


def test_each_entry_counts_once_however_it_is_read(gated: Gated, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "PORTION", 3)
    for number in range(4):
        gated.ask(f"T{number}")
    gated.ask("T9", address="bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdx")
    assert follow(limit=3).more
    while follow(limit=3).more:
        pass
    assert counts() == {"hold": 4, "refuse": 1}
    assert HeldRequest.objects.count() == 5
    follow()
    assert counts() == {"hold": 4, "refuse": 1}
    gated.gate.tell("T0", RequestEventIn(kind="approved", party_id="STAFF-COMPLIANCE", text="seen"))
    follow()
    assert HeldRequest.objects.count() == 5
    assert HeldRequest.objects.get(request_id="T0").told[0]["party_id"] == "STAFF-COMPLIANCE"


def test_what_went_through_at_once_is_counted_and_not_listed(gated: Gated) -> None:
    order = OrderRequest(
        order_id="O1",
        received_at=datetime.now(UTC),
        account_id="A1",
        instrument="BTC/JPY",
        side="buy",
        order_type="limit",
        quantity=Decimal("0.01"),
        price=Decimal(10_000_000),
    )
    assert gated.gate.submit(order).result().outcome == "allow"
    follow()
    assert (counts(), HeldRequest.objects.count()) == ({"allow": 1}, 0)


def test_a_changed_journal_is_told_and_nothing_of_it_taken_in(gated: Gated, browser: Browser) -> None:
    gated.ask("T1")
    follow()
    gated.ask("T2")
    gated.stop()
    forget_journals()
    with sqlite3.connect(gated.folder / "gate.sqlite") as db:
        number, body = db.execute("SELECT number, body FROM entry ORDER BY number DESC LIMIT 1").fetchone()
        db.execute("UPDATE entry SET body = ? WHERE number = ?", (body.replace(b"0.25", b"0.35"), number))
    assert "does not follow" in follow().fault
    assert "does not follow" in browser("audit").get("/transfers/").content.decode()
    assert [row.request_id for row in HeldRequest.objects.all()] == ["T1"]


def test_a_journal_that_is_not_there_is_not_begun_by_reading(gated: Gated, settings: Any, browser: Browser) -> None:
    link = msgspec.structs.replace(settings.CHOSEN.gate, journal=str(gated.folder / "other.sqlite"))
    settings.CHOSEN = msgspec.structs.replace(settings.CHOSEN, gate=link)
    assert "no such journal" in browser("audit").get("/transfers/").content.decode()
    assert not (gated.folder / "other.sqlite").exists()


def test_without_a_gate_the_pages_say_so(browser: Browser) -> None:
    assert "follows no gate" in browser("audit").get("/transfers/").content.decode()
    assert "follows no gate" in browser("audit").get("/rule-sets/").content.decode()
    assert Followed.objects.count() == 0


def test_rule_sets_live_and_are_put_in_force_by_two_people(gated: Gated, browser: Browser) -> None:
    stricter = msgspec.structs.replace(RULES, name="second", rules=("transfers/malformed_address",))
    gated.gate.rule("draft", stricter, "STAFF-COMPLIANCE")
    shadow = gated.gate.rule("shadow", stricter, "STAFF-COMPLIANCE")
    gated.ask("T1")
    committed = gated.gate.rule("commit", stricter, "STAFF-COMPLIANCE")
    shown = browser("compliance").get("/api/rule-sets/").json()
    assert {each["name"]: each["state"] for each in shown["sets"]}["first"] == "active"
    assert shown["shadow_counts"][0]["said"] == "hold"
    assert shown["shadow_counts"][0]["would_have"] == "allow"
    assert ShadowCount.objects.get().rule_set == shadow.rule_set
    second = next(each for each in shown["sets"] if each["hash"] == committed.rule_set)
    assert {each["what"] for each in second["differs"]} >= {"rules"}
    body = {"rule_set": committed.rule_set, "reason_code": "value_set"}
    post = {"content_type": "application/json"}
    assert browser("audit").post("/api/rule-sets/activate/", data=body, **post).status_code == 403
    assert browser("compliance").post("/api/rule-sets/activate/", data={**body, "rule_set": "x"}, **post).status_code == 422
    assert browser("compliance").post("/api/rule-sets/activate/", data=body, **post).status_code == 200
    proposal = Proposal.objects.get()
    assert browser("supervisor").post(f"/api/proposals/{proposal.pk}/approve/", data={}, **post).status_code == 200
    assert gated.gate.life.active is not None
    assert gated.gate.life.active.name == "second"
    follow()
    assert RuleStep.objects.order_by("-number").first().by == "STAFF-SUPERVISOR"  # type: ignore[union-attr]
    back = {"rule_set": committed.rule_set, "reason_code": "fault"}
    assert browser("compliance").post("/api/rule-sets/roll-back/", data=back, **post).status_code == 200
    proposal = Proposal.objects.get(state="open")
    assert browser("supervisor").post(f"/api/proposals/{proposal.pk}/approve/", data={}, **post).status_code == 200
    assert gated.gate.life.active.name == "first"


def test_the_overview_counts_what_is_held_and_the_traffic(gated: Gated, browser: Browser) -> None:
    gated.ask("T1")
    panels = {each["name"]: each["content"] for each in browser("audit").get("/api/").json()["panels"]}
    assert panels["held"]["held"] == 1
    assert sum(each["count"] for each in panels["traffic"]["totals"]) == 1
    assert sum(panels["traffic"]["chart"]["series"][2]["values"]) == 1
    assert "held" not in {each["name"] for each in browser("administrator").get("/api/").json()["panels"]}
