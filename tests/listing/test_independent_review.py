"""Independent review: what has to be vouched for, by whom, and no period that the text does not state."""

from __future__ import annotations

from datetime import date

import pytest

from sekisho.engine.run import Judged, run_rule
from sekisho.records import records_of
from sekisho.rulebook import load_rulebook

RULE = load_rulebook()["listing/independent_review"]
DAY = date(2026, 6, 30)


@pytest.mark.parametrize(
    ("regime", "state"),
    [("PSA-2020", "attested"), ("PSA-2026", "attested"), ("FIEA-ACT64", "attested"), ("PSA-2017", "not_in_regime")],
)
def test_it_is_attested_and_never_counts_as_clean(regime: str, state: str) -> None:
    with records_of({}) as records:
        run = run_rule(RULE, records, Judged(regime=regime, law_day=DAY, as_of=DAY), (DAY, DAY))
    assert (run.state, run.found) == (state, ())


def test_every_measure_of_the_guideline_has_an_item_independent_of_sales() -> None:
    assert {attestation.independent_of for attestation in RULE.attestations} == {"sales"}
    holding = RULE.holding("PSA-2026", DAY)
    assert holding is not None
    cited = {provision.provision for provision in holding.provisions}
    measures = {f"Ⅱ-2-2-1-2(4){number}" for number in "①②③④"}
    assert measures <= cited
    assert len(RULE.attestations) > len(measures)  # ④ asks for two things: independence, and staff who know the field


def test_no_period_is_invented() -> None:
    assert all(attestation.every is None for attestation in RULE.attestations)
    reviewed_again = next(a for a in RULE.attestations if "定期的" in a.item.ja)
    assert "the guideline names none" in reviewed_again.evidence.en


def test_no_anchor_is_claimed_for_what_nothing_refuses_yet() -> None:
    assert RULE.anchors == ()
