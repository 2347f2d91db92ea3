"""Travel Rule: what the gate lets pass, the inspection does not flag, and the reverse, for any history and registers."""

from __future__ import annotations

import json
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
from sekisho.typologies.notified_items import changed_items, missing_items, read_notified

RULEBOOK = load_rulebook()
RULES = (
    "transfers/travel_rule_notice",
    "transfers/travel_rule_relay",
    "transfers/travel_rule_inbound",
    "transfers/covered_jurisdictions",
    "transfers/unhosted_wallets",
    "transfers/counterparty_due_diligence",
    "transfers/travel_rule_reachability",
)
# Midnight in Japan before the eight places of May 2024 came onto the list lies twelve hours after the start.
START = datetime(2024, 4, 30, 3, tzinfo=UTC)
DAY = date(2024, 5, 3)
VASPS = (None, "Kitasora", "Harbour", "Thames", "Andes", "Nowhere")
COUNTRIES = {"Kitasora": "JP", "Harbour": "SG", "Thames": "GB", "Andes": "CL"}
ADDRESSES = ("bc1a", "bc1b")
PERSON = {
    "name": {"nameIdentifier": [{"primaryIdentifier": "Yamada", "nameIdentifierType": "LEGL"}]},
    "customerIdentification": "C1",
}


def payload(name: str | None = "Hanako", number: bool = True) -> str:
    person = PERSON if number else {"name": PERSON["name"]}
    named = {"name": {"nameIdentifier": [{"primaryIdentifier": name, "nameIdentifierType": "LEGL"}]}}
    return json.dumps(
        {
            "originator": {"originatorPersons": [{"naturalPerson": person}], "accountNumber": ["own"]},
            "beneficiary": {"beneficiaryPersons": [{"naturalPerson": named}] if name else [], "accountNumber": ["bc1a"]},
        }
    )


PAYLOADS = (None, payload(), payload("Jiro"), payload(None), payload(number=False), "not JSON")


def moment(draw: st.DrawFn) -> datetime:
    return START + timedelta(hours=draw(st.integers(-6, 30)), microseconds=draw(st.sampled_from([0, 0, 1])))


@st.composite
def registers(draw: st.DrawFn) -> dict[str, list[dict[str, Any]]]:
    """Rows of the registers, some of which hold for part of the time only."""
    days = st.sampled_from([None, date(2024, 4, 1), date(2024, 4, 30), date(2024, 5, 1), date(2024, 5, 2)])
    vasps = [
        {
            "vasp_id": vasp,
            "name": vasp,
            "country": draw(st.sampled_from([COUNTRIES.get(str(vasp)), None, "SG"])),
            "lei": None,
            "is_registered": draw(st.sampled_from([True, True, True, False])),
            "supervised_by": draw(st.sampled_from(["A", "A", None])),
            "is_shell": draw(st.sampled_from([False, False, True])),
            "deals_with_unsupervised": draw(st.sampled_from([False, False, True])),
            "assessed_on": draw(days),
            "approved_by": draw(st.sampled_from(["P9", "P9", None])),
            "approved_on": draw(days),
            "responsibilities_on": draw(days),
            "review_due_on": draw(days),
            "since": since,
            "until": until,
        }
        for vasp in VASPS[1:]
        if draw(st.booleans())
        for since, until in draw(
            st.sampled_from([[(date(2024, 1, 1), None)], [(date(2024, 1, 1), date(2024, 5, 1)), (date(2024, 5, 1), None)]])
        )
    ]
    networks = [
        {"vasp_id": vasp, "network": network, "reference": None, "since": date(2024, 1, 1), "until": draw(days)}
        for vasp in VASPS[1:]
        for network in ("TRUST", "SYGNA")
        if draw(st.booleans())
    ]
    wallets = [
        {
            "evaluation_id": f"W{number}",
            "address": draw(st.sampled_from(ADDRESSES)),
            "account_id": draw(st.sampled_from([None, "A1", "A2"])),
            "evaluated_at": moment(draw),
            "evaluated_by": "P9",
            "holder": "customer",
            "holder_name": draw(st.sampled_from([None, "Yamada"])),
            "on_chain": True,
            "risk": "low",
            "suspicious": draw(st.sampled_from([False, False, True])),
            "ground": None,
        }
        for number in range(draw(st.integers(0, 4)))
    ]
    return {"counterparty_vasp": vasps, "counterparty_network": networks, "counterparty_wallet": wallets}


@st.composite
def histories(draw: st.DrawFn) -> dict[str, list[dict[str, Any]]]:
    """Transfers that left, what was told about them, and releases by somebody who looked."""
    transfers, notices, events = [], [], []
    for number in range(draw(st.integers(1, 7))):
        left_at, vasp = moment(draw), draw(st.sampled_from(VASPS))
        transfers.append(
            {
                "transfer_id": f"T{number}",
                "requested_at": left_at - timedelta(hours=draw(st.sampled_from([0, 0, 30]))),
                "account_id": draw(st.sampled_from(["A1", "A2"])),
                "direction": draw(st.sampled_from(["in", "out"])),
                "asset": draw(st.sampled_from(["BTC", "ETH"])),
                "quantity": Decimal(1),
                "value_jpy": Decimal(10),
                "address": draw(st.sampled_from(ADDRESSES)),
                "counterparty": draw(st.sampled_from(["hosted", "hosted", "hosted", "unhosted", "unknown"])),
                "counterparty_vasp": vasp,
                "counterparty_country": draw(st.sampled_from([COUNTRIES.get(str(vasp)), None])),
                "travel_rule_payload": draw(st.sampled_from(PAYLOADS)),
                "released_at": left_at,
                "status": draw(st.sampled_from(["released", "completed"])),
            }
        )
        steps = draw(st.lists(st.sampled_from(["sent", "received", "accepted", "rejected"]), unique=True, max_size=3))
        notices += [
            {
                "notice_id": f"N{number}",
                "step": step,
                "occurred_at": left_at + timedelta(microseconds=draw(st.sampled_from([-5, -1, 0, 1]))),
                "transfer_id": draw(st.sampled_from([f"T{number}", f"T{number}", None])),
                "role": draw(st.sampled_from(["for_customer", "to_relay"])),
                "vasp_id": vasp,
                "network": "TRP",
                "payload": draw(st.sampled_from(PAYLOADS)) if step in ("sent", "received") else None,
                "txid": None,
            }
            for step in steps
        ]
        if draw(st.booleans()):
            at = left_at + timedelta(microseconds=draw(st.sampled_from([-3, 0, 1])))
            events.append(
                {"event_id": f"E{number}", "request_id": f"T{number}", "occurred_at": at, "kind": "released", "party_id": "P5"}
            )
    return {"transfer": transfers, "travel_rule_notice": notices, "request_event": events}


@pytest.mark.parametrize("path", RULES)
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(registers(), histories())
def test_gate_and_inspection_agree(
    path: str, register: dict[str, list[dict[str, Any]]], history: dict[str, list[dict[str, Any]]]
) -> None:
    rule = RULEBOOK[path]
    control = load_control(rule)
    assert control.decide is not None
    assert control.detect is not None
    assumed = {"networks": ("SYGNA",)} if path == "transfers/travel_rule_reachability" else {}
    parameters = rule.parameters_in("PSA-2020", DAY, DAY, assumed)
    tables = register | history
    broken = set()
    for row in history["transfer"]:
        known = {name: row[name] for name in TransferRequest.__struct_fields__ if name in row}
        request = TransferRequest(**{**known, "requested_at": row["released_at"]})
        reasons = list(control.decide(request, _memory(tables, row["released_at"]), parameters))  # type: ignore[arg-type]
        if max((reason.outcome for reason in reasons), default=Outcome.allow) >= Outcome.hold:
            broken.add(row["transfer_id"])
    with records_of({name: _arrow(name, rows) for name, rows in tables.items()}) as records:
        found = list(control.detect(records, parameters))
    assert {e.id for one in found for e in one.evidence if e.table == "transfer"} == broken
    for one in found:
        assert one.sentence in rule.sentences
        assert set(one.facts) >= {"subject", "count"}


def _memory(tables: Mapping[str, list[dict[str, Any]]], by: datetime) -> Memory:
    """A gate that has learnt everything that happened by a moment."""
    memory = Memory()
    times = {"travel_rule_notice": "occurred_at", "counterparty_wallet": "evaluated_at", "request_event": "occurred_at"}
    for name, rows in tables.items():
        for row in rows:
            if name != "transfer" and (name not in times or row[times[name]] <= by):
                memory.learn(name, row)
    return memory


def _arrow(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    schema = TABLES[name].arrow_schema
    return pa.Table.from_pylist(rows, schema=pa.schema([f for f in schema if not rows or f.name in rows[0]]))


def test_the_list_of_covered_places_is_one_and_the_same_in_every_rule() -> None:
    tables = {rule.path: rule.parameters["covered"].values for rule in RULEBOOK.rules.values() if "covered" in rule.parameters}
    assert len(tables) == 5
    assert len({tuple((v.starts_on, v.until, v.value) for v in values) for values in tables.values()}) == 1
    (before, now) = next(iter(tables.values()))
    assert (len(before.value), len(now.value)) == (20, 28)
    assert set(before.value) <= set(now.value)


def test_items_are_read_in_both_issues_and_with_names_in_a_list() -> None:
    for plural, names in (("s", PERSON["name"]), ("", PERSON["name"]), ("s", [PERSON["name"]])):
        person = {"naturalPerson": {**PERSON, "name": names}, **({} if plural else {"accountNumber": ["own"]})}
        told = {"originator": {f"originatorPerson{plural}": [person], **({"accountNumber": ["own"]} if plural else {})}}
        read = read_notified(json.dumps(told))
        assert read is not None
        assert read.originators[0]._asdict() == {
            "kind": "natural",
            "name": "Yamada",
            "address": None,
            "customer_number": "C1",
            "identity_document": None,
            "identifier": "own",
        }


def test_what_is_missing_is_named_item_by_item() -> None:
    required = {"natural": ("name", "address|customer_number", "identifier"), "legal": ("name",)}
    assert missing_items(None, required, ("name",)) == ("payload",)
    assert missing_items("[]", required, ("name",)) == ("readable payload",)
    assert missing_items("{}", required, ("name",)) == (
        "originator: name",
        "originator: address or customer_number",
        "originator: identifier",
        "beneficiary: name",
    )
    assert missing_items(payload(), required, ("name", "identifier")) == ()
    assert changed_items(payload(), payload("Jiro")) == ("beneficiary: name",)
    assert changed_items(payload(), None) == ("payload",)
    assert changed_items(None, None) == ()
