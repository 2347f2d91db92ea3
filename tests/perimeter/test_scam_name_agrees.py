"""Scam names: what the gate lets pass, the inspection does not flag, and the reverse, for any history of transfers."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sekisho.engine.answers import Outcome
from sekisho.engine.controls import load_control
from sekisho.engine.requests import TransferRequest
from sekisho.engine.view import RecordsView
from sekisho.records import TABLES, records_of
from sekisho.rulebook import load_rulebook

RULE = load_rulebook()["perimeter/scam_name"]
CONTROL = load_control(RULE)
START = datetime(2026, 6, 8, tzinfo=UTC)
PURPOSES = (
    None,
    "友人への返済",
    "claim-bitflyer.com",
    "https://airdrop.metamask.pages.dev/x を見て",
    "solana-mkts.com",
    "bitflyer.com",
    "cоincheck.com",
)

histories = st.lists(
    st.fixed_dictionaries(
        {
            "purpose": st.sampled_from(PURPOSES),
            "direction": st.sampled_from(["out", "out", "in"]),
            "event": st.sampled_from([None, "approved", "warning_acknowledged", "warning_shown"]),
            "event_after_hours": st.integers(-2, 2),
            "acknowledged": st.booleans(),
            "released": st.booleans(),
        }
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories)
def test_gate_and_inspection_agree(history: list[dict[str, object]]) -> None:
    parameters = RULE.parameters_in("PSA-2026", date(2026, 6, 8), date(2026, 6, 8), {})
    transfers, events = [], []
    for number, row in enumerate(history):
        transfers.append(
            {
                "transfer_id": f"T{number}",
                "requested_at": START + timedelta(hours=number),
                "account_id": "A1",
                "direction": row["direction"],
                "asset": "ETH",
                "quantity": Decimal(1),
                "value_jpy": Decimal(500_000),
                "address": "0xabc",
                "counterparty": "unhosted",
                "purpose": row["purpose"],
                "warning_acknowledged_at": START if row["acknowledged"] else None,
                "released_at": START + timedelta(hours=number, minutes=30) if row["released"] else None,
                "status": "completed" if row["released"] else "held",
            }
        )
        if row["event"] is not None:
            at = START + timedelta(hours=number, minutes=15) + timedelta(hours=int(str(row["event_after_hours"])))
            events.append(
                {"event_id": f"E{number}", "request_id": f"T{number}", "occurred_at": at, "kind": row["event"], "party_id": "P"}
            )
    tables = {"transfer": _arrow("transfer", transfers)} | ({"request_event": _arrow("request_event", events)} if events else {})
    with records_of(tables) as records:
        assert CONTROL.detect is not None
        assert CONTROL.decide is not None
        flagged = {found.evidence[0].id for found in CONTROL.detect(records, parameters)}
        wrong = set()
        for row in transfers:
            if row["released_at"] is None:
                continue
            view = RecordsView(records, row["released_at"])  # type: ignore[arg-type]
            request = TransferRequest(**{name: row[name] for name in TransferRequest.__struct_fields__ if name in row})  # type: ignore[arg-type]
            reasons = list(CONTROL.decide(request, view, parameters))
            assert {reason.outcome for reason in reasons} <= {Outcome.warn, Outcome.hold}
            if reasons:
                wrong.add(row["transfer_id"])
    assert flagged == wrong


def _arrow(name: str, rows: list[dict[str, object]]) -> pa.Table:
    schema = TABLES[name].arrow_schema
    return pa.Table.from_pylist(rows, schema=pa.schema([field for field in schema if field.name in rows[0]]))
