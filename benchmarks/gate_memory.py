"""The gate's memory at the size of an exchange: how much it takes, how long it loads, how fast it answers.

Run: ``python -m benchmarks.gate_memory [--clients 10000000] [--listed 1000000] [--folder FOLDER]``

Made-up books of so many clients are written once as the snapshot a gate starts from; then a fresh process loads them and is asked
about clients drawn evenly. Memory is the highest resident size of that process. The reference on the same machine is the plain
dictionary of objects (``Memory`` without columns), at a hundredth of the size, scaled up.
"""

from __future__ import annotations

import argparse
import gc
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sekisho.engine.kept_clients import SCHEMAS
from sekisho.engine.memory import Memory
from sekisho.gate.snapshot import read_clients

NOW = datetime(2026, 11, 1, tzinfo=UTC)
YEAR = 365 * 86_400 * 10**6
ASSETS = ("JPY", "BTC", "ETH", "XRP")
LOOKUPS = 20_000
_SORTED = {"transfer": "requested_at", "account_event": "occurred_at", "trade": "executed_at"}


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=10_000_000)
    parser.add_argument("--listed", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--load", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.load:
        print(json.dumps(measure(options.load, options.clients, options.listed)))
        return
    with tempfile.TemporaryDirectory(prefix="gate-memory-") as scratch:
        folder = options.folder or Path(scratch)
        told: dict[str, Any] = {"clients": options.clients, "listed": options.listed}
        if not (folder / "made").exists():
            write(folder, options.clients, options.listed)
        told["columns"] = run(folder, options)
        small = argparse.Namespace(clients=options.clients // 100, listed=options.listed // 100)
        write(Path(scratch) / "small", small.clients, small.listed)
        told["plain_objects_at_a_hundredth"] = plain(Path(scratch) / "small")
        print(json.dumps(told, indent=2))


def run(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Load and ask in a fresh process."""
    command = [sys.executable, "-m", "benchmarks.gate_memory", "--load", str(folder)]
    command += ["--clients", str(options.clients), "--listed", str(options.listed)]
    told: dict[str, Any] = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return told


def measure(folder: Path, clients: int, listed: int) -> dict[str, Any]:
    """Seconds to load, highest memory, and how long each question takes."""
    from sekisho.typologies.listed import Entries, Lists, ListVersion

    begun, cpu = time.perf_counter(), time.process_time()
    memory = Memory(read_clients(folder))
    loaded = time.perf_counter() - begun
    version = ListVersion(
        list_id="listed", version=1, kind="sanctions", source="made up", valid_from=NOW, loaded_at=NOW, entries_of=1
    )
    memory.lists = Lists([version], {("listed", 1): Entries(pq.read_table(folder / "listed.parquet"))})
    told: dict[str, Any] = {
        "load_s": round(time.perf_counter() - begun, 1),
        "load_clients_s": round(loaded, 1),
        "load_cpu_s": round(time.process_time() - cpu, 1),
        "memory_gib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
    }
    rng = np.random.default_rng(7)
    names = [f"A{n:08d}" for n in rng.integers(0, clients, LOOKUPS)]
    week, year = NOW - timedelta(days=7), NOW - timedelta(days=365)
    address = {name: next(iter(memory.addresses_of(name)), "bcnone") for name in names}
    drawn = [address_of(int(n)) for n in rng.integers(0, listed, LOOKUPS)]
    asked: dict[str, Callable[[int], object]] = {
        "account": lambda n: memory.account(names[n]),
        "party": lambda n: memory.party("P" + names[n][1:]),
        "transfers of a week": lambda n: memory.transfers(names[n], week),
        "transfers of a year": lambda n: memory.transfers(names[n], year),
        "transfers with an address": lambda n: memory.transfers_with(address[names[n]], year),
        "address book": lambda n: memory.addresses_of(names[n]),
        "first use of an address": lambda n: memory.first_used_at(names[n], address[names[n]]),
        "events of a week": lambda n: memory.events(names[n], week),
        "holdings": lambda n: memory.holdings(names[n]),
        "listed address": lambda n: memory.listed("address", drawn[n], NOW),
        "address on no list": lambda n: memory.listed("address", address[names[n]], NOW),
        "unknown account": lambda n: memory.first_used_at("nobody" + names[n], "bc1"),
    }
    gc.collect()
    gc.freeze()
    told["lookups_us"] = {name: _timed(question) for name, question in asked.items()}
    return told


def _timed(question: Callable[[int], object]) -> dict[str, float]:
    for n in range(50):
        question(n)
    wall, cpu = np.empty(LOOKUPS), np.empty(LOOKUPS)
    for n in range(LOOKUPS):
        begun, used = time.perf_counter_ns(), time.thread_time_ns()
        question(n)
        cpu[n], wall[n] = time.thread_time_ns() - used, time.perf_counter_ns() - begun
    told = {"p50": np.percentile(wall, 50), "p99": np.percentile(wall, 99), "p99_cpu": np.percentile(cpu, 99)}
    return {name: round(float(value) / 1000, 1) for name, value in told.items()}


def plain(folder: Path) -> dict[str, Any]:
    """The same rows as objects in dictionaries, learnt one by one."""
    command = [sys.executable, "-c", f"from benchmarks.gate_memory import learn_plainly; learn_plainly({str(folder)!r})"]
    told: dict[str, Any] = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return told


def learn_plainly(folder: str) -> None:
    """Print how much memory and time the plain dictionaries take."""
    start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.perf_counter()
    memory = Memory()
    for name in SCHEMAS:
        if name != "address_book":
            for row in pq.read_table(Path(folder) / f"{name}.parquet").to_pylist():
                if name == "trade":
                    row = {**row, f"{row['side']}_account_id": row["account_id"]}
                if name == "transfer":
                    row = {**row, "released_at": row["left_at"], "status": "completed"}
                memory.learn(name, row)
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - start
    print(json.dumps({"load_s": round(time.perf_counter() - begun, 1), "memory_gib": round(used / 2**20, 3)}))


# --- made-up books


def write(folder: Path, clients: int, listed: int) -> None:
    """Clients with a party and an account each, three balances for two clients, an address book, and half as many transfers."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(1)
    ids = np.arange(clients)
    names = _names("A", ids)
    rows: dict[str, dict[str, Any]] = {}
    opened = _times(rng, clients, 9)
    rows["party"] = {
        "party_id": _names("P", ids),
        "kind": _words(rng, clients, ("individual", "corporate"), (0.99, 0.01)),
        "country": _words(rng, clients, ("JP", "US", "GB"), (0.98, 0.01, 0.01)),
        "born_on": pa.array(rng.integers(-10_000, 14_000, clients).astype(np.int32), pa.date32()),
        "registered_on": pa.nulls(clients, pa.date32()),
    }
    rows["account"] = {
        "account_id": names,
        "party_id": rows["party"]["party_id"],
        "kind": _words(rng, clients, ("customer", "staff"), (0.999, 0.001)),
        "opened_at": opened,
        "closed_at": pa.nulls(clients, pa.timestamp("us", "UTC")),
        "experience": _words(rng, clients, ("none", "some", "much"), (0.5, 0.3, 0.2)),
        "net_worth_jpy": _decimals(rng.integers(1, 10**8, clients)),
        "income_jpy": _decimals(rng.integers(1, 10**7, clients)),
        "risk_tolerance": _words(rng, clients, ("low", "medium", "high"), (0.4, 0.4, 0.2)),
    }
    count = clients * 3 // 2
    who = np.sort(rng.integers(0, clients, count))
    asset = rng.integers(0, len(ASSETS), count)
    keep = np.concatenate([[True], (np.diff(who) != 0) | (np.diff(asset) != 0)])
    who, asset = who[keep], asset[keep]
    rows["customer_balance"] = {
        "account_id": names.take(pa.array(who)),
        "asset": pa.DictionaryArray.from_arrays(pa.array(asset.astype(np.int8)), pa.array(ASSETS)),
        "as_of_date": pa.array(np.full(len(who), 20_757, np.int32), pa.date32()),
        "quantity": _decimals(rng.integers(1, 10**9, len(who)), 4),
    }
    rows["address_book"] = {
        "account_id": names,
        "address": _addresses(ids + listed),
        "first_used_at": _times(rng, clients, 3),
    }
    count = clients // 2
    who = rng.integers(0, clients, count)
    at = _times(rng, count, 1)
    rows["transfer"] = {
        "transfer_id": _names("T", np.arange(count)),
        "requested_at": at,
        "account_id": names.take(pa.array(who)),
        "direction": _words(rng, count, ("in", "out"), (0.5, 0.5)),
        "asset": _words(rng, count, ASSETS[1:], (0.6, 0.3, 0.1)),
        "quantity": _decimals(rng.integers(1, 10**6, count), 4),
        "value_jpy": _decimals(rng.integers(1, 10**7, count)),
        "address": rows["address_book"]["address"].take(pa.array(who)),
        "counterparty": _words(rng, count, ("hosted", "unhosted", "unknown"), (0.6, 0.3, 0.1)),
        "counterparty_vasp": _words(rng, count, tuple(f"V{n}" for n in range(40)), tuple([1 / 40] * 40)),
        "left_at": at,
        "refused": pa.array(np.zeros(count, bool)),
    }
    who = rng.integers(0, clients, count)
    rows["account_event"] = {
        "account_id": names.take(pa.array(who)),
        "occurred_at": _times(rng, count, 1),
        "kind": _words(rng, count, ("login", "fiat_deposit", "phone_changed"), (0.8, 0.19, 0.01)),
        "amount_jpy": _decimals(rng.integers(1, 10**7, count)),
        "device_id": _names("D", who),
        "ip": _names("192.0.", who % 60_000),
        "remitter_name_matches": pa.array(np.ones(count, bool)),
    }
    who = rng.integers(0, clients, count)
    rows["trade"] = {
        "account_id": names.take(pa.array(who)),
        "trade_id": _names("X", np.arange(count)),
        "executed_at": _times(rng, count, 1),
        "instrument": _words(rng, count, ("BTC/JPY", "ETH/JPY"), (0.7, 0.3)),
        "side": _words(rng, count, ("buy", "sell"), (0.5, 0.5)),
        "price": _decimals(rng.integers(10**5, 10**7, count)),
        "quantity": _decimals(rng.integers(1, 10**6, count), 6),
    }
    for name, columns in rows.items():
        table = pa.table({field: pa.array(columns[field]) for field in SCHEMAS[name].names}).cast(SCHEMAS[name])
        if name in _SORTED:
            table = table.sort_by([("account_id", "ascending"), (_SORTED[name], "ascending")])
        pq.write_table(table, folder / f"{name}.parquet", compression="zstd")
    forms = _addresses(np.arange(listed))
    entries = {"entry_kind": pa.array(["address"] * listed), "value": forms, "normal_form": forms}
    pq.write_table(pa.table({"row": pa.array(np.arange(listed)), **entries}), folder / "listed.parquet")
    (folder / "made").touch()


def address_of(number: int) -> str:
    """A made-up address of 42 characters."""
    return f"0x{number * 2_654_435_761 % 2**64:016x}{number:024x}"


def _addresses(numbers: np.ndarray) -> pa.Array:
    return pa.array([address_of(int(number)) for number in numbers])


def _names(prefix: str, numbers: np.ndarray) -> pa.Array:
    return pa.array(np.char.add(prefix, np.char.zfill(numbers.astype(str), 8)))


def _times(rng: np.random.Generator, count: int, years: int) -> pa.Array:
    end = int(NOW.timestamp() * 10**6)
    return pa.array(np.sort(rng.integers(end - years * YEAR, end, count))[rng.permutation(count)], pa.timestamp("us", "UTC"))


def _words(rng: np.random.Generator, count: int, words: tuple[str, ...], shares: tuple[float, ...]) -> pa.Array:
    codes = rng.choice(len(words), count, p=np.array(shares) / sum(shares)).astype(np.int8)
    return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(words))


def _decimals(numbers: np.ndarray, places: int = 0) -> pa.Array:
    """Whole numbers of so many places, as decimals: the bytes of 128-bit integers, written directly."""
    scale = 10 ** (18 - places)
    wide = np.zeros((len(numbers), 2), np.uint64)
    if int(numbers.max()) * scale < 2**63:
        wide[:, 0] = numbers.astype(np.uint64) * np.uint64(scale)
    else:
        low_half, factor = numbers.astype(np.uint64), np.uint64(scale)
        product_low = low_half * factor
        a, b = low_half >> np.uint64(32), low_half & np.uint64(0xFFFFFFFF)
        c, d = factor >> np.uint64(32), factor & np.uint64(0xFFFFFFFF)
        middle = ((b * d) >> np.uint64(32)) + (a * d & np.uint64(0xFFFFFFFF)) + b * c
        wide[:, 0], wide[:, 1] = product_low, a * c + ((a * d) >> np.uint64(32)) + (middle >> np.uint64(32))
    kind = pa.decimal128(38, 18)
    return pa.Array.from_buffers(kind, len(numbers), [None, pa.py_buffer(wide.tobytes())])


assert _decimals(np.array([10**7, 123]), 0).to_pylist() == [Decimal(10**7), Decimal(123)]

if __name__ == "__main__":
    main()
