"""Deadlines: rows that looking again leaves alone, late when late, met by a filing or a proof, and an STR's hidden from most."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone, translation

from sekisho.console import urls  # noqa: F401 - reads every area's pages
from sekisho.console.approvals.four_eyes import decide
from sekisho.console.deadlines import ics, looking
from sekisho.console.deadlines.looking import look
from sekisho.console.deadlines.meeting import begin_filing, meet_by_filing, meet_by_proof
from sekisho.console.deadlines.models import Look, Obligation
from sekisho.console.desk.pages import Unfit
from sekisho.console.desk.panels import panels_of
from sekisho.console.filings import life
from sekisho.console.filings.owed import SOURCES, Owed, Source, owes
from sekisho.console.journal.acting import acting
from sekisho.console.journal.models import Change
from sekisho.console.people.actor import Actor, Denied
from sekisho.console.people.models import Account, Conflict
from sekisho.rulebook.texts import Text

Browser = Callable[[str], Client]
TOLD: list[Owed] = []


@pytest.fixture(autouse=True)
def _source() -> Iterator[None]:
    TOLD.clear()
    before = list(SOURCES)
    SOURCES.clear()
    owes(Source(name="trial", gives=lambda day: list(TOLD)))
    with translation.override("en"):
        yield
    SOURCES[:] = before


def actor(name: str) -> Actor:
    return Actor.of(Account.objects.get(username=name), timezone.now())


def owed(key: str = "K", *, due: date | None = None, **more: Any) -> Owed:
    today = timezone.localdate()
    said: dict[str, Any] = {
        "rule": "client_assets/property_report",
        "name": "property_report",
        "title": Text("Report on clients' property", "利用者財産の管理に関する報告書"),
        "chapter": "client_assets",
        "arose_on": today - timedelta(days=20),
        "because": Text("because", "理由"),
        "provision": "CAO 38(1)",
    }
    return Owed(key=key, due_on=due or today + timedelta(days=5), **{**said, **more})


def test_looking_again_changes_nothing(people: dict[str, str]) -> None:
    TOLD.extend([owed("A"), owed("B")])
    assert look(timezone.now()) == {"new": 2, "changed": 0, "void": 0}
    lines = Change.objects.count()
    assert look(timezone.now()) == {"new": 0, "changed": 0, "void": 0}
    assert Change.objects.count() == lines
    assert Look.objects.count() == 1


def test_a_term_that_moves_moves_and_one_no_longer_owed_is_void_and_comes_back(people: dict[str, str]) -> None:
    TOLD.append(owed())
    look(timezone.now())
    moved = timezone.localdate() + timedelta(days=9)
    TOLD[:] = [owed(due=moved)]
    assert look(timezone.now()) == {"new": 0, "changed": 1, "void": 0}
    assert Obligation.objects.get().due_on == moved
    TOLD.clear()
    assert look(timezone.now())["void"] == 1
    TOLD.append(owed(due=moved))
    look(timezone.now())
    assert Obligation.objects.get().state == "open"


def test_what_was_met_stays_met_whatever_the_source_says(people: dict[str, str]) -> None:
    TOLD.append(owed())
    look(timezone.now())
    pk = Obligation.objects.get().pk
    meet_by_proof(actor("compliance"), pk, met_on=timezone.localdate(), proof="receipt 7, safe")
    look(timezone.now())
    TOLD.clear()
    look(timezone.now())
    assert Obligation.objects.get().state == "met"


def test_a_source_that_knows_it_was_done_meets_it(people: dict[str, str]) -> None:
    TOLD.append(owed(met_on=timezone.localdate()))
    look(timezone.now())
    assert (Obligation.objects.get().state, Obligation.objects.get().proof) == ("met", "trial")


def test_what_the_books_owed_long_before_the_office_began_is_not_taken_up_and_what_the_office_owes_is(
    people: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    edge = timezone.localdate() - looking.BEFORE_START
    old = edge - timedelta(days=1)
    of_the_books = [owed("old", due=old), owed("edge", due=edge)]
    monkeypatch.setattr(looking, "_of_the_books", lambda _today: (of_the_books, [], "", None))
    TOLD.append(owed("own", due=old))
    look(timezone.now())
    assert {(row.source, row.due_on) for row in Obligation.objects.all()} == {("rules", edge), ("trial", old)}


@pytest.mark.parametrize(("days", "standing"), [(-1, "late"), (0, "open"), (1, "open")])
def test_late_is_the_day_after(days: int, standing: str, people: dict[str, str]) -> None:
    TOLD.append(owed(due=timezone.localdate() + timedelta(days=days)))
    look(timezone.now())
    assert Obligation.objects.get().standing(timezone.localdate()) == standing


def test_late_is_loud_on_the_page_and_on_the_overview(browser: Browser) -> None:
    TOLD.append(owed(due=timezone.localdate() - timedelta(days=2)))
    look(timezone.now())
    page = browser("compliance").get(reverse("deadlines")).content.decode()
    assert "1 deadline is late" in page
    assert 'role="alert"' in page
    request: Any = RequestFactory().get("/")
    request.actor = actor("compliance")
    told = next(panel for panel in panels_of(request, "overview") if panel["name"] == "deadlines")
    assert len(told["content"]["late"]) == 1


def test_meeting_takes_a_proof(people: dict[str, str]) -> None:
    TOLD.append(owed())
    look(timezone.now())
    pk, today = Obligation.objects.get().pk, timezone.localdate()
    for wrong, said in (
        ({"met_on": today, "proof": " "}, "proof"),
        ({"met_on": today + timedelta(days=1), "proof": "x"}, "to come"),
        ({"met_on": today, "proof": "x", "sha256": "abc"}, "64"),
    ):
        with pytest.raises(Unfit, match=said):
            meet_by_proof(actor("compliance"), pk, **wrong)
    with pytest.raises(Denied):
        meet_by_proof(actor("operations"), pk, met_on=today, proof="x")
    row = Obligation.objects.get()
    row.state, row.met_on = "met", today
    with pytest.raises(IntegrityError), acting(actor("compliance").author, "by hand"), transaction.atomic():
        row.save()
    meet_by_proof(actor("compliance"), pk, met_on=today, proof="receipt", sha256="A" * 64)
    with pytest.raises(Unfit, match="open"):
        meet_by_proof(actor("compliance"), pk, met_on=today, proof="again")


def _file(pk: str) -> None:
    life.validate(actor("compliance"), pk)
    life.review(actor("compliance2"), pk, life.found(pk).version)
    said = {"filed_on": timezone.localdate(), "channel": "paper", "receipt_number": "", "reason_code": "required", "reason": ""}
    decide(actor("supervisor"), life.propose_filing(actor("compliance"), pk, **said).pk, True)


def test_a_filing_begun_for_it_meets_it_once_filed_and_not_before(people: dict[str, str]) -> None:
    TOLD.append(owed(rule="wind_down/closure_notice", name="notification_of_end", chapter="wind_down"))
    look(timezone.now())
    pk = Obligation.objects.get().pk
    filing = begin_filing(actor("compliance"), pk)
    with pytest.raises(Unfit, match="begun already"):
        begin_filing(actor("compliance2"), pk)
    content = {
        "firm_name": "F",
        "firm_address": "A",
        "registered_on": "2020-05-01",
        "ground": "insolvency",
        "extent": "whole",
        "ended_on": "2026-11-01",
    }
    life.write(actor("compliance"), filing.pk, content, 1)
    assert Obligation.objects.get().state == "open"
    _file(filing.pk)
    row = Obligation.objects.get()
    assert (row.state, row.filing_id, row.met_on) == ("met", filing.pk, timezone.localdate())


def test_a_filing_about_the_same_day_meets_it_and_another_fits_by_hand(people: dict[str, str]) -> None:
    arose = timezone.localdate() - timedelta(days=20)
    TOLD.extend(
        [
            owed("same", rule="wind_down/closure_notice", name="notification_of_end", chapter="wind_down"),
            owed(
                "other",
                rule="wind_down/closure_notice",
                name="notification_of_end",
                chapter="wind_down",
                arose_on=arose - timedelta(days=1),
            ),
        ]
    )
    look(timezone.now())
    content = {
        "firm_name": "F",
        "firm_address": "A",
        "registered_on": "2020-05-01",
        "ground": "insolvency",
        "extent": "whole",
        "ended_on": "2026-11-01",
    }
    for day in (arose, None):
        filing = life.begin(actor("compliance"), "closure", day=day)
        life.write(actor("compliance"), filing.pk, content, 1)
        _file(filing.pk)
    left = Obligation.objects.get(state="open")
    assert left.arose_on == arose - timedelta(days=1)
    with pytest.raises(Unfit, match="fitting kind"):
        meet_by_filing(actor("compliance"), left.pk, Obligation.objects.get(state="met").filing_id)
    meet_by_filing(actor("compliance"), left.pk, filing.pk)
    assert not Obligation.objects.filter(state="open").exists()


def _secret() -> Obligation:
    TOLD.append(
        owed(
            "S",
            rule="transfers/str_due",
            name="file",
            title=Text("File a report of a suspicious transaction", "疑わしい取引の届出"),
            chapter="transfers",
            secret=True,
        )
    )
    look(timezone.now())
    return Obligation.objects.get(secret=True)


@pytest.mark.parametrize("who", ["operations", "auditor"])
def test_an_strs_deadline_does_not_exist_for_who_may_not_know(who: str, browser: Browser) -> None:
    row = _secret()
    client = browser(who)
    assert row.pk.startswith("STR-")
    assert client.get(reverse("deadline", args=[row.pk])).status_code == 404
    addresses = (reverse("deadlines"), reverse("deadlines as JSON"), reverse("deadlines as calendar", args=["ics"]))
    for address in addresses:
        told = client.get(address).content.decode()
        assert "uspicious" not in told
        assert row.pk not in told
    told = client.get(f"{reverse('deadlines')}?as=csv")
    assert b"uspicious" not in b"".join(told.streaming_content)
    request: Any = RequestFactory().get("/")
    request.actor = actor(who)
    assert "uspicious" not in str(panels_of(request, "overview"))


def test_who_may_know_sees_an_strs_deadline(browser: Browser) -> None:
    row = _secret()
    assert browser("audit").get(reverse("deadline", args=[row.pk])).status_code == 200
    assert "suspicious" in browser("compliance").get(reverse("deadlines as calendar", args=["ics"])).content.decode()
    with pytest.raises(Unfit, match="No kind"):
        begin_filing(actor("compliance"), row.pk)


def test_a_conflict_of_interest_hides_it(browser: Browser) -> None:
    TOLD.append(owed(parties=("P-9",)))
    look(timezone.now())
    pk = Obligation.objects.get().pk
    client = browser("compliance")
    assert client.get(reverse("deadline", args=[pk])).status_code == 200
    with acting(actor("administrator").author, "declare"):
        Conflict(person=actor("compliance").person, party_id="P-9", why="family", since=date(2020, 1, 1)).save()
    assert client.get(reverse("deadline", args=[pk])).status_code == 404
    with pytest.raises(Denied, match="conflict"):
        meet_by_proof(actor("compliance"), pk, met_on=timezone.localdate(), proof="x")


def test_the_shift_to_business_days_is_shown_and_late_counts_from_the_laws_day(browser: Browser) -> None:
    TOLD.append(owed(due=date(2027, 1, 2)))
    look(timezone.now())
    told = browser("compliance").get(reverse("deadline as JSON", args=[Obligation.objects.get().pk])).json()
    assert told["shift"] == {"is_open": False, "holiday": None, "before": "2026-12-30", "after": "2027-01-04"}
    assert Obligation.objects.get().standing(date(2027, 1, 3)) == "late"


def test_a_deadline_shows_the_text_of_its_rule(browser: Browser) -> None:
    TOLD.append(owed())
    look(timezone.now())
    with acting(actor("compliance").author, "a regime"):
        row = Look.objects.get()
        row.regime = "PSA-2026"
        row.save()
    page = browser("compliance").get(reverse("deadline", args=[Obligation.objects.get().pk])).content.decode()
    assert "対象期間経過後1月以内に金融庁長官に提出しなければならない" in page


@pytest.mark.parametrize(("state", "count"), [("late", 1), ("open", 1), ("met", 1), ("met late", 1), ("void", 1), ("nonsense", 5)])
def test_the_list_is_filtered_by_standing(state: str, count: int, browser: Browser) -> None:
    today = timezone.localdate()
    late, soon = today - timedelta(days=3), today + timedelta(days=3)
    TOLD.extend([owed("1", due=late), owed("2", due=soon), owed("3", due=soon), owed("4", due=late), owed("5", due=soon)])
    look(timezone.now())
    by_key = {key: Obligation.objects.get(pk=looking._key("trial", owed(key))) for key in "345"}
    for key in "34":
        meet_by_proof(actor("compliance"), by_key[key].pk, met_on=today, proof="p")
    TOLD[:] = [each for each in TOLD if each.key != "5"]
    look(timezone.now())
    told = browser("compliance").get(reverse("deadlines as JSON"), {"state": state}).json()
    assert told["count"] == count


def test_the_calendar_file_keeps_to_the_standard(browser: Browser) -> None:
    TOLD.append(owed(title=Text("A, b; c\\d " + "あ" * 60, "日")))
    look(timezone.now())
    response = browser("compliance").get(reverse("deadlines as calendar", args=["ics"]))
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    lines = response.content.split(b"\r\n")
    assert lines[0] == b"BEGIN:VCALENDAR"
    assert lines[-2:] == [b"END:VCALENDAR", b""]
    assert max(len(line) for line in lines) <= 75
    whole = response.content.replace(b"\r\n ", b"").decode()
    assert f"SUMMARY:A\\, b\\; c\\\\d {'あ' * 60}\r\n" in whole
    due = Obligation.objects.get().due_on
    assert f"DTSTART;VALUE=DATE:{due:%Y%m%d}\r\nDTEND;VALUE=DATE:{due + timedelta(days=1):%Y%m%d}" in whole


def test_a_line_exactly_as_long_as_allowed_is_not_folded() -> None:
    made = ics.calendar(
        [ics.Entry("u", date(2026, 11, 29), "x" * 67, "")], datetime(2026, 11, 29, tzinfo=timezone.get_current_timezone())
    )
    assert b"SUMMARY:" + b"x" * 67 + b"\r\n" in made


@pytest.mark.parametrize("month", ["2026-13", "nonsense", "0001-01", "9999-01", ""])
def test_a_month_that_cannot_be_shows_this_one(month: str, browser: Browser) -> None:
    told = browser("compliance").get(reverse("deadlines as JSON"), {"month": month}).json()
    assert told["month"]["name"] == timezone.localdate().strftime("%Y-%m")


def test_looking_is_an_act_of_the_second_line(browser: Browser) -> None:
    TOLD.append(owed())
    address = reverse("look for deadlines as JSON")
    assert browser("operations").post(address, "{}", content_type="application/json").status_code == 403
    assert browser("compliance").post(address, "{}", content_type="application/json").json()["new"] == 1


def test_a_proof_through_json_is_refused_with_one_clear_message(browser: Browser) -> None:
    TOLD.append(owed())
    look(timezone.now())
    address = reverse("prove deadline as JSON", args=[Obligation.objects.get().pk])
    body = {"met_on": "2020-01-01", "proof": ""}
    response = browser("compliance").post(address, json.dumps(body), content_type="application/json")
    assert (response.status_code, list(response.json()["faults"])) == (422, ["proof"])


@pytest.fixture
def books(tmp_path: Path) -> Path:
    """Books of a few days around the end of September, and what was filed about the half-year before."""
    (tmp_path / "customer_balance.csv").write_text(
        "account_id,asset,as_of_date,quantity\nA1,BTC,2026-09-30,1\nA1,BTC,2026-10-01,1\n"
    )
    (tmp_path / "reportable_event.csv").write_text(
        "event_id,kind,known_at,occurred_at,summary,recovered_at,cause_known_at,owner\n"
        "M1,misconduct,2026-09-30T03:00:00Z,,embezzlement,,,compliance\n"
    )
    (tmp_path / "filing.csv").write_text(
        "filing_id,kind,about_on,filed_at,shown_until,document,owner\nF1,property_report,2026-09-30,2026-10-20T03:00:00Z,,,finance\n"
    )
    return tmp_path


def test_the_rules_tell_their_terms_over_the_books_and_a_year_ahead(books: Path, people: dict[str, str], settings: Any) -> None:
    import msgspec

    settings.CHOSEN = msgspec.structs.replace(settings.CHOSEN, books=books)
    at = datetime(2026, 10, 10, 3, tzinfo=UTC)
    assert look(at)["new"] > 0
    rows = {(row.name, row.arose_on): row for row in Obligation.objects.filter(source="rules")}
    filed = rows["property_report", date(2026, 9, 30)]
    assert (filed.due_on, filed.state, filed.met_on) == (date(2026, 10, 31), "met", date(2026, 10, 20))
    assert rows["financial_statements", date(2026, 9, 30)].due_on == date(2026, 11, 30)
    assert rows["property_report", date(2026, 12, 31)].due_on == date(2027, 1, 31)
    assert rows["misconduct_notice", date(2026, 9, 30)].due_on == date(2026, 10, 14)
    silent = {each["rule"]: each["state"] for each in Look.objects.get().silent}
    assert silent["capital/adequacy_ratio"] == "not_in_regime"
    assert silent["reporting/annual_report"] == "not_inspected"
    assert look(at) == {"new": 0, "changed": 0, "void": 0}


def test_without_books_the_page_says_so(browser: Browser) -> None:
    look(timezone.now())
    assert "the office&#x27;s settings name no books" in browser("compliance").get(reverse("deadlines")).content.decode()
