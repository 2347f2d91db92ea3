"""Quality of the rules on client assets and capital: every failure planted in simulated exchanges, and every innocent look-alike.

Run: ``python -m benchmarks.custody_quality [--seeds 101-110] [--severity mixed] [--days 3] [--clean]``

A planted failure counts as found when a finding of its rule speaks of its subject on its days. A finding is invented when no
line of the answer key (planted, or planted under another rule that names this one) stands for it; a look-alike is flagged when
a finding that belongs to nothing planted speaks of its subject on its days.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq

from sekisho.engine.answers import Found
from sekisho.engine.run import Judged, japan_period, run_rule
from sekisho.records import open_records
from sekisho.rulebook import load_rulebook
from sekisho.simulation import Options, simulate

RULEBOOK = load_rulebook()
SCOPE = ("client_assets", "capital")
BY_MOVEMENT = "client_assets/unauthorised_outflow"
"""Judged by the movements it names, not by its subject: ``benchmarks.outflow_quality``."""
ENACTED = {"client_assets/key_system_vendors": "FIEA-ACT64"}
"""Rules that no regime in force holds; they are judged under the one that does."""

STARTS = (date(2026, 5, 7), date(2026, 9, 24), date(2027, 1, 5))
"""First trading days: the weeks of books before them hold Golden Week, the holidays of September, or the turn of the year."""

Key = Mapping[str, object]


@dataclass(slots=True)
class Tally:
    """What came of one pattern, or of one rule."""

    found: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    of: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    findings: Counter[str] = field(default_factory=Counter)
    invented: Counter[str] = field(default_factory=Counter)
    told: list[str] = field(default_factory=list)


def main() -> None:
    """Simulate, judge, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", default="101-110", help="first-last")
    parser.add_argument("--severity", default="mixed")
    parser.add_argument("--days", type=int, default=3)
    parser.add_argument("--history", type=int, default=28)
    parser.add_argument("--accounts", type=int, default=300)
    parser.add_argument("--instruments", type=int, default=4)
    parser.add_argument(
        "--start",
        type=date.fromisoformat,
        default=None,
        help="first trading day; default: by turns after Golden Week, September's holidays, the turn of the year",
    )
    parser.add_argument("--clean", action="store_true", help="nothing planted: every finding is invented")
    options = parser.parse_args()
    first, _, last = options.seeds.partition("-")
    tally, started = Tally(), time.process_time()
    with tempfile.TemporaryDirectory(prefix="sekisho-custody-") as place:
        for seed in range(int(first), int(last or first) + 1):
            folder = Path(place) / str(seed)
            simulate(
                Options(
                    seed=seed,
                    days=options.days,
                    history=options.history,
                    accounts=options.accounts,
                    instruments=options.instruments,
                    severity=options.severity,
                    orders=6_000,
                    clean=options.clean,
                    start=options.start or STARTS[seed % len(STARTS)],
                ),
                folder,
            )
            judge(folder, tally, seed)
    _print(tally, time.process_time() - started)


def judge(folder: Path, tally: Tally, seed: int) -> None:
    """Run every rule of the chapters over one exchange and hold its findings against the answer key."""
    key = pq.read_table(folder / "answer_key.parquet").to_pylist()
    with open_records(folder) as records:
        period = japan_period(records)
        assert period is not None, f"{folder} holds no times"
        for path, rule in RULEBOOK.rules.items():
            if (
                rule.chapter not in SCOPE
                or path == BY_MOVEMENT
                or ("detect" not in rule.questions and "compute" not in rule.questions)
            ):
                continue
            wanted = [line for line in key if line["rule"] == path]
            regime, law_day = RULEBOOK.regime_on(ENACTED.get(path, _regime(path)), period[1])
            run = run_rule(rule, records, Judged(regime=regime, law_day=law_day, as_of=period[1]), period)
            if run.state != "ran":
                assert not wanted, f"{path}: {run.why}, and {len(wanted)} lines of the answer key wait for it"
                continue
            _hold(path, run.found, wanted, _named(key, path), tally, seed)


def _regime(path: str) -> str:
    return "FIEA-ACT64" if path == "capital/adequacy_ratio" else "PSA-2026"


def _named(key: Sequence[Key], path: str) -> list[Key]:
    """Lines of other rules of which this rule may rightly speak, too."""
    return [line for line in key if path in str(line["also"] or "").split(";")]


def _hold(path: str, found: Sequence[Found], wanted: Sequence[Key], named: Sequence[Key], tally: Tally, seed: int) -> None:
    planted = [line for line in wanted if line["kind"] == "planted"]
    tally.findings[path] += len(found)
    stray = []
    for one in found:
        if not any(_speaks(one, line) for line in (*planted, *named)):
            tally.invented[path] += 1
            stray.append(one)
            tally.told.append(
                f"seed {seed} {path} {one.sentence} {one.subject_id} {one.window_from} {one.window_until} {dict(one.facts)}"
            )
    for line in wanted:
        pattern = (path, str(line["kind"]), str(line["pattern"]))
        tally.of[pattern] += 1
        among = found if line["kind"] == "planted" else stray
        seen = any(_speaks(one, line) for one in among)
        tally.found[pattern] += seen
        if seen != (line["kind"] == "planted"):
            tally.told.append(
                f"seed {seed} {line['kind']} {pattern[2]} {line['subjects']} {line['window_from']} {line['window_until']}"
            )


def _speaks(one: Found, line: Key) -> bool:
    """Whether a finding speaks of a line's subject on its days."""
    subjects = str(line["subjects"]).split(";")
    there = one.subject_id in subjects or one.asset in subjects
    return there and one.window_from < line["window_until"] and line["window_from"] < one.window_until  # type: ignore[operator]


def _print(tally: Tally, seconds: float) -> None:
    print("| rule | pattern | found | of |\n| --- | --- | ---: | ---: |")
    for path, kind, pattern in sorted(tally.of, key=lambda each: (each[0], each[1] != "planted", each[2])):
        told = "planted" if kind == "planted" else "look-alike"
        each = (path, kind, pattern)
        print(f"| {path} | {told}: {pattern} | {tally.found[each]} | {tally.of[each]} |")
    planted = [each for each in tally.of if each[1] == "planted"]
    alike = [each for each in tally.of if each[1] != "planted"]
    print(f"\nplanted: {sum(tally.found[e] for e in planted)} of {sum(tally.of[e] for e in planted)} found")
    print(f"look-alikes: {sum(tally.found[e] for e in alike)} of {sum(tally.of[e] for e in alike)} flagged")
    print(f"findings: {tally.findings.total()}, of them {tally.invented.total()} about nothing planted")
    for line in tally.told[:60]:
        print("  " + line)
    print(f"{seconds:.0f} s of CPU")


if __name__ == "__main__":
    main()
