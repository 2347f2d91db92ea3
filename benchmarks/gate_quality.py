"""Quality of the gate on simulated exchanges: planted frauds stopped, ordinary transfers stopped, and what each rule costs.

Run: ``python -m benchmarks.gate_quality [--seeds 401-410] [--days 5] [--accounts 2000] [--instruments 6]``

The rules in force stand at the gate with the values of ``FIRM``, which a firm would set; none was chosen on these seeds. A planted
fraud counts as stopped when at least one of its transfers is held or refused, by whatever rule. Ordinary is a transfer that no line
of the answer key names. The waiting periods of the proposal, which hold every new address by design, are counted apart, at 1, 3, 7
and 30 days. The records begin three weeks before trading, so that nobody can be told from a dormant client: that part of the rule
on mules is set out of reach.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from pathlib import Path

from rich.console import Console

from sekisho.findings.gate_cost import Asked, Costs, gate_costs
from sekisho.findings.gate_cost_command import print_costs
from sekisho.findings.labels import Label, read_labels
from sekisho.records import open_records
from sekisho.rulebook import load_rulebook
from sekisho.simulation import Options, simulate

FIRM = (
    "emptied_account.share_min=0.8", "emptied_account.value_jpy_min=500000", "emptied_account.hours_first=72",
    "fast_in_and_out.hours_max=30", "fast_in_and_out.share_min=0.5", "fast_in_and_out.value_jpy_min=100000",
    "mule_account.period_days=3", "mule_account.share_min=0.8", "mule_account.value_jpy_min=100000",
    "mule_account.small_jpy_max=300000", "mule_account.sources_min=3",
    "mule_account.dormant_days=3650", "mule_account.young_days=30",
    "out_of_profile.period_days=30", "out_of_profile.income_ratio_max=1", "out_of_profile.net_worth_ratio_max=1",
    "out_of_profile.past_ratio_max=10", "out_of_profile.past_transfers_min=3", "out_of_profile.age_years_min=80",
    "out_of_profile.aged_value_jpy_min=3000000",
    "shared_destination.clients_min=4", "shared_destination.period_days=7",
    "shared_device.device_clients_min=3", "shared_device.ip_clients_min=50", "shared_device.period_days=7",
    "structuring.hours_counted_together=24", "structuring.transfers_min=3",
    "takeover_signs.hours_after_change=24", "third_party_deposit.hours_after_deposit=48",
)  # fmt: skip
IN_FORCE = Asked(regime="PSA-2026", rules="transfers/*,perimeter/*", assume=tuple(f"transfers/{each}" for each in FIRM))
PROPOSED = Asked(regime="WG4-SEED", rules="transfers/cooling_off", vary=("transfers/cooling_off.days=1,3,7,30",))


def main() -> None:
    """Simulate, ask again and count, seed by seed; then the table of all."""
    options = _options()
    first, _, last = options.seeds.partition("-")
    caught, cases, ordinary, stopped, waiting = Counter[str](), Counter[str](), 0, 0, 0
    for seed in range(int(first), int(last or first) + 1):
        with tempfile.TemporaryDirectory(prefix="sekisho-gate-") as place:
            shape = Options(seed=seed, days=options.days, accounts=options.accounts, instruments=options.instruments)
            simulate(shape, Path(place) / "records")
            labels = read_labels(Path(place) / "records" / "answer_key.parquet")
            with open_records(Path(place) / "records") as records:
                measured = gate_costs(load_rulebook(), records, [IN_FORCE], labels)
                proposed = gate_costs(load_rulebook(), records, [PROPOSED], labels)
        frauds = _frauds(labels)
        (together,) = measured.together
        for label in frauds:
            cases[label.pattern] += 1
            caught[label.pattern] += label.name in together.caught
        ordinary, stopped = ordinary + measured.ordinary, stopped + together.ordinary_stopped
        waiting += proposed.rows[0].ordinary_stopped if proposed.rows else 0
        found = sum(label.name in together.caught for label in frauds)
        print(
            f"seed {seed}: {found} of {len(frauds)} stopped, {together.ordinary_stopped} of {measured.ordinary} ordinary",
            flush=True,
        )
        if options.verbose:
            _tell(measured, proposed, [label for label in frauds if label.name not in together.caught])
    print(f"\nseeds {options.seeds}, {options.days} days, {options.accounts} accounts\n")
    print("| planted | stopped | of |\n| --- | ---: | ---: |")
    for pattern in sorted(cases):
        print(f"| {pattern} | {caught[pattern]} | {cases[pattern]} |")
    print(f"| **all** | {caught.total()} | {cases.total()} |")
    print(f"\nplanted frauds stopped: {caught.total() / cases.total():.3f}")
    print(f"ordinary transfers stopped: {stopped} of {ordinary} ({stopped / ordinary:.2%})")
    print(f"a waiting period for new accounts and addresses alone stops {waiting} ordinary transfers ({waiting / ordinary:.2%})")


def _frauds(labels: list[Label]) -> list[Label]:
    """Planted stories of the chapter, those of the waiting period aside, which hurry past what is not law yet."""
    of_chapter = (label for label in labels if label.guilty and label.rule is not None and label.rule.startswith("transfers/"))
    return [label for label in of_chapter if label.rule != "transfers/cooling_off"]


def _tell(measured: Costs, proposed: Costs, missed: list[Label]) -> None:
    console = Console(width=110)
    print_costs(measured, console, "In force: ")
    print_costs(proposed, console, "Proposed: ")
    for label in missed:
        console.print(f"missed {label.rule} {label.pattern} at {label.severity}", highlight=False)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", default="401-410", help="first-last")
    parser.add_argument("--days", type=int, default=5)
    parser.add_argument("--accounts", type=int, default=2000)
    parser.add_argument("--instruments", type=int, default=6)
    parser.add_argument("--verbose", action="store_true", help="print the cost of each rule and what was missed, for every seed")
    return parser.parse_args()


if __name__ == "__main__":
    main()
