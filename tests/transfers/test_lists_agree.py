"""Lists: what the gate lets pass, the inspection does not flag, and the reverse, for any lists, movements and transfers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sekisho.engine.answers import Outcome
from sekisho.engine.controls import load_control
from sekisho.engine.memory import Memory
from sekisho.engine.requests import TransferRequest
from sekisho.records import TABLES, records_of
from sekisho.rulebook import load_rulebook
from sekisho.typologies.listed import lists_of
from sekisho.typologies.listed_forms import form_of

RULEBOOK = load_rulebook()
START = datetime(2026, 6, 10, tzinfo=UTC)
HASH = "0" * 64
ADDRESSES = ("0xAb00", "1Bad", "1Mixer", "1Clean", "1Shop")
OPERATORS = (None, "MEXC Global", "OtherCo")
CATEGORIES = ("ransomware", "mixer", "exchange", "cult", None)
ASSUMED: Mapping[str, dict[str, Any]] = {
    "transfers/sanctioned_destination": {},
    "transfers/illicit_destination": {
        "categories_refused": ("ransomware",),
        "categories_held": ("mixer",),
        "categories_warned": ("uncategorised",),
        "categories_ignored": ("exchange",),
    },
    "transfers/unregistered_operator_wallet": {"outcome": "hold"},
    "transfers/exposed_destination": {
        "shares_refused": ("sanctions=0.5",),
        "shares_held": ("mixer=0.25", "unregistered=0.1"),
        "shares_warned": ("any=0.05",),
    },
}


@st.composite
def versions(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Versions of three lists over some days, some dated ahead, some a return to an earlier one."""
    rows: list[dict[str, Any]] = []
    entries: list[dict[str, Any]] = []
    for list_id, kind in (("ofac", "sanctions"), ("tags", "illicit"), ("fsa", "unregistered")):
        loaded_at = START + timedelta(hours=draw(st.integers(-48, 20)))
        for version in range(1, draw(st.integers(0, 3)) + 1):
            back = draw(st.integers(1, version)) if version > 1 and draw(st.booleans()) else version
            entries_of = (
                back if back == version else next(r["entries_of"] for r in rows if (r["list_id"], r["version"]) == (list_id, back))
            )
            rows.append(
                {
                    "list_id": list_id,
                    "version": version,
                    "kind": kind,
                    "source": "authority",
                    "valid_from": loaded_at + timedelta(hours=draw(st.integers(-30, 30))),
                    "loaded_at": loaded_at,
                    "loaded_by": "P9",
                    "entries": 0,
                    "file_name": "a.csv",
                    "sha256": HASH,
                    "entries_sha256": HASH,
                    "entries_of": entries_of,
                }
            )
            loaded_at += timedelta(hours=draw(st.integers(0, 30)))
            if entries_of == version:
                entries += [_entry(draw, list_id, version, row) for row in range(1, draw(st.integers(0, 4)) + 1)]
    return rows, entries


def _entry(draw: st.DrawFn, list_id: str, version: int, row: int) -> dict[str, Any]:
    by_name = list_id == "fsa" and draw(st.booleans())
    value = "mexc global ltd." if by_name else draw(st.sampled_from(ADDRESSES))
    return {
        "list_id": list_id,
        "version": version,
        "row": row,
        "entry_kind": "name" if by_name else "address",
        "value": value,
        "normal_form": form_of("name" if by_name else "address", value),
        "asset": None,
        "category": draw(st.sampled_from(CATEGORIES)),
        "subject": None,
        "reference": None,
        "confidence": None,
        "valid_from": None,
        "valid_until": draw(st.sampled_from([None, None, START + timedelta(hours=10)])),
        "marking": None,
    }


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    """Transfers that left, movements on the chain before and between, and releases by somebody who looked."""
    transfers, events = [], []
    for number in range(draw(st.integers(1, 8))):
        left_at = START + timedelta(hours=draw(st.integers(-10, 40)))
        transfers.append(
            {
                "transfer_id": f"T{number}",
                "requested_at": left_at - timedelta(hours=draw(st.sampled_from([0, 0, 5]))),
                "account_id": draw(st.sampled_from(["A1", "A2"])),
                "direction": draw(st.sampled_from(["in", "out"])),
                "asset": draw(st.sampled_from(["BTC", "ETH"])),
                "quantity": Decimal(1),
                "value_jpy": Decimal(10),
                "address": draw(st.sampled_from(ADDRESSES)).swapcase() if draw(st.booleans()) else draw(st.sampled_from(ADDRESSES)),
                "counterparty": "unknown",
                "counterparty_vasp": draw(st.sampled_from(OPERATORS)),
                "released_at": left_at,
                "status": draw(st.sampled_from(["released", "completed"])),
            }
        )
        if draw(st.booleans()):
            at = left_at - timedelta(hours=draw(st.integers(0, 3)))
            events.append(
                {"event_id": f"E{number}", "request_id": f"T{number}", "occurred_at": at, "kind": "released", "party_id": "P5"}
            )
    moved = [
        {
            "txid": f"X{number}",
            "occurred_at": START + timedelta(hours=draw(st.integers(-20, 40))),
            "asset": draw(st.sampled_from(["BTC", "ETH"])),
            "from_address": draw(st.sampled_from(ADDRESSES)),
            "to_address": draw(st.sampled_from(ADDRESSES)),
            "quantity": Decimal(draw(st.integers(1, 9))),
        }
        for number in range(draw(st.integers(0, 8)))
    ]
    return transfers, events, moved


@pytest.mark.parametrize("path", sorted(ASSUMED))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(versions(), histories())
def test_gate_and_inspection_agree(
    path: str,
    lists: tuple[list[dict[str, Any]], list[dict[str, Any]]],
    history: tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]],
) -> None:
    rule = RULEBOOK[path]
    control = load_control(rule)
    assert control.decide is not None
    assert control.detect is not None
    parameters = rule.parameters_in("PSA-2026", date(2026, 6, 10), date(2026, 6, 10), ASSUMED[path])
    transfers, events, moved = history
    broken = set()
    for row in transfers:
        memory = Memory()
        memory.lists = lists_of(lists[0], _arrow("list_entry", lists[1]))
        for event in events:
            if event["occurred_at"] <= row["released_at"]:
                memory.learn("request_event", event)
        for movement in moved:
            memory.learn("chain_movement", movement)
        known = {name: row[name] for name in TransferRequest.__struct_fields__ if name in row}
        request = TransferRequest(**{**known, "requested_at": row["released_at"]})
        reasons = list(control.decide(request, memory, parameters))  # type: ignore[arg-type]
        if max((reason.outcome for reason in reasons), default=Outcome.allow) >= Outcome.hold:
            broken.add(row["transfer_id"])
    tables = {
        "transfer": transfers,
        "request_event": events,
        "chain_movement": moved,
        "list_version": lists[0],
        "list_entry": lists[1],
    }
    with records_of({name: _arrow(name, rows) for name, rows in tables.items()}) as records:
        found = list(control.detect(records, parameters))
    assert {evidence.id for one in found for evidence in one.evidence if evidence.table == "transfer"} == broken


def _arrow(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    schema = TABLES[name].arrow_schema
    return pa.Table.from_pylist(rows, schema=pa.schema([field for field in schema if not rows or field.name in rows[0]]))
