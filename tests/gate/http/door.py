"""A gate with its HTTP side in one process: real journal, real rules, tokens of every role, a clock that stands still."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import msgspec
import pytest

from sekisho.gate import Gate
from sekisho.gate.access_log import SqliteAccessLog
from sekisho.gate.http.app import GateApp
from sekisho.gate.http.callers import Callers
from sekisho.gate.http.log import Log
from sekisho.gate.http.rates import Rate, Rates
from sekisho.gate.http.roles import ROLES
from sekisho.gate.http.server import gate_server
from sekisho.gate.http.service import Doors, Service
from sekisho.gate.http.settings import Settings
from sekisho.gate.http.tokens import Signer, new_caller
from sekisho.gate.rule_set import RuleSet

NOW = datetime(2026, 6, 8, 3, 4, 5, tzinfo=UTC)
COOLING = "transfers/cooling_off"
RULES = RuleSet(
    name="test",
    regime="WG4-SEED",
    rules=(COOLING, "unfair_trading/suspended_asset"),
    assume=(f"{COOLING}.days_new_account=7", f"{COOLING}.days_new_address=0"),
    undetermined={"*": "list"},
)
WIDE = {role: Rate(1e9, 1e9) for role in (*ROLES, "unknown")}


class Clock:
    """Gives the time it is set to, to the gate and to the door."""

    def __init__(self) -> None:
        self.at = NOW

    def now(self, last: datetime) -> datetime:
        return max(self.at, last)

    def seconds(self) -> float:
        return self.at.timestamp()


@dataclass
class Door:
    """The gate over HTTP as a test sees it."""

    service: Service
    gate: Gate
    clock: Clock
    log: io.StringIO
    folder: Path
    signers: dict[str, Signer]
    runner: asyncio.Runner
    keys: Path

    def token(self, role: str, **claims: Any) -> str:
        return self.signers[role].token(self.clock.seconds(), **claims)

    def ask(self, method: str, path: str, body: Any = None, *, role: str | None = None, **options: Any) -> httpx.Response:
        """One request; ``body`` is bytes, or anything that becomes JSON."""
        headers = dict(options.pop("headers", {}))
        if role is not None:
            headers.setdefault("Authorization", f"Bearer {self.token(role)}")
        content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        if content is not None:
            headers.setdefault("Content-Type", "application/json")

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(app=GateApp(self.service))  # type: ignore[arg-type]
            async with httpx.AsyncClient(transport=transport, base_url="http://gate") as client:
                return await client.request(method, path, content=content, headers=headers, **options)

        return self.runner.run(send())

    def with_service(self, **doors: Any) -> Door:
        """The same gate behind other doors."""
        return replace(self, service=Service(replace(self.service.doors, **doors)))


def transfer(number: int = 1, **other: Any) -> dict[str, Any]:
    """A withdrawal as the wallet system asks."""
    return {
        "transfer_id": f"T{number}",
        "requested_at": "2026-06-08T12:04:05+09:00",
        "account_id": "A1",
        "direction": "out",
        "asset": "BTC",
        "quantity": "0.25",
        "value_jpy": "2500000",
        "address": "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
        "counterparty": "unhosted",
        **other,
    }


def order(number: int = 1, **other: Any) -> dict[str, Any]:
    """An order as the trading system asks."""
    return {
        "order_id": f"O{number}",
        "received_at": "2026-06-08T12:04:05+09:00",
        "account_id": "A1",
        "instrument": "BTC/JPY",
        "side": "buy",
        "order_type": "limit",
        "quantity": "0.01",
        "price": "10000000",
        **other,
    }


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Signer]]:
    """A list of callers with one of each role, and their signers."""
    folder = tmp_path_factory.mktemp("callers")
    signers = {}
    for role in ROLES:
        party = {"wallet": "SYS-WALLET", "trading": "SYS-TRADING"}.get(role, f"STAFF-{role}")
        new_caller(folder / "callers.toml", folder / f"{role}.pem", party, [role], NOW)
        signers[role] = Signer.from_file(folder / f"{role}.pem")
    return folder / "callers.toml", signers


@pytest.fixture
def door(tmp_path: Path, listed: tuple[Path, dict[str, Signer]]) -> Iterator[Door]:
    """A new gate with one account opened long ago and one opened yesterday."""
    clock, log = Clock(), io.StringIO()
    callers = tmp_path / "callers.toml"
    callers.write_bytes(listed[0].read_bytes())
    with Gate(tmp_path / "gate.sqlite", clock=clock) as gate, asyncio.Runner() as runner:
        committed = gate.rule("commit", RULES, "somebody")
        gate.rule("activate", committed.rule_set, "somebody else")
        gate.learn("party", [{"party_id": p, "kind": "individual", "country": "JP"} for p in ("P1", "P2")])
        opened = {"A1": "2020-01-01T00:00:00Z", "A2": "2026-06-07T00:00:00Z"}
        rows = [{"account_id": a, "party_id": f"P{a[1]}", "kind": "customer", "opened_at": at} for a, at in opened.items()]
        gate.learn("account", rows)
        access_log = SqliteAccessLog(tmp_path / "access.sqlite")
        doors = Doors(
            gate=gate,
            callers=Callers(callers),
            access_log=access_log,
            log=Log(log),
            rates=Rates(WIDE),
            settings=Settings(),
            clock=clock.seconds,
        )
        yield Door(Service(doors), gate, clock, log, tmp_path, dict(listed[1]), runner, listed[0].parent)
        access_log.close()


@contextmanager
def listening(door: Door, settings: Settings | None = None) -> Iterator[int]:
    """The gate behind a real socket, in a thread; gives the port."""
    told: Future[int] = Future()
    chosen = settings or Settings()
    chosen = msgspec.structs.replace(chosen, http=msgspec.structs.replace(chosen.http, port=0))
    service = Service(replace(door.service.doors, settings=chosen))

    def announce() -> None:
        told.set_result(server.servers[0].sockets[0].getsockname()[1])

    server = gate_server(GateApp(service), chosen, door.folder, announce)
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield told.result(timeout=20)
    finally:
        server.should_exit = True
        thread.join(timeout=20)
