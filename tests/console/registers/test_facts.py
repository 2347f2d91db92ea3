"""A fact from its record to its publication: who sees it, who is on its list, and that no one person frees an asset."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from console.asking import post
from sekisho.console.journal.acting import Author, NotTwoPeople, Unchangeable, acting
from sekisho.console.people.models import Account, Grant, Person
from sekisho.console.registers.models import FactKnowledge, MaterialFact, Publication, Reminder, Restriction

Browser = Callable[[str], Client]
BEFORE = "2026-11-20T09:00:00+09:00"


@pytest.fixture
def fact(browser: Browser) -> str:
    told = {"fact_id": "F1", "asset": "xyz", "category": "exchange", "arose_at": BEFORE, "summary": "XYZ will be delisted"}
    assert post(browser("compliance"), "information/record/", **told).status_code == 200
    return "F1"


def insider(client: Client, party: str, **more: Any) -> Any:
    return post(client, "information/facts/F1/insiders/", party_id=party, learned_at=BEFORE, capacity="exchange", **more)


def published(client: Client, channel: str = "exchange_website", at: str = "2026-11-21T09:00:00+09:00") -> Any:
    return post(client, "information/facts/F1/publish/", channel=channel, published_at=at, address="https://ex.example/news/1")


def test_a_fact_restricts_its_asset_at_once_and_for_everybody(fact: str, browser: Browser) -> None:
    shown = browser("operations").get("/api/restricted/").json()
    assert shown["assets"] == [{"asset": "XYZ", "scope": "house and staff"}]
    assert shown["grounds"] == [], "why is for the control room"
    assert not shown["room"]


def test_only_the_list_and_the_control_room_see_a_fact(fact: str, browser: Browser) -> None:
    operations = browser("operations")
    assert operations.get("/information/facts/F1/").status_code == 404
    assert operations.get("/api/information/").json()["rows"] == []
    insider(browser("compliance"), "STAFF-OPERATIONS")
    assert operations.get("/information/facts/F1/").status_code == 200
    assert [row["fact"] for row in operations.get("/api/information/").json()["rows"]] == ["F1"]
    assert browser("administrator").get("/information/facts/F1/").status_code == 404


def test_an_insider_sees_himself_on_the_list_and_nobody_else(fact: str, browser: Browser) -> None:
    insider(browser("compliance"), "STAFF-OPERATIONS")
    insider(browser("compliance"), "P-ISSUER")
    shown = browser("operations").get("/api/information/facts/F1/").json()
    assert {row["party"] for row in shown["knowledge"]} == {"STAFF-OPERATIONS"}
    assert {row["party_id"] for row in shown["reminders"]} == {"STAFF-OPERATIONS"}


def test_whoever_opens_a_fact_in_the_control_room_stands_on_its_list(fact: str, browser: Browser) -> None:
    assert not FactKnowledge.objects.filter(party_id="STAFF-AUDIT").exists()
    assert browser("audit").get("/information/facts/F1/").status_code == 200
    assert FactKnowledge.objects.filter(party_id="STAFF-AUDIT", fact="F1").count() == 1
    browser("audit").get("/information/facts/F1/")
    assert FactKnowledge.objects.filter(party_id="STAFF-AUDIT", fact="F1").count() == 1


def test_a_compliance_officer_of_another_chapter_is_not_of_the_control_room(fact: str, browser: Browser) -> None:
    grant = Grant.objects.get(account__username="compliance2")
    with acting(Author(account="t", person="T"), "narrow a role", effect="grant a role"):
        grant.chapters = ["transfers"]
        grant.save()
    other = browser("compliance2")
    assert other.get("/information/facts/F1/").status_code == 404
    assert insider(other, "P1").status_code == 403


def test_being_on_a_list_reminds_and_is_acknowledged_once(fact: str, browser: Browser) -> None:
    insider(browser("compliance"), "STAFF-OPERATIONS")
    operations = browser("operations")
    assert [each["fact"] for each in operations.get("/api/information/").json()["reminders"]] == ["F1"]
    assert post(operations, "information/facts/F1/acknowledge/").status_code == 200
    assert post(operations, "information/facts/F1/acknowledge/").status_code == 422
    assert Reminder.objects.get(party_id="STAFF-OPERATIONS").seen_at is not None


def test_everybody_on_the_list_is_reminded_and_nobody_else_can_be(fact: str, browser: Browser) -> None:
    insider(browser("compliance"), "P1")
    post(browser("compliance"), "information/facts/F1/remind/", how="by letter")
    assert set(Reminder.objects.filter(how="by letter").values_list("party_id", flat=True)) == {"P1", "STAFF-COMPLIANCE"}
    assert post(browser("compliance"), "information/facts/F1/remind/", parties=["P9"]).status_code == 422


def test_knowledge_is_corrected_by_another_row_and_never_changed(fact: str, browser: Browser) -> None:
    number = insider(browser("compliance"), "P1").json()["row"]
    corrected = insider(browser("compliance"), "P2", corrects=number, why="it was her sister")
    assert corrected.status_code == 200
    assert {row.party_id for row in FactKnowledge.standing()} == {"P2", "STAFF-COMPLIANCE"}
    assert insider(browser("compliance"), "P3", corrects=number, why="again").status_code == 422, "a corrected row stands no more"
    row = FactKnowledge.objects.get(pk=number)
    row.party_id = "P3"
    with pytest.raises(Unchangeable), acting(Author(account="t", person="T"), "rewrite"):
        row.save()
    with pytest.raises(NotTwoPeople), acting(Author(account="t", person="T"), "remove"):
        row.delete()


def test_a_row_that_was_wrong_altogether_is_taken_back(fact: str, browser: Browser) -> None:
    number = insider(browser("compliance"), "STAFF-OPERATIONS").json()["row"]
    taken = post(browser("compliance"), "information/facts/F1/insiders/", corrects=number, void=True, why="he was not in the room")
    assert taken.status_code == 200
    assert browser("operations").get("/information/facts/F1/").status_code == 404
    assert FactKnowledge.objects.filter(party_id="STAFF-OPERATIONS").count() == 2, "both rows stay"


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"category": "rumour"}, "category"),
        ({"arose_at": "yesterday"}, "arose_at"),
        ({"arose_at": "2099-01-01T00:00"}, "arose_at"),
        ({"fact_id": "a/b"}, "fact_id"),
        ({"fact_id": "F1"}, "fact_id"),
        ({"summary": " "}, "summary"),
        ({"direction": "sideways"}, "direction"),
    ],
)
def test_a_fact_that_cannot_be_is_refused_with_the_field(fact: str, browser: Browser, more: dict[str, str], field: str) -> None:
    good = {"fact_id": "F2", "asset": "ABC", "category": "issuer", "arose_at": BEFORE, "summary": "x"}
    answer = post(browser("compliance"), "information/record/", **{**good, **more})
    assert answer.status_code == 422
    assert set(answer.json()["faults"]) == {field}


def test_nobody_is_on_a_list_twice_or_before_he_learns(fact: str, browser: Browser) -> None:
    insider(browser("compliance"), "P1")
    assert "party_id" in insider(browser("compliance"), "P1").json()["faults"]
    answer = post(
        browser("compliance"), "information/facts/F1/insiders/", party_id="P2", learned_at="2099-01-01T00:00", capacity="issuer"
    )
    assert set(answer.json()["faults"]) == {"learned_at"}


def test_social_media_is_noted_and_frees_nothing(fact: str, browser: Browser) -> None:
    answer = published(browser("compliance"), "social_media")
    assert answer.json()["counts"] is False
    assert Publication.objects.get().channel == "social_media"
    assert browser("operations").get("/api/restricted/").json()["assets"]


def test_a_publication_that_counts_frees_the_asset_when_a_second_person_confirms(fact: str, browser: Browser) -> None:
    number = published(browser("compliance")).json()["proposal"]
    assert browser("operations").get("/api/restricted/").json()["assets"], "not yet"
    assert post(browser("compliance"), f"proposals/{number}/approve/").status_code == 409
    assert post(browser("operations"), f"proposals/{number}/approve/").status_code == 404, "it tells nobody else"
    assert post(browser("supervisor"), f"proposals/{number}/approve/").status_code == 200
    assert browser("operations").get("/api/restricted/").json()["assets"] == []
    assert MaterialFact.objects.get().free_at == datetime(2026, 11, 21, tzinfo=UTC)
    assert published(browser("compliance")).status_code == 422, "no longer open"


def test_a_second_account_is_not_a_second_person(browser: Browser) -> None:
    told = {"fact_id": "F1", "asset": "XYZ", "category": "issuer", "arose_at": BEFORE, "summary": "x"}
    post(browser("supervisor"), "information/record/", **told)
    number = published(browser("supervisor")).json()["proposal"]
    assert post(browser("supervisor-again"), f"proposals/{number}/approve/").status_code == 409


@pytest.mark.parametrize("at", ["2099-01-01T00:00", "2026-11-19T00:00", "soon"])
def test_a_publication_lies_after_the_fact_and_not_ahead(fact: str, browser: Browser, at: str) -> None:
    answer = published(browser("compliance"), at=at)
    assert answer.status_code == 422
    assert set(answer.json()["faults"]) == {"published_at"}


def test_a_fact_that_came_to_nothing_takes_two_people(fact: str, browser: Browser) -> None:
    compliance = browser("compliance")
    assert post(compliance, "information/facts/F1/lapse/", reason_code="dropped").status_code == 422, "says what became of it"
    number = post(compliance, "information/facts/F1/lapse/", reason_code="dropped", reason="talks ended").json()["proposal"]
    assert post(browser("compliance2"), f"proposals/{number}/approve/").status_code == 200
    assert MaterialFact.objects.get().state(datetime.now(UTC)) == "lapsed"


def test_code_cannot_free_a_fact_alone(fact: str) -> None:
    row = MaterialFact.objects.get()
    row.free_at = datetime.now(UTC) - timedelta(days=1)
    with pytest.raises(NotTwoPeople), acting(Author(account="t", person="T"), "free"):
        row.save()


def test_an_asset_is_restricted_by_decision_and_lifted_by_two_people(browser: Browser) -> None:
    compliance, supervisor = browser("compliance"), browser("supervisor")
    asked = {"asset": "abc", "scope": "staff", "reason_code": "business", "why": "a placing is being talked about"}
    number = post(compliance, "restricted/propose/", **asked).json()["proposal"]
    assert supervisor.get("/api/restricted/").json()["assets"] == []
    post(supervisor, f"proposals/{number}/approve/")
    assert browser("sro").get("/api/restricted/").json()["assets"] == [{"asset": "ABC", "scope": "staff"}]
    row = Restriction.objects.get()
    number = post(supervisor, f"restricted/{row.pk}/lift/", reason_code="over", reason="done").json()["proposal"]
    assert post(supervisor, f"proposals/{number}/approve/").status_code == 409
    post(compliance, f"proposals/{number}/approve/")
    assert supervisor.get("/api/restricted/").json()["assets"] == []
    with pytest.raises(NotTwoPeople), acting(Author(account="t", person="T"), "restrict"), transaction.atomic():
        Restriction(asset="Q", since=datetime.now(UTC), why="alone").save()


def test_the_watch_list_is_seen_by_the_control_room_alone(browser: Browser) -> None:
    assert post(browser("compliance"), "restricted/watch/", asset="abc", why="rumours").status_code == 200
    assert [row["asset"] for row in browser("audit").get("/api/restricted/").json()["watched"]] == ["ABC"]
    assert browser("operations").get("/api/restricted/").json()["watched"] == []
    assert "ABC" not in browser("investigator").get("/restricted/").content.decode()
    number = browser("compliance").get("/api/restricted/").json()["watched"][0]["id"]
    assert post(browser("operations"), f"restricted/watch/{number}/end/").status_code == 403
    assert post(browser("compliance"), f"restricted/watch/{number}/end/").status_code == 200
    assert browser("audit").get("/api/restricted/").json()["watched"] == []


@pytest.mark.parametrize("role", ["operations", "audit", "administrator"])
def test_who_may_not_keep_facts(fact: str, browser: Browser, role: str) -> None:
    client = browser(role)
    for at, body in [
        ("information/record/", {"fact_id": "F9", "asset": "A", "category": "issuer", "arose_at": BEFORE, "summary": "x"}),
        ("information/facts/F1/insiders/", {"party_id": "P1"}),
        ("information/facts/F1/remind/", {}),
        ("information/facts/F1/publish/", {"channel": "press", "published_at": BEFORE, "address": "x"}),
        ("information/facts/F1/lapse/", {"reason_code": "dropped", "reason": "x"}),
        ("restricted/propose/", {"asset": "A", "scope": "both", "reason_code": "business", "why": "x"}),
        ("restricted/watch/", {"asset": "A", "why": "x"}),
    ]:
        assert post(client, at, **body).status_code == 403, at


def test_both_languages_show_the_fact(fact: str, browser: Browser) -> None:
    client = browser("compliance")
    assert "内部情報" in client.get("/information/", headers={"accept-language": "ja"}).content.decode()
    page = client.get("/information/facts/F1/", headers={"accept-language": "ja"}).content.decode()
    assert "重要事実" in page
    assert "Inside information" not in page
    assert "Inside information" in client.get("/information/facts/F1/").content.decode()


def test_a_person_without_party_sees_no_fact_and_cannot_ask(fact: str, browser: Browser) -> None:
    person = Person.objects.get(pk="PERSON-OPERATIONS")
    with acting(Author(account="t", person="T"), "take the party away", effect="change a person"):
        person.party_id = ""
        person.save()
    client = Client()
    client.force_login(Account.objects.get(username="operations"))
    assert client.get("/api/information/").json()["rows"] == []
    asked = {"account_id": "A", "asset": "BTC", "side": "buy", "quantity": "1"}
    assert post(client, "clearances/ask/", **asked).status_code == 422
