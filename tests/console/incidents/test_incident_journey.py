"""An incident from the logs to its closing, through the pages: contained, reported, recovered, learned from, closed by two."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from typer.testing import CliRunner

from console.asking import post
from console.incidents.outflows import opened, outflow
from sekisho.console.approvals.models import Proposal
from sekisho.console.attestations.models import Item
from sekisho.console.commands import app
from sekisho.console.incidents.clocks import running_clocks
from sekisho.console.incidents.models import Clock, Entry, Incident, Measure
from sekisho.console.journal.acting import NotTwoPeople, Unchangeable, Unrecorded, acting
from sekisho.console.journal.models import Change
from sekisho.console.people.actor import Actor
from sekisho.console.people.models import Account, Grant
from sekisho.records import RecordsError

Browser = Callable[[str], Client]


def test_an_outflow_comes_in_with_its_amounts_route_trail_and_clients(browser: Browser) -> None:
    incident = opened(browser)
    assert (incident.amount_jpy, incident.clients, incident.short) == (Decimal(40_000_000), 120, True)
    assert incident.parties == ["P-APPROVED", "P-ASKED", "P-SIGNED"]
    assert incident.assets == [{"asset": "BTC", "quantity": "4"}]
    first = incident.entries.order_by("happened_at")[0]
    assert (first.happened_at, first.words) == (datetime(2026, 6, 1, 4, 2, 11, tzinfo=UTC), "outflow: 4 BTC to bc1qthief.")
    assert [row.value for row in incident.indicators.all()] == ["bc1qthief"]
    page = browser("audit").get(f"/incidents/{incident.pk}/").content.decode()
    assert "Phases" in page
    assert "Detection, stop of withdrawals." in page
    assert 'class="trail"' in page
    assert "reports are due now" in page


def test_clocks_run_as_the_law_says_from_recognition_in_japan_time(browser: Browser) -> None:
    """Two weeks and a month from the 2nd of June; five business days from the outflow on the 1st, a Monday."""
    incident = opened(browser)
    due = {clock.code: clock.due_at and timezone.localdate(clock.due_at).isoformat() for clock in incident.clocks.all()}
    assert due["misconduct_notice"] == "2026-06-16"
    assert due["status_report"] == "2026-07-02"
    assert due["shortfall"] == "2026-06-08"
    assert due["fault_report"] is None
    assert due["ppc" if "ppc" in due else "sro"] is None
    assert {clock.code for clock in incident.clocks.filter(starts_at=None)} == {"recovery_report", "cause_report"}
    at = datetime(2026, 6, 3, tzinfo=UTC)
    assert incident.clocks.get(code="fault_report").stands(at) == "now"
    assert incident.clocks.get(code="status_report").stands(at) == "running"
    assert incident.clocks.get(code="status_report").stands(at + timedelta(days=40)) == "late"


@pytest.mark.parametrize(
    ("known_at", "confidence", "due"),
    [
        ("2026-06-02T10:00", "confirmed", "2026-07-02"),
        ("2024-05-31T14:30", "unverified", "2024-06-30"),
        ("2018-01-26T12:00", "unknown", None),
    ],
)
def test_under_a_regime_whose_texts_were_not_read_no_day_is_named(
    known_at: str, confidence: str, due: str | None, browser: Browser
) -> None:
    given = {"title": "t", "incident_kind": "system_failure", "severity": "high", "summary": "s", "known_by": "k"}
    assert post(browser("operations"), "/incidents/open/new/", **given, known_at=known_at).status_code == 200
    clock = Clock.objects.get(code="status_report")
    assert clock.confidence == confidence
    assert (clock.due_at and timezone.localdate(clock.due_at).isoformat()) == due


def test_the_whole_way_from_detection_to_closing(browser: Browser) -> None:
    incident = opened(browser)
    at, one, two = f"/incidents/{incident.pk}", browser("supervisor"), browser("supervisor2")
    stop = post(one, f"{at}/measures/", code="stop_withdrawals", words="all assets")
    assert stop.status_code == 200, stop.content
    measure = Measure.objects.get()
    assert post(one, f"{at}/measures/{measure.pk}/done/").status_code == 409  # the second has not approved yet
    proposal = Proposal.objects.get(state="open")
    assert post(one, f"/proposals/{proposal.pk}/approve/").status_code == 409
    assert post(two, f"/proposals/{proposal.pk}/approve/").status_code == 200
    assert post(one, f"{at}/measures/{measure.pk}/done/", done_by="custody desk").status_code == 200
    assert post(one, f"{at}/state/", state="contained", words="no coin leaves").status_code == 200

    for clock in incident.clocks.exclude(starts_at=None):
        assert post(one, f"{at}/clocks/{clock.pk}/sent/", words="sent", reference="R-1").status_code == 200
    assert post(one, f"{at}/cause/", cause="a signing laptop was taken over").status_code == 200
    assert post(one, f"{at}/state/", state="recovered", words="x").status_code == 422  # no check was made
    assert post(one, f"{at}/checks/", code="keys_renewed").status_code == 200
    assert post(one, f"{at}/checks/{incident.checks.get().pk}/", passed=False, result="one key is missing").status_code == 200
    assert post(one, f"{at}/state/", state="recovered", words="x").status_code == 422
    assert post(one, f"{at}/checks/{incident.checks.get().pk}/", passed=True, result="all new").status_code == 200
    assert post(one, f"{at}/state/", state="recovered", words="open again").status_code == 200

    unfinished = post(one, f"{at}/close/", reason_code="finished", reason="done")
    assert unfinished.status_code == 422
    assert "2 reports" in unfinished.json()["error"]
    for clock in incident.clocks.filter(sent_at=None):
        assert post(one, f"{at}/clocks/{clock.pk}/sent/", words="sent").status_code == 200
    assert post(one, f"{at}/measures/{measure.pk}/lift/", reason_code="tested", reason="safe").status_code == 200
    assert post(two, f"/proposals/{Proposal.objects.get(state='open').pk}/approve/").status_code == 200
    lesson = {"words": "two devices sign", "lesson_kind": "task", "owner": "PERSON-OPERATIONS", "due_on": "2027-01-31"}
    assert post(one, f"{at}/lessons/", **lesson).status_code == 200
    assert post(one, f"{at}/close/", reason_code="finished", reason="done").status_code == 200
    closing = Proposal.objects.get(state="open")
    assert post(browser("compliance"), f"/proposals/{closing.pk}/approve/").status_code == 403
    assert post(one, f"/proposals/{closing.pk}/approve/").status_code == 409
    assert post(two, f"/proposals/{closing.pk}/approve/").status_code == 200
    incident.refresh_from_db()
    assert incident.state == "closed"
    assert incident.closed_at is not None
    assert post(one, f"{at}/log/", entry_kind="fact", words="later").status_code == 422
    assert post(one, f"{at}/lessons/{incident.lessons.get().pk}/done/", words="bought").status_code == 200


def test_when_the_cause_is_reported_no_state_of_affairs_is_due_any_more(browser: Browser) -> None:
    incident = opened(browser)
    client = browser("supervisor")
    assert post(client, f"/incidents/{incident.pk}/cause/", cause="found").status_code == 200
    clock = incident.clocks.get(code="cause_report")
    assert clock.starts_at is not None
    assert post(client, f"/incidents/{incident.pk}/clocks/{clock.pk}/sent/", words="told").status_code == 200
    assert incident.clocks.get(code="status_report").sent_at is not None


def test_not_reporting_takes_a_supervisor_who_did_not_propose_it(browser: Browser) -> None:
    incident = opened(browser)
    clock = incident.clocks.get(code="police")
    at = f"/incidents/{incident.pk}/clocks/{clock.pk}/waive/"
    assert post(browser("operations"), at, reason_code="no_duty", reason="x").status_code == 403
    assert post(browser("supervisor"), at, reason_code="no_duty", reason="").status_code == 422
    assert post(browser("supervisor"), at, reason_code="no_duty", reason="no crime").status_code == 200
    proposal = Proposal.objects.get(state="open")
    assert post(browser("supervisor-again"), f"/proposals/{proposal.pk}/approve/").status_code == 409
    assert post(browser("compliance2"), f"/proposals/{proposal.pk}/approve/").status_code == 403
    assert post(browser("supervisor2"), f"/proposals/{proposal.pk}/approve/").status_code == 200
    clock.refresh_from_db()
    assert clock.waived_words.endswith("no crime")


def test_the_log_is_added_to_and_never_changed_by_any_way(browser: Browser, people: dict[str, str]) -> None:
    incident = opened(browser)
    author = Actor.of(Account.objects.get(username="compliance"), timezone.now()).author
    entry = Entry.objects.filter(incident=incident).first()
    assert entry is not None
    entry.words = "otherwise"
    with pytest.raises(Unchangeable, match="does not change"), acting(author, "cheat"):
        entry.save()
    with pytest.raises(NotTwoPeople, match="is removed only when a second person approves"), acting(author, "cheat"):
        entry.delete()
    with pytest.raises(Unrecorded):
        Entry.objects.filter(pk=entry.pk).update(words="otherwise")


@pytest.mark.parametrize(
    ("model", "field"), [(Measure, "approved_at"), (Clock, "waived_at"), (Incident, "closed_at")], ids=lambda each: str(each)
)
def test_what_takes_two_people_changes_in_no_other_way(model: Any, field: str, browser: Browser) -> None:
    incident = opened(browser)
    assert post(browser("supervisor"), f"/incidents/{incident.pk}/measures/", code="stop_trading", words="x").status_code == 200
    row = model.objects.first()
    setattr(row, field, timezone.now())
    author = Actor.of(Account.objects.get(username="supervisor"), timezone.now()).author
    with pytest.raises(NotTwoPeople), acting(author, "cheat"):
        row.save()


def test_who_signed_the_outflow_neither_sees_nor_works_on_it(browser: Browser) -> None:
    incident = opened(browser)
    account = Account.objects.get(username="operations")
    with acting(Actor.of(account, timezone.now()).author, "set up", effect="change a person"):
        account.person.party_id = "P-SIGNED"
        account.person.save()
    client = browser("operations")
    assert client.get("/api/incidents/").json()["rows"] == []
    assert client.get(f"/incidents/{incident.pk}/").status_code == 403
    assert client.get(f"/incidents/{incident.pk}/report/?as=pdf").status_code == 403
    assert post(client, f"/incidents/{incident.pk}/log/", entry_kind="fact", words="x").status_code == 403
    assert running_clocks(Actor.of(account, timezone.now()), timezone.now()) == []


def test_who_has_other_chapters_sees_nothing_of_it(browser: Browser) -> None:
    incident = opened(browser)
    account = Account.objects.get(username="compliance2")
    with acting(Actor.of(account, timezone.now()).author, "set up", effect="grant a role"):
        grant = Grant.objects.get(account=account)
        grant.chapters = ["transfers"]
        grant.save()
    client = browser("compliance2")
    assert client.get("/api/incidents/").json()["rows"] == []
    assert client.get(f"/api/incidents/{incident.pk}/").status_code == 403
    assert post(client, f"/incidents/{incident.pk}/measures/", code="other", words="x").status_code == 403


def test_a_reader_reads_and_does_nothing(browser: Browser) -> None:
    incident = opened(browser)
    for role in ("audit", "auditor", "sro", "investigator"):
        client = browser(role)
        assert client.get(f"/incidents/{incident.pk}/").status_code == 200
        assert post(client, f"/incidents/{incident.pk}/log/", entry_kind="fact", words="x").status_code == 403
        assert client.get(f"/incidents/{incident.pk}/stix/").status_code == 403
    assert browser("administrator").get(f"/incidents/{incident.pk}/").status_code == 403


@pytest.mark.parametrize(
    ("content", "event", "said"),
    [
        (b"no json", 1, "is not what"),
        (b'{"events": 3}', 1, "is not what"),
        (outflow(), 9, "tells of no event 9"),
        (outflow(route={}), 1, "is not what"),
    ],
)
def test_a_file_that_is_not_from_the_logs_is_refused_with_one_message(
    content: bytes, event: int, said: str, browser: Browser
) -> None:
    answer = browser("compliance").post(
        "/incidents/open/outflow/", {"file": SimpleUploadedFile("x.json", content), "event": event}, follow=True
    )
    assert said in answer.content.decode()
    assert not Incident.objects.exists()


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"incident_kind": "fire"}, "incident_kind"),
        ({"known_at": "2999-01-01T00:00"}, "known_at"),
        ({"detected_at": "2026-06-03T00:00"}, "detected_at"),
        ({"known_at": "1999-01-01T00:00"}, "known_at"),
        ({"known_at": "noon"}, "known_at"),
        ({"clients": -1}, "clients"),
        ({"chapter": "poetry"}, "chapter"),
        ({"alert": "A-404"}, "alert"),
        ({"title": " "}, "title"),
    ],
)
def test_what_cannot_be_is_refused_by_field(changed: dict[str, Any], field: str, browser: Browser) -> None:
    given = {
        "title": "t",
        "incident_kind": "ddos",
        "severity": "high",
        "summary": "s",
        "known_by": "k",
        "known_at": "2026-06-02T00:00",
    }
    answer = post(browser("operations"), "/incidents/open/new/", **{**given, **changed})
    assert answer.status_code == 422
    assert field in answer.json()["faults"]
    assert not Incident.objects.exists()


def test_correcting_when_it_was_recognised_counts_open_clocks_anew_and_keeps_both(browser: Browser) -> None:
    incident = opened(browser)
    answer = post(
        browser("compliance"), f"/incidents/{incident.pk}/amend/", known_at="2026-06-01T20:00", why="the mail was read then"
    )
    assert answer.status_code == 200, answer.content
    assert timezone.localdate(incident.clocks.get(code="misconduct_notice").due_at).isoformat() == "2026-06-15"
    entry = incident.entries.get(entry_kind="correction")
    assert "2026-06-02 10:00 → 2026-06-01 20:00" in entry.words
    assert Change.objects.filter(kind="incident", field="known_at").count() == 2


def test_a_term_set_by_hand_names_its_text_and_stays(browser: Browser) -> None:
    incident = opened(browser)
    sro = incident.clocks.get(code="sro")
    at = f"/incidents/{incident.pk}/clocks"
    fixed = incident.clocks.get(code="misconduct_notice")
    assert post(browser("compliance"), f"{at}/{fixed.pk}/term/", due_at="2026-06-30T00:00", source="x").status_code == 422
    assert (
        post(browser("compliance"), f"{at}/{sro.pk}/term/", due_at="2026-06-09T17:00", source="協会規則 第9条").status_code == 200
    )
    assert post(browser("compliance"), f"/incidents/{incident.pk}/amend/", known_at="2026-06-01T20:00", why="x").status_code == 200
    sro.refresh_from_db()
    assert (sro.due_at, sro.source, sro.confidence) == (datetime(2026, 6, 9, 8, tzinfo=UTC), "協会規則 第9条", "by hand")
    assert incident.clocks.filter(code="sro").count() == 1


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_the_report_leaves_as_pdf_and_word_with_the_log(lang: str, browser: Browser) -> None:
    import io

    import docx
    import pypdf

    incident = opened(browser)
    client = browser("auditor")
    headers = {"accept-language": lang}
    pdf = pypdf.PdfReader(io.BytesIO(b"".join(client.get(f"/incidents/{incident.pk}/report/?as=pdf", headers=headers))))
    assert "bc1qthief" in "".join(each.extract_text() for each in pdf.pages)
    word = docx.Document(io.BytesIO(b"".join(client.get(f"/incidents/{incident.pk}/report/?as=docx", headers=headers))))
    headings = [each.text for each in word.paragraphs if str(getattr(each.style, "name", "")).startswith("Heading")]
    assert ("伝達の状況" if lang == "ja" else "What was told to whom") in headings
    cells = [cell.text for table in word.tables for row in table.rows for cell in row.cells]
    assert any("bc1qthief" in cell for cell in cells)
    assert client.get(f"/incidents/{incident.pk}/report/?as=exe").status_code == 422
    assert Change.objects.filter(field="report taken").count() == 2


def test_indicators_leave_marked_and_without_amounts_or_clients(browser: Browser) -> None:
    incident = opened(browser)
    client = browser("compliance")
    answer = client.get(f"/incidents/{incident.pk}/stix/?marking=green")
    bundle = answer.json()
    text = answer.content.decode()
    assert {each["type"] for each in bundle["objects"]} >= {"incident", "indicator", "marking-definition"}
    assert "bc1qthief" in text
    assert all(word not in text for word in ("ACC-77", "P-SIGNED", "COLD-1", "40000000", "bc1qfirm"))
    assert client.get(f"/incidents/{incident.pk}/stix/?marking=amber").status_code == 422
    named = client.get(f"/api/incidents/{incident.pk}/stix/", {"description": "the coins of ACC-77"})
    assert named.status_code == 422
    assert "ACC-77" in named.json()["error"]
    assert Change.objects.filter(field="indicators taken").count() == 1


def test_the_firms_own_address_is_never_an_indicator_that_leaves(browser: Browser) -> None:
    incident = opened(browser)
    client = browser("compliance")
    added = {"indicator_kind": "address", "value": "bc1qfirm", "asset": "BTC"}
    assert post(client, f"/incidents/{incident.pk}/indicators/", **added).status_code == 200
    assert client.get(f"/incidents/{incident.pk}/stix/").status_code == 422


def test_a_file_is_kept_by_its_hash_and_who_takes_it_is_written_down(browser: Browser, settings: Any) -> None:
    incident = opened(browser)
    client = browser("compliance")
    answer = client.post(f"/incidents/{incident.pk}/files/", {"file": SimpleUploadedFile("server.log", b"line\n"), "words": "log"})
    assert answer.status_code == 302
    row = incident.files.get(name="server.log")
    taken = browser("auditor").get(f"/incidents/{incident.pk}/files/{row.pk}/")
    assert b"".join(taken) == b"line\n"
    assert "attachment" in taken["Content-Disposition"]
    assert Change.objects.get(kind="file", object=row.sha256).person == "PERSON-AUDITOR"
    (settings.FOLDER / settings.CHOSEN.files / row.sha256[:2] / row.sha256).write_bytes(b"other\n")
    assert browser("auditor").get(f"/incidents/{incident.pk}/files/{row.pk}/").status_code == 422


def test_panels_tell_of_incidents_on_a_case_and_on_the_overview(browser: Browser) -> None:
    from types import SimpleNamespace

    from sekisho.console.desk.panels import panels_of

    incident = opened(browser)
    for account, expected in (("compliance", True), ("administrator", False)):
        asked: Any = SimpleNamespace(actor=Actor.of(Account.objects.get(username=account), timezone.now()))
        today = {each["name"]: each["content"] for each in panels_of(asked, "overview")}
        assert ("incidents" in today) is expected
        assert any(each["name"] == "incidents" for each in panels_of(asked, "case", "CASE-1")) is expected
        if expected:
            assert [row["incident"] for row in today["incidents"]["rows"]] == [incident.pk]
            assert [each["stands"] for each in today["incidents"]["clocks"]][:3] == ["late", "late", "late"]


def test_two_incidents_get_two_numbers(browser: Browser) -> None:
    given = {"title": "t", "incident_kind": "ddos", "severity": "high", "summary": "s", "known_by": "k"}
    numbers = [post(browser("operations"), "/incidents/open/new/", **given).json()["incident"] for _n in range(2)]
    year = timezone.localdate().year
    assert numbers == [f"INC-{year}-0001", f"INC-{year}-0002"]


def test_a_new_incident_opened_from_an_alert_is_linked_and_hides_from_whom_it_concerns(
    browser: Browser, people: dict[str, str]
) -> None:
    from sekisho.console.alerts.models import Alert

    at = timezone.now()
    with acting(Actor.of(Account.objects.get(username="compliance"), at).author, "take in"):
        Alert(
            alert_id="A1",
            rule="client_assets/unauthorised_outflow",
            chapter="client_assets",
            regime="PSA-2026",
            as_of=at.date(),
            severity="high",
            rank=3,
            score=1,
            subject_kind="wallet",
            subject_id="W1",
            window_from=at,
            window_until=at,
            summary_en="4 BTC left W1",
            summary_ja="W1から4 BTCが流出",
            parties=["STAFF-OPERATIONS"],
            raised_at=at,
            due_at=at,
        ).save()
    form = browser("compliance").get("/api/incidents/open/?alert=A1").json()["given"]
    assert (form["incident_kind"], form["alert"]) == ("outflow", "A1")
    assert browser("operations").get("/api/incidents/open/?alert=A1").json()["given"] == {}
    given = {"title": "t", "incident_kind": "outflow", "severity": "high", "summary": "s", "known_by": "k", "alert": "A1"}
    assert post(browser("compliance"), "/incidents/open/new/", **given).status_code == 200
    assert Incident.objects.get().alert_id == "A1"
    assert browser("operations").get("/api/incidents/").json()["rows"] == []


CONFIG = ["--config", os.environ["SEKISHO_CONSOLE"]]


def run(*given: str) -> str:
    """What a command prints; its refusals come as they are."""
    result = CliRunner().invoke(app, [*given, *CONFIG], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def found(tmp_path: Path) -> Path:
    """A file that log forensics wrote."""
    file = tmp_path / "incident.json"
    file.write_bytes(outflow())
    return file


def test_an_incident_is_opened_from_the_logs(found: Path, people: dict[str, str]) -> None:
    number = run(
        "incident", "--from", str(found), "--as", "compliance", "--known-at", "2026-06-02T10:00+09:00", "--lang", "ja"
    ).strip()
    incident = Incident.objects.get(pk=number)
    assert incident.title == "4 BTCの流出"
    assert incident.opened_by == "PERSON-COMPLIANCE"
    assert incident.files.get().name == "incident.json"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"--as": "nobody"}, "no open account"),
        ({"--as": "auditor"}, "roles do not let you"),
        ({"--event": "7"}, "no event 7"),
        ({"--known-at": "yesterday"}, "no moment with a zone"),
        ({"--known-at": "2026-06-02T10:00"}, "no moment with a zone"),
        ({"--from": "/nowhere"}, "cannot be read"),
    ],
)
def test_what_cannot_be_is_refused(changed: dict[str, str], said: str, found: Path, people: dict[str, str]) -> None:
    given = {"--from": str(found), "--as": "compliance", "--lang": "en", **changed}
    with pytest.raises(RecordsError, match=said):
        run("incident", *(word for pair in given.items() for word in pair))
    assert not Incident.objects.exists()


def test_attestations_are_taken_up_told_and_written_as_records(people: dict[str, str], tmp_path: Path) -> None:
    told: dict[str, Any] = json.loads(run("attestations", "--take-up", "--json"))
    assert {each["state"] for each in told["items"]} == {"missing"}
    assert len(told["items"]) == Item.objects.count() > 0
    reminded = [json.loads(line) for line in run("attestations", "--reminders").splitlines()]
    assert {each["why"] for each in reminded} == {"no_owner"}
    run("attestations", "--records", str(tmp_path))
    assert (tmp_path / "assessment.csv").read_text().startswith("assessment_id,item,")
    with pytest.raises(RecordsError, match="is there already"):
        run("attestations", "--records", str(tmp_path))
