"""Rules over the office's registers: the same on both engines, the gate agrees with the inspection, and plain readings agree."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rules.case import Case, cases_of
from sekisho.engine.answers import Found, Outcome
from sekisho.engine.controls import load_control
from sekisho.engine.requests import WalletRequest
from sekisho.engine.run import Judged, japan_period, run_rule
from sekisho.engine.view import RecordsView
from sekisho.records import TABLES, records_of
from sekisho.rulebook import load_rulebook
from sekisho.typologies.custody import read_chain, read_ledger
from sekisho.typologies.outside_cold import measure
from sekisho.typologies.valuation import Cutoff, read_prices
from sekisho.typologies.worst_moment import Moment, worst_moments

RULEBOOK = load_rulebook()
RELATIONAL = (
    "client_assets/duties_separation",
    "client_assets/segregation",
    "client_assets/transfer_controls",
    "client_assets/unregistered_wallets",
)
RUNS = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize("path", RELATIONAL)
def test_the_richest_example_is_the_same_on_both_engines(path: str, spark: None) -> None:
    case = max(cases_of(RULEBOOK.rules[path]), key=lambda each: len(each.expect.get("findings", ())))
    here, there = _run(case, "duckdb"), _run(case, "spark")
    assert here
    assert here == there


def _run(case: Case, engine: str) -> tuple[Found, ...]:
    with records_of(case.records, engine=engine) as records:
        regime, law_day = RULEBOOK.regime_on(case.regime, case.as_of)
        judged = Judged(regime=regime, law_day=law_day, as_of=case.as_of)
        return run_rule(case.rule, records, judged, japan_period(records) or (case.as_of, case.as_of), case.assume).found


DEVICES = ("D1", "D2", "D3")
FIRST = date(2026, 6, 1)
AS_OF = date(2026, 6, 20)


@st.composite
def key_registers(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Keys of some wallets on three devices, some connected once."""
    rows = []
    for number in range(draw(st.integers(1, 6))):
        since = FIRST + timedelta(days=draw(st.integers(0, 10)))
        connected = draw(st.none() | st.integers(0, 30))
        rows.append(
            {
                "wallet_id": draw(st.sampled_from(("W1", "W2"))),
                "key_id": f"K{number}",
                "use": "signing",
                "place": "Tokyo",
                "device": draw(st.sampled_from(DEVICES)),
                "connected_at": None if connected is None else _at(FIRST, 24 * connected + 12),
                "since": since,
                "until": draw(st.none() | st.just(since + timedelta(days=draw(st.integers(1, 30))))),
                "owner": "Custody",
            }
        )
    return rows


@RUNS
@given(key_registers())
def test_what_the_gate_lets_in_as_cold_the_inspection_does_not_flag(rows: list[dict[str, Any]]) -> None:
    rule = RULEBOOK.rules["client_assets/wallet_class"]
    wallets = [
        {"wallet_id": w, "asset": "BTC", "address": w, "tier": "cold", "holder": "customer", "ever_online": False}
        for w in ("W1", "W2")
    ]
    control, p = load_control(rule), rule.parameters_in("PSA-2026", AS_OF, AS_OF, {})
    assert control.detect
    assert control.decide
    with records_of({"wallet": _arrow("wallet", wallets), "wallet_key": _arrow("wallet_key", rows)}) as records:
        flagged = {found.subject_id for found in control.detect(records, p)}
        view = RecordsView(records, _at(AS_OF, 24))
        for wallet in ("W1", "W2"):
            # The devices whose keys of this wallet are in use on the day looked at.
            of = [
                r for r in rows if r["wallet_id"] == wallet and r["since"] <= AS_OF and (r["until"] is None or r["until"] > AS_OF)
            ]  # type: ignore[operator]
            devices = tuple(sorted({str(r["device"]) for r in of}))
            request = WalletRequest(wallet_id=wallet, requested_at=_at(AS_OF, 24), tier="cold", devices=devices)
            refused = any(reason.outcome is Outcome.refuse for reason in control.decide(request, view, p))
            assert not refused or wallet in flagged
            # The inspection remembers devices a wallet has left: those alone may be flagged beyond what the gate refuses.
            left = any(r["wallet_id"] == wallet and r not in of for r in rows)
            assert refused or left or wallet not in flagged


def _in_use(row: dict[str, Any]) -> bool:
    return bool(row["since"] <= AS_OF and (row["until"] is None or row["until"] > AS_OF))


def _at(day: date, hours: int) -> datetime:
    """That many hours after the Japan day starts."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=hours - 9)


def _arrow(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    names = set(rows[0]) if rows else {field.name for field in TABLES[name].arrow_schema}
    return pa.Table.from_pylist(rows, schema=pa.schema([field for field in TABLES[name].arrow_schema if field.name in names]))


DAYS = [FIRST + timedelta(days=n) for n in range(3)]
ASSETS = ("BTC", "ETH")
NUMBER = st.integers(0, 9).map(Decimal)


@st.composite
def days_of_trading(draw: st.DrawFn) -> dict[str, list[dict[str, Any]]]:
    """Observations and quotations at odd hours over three days, everything seen and priced at the first cut-off."""
    hours = [0, 9, 15, 24, 33, 39, 48, 57, 63, 72]
    return {
        "wallet_balance": [
            {"wallet_id": a, "observed_at": _at(FIRST, h), "quantity": draw(NUMBER)}
            for a in ASSETS for h in hours if h in (0, 24) or draw(st.booleans())
        ],
        "reference_price": [
            {"asset": a, "quoted_at": _at(FIRST, h - 1), "price_jpy": draw(NUMBER) + 1, "source": "s"}
            for a in ASSETS for h in hours if h in (0, 24) or draw(st.booleans())
        ],
        "customer_balance": [
            {"account_id": "A1", "asset": a, "as_of_date": day, "quantity": draw(NUMBER) + 20} for a in ASSETS for day in DAYS
        ],
    }  # fmt: skip


@RUNS
@given(days_of_trading())
def test_the_worst_moment_is_the_one_a_plain_reading_finds(rows: dict[str, list[dict[str, Any]]]) -> None:
    wallets = [{"wallet_id": a, "asset": a, "address": a, "tier": "hot", "holder": "customer", "ever_online": True} for a in ASSETS]
    cutoff = Cutoff.parse("24:00")
    with records_of({name: _arrow(name, table) for name, table in {**rows, "wallet": wallets}.items()}) as records:
        prices = read_prices(records, cutoff, "any", timedelta(days=30))
        chain, ledger = read_chain(records, cutoff), read_ledger(records)
        measured = measure(chain, ledger, prices)
        found = worst_moments(records, chain, ledger, measured, cutoff, "any")
    for day in DAYS:
        worst = max(_plain_shares(rows, day))
        assert Fraction(found[day].outside_jpy) / Fraction(found[day].owed_jpy) == worst


@RUNS
@given(days_of_trading(), st.randoms())
def test_of_what_changes_at_one_moment_the_same_record_is_named_in_whatever_order_rows_stand(
    rows: dict[str, list[dict[str, Any]]], chance: Random
) -> None:
    """Each asset lies in three wallets that are observed at the same moments."""
    thirds = [f"{asset}{n}" for asset in ASSETS for n in range(3)]
    wallets = [
        {"wallet_id": a, "asset": a[:-1], "address": a, "tier": "hot", "holder": "customer", "ever_online": True} for a in thirds
    ]
    seen = [{**row, "wallet_id": f"{row['wallet_id']}{n}"} for row in rows["wallet_balance"] for n in range(3)]
    tables = {**rows, "wallet": wallets, "wallet_balance": seen}
    told = _moments_of(tables)
    for table in tables.values():
        chance.shuffle(table)
    assert _moments_of(tables) == told


def _moments_of(tables: dict[str, list[dict[str, Any]]]) -> dict[date, Moment]:
    cutoff = Cutoff.parse("24:00")
    with records_of({name: _arrow(name, table) for name, table in tables.items()}) as records:
        prices = read_prices(records, cutoff, "any", timedelta(days=30))
        chain, ledger = read_chain(records, cutoff), read_ledger(records)
        return worst_moments(records, chain, ledger, measure(chain, ledger, prices), cutoff, "any")


def _plain_shares(rows: dict[str, list[dict[str, Any]]], day: date) -> Iterator[Fraction]:
    """The share at the cut-off, and after every change of the day but the last observation of a wallet."""
    yield _plain_share(rows, _at(day, 24), day, rows["wallet_balance"])
    if day == DAYS[0]:
        return
    starts, ends = _at(day, 0), _at(day, 24)
    seen = [row for row in rows["wallet_balance"] if starts < row["observed_at"] <= ends]
    closing = {row["wallet_id"]: max(r["observed_at"] for r in seen if r["wallet_id"] == row["wallet_id"]) for row in seen}
    others = [row for row in rows["wallet_balance"] if row["observed_at"] != closing.get(row["wallet_id"])]
    moments = {row["quoted_at"] for row in rows["reference_price"] if starts < row["quoted_at"] <= ends}
    moments |= {row["observed_at"] for row in others if row in seen}
    for moment in moments:
        yield _plain_share(rows, moment, day - timedelta(days=1), others)


def _plain_share(rows: dict[str, list[dict[str, Any]]], until: datetime, owed_on: date, seen: list[dict[str, Any]]) -> Fraction:
    outside = owed = Fraction(0)
    for asset in ASSETS:
        quoted = [row for row in rows["reference_price"] if row["asset"] == asset and row["quoted_at"] <= until]
        held = [row for row in seen if row["wallet_id"] == asset and row["observed_at"] <= until]
        price = Fraction(max(quoted, key=lambda row: row["quoted_at"])["price_jpy"])
        outside += price * Fraction(max(held, key=lambda row: row["observed_at"])["quantity"])
        owed += price * sum(
            Fraction(r["quantity"]) for r in rows["customer_balance"] if (r["asset"], r["as_of_date"]) == (asset, owed_on)
        )
    return outside / owed


def _key(row: dict[str, Any]) -> tuple[str, date]:
    return row["asset"], row["as_of_date"]
