"""The account-level reference set, all four patterns at once: our rules beside their targets, the peer, and the set's shortcuts.

Run: ``python -m benchmarks.account_abuse``

Scored as the README of the set (SEKISHO_DATA, market/account_abuse) lays down: wash trades and marking the close by execution id,
layering over cancelled and front running over new order ids; ids outside that universe do not count. With links, without
links, and each once more with every quantity set to 1, where nothing can be told from sizes. One-line shortcuts of the set are
perfect for three of the four patterns: a high figure here shows that the wiring works, not that abuse is found.
"""

from __future__ import annotations

import csv
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from benchmarks.layering_quality import sarao
from benchmarks.wash_quality import DATA, _rows, _scores, _with_quantity_one
from sekisho.findings.finding import Finding
from sekisho.findings.inspection import Inspector, Question
from sekisho.records import open_records
from sekisho.records.convert import convert
from sekisho.records.convert.format import Options as ConvertOptions
from sekisho.rulebook import load_rulebook


class Pattern(NamedTuple):
    """One pattern of the set: which rules speak of it, over which ids, the target for F1, and the peer's figures."""

    name: str
    label: str
    rules: tuple[str, ...]
    table: str
    target: str
    peer: str
    shortcut: str


PATTERNS = (
    Pattern(
        "wash trading", "WashTrade", ("unfair_trading/wash_trading", "unfair_trading/matched_orders"), "trade",
        "1.0 / 0.95 without links", "1 / 1 / 1 (links only)", "1.000",
    ),
    Pattern("layering", "SpoofingLayering", ("unfair_trading/layering",), "order", "0.80", "0 / 0 / 0", "1.000"),
    Pattern(
        "marking the close", "MarkingTheClose", ("unfair_trading/marking_the_close",), "trade",
        "0.80", ".119 / .533 / .194", "1.000",
    ),
    Pattern(
        "front running", "FrontRunning", ("unfair_trading/front_running",), "order",
        "0.90", ".644 / .644 / .644", ".125",
    ),
)  # fmt: skip


def main() -> None:
    """Print the tables."""
    source = DATA / "market" / "account_abuse"
    if not source.is_dir():
        print(f"no reference set at {source}; set SEKISHO_DATA")
        return
    wanted, universe = _labels(source)
    print("precision / recall / F1 (ids named)\n")
    print("| books | pattern | ours | target F1 | peer | shortcut F1 |")
    print("| --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory(prefix="sekisho-abuse-") as place:
        ones = _with_quantity_one(source, Path(place) / "ones")
        for name, folder in (("as they are", source), ("every quantity 1", ones)):
            for accounts in ("with_links", "without_links"):
                out = Path(place) / f"{folder.name}-{accounts}"
                convert("account-orders", folder, out, ConvertOptions({"accounts": accounts}))
                told = _told(out)
                for pattern in PATTERNS:
                    ids = {i for rule in pattern.rules for i in told[rule, pattern.table]} & universe[pattern.label]
                    books = f"{name}, {accounts.replace('_', ' ')}"
                    beside = f"{pattern.target} | {pattern.peer} | {pattern.shortcut}"
                    print(f"| {books} | {pattern.name} | {_scores(ids, wanted[pattern.label])} | {beside} |", flush=True)
    print()
    for line in sarao(source / "sarao"):
        print(line)


def _labels(source: Path) -> tuple[Mapping[str, set[str]], Mapping[str, set[str]]]:
    """By pattern: the ids that should be named, and all ids that count."""
    wanted: dict[str, set[str]] = defaultdict(set)
    with (source / "labels.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["scored_in"]:
                wanted[row["pattern"]].add(row["id"])
    executions = {row["trade_id"] for row in _rows(source / "executions.csv.gz")}
    orders = list(_rows(source / "orders.csv.gz"))
    cancelled = {row["order_id"] for row in orders if row["status"] == "Cancelled"}
    new = {row["order_id"] for row in orders if row["status"] == "New"}
    universe = {"WashTrade": executions, "MarkingTheClose": executions, "SpoofingLayering": cancelled, "FrontRunning": new}
    assert set(wanted) <= set(universe), f"patterns of the set: {sorted(wanted)}"
    return wanted, universe


def _told(folder: Path) -> Mapping[tuple[str, str], set[str]]:
    """Ids named, by rule and table; a trade told from both sides joins two execution ids with a plus sign."""
    rules = ",".join(rule for pattern in PATTERNS for rule in pattern.rules)
    with open_records(folder) as records:
        findings = Inspector(load_rulebook(), records).inspect(Question(rules=rules)).findings
    return _by_table(findings)


def _by_table(findings: Iterable[Finding]) -> Mapping[tuple[str, str], set[str]]:
    named: dict[tuple[str, str], set[str]] = defaultdict(set)
    for finding in findings:
        for table, id_ in finding.evidence:
            named[finding.rule, table] |= set(id_.split("+"))
    return named


if __name__ == "__main__":
    main()
