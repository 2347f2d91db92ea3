# ruff: noqa: E501 - SQL and table headings stand whole
"""Quality of outflow forensics: planted outflows found and invented, look-alikes flagged, over ten seeds; ``--speed N``: seconds for N million movements.

Run: ``python -m benchmarks.outflow_quality [--seeds 301-310] [--accounts 600] [--days 3]`` or ``python -m benchmarks.outflow_quality --speed 10``

A planted outflow is found when a finding names one of its movements; a finding is invented when none of its movements belongs to
anything planted. Shortfalls and coins lost inside the own buffer, which the custody books plant, are outflows as well. The
reference beside it is what a spreadsheet does: a payment is suspicious when it names no approval, or one that is not in the table.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from sekisho.engine.run import Judged, japan_period, run_rule
from sekisho.records import open_records
from sekisho.rulebook import load_rulebook
from sekisho.simulation import Options, simulate
from sekisho.simulation.outflow_2024 import write_scenario

RULE = "client_assets/unauthorised_outflow"
RULEBOOK = load_rulebook()
OUTFLOW_KINDS = frozenset({"substituted", "default", "unknown_authorisation", "not_approved", "excess", "other_asset"})


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", default="301-310", help="first-last")
    parser.add_argument("--accounts", type=int, default=600)
    parser.add_argument("--days", type=int, default=3)
    parser.add_argument("--verbose", action="store_true", help="name every miss and every invented finding")
    parser.add_argument("--speed", type=float, help="million movements; measures seconds instead of quality")
    options = parser.parse_args()
    if options.speed is not None:
        _speed(options.speed)
        return
    first, _, last = options.seeds.partition("-")
    rows = []
    with tempfile.TemporaryDirectory(prefix="sekisho-outflow-") as place:
        for seed in range(int(first), int(last or first) + 1):
            folder = Path(place) / str(seed)
            simulate(Options(seed=seed, days=options.days, accounts=options.accounts, orders=2_000), folder)
            rows.append((str(seed), *_judge(folder, options.verbose)))
            print(f"seed {seed} judged", flush=True)
        folder = Path(place) / "ready"
        write_scenario("outflow-2024", folder)
        rows.append(("outflow-2024", *_judge(folder)))
    print(
        "\n| seed | planted | found | findings | invented | look-alikes | flagged | other gaps told | by name alone: found | invented |"
    )
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for row in rows:
        print("| " + " | ".join(map(str, row)) + " |")
    print("| **all** | " + " | ".join(str(sum(int(row[place]) for row in rows)) for place in range(1, 10)) + " |")


def _judge(folder: Path, verbose: bool = False) -> tuple[int, ...]:
    """Planted, found, findings, invented, look-alikes, flagged, gaps, and the reference's found and invented."""
    told = pq.read_table(folder / "answer_key.parquet").to_pylist()
    planted = [row for row in told if _is_outflow(row)]
    alike = [row for row in told if row["rule"] == RULE and row["kind"] == "look_alike"]
    with open_records(folder) as records:
        period = japan_period(records)
        assert period is not None
        regime, law_day = RULEBOOK.regime_on(None, period[1])
        run = run_rule(RULEBOOK.rules[RULE], records, Judged(regime=regime, law_day=law_day, as_of=period[1]), period)
        naive = set(_by_name_alone(folder))
    outflows = [f for f in run.found if f.sentence in OUTFLOW_KINDS]
    named = [{e.id for e in f.evidence if e.table == "chain_movement"} for f in outflows]
    everything = set().union(*named) if named else set()
    proofs = [_movements(row) for row in planted]
    for row, proof in zip(planted, proofs, strict=True):
        if verbose and not proof & everything:
            print("  missed", row["rule"], row["pattern"], row["severity"], row["asset"], row["window_from"])
    for found, each in zip(outflows, named, strict=True):
        if verbose and not any(proof & each for proof in proofs):
            print("  invented", found.sentence, dict(found.facts))
    paid = {row["scheme_id"]: _movements(row) for row in alike}
    return (
        len(planted),
        sum(bool(proof & everything) for proof in proofs),
        len(outflows),
        sum(not any(proof & each for proof in proofs) for each in named),
        len(alike),
        sum(bool(proof & everything) for proof in paid.values()),
        len(run.found) - len(outflows),
        sum(bool(proof & naive) for proof in proofs),
        len(naive - set().union(*proofs)),
    )


def _is_outflow(row: dict[str, object]) -> bool:
    """Planted by this rule, or by another whose case is an outflow as well."""
    also = str(row["also"] or "").split(";")
    return (row["rule"] == RULE and row["kind"] == "planted") or RULE in also


def _movements(row: dict[str, object]) -> set[str]:
    evidence = row["evidence"]
    assert isinstance(evidence, list)
    return {each["id"] for each in evidence if each["table"] == "chain_movement"}


def _by_name_alone(folder: Path) -> list[str]:
    """The reference: payments to strangers that name no approval, or none that the transfers know."""
    return [
        txid
        for (txid,) in duckdb.sql(
            f"""SELECT DISTINCT m.txid FROM '{folder}/chain_movement.parquet' m
            JOIN '{folder}/wallet.parquet' f ON m.from_address = f.address
            LEFT JOIN '{folder}/wallet.parquet' t ON m.to_address = t.address
            LEFT JOIN '{folder}/transfer.parquet' x ON m.authorised_by = x.transfer_id AND x.direction = 'out'
            WHERE t.address IS NULL AND f.holder <> 'own' AND m.to_address <> 'fee' AND x.transfer_id IS NULL"""
        ).fetchall()
    ]


def _speed(millions: float) -> None:
    """Seconds and memory for so many movements: nine in ten approved payments, the others deposits and sweeps; a thousandth lacks its name."""
    number = int(millions * 1_000_000)
    with tempfile.TemporaryDirectory(prefix="sekisho-outflow-") as place:
        folder = Path(place)
        _write_large(folder, number)
        began, cpu = time.perf_counter(), time.process_time()
        with open_records(folder, memory_limit="8GB") as records:
            judged = Judged(regime="PSA-2026", law_day=date(2026, 6, 30), as_of=date(2026, 6, 30))
            opened = time.perf_counter()
            run = run_rule(RULEBOOK.rules[RULE], records, judged, (date(2026, 6, 1), date(2026, 6, 30)))
        done = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(
        f"{number:,} movements: opened and checked {opened - began:.1f} s, rule {done - opened:.1f} s, CPU {time.process_time() - cpu:.1f} s"
    )
    print(
        f"peak memory of the process {peak:.1f} GiB; findings: {[(f.sentence, f.facts.get('transactions') or f.facts['number']) for f in run.found]}"
    )


def _write_large(folder: Path, number: int) -> None:
    """Parquet written by DuckDB: ids and addresses of real length, two thousand wallets, three unapproved payments at the end."""
    start = datetime(2026, 6, 1, tzinfo=UTC).isoformat()
    address, theft = "'bc1q' || md5('{0}' || {1})", number - 3
    duckdb.sql(
        f"""COPY (SELECT 'W' || i AS wallet_id, 'BTC' AS asset, {address.format("w", "i")} AS address,
        CASE WHEN i % 10 = 0 THEN 'cold' ELSE 'hot' END AS tier, 'customer' AS holder, i % 10 <> 0 AS ever_online, 2 AS signers_required,
        3 AS signers_total, NULL::VARCHAR AS custodian FROM range(2000) t(i)) TO '{folder}/wallet.parquet'"""
    )
    step = f"TIMESTAMPTZ '{start}' + to_microseconds((i::HUGEINT * 2500000000000 // {number})::BIGINT)"
    quantity = "((1 + i % 999983)::DECIMAL(18, 0) * 0.00000001::DECIMAL(18, 8))::DECIMAL(38, 18)"
    duckdb.sql(
        f"""COPY (SELECT md5('t' || CASE WHEN i % 10 < 9 THEN i // 4 ELSE i END) || md5('u' || i // 4) AS txid, {step} AS occurred_at, 'BTC' AS asset,
        CASE WHEN i % 10 < 9 OR i % 20 = 9 THEN {address.format("w", "i // 4 % 2000")} ELSE {address.format("s", "i")} END AS from_address,
        CASE WHEN i % 10 < 9 THEN {address.format("c", "i")} ELSE {address.format("w", "(i + 7) % 2000")} END AS to_address,
        {quantity} AS quantity,
        CASE WHEN i % 1000 = 500 OR i % 20 = 19 OR i >= {theft} THEN NULL WHEN i % 10 < 9 THEN 'X' || i ELSE 'M' || i END AS authorised_by
        FROM range({number}) t(i)) TO '{folder}/chain_movement.parquet'"""
    )
    duckdb.sql(
        f"""COPY (SELECT 'X' || i AS transfer_id, {step} - INTERVAL 30 MINUTE AS requested_at, 'A' || i % 100000 AS account_id, 'out' AS direction,
        'BTC' AS asset, {quantity} AS quantity, 1::DECIMAL(38, 18) AS value_jpy, {address.format("c", "i")} AS address, 'unknown' AS counterparty,
        {step} - INTERVAL 10 MINUTE AS released_at, 'completed' AS status
        FROM range({number}) t(i) WHERE i % 10 < 9 AND i < {theft}) TO '{folder}/transfer.parquet'"""
    )


if __name__ == "__main__":
    main()
