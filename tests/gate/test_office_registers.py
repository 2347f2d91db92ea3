"""The office's registers through a snapshot: limits, checks, documents and margin are known again as they were."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec

from sekisho.gate.messages import encode
from sekisho.gate.rows import read_cells
from sekisho.gate.state import LEARNABLE, State

AT = datetime(2026, 6, 4, tzinfo=UTC)
ROWS: list[tuple[str, dict[str, Any]]] = [
    ("trading_limit", {"limit_id": "L", "kind": "order", "limit_jpy": Decimal("1.5"), "set_by": "firm", "since": date(2026, 1, 1)}),
    ("trading_criterion", {"criterion_id": "K", "age_min": 20, "needs_check": True, "since": date(2026, 1, 1)}),
    ("suitability_check", {"check_id": "C", "account_id": "A", "checked_at": AT, "occasion": "start", "result": "suitable"}),
    ("document_delivery", {"account_id": "A", "document": "nature_explanation", "asset": None, "delivered_at": AT}),
    ("guardian_consent", {"consent_id": "G", "account_id": "A", "guardian_party_id": "P", "given_at": AT}),
    ("issuer_breach", {"breach_id": "B", "asset": "ABC", "kind": "late", "found_by": "court", "recorded_at": AT}),
    ("margin_ratio", {"instrument": "ABC/JPY", "since": date(2026, 1, 1), "ratio": Decimal("0.25")}),
    ("margin_call", {"call_id": "Q", "account_id": "A", "determined_at": AT, "shortfall_jpy": Decimal(9)}),
]
PLACED = {
    "event_id": "E",
    "sequence": 1,
    "occurred_at": AT,
    "instrument": "ABC/JPY",
    "order_id": "O",
    "account_id": "A",
    "side": "buy",
}


def test_registers_of_the_office_pass_through_json_unchanged() -> None:
    state, again = State(), State()
    for table, row in ROWS:
        assert table in LEARNABLE
        state.learn_rows(table, [row])
    assert not state.registers, "they are not kept a second time as rows"
    told = msgspec.json.decode(encode(list(state.memory.office_rows())), type=list[tuple[str, dict[str, Any]]])
    for table, row in told:
        again.memory.learn(table, read_cells(table, row))
    assert again.digest() == state.digest()
    assert again.memory.margin_ratio("ABC/JPY", date(2026, 6, 4)) == Decimal("0.25")


def test_books_with_margin_orders_are_recalled_as_they_were() -> None:
    state, again = State(), State()
    state.learn_rows("margin_order", [{"order_id": "O", "leverage": Decimal(2)}])
    state.learn_rows("customer_order_knowledge", [{"order_id": "O", "party_id": "P", "learned_at": AT}])
    state.learn_rows(
        "order_event", [PLACED | {"action": "new", "order_type": "limit", "price": Decimal(9), "quantity": Decimal(2)}]
    )
    again.orders.recall(state.orders.kept())
    assert again.digest() == state.digest()
    assert [order.order_id for order in again.orders.open_orders("A", margin=True)] == ["O"]
    assert not again.orders.open_orders("A", margin=False)
    assert [seen.order.order_id for seen in again.orders.known_to("P", "ABC/JPY")] == ["O"]
