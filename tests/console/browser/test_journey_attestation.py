"""An attestation: vouched for and reviewed by somebody independent, expired a year later as the board sees, and renewed."""

from __future__ import annotations

from collections.abc import Callable

from console.browser.steps import Office, Seat
from console.in_browser import needs_chromium

pytestmark = needs_chromium
ITEM = "client_assets/leak_response#1"
NOT_INDEPENDENT = {"en": "has to be independent", "ja": "独立していなければなりません"}
YEAR = 366 * 24


def test_an_attestation_expires_and_is_renewed(sit: Callable[[str], Seat], office: Office, lang: str) -> None:
    head, owner, reviewer = sit("sato"), sit("tanaka"), sit("abe")
    head.go("/attestations/?q=leak_response%231")
    head.click('tbody a[href^="/attestations/"]')
    item = head.at
    assert head.page.locator(".chip.missing").count() > 0
    head.send("/owner/", owner="P-CO1")
    before = _board(reviewer)

    _hands_in(owner, item, "Drill held on Tuesday: found within nine minutes.")
    assert not owner.offers("/approve/"), "nobody reviews what he attests"
    for account in ("ito", "sato"):
        near = sit(account)
        near.go(item)
        assert not near.offers("/approve/"), "who works in the owner's unit, or stands above him, is not independent"
        waiting = near.page.locator('main a[href^="/proposals/"]').first.get_attribute("href")
        near.go(waiting or "")
        assert not near.offers("/approve/"), "nor does the proposal's own page offer it"
        assert NOT_INDEPENDENT[lang] in near.words(), "and says why"
        assert near.forces(f"{waiting}approve/") == 403
        assert office.row("attestations_item", item_id=ITEM)["next_state"] == "in_review"
    _reviews(reviewer, item)
    in_force = _board(reviewer)
    assert in_force["in_force"] == before["in_force"] + 1
    assert in_force["stands"] == before["stands"] + 1

    office.later(YEAR)
    owner.go(item)
    assert owner.page.locator("h1 + p .chip.expired").count() == 1
    assert owner.page.locator(".notice.bad").count() == 1
    owner.go("/attestations/reminders/")
    assert owner.page.locator(f'main a[href="{item}"]').count() == 1
    expired = _board(reviewer)
    assert (expired["expired"], expired["stands"]) == (before["expired"] + 1, before["stands"])
    assert reviewer.page.locator(f'main a[href="{item}"]').count() == 1, "the board is told which"

    _hands_in(owner, item, "Drill held again: found within seven minutes.")
    _reviews(reviewer, item)
    assert reviewer.page.locator("h1 + p .chip.in_force").count() == 1
    renewed = _board(reviewer)
    assert (renewed["expired"], renewed["stands"]) == (before["expired"], before["stands"] + 1)
    told = reviewer.json(item)
    assert [each["state"] for each in told["history"]] == ["in_force", "superseded"]
    assert told["history"][0]["reviewer"] == "P-AUD"
    kept = office.row("attestations_item", item_id=ITEM)
    assert (kept["result"], kept["next_state"]) == ("met", "")


def _hands_in(owner: Seat, item: str, statement: str) -> None:
    owner.go(item)
    owner.send("/draft/", statement=statement, result="met")
    drill = {"name": "drill.txt", "mimeType": "text/plain", "buffer": statement.encode()}
    owner.page.locator('input[type="file"]').first.set_input_files(files=[drill])
    owner.send("/evidence/", words="record with times")
    owner.send("/submit/")


def _reviews(reviewer: Seat, item: str) -> None:
    reviewer.go(item)
    reviewer.send("/approve/", words="read, and asked the desk")
    reviewer.go(item)


def _board(seat: Seat) -> dict[str, int]:
    """How many are in force and expired, and how many items of the chapter stand, as the board reads it."""
    seat.go("/board/")
    told = seat.json("/board/")
    counts = {each["state"]: int(each["n"]) for each in told["states"]}
    chapter = next(row for row in told["coverage"] if row["chapter"] == "client_assets")
    shown = seat.words("main")
    assert str(chapter["stands"]) in shown
    return {"in_force": counts.get("in_force", 0), "expired": counts.get("expired", 0), "stands": chapter["stands"]}
