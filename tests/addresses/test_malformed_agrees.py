"""Gate and inspection agree on malformed destinations: what the gate would not let out, and only that, is told when it has left."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import product

import pyarrow as pa

from sekisho.engine.answers import Outcome
from sekisho.engine.controls import load_control
from sekisho.engine.memory import Memory
from sekisho.engine.requests import TransferRequest
from sekisho.records import TABLES, records_of
from sekisho.rulebook import load_rulebook
from sekisho.simulation.addresses import address

RULE = load_rulebook()["transfers/malformed_address"]
CONTROL = load_control(RULE)
DAY = date(2026, 10, 1)
ASSETS = ("BTC", "ETH", "XRP", "BCH", "LTC", "DOGE", "SOL", "ADA", "XLM", "NOBODY")
RIGHT = tuple(address(asset, bytes(range(32))) for asset in ASSETS)
WRONG = ("x", "bc1", "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdr", RIGHT[1].replace("a", "b"), RIGHT[2][:-1] + "o", "3" * 34)


def test_gate_and_inspection_agree() -> None:
    parameters = RULE.parameters_in("PSA-2026", DAY, DAY, {})
    decide, detect = CONTROL.decide, CONTROL.detect
    assert decide is not None
    assert detect is not None
    rows, stopped = [], set()
    for number, (asset, written) in enumerate(product(ASSETS, (*RIGHT, *WRONG))):
        row = {
            "transfer_id": f"T{number}", "requested_at": datetime(2026, 10, 1, tzinfo=UTC), "account_id": "A1", "direction": "out",
            "asset": asset, "quantity": Decimal(1), "value_jpy": Decimal(1), "address": written, "counterparty": "unhosted",
        }  # fmt: skip
        rows.append({**row, "status": "completed"})
        reasons = decide(TransferRequest(**row), Memory(), parameters)  # type: ignore[arg-type]
        if any(reason.outcome >= Outcome.hold for reason in reasons):
            stopped.add(row["transfer_id"])
    schema = pa.schema([(column.name, column.arrow_type) for column in TABLES["transfer"].columns])
    table = pa.Table.from_pylist([{name: row.get(name) for name in schema.names} for row in rows], schema=schema)
    told = {each.id for found in detect(records_of({"transfer": table}), parameters) for each in found.evidence}
    assert told == stopped
    assert len(ASSETS) <= len(stopped) < len(rows)
