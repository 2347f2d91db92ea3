"""Processor time of one decision, from the bytes of the request to those of the answer, without sockets: how much, and where.

Run ``python -m benchmarks.gate_cpu [--workloads ordinary,hard,empty] [--repeat 60] [--profile]``. Requests go as bytes into 32
connections that lack nothing but the network and come back when they are durable; what is counted is the processor time of the
whole process, so the figure is nearly the same whatever else the machine does. Page: docs/benchmarks/gate_http.md.
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
from typing import Final

import msgspec
import uvloop

from benchmarks.gate_workloads import EMPTY, HARD, ORDINARY, load_lists, rule_set, teach, transfer
from sekisho.gate import Gate
from sekisho.gate.http.app import GateApp
from sekisho.gate.http.opening import opened
from sekisho.gate.http.server import GateServer, gate_server
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
    parser.add_argument("--profile", action="store_true", help="where the time goes")
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
    with (folder / "log").open("w") as log, opened(Settings(store=Store(lists=lists)), folder, log, rulebook=rulebook) as service:
        gate = service.doors.gate
        assert isinstance(gate, Gate)
        chosen = rule_set(rulebook, ",".join(EMPTY) if workload == "empty" else "*")
        gate.rule("activate", gate.rule("commit", chosen, "benchmark").rule_set, "second person")
        runs = [(f"R{number}", asked.requests) for number in range(asked.repeat + 1)]
        teach(gate, ORDINARY if workload == ORDINARY else HARD, runs)
        at = datetime.now(UTC).isoformat()
        server, spent = gate_server(GateApp(service), service.doors.settings, folder), []
        for prefix, count in runs:
            asks = [(msgspec.json.encode(transfer(prefix, n, at)), f"{prefix}-{n}") for n in range(1, count + 1)]
            gc.collect()
            gc.freeze()
            gc.set_threshold(20_000, 20, 50)  # as the server does
            if profiler is not None:
                profiler.enable()
            before = time.process_time()
            outcomes, size = uvloop.run(_asked(server, asks, token))
            spent.append((time.process_time() - before) / count * 1e6)
            if profiler is not None:
                profiler.disable()
        least, middle = min(spent[1:]), sorted(spent[1:])[(len(spent) - 1) // 2]
        told = f"{workload}: {least:.0f} µs each in the least disturbed run, {middle:.0f} in the middle one"
        print(f"{told}; outcomes {dict(outcomes)}, {size / count:.0f} bytes each")
        sys.stdout.flush()
    if profiler is not None:
        out = io.StringIO()
        pstats.Stats(profiler, stream=out).sort_stats("tottime").print_stats(45)
        print(out.getvalue())


async def _asked(server: GateServer, asks: list[tuple[bytes, str]], token: str) -> tuple[Counter[str], int]:
    """Ask everything, over AT_ONCE connections; each sends its next request when it has its answer."""
    loop = asyncio.get_running_loop()
    left = iter(asks)
    outcomes: Counter[str] = Counter()
    sizes, talking = 0, AT_ONCE
    done = loop.create_future()

    class Wire(asyncio.Transport):
        """A connection whose other end asks again as soon as it has its answer."""

        def __init__(self) -> None:
            super().__init__({"peername": ("127.0.0.1", 50_000), "sockname": ("127.0.0.1", 8_000)})
            self.protocol = server.config.http_protocol_class(
                config=server.config, server_state=server.server_state, app_state={}, _loop=loop
            )
            self.protocol.connection_made(self)
            self.send_next()

        def send_next(self) -> None:
            nonlocal talking
            body, key = next(left, (b"", ""))
            if body:
                head = (
                    "POST /v1/transfers/decisions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                    f"Authorization: Bearer {token}\r\nIdempotency-Key: {key}\r\nContent-Length: {len(body)}\r\n\r\n"
                )
                self.protocol.data_received(head.encode() + body)
                return
            self.protocol.connection_lost(None)
            talking -= 1
            if not talking:
                done.set_result(None)

        def write(self, data: bytes | bytearray | memoryview) -> None:
            nonlocal sizes
            head, _, body = bytes(data).partition(b"\r\n\r\n")
            sizes += len(body)
            if not head.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(body.decode())
            outcomes[body.partition(b'"outcome":"')[2][:5].decode()] += 1
            loop.call_soon(self.send_next)

        def is_closing(self) -> bool:
            return False

        def close(self) -> None:
            pass

        def resume_reading(self) -> None:
            pass

    wires = [Wire() for _ in range(AT_ONCE)]
    await done
    assert len(wires) == AT_ONCE
    return outcomes, sizes


if __name__ == "__main__":
    main()
