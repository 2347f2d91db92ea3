"""From an alert to a case to a report of a suspicious transaction that one writes, another reviews, and two others have filed."""

from __future__ import annotations

from collections.abc import Callable

from console.browser.steps import Office, Seat, fill_what_is_missing
from console.in_browser import needs_chromium

pytestmark = needs_chromium
REASON = (
    "同一人が売買の双方となる取引を繰り返しており、疑わしい取引に当たる。 The same person stood on both sides, again and again."
)


def test_from_an_alert_to_a_filed_report(sit: Callable[[str], Seat], office: Office) -> None:
    writer = sit("tanaka")
    writer.go("/alerts/")
    writer.click('a[href^="/alerts/F"]')
    alert = writer.at
    number = alert.split("/")[-2]
    writer.send("/claim/")
    assert office.row("alerts_alert", alert_id=number)["assignee"] == "P-CO1"
    writer.click(f'a[href="/cases/new/?alert={number}"]')
    writer.send("/cases/open/", title="Both sides of a trade", words="seen in the queue")
    case = writer.at
    writer.go(alert)
    writer.click(f'#panel-case a[href="{case}"]')
    writer.send("/note/", words="The orders came from one device.")
    writer.send("/filings/begin/", kind="suspicious-transaction")
    filing = writer.at
    fill_what_is_missing(writer, reason=REASON)
    writer.click('#form button[name="check"]')
    assert writer.page.locator(".item.wrong").all_inner_texts() == []
    assert not writer.offers("/review/"), "nobody reviews what he wrote"

    assert sit("suzuki").page.request.get(filing).status in (403, 404), "the first line learns nothing of it"

    sit("ito").go(filing)
    sit("ito").send("/review/")
    head = sit("sato")
    head.go(filing)
    head.send("/propose/", channel="paper", receipt_number="JAFIC-2026-1", reason_code="required", reason="no doubt left")
    head.click('main a[href^="/proposals/"]')
    proposal = head.at
    assert not head.offers("/approve/"), "nobody approves what he proposed"
    assert head.forces(f"{proposal}approve/") == 409

    twin = sit("sato-again")
    twin.go(proposal)
    assert not twin.offers("/approve/"), "nor with another account of his"
    assert twin.forces(f"{proposal}approve/") == 409
    assert office.row("filings_filing", filing_id=filing.split("/")[-2])["state"] == "reviewed"

    other = sit("kato")
    other.go(proposal)
    other.send("/approve/", words="as it stands")
    other.go(filing)
    assert other.page.locator("h1 .chip.filed").count() == 1
    assert "JAFIC-2026-1" in other.words()
    assert other.json(filing)["filing"]["receipt_number"] == "JAFIC-2026-1"
    kept = office.row("filings_filing", filing_id=filing.split("/")[-2])
    assert (kept["state"], kept["written_by"], kept["reviewed_by"], kept["proposed_by"], kept["approved_by"]) == (
        "filed", "P-CO1", "P-CO2", "P-CCO", "P-RISK",
    )  # fmt: skip
    writer.go(case)
    assert writer.page.locator(f'main a[href="{filing}"]').count() > 0
