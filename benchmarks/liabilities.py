"""Proof of liabilities: published vectors, attacks, and time, memory and bytes at the size of an exchange.

Run: ``python -m benchmarks.liabilities [--quick] [--only vectors,attacks,sizes,command]``

Vectors and attacks need the public files (SEKISHO_DATA, custody/merkle). Each tree is built in its own process: seconds are wall
time of ``build`` alone (balances are in memory, as arrays), CPU seconds are of both cores, memory is the highest the process
held, balances included. Proof sizes and times are those of 500 clients spread over the tree. The reference is the plainest sum
tree Python allows: one asset, one SHA-256 per leaf and node, no shares, no privacy, nothing kept for proofs.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.liabilities_attacks import attacks
from sekisho.liabilities import plain_tree
from sekisho.liabilities.codec import Asset, Terms
from sekisho.liabilities.tree import Amounts, build
from sekisho.liabilities.verify import verify

PROJECT = Path(__file__).resolve().parent.parent
MERKLE = Path(os.environ.get("SEKISHO_DATA", PROJECT.parent / "shared" / "data")) / "custody" / "merkle"
SIZES = (
    ("2^17 x 1, all held", 1 << 17, 1, "dense"),
    ("2^20 x 1, all held", 1 << 20, 1, "dense"),
    ("1 M x 20, each holds about 3", 1_000_000, 20, "sparse"),
    ("1 M x 20, each holds all", 1_000_000, 20, "dense"),
    ("1 M x 20, each holds all, 1,000 times as much", 1_000_000, 20, "heavy"),
    ("1 M x 20, each holds all, at 18 places", 1_000_000, 20, "places"),
    ("10 M x 5, each holds all", 10_000_000, 5, "dense"),
)
QUICK = tuple((f"50,000 x 20, {kind}", 50_000, 20, kind) for kind in ("sparse", "dense"))
SAMPLE = 500


def main() -> None:
    """Print what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", default="vectors,attacks,sizes,command")
    parser.add_argument("--one", nargs=3, metavar=("CLIENTS", "ASSETS", "KIND"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        clients, assets, kind = options.one
        print(json.dumps(_plain(int(clients)) if kind == "plain" else _measured(int(clients), int(assets), kind)))
        return
    only = options.only.split(",")
    if "vectors" in only:
        _vectors()
    if "attacks" in only:
        _attacks()
    if "sizes" in only:
        _sizes(QUICK if options.quick else SIZES, 50_000 if options.quick else 1_000_000)
    if "command" in only:
        _command(50_000 if options.quick else 1_000_000)


def _vectors() -> None:
    folder = MERKLE / "rfc6962"
    if not folder.is_dir():
        print(f"no vectors at {folder}; set SEKISHO_DATA\n")
        return
    right = count = 0
    for file in sorted(folder.rglob("*.json")):
        told = json.loads(file.read_text(encoding="utf-8"))
        count += 1
        right += _says(file.relative_to(folder).parts[0], told) is not told["wantErr"]
    print(f"RFC 6962 vectors: {right} / {count}\n")


def _says(kind: str, told: dict[str, Any]) -> bool:
    proof = [base64.b64decode(p) for p in told["proof"] or ()]
    h = {name: base64.b64decode(told[name]) for name in ("root", "leafHash", "root1", "root2") if name in told}
    if kind == "inclusion":
        return plain_tree.includes(h["root"], told["treeSize"], told["leafIdx"], h["leafHash"], proof)
    if kind == "consistency":
        return plain_tree.extends(h["root1"], told["size1"], h["root2"], told["size2"], proof)
    if kind == "subtreeinclusion":
        return plain_tree.subtree_includes(h["root"], told["start"], told["end"], told["leafIdx"], h["leafHash"], proof)
    return plain_tree.subtree_consistent(h["root1"], told["start"], told["end"], h["root2"], told["size"], proof)


def _attacks() -> None:
    outcomes = list(attacks(MERKLE if MERKLE.is_dir() else None))
    words = {True: "seen", False: "accepted", None: "–"}
    print("| attack | Sekisho | by | OKX V1 logic |")
    print("| --- | --- | --- | --- |")
    for one in outcomes:
        print(f"| {one.attack} | {words[one.seen]} | {one.by.replace('|', ' ')[:60]} | {words[one.okx]} |")
    judged = [one for one in outcomes if one.okx is not None]
    seen, there = sum(o.seen for o in outcomes), sum(o.okx is True for o in judged)
    print(f"\nseen: {seen} / {len(outcomes)}; OKX V1 logic {there} / {len(judged)}\n")


def _sizes(sizes: tuple[tuple[str, int, int, str], ...], plain: int) -> None:
    print("| clients x assets | build s | CPU s | peak MiB | proof bytes, mean | largest | prove ms | verify ms, median |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, clients, assets, kind in sizes:
        m = _alone(clients, assets, kind)
        print(
            f"| {name} | {m['seconds']:.2f} | {m['cpu']:.2f} | {m['mebibytes']:,.0f} | {m['bytes']:,.0f} | {m['largest']:,} "
            f"| {m['prove_ms']:.2f} | {m['verify_ms']:.2f} |",
            flush=True,
        )
    r = _alone(plain, 1, "plain")
    print(f"| plain Python, {plain:,} x 1 | {r['seconds']:.2f} | {r['cpu']:.2f} | {r['mebibytes']:,.0f} | | | | |")
    print("\nTargets: 1 M x 20 within 5 s, 10 M x 5 within 6,144 MiB, proofs up to 4,096 bytes at 1 M, verify under 1 ms.\n")


def _alone(clients: int, assets: int, kind: str) -> dict[str, float]:
    words = [sys.executable, "-m", "benchmarks.liabilities", "--one", str(clients), str(assets), kind]
    done = subprocess.run(words, check=True, capture_output=True, text=True, cwd=PROJECT)
    measured: dict[str, float] = json.loads(done.stdout)
    return measured


def _rows(clients: int, assets: int, kind: str) -> Amounts:
    """Balances at 8 decimal places: each asset's median is some 0.0003 to 3 units, and one client in many holds much."""
    drawn = np.random.default_rng(20261128)
    low = np.empty((clients, assets), np.uint64)
    for k in range(assets):
        values = np.exp(drawn.normal(np.log(10 ** (4.5 + 4 * k / max(1, assets - 1))), 2, clients))
        if kind == "sparse":
            values *= drawn.random(clients) < 3 / assets
        low[:, k] = values * (1000 if kind == "heavy" else 1)
    if kind != "places":
        return Amounts(low, np.zeros((0, assets), np.uint64))
    high, wide = np.empty_like(low), low * np.uint64(10)
    for k in range(assets):  # times 10^10, as 128 bits: 10 first, then 10^9 in halves
        upper, lower = wide[:, k] >> np.uint64(32), wide[:, k] & np.uint64(0xFFFFFFFF)
        a, b = upper * np.uint64(10**9), lower * np.uint64(10**9)
        low[:, k] = (a << np.uint64(32)) + b
        high[:, k] = (a >> np.uint64(32)) + (low[:, k] < b)
    return Amounts(low, high)


def _measured(clients: int, assets: int, kind: str) -> dict[str, float]:
    warm = _rows(2000, assets, kind)
    build(_ids(2000), warm, _terms(2000, assets), bytes(32))
    ids, balances = _ids(clients), _rows(clients, assets, kind)
    started, cpu = time.perf_counter(), time.process_time()
    tree = build(ids, balances, _terms(clients, assets), bytes(32))
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sizes, proving, verifying = [], [], []
    for at in np.linspace(0, clients - 1, SAMPLE).astype(int):
        start = time.perf_counter()
        content = tree.proof(int(at)).encoded()
        between = time.perf_counter()
        verdict = verify(content, tree.root)
        verifying.append(time.perf_counter() - between)
        proving.append(between - start)
        sizes.append(len(content))
        assert verdict.holds
    return {
        "seconds": seconds, "cpu": cpu, "mebibytes": peak, "bytes": sum(sizes) / len(sizes), "largest": max(sizes),
        "prove_ms": median(proving) * 1000, "verify_ms": median(verifying) * 1000,
    }  # fmt: skip


def _ids(clients: int) -> pa.LargeStringArray:
    return pa.array([f"A{k:08d}" for k in range(clients)], pa.large_string())


def _terms(clients: int, assets: int) -> Terms:
    return Terms("Benchmark", "2026-11-28", clients, bytes(32), tuple(Asset(f"A{k:02d}", 8) for k in range(assets)))


def _plain(clients: int) -> dict[str, float]:
    amounts = [int(a) for a in _rows(clients, 1, "dense").low[:, 0]]
    ids = [f"A{k:08d}".encode() for k in range(clients)]
    started, cpu = time.perf_counter(), time.process_time()
    level = [(hashlib.sha256(b"\0" + i + a.to_bytes(16, "big")).digest(), a) for i, a in zip(ids, amounts, strict=True)]
    while len(level) > 1:
        above = []
        for at in range(0, len(level) - 1, 2):
            (left, a), (right, b) = level[at], level[at + 1]
            above.append((hashlib.sha256(b"\1" + left + a.to_bytes(16, "big") + right + b.to_bytes(16, "big")).digest(), a + b))
        level = above + level[len(above) * 2 :]
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    return {"seconds": seconds, "cpu": cpu, "mebibytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def _command(clients: int) -> None:
    """The whole command from a record table of one row for each client and asset."""
    assets = 20
    with tempfile.TemporaryDirectory(prefix="sekisho-") as place:
        file = Path(place) / "customer_balance.parquet"
        rows = _rows(clients, assets, "dense").low
        with pq.ParquetWriter(file, _SCHEMA) as writer:
            for first in range(0, clients, 50_000):
                writer.write_table(_table(rows[first : first + 50_000], first))
        words = [sys.executable, "-m", "sekisho.cli", "liabilities", "prove", str(file), "--out", f"{place}/out", "--json"]
        started, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(words, check=True, capture_output=True, cwd=PROJECT)
        seconds, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        what = f"sekisho liabilities prove, {clients:,} x {assets} from {clients * assets:,} rows of Parquet"
        print(f"{what}: {seconds:.1f} s, CPU {cpu:.1f} s")


_SCHEMA = pa.schema(
    [("account_id", pa.string()), ("asset", pa.string()), ("as_of_date", pa.date32()), ("quantity", pa.decimal128(38, 18))]
)


def _table(rows: Any, first: int) -> pa.Table:
    clients, assets = rows.shape
    day = pa.scalar(20785, pa.int32()).cast(pa.date32())
    units = pa.array(rows.reshape(-1).astype(np.int64)).cast(pa.decimal128(19, 0)).cast(pa.decimal128(38, 0))
    columns = [
        pa.array(np.repeat([f"A{k:08d}" for k in range(first, first + clients)], assets)),
        pa.array([f"A{k:02d}" for k in range(assets)] * clients),
        pa.array([day.as_py()] * (clients * assets), pa.date32()),
        pa.compute.multiply(units.cast(pa.decimal128(27, 8)), pa.scalar(1, pa.decimal128(1, 0))).cast(pa.decimal128(38, 18)),
    ]
    return pa.table(columns, schema=_SCHEMA)


if __name__ == "__main__":
    main()
