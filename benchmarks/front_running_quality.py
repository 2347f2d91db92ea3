"""Quality of the rule on front running: on the account-level reference set, and on simulated exchanges with and without a register.

Run: ``python -m benchmarks.front_running_quality [--seeds 401-403] [--days 5]``

The reference set (SEKISHO_DATA, market/account_abuse) is judged by the ids of new orders, as its README lays down, and once more
with every quantity set to 1. Its README says that a large order of it is nearly always part of some scheme (an order of more than
460 units scores .125 here), so that sizes alone do not tell front running; who turns round when, and at which price, does.
The simulated exchanges are judged twice: with the register of who knew of which order, and with that register taken away.
"""

from __future__ import annotations

import argparse
import csv
import tempfile
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq

from benchmarks.wash_quality import DATA, RULEBOOK, _scores, _with_quantity_one
from sekisho.engine.answers import Found
from sekisho.engine.run import Judged, japan_period, run_rule
from sekisho.records import open_records
from sekisho.records.convert import convert
from sekisho.records.convert.format import Options as ConvertOptions
from sekisho.simulation import Options, simulate

RULE = "unfair_trading/front_running"


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", default="401-403", help="first-last")
    parser.add_argument("--days", type=int, default=5)
    options = parser.parse_args()
    first, _, last = options.seeds.partition("-")
    with tempfile.TemporaryDirectory(prefix="sekisho-front-") as place:
        source = DATA / "market" / "account_abuse"
        if source.is_dir():
            _reference_set(source, Path(place))
        else:
            print(f"no reference set at {source}; set SEKISHO_DATA")
        _simulated(range(int(first), int(last or first) + 1), options.days, Path(place))


def _reference_set(source: Path, place: Path) -> None:
    with (source / "labels.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["scored_in"] == "new_order"]
    true = {row["id"] for row in rows if row["pattern"] == "FrontRunning"}
    print(f"account-level reference set, {len(true)} new orders; precision / recall / F1 by order id\n")
    print("| books | front_running |")
    print("| --- | --- |")
    for name, folder in (("as they are", source), ("every quantity 1", _with_quantity_one(source, place / "ones"))):
        for accounts in ("with_links", "without_links"):
            out = place / f"{folder.name}-{accounts}"
            convert("account-orders", folder, out, ConvertOptions({"accounts": accounts}))
            print(f"| {name}, {accounts.replace('_', ' ')} | {_scores(_orders(_found(out)), true)} |")
    print("| the peer's detector, as its authors' evaluation scores it | .644 / .644 / .644 |\n")


def _found(folder: Path) -> tuple[Found, ...]:
    with open_records(folder) as records:
        period = japan_period(records)
        assert period is not None, f"{folder} holds no times"
        judged = Judged(regime="PSA-2026", law_day=date(2026, 11, 23), as_of=period[1])
        return run_rule(RULEBOOK.rules[RULE], records, judged, period).found


def _orders(found: Iterable[Found]) -> set[str]:
    return {e.id for one in found for e in one.evidence if e.table == "order"}


def _simulated(seeds: Iterable[int], days: int, place: Path) -> None:
    print(f"simulated exchanges, {days} days each\n")
    print("| seed | register | planted | found | findings | about nothing planted | look-alikes flagged |")
    print("| ---: | --- | ---: | ---: | ---: | ---: | ---: |")
    for seed in seeds:
        folder = place / f"seed-{seed}"
        simulate(Options(seed=seed, days=days), folder)
        key = pq.read_table(folder / "answer_key.parquet").to_pylist()
        planted, alike = (
            [{e["id"] for e in row["evidence"]} for row in key if row["rule"] == RULE and row["kind"] == kind]
            for kind in ("planted", "look_alike")
        )
        for register in ("kept", "taken away"):
            if register == "taken away":
                (folder / "customer_order_knowledge.parquet").unlink(missing_ok=True)
            proofs = [{e.id for e in one.evidence if e.table in ("order", "trade")} for one in _found(folder)]
            hit = sum(any(not scheme.isdisjoint(proof) for proof in proofs) for scheme in planted)
            flagged = sum(any(not scheme.isdisjoint(proof) for proof in proofs) for scheme in alike)
            false = sum(all(scheme.isdisjoint(proof) for scheme in planted) for proof in proofs)
            print(f"| {seed} | {register} | {len(planted)} | {hit} | {len(proofs)} | {false} | {flagged} of {len(alike)} |")


if __name__ == "__main__":
    main()
