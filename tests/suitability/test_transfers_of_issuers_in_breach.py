"""Assets of issuers in breach: a transfer in that the gate would have held and that came in all the same is what is named."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.engine.controls import load_control
from sekisho.engine.memory import Memory
from sekisho.engine.requests import TransferRequest
from sekisho.records import records_of
from sekisho.rulebook import load_rulebook
from unfair_trading.venue import arrow

START = datetime(2026, 6, 4, tzinfo=UTC)
RULE = load_rulebook()["suitability/issuer_in_breach"]
P = RULE.parameters_in("WG-REPORT", date(2026, 6, 10), date(2026, 6, 10), {})

spans = st.tuples(st.integers(0, 20), st.sampled_from([None, 3, 9])).map(lambda span: (span[0], span[1] and span[0] + span[1]))
moves = st.tuples(
    st.integers(0, 30), st.sampled_from([None, 0, 2, 8]), st.sampled_from(["in", "out"]), st.sampled_from(["ABC", "XYZ"])
)


def _at(hours: int | None) -> datetime | None:
    return None if hours is None else START + timedelta(hours=hours)


@settings(max_examples=12, deadline=None)
@given(st.lists(spans, min_size=1, max_size=2), st.lists(moves, min_size=1, max_size=8))
def test_gate_and_inspection_agree(breaches: list[tuple[int, int | None]], moved: list[tuple[int, int | None, str, str]]) -> None:
    memory, control = Memory(), load_control(RULE)
    rows: list[dict[str, Any]] = [
        {
            "breach_id": f"B{n}",
            "asset": "ABC",
            "kind": "late",
            "found_by": "authority",
            "recorded_at": _at(a),
            "remedied_at": _at(b),
        }
        for n, (a, b) in enumerate(breaches)
    ]
    for row in rows:
        memory.learn("issuer_breach", row)
    transfers, against = [], set()
    for number, (hour, wait, direction, asset) in enumerate(moved):
        row = {"transfer_id": f"T{number}", "requested_at": _at(hour), "account_id": "A", "direction": direction, "asset": asset}
        row |= {"quantity": Decimal(1), "value_jpy": Decimal(1), "address": "x", "counterparty": "unhosted"}
        released = None if wait is None else _at(hour + wait)
        request = TransferRequest(**row)
        assert control.decide is not None
        held = list(control.decide(request, memory, P))
        still = released is not None and any(
            one.breach_id == reason.facts["breach"] and one.lasts(released) for reason in held for one in memory.breaches("ABC")
        )
        if held and still:
            against.add(row["transfer_id"])
        transfers.append({**row, "released_at": released, "status": "held" if released is None else "completed"})
    with records_of({"issuer_breach": arrow("issuer_breach", rows), "transfer": arrow("transfer", transfers)}) as records:
        assert control.detect is not None
        named = {e.id for found in control.detect(records, P) for e in found.evidence if e.table == "transfer"}
    assert named == against
