"""Quality on the simulated exchange: precision, recall and F1 of every rule that runs, and how many look-alikes it flags.

Run: ``python -m benchmarks.simulator_quality [--seeds 101-110] [--severity mixed] [--days 5] [--accounts 1000] [--instruments 6]``

Every seed gives another exchange. No threshold was chosen on these seeds. A finding is right when it shares an
order, trade or transfer with a planted scheme of its rule or, for the books of custody and capital, names the same asset
in the same days. Rules that hold only under the Act to come are asked under it, with the waiting period the simulation assumes.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from sekisho.findings.finding import Finding
from sekisho.findings.inspection import Inspector, Question
from sekisho.records import open_records
from sekisho.rulebook import load_rulebook
from sekisho.simulation import Options, simulate

ACT = Question(
    regime="FIEA-ACT64",
    rules="capital/adequacy_ratio,transfers/cooling_off,unfair_trading/insider_dealing,unfair_trading/tipping",
    assume=("transfers/cooling_off.days_new_account=7", "transfers/cooling_off.days_new_address=7"),
)
FLOW = {"order", "order_event", "trade", "transfer"}


@dataclass(slots=True)
class Tally:
    """Counts of one rule over all seeds."""

    findings: int = 0
    right: int = 0
    planted: int = 0
    found: int = 0
    alike: int = 0
    flagged: int = 0

    def row(self, rule: str) -> str:
        """One line of the table."""
        precision = self.right / self.findings if self.findings else float("nan")
        recall = self.found / self.planted if self.planted else float("nan")
        f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
        share = self.flagged / self.alike if self.alike else float("nan")
        counts = f"{self.planted} | {self.findings} | {precision:.3f} | {recall:.3f} | {f1:.3f}"
        return f"| {rule} | {counts} | {self.flagged} of {self.alike} | {share:.1%} |"


def main() -> None:
    """Simulate, inspect and judge every seed; print one line a rule."""
    options = _options()
    first, _, last = options.seeds.partition("-")
    tallies: dict[str, Tally] = {}
    with tempfile.TemporaryDirectory(prefix="sekisho-quality-") as place:
        for seed in range(int(first), int(last or first) + 1):
            folder = Path(place) / f"seed-{seed}"
            shape = Options(
                seed=seed, days=options.days, accounts=options.accounts, instruments=options.instruments, severity=options.severity
            )
            simulate(shape, folder)
            _judge(folder, tallies, verbose=options.verbose)
            print(f"seed {seed} judged", flush=True)
    size = f"{options.days} days, {options.accounts} accounts, {options.instruments} instruments"
    print(f"\nseeds {options.seeds}, {size}, {options.severity}\n")
    print("| rule | planted | findings | precision | recall | F1 | look-alikes flagged | share |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for rule in sorted(tallies):
        print(tallies[rule].row(rule))


def _judge(folder: Path, tallies: dict[str, Tally], *, verbose: bool) -> None:
    key = pq.read_table(folder / "answer_key.parquet").to_pylist()
    with open_records(folder) as records:
        inspector = Inspector(load_rulebook(), records)
        today = inspector.inspect(Question()).findings
        to_come = inspector.inspect(ACT).findings
    for rule in sorted({scheme["rule"] for scheme in key}):
        tally = tallies.setdefault(rule, Tally())
        findings = [f for f in (*today, *to_come) if f.rule == rule]
        for complaint in _count(tally, rule, findings, key):
            if verbose:
                print(f"  {complaint}")


def _count(tally: Tally, rule: str, findings: list[Finding], key: list[dict[str, Any]]) -> Iterator[str]:
    planted = [s for s in key if s["rule"] == rule and s["kind"] == "planted"]
    alike = [s for s in key if s["rule"] == rule and s["kind"] == "look_alike"]
    others = [s for s in key if rule in (s["also"] or "").split(";")]
    right = [f for f in findings if any(_speaks_of(f, s) for s in planted)]
    wrong = [f for f in findings if f not in right and not any(_speaks_of(f, s) for s in others)]
    tally.findings += len(right) + len(wrong)
    tally.right += len(right)
    tally.planted += len(planted)
    tally.alike += len(alike)
    for scheme in planted:
        hit = any(_speaks_of(f, scheme) for f in right)
        tally.found += hit
        if not hit:
            yield f"missed {rule} {scheme['scheme_id']} {scheme['pattern']} at {scheme['severity']}"
    for scheme in alike:
        hit = any(_speaks_of(f, scheme) for f in wrong)
        tally.flagged += hit
        if hit:
            yield f"flagged look-alike {rule} {scheme['scheme_id']} {scheme['pattern']}"
    yield from (f"false {f.summary_en[:160]}" for f in wrong)


def _speaks_of(finding: Finding, scheme: dict[str, Any]) -> bool:
    proof = {(e["table"], e["id"]) for e in scheme["evidence"] or () if e["table"] in FLOW}
    if proof:
        return not proof.isdisjoint((e.table, e.id) for e in finding.evidence)
    same_asset = scheme["asset"] is None or finding.asset in {None, scheme["asset"]}
    start: datetime = scheme["window_from"]
    return same_asset and finding.window_from < scheme["window_until"] and start < finding.window_until


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", default="101-110", help="first-last")
    parser.add_argument("--severity", default="mixed")
    parser.add_argument("--days", type=int, default=5)
    parser.add_argument("--accounts", type=int, default=1000)
    parser.add_argument("--instruments", type=int, default=6)
    parser.add_argument("--verbose", action="store_true", help="name every miss and every false finding")
    return parser.parse_args()


if __name__ == "__main__":
    main()
