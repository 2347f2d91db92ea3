"""Clients' orders that somebody inside could see: from when until when each was in the market unfilled."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from sekisho.typologies.valuation import in_utc

if TYPE_CHECKING:
    from sekisho.records import Records

GONE = frozenset({"cancel", "expire", "reject"})


class Known(NamedTuple):
    """One row of ``customer_order_knowledge``."""

    order_id: str
    party_id: str
    learned_at: datetime

    @property
    def record_id(self) -> str:
        """As evidence names it: ``O5|P9``."""
        return f"{self.order_id}|{self.party_id}"


class Life(NamedTuple):
    """An order in the market after sequence ``entered`` and before ``ended`` (None: to the end of the records)."""

    order_id: str
    account_id: str | None
    instrument: str
    side: str
    price: Decimal | None
    quantity: Decimal
    entered: int
    ended: int | None
    at: datetime

    def open_at(self, sequence: int) -> bool:
        """Whether something of it was left at a place in the venue's order."""
        return self.entered < sequence and (self.ended is None or sequence <= self.ended)


def known_orders(records: Records, parties: Iterable[str]) -> Mapping[str, tuple[Known, ...]]:
    """What each party could see, by order id."""
    table, wanted = records.optional("customer_order_knowledge"), sorted(set(parties))
    rows = table.filter(table.party_id.isin(wanted)).select(*Known._fields).to_pyarrow().to_pylist() if wanted else []
    known: dict[str, list[Known]] = defaultdict(list)
    for row in sorted(rows, key=lambda r: (r["order_id"], r["learned_at"])):
        known[row["party_id"]].append(Known(row["order_id"], row["party_id"], in_utc(row["learned_at"])))
    return {party: tuple(each) for party, each in known.items()}


def lives_of(events: Iterable[Mapping[str, Any]], fills: Iterable[tuple[str, int, Decimal]]) -> Mapping[str, Life]:
    """When each of a few orders was in the market, from rows of ``order_event`` and its fills (order, sequence, quantity)."""
    filled: dict[str, list[tuple[int, Decimal]]] = defaultdict(list)
    for order, sequence, quantity in fills:
        filled[order].append((sequence, quantity))
    by_order = defaultdict(list)
    for event in sorted(events, key=lambda e: int(e["sequence"])):
        by_order[str(event["order_id"])].append(dict(event))
    return {order: _life(rows, sorted(filled[order])) for order, rows in by_order.items() if rows[0]["action"] == "new"}


def _life(events: list[dict[str, object]], fills: list[tuple[int, Decimal]]) -> Life:
    """Walk through what changed the order and what filled it, until nothing is left."""
    steps: list[tuple[int, int, Decimal | None]] = [(seq, 1, quantity) for seq, quantity in fills]
    ended: int | None = None
    left = Decimal(0)
    by_sequence: dict[int, dict[str, object]] = {int(str(event["sequence"])): event for event in events}
    steps += [(sequence, 0, None) for sequence in by_sequence]
    for sequence, _rank, fill in sorted(steps, key=lambda step: step[:2]):
        event = by_sequence[sequence] if fill is None else None
        if event is not None and event["action"] in GONE:
            ended = sequence
            break
        left = left - fill if fill is not None else Decimal(str(by_sequence[sequence]["quantity"]))
        if left <= 0:
            ended = sequence
            break
    first = events[0]
    named = {name: first[name] for name in ("order_id", "account_id", "instrument", "side", "price", "quantity")}
    entered_at = first["occurred_at"]
    assert isinstance(entered_at, datetime)
    return Life(**named, entered=int(str(first["sequence"])), ended=ended, at=in_utc(entered_at))  # type: ignore[arg-type]
