"""Whatever approved flows an exchange has, nothing is raised; one payment nobody approved, or one changed address, always is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sekisho.engine.answers import Found
from sekisho.engine.run import Judged, run_rule
from sekisho.records import TABLES, records_of
from sekisho.rulebook import load_rulebook

RULE = load_rulebook().rules["client_assets/unauthorised_outflow"]
START = datetime(2026, 6, 3, tzinfo=UTC)
DAY = date(2026, 6, 5)
UNIT = Decimal("0.00000001")
PRICE = Decimal(10_000_000)
FEE_UNITS_MAX = 300_000  # JPY 30,000 at this price


@dataclass(frozen=True)
class Payment:
    """One approved withdrawal and how it is paid."""

    number: int
    units: int
    payee: int
    minutes: int
    fee_units: int
    parts: int
    named: bool
    registered: bool


payments = st.lists(
    st.builds(
        Payment,
        number=st.just(0),
        units=st.integers(1_000_000, 10**11),
        payee=st.integers(0, 6),
        minutes=st.integers(0, 500),
        fee_units=st.integers(0, FEE_UNITS_MAX),
        parts=st.integers(1, 3),
        named=st.booleans(),
        registered=st.booleans(),
    ),
    min_size=1,
    max_size=8,
).map(lambda each: [replace(p, number=n, payee=100 * n + p.payee) for n, p in enumerate(each)])
ways = st.fixed_dictionaries(
    {"batched": st.booleans(), "hub": st.booleans(), "change": st.integers(0, 10**9), "fee": st.integers(0, 500_000)}
)
quick = settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)


@quick
@given(payments, ways)
def test_approved_flows_are_never_raised(flows: list[Payment], way: dict[str, object]) -> None:
    found = _found(_transfers(flows), _movements(flows, way), _acts(flows))
    assert not found, [(f.sentence, dict(f.facts)) for f in found]


@quick
@given(payments, ways, st.integers(FEE_UNITS_MAX + 1, 10**12), st.sampled_from(["-", "X0", "X9999"]))
def test_one_payment_that_nobody_approved_always_is(flows: list[Payment], way: dict[str, object], units: int, names: str) -> None:
    moved = _movements(flows, way)
    giver, txid = ("t1", "t1") if way["batched"] and way["hub"] else ("hot1", "theft")
    moved.append(_row(txid, 501, giver, "stranger", units, None if names == "-" else names))
    if giver == "t1":
        moved.append(_row("t1", 501, "cold2", "t1", units, None))
    found = _found(_transfers(flows), moved, _acts(flows))
    assert any("stranger" in f.facts.get("destinations", ()) for f in found), [(f.sentence, dict(f.facts)) for f in found]


@quick
@given(payments, ways, st.data())
def test_one_changed_address_always_is_though_the_amount_agrees(
    flows: list[Payment], way: dict[str, object], data: st.DataObject
) -> None:
    changed = data.draw(st.sampled_from(flows))
    moved = _movements(flows, way)
    for row in moved:
        if row["to_address"] == _payee(changed):
            row["to_address"] = "stranger"
    found = _found(_transfers(flows), moved, _acts(flows))
    told = [f for f in found if "stranger" in f.facts.get("destinations", ())]
    assert told, [(f.sentence, dict(f.facts)) for f in found]
    if changed.named:
        assert "substituted" in told[0].facts["kinds"]  # type: ignore[operator]


def _payee(payment: Payment) -> str:
    return f"payee{payment.payee}"


def _transfers(flows: list[Payment]) -> list[dict[str, object]]:
    return [
        {
            "transfer_id": f"X{p.number}", "requested_at": START + timedelta(minutes=p.minutes), "account_id": "A1",
            "direction": "out",
            "asset": "BTC", "quantity": p.units * UNIT, "value_jpy": Decimal(1), "address": _payee(p), "counterparty": "unknown",
            "released_at": START + timedelta(minutes=p.minutes + 10), "status": "completed",
        }
        for p in flows
    ]  # fmt: skip


def _acts(flows: list[Payment]) -> list[dict[str, object]]:
    return [
        {
            "movement_id": f"X{p.number}", "act": act, "party_id": f"P-{act}", "acted_at": START + timedelta(minutes=p.minutes + 5),
            "asset": "BTC", "quantity": p.units * UNIT, "from_wallet_id": "HOT", "to_address": _payee(p),
        }
        for p in flows
        if p.registered
        for act in ("approved", "signed")
    ]  # fmt: skip


def _movements(flows: list[Payment], way: dict[str, object]) -> list[dict[str, object]]:
    """Each payment alone or all in one transaction; address to address, or over the transaction; with change and a fee."""
    rows: list[dict[str, object]] = []
    late = max(p.minutes for p in flows) + 30
    for p in flows:
        parts = 1 if way["batched"] else p.parts
        each, rest = divmod(p.units - p.fee_units, parts)
        for part in range(parts):
            units = each + (rest if part == parts - 1 else 0)
            txid = "t1" if way["batched"] else f"t{p.number}-{part}"
            hub = way["hub"] and way["batched"]
            rows.append(_row(txid, late + part, txid if hub else "hot1", _payee(p), units, f"X{p.number}" if p.named else None))
    if way["batched"]:
        spent = sum(p.units - p.fee_units for p in flows) + int(str(way["change"])) + int(str(way["fee"]))
        if way["hub"]:
            rows += [_row("t1", late, "hot1", "t1", spent // 2, None), _row("t1", late, "cold1", "t1", spent - spent // 2, None)]
        elif way["fee"]:
            rows.append(_row("t1", late, "hot1", "fee", int(str(way["fee"])), None))
        if way["change"]:
            rows.append(_row("t1", late, "t1" if way["hub"] else "hot1", "hot1", int(str(way["change"])), None))
    return rows


def _row(txid: str, minutes: int, giver: str, taker: str, units: int, by: str | None) -> dict[str, object]:
    return {
        "txid": txid, "occurred_at": START + timedelta(minutes=minutes), "asset": "BTC", "from_address": giver, "to_address": taker,
        "quantity": units * UNIT, "authorised_by": by,
    }  # fmt: skip


def _found(transfers: list[dict[str, object]], moved: list[dict[str, object]], acts: list[dict[str, object]]) -> list[Found]:
    wallets = [
        {"wallet_id": w, "asset": "BTC", "address": a, "tier": t, "holder": "customer", "ever_online": t == "hot"}
        for w, a, t in (("HOT", "hot1", "hot"), ("COLD", "cold1", "cold"), ("DEEP", "cold2", "cold"))
    ]
    price = [{"asset": "BTC", "quoted_at": START, "price_jpy": PRICE, "source": "index"}]
    content = {"wallet": wallets, "transfer": transfers, "chain_movement": moved, "reference_price": price}
    if acts:
        content["movement_approval"] = acts
    tables = {
        name: pa.Table.from_pylist(
            [{c: row.get(c) for c in TABLES[name].arrow_schema.names} for row in rows], TABLES[name].arrow_schema
        )
        for name, rows in content.items()
    }
    run = run_rule(RULE, records_of(tables), Judged(regime="PSA-2026", law_day=DAY, as_of=DAY), (DAY, DAY))
    assert run.state == "ran", run.why
    return [f for f in run.found if f.sentence != "missing_numbers"]
