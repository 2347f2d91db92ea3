"""Custody, capital and transfer rules find the same on DuckDB and on Spark, record for record."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest

from sekisho.engine.answers import Amount, Found
from sekisho.engine.controls import load_control
from sekisho.records import TABLES, Records, records_of
from sekisho.rulebook import load_rulebook

pytestmark = pytest.mark.long

RULEBOOK = load_rulebook()
FIRST = date(2026, 9, 14)
DAYS = [FIRST + timedelta(days=n) for n in range(18)]
ASSETS = ("BTC", "ETH", "XRP")
WALLETS = (
    ("HOT", "hot", "customer", None, True),
    ("COLD", "cold", "customer", None, False),
    ("HSM", "cold", "customer", None, True),
    ("TRUST", "cold", "third_party", "TrustCo", False),
    ("GUAR", "cold", "guarantee", None, False),
)
JUDGED = {
    "client_assets/cold_storage": ("PSA-2026", {"ledger_evidence_max": 2}),
    "client_assets/guarantee_assets": ("PSA-2026", {}),
    "client_assets/reconciliation": ("PSA-2026", {"own_buffer_max": "BTC=1, ETH=1, XRP=1", "ledger_evidence_max": 2}),
    "client_assets/money_trust": ("PSA-2026", {"ledger_evidence_max": 2}),
    "capital/adequacy_ratio": ("FIEA-ACT64", {}),
    "capital/minimum": ("PSA-2026", {"net_assets_jpy_min": Decimal(1500), "capital_jpy_min": Decimal(700)}),
    "transfers/cooling_off": ("FIEA-ACT64", {"days_new_account": 5, "days_new_address": Decimal("1.5")}),
}


@pytest.fixture(scope="module")
def on_duckdb() -> Records:
    return records_of(_books())


@pytest.fixture(scope="module")
def on_spark(spark: None) -> Records:
    return records_of(_books(), engine="spark")


@pytest.mark.parametrize("path", JUDGED)
def test_the_same_on_both_engines(path: str, on_duckdb: Records, on_spark: Records) -> None:
    here, there = _answers(path, on_duckdb), _answers(path, on_spark)
    assert len(here) >= 2, "the books of this test break every rule"
    assert here == there


def test_the_same_twice(on_duckdb: Records) -> None:
    for path in JUDGED:
        assert _answers(path, on_duckdb) == _answers(path, on_duckdb)


def _answers(path: str, records: Records) -> list[Found | Amount]:
    rule = RULEBOOK[path]
    regime, assumed = JUDGED[path]
    control = load_control(rule)
    parameters = rule.parameters_in(regime, DAYS[-1], DAYS[-1], assumed)
    amounts = list(control.compute(records, parameters)) if control.compute else []
    assert control.detect is not None
    return [*control.detect(records, parameters), *amounts]


def _books() -> dict[str, pa.Table]:
    """Eighteen days of a small exchange whose shares, guarantee, gaps and capital wander in and out of bounds."""
    rows = {
        "account": [
            {
                "account_id": f"A{n}",
                "party_id": f"P{n}",
                "kind": "house" if n == 9 else "customer",
                "opened_at": _at(FIRST, -24 * n),
            }
            for n in range(10)
        ],
        "wallet": [
            {"wallet_id": f"{a}-{w}", "asset": a, "address": f"{a}{w}", "tier": t, "holder": h, "custodian": c, "ever_online": o}
            for a in ASSETS
            for w, t, h, c, o in WALLETS
        ],
        "wallet_balance": [row for n, day in enumerate(DAYS) for a in ASSETS for row in _wallet_balances(n, day, a)],
        "customer_balance": [
            {"account_id": f"A{k}", "asset": a, "as_of_date": day, "quantity": Decimal(10 + k)}
            for day in DAYS
            for a in (*ASSETS, "JPY")
            for k in range(10)
        ],
        "reference_price": [
            {"asset": a, "quoted_at": _at(day, h), "price_jpy": Decimal(1000 + 7 * n + h) / 8, "source": s}
            for n, day in enumerate(DAYS)
            for a in ASSETS
            for h in (9, 24)
            for s in ("vwap", "spot")
            if not (a == "XRP" and 4 <= n <= 7)
        ],
        "firm_balance": [row for n, day in enumerate(DAYS) for row in _firm(n, day)],
        "money_trust": [
            {"as_of_date": day, "principal_jpy": Decimal(60 + (7 * n) % 20), "trustee": t}
            for n, day in enumerate(DAYS)
            for t in ("TrustA", "TrustB")
            if n % 7
        ],
        "transfer": [_transfer(n) for n in range(40)],
    }
    return {name: _arrow(name, table) for name, table in rows.items()}


def _at(day: date, hours: int) -> datetime:
    """That many hours after the Japan day starts."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=hours - 9)


def _wallet_balances(n: int, day: date, asset: str) -> list[dict[str, object]]:
    held = {"HOT": 2 + n % 5, "COLD": 60, "HSM": n % 3, "TRUST": 65 + n % 4, "GUAR": 3 + n % 4}
    return [
        {"wallet_id": f"{asset}-{wallet}", "observed_at": _at(day, hours), "quantity": Decimal(quantity) + Decimal(hours) / 100}
        for wallet, quantity in held.items()
        for hours in (12, 24)
        if not (asset == "ETH" and n % 6 == 3)
    ]


def _firm(n: int, day: date) -> list[dict[str, object]]:
    amounts = {
        "net_assets": 900 + 200 * n,
        "capital": 600 + 50 * (n % 5),
        "basic_items": 1000 + 90 * ((n * 5) % 9),
        "supplementary_items": 100,
        "deductions": 50,
        "market_risk": 500,
        "counterparty_risk": 300,
        "basic_risk": 200,
    }
    return [
        {"as_of_date": day, "item": item, "amount_jpy": Decimal(amount)}
        for item, amount in amounts.items()
        if not (n == 8 and item == "basic_risk")
    ]


def _transfer(n: int) -> dict[str, object]:
    requested_at = _at(FIRST, 5 * n)
    return {
        "transfer_id": f"T{n:02}",
        "requested_at": requested_at,
        "account_id": f"A{n % 7}",
        "direction": "in" if n % 6 == 5 else "out",
        "asset": ASSETS[n % 3],
        "quantity": Decimal(1),
        "value_jpy": Decimal(1000 + n),
        "address": f"bc1{n % 11}",
        "address_first_used_at": _at(FIRST, -500) if n % 8 == 7 else None,
        "counterparty": ("hosted", "unhosted", "unknown")[n % 3],
        "counterparty_vasp": "OtherCo" if n % 2 else None,
        "released_at": requested_at + timedelta(hours=6 * (n % 9)) if n % 5 else None,
        "status": ("completed", "released", "held")[n % 3 if n % 4 else 0],
    }


def _arrow(name: str, rows: list[dict[str, object]]) -> pa.Table:
    schema = TABLES[name].arrow_schema
    return pa.Table.from_pylist(rows, schema=pa.schema([field for field in schema if field.name in rows[0]]))
