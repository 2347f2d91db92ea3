"""Quality of wash trading and matched orders: on the account-level reference set, and pattern by pattern on simulated exchanges.

Run: ``python -m benchmarks.wash_quality [--seeds 201-210] [--severity mixed] [--days 3]``

The reference set (SEKISHO_DATA, market/account_abuse) is judged by execution ids, as its README lays down: with links, without
links, and each once more with every quantity set to 1. Its one-line shortcut for wash trades (an execution with a mirror row)
is perfect; it is printed beside our figures, so a high figure there shows that the wiring works and no more.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import os
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq

from sekisho.engine.answers import Found
from sekisho.engine.run import Judged, japan_period, run_rule
from sekisho.records import open_records
from sekisho.records.convert import convert
from sekisho.records.convert.format import Options as ConvertOptions
from sekisho.rulebook import load_rulebook
from sekisho.simulation import Options, simulate

PROJECT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("SEKISHO_DATA", PROJECT.parent / "shared" / "data"))
RULES = ("unfair_trading/wash_trading", "unfair_trading/matched_orders")
RULEBOOK = load_rulebook()


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", default="201-210", help="first-last")
    parser.add_argument("--severity", default="mixed")
    parser.add_argument("--days", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sekisho-wash-") as place:
        source = DATA / "market" / "account_abuse"
        if source.is_dir():
            _reference_set(source, Path(place))
        else:
            print(f"no reference set at {source}; set SEKISHO_DATA")
        first, _, last = options.seeds.partition("-")
        _simulated(range(int(first), int(last or first) + 1), options.days, options.severity, Path(place))


def _reference_set(source: Path, place: Path) -> None:
    with (source / "labels.csv").open(encoding="utf-8") as file:
        wash = {row["id"] for row in csv.DictReader(file) if row["pattern"] == "WashTrade" and row["scored_in"] == "trade"}
    print(f"account-level reference set, {len(wash)} wash executions; precision / recall / F1 by execution id\n")
    print("| books | wash_trading | matched_orders | either rule |")
    print("| --- | --- | --- | --- |")
    ones = _with_quantity_one(source, place / "ones")
    for name, folder in (("as they are", source), ("every quantity 1", ones)):
        for accounts in ("with_links", "without_links"):
            out = place / f"{folder.name}-{accounts}"
            convert("account-orders", folder, out, ConvertOptions({"accounts": accounts}))
            said = [_executions(found) for found in _found(out)]
            cells = " | ".join(_scores(ids, wash) for ids in (*said, set().union(*said)))
            print(f"| {name}, {accounts.replace('_', ' ')} | {cells} |")
    print(f"| shortcut: an execution with a mirror row | {_scores(_mirrored(source), wash)} | | |")
    print("| the peer's detector, as its authors' evaluation scores it | 1.000 / 1.000 / 1.000 | | |\n")


def _found(folder: Path) -> list[tuple[Found, ...]]:
    """What each of the two rules finds, judged under the law of today."""
    with open_records(folder) as records:
        period = japan_period(records)
        assert period is not None, f"{folder} holds no times"
        judged = Judged(regime="PSA-2026", law_day=date(2026, 11, 23), as_of=period[1])
        return [run_rule(RULEBOOK.rules[rule], records, judged, period).found for rule in RULES]


def _executions(found: Iterable[Found]) -> set[str]:
    """Execution ids; a trade told from both sides joins two with a plus sign."""
    return {part for one in found for e in one.evidence if e.table == "trade" for part in e.id.split("+")}


def _scores(said: set[str], true: set[str]) -> str:
    right = len(said & true)
    precision, recall = right / len(said) if said else 0.0, right / len(true)
    f1 = 2 * precision * recall / (precision + recall) if right else 0.0
    return f"{precision:.3f} / {recall:.3f} / {f1:.3f} ({len(said)} named)"


def _rows(file: Path) -> Iterator[dict[str, str]]:
    with gzip.open(file, "rt", encoding="utf-8", newline="") as text:
        yield from csv.DictReader(text)


def _mirrored(source: Path) -> set[str]:
    """Executions of which a second row tells the same with the accounts exchanged."""
    sides: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for row in _rows(source / "executions.csv.gz"):
        place = (row["timestamp_ns"], row["instrument_id"], row["price"], row["qty"])
        sides[*place, row["account_id"], row["counterparty_account_id"]].append(row["trade_id"])
    return {
        trade
        for (*place, one, other), trades in sides.items()
        if one != other and (*place, other, one) in sides
        for trade in trades
    }


def _with_quantity_one(source: Path, folder: Path) -> Path:
    """The set once more, every quantity 1: nothing can be told from sizes."""
    folder.mkdir()
    for name in ("accounts_with_links.csv", "accounts_without_links.csv", "instruments.csv"):
        (folder / name).write_bytes((source / name).read_bytes())
    for name in ("orders", "executions"):
        rows = _rows(source / f"{name}.csv.gz")
        first = next(rows)
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as text:
            writer = csv.DictWriter(text, list(first), lineterminator="\n")
            writer.writeheader()
            writer.writerow(first | {"qty": "1"})
            writer.writerows(row | {"qty": "1"} for row in rows)
    return folder


def _simulated(seeds: Iterable[int], days: int, severity: str, place: Path) -> None:
    tallies: dict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
    false: Counter[str] = Counter()
    named: Counter[str] = Counter()
    for seed in seeds:
        folder = place / f"seed-{seed}"
        simulate(Options(seed=seed, days=days, severity=severity), folder)
        key = [_scheme(row) for row in pq.read_table(folder / "answer_key.parquet").to_pylist()]
        for rule, found in zip(RULES, _found(folder), strict=True):
            proofs = [{e.id for e in one.evidence if e.table == "trade"} for one in found]
            named[rule] += len(found)
            owed = [trades for of, kind, _, also, trades in key if kind == "planted" and (of == rule or rule in also)]
            false[rule] += sum(all(proof.isdisjoint(trades) for trades in owed) for proof in proofs)
            for of, kind, pattern, _, trades in key:
                if of == rule:
                    hit = any(not proof.isdisjoint(trades) for proof in proofs)
                    tallies[rule, kind, pattern].update(there=1, hit=int(hit))
    print(f"simulated exchanges, {days} days each, severity {severity}\n")
    print("| rule | pattern | found | of |")
    print("| --- | --- | ---: | ---: |")
    for (rule, kind, pattern), tally in sorted(tallies.items(), key=lambda item: (item[0][0], item[0][1] != "planted", item[0][2])):
        print(f"| {rule} | {kind.replace('_', '-')}: {pattern} | {tally['hit']} | {tally['there']} |")
    for rule in RULES:
        print(f"\n{rule}: {named[rule]} findings, {false[rule]} of them about nothing planted")


def _scheme(row: dict[str, object]) -> tuple[str, str, str, str, frozenset[str]]:
    evidence = row["evidence"] or ()
    assert isinstance(evidence, Iterable)
    trades = frozenset(e["id"] for e in evidence if e["table"] == "trade")
    return str(row["rule"]), str(row["kind"]), str(row["pattern"]), str(row["also"] or ""), trades


if __name__ == "__main__":
    main()
