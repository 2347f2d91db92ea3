"""Processor time of one decision inside the gate, from the body to the answer on disk, without sockets: how much, and where.

Run ``python -m benchmarks.gate_cpu [--workloads ordinary,hard,empty] [--repeat 60] [--profile]``. Requests go into the ASGI
application by 32 tasks at a time and come back when they are durable; what is counted is the processor time of the whole process,
so the figure is nearly the same whatever else the machine does. Page: docs/benchmarks/gate_http.md.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import gc
import io
import pstats
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec
import uvloop

from benchmarks.gate_workloads import EMPTY, HARD, ORDINARY, load_lists, rule_set, teach, transfer
from sekisho.gate import Gate
from sekisho.gate.http.app import GateApp
from sekisho.gate.http.opening import opened
from sekisho.gate.http.settings import Settings, Store
from sekisho.gate.http.tokens import Signer, new_caller
from sekisho.rulebook import load_rulebook

AT_ONCE: Final = 32


def main() -> None:
    """Measure each workload and print a line for it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workloads", default="ordinary,hard,empty")
    parser.add_argument("--requests", type=int, default=320, help="in each run")
    parser.add_argument("--repeat", type=int, default=60, help="runs; the least disturbed counts")
    parser.add_argument("--profile", action="store_true", help="where the time of the deciding thread goes")
    asked = parser.parse_args()
    for workload in asked.workloads.split(","):
        with tempfile.TemporaryDirectory() as name:
            measured(workload, Path(name), asked)


def measured(workload: str, folder: Path, asked: argparse.Namespace) -> None:
    """One workload in a fresh gate."""
    new_caller(folder / "callers.toml", folder / "wallet.pem", "SYS-WALLET", ["wallet"], datetime.now(UTC))
    token = Signer.from_file(folder / "wallet.pem").token(time.time(), 3600)
    load_lists(folder) if workload == ORDINARY else None
    lists = "lists" if workload == ORDINARY else None
    rulebook = load_rulebook()
    profiler = cProfile.Profile() if asked.profile else None
    if profiler is not None:
        _profiled(profiler)
    with (folder / "log").open("w") as log, opened(Settings(store=Store(lists=lists)), folder, log, rulebook=rulebook) as service:
        gate = service.doors.gate
        assert isinstance(gate, Gate)
        chosen = rule_set(rulebook, ",".join(EMPTY) if workload == "empty" else "*")
        gate.rule("activate", gate.rule("commit", chosen, "benchmark").rule_set, "second person")
        runs = [(f"R{number}", asked.requests) for number in range(asked.repeat + 1)]
        teach(gate, ORDINARY if workload == ORDINARY else HARD, runs)
        at = datetime.now(UTC).isoformat()
        app, spent = GateApp(service), []
        for prefix, count in runs:
            asks = [(msgspec.json.encode(transfer(prefix, n, at)), f"{prefix}-{n}") for n in range(1, count + 1)]
            gc.collect()
            gc.freeze()
            gc.set_threshold(20_000, 20, 50)  # as the server does
            if profiler is not None:
                profiler.clear()
            before = time.process_time()
            outcomes, size = uvloop.run(_asked(app, asks, token))
            spent.append((time.process_time() - before) / count * 1e6)
        least, middle = min(spent[1:]), sorted(spent[1:])[(len(spent) - 1) // 2]
        told = f"{workload}: {least:.0f} µs each in the least disturbed run, {middle:.0f} in the middle one"
        print(f"{told}; outcomes {dict(outcomes)}, {size / count:.0f} bytes each")
        sys.stdout.flush()
    if profiler is not None:
        out = io.StringIO()
        pstats.Stats(profiler, stream=out).sort_stats("tottime").print_stats(45)
        print(out.getvalue())


async def _asked(app: GateApp, asks: list[tuple[bytes, str]], token: str) -> tuple[Counter[str], int]:
    """Ask everything, AT_ONCE at a time."""
    left = iter(asks)
    outcomes: Counter[str] = Counter()
    sizes = 0

    async def client() -> None:
        nonlocal sizes
        for body, key in left:
            scope: dict[str, Any] = {
                "type": "http",
                "method": "POST",
                "path": "/v1/transfers/decisions",
                "raw_path": b"/v1/transfers/decisions",
                "query_string": b"",
                "headers": [
                    (b"host", b"127.0.0.1"),
                    (b"content-type", b"application/json"),
                    (b"authorization", b"Bearer " + token.encode()),
                    (b"idempotency-key", key.encode()),
                    (b"content-length", b"%d" % len(body)),
                ],
            }
            told: list[Any] = []

            async def receive(body: bytes = body) -> dict[str, Any]:
                return {"type": "http.request", "body": body, "more_body": False}

            async def send(message: Any, told: list[Any] = told) -> None:
                told.append(message)

            await app(scope, receive, send)
            sizes += len(told[1]["body"])
            if told[0]["status"] != 200:
                raise RuntimeError(told[1]["body"].decode())
            outcomes[told[1]["body"].partition(b'"outcome":"')[2][:5].decode()] += 1

    await asyncio.gather(*(client() for _ in range(AT_ONCE)))
    return outcomes, sizes


def _profiled(profiler: cProfile.Profile) -> None:
    """Let the deciding thread of gates opened from here on run under the profiler."""
    work = Gate._work

    def watched(gate: Gate) -> None:
        profiler.enable()
        work(gate)

    Gate._work = watched  # type: ignore[assignment, method-assign]


if __name__ == "__main__":
    main()
