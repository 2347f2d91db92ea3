"""An incident: its report, begun from it, written by one, reviewed by another, filed by a third; and its way to the end."""

from __future__ import annotations

from collections.abc import Callable

from console.browser.steps import Office, Seat, fill_what_is_missing
from console.in_browser import needs_chromium

pytestmark = needs_chromium


def test_from_an_incident_to_its_report(sit: Callable[[str], Seat], office: Office) -> None:
    operations = sit("suzuki")
    operations.go("/incidents/open/")
    said = {"title": "Orders not matched", "incident_kind": "system_failure", "severity": "high", "known_by": "P-OPS"}
    operations.send("/incidents/open/new/", summary="The matching engine stood still for an hour.", systems="MATCH-1", **said)
    incident = operations.at
    number = incident.split("/")[-2]
    operations.send("/log/", entry_kind="fact", words="MATCH-1 was out of memory.")
    clock = _clock(operations, incident)
    assert clock["stands"] in ("now", "late", "running")

    writer = sit("tanaka")
    writer.go("/deadlines/")
    writer.send("/deadlines/look/")
    assert _deadline(writer, number)["state"] == "open"
    writer.go(incident)
    assert not operations.offers("/filings/begin/"), "the first line files nothing"
    writer.send("/filings/begin/", kind="incident")
    filing = writer.at
    assert "MATCH-1 was out of memory." in writer.page.locator('#item-facts [name="facts"]').input_value()
    assert writer.page.locator('#item-systems [name="systems"]').input_value() == "MATCH-1"
    writer.click('#form button[name="check"]')
    assert writer.page.locator(".item.wrong").count() > 0, "what nobody knows yet is asked for"
    fill_what_is_missing(writer, business="No orders were matched from 10:00 to 11:00.", personal_data="none")
    writer.click('#form button[name="check"]')
    assert writer.page.locator(".item.wrong").count() == 0
    assert not writer.offers("/review/"), "nobody reviews what he wrote"

    reviewer = sit("ito")
    reviewer.go(filing)
    reviewer.send("/review/", words="read against the log")
    reviewer.send("/propose/", channel="e_gov", receipt_number="KANTO-77", reason_code="required")
    reviewer.click('main a[href^="/proposals/"]')
    assert not reviewer.offers("/approve/")
    head = sit("sato")
    head.go(reviewer.at)
    head.send("/approve/")

    head.go(filing)
    assert "KANTO-77" in head.words()
    assert head.page.locator("h1 .chip.filed").count() == 1
    assert head.json(filing)["filing"]["state"] == "filed"
    kept = office.row("filings_filing", incident_id=number)
    assert (kept["state"], kept["written_by"], kept["reviewed_by"], kept["proposed_by"], kept["approved_by"]) == (
        "filed", "P-CO1", "P-CO2", "P-CO2", "P-CCO",
    )  # fmt: skip

    operations.go(incident)
    assert filing.split("/")[-2] in operations.words("#log")
    clock = _clock(operations, incident)
    assert (clock["stands"], clock["reference"]) == ("sent", "KANTO-77")
    assert office.row("incidents_clock", incident_id=number, code="fault_report")["sent_at"]
    writer.go("/deadlines/")
    writer.send("/deadlines/look/")
    met = _deadline(writer, number)
    assert met["state"] == "met"
    writer.go(met["at"])
    assert met["state_words"] in writer.words()
    assert office.row("deadlines_obligation", name="fault_report")["state"] == "met"


def test_an_incident_is_contained_learned_from_and_closed(sit: Callable[[str], Seat], office: Office) -> None:
    first, second = sit("sato"), sit("kato")
    first.go("/incidents/open/")
    said = {"title": "Wrong prices shown", "incident_kind": "other", "summary": "prices stood still", "known_by": "desk"}
    first.send("/incidents/open/new/", **said)
    incident = first.at
    assert first.page.locator(".clocks.loud li").count() == 1
    first.send("/measures/", code="stop_trading", words="all pairs")
    _approve_the_last(second)
    first.go(incident)
    first.send("/done/", done_by="P-OPS")
    first.send("/sent/", words="the president was told")
    assert first.page.locator(".clocks.loud").count() == 0
    first.send("/state/", button="button[value=contained]", words="trading stands")
    first.send("/checks/", code="tested")
    number = first.json(incident)["checks"][0]["pk"]
    first.send(f"/checks/{number}/", button='button[value="true"]', result="prices run")
    first.send("/state/", button="button[value=recovered]", words="trading again")
    first.send("/lift/", reason="tested")
    _approve_the_last(second)
    first.go(incident)
    first.send("/lessons/", words="a watchdog on prices", owner="P-OPS", due_on="2027-06-30")
    first.send("/close/", reason="all done")
    _approve_the_last(second)
    first.go(incident)
    assert first.page.locator("h1 + p .chip.closed").count() == 1
    assert first.page.locator("#log tbody tr").count() >= 9
    assert office.row("incidents_incident")["state"] == "closed"


def _approve_the_last(seat: Seat) -> None:
    seat.go("/proposals/?state=open")
    seat.click("tbody td a")
    seat.send("/approve/")


def _clock(seat: Seat, incident: str) -> dict[str, str]:
    clocks = seat.json(incident)["clocks"]
    return next(each for each in clocks if each["code"] == "fault_report")


def _deadline(seat: Seat, number: str) -> dict[str, str]:
    rows = seat.json("/deadlines/?state=")["rows"]
    assert rows, "the calendar is empty"
    return next(each for each in rows if number in each["what"] and each["provision"].startswith("G16"))
