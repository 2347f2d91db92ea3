"""Cooling-off: what the gate lets pass, the inspection does not flag, and the reverse, for any history of transfers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sekisho.engine.answers import Outcome
from sekisho.engine.controls import load_control
from sekisho.engine.requests import Account, TransferRequest
from sekisho.records import TABLES, records_of
from sekisho.rulebook import load_rulebook

RULE = load_rulebook()["transfers/cooling_off"]
CONTROL = load_control(RULE)
START = datetime(2027, 8, 1, tzinfo=UTC)
REGIMES = ("WG4-SEED", "WG-REPORT", "FIEA-ACT64")


@dataclass
class Gate:
    """A gate that keeps accounts and the first request to each address, as a live one does."""

    opened: dict[str, datetime]
    first_uses: dict[tuple[str, str], datetime]

    def account(self, account_id: str) -> Account:
        return Account(account_id=account_id, party_id="P", kind="customer", opened_at=self.opened[account_id])

    def first_used_at(self, account_id: str, address: str) -> datetime | None:
        return self.first_uses.get((account_id, address))


@st.composite
def histories(draw: st.DrawFn) -> list[dict[str, object]]:
    """Requests in order of time, a few hours apart, by few accounts to few addresses."""
    rows = []
    at = START
    for number in range(draw(st.integers(1, 12))):
        at += timedelta(hours=draw(st.integers(0, 30)), microseconds=draw(st.sampled_from([0, 0, 1, 999_999])))
        rows.append(
            {
                "transfer_id": f"T{number}",
                "requested_at": at,
                "account_id": draw(st.sampled_from(["A1", "A2", "GONE"])),
                "direction": draw(st.sampled_from(["out", "out", "out", "in"])),
                "address": draw(st.sampled_from(["bc1x", "bc1y"])),
                "counterparty": draw(st.sampled_from(["hosted", "unhosted", "unknown"])),
                "counterparty_vasp": draw(st.sampled_from([None, "OtherCo"])),
                "impatience": draw(st.sampled_from([0, 0, 1, 1_000_000, 3_600_000_000])),
            }
        )
    return rows


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    histories(),
    st.sampled_from(REGIMES),
    st.sampled_from([0, 1, Decimal("0.5"), 3]),
    st.sampled_from([0, 1, Decimal("1.25")]),
    st.integers(-96, 72),
)
def test_gate_and_inspection_agree(
    rows: list[dict[str, object]], regime: str, days_account: Decimal | int, days_address: Decimal | int, opened_hours: int
) -> None:
    opened = {"A1": START + timedelta(hours=opened_hours), "A2": START - timedelta(days=400)}
    parameters = RULE.parameters_in(
        regime, date(2027, 8, 1), date(2027, 8, 1), {"days_new_account": days_account, "days_new_address": days_address}
    )
    gate = Gate(opened, {})
    broken: set[str] = set()
    table = []
    for row in rows:
        released_at, obeyed = _release(row, gate, parameters)
        if not obeyed:
            broken.add(str(row["transfer_id"]))
        table.append({**_columns(row, gate), "released_at": released_at})
        if row["direction"] == "out":
            gate.first_uses.setdefault((str(row["account_id"]), str(row["address"])), row["requested_at"])  # type: ignore[arg-type]
    assert _flagged(table, opened, parameters) == broken


def _release(row: dict[str, object], gate: Gate, parameters: object) -> tuple[datetime, bool]:
    """When the firm let the transfer go, and whether that was as the gate said. An impatient firm releases too early."""
    assert CONTROL.decide is not None
    request = TransferRequest(
        **{k: v for k, v in row.items() if k != "impatience"},  # type: ignore[arg-type]
        asset="BTC",
        quantity=Decimal(1),
        value_jpy=Decimal(10_000_000),
    )
    reasons = list(CONTROL.decide(request, gate, parameters))  # type: ignore[arg-type]
    if not reasons:
        return request.requested_at, True
    assert {reason.outcome for reason in reasons} == {Outcome.hold}
    if any(reason.sentence == "account_unknown" for reason in reasons):
        return request.requested_at + timedelta(days=30), False
    releases_at = max(reason.releases_at for reason in reasons if reason.releases_at)
    assert releases_at > request.requested_at
    early = timedelta(microseconds=int(str(row["impatience"])))
    return max(request.requested_at, releases_at - early), not early


def _columns(row: dict[str, object], gate: Gate) -> dict[str, object]:
    first = gate.first_used_at(str(row["account_id"]), str(row["address"]))
    return {
        **{k: v for k, v in row.items() if k != "impatience"},
        "asset": "BTC",
        "quantity": Decimal(1),
        "value_jpy": Decimal(10_000_000),
        "address_first_used_at": first,
        "status": "completed",
    }


def _flagged(table: list[dict[str, object]], opened: dict[str, datetime], parameters: object) -> set[str]:
    assert CONTROL.detect is not None
    accounts = [{"account_id": a, "party_id": "P", "kind": "customer", "opened_at": at} for a, at in opened.items()]
    with records_of({"transfer": _arrow("transfer", table), "account": _arrow("account", accounts)}) as records:
        found = list(CONTROL.detect(records, parameters))  # type: ignore[arg-type]
    named = [evidence.id for one in found for evidence in one.evidence if evidence.table == "transfer"]
    assert len(named) == len(set(named)), "a transfer belongs to one finding"
    return set(named)


def _arrow(name: str, rows: list[dict[str, object]]) -> pa.Table:
    schema = TABLES[name].arrow_schema
    return pa.Table.from_pylist(rows, schema=pa.schema([field for field in schema if field.name in rows[0]]))
