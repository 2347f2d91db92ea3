"""Every kind of filing: its provisions are in the law, a whole content has no fault, and what is missing or wrong is told."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sekisho.console.filings.kinds import KINDS, SECRET
from sekisho.rulebook import load_rulebook
from sekisho.rulebook.provision import Citation
from sekisho.rulebook.statutes import Statutes

LAW = Path(os.environ.get("SEKISHO_DATA", "/nowhere")) / "law"
Whole = Callable[[str], dict[str, Any]]


@pytest.mark.skipif(not LAW.is_dir(), reason="the law texts are not here")
@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_every_provision_an_item_names_is_in_the_law(kind: Any) -> None:
    statutes = Statutes.open(LAW)
    cited = {kind.provision, *(each.provision for item in kind.items for each in (item, *item.columns))} - {""}
    for provision in cited:
        document, _space, place = provision.partition(" ")
        assert statutes.resolve(Citation.parse(document, place)).text, provision


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_what_no_provision_asks_for_is_marked(kind: Any) -> None:
    for item in kind.items:
        for each in (item, *item.columns):
            assert each.provision or not each.verified, each.name
            assert each.title.en, each.name
            assert each.title.ja, each.name


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_what_a_kind_answers_is_an_obligation_of_a_rule(kind: Any) -> None:
    rules = load_rulebook().rules
    for rule, name in kind.answers:
        assert "due" in rules[rule].questions, rule
        source = (rules[rule].folder / "control.py").read_text()
        assert name in source or "duty" in source, (rule, name)


@pytest.mark.parametrize("name", KINDS)
def test_a_whole_content_has_no_fault_and_an_empty_one_names_every_item_that_must_be_there(name: str, whole: Whole) -> None:
    kind = KINDS[name]
    content, refused = kind.cleaned(whole(name))
    assert refused == {}
    assert kind.faults(content) == {}
    assert kind.faults({}).keys() == {item.name for item in kind.items if not item.optional}


@pytest.mark.parametrize(
    ("name", "changed", "fault"),
    [
        ("suspicious-transaction", {"occurred_from": "1 October"}, "occurred_from"),
        ("suspicious-transaction", {"occurred_until": "2026-09-30 09:00"}, "occurred_until"),
        ("suspicious-transaction", {"business": "banking"}, "business"),
        ("suspicious-transaction", {"reason": "怪しい"}, "reason"),
        (
            "suspicious-transaction",
            {"transactions": [{"at": "2026-10-01 09:00", "what": "x", "asset": "BTC", "jpy": "1,000"}]},
            "transactions.0.jpy",
        ),
        ("unfair-trading", {"known_on": "2026-09-30"}, "known_on"),
        ("incident", {"stage": "recovery"}, "recovered_at"),
        ("incident", {"stage": "cause"}, "cause"),
        ("incident", {"began_at": "2026-10-01 10:01"}, "began_at"),
        ("client-property", {"figures_of": "2026-09-29"}, "figures_of"),
        ("client-property", {"period_from": "2026-10-01"}, "period_until"),
        ("capital-ratio", {"ratio": "1.61"}, "ratio"),
        ("capital-ratio", {"free_capital": "1601"}, "free_capital"),
        ("capital-ratio", {"risk": "999"}, "risk"),
        ("capital-ratio", {"deductions": "701", "free_capital": "1399", "ratio": "1.399"}, "plan"),
        ("change-notice", {"planned_on": "2026-10-01"}, "planned_on"),
        ("closure-announced", {"noticed_on": "2026-12-02"}, "noticed_on"),
        ("closure-announced", {"event": "merger"}, "successor"),
        ("closure", {"reason": ""}, "reason"),
        ("misconduct", {"from_on": "2026-10-06"}, "from_on"),
    ],
)
def test_what_is_wrong_is_told_at_its_item(name: str, changed: dict[str, Any], fault: str, whole: Whole) -> None:
    found = KINDS[name].faults({**whole(name), **changed})
    assert list(found) == [fault]
    assert found[fault].en
    assert found[fault].ja


def test_at_the_limits_nothing_is_wrong(whole: Whole) -> None:
    assert KINDS["closure-announced"].faults({**whole("closure-announced"), "noticed_on": "2026-12-01"}) == {}
    at_140 = {"deductions": "700", "free_capital": "1400", "ratio": "1.4"}
    assert KINDS["capital-ratio"].faults({**whole("capital-ratio"), **at_140}) == {}


def test_unknown_items_and_rows_that_are_no_rows_are_refused() -> None:
    kind = KINDS["suspicious-transaction"]
    assert kind.cleaned({"sent": "yes"})[1].keys() == {"sent"}
    assert kind.cleaned({"clients": "P-1"})[1].keys() == {"clients"}
    assert kind.cleaned({"clients": [{}] * 501})[1].keys() == {"clients"}


def test_signs_no_document_can_hold_are_left_out() -> None:
    content, _faults = KINDS["closure"].cleaned({"reason": "a\x00b\x0bc\r\nd"})
    assert content["reason"] == "abc\nd"


def test_only_the_report_of_a_suspicious_transaction_is_confidential() -> None:
    assert SECRET == ("suspicious-transaction",)
