"""Quality on the simulated exchange: precision, recall and F1 of every rule that runs, and how many look-alikes it flags.

Run: ``python -m benchmarks.simulator_quality [--seeds 101-110] [--severity mixed] [--days 5] [--accounts 2000] [--instruments 6]``

Every seed gives another exchange. No threshold was chosen on these seeds. A finding is right when it shares an
order, trade or transfer with a planted scheme of its rule. The rules on client assets and capital are judged by
``benchmarks.custody_quality`` and ``benchmarks.outflow_quality``. Rules that hold only under the Act to come are asked
under it, with the waiting period the simulation assumes, and stabilisation and large transactions under the proposal.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

from sekisho.findings.inspection import Inspector, Question
from sekisho.findings.labels import Judgement, judge, read_labels
from sekisho.records import open_records
from sekisho.rulebook import load_rulebook
from sekisho.simulation import Options, simulate

ACT = Question(
    regime="FIEA-ACT64",
    rules="transfers/cooling_off,unfair_trading/insider_dealing,unfair_trading/tipping",
    assume=("transfers/cooling_off.days_new_account=7", "transfers/cooling_off.days_new_address=7"),
)
ELSEWHERE = ("client_assets/", "capital/")
PROPOSED = Question(regime="WG4-SEED", rules="unfair_trading/stabilisation,unfair_trading/large_transaction")


def main() -> None:
    """Simulate, inspect and judge every seed; print one line a rule."""
    options = _options()
    first, _, last = options.seeds.partition("-")
    judged: dict[str, Judgement] = {}
    with tempfile.TemporaryDirectory(prefix="sekisho-quality-") as place:
        for seed in range(int(first), int(last or first) + 1):
            folder = Path(place) / f"seed-{seed}"
            shape = Options(
                seed=seed, days=options.days, accounts=options.accounts, instruments=options.instruments, severity=options.severity
            )
            simulate(shape, folder)
            _judge(folder, judged, verbose=options.verbose)
            print(f"seed {seed} judged", flush=True)
    size = f"{options.days} days, {options.accounts} accounts, {options.instruments} instruments"
    print(f"\nseeds {options.seeds}, {size}, {options.severity}\n")
    print("| rule | planted | findings | precision | recall | F1 | look-alikes flagged | share |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for rule in sorted(judged):
        print(_row(rule, judged[rule]))


def _judge(folder: Path, judged: dict[str, Judgement], *, verbose: bool) -> None:
    labels = read_labels(folder / "answer_key.parquet")
    with open_records(folder) as records:
        inspector = Inspector(load_rulebook(), records)
        findings = [f for question in (Question(), ACT, PROPOSED) for f in inspector.inspect(question).findings]
    for rule in sorted({label.rule for label in labels if label.rule and not label.rule.startswith(ELSEWHERE)}):
        seed = judge([f for f in findings if f.rule == rule], labels, rule)
        judged[rule] = judged[rule].plus(seed) if rule in judged else seed
        for complaint in _complaints(rule, seed) if verbose else ():
            print(f"  {complaint}")


def _complaints(rule: str, seed: Judgement) -> Iterator[str]:
    yield from (f"missed {rule} {label.name} {label.pattern} at {label.severity}" for label in seed.missed)
    yield from (f"flagged look-alike {rule} {label.name} {label.pattern}" for label in seed.flagged_cases)
    yield from (f"false {f.summary_en[:160]}" for f in seed.wrong)


def _row(rule: str, judged: Judgement) -> str:
    """One line of the table."""
    shares = " | ".join("–" if share is None else f"{share:.3f}" for share in (judged.precision, judged.recall, judged.f1))
    flagged = f"{judged.flagged} of {judged.innocent} | {judged.flagged / judged.innocent:.1%}" if judged.innocent else "– | –"
    return f"| {rule} | {judged.cases} | {judged.findings} | {shares} | {flagged} |"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", default="101-110", help="first-last")
    parser.add_argument("--severity", default="mixed")
    parser.add_argument("--days", type=int, default=5)
    parser.add_argument("--accounts", type=int, default=2000)
    parser.add_argument("--instruments", type=int, default=6)
    parser.add_argument("--verbose", action="store_true", help="name every miss and every false finding")
    return parser.parse_args()


if __name__ == "__main__":
    main()
