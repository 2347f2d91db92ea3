"""The rulebook does not claim more than it knows: status, confidence and sources agree with one another."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sekisho.rulebook import Holding, Parameter, Rule, load_rulebook
from sekisho.rulebook.documents import load_documents

STATUS_OF = {
    "PSA-2017": "in_force",
    "PSA-2020": "in_force",
    "PSA-2026": "in_force",
    "FIEA": "in_force",
    "FIEA-ACT64": "enacted",
    "WG-REPORT": "recommended",
    "WG4-SEED": "proposed",
}


def _holdings() -> Iterator[tuple[Rule, Holding]]:
    for rule in load_rulebook().rules.values():
        for holding in rule.holdings:
            yield rule, holding


def _parameters() -> Iterator[tuple[Rule, Parameter]]:
    for rule in load_rulebook().rules.values():
        for parameter in rule.parameters.values():
            yield rule, parameter


def test_a_proposal_is_never_called_law() -> None:
    for rule, holding in _holdings():
        for regime in holding.regimes:
            assert holding.status == STATUS_OF[regime], (rule.path, regime)


def test_what_is_confirmed_quotes_the_text_it_was_read_in() -> None:
    documents = load_documents()
    for rule, holding in _holdings():
        if holding.confidence != "confirmed":
            continue
        for provision in holding.provisions:
            document = documents[provision.document]
            assert document.statute_file is not None, (rule.path, provision.document, "confirmed without a text")
            assert provision.quote, (rule.path, provision.document, provision.provision)
            assert provision.checked_on is not None


def test_an_act_whose_articles_were_not_read_is_not_confirmed() -> None:
    for rule, holding in _holdings():
        if "FIEA-ACT64" in holding.regimes:
            assert holding.confidence != "confirmed", rule.path
            assert holding.note is not None, rule.path


def test_a_value_of_the_law_has_a_source_in_the_law() -> None:
    for rule, parameter in _parameters():
        for value in parameter.values:
            if parameter.set_by == "law":
                assert value.source.document != "SEKISHO", (rule.path, parameter.name)
                if value.value is not None and load_documents()[value.source.document].statute_file is not None:
                    assert value.source.provision or value.source.document == "ACT64", (rule.path, parameter.name)


def test_a_starting_value_of_the_project_says_what_it_rests_on() -> None:
    for rule, parameter in _parameters():
        for value in parameter.values:
            if value.source.document == "SEKISHO":
                assert parameter.set_by == "firm", (rule.path, parameter.name)
                assert value.source.note, (rule.path, parameter.name)
                assert value.source.confidence == "stated", (rule.path, parameter.name)


def test_an_open_value_is_not_confirmed_to_be_anything() -> None:
    for rule, parameter in _parameters():
        for value in parameter.values:
            if value.value is None and parameter.set_by == "law":
                assert value.source.confidence != "confirmed", (rule.path, parameter.name)


def test_a_consequence_of_the_law_names_its_provision() -> None:
    documents = load_documents()
    for rule, holding in _holdings():
        for consequence in holding.consequences:
            if consequence.confidence == "confirmed" and documents[consequence.document].statute_file is not None:
                assert consequence.provision, (rule.path, consequence.kind)


@pytest.mark.parametrize("question", ["detect", "compute"])
def test_a_rule_that_looks_at_books_says_when_it_may_be_wrong(question: str) -> None:
    for rule in load_rulebook().rules.values():
        if question in rule.questions:
            assert rule.false_positives, rule.path
            assert rule.needs or rule.over == "case", rule.path
