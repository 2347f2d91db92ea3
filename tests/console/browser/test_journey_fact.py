"""A material fact: its insider list, a staff trade refused, publication by two people, the time to wait, and the trade cleared."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from console.browser.steps import Office, Seat
from console.in_browser import needs_chromium

pytestmark = needs_chromium
FACT = "/information/facts/F1/"
WISH = {"account_id": "A-OPS", "side": "buy", "quantity": "1.5", "asset": "XYZ"}


def _ago(hours: float) -> str:
    return (datetime.now(UTC) - timedelta(hours=hours)).astimezone(ZoneInfo("Asia/Tokyo")).strftime("%Y-%m-%dT%H:%M")


def test_from_a_fact_to_a_clearance(sit: Callable[[str], Seat], office: Office) -> None:
    officer = sit("tanaka")
    officer.go("/information/")
    told = {
        "fact_id": "F1",
        "asset": "XYZ",
        "category": "exchange",
        "arose_at": _ago(48),
        "summary": "XYZ will no longer be handled",
    }
    officer.send("/information/record/", **told)
    assert officer.at == FACT
    insider = {"party_id": "STAFF-SUZUKI", "learned_at": _ago(47), "capacity": "exchange", "how": "prepares the wallets"}
    officer.send("/insiders/", **insider)

    insider_seat, outsider = sit("suzuki"), sit("mori")
    insider_seat.go(FACT)
    insider_seat.send("/acknowledge/")
    assert not insider_seat.offers("/acknowledge/")
    assert office.row("registers_reminder", party_id="STAFF-SUZUKI")["seen_at"]
    assert outsider.go(FACT).status == 404, "for who does not know the fact it is not there"
    first = _asks(insider_seat)
    assert _forbidding(insider_seat) >= 2, "the list and his own knowledge"
    second = _asks(outsider)
    assert _forbidding(outsider) == 1, "the list alone"
    assert "F1" not in outsider.words(".table"), "which fact it is he is not told"
    officer.go(first)
    assert "F1" in officer.words(), "who decides is told which fact it is"
    assert not officer.offers("/clear/"), "what the rules forbid nobody clears"
    assert officer.forces(f"{first}clear/") == 422
    for asked in (first, second):
        officer.go(asked)
        officer.send("/refuse/", words="there is an open fact")
    insider_seat.go(first)
    assert insider_seat.page.locator("h1 .chip.refuse").count() == 1
    assert office.row("registers_clearance", person_id="P-OPS")["state"] == "refused"

    officer.go(FACT)
    officer.send("/publish/", channel="social_media", published_at=_ago(3), address="a post of somebody")
    assert officer.json(FACT)["is_open"], "a post frees nothing"
    officer.send("/publish/", channel="exchange_website", published_at=_ago(2), address="https://ex.example/notice/1")
    assert officer.json(FACT)["is_open"], "one person alone frees nothing"
    officer.click('main a[href^="/proposals/"]')
    assert not officer.offers("/approve/")
    head = sit("sato")
    head.go(officer.at)
    head.send("/approve/")
    head.go(FACT)
    assert not head.json(FACT)["is_open"]
    assert office.row("registers_materialfact", fact_id="F1")["free_at"]

    waiting = _asks(insider_seat)
    assert _forbidding(insider_seat) == 1, "public, but the firm's time to wait is not over"
    insider_seat.send("/withdraw/")
    office.later(11)
    cleared = _asks(insider_seat)
    assert _forbidding(insider_seat) == 0
    assert not insider_seat.offers("/clear/"), "nobody clears himself"
    assert insider_seat.forces(f"{cleared}clear/") == 403
    head.go(cleared)
    head.send("/clear/", words="public since yesterday")
    insider_seat.go(cleared)
    assert insider_seat.page.locator("h1 .chip.done").count() == 1
    assert insider_seat.json(cleared)["clearance"]["state"] == "cleared"
    kept = [office.row("registers_clearance", id=int(each.split("/")[-2])) for each in (first, second, waiting, cleared)]
    assert [each["state"] for each in kept] == ["refused", "refused", "withdrawn", "cleared"]
    assert kept[3]["decided_by"] == "P-CCO"


def _asks(seat: Seat) -> str:
    seat.go("/clearances/")
    seat.send("/clearances/ask/", **WISH)
    return seat.at


def _forbidding(seat: Seat) -> int:
    return seat.page.locator("tbody .chip.refuse").count()
