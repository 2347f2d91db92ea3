"""Gate and inspection agree: for any history, what the gate let pass is not flagged, and what left against it is."""

from __future__ import annotations

import os
from decimal import Decimal

import pytest

from sekisho.rulebook import load_rulebook
from transfers.twins import Twin, play

SEEDS = range(int(os.environ.get("SEKISHO_TWIN_SEEDS", "2")))

TWINS = (
    Twin("transfers/cooling_off", "WG4-SEED", {"days_new_account": 3, "days_new_address": 1}),
    Twin("transfers/takeover_signs", assumed={"hours_after_change": 96}),
    Twin("transfers/third_party_deposit", assumed={"hours_after_deposit": 48}),
    Twin("transfers/fast_in_and_out", assumed={"hours_max": 36, "share_min": Decimal("0.5"), "value_jpy_min": 50_000}),
    Twin(
        "transfers/out_of_profile",
        assumed={"period_days": 6, "income_ratio_max": 1, "net_worth_ratio_max": 1, "past_ratio_max": 4}
        | {"past_transfers_min": 2, "age_years_min": 80, "aged_value_jpy_min": 1_000_000},
    ),
    Twin("transfers/emptied_account", assumed={"share_min": Decimal("0.02"), "value_jpy_min": 40_000, "hours_first": 60}),
    Twin("transfers/shared_destination", assumed={"clients_min": 4, "period_days": 5}),
    Twin("transfers/shared_device", assumed={"device_clients_min": 3, "ip_clients_min": 5, "period_days": 4}),
    Twin(
        "transfers/mule_account",
        assumed={"period_days": 6, "share_min": Decimal("0.4"), "value_jpy_min": 50_000, "small_jpy_max": 300_000, "sources_min": 2}
        | {"dormant_days": 8, "young_days": 10},
    ),
    Twin("transfers/structuring", assumed={"hours_counted_together": 120, "transfers_min": 2}),
    Twin("transfers/cdd_threshold"),
    Twin("transfers/enhanced_cdd"),
    Twin("transfers/quick_deposit_limit"),
    Twin("transfers/suspicion_hold"),
    Twin("transfers/fraud_warning", "WG4-SEED", {"hours_before": 30}),
    Twin("transfers/purpose_confirmation", "WG4-SEED", {"no_answers": "other"}),
    Twin("transfers/anti_fraud_steps", "WG4-SEED"),
)
"""The rules that play: add a line for one with ``decide`` and ``detect`` over transfers."""


@pytest.mark.parametrize("twin", TWINS, ids=lambda twin: twin.path)
def test_gate_and_inspection_agree(twin: Twin) -> None:
    let_go, broken = 0, 0
    for seed in SEEDS:
        played, flagged = play(twin, seed)
        assert flagged == played.broken, f"seed {seed}: missed {played.broken - flagged}, wrongly flagged {flagged - played.broken}"
        let_go, broken = let_go + len(played.passed | played.waited), broken + len(played.broken)
    # A history in which nothing happens proves nothing.
    assert min(let_go, broken) >= 2 * len(SEEDS), (let_go, broken)


def test_every_rule_of_transfers_with_two_answers_plays() -> None:
    both = {r.path for r in load_rulebook().rules.values() if r.chapter == "transfers" and {"decide", "detect"} <= set(r.questions)}
    assert both <= {twin.path for twin in TWINS}, "add a line to TWINS"
