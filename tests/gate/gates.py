"""A small gate for tests: accounts, requests, a rule set in force, and a clock that stands still until it is moved."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sekisho.engine.requests import OrderRequest, TransferRequest
from sekisho.gate import Gate
from sekisho.gate.clock import GivenClock
from sekisho.gate.rule_set import RuleSet

NOW = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)
COOLING = (
    "transfers/cooling_off.days_new_account=7",
    "transfers/cooling_off.days_new_address=1",
)


def rule_set(name: str = "first", **changes: Any) -> RuleSet:
    """Cooling-off alone, with assumed lengths."""
    return RuleSet(**{"name": name, "regime": "FIEA-ACT64", "rules": ("transfers/cooling_off",), "assume": COOLING, **changes})


def put_in_force(gate: Gate, rules: RuleSet) -> None:
    """Draft, commit and activate, by two people."""
    gate.rule("draft", rules, "anna")
    gate.rule("commit", rules.name, "anna")
    gate.rule("activate", rules.name, "ben")


def open_gate(where: str, at: datetime = NOW) -> tuple[Gate, GivenClock]:
    """A gate with rules and three accounts: old, young, and of the house."""
    clock = GivenClock(at)
    gate = Gate(where, clock=clock)
    if gate.life.active is None:
        put_in_force(gate, rule_set())
        gate.learn(
            "account",
            [
                {"account_id": "old", "party_id": "P1", "kind": "customer", "opened_at": "2020-01-01T00:00:00Z"},
                {"account_id": "young", "party_id": "P2", "kind": "customer", "opened_at": "2026-11-01T00:00:00Z"},
                {"account_id": "house", "party_id": "P0", "kind": "house", "opened_at": "2019-01-01T00:00:00Z"},
            ],
        )
    return gate, clock


def transfer(transfer_id: str = "T1", **changes: Any) -> TransferRequest:
    """A transfer out to an address of the client's own."""
    row: dict[str, Any] = {
        "transfer_id": transfer_id,
        "requested_at": NOW,
        "account_id": "old",
        "direction": "out",
        "asset": "BTC",
        "quantity": Decimal("0.5"),
        "value_jpy": Decimal(5_000_000),
        "address": "bc1known",
    }
    return TransferRequest(**{**row, **changes})


def known_address(gate: Gate, address: str = "bc1known", account_id: str = "old", days: int = 30) -> None:
    """A transfer of long ago, so that the address is not new."""
    at = (NOW - timedelta(days=days)).isoformat()
    row = {
        "transfer_id": f"before-{account_id}-{address}",
        "requested_at": at,
        "account_id": account_id,
        "direction": "out",
        "asset": "BTC",
        "quantity": "1",
        "value_jpy": "10000000",
        "address": address,
        "counterparty": "unhosted",
        "released_at": at,
        "status": "completed",
    }
    gate.learn("transfer", [row])


def order(order_id: str = "O1", **changes: Any) -> OrderRequest:
    """A limit order of a client."""
    row: dict[str, Any] = {
        "order_id": order_id,
        "received_at": NOW,
        "account_id": "old",
        "instrument": "BTC/JPY",
        "side": "buy",
        "order_type": "limit",
        "quantity": Decimal(1),
        "price": Decimal(10_000_000),
    }
    return OrderRequest(**{**row, **changes})
