"""A venue in memory for tests of the gate: random orders, a book with priority of price then time, and its log as record tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from sekisho.records import TABLES

START = datetime(2026, 6, 4, tzinfo=UTC)
KINDS = {"H1": "house", "W1": "staff", "A1": "customer", "A2": "customer", "A3": "customer", "O1": "omnibus"}
PARTIES = {"H1": "EX", "W1": "P5", "A1": "P1", "A2": "P2", "A3": "P1", "O1": "PO"}
Tables = Mapping[str, list[dict[str, Any]]]


@st.composite
def orders(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Orders in order of time; ``obeys`` says whether the venue listens to its gate, ``cancels`` names one to withdraw before."""
    rows, at = [], START
    for number in range(draw(st.integers(1, 10))):
        at += timedelta(hours=draw(st.integers(0, 9)), seconds=1)
        rows.append(
            {
                "order_id": f"N{number}",
                "received_at": at,
                "account_id": draw(st.sampled_from(sorted(KINDS))),
                "instrument": draw(st.sampled_from(["ABC/JPY", "ABC/JPY", "ABC/JPY", "XYZ/ABC"])),
                "side": draw(st.sampled_from(["buy", "sell"])),
                "order_type": draw(st.sampled_from(["limit", "limit", "limit", "market"])),
                "price": Decimal(draw(st.integers(99, 101))),
                "quantity": Decimal(draw(st.integers(1, 4))),
                "obeys": draw(st.booleans()),
                "cancels": draw(st.sampled_from([None, None, *range(max(1, number))])),
            }
        )
    return rows


class Venue:
    """A book with priority of price, then time, whose whole log is the records that both the gate and the inspection read."""

    def __init__(self, tables: Tables, told: Callable[[str, Mapping[str, Any]], None] = lambda _table, _row: None) -> None:
        """``told`` hears every row as it is written."""
        self.tables = {**tables, "order_event": [], "trade": []}
        self._told = told
        self.resting: list[dict[str, Any]] = []
        self._sequence = 0

    def log(self, row: Mapping[str, Any], action: str) -> None:
        self._sequence += 1
        columns = {n: row[n] for n in ("order_id", "account_id", "instrument", "side", "order_type")}
        price, left = (None if row["order_type"] == "market" else row["price"]), row["quantity"] if action == "new" else Decimal(0)
        event = {"event_id": f"E{self._sequence}", "sequence": self._sequence, "occurred_at": row["received_at"], "action": action}
        self._write("order_event", {**columns, **event, "price": price, "quantity": left})

    def _write(self, table: str, row: dict[str, Any]) -> None:
        self.tables[table].append(row)
        self._told(table, row)

    def accept(self, row: dict[str, Any]) -> None:
        """Enter an order, let it trade, and rest what is left of a limit order."""
        self.log(row, "new")
        left, sign = row["quantity"], 1 if row["side"] == "buy" else -1
        others = [o for o in self.resting if o["instrument"] == row["instrument"] and o["side"] != row["side"]]
        for other in sorted(others, key=lambda o: (sign * o["price"], o["place"])):
            if left <= 0 or (row["order_type"] == "limit" and sign * other["price"] > sign * row["price"]):
                break
            met = min(left, other["left"])
            left, other["left"] = left - met, other["left"] - met
            self._trade(row, other, met)
        self.resting = [o for o in self.resting if o["left"] > 0]
        if left > 0 and row["order_type"] == "limit":
            self.resting.append({**row, "left": left, "place": self._sequence})
        elif left > 0:
            self.log(row, "expire")

    def withdraw(self, order_id: str, at: datetime) -> None:
        """Cancel an order that still rests."""
        for order in [o for o in self.resting if o["order_id"] == order_id]:
            self.resting.remove(order)
            self.log({**order, "received_at": at}, "cancel")

    def _trade(self, taker: Mapping[str, Any], maker: Mapping[str, Any], quantity: Decimal) -> None:
        self._sequence += 1
        buyer, seller = (taker, maker) if taker["side"] == "buy" else (maker, taker)
        self._write(
            "trade",
            {
                "trade_id": f"T{self._sequence}",
                "sequence": self._sequence,
                "executed_at": taker["received_at"],
                "instrument": taker["instrument"],
                "price": maker["price"],
                "quantity": quantity,
                "buy_order_id": buyer["order_id"],
                "sell_order_id": seller["order_id"],
                "buy_account_id": buyer["account_id"],
                "sell_account_id": seller["account_id"],
                "aggressor_side": taker["side"],
            },
        )


def arrow(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    """Rows as a record table, with the columns that the first one has."""
    return pa.Table.from_pylist(rows, schema=pa.schema([f for f in TABLES[name].arrow_schema if f.name in rows[0]]))


def who(links: list[tuple[str, str, str]]) -> dict[str, list[dict[str, Any]]]:
    """The accounts of a venue, links between their parties, and two pairs."""
    accounts = [{"account_id": a, "party_id": PARTIES[a], "kind": kind, "opened_at": START} for a, kind in KINDS.items()]
    pairs = [("ABC/JPY", "ABC", "JPY"), ("XYZ/ABC", "XYZ", "ABC")]
    sizes = {"tick_size": Decimal(1), "lot_size": Decimal(1), "listed_from": None, "listed_until": None}
    return {
        "account": accounts,
        "party_link": [{"party_id": a, "linked_party_id": b, "relation": relation} for a, b, relation in links],
        "instrument": [{"instrument": i, "base_asset": b, "quote_asset": q, **sizes} for i, b, q in pairs],
    }
