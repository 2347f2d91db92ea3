"""The report as a whole: complete, inert, offline, the same bytes for the same books, and light enough to open."""

from __future__ import annotations

import base64
import hashlib
import re
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from report import exchange
from report.reader import Page, read
from sekisho.findings.report import render_report, words
from sekisho.findings.report.page import CARDS_PER_RULE_MAX
from sekisho.records import Records, records_of
from sekisho.rulebook import load_rulebook

HOSTILE = "\"><script>alert(1)</script><img src=x onerror=alert(2)>'"
FORMULA = "=cmd|' /C calc'!A0"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Page:
    return rendered(tmp_path_factory.mktemp("report"))


def rendered(folder: Path, findings: Any = None, books: Records | None = None, **run: Any) -> Page:
    out = folder / "report.html"
    found = exchange.everything() if findings is None else findings
    render_report(out, exchange.run(**run), found, exchange.cards(), books or exchange.books())
    return read(out)


def test_page_is_well_formed_and_its_ids_are_unique(page: Page) -> None:
    ids = [told["id"] for _, told in page.elements if "id" in told]
    assert page.misnested == []
    assert len(ids) == len(set(ids))
    anchors = {told["href"][1:] for tag, told in page.elements if tag == "a" and told["href"].startswith("#")}
    assert anchors <= set(ids)


def test_page_says_what_was_inspected_under_which_law_on_which_day(page: Page) -> None:
    assert "inspected under PSA-2026 for 2 May 2026: 5 findings from 5 rules" in page.said
    assert "PSA-2026 に基づき2026年5月2日時点で検査" in page.said


def test_each_finding_has_sentence_law_values_and_proof(page: Page) -> None:
    for row in exchange.everything().to_pylist():
        assert row["summary_en"] in page.said
        assert row["summary_ja"] in page.said
    assert page.count("article", class_="finding") == 5
    assert "何人も、暗号資産売買等のうちいずれかの取引が繁盛に行われていると他人に誤解させる等の目的をもつて" in page.said
    assert "Payment Services Act, Art. 63-11(2)" in page.said
    assert "資金決済に関する法律 第63条の11第2項" in page.said
    assert "Business improvement order." in page.said
    assert "bc1qhot" in page.said, "the wallet behind the finding is shown as a record"
    assert page.count("span", class_="assumed") >= 2
    assert "Values the law leaves to the firm" in page.said
    assert "Left to the firm by the law" in page.said


@pytest.mark.parametrize(
    "title",
    [
        "Orders of the scheme against the market price", "Who sold to whom within the group",
        "Share outside cold storage, by value",
        "BTC: Ledger against chain", "Highest 6.2 %; the limit is 5 %.", "131 %, below 1 of 3 thresholds.",
    ],
)  # fmt: skip
def test_each_finding_has_the_picture_that_fits_it(page: Page, title: str) -> None:
    assert title in page.said


def test_what_gave_no_answer_is_said_with_its_reason(page: Page) -> None:
    assert "no value for 'days' in regime PSA-2026" in page.said
    assert "not inspected: no fact_knowledge" in page.said


def test_a_late_obligation_is_loud_and_the_others_are_counted_down(page: Page) -> None:
    assert page.count("tr", class_="late") == 1
    assert "4 days late" in page.said
    assert "9 days left" in page.said


def test_nothing_is_asked_from_outside(page: Page) -> None:
    outside = re.findall(r"(?:src|href|srcset|data|poster|action)=\"([^\"]*)\"", page.text)
    assert {address for address in outside if not address.startswith(("#", "https://laws.e-gov.go.jp/", "data:,"))} == set()
    assert not re.search(r"url\(|@import|fetch\(|XMLHttpRequest|WebSocket", page.text)
    [policy] = [told["content"] for tag, told in page.elements if told.get("http-equiv") == "Content-Security-Policy"]
    [script] = re.findall(r"<script>(.*?)</script>", page.text, re.S)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert policy.startswith("default-src 'none'")
    assert f"script-src 'sha256-{digest}'" in policy


def test_what_was_not_tested_is_said_in_both_languages_and_once(tmp_path: Path) -> None:
    warning = "transfers/notice: no travel_rule_notice; what needs it was not tested"
    told = {"rule": "transfers/notice", "title_en": "Notice of a transfer", "title_ja": "移転の通知", "warning": warning}
    page = rendered(tmp_path, warnings=["A what-if.", warning], untested=[{**told, "tables": ["travel_rule_notice"]}])
    assert "A what-if." in page.said
    assert "The books hold no Travel Rule notices: what needs them was not tested (Notice of a transfer)." in page.said
    assert "帳簿にトラベルルールの通知記録がないため、これを要する部分は検査していない（「移転の通知」）。" in page.said
    assert warning not in page.said


def test_every_table_a_rule_may_do_without_has_a_name_in_the_report() -> None:
    assert {table for rule in load_rulebook().matching(None) for table in rule.uses} <= words.RECORDS.keys()


def test_text_from_the_records_is_inert(tmp_path: Path) -> None:
    order_events = [{**row, "order_id": row["order_id"] + HOSTILE, "account_id": FORMULA} for row in exchange.order_events()]
    trades = [{**row, "buy_account_id": HOSTILE + row["buy_account_id"]} for row in exchange.trades()]
    told = exchange.layering()
    hostile = {
        **told, "summary_en": HOSTILE, "summary_ja": HOSTILE, "subject_id": FORMULA, "instrument": "BTC/JPY",
        "parameters": '{"levels_min": "</details><script>1</script>"}',
        "evidence": [{**e, "id": e["id"] + HOSTILE} if e["table"] == "order" else e for e in told["evidence"]],
    }  # fmt: skip
    books = exchange.books(order_event=order_events, trade=trades)
    page = rendered(
        tmp_path, exchange.table(hostile, exchange.wash()), books, warnings=[HOSTILE],
        records={"folder": HOSTILE, "tables": {}},
    )  # fmt: skip
    assert page.misnested == []
    assert page.count("script") == 1
    assert page.count("img") == 0
    assert not [told for _, told in page.elements if any(name.startswith("on") for name in told)]
    assert "Orders of the scheme against the market price" in page.said, "the picture is drawn, its titles inert"
    assert FORMULA in page.said, "text is shown as it is, in a page no spreadsheet opens as a formula"


def test_a_link_that_is_no_web_address_is_not_a_link(tmp_path: Path) -> None:
    cards = exchange.cards()
    rule = "unfair_trading/layering"
    provision = replace(cards[rule].provisions[0], url="javascript:alert(1)")
    cards[rule] = replace(cards[rule], provisions=(provision,))
    render_report(tmp_path / "report.html", exchange.run(), exchange.table(exchange.layering()), cards, exchange.books())
    assert "javascript:" not in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_the_same_books_give_the_same_bytes(tmp_path: Path) -> None:
    first = rendered(tmp_path)
    second = rendered(tmp_path)
    assert first.text == second.text


def test_books_with_missing_tables_still_give_a_report(tmp_path: Path) -> None:
    bare = records_of({"trade": exchange.arrow("trade", exchange.trades())})
    page = rendered(tmp_path, books=bare)
    assert page.count("article", class_="finding") == 5
    assert "Share outside cold storage, by value" not in page.said


def test_no_findings_is_a_report_too(tmp_path: Path) -> None:
    page = rendered(tmp_path, exchange.table())
    assert "0 findings from 5 rules" in page.said
    assert page.said.count("nothing found") == 5


def test_ten_thousand_findings_stay_light(tmp_path: Path) -> None:
    base = exchange.layering()
    many = [{**base, "finding_id": f"F{n:019d}", "score": round(1 - n / 20_000, 4)} for n in range(10_000)]
    began = time.process_time()
    page = rendered(tmp_path, exchange.table(*many))
    assert time.process_time() - began < 30
    assert (tmp_path / "report.html").stat().st_size < 10_000_000
    assert page.count("article", class_="finding") == CARDS_PER_RULE_MAX
    assert page.text.count('<tr class="high" id="f-F') == 10_000 - CARDS_PER_RULE_MAX


def test_colours_have_the_contrast_that_wcag_asks_for(page: Page) -> None:
    style = page.text[page.text.index("<style>") : page.text.index("</style>")]
    schemes = [dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block)) for block in re.findall(r":root \{(.*?)\}", style, re.S)]
    assert len(schemes) == 3
    for colours in schemes:
        for name in ("ink", "muted", "accent", "critical", "high", "medium", "low", "calm"):
            assert contrast(colours[name], colours["paper"]) >= 4.5, name
            assert contrast(colours[name], colours["panel"]) >= 4.5, name
        for name in ("critical", "high", "medium", "low"):
            assert contrast(colours[name], colours[f"{name}-wash"]) >= 4.5, name
            assert contrast(colours["on-severity"], colours[name]) >= 4.5, name
            assert contrast(colours["ink"], colours[f"{name}-wash"]) >= 4.5, name
        for name in ("tone-ink", "tone-muted", "tone-buy", "tone-sell", "tone-alarm", "tone-calm", "line-strong"):
            assert contrast(colours[name], colours["paper"]) >= 3, name
    assert schemes[2] == schemes[0], "print uses the light colours"


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2.2."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    """Relative luminance of a colour written #rrggbb."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_a_clock_stops_on_the_day_the_books_show_the_cure(tmp_path: Path) -> None:
    cured = [{**due, "cured_on": "2026-04-28"} for due in exchange.run()["obligations"]]
    page = rendered(tmp_path, obligations=cured)
    assert page.count("tr", class_="late") == 0
    assert page.said.count("cured in time") == 2
    late = [{**due, "cured_on": "2026-05-12"} for due in exchange.run()["obligations"]]
    page = rendered(tmp_path, obligations=late)
    assert page.count("tr", class_="late") == 2
    assert "1 day late" in page.said
    assert "14 days late" in page.said


@pytest.mark.usefixtures("spark")
def test_both_engines_give_the_same_page(tmp_path: Path) -> None:
    on_spark = rendered(tmp_path, books=exchange.books(engine="spark"))
    assert on_spark.text == rendered(tmp_path).text


def test_money_short_of_its_trust_is_drawn_against_the_principal(tmp_path: Path) -> None:
    balances = [{"account_id": "A1", "asset": "JPY", "as_of_date": day, "quantity": 1_000} for day in exchange.DAYS]
    trust = [{"as_of_date": day, "principal_jpy": 900, "trustee": trustee} for day in exchange.DAYS for trustee in ("T1",)]
    short = {
        **exchange.shortfall(), "rule": "client_assets/reconciliation", "asset": "JPY", "subject_kind": "exchange",
        "evidence": exchange.evidence(("money_trust", "2026-04-28"), ("customer_balance", "A1|JPY|2026-04-28")),
    }  # fmt: skip
    books = exchange.books(customer_balance=balances, money_trust=trust)
    page = rendered(tmp_path, exchange.table(short), books)
    assert "JPY: Customers' money against the trust" in page.said
    assert "Largest shortfall 100 JPY on 28 April 2026" in page.said
