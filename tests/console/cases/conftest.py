"""Alerts to open cases from, small books written by hand, and a simulated exchange that was inspected."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.utils import timezone
from typer.testing import CliRunner

from sekisho.cli import app
from sekisho.console.alerts.models import RANK, Alert
from sekisho.console.journal.acting import SYSTEM, acting
from sekisho.console.people.actor import Actor
from sekisho.console.people.models import Account
from sekisho.records import TABLES

AT = datetime(2026, 9, 18, 1, 0, tzinfo=UTC)
MakeAlert = Callable[..., Alert]


@pytest.fixture
def make_alert(people: dict[str, str]) -> MakeAlert:
    """Makes an alert; what is not given is that of a wash trade of account A1."""

    def make(alert_id: str, **given: Any) -> Alert:
        fields = {
            "rule": "unfair_trading/wash_trading",
            "chapter": "unfair_trading",
            "regime": "PSA-2026",
            "as_of": date(2026, 9, 19),
            "severity": "high",
            "score": 0.9,
            "subject_kind": "account",
            "subject_id": "A1",
            "instrument": "BTC/JPY",
            "window_from": AT,
            "window_until": AT + timedelta(minutes=10),
            "evidence": [{"table": "trade", "id": "T1"}, {"table": "order", "id": "O1"}],
            "parameters": {"score_min": "0.5", "_firm_set": ["score_min"]},
            "summary_en": f"Account A1 traded with itself ({alert_id}).",
            "summary_ja": f"口座A1は自己と取引した（{alert_id}）。",
            "parties": ["P1"],
            "raised_at": AT + timedelta(days=1),
            "due_at": AT + timedelta(days=4),
            **given,
        }
        alert = Alert(alert_id=alert_id, rank=RANK[fields["severity"]], **fields)
        with acting(SYSTEM, "take in findings"):
            alert.save()
        return alert

    return make


@pytest.fixture
def actor(people: dict[str, str]) -> Callable[[str], Actor]:
    """The actor behind an account, now."""
    return lambda name: Actor.of(Account.objects.get(username=name), timezone.now())


@pytest.fixture
def small_books(tmp_path: Path, settings: Any) -> Path:
    """Books of a few rows: an account that trades with itself and with another, a transfer, and orders around them."""
    folder = tmp_path / "books"
    folder.mkdir()
    write(folder, "account", [account("A1", "P1"), account("A2", "P2")])
    write(folder, "party", [{"party_id": "P1", "kind": "individual", "born_on": date(1980, 5, 4)}])
    write(
        folder,
        "instrument",
        [
            {
                "instrument": "BTC/JPY",
                "base_asset": "BTC",
                "quote_asset": "JPY",
                "tick_size": Decimal(1),
                "lot_size": Decimal("0.001"),
            }
        ],
    )
    entered = (
        ("O1", "A1", "buy", 100, 2),
        ("O2", "A1", "sell", 101, 3),
        ("O3", "A2", "sell", 102, 1),
        ("O4", "A1", "sell", 100, 1),
    )
    write(folder, "order_event", [order(n, *each) for n, each in enumerate(entered, 1)])
    write(folder, "trade", [trade(5, "T1", "O1", "O4", "A1", "A1", 100, 1), trade(6, "T2", "O1", "O3", "A1", "A2", 102, 1)])
    write(folder, "transfer", [transfer("X1", "A1", "out", "bc1qreceiver", "1.5")])
    settings.CHOSEN = msgspec.structs.replace(settings.CHOSEN, books=folder)
    return folder


@pytest.fixture(scope="session")
def inspected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small exchange and its inspection: ``books`` and ``result``."""
    home = tmp_path_factory.mktemp("inspected")
    run = CliRunner().invoke
    made = ["simulate", "--out", str(home / "books"), "--days", "1", "--accounts", "200", "--instruments", "2", "--seed", "5"]
    assert run(app, made).exit_code == 0
    asked = ["inspect", str(home / "books"), "--rules", "unfair_trading/wash_trading", "--out", str(home / "result")]
    assert run(app, asked).exit_code == 0
    return home


def write(folder: Path, table: str, rows: list[dict[str, Any]]) -> None:
    """One table of the books; columns of the contract that a row lacks are null."""
    schema = TABLES[table].arrow_schema
    plain = [{name: row.get(name) for name in schema.names} for row in rows]
    pq.write_table(
        pa.Table.from_pylist(plain, schema=pa.schema([f.with_nullable(True) for f in schema])), folder / f"{table}.parquet"
    )


def account(account_id: str, party: str) -> dict[str, Any]:
    """An account of a customer, with what is his own affair."""
    own = {"income_jpy": Decimal(5_000_000), "net_worth_jpy": Decimal(9_000_000), "experience": "none", "risk_tolerance": "low"}
    return {"account_id": account_id, "party_id": party, "kind": "customer", "opened_at": AT - timedelta(days=100), **own}


def order(sequence: int, order_id: str, account_id: str, side: str, price: int, quantity: int) -> dict[str, Any]:
    """The entry of an order."""
    at = AT + timedelta(seconds=sequence)
    given = {"instrument": "BTC/JPY", "order_type": "limit", "price": Decimal(price), "quantity": Decimal(quantity)}
    return {"event_id": f"E{sequence}", "sequence": sequence, "occurred_at": at, "order_id": order_id, "account_id": account_id,
            "side": side, "action": "new", **given}  # fmt: skip


def trade(sequence: int, trade_id: str, buy: str, sell: str, buyer: str, seller: str, price: int, quantity: int) -> dict[str, Any]:
    """One trade."""
    return {"trade_id": trade_id, "sequence": sequence, "executed_at": AT + timedelta(seconds=sequence), "instrument": "BTC/JPY",
            "price": Decimal(price), "quantity": Decimal(quantity), "buy_order_id": buy, "sell_order_id": sell,
            "buy_account_id": buyer, "sell_account_id": seller, "aggressor_side": "sell"}  # fmt: skip


def transfer(transfer_id: str, account_id: str, direction: str, address: str, quantity: str) -> dict[str, Any]:
    """One transfer with a Travel Rule payload, which is personal."""
    return {"transfer_id": transfer_id, "requested_at": AT, "account_id": account_id, "direction": direction, "asset": "BTC",
            "quantity": Decimal(quantity), "value_jpy": Decimal(15_000_000), "address": address, "counterparty": "unhosted",
            "travel_rule_payload": '{"originator": "Yamada Taro"}', "status": "completed"}  # fmt: skip
