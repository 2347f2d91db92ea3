"""Two regimes: what changes by the rulebook, and what it would do to the books: who waits, and what is protected."""

from __future__ import annotations

from collections.abc import Callable

from console.browser.steps import Office, Seat, fill
from console.in_browser import needs_chromium

pytestmark = needs_chromium


def test_a_regime_is_compared(sit: Callable[[str], Seat], office: Office) -> None:
    head = sit("sato")
    head.go("/rulebook/")
    head.click('main a[href^="/rulebook/difference/"]')
    for name, value in {"before": "PSA-2026", "after": "WG4-SEED"}.items():
        fill(head.page.locator(f'form.filters [name="{name}"]'), value)
    head.click("main form.filters button")
    told = head.json(head.page.url.removeprefix(office.address))
    assert (told["before"], told["after"]) == ("PSA-2026", "WG4-SEED")
    row = head.page.locator("tr", has_text="transfers/cooling_off")
    assert row.count() == 1, "the rule that comes is named"
    assert sum(each["count"] for each in told["counts"] if each["change"] != "same") == head.page.locator("main tbody tr").count()

    head.click('main a[href^="/impact/?before=PSA-2026"]')
    asked = {
        "rules": "transfers/cooling_off,transfers/fraud_warning", "assume": "transfers/cooling_off.days=7",
        "vary": "transfers/cooling_off.days=1,7", "known": "true",
    }  # fmt: skip
    assert head.page.locator('[name="after"]').input_value() == "WG4-SEED"
    head.send("/impact/ask/", study_kind="compare", **asked)
    study = head.at
    assert head.json(study)["study"]["state"] in ("waiting", "running")
    assert head.page.locator("#far[role=status]").count() == 1, "how far it is stands on the page"
    head.page.locator("h2 + .table, .cards .figure").first.wait_for(timeout=180_000)
    assert head.page.locator("h1 .chip.done").count() == 1, "it ends before the eyes of who waits"
    assert head.page.locator("[hx-trigger]").count() == 0, "and asks no further"

    done = head.json(study)
    assert done["study"]["state"] == "done"
    assert office.row("impact_study", key=study.split("/")[-2])["state"] == "done"
    assert done["summary"]["counts"]["appears"] > 0
    shown = head.words()
    assert f"{done['summary']['counts']['appears']:,}" in shown
    gate = done["summary"]["gate"]["after"]
    everything = gate["all"][0]
    assert everything["clients_delayed"] > 0, "somebody waits"
    assert f"{everything['clients_delayed']:,}" in shown
    assert gate["known"] > 0
    assert everything["yen_protected"] is not None

    reader = sit("abe")
    reader.go(study)
    assert not reader.offers("/impact/ask/")
    assert reader.json(study)["summary"]["counts"] == done["summary"]["counts"]
    reader.go("/impact/")
    assert not reader.offers("/impact/ask/"), "who reads does not ask"
