"""Opening cases and what goes into them: from alerts, by hand, from the queue's ticked ones; refused whole or done whole."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from sekisho.console.alerts.models import Alert
from sekisho.console.cases import ticked, work
from sekisho.console.cases.models import Case, CaseAlert, CaseLink, CaseParty, Note
from sekisho.console.desk.pages import Unfit
from sekisho.console.journal.acting import SYSTEM, acting
from sekisho.console.journal.models import Change
from sekisho.console.people.actor import Actor, Denied
from sekisho.console.people.models import Account, Conflict, Grant

Browser = Callable[[str], Client]


def sent(client: Client, where: str, **body: Any) -> Any:
    return client.post(f"/api{where}", data=json.dumps(body), content_type="application/json")


def test_a_case_takes_chapter_severity_and_parties_from_its_alerts(make_alert: Any, browser: Browser) -> None:
    make_alert("F1", severity="medium")
    make_alert(
        "F2", severity="critical", chapter="transfers", rule="transfers/cooling_off", subject_id="A1|A9", parties=["P1", "P9"]
    )
    answer = browser("compliance").post("/cases/open/", {"alerts": "F1 F2", "words": "Look at both"})
    case = Case.objects.get()
    assert answer.status_code == 302
    assert answer["Location"] == f"/cases/{case.case_id}/"
    assert (case.chapter, case.severity, case.state, case.opened_by) == ("transfers", "critical", "open", "PERSON-COMPLIANCE")
    assert case.parties == ["A1", "A9", "P1", "P9"]
    assert set(CaseParty.objects.values_list("party_id", flat=True)) == {"A1", "A9", "P1", "P9"}
    assert {alert.state for alert in Alert.objects.all()} == {"in_case"}
    assert Note.objects.get().words == "Look at both"


def test_cases_are_numbered_one_by_one_in_a_year(make_alert: Any, actor: Callable[[str], Actor]) -> None:
    for name in ("F1", "F2"):
        make_alert(name)
        work.open_case(actor("compliance"), [name])
    first, second = Case.objects.order_by("case_id").values_list("case_id", flat=True)
    assert int(second[-6:]) == int(first[-6:]) + 1 == 2


@pytest.mark.parametrize(
    ("alerts", "said"),
    [(["F1", "F9"], "F9"), (["F1", "closed"], "closed"), (["F1", "joined"], "joined"), ([], "name at least one")],
)
def test_one_alert_that_cannot_join_leaves_no_half_case(alerts: list[str], said: str, make_alert: Any, browser: Browser) -> None:
    make_alert("F1")
    make_alert("closed", state="closed")
    make_alert("joined")
    client = browser("compliance")
    assert sent(client, "/cases/open/", alerts=["joined"]).status_code == 200
    before = (Case.objects.count(), Change.objects.count())
    answer = sent(client, "/cases/open/", alerts=alerts)
    assert answer.status_code == 422
    assert said in answer.json()["error"]
    assert (Case.objects.count(), Change.objects.count()) == before
    assert Alert.objects.get(pk="F1").state == "open"


def test_who_reads_only_or_works_elsewhere_opens_nothing(make_alert: Any, browser: Browser, actor: Callable[[str], Actor]) -> None:
    make_alert("F1")
    assert sent(browser("audit"), "/cases/open/", alerts=["F1"]).status_code == 403
    grant = Grant.objects.get(account__username="compliance")
    with acting(SYSTEM, "narrow a role", effect="grant a role"):
        grant.chapters = ["transfers"]
        grant.save()
    assert sent(browser("compliance"), "/cases/open/", alerts=["F1"]).status_code == 403
    with pytest.raises(Denied):
        work.open_by_hand(actor("compliance"), title="T", chapter="capital", severity="low", words="W")
    assert not Case.objects.exists()


def test_nobody_opens_or_joins_what_he_has_an_interest_in(make_alert: Any, browser: Browser) -> None:
    make_alert("F1", parties=["STAFF-COMPLIANCE"])
    make_alert("F2", subject_id="STAFF-COMPLIANCE", subject_kind="party", parties=[])
    make_alert("F3")
    for name in ("F1", "F2"):
        assert sent(browser("compliance"), "/cases/open/", alerts=[name]).status_code == 403
    case = sent(browser("compliance"), "/cases/open/", alerts=["F3"]).json()["case"]
    assert sent(browser("compliance"), f"/cases/{case}/join/", alerts=["F1"]).status_code == 403
    assert sent(browser("compliance2"), f"/cases/{case}/join/", alerts=["F1"]).status_code == 200
    assert browser("compliance").get(f"/cases/{case}/").status_code == 403, "the case is about him now"


def test_by_hand_every_fault_is_told_at_once(browser: Browser) -> None:
    answer = sent(browser("supervisor"), "/cases/open-by-hand/", chapter="astrology")
    assert answer.status_code == 422
    assert set(answer.json()["faults"]) == {"title", "chapter", "severity", "words"}
    given = {
        "title": "A call from a client",
        "chapter": "transfers",
        "severity": "low",
        "parties": "P7, A7",
        "words": "She was told to lie",
    }
    assert browser("supervisor").post("/cases/open-by-hand/", given).status_code == 302
    assert Case.objects.get().parties == ["A7", "P7"]


def test_by_hand_the_owner_of_an_account_is_found_in_the_books(small_books: Any, browser: Browser) -> None:
    given = {"title": "T", "chapter": "transfers", "severity": "low", "parties": "A1", "words": "W"}
    browser("supervisor").post("/cases/open-by-hand/", given)
    assert Case.objects.get().parties == ["A1", "P1"]


def test_a_joined_alert_can_raise_the_severity_and_leave_again(make_alert: Any, actor: Callable[[str], Actor]) -> None:
    make_alert("F1", severity="low")
    make_alert("F2", severity="high", assignee="PERSON-COMPLIANCE2")
    case = work.open_case(actor("compliance"), ["F1"])
    assert work.join(actor("compliance"), case.case_id, ["F2"]).severity == "high"
    with pytest.raises(Unfit):
        work.unjoin(actor("compliance"), case.case_id, "F2", " ")
    work.unjoin(actor("compliance"), case.case_id, "F2", "Another matter")
    assert Alert.objects.get(pk="F2").state == "claimed", "it waits for the one who had it"
    assert list(CaseAlert.objects.values_list("alert_id", flat=True)) == ["F1"]
    assert Change.objects.filter(act="take an alert out of a case", reason="Another matter", field="removed").exists()


def test_linked_cases_are_linked_once_whatever_way(make_alert: Any, actor: Callable[[str], Actor]) -> None:
    cases = []
    for name in ("F1", "F2"):
        make_alert(name)
        cases.append(work.open_case(actor("compliance"), [name]).case_id)
    work.link(actor("compliance"), cases[0], cases[1], "The same device")
    for one, other in (cases, cases[::-1], (cases[0], cases[0]), (cases[0], "C-1999-000001")):
        with pytest.raises(Unfit):
            work.link(actor("compliance"), one, other, "Again")
    assert CaseLink.objects.count() == 1


def test_the_queue_opens_one_case_of_all_ticked_and_joins_others(make_alert: Any, actor: Callable[[str], Actor]) -> None:
    class Request:
        actor: Actor

    request: Any = Request()
    request.actor = actor("compliance")
    for name in ("F1", "F2", "F3"):
        make_alert(name)
    said, at = ticked.open_one(request, ["F1", "F2"], {"title": "Together", "reason": ""})
    case = Case.objects.get()
    assert (case.title, at, case.case_id in said) == ("Together", f"/cases/{case.case_id}/", True)
    assert ticked.join_to(request, ["F3"], {"case": case.case_id})[1] == at
    assert CaseAlert.objects.filter(case=case).count() == 3


def test_the_term_counts_japanese_business_days() -> None:
    from datetime import UTC, datetime

    eve_of_holidays = datetime(2026, 9, 18, 3, 0, tzinfo=UTC)  # Friday before the 21st, 22nd and 23rd, all three holidays
    assert work.term_of("critical", eve_of_holidays).date().isoformat() == "2026-09-30"


def test_a_conflict_declared_later_closes_the_door(make_alert: Any, browser: Browser, actor: Callable[[str], Actor]) -> None:
    make_alert("F1")
    case = work.open_case(actor("compliance"), ["F1"])
    assert browser("compliance2").get(f"/cases/{case.case_id}/").status_code == 200
    with acting(SYSTEM, "declare a conflict"):
        person = Account.objects.get(username="compliance2").person
        Conflict(person=person, party_id="P1", why="brother", since=timezone.localdate() - timedelta(days=1)).save()
    for name in ("case", "records", "replay", "graphs", "law", "penalty", "narrative", "evidence", "journal"):
        part = "" if name == "case" else f"{name}/"
        assert browser("compliance2").get(f"/cases/{case.case_id}/{part}").status_code == 403, name
        assert browser("compliance2").get(f"/api/cases/{case.case_id}/{part}").status_code == 403, name
    assert browser("compliance2").get("/api/cases/").json()["rows"] == []


def test_the_page_of_an_alert_leads_to_its_case(make_alert: Any, browser: Browser) -> None:
    make_alert("F1")

    def panel(who: str) -> Any:
        shown = {each["name"]: each["content"] for each in browser(who).get("/api/alerts/F1/").json()["panels"]}
        return shown.get("case")

    def beside(who: str) -> Any:
        return [each["content"] for each in browser(who).get("/api/alerts/F1/").json()["beside"]]

    assert beside("compliance") == [{"open_at": "/cases/new/?alert=F1"}]
    acts = browser("compliance").get("/alerts/F1/").content.decode().split('id="acts"', 1)[1].split("</section>")[0]
    assert 'href="/cases/new/?alert=F1"' in acts, "beside what else may be done"
    assert beside("audit") == [], "who opens no case is not sent to do it"
    assert panel("compliance") is None
    assert "F1" in browser("compliance").get("/cases/new/?alert=F1").content.decode()
    case = sent(browser("compliance"), "/cases/open/", alerts=["F1"]).json()["case"]
    assert Case.objects.get().assignee == "PERSON-COMPLIANCE", "who opens a case has it"
    for who in ("compliance", "audit"):
        told = panel(who)
        assert (told["case"]["case"], beside(who)) == (case, []), "an alert is in one case at most"
        assert f'href="/cases/{case}/"' in browser(who).get("/alerts/F1/", headers={"accept-language": "ja"}).content.decode()
    with acting(SYSTEM, "t", effect="declare a conflict"):
        Conflict(person_id="PERSON-COMPLIANCE2", party_id="P9", why="kin", since=timezone.localdate()).save()
        CaseParty(case=Case.objects.get(), party_id="P9").save()
    assert panel("compliance2") is None, "a case one must keep out of is not named"


def test_a_title_made_of_the_rules_is_shown_in_the_language_of_the_page(make_alert: Any, browser: Browser) -> None:
    make_alert("F1")
    make_alert("F2", rule="unfair_trading/matched_orders", subject_id="A2", score=0.1)
    make_alert("F3", subject_id="A3")
    case = sent(browser("compliance"), "/cases/open/", alerts=["F1", "F2"]).json()["case"]
    own = sent(browser("compliance"), "/cases/open/", alerts=["F3"], title="Profit / loss of A3: asked").json()["case"]
    heads = {}
    for language in ("en", "ja"):
        page = browser("compliance").get(f"/cases/{case}/", headers={"accept-language": language}).content.decode()
        heads[language] = page.split("<h1>", 1)[1].split("</h1>")[0]
        assert "Profit / loss of A3: asked" in browser("compliance").get(f"/cases/{own}/").content.decode(), "as it was written"
    assert heads["en"].endswith("</code> Wash trading, Matched orders: A1, A2")
    assert heads["ja"].endswith("</code> 仮装売買, 馴合売買: A1, A2")
