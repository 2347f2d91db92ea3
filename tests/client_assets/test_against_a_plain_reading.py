"""Custody rules against a slow, plain reading of each sentence of the law, on random small books."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sekisho.engine.answers import Found
from sekisho.engine.controls import load_control
from sekisho.records import TABLES, records_of
from sekisho.rulebook import load_rulebook

RULEBOOK = load_rulebook()
FIRST = date(2026, 9, 16)
DAYS = [FIRST + timedelta(days=n) for n in range(9)]
HOLIDAYS = {date(2026, 9, 21), date(2026, 9, 22), date(2026, 9, 23)}
PRICES = {"BTC": Decimal("12345.67"), "ETH": Decimal("0.03")}
WALLETS = {
    "HOT": ("BTC", "hot", "customer", True),
    "ONCE": ("BTC", "cold", "customer", True),
    "TRUST": ("BTC", "cold", "third_party", False),
    "HOTE": ("ETH", "hot", "third_party", False),
    "GUAR": ("BTC", "cold", "guarantee", False),
    "GONE": ("BTC", "cold", "guarantee", True),
}
QUANTITY = st.sampled_from([Decimal(0), Decimal(1), Decimal(5), Decimal("5.00000001"), Decimal(95), Decimal(100)])
Books = dict[str, Any]


@st.composite
def books(draw: st.DrawFn) -> Books:
    """Observations of some wallets on some days, and what one customer is owed on some days."""
    seen = {(w, d): draw(QUANTITY) for w in WALLETS for d in DAYS if draw(st.integers(0, 2))}
    owed = {(a, d): draw(QUANTITY) for a in PRICES for d in DAYS if draw(st.integers(0, 3))}
    return {"seen": seen, "owed": owed}


def _held(made: Books, wallet: str, day: date) -> Fraction:
    return Fraction(next((made["seen"][wallet, d] for d in reversed(DAYS) if d <= day and (wallet, d) in made["seen"]), 0))


def _customers(wallet: str, asset: str | None = None) -> bool:
    return WALLETS[wallet][2] in ("customer", "third_party") and asset in (None, WALLETS[wallet][0])


def _cold(wallet: str) -> bool:
    return WALLETS[wallet][1] == "cold" and not WALLETS[wallet][3]


def _add_business_days(day: date, n: int) -> date:
    while n:
        day += timedelta(days=1)
        n -= day.weekday() < 5 and day not in HOLIDAYS
    return day


def _runs(judged: dict[date, bool]) -> list[tuple[date, date]]:
    runs: list[tuple[date, date]] = []
    before = False
    for day in sorted(judged):
        if judged[day]:
            runs = [*runs[:-1], (runs[-1][0], day)] if before else [*runs, (day, day)]
        before = judged[day]
    return runs


def _found(path: str, made: Books) -> list[Found]:
    rows: dict[str, list[dict[str, object]]] = {
        "wallet": [
            {"wallet_id": w, "asset": a, "address": w, "tier": tier, "holder": holder, "ever_online": online}
            for w, (a, tier, holder, online) in WALLETS.items()
        ],
        "wallet_balance": [{"wallet_id": w, "observed_at": _noon(d), "quantity": q} for (w, d), q in made["seen"].items()],
        "customer_balance": [
            {"account_id": "A1", "asset": a, "as_of_date": d, "quantity": q} for (a, d), q in made["owed"].items()
        ],
        "reference_price": [
            {"asset": a, "quoted_at": _noon(d), "price_jpy": p, "source": "s"} for a, p in PRICES.items() for d in DAYS
        ],
    }  # fmt: skip
    rule = RULEBOOK[path]
    control = load_control(rule)
    assert control.detect is not None
    with records_of({name: _arrow(name, table) for name, table in rows.items()}) as records:
        return list(control.detect(records, rule.parameters_in("PSA-2026", DAYS[-1], DAYS[-1], {})))


def _noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 3, tzinfo=UTC)


def _arrow(name: str, rows: list[dict[str, object]]) -> pa.Table:
    columns = set(rows[0]) if rows else {field.name for field in TABLES[name].arrow_schema}
    return pa.Table.from_pylist(rows, schema=pa.schema([field for field in TABLES[name].arrow_schema if field.name in columns]))


def _days(found: Found) -> tuple[object, object]:
    return found.facts["first_day"], found.facts["last_day"]


RUNS = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@RUNS
@given(books())
def test_five_percent_of_everything_by_value(made: Books) -> None:
    def broken(day: date) -> bool:
        outside = sum(
            (_held(made, w, day) * Fraction(PRICES[WALLETS[w][0]]) for w in WALLETS if _customers(w) and not _cold(w)), Fraction()
        )
        owed = sum((Fraction(q) * Fraction(PRICES[a]) for (a, d), q in made["owed"].items() if d == day), Fraction())
        return outside * 20 > owed

    tested = {day: broken(day) for day in DAYS if any(d == day for _, d in made["owed"])}
    breaches = [f for f in _found("client_assets/cold_storage", made) if f.subject_kind == "exchange"]
    assert sorted(map(_days, breaches)) == _runs(tested)
    for found in breaches:
        deadline = _add_business_days(found.facts["first_day"], 1)  # type: ignore[arg-type]
        assert found.facts["deadline"] == deadline
        cured = [day for day in tested if day > found.facts["last_day"]]  # type: ignore[operator]
        late = found.facts["last_day"] >= deadline or bool(cured and cured[0] > deadline)  # type: ignore[operator]
        assert (found.sentence == "late") == late


@RUNS
@given(books())
def test_one_guarantee_coin_for_each_hot_coin(made: Books) -> None:
    found = _found("client_assets/guarantee_assets", made)
    counted = [w for w in WALLETS if not (_customers(w) and _cold(w))]
    looked_at = {d for w, d in made["seen"] if w in counted}
    for asset in PRICES:
        of_asset = [w for w in counted if WALLETS[w][0] == asset]
        known = {d for d in looked_at if any((w, e) in made["seen"] for w in of_asset for e in DAYS if e <= d)}

        def short(day: date, of_asset: list[str] = of_asset) -> bool:
            hot = sum(_held(made, w, day) for w in of_asset if _customers(w))
            own = sum(_held(made, w, day) for w in of_asset if not _customers(w) and _cold(w))
            return own < hot

        assert sorted(_days(f) for f in found if f.asset == asset) == _runs({day: short(day) for day in sorted(known)})


@RUNS
@given(books())
def test_ledger_against_chain(made: Books) -> None:
    found = _found("client_assets/reconciliation", made)
    for asset in PRICES:
        looked_at = {d for (w, d) in made["seen"] if _customers(w, asset)}
        owed = {d: Fraction(q) for (a, d), q in made["owed"].items() if a == asset}
        judged = {d: owed[d] > sum(_held(made, w, d) for w in WALLETS if _customers(w, asset)) for d in owed if d in looked_at}
        gaps = [f for f in found if f.asset == asset and "gap" in f.facts]
        assert sorted(map(_days, gaps)) == _runs(judged)
        assert all(f.facts["deadline"] == _add_business_days(f.facts["first_day"], 5) for f in gaps)  # type: ignore[arg-type]
        missed = {d for d in owed if owed[d] and d not in looked_at and d.weekday() < 5 and d not in HOLIDAYS}
        said = {
            day for f in found if f.sentence == "not_reconciled" and asset in f.facts["assets"] for day in f.facts["missed_days"]
        }  # type: ignore[operator,union-attr]
        assert said == {d.isoformat() for d in missed}
