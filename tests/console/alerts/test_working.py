"""Working on alerts: who may do what, what two people decide, what is remembered, what time does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from console.alerts.conftest import finding
from console.asking import post
from sekisho.console.alerts import dispositions, late, remembered, working
from sekisho.console.alerts.models import Alert, Memory, Reminder, ServiceLevel
from sekisho.console.approvals.four_eyes import decide
from sekisho.console.approvals.models import Proposal
from sekisho.console.desk.pages import Unfit
from sekisho.console.journal.acting import SYSTEM, NotTwoPeople, acting
from sekisho.console.journal.models import Change
from sekisho.console.people.actor import Denied
from sekisho.console.people.models import Conflict, Grant

F1, F2, F3 = (finding(number)["finding_id"] for number in (1, 2, 3))
Browser = Callable[[str], Client]


@pytest.fixture(autouse=True)
def _three(take_in: Any) -> None:
    take_in(
        finding(1),
        finding(2, severity="critical"),
        finding(3, rule="capital/minimum", subject_id="exchange", subject_kind="exchange"),
    )


def test_a_claimed_alert_is_one_persons(actor: Any) -> None:
    working.claim(actor("compliance"), F1)
    with pytest.raises(Unfit, match="PERSON-COMPLIANCE has"):
        working.claim(actor("compliance2"), F1)
    assert Alert.objects.get(pk=F1).assignee == "PERSON-COMPLIANCE"
    line = Change.objects.get(kind="alert", object=F1, field="assignee")
    assert (line.old, line.new, line.act) == ("", "PERSON-COMPLIANCE", "claim alert")


@pytest.mark.parametrize("role", ["operations", "audit", "director", "investigator", "sro", "auditor", "administrator"])
@pytest.mark.parametrize("act", ["claim", "assign", "release", "snooze", "wake", "dispose", "reopen", "remember"])
def test_only_the_second_line_works_on_alerts(browser: Browser, role: str, act: str) -> None:
    for path in (f"/alerts/{F1}/{act}/", f"/api/alerts/{F1}/{act}/"):
        assert browser(role).post(path, {}, content_type="application/json").status_code == 403
    assert Alert.objects.get(pk=F1).state == "open"


def test_nobody_sees_or_works_on_alerts_of_another_chapter(browser: Browser, actor: Any) -> None:
    with acting(SYSTEM, "give a role", effect="grant a role"):
        grant = Grant.objects.get(account__username="compliance")
        grant.chapters = ["capital"]
        grant.save()
    client = browser("compliance")
    assert [row["key"] for row in client.get("/api/alerts/").json()["rows"]] == [F3]
    assert client.get(f"/api/alerts/{F1}/").status_code == 403
    assert post(client, f"/alerts/{F1}/claim/").status_code == 403
    assert working.claim_next(actor("compliance"), Alert.objects.all()).alert_id == F3
    assert working.claim_next(actor("compliance"), Alert.objects.all()) is None
    with pytest.raises(Unfit, match="may not work"):
        working.assign(actor("compliance2"), F1, "PERSON-COMPLIANCE")


def test_nobody_sees_or_works_on_an_alert_about_himself(browser: Browser, actor: Any, take_in: Any) -> None:
    take_in(finding(9, severity="critical", score=1.0, subject_id="STAFF-COMPLIANCE"))
    with acting(SYSTEM, "declare a conflict"):
        Conflict(person_id="PERSON-COMPLIANCE", party_id="P2", why="family", since="2026-01-01").save()
    client = browser("compliance")
    assert {row["key"] for row in client.get("/api/alerts/?state=").json()["rows"]} == {F1, F3}
    for hidden in (F2, finding(9)["finding_id"]):
        assert client.get(f"/alerts/{hidden}/").status_code == 403
        assert post(client, f"/alerts/{hidden}/claim/").status_code == 403
        assert client.get(f"/api/alerts/?state=&q={hidden}").json()["rows"] == []
    assert sum(row["open"] for row in client.get("/api/alerts/").json()["counts"]) == 2
    assert working.claim_next(actor("compliance"), Alert.objects.all()).alert_id == F1
    with pytest.raises(Unfit, match="may not work"):
        working.assign(actor("supervisor"), F2, "PERSON-COMPLIANCE")


def test_taking_it_from_somebody_needs_a_reason(browser: Browser) -> None:
    client = browser("supervisor")
    assert post(client, f"/alerts/{F1}/assign/", person="PERSON-COMPLIANCE").status_code == 200
    refused = post(client, f"/alerts/{F1}/assign/", person="PERSON-COMPLIANCE2")
    assert refused.status_code == 422
    assert "reason" in refused.json()["faults"]
    assert post(client, f"/alerts/{F1}/assign/", person="PERSON-COMPLIANCE2", reason="on leave").status_code == 200
    assert Change.objects.filter(object=F1, field="assignee").last().reason == "on leave"
    refused = post(client, f"/alerts/{F1}/assign/", person="PERSON-AUDIT", reason="x")
    assert "person" in refused.json()["faults"]


def test_an_alert_is_given_back(actor: Any) -> None:
    working.claim(actor("compliance"), F1)
    with pytest.raises(Unfit, match="say why"):
        working.release(actor("compliance2"), F1)
    working.release(actor("compliance"), F1)
    alert = Alert.objects.get(pk=F1)
    assert (alert.state, alert.assignee, alert.claimed_at) == ("open", "", None)


def test_the_next_is_the_gravest_that_is_nobodys(actor: Any) -> None:
    first = working.claim_next(actor("compliance"), Alert.objects.all())
    second = working.claim_next(actor("compliance2"), Alert.objects.all())
    assert (first.alert_id, second.alert_id) == (F2, F1)


def test_what_is_put_aside_comes_back_by_itself(actor: Any, browser: Browser) -> None:
    today = timezone.localdate()
    me = actor("compliance")
    for until in (today, today + timedelta(days=181)):
        with pytest.raises(Unfit, match="until"):
            working.snooze(me, F1, until, "waiting_client")
    with pytest.raises(Unfit, match="reason_code"):
        working.snooze(me, F1, today + timedelta(days=1), "bored")
    with pytest.raises(Unfit, match="say what"):
        working.snooze(me, F1, today + timedelta(days=1), "other")
    working.snooze(me, F1, today + timedelta(days=180), "waiting_client", "asked by letter")
    client = browser("compliance")
    assert F1 not in [row["key"] for row in client.get("/api/alerts/").json()["rows"]]
    assert [row["key"] for row in client.get("/api/alerts/?state=snoozed").json()["rows"]] == [F1]
    alert = Alert.objects.get(pk=F1)
    after = alert.snoozed_until + timedelta(seconds=1)
    assert (alert.state_at(after - timedelta(days=1)), alert.state_at(after)) == ("snoozed", "open")
    assert late.tick(after)["no longer put aside"] == 1
    assert Alert.objects.get(pk=F1).state == "open"


def test_what_was_put_aside_counts_as_open_before_any_tick(actor: Any, browser: Browser) -> None:
    working.snooze(actor("compliance"), F1, timezone.localdate() + timedelta(days=2), "monitoring")
    with acting(SYSTEM, "let time pass"):
        alert = Alert.objects.get(pk=F1)
        alert.snoozed_until = timezone.now() - timedelta(minutes=1)
        alert.save()
    client = browser("compliance")
    for query in ("", "?state=open", "?state=waiting"):
        assert F1 in [row["key"] for row in client.get(f"/api/alerts/{query}").json()["rows"]]
    assert client.get("/api/alerts/?state=snoozed").json()["rows"] == []
    counts = {row["chapter"]: row for row in client.get("/api/alerts/").json()["counts"]}
    assert (counts["unfair_trading"]["open"], counts["unfair_trading"]["snoozed"]) == (2, 0)
    assert {working.claim_next(actor(name), Alert.objects.all()).alert_id for name in ("compliance", "compliance2")} == {F1, F2}


def test_only_who_has_it_or_a_supervisor_puts_it_aside(actor: Any) -> None:
    working.claim(actor("compliance"), F1)
    until = timezone.localdate() + timedelta(days=3)
    with pytest.raises(Denied):
        working.snooze(actor("compliance2"), F1, until, "monitoring")
    working.snooze(actor("supervisor"), F1, until, "monitoring")
    working.wake(actor("compliance"), F1)
    assert Alert.objects.get(pk=F1).state == "claimed"


@pytest.mark.parametrize("account", ["supervisor", "supervisor-again"])
@pytest.mark.parametrize("path", ["/proposals/{}/approve/", "/api/proposals/{}/approve/"])
def test_nobody_approves_his_own_disposition(browser: Browser, actor: Any, account: str, path: str) -> None:
    proposal = dispositions.propose_disposition(actor("supervisor"), F1, "confirmed", "breach")
    assert browser(account).post(path.format(proposal.pk), {}, content_type="application/json").status_code == 409
    assert Alert.objects.get(pk=F1).state == "claimed"


def test_two_people_dispose_of_an_alert_and_two_open_it_again(browser: Browser, actor: Any) -> None:
    body = {"disposition": "false_positive:known_pattern", "reason": "rebalancing"}
    assert browser("compliance").post(f"/alerts/{F1}/dispose/", body).status_code == 302
    proposal = Proposal.objects.get()
    assert Alert.objects.get(pk=F1).assignee == "PERSON-COMPLIANCE", "so that nobody claims it meanwhile"
    with pytest.raises(Unfit, match="waits for a second person"):
        dispositions.propose_disposition(actor("compliance"), F1, "confirmed", "breach")
    decide(actor("compliance2"), proposal.pk, True)
    alert = Alert.objects.get(pk=F1)
    assert (alert.state, alert.disposition, alert.disposition_reason) == ("closed", "false_positive", "known_pattern")
    with pytest.raises(Unfit, match="nothing to work on"):
        working.claim(actor("compliance"), F1)
    again = dispositions.propose_reopening(actor("compliance"), F1, "new_evidence")
    with pytest.raises(NotTwoPeople):
        decide(actor("compliance"), again.pk, True)
    decide(actor("compliance2"), again.pk, True)
    alert = Alert.objects.get(pk=F1)
    assert (alert.state, alert.disposition, alert.closed_at, alert.assignee) == ("open", "", None, "")


def test_a_disposition_cannot_be_written_behind_the_second_persons_back(actor: Any) -> None:
    alert = Alert.objects.get(pk=F1)
    alert.disposition = "confirmed"
    with pytest.raises(NotTwoPeople), acting(actor("supervisor").author, "cheat"):
        alert.save()


def test_a_reason_of_the_fixed_set_is_asked_for(actor: Any) -> None:
    for disposition, code, field in (("fine", "breach", "disposition"), ("confirmed", "known_pattern", "reason_code")):
        with pytest.raises(Unfit, match=field):
            dispositions.propose_disposition(actor("compliance"), F1, disposition, code)
    with pytest.raises(Unfit, match="in words"):
        dispositions.propose_disposition(actor("compliance"), F1, "confirmed", "other", "  ")
    assert not Proposal.objects.exists()
    assert Alert.objects.get(pk=F1).state == "open"


def test_a_rejected_proposal_leaves_the_alert_to_be_worked_on(actor: Any) -> None:
    proposal = dispositions.propose_disposition(actor("compliance"), F1, "confirmed", "breach")
    decide(actor("compliance2"), proposal.pk, False, "look again")
    alert = Alert.objects.get(pk=F1)
    assert (alert.state, alert.proposed, alert.disposition) == ("claimed", "", "")
    dispositions.propose_disposition(actor("compliance"), F1, "valuable", "not_proven")


def test_many_are_proposed_by_chapter_and_approved_together(actor: Any) -> None:
    made = dispositions.propose_dispositions(actor("compliance"), [F1, F2, F3], "false_positive", "records_wrong")
    assert sorted(len(each.payload["alerts"]) for each in made) == [1, 2]
    for each in made:
        decide(actor("supervisor"), each.pk, True)
    assert set(Alert.objects.values_list("state", "disposition")) == {("closed", "false_positive")}


def test_what_became_something_else_meanwhile_refuses_the_whole(actor: Any) -> None:
    made = dispositions.propose_dispositions(actor("compliance"), [F1, F2], "confirmed", "breach")
    with acting(SYSTEM, "join a case"):
        alert = Alert.objects.get(pk=F2)
        alert.state = "in_case"
        alert.save()
    with pytest.raises(Unfit, match=F2):
        decide(actor("supervisor"), made[0].pk, True)
    assert Alert.objects.get(pk=F1).state == "claimed"
    assert Proposal.objects.get(pk=made[0].pk).state == "open"


def forget(actor: Any, take_in: Any) -> Memory:
    until = timezone.localdate() + timedelta(days=90)
    proposal = dispositions.propose_disposition(actor("compliance"), F1, "false_positive", "known_pattern", "market maker", until)
    decide(actor("compliance2"), proposal.pk, True)
    return Memory.objects.get()


def test_a_remembered_pair_closes_its_next_alert_visibly(actor: Any, take_in: Any, browser: Browser) -> None:
    kept = forget(actor, take_in)
    assert (kept.proposed_by, kept.approved_by, kept.words) == ("PERSON-COMPLIANCE", "PERSON-COMPLIANCE2", "market maker")
    taken = take_in(
        finding(11, subject_id="P1"),
        finding(12, subject_id="P1", severity="critical"),
        finding(13, rule="unfair_trading/layering", subject_id="P1"),
    )
    assert (taken.taken, taken.remembered) == (3, 1)
    closed = Alert.objects.get(pk=finding(11)["finding_id"])
    assert (closed.state, closed.disposition, closed.memory_id) == ("closed", "false_positive", kept.pk)
    assert Alert.objects.get(pk=finding(12)["finding_id"]).state == "open", "graver than what was remembered"
    assert Alert.objects.get(pk=finding(13)["finding_id"]).state == "open", "another rule"
    client = browser("audit")
    assert [row["key"] for row in client.get("/api/alerts/?state=&mark=remembered").json()["rows"]] == [closed.alert_id]
    assert b"remembered as a false positive" in client.get(f"/alerts/{closed.alert_id}/").content
    assert client.get(f"/api/alerts/remembered/{kept.pk}/").json()["closed"][0]["alert"] == closed.alert_id


@pytest.mark.parametrize(
    "otherwise",
    [
        {"rule": "unfair_trading/layering"},
        {"subject_id": "P9"},
        {"rank": 4},
        {"disposition": "confirmed"},
        {"state": "open"},
        {"memory_id": None},
        {"raised_at": timezone.now() + timedelta(days=400)},
    ],
    ids=lambda each: next(iter(each)),
)
def test_no_alert_begins_disposed_of_but_by_the_pair_two_people_remembered(
    otherwise: dict[str, Any], actor: Any, take_in: Any
) -> None:
    forget(actor, take_in)
    take_in(finding(11, subject_id="P1"))
    like = Alert.objects.get(pk=finding(11)["finding_id"])
    assert like.memory_id is not None
    values = {each.attname: getattr(like, each.attname) for each in Alert._meta.concrete_fields}
    with pytest.raises(NotTwoPeople), acting(SYSTEM, "cheat"):
        Alert(**{**values, "alert_id": "MADE-1", "number": None, **otherwise}).save()
    with acting(SYSTEM, "make an alert"):
        Alert(**{**values, "alert_id": "MADE-2", "number": None}).save()


def test_a_remembered_pair_ends_by_time_or_when_it_is_revoked(actor: Any, take_in: Any, browser: Browser) -> None:
    kept = forget(actor, take_in)
    assert take_in(finding(11, subject_id="P1"), at=kept.expires_at).remembered == 0
    assert post(browser("compliance"), f"/alerts/remembered/{kept.pk}/revoke/").status_code == 422
    assert post(browser("audit"), f"/alerts/remembered/{kept.pk}/revoke/", reason="x").status_code == 403
    assert post(browser("compliance"), f"/alerts/remembered/{kept.pk}/revoke/", reason="he left").status_code == 200
    assert take_in(finding(12, subject_id="P1")).remembered == 0


def test_nobody_remembers_alone_or_for_ever(actor: Any) -> None:
    today = timezone.localdate()
    with pytest.raises(NotTwoPeople), acting(actor("supervisor").author, "cheat"):
        Memory(rule="a/b", subject_id="P1", rank_most=4, at=timezone.now(), expires_at=timezone.now()).save()
    with pytest.raises(Unfit, match="only a false positive"):
        dispositions.propose_disposition(actor("compliance"), F1, "confirmed", "breach", "", today + timedelta(days=2))
    with pytest.raises(Unfit, match="at most 365"):
        dispositions.propose_disposition(actor("compliance"), F1, "false_positive", "legitimate", "", today + timedelta(days=366))
    with pytest.raises(Unfit, match="only a false positive"):
        remembered.propose_memory(actor("compliance"), F1, today + timedelta(days=2), "legitimate")


def test_service_levels_change_by_two_people_only(actor: Any, browser: Browser) -> None:
    today = timezone.localdate()
    with pytest.raises(NotTwoPeople), acting(actor("supervisor").author, "cheat"):
        ServiceLevel(severity="high", business_days=300, from_on=today).save()
    body = {"severity": "high", "business_days": 5, "from_on": today.isoformat(), "reason": "board"}
    assert post(browser("audit"), "/alerts/levels/propose/", **body).status_code == 403
    assert post(browser("compliance"), "/alerts/levels/propose/", **{**body, "business_days": 0}).status_code == 422
    pk = post(browser("compliance"), "/alerts/levels/propose/", **body).json()["proposal"]
    assert post(browser("compliance2"), f"/proposals/{pk}/approve/").status_code == 403, "a supervisor has to"
    assert post(browser("supervisor"), f"/proposals/{pk}/approve/").status_code == 200
    assert ServiceLevel.objects.get().business_days == 5


def test_people_are_reminded_once_a_day(actor: Any, browser: Browser) -> None:
    working.claim(actor("compliance"), F2)
    due = Alert.objects.get(pk=F2).due_at
    assert late.tick(due - timedelta(hours=2))["reminders"] == 1
    after = due + timedelta(days=40)
    assert late.tick(after)["reminders"] > 0
    assert late.tick(after)["reminders"] == 0
    mine = set(Reminder.objects.filter(person_id="PERSON-COMPLIANCE").values_list("reminds", "about"))
    assert mine == {("soon", F2), ("late", F2)}
    heads = set(Reminder.objects.filter(person_id="PERSON-SUPERVISOR").values_list("reminds", "about"))
    assert heads == {("late", "@PERSON-COMPLIANCE"), ("nobodys", "#unfair_trading"), ("nobodys", "#capital")}
    client = browser("compliance")
    assert len(client.get("/api/alerts/late/").json()["reminders"]) == 2
    assert post(client, "/alerts/late/seen/").json()["seen"] == 2
    assert client.get("/api/alerts/late/").json()["reminders"] == []
