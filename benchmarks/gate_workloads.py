"""What the gate is asked when its speed is measured: ordinary transfers, of which nearly all pass, and a hard kind that all wait.

*Ordinary*: clients of some years, each with a wallet whose holder and risk were evaluated and to which something went before;
lists in force; the warning was shown and acknowledged and the purpose given before the gate is asked. *Hard*: no list is in force,
nobody has evaluated any wallet, every address is new and nothing was acknowledged, so that six or seven rules hold each transfer
and each opens a case.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec

from sekisho.gate import Gate
from sekisho.gate.plan import compile_plan
from sekisho.gate.rule_set import RuleSet
from sekisho.intelligence.list_file import read_list_file
from sekisho.intelligence.store import ListStore, Loading
from sekisho.rulebook import Rulebook

ACCOUNTS: Final = 20_000
ADDRESSES: Final = 10_000
ORDINARY: Final = "ordinary"
HARD: Final = "hard"
EMPTY: Final = ("unfair_trading/suspended_asset",)
"""A set without any rule for transfers: the same stack with nothing to judge by."""
REGIME: Final = "FIEA-ACT64"
"""The regime under which most rules hold."""
_LISTED: Final = 1_000
_PORTION: Final = 20_000
_BY_UNIT: Final = {
    "month": "12", "year": "75", "JPY": "1000000", "share": "0.9", "ratio": "1000000", "hour": "24", "day": "7", "count": "50",
}  # fmt: skip
_TEXTS: Final = {
    "form_version": "2026-10", "steps": "warning", "networks": "SYGNA", "outcome": "hold", "shares_refused": "sanctions=0.05",
    "shares_held": "mixer=0.5", "shares_warned": "any=0.2", "categories_refused": "ransomware", "categories_held": "mixing_service",
    "categories_warned": "gambling", "categories_ignored": "exchange", "days_new_address": "0",
}  # fmt: skip
"""Values for what only a firm or an order to come can set: any will do for the time it takes."""


def rule_set(rulebook: Rulebook, rules: str) -> RuleSet:
    """The chosen rules, each with a value for whatever it leaves open, so that every one of them is really applied."""
    chosen = RuleSet(name="benchmark", regime=REGIME, rules=tuple(rules.split(",")), undetermined={"*": "list"})
    cards = compile_plan(chosen, rulebook, datetime.now(UTC).date()).planned.cards
    told = (
        f"{card.rule}.{name}={_TEXTS.get(name) or _BY_UNIT[card.parameters[name].unit]}"
        for card in cards
        for name in card.undetermined
    )
    return msgspec.structs.replace(chosen, assume=tuple(told))


def load_lists(folder: Path) -> None:
    """One list of each kind that is screened against, of addresses nobody is asked about."""
    for number, kind in enumerate(("sanctions", "illicit", "unregistered"), 1):
        file = folder / f"{kind}.csv"
        rows = "\n".join(address(number * 1_000_000 + n) for n in range(_LISTED))
        file.write_text(f"value\n{rows}\n", encoding="utf-8")
        told = Loading(list_id=kind, kind=kind, source="invented", loaded_by="benchmark", loaded_at=datetime.now(UTC))
        ListStore(folder / "lists").load(read_list_file(file, kind), told)


def teach(gate: Gate, workload: str, runs: Sequence[tuple[str, int]]) -> None:
    """Rules apart, what the gate knows; ``runs`` are the prefixes of request ids to come, and how many of each."""
    numbers = range(ACCOUNTS)
    _learn(gate, "party", ({"party_id": f"P{n}", "kind": "individual", "country": "JP", "born_on": "1980-01-01"} for n in numbers))
    opened_at = "2020-01-01T00:00:00Z"
    accounts = ({"account_id": f"A{n}", "party_id": f"P{n}", "kind": "customer", "opened_at": opened_at} for n in numbers)
    _learn(gate, "account", accounts)
    held = ({"account_id": f"A{n}", "asset": "BTC", "as_of_date": "2026-01-01", "quantity": "1000000"} for n in numbers)
    _learn(gate, "customer_balance", held)
    if workload == ORDINARY:
        _learn(gate, "transfer", (_sent_before(n) for n in numbers))
        _learn(gate, "counterparty_wallet", (_evaluated(n) for n in numbers))
        for prefix, count in runs:
            _learn(gate, "request_event", (event for n in range(1, count + 1) for event in _warned(f"{prefix}-{n}", n)))


def transfer(prefix: str, number: int, at: str) -> dict[str, Any]:
    """The body of the request of a number; numbers begin at 1."""
    account = account_of(number)
    return {
        "transfer_id": f"{prefix}-{number}",
        "requested_at": at,
        "account_id": f"A{account}",
        "direction": "out",
        "asset": "BTC",
        "quantity": "0.009",
        "value_jpy": "90000",
        "address": address(account % ADDRESSES),
        "counterparty": "unhosted",
        "purpose": "moving to a hardware wallet",
    }


def account_of(number: int) -> int:
    """The account that asks as this number: all in turn, none twice in a row."""
    return number * 7919 % ACCOUNTS


def address(number: int) -> str:
    """A valid Bitcoin address in its old form, always the same for a number."""
    letters = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
    body = b"\0" + hashlib.sha256(number.to_bytes(8)).digest()[:20]
    whole = int.from_bytes(body + hashlib.sha256(hashlib.sha256(body).digest()).digest()[:4])
    text = ""
    while whole:
        whole, place = divmod(whole, 58)
        text = letters[place] + text
    # Each byte of zero in front is a letter of its own.
    return "1" * (len(body) - len(body.lstrip(b"\0"))) + text


def _learn(gate: Gate, table: str, rows: Iterator[dict[str, Any]]) -> None:
    portion: list[dict[str, Any]] = []
    for row in rows:
        portion.append(row)
        if len(portion) == _PORTION:
            gate.learn(table, portion)
            portion = []
    gate.learn(table, portion)


def _sent_before(number: int) -> dict[str, Any]:
    at = "2025-06-01T00:00:00Z"
    return {
        "transfer_id": f"before-{number}",
        "requested_at": at,
        "account_id": f"A{number}",
        "direction": "out",
        "asset": "BTC",
        "quantity": "0.01",
        "value_jpy": "100000",
        "address": address(number % ADDRESSES),
        "counterparty": "unhosted",
        "status": "completed",
        "released_at": at,
    }


def _evaluated(number: int) -> dict[str, Any]:
    return {
        "evaluation_id": f"E{number}",
        "address": address(number % ADDRESSES),
        "account_id": f"A{number}",
        "evaluated_at": "2025-05-01T00:00:00Z",
        "evaluated_by": "P-OFFICE",
        "holder": "customer",
        "holder_name": "kept by the wallet system",
        "on_chain": True,
        "risk": "low",
        "suspicious": False,
    }


def _warned(request_id: str, number: int) -> Iterator[dict[str, Any]]:
    at = datetime.now(UTC) - timedelta(hours=1)
    for order, kind in enumerate(("warning_shown", "warning_acknowledged")):
        yield {
            "event_id": f"{request_id}/{kind}",
            "request_id": request_id,
            "occurred_at": at + timedelta(seconds=order),
            "kind": kind,
            "party_id": f"P{account_of(number)}",
            "version": "general:1",
        }
