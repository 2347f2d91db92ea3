"""A gate with its server in this process, a console that follows its journal, and a key at the gate for who may act there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from threading import Thread
from typing import Any

import msgspec
import pytest

from sekisho.console.chosen import GateLink
from sekisho.console.transfers.following import forget_journals
from sekisho.engine.requests import TransferRequest
from sekisho.gate.gate import Gate
from sekisho.gate.http.app import GateApp
from sekisho.gate.http.opening import opened
from sekisho.gate.http.server import GateServer, gate_server, listener
from sekisho.gate.http.settings import Http, Settings, Store
from sekisho.gate.http.tokens import new_caller
from sekisho.gate.messages import Decision
from sekisho.gate.rule_set import RuleSet

RULES = RuleSet(
    name="first",
    regime="PSA-2026",
    rules=("transfers/unhosted_wallets", "transfers/malformed_address"),
    undetermined={"*": "list"},
)
"""A wallet nobody evaluated is held without an end of its own; a mistyped address is refused."""
AT_THE_GATE = {"compliance": "compliance", "compliance2": "compliance", "supervisor": "supervisor", "supervisor2": "supervisor"}


@dataclass
class Gated:
    """A gate as tests see it: the library, its address, and its server, which can be stopped and started again."""

    folder: Path
    port: int = 0
    gate: Gate = field(init=False)
    _server: GateServer = field(init=False)
    _threads: list[Any] = field(default_factory=list)

    def start(self) -> None:
        """Serve at the port it had before."""
        settings = Settings(http=Http(port=self.port), store=Store(journal="gate.sqlite"))
        service_of = opened(settings, self.folder)
        service = service_of.__enter__()
        gate = service.doors.gate
        assert isinstance(gate, Gate)
        self.gate = gate
        listening = listener(settings)
        self.port = listening.getsockname()[1]
        self._server = gate_server(GateApp(service), settings, self.folder)
        thread = Thread(target=self._server.run, args=([listening],), daemon=True)
        thread.start()
        self._threads = [thread, service_of, listening]

    def stop(self) -> None:
        """Stop serving; the journal stays."""
        if self._threads:
            thread, service_of, listening = self._threads
            self._server.should_exit = True
            thread.join(20)
            listening.close()
            service_of.__exit__(None, None, None)
            self._threads = []

    def ask(self, name: str, **other: Any) -> Decision:
        """A withdrawal to a wallet nobody evaluated, as the wallet system asks."""
        told: dict[str, Any] = {
            "account_id": "A1",
            "direction": "out",
            "asset": "BTC",
            "quantity": Decimal("0.25"),
            "value_jpy": Decimal(2_500_000),
            "address": "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
            "counterparty": "unhosted",
        }
        by = other.pop("by", "SYS-WALLET")
        request = TransferRequest(transfer_id=name, requested_at=datetime.now(UTC), **{**told, **other})
        return self.gate.submit(request, None, by).result()

    def acts(self, name: str) -> list[tuple[str, str]]:
        """What the gate has on record that people did about a request: kind and party."""
        last = [told[1] for told in self.gate.entries() if isinstance(told, tuple) and told[1].request.account_id]
        about = [decided for decided in last if getattr(decided.request, "transfer_id", None) == name]
        return [(act.kind, act.party_id) for act in about[-1].acts]


@pytest.fixture
def gated(tmp_path: Path, settings: Any, people: dict[str, str]) -> Iterator[Gated]:
    """A gate that runs, which the console follows and tells."""
    for account, role in AT_THE_GATE.items():
        party = f"STAFF-{account.upper()}"
        new_caller(tmp_path / "callers.toml", tmp_path / "keys" / f"{party}.pem", party, [role], datetime.now(UTC))
    made = Gated(tmp_path)
    made.start()
    committed = made.gate.rule("commit", RULES, "STAFF-ADMIN")
    made.gate.rule("activate", committed.rule_set, "STAFF-SUPERVISOR")
    made.gate.learn("party", [{"party_id": party, "kind": "individual", "country": "JP"} for party in ("P1", "STAFF-COMPLIANCE2")])
    opened_at = "2020-01-01T00:00:00Z"
    accounts = [("A1", "P1"), ("A2", "STAFF-COMPLIANCE2")]
    made.gate.learn("account", [{"account_id": a, "party_id": p, "kind": "customer", "opened_at": opened_at} for a, p in accounts])
    link = GateLink(journal=str(tmp_path / "gate.sqlite"), url=f"http://127.0.0.1:{made.port}", keys=tmp_path / "keys")
    settings.CHOSEN = msgspec.structs.replace(settings.CHOSEN, gate=link)
    yield made
    made.stop()
    forget_journals()
