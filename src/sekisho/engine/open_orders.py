"""Which orders are in the market at a moment, and who entered what: read from the records for one question at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from sekisho.engine.order_lookup import events_of
from sekisho.engine.requests import OpenOrder
from sekisho.typologies.handled_assets import Handled

if TYPE_CHECKING:
    from sekisho.records import Records

GONE = frozenset({"cancel", "expire", "reject"})
OPPOSITE = {"buy": "sell", "sell": "buy"}


@dataclass(slots=True)
class Standing:
    """An order in the market and its place in time: a change of price or a larger quantity takes a new place."""

    row: OpenOrder
    place: int

    @property
    def rests(self) -> bool:
        """Whether it can be hit: a limit order with something left."""
        return self.row.order_type == "limit" and self.row.price is not None and self.row.quantity > 0


class Entry(NamedTuple):
    """An order as it was entered or changed, and not rejected."""

    order_id: str
    sequence: int
    at: datetime
    account_id: str
    instrument: str
    side: str
    order_type: str
    price: Decimal | None
    quantity: Decimal

    def side_of(self, asset: str, handled: Handled) -> str:
        """The side in terms of an asset: who buys the pair sells its quote asset."""
        return self.side if handled.pairs[self.instrument].base == asset else OPPOSITE[self.side]


def standing_orders(records: Records, instrument: str, before: datetime) -> Mapping[str, Standing]:
    """Every order of an instrument that has something left at a moment, by its id."""
    standing: dict[str, Standing] = {}
    for step in _steps(records, instrument, before):
        if "trade_id" in step:
            for order_id in (step["buy_order_id"], step["sell_order_id"]):
                _fill(standing, order_id, step["quantity"])
        elif step["action"] in GONE:
            standing.pop(step["order_id"], None)
        else:
            _enter(standing, step)
    return standing


def entries(records: Records, accounts: Collection[str], instruments: Iterable[str] | None = None) -> list[Entry]:
    """What the accounts entered or changed (in these instruments only), without what was rejected, in order of sequence."""
    rows = events_of(records, accounts=accounts, actions=_ENTERED)
    if instruments is not None:
        among = set(instruments)
        rows = [row for row in rows if row["instrument"] in among]
    rejected = {row["order_id"] for row in rows if row["action"] == "reject"}
    kept = (row for row in rows if row["action"] != "reject" and row["order_id"] not in rejected)
    found = [Entry(**{name: row[_COLUMN.get(name, name)] for name in Entry._fields}) for row in kept]
    return sorted(found, key=lambda entry: (entry.sequence, entry.order_id))


_ENTERED = frozenset({"new", "replace", "reject"})
_COLUMN = {"at": "occurred_at"}


def _steps(records: Records, instrument: str, before: datetime) -> Iterator[dict[str, Any]]:
    event, trade = records.optional("order_event"), records.optional("trade")
    entered = event.filter((event.instrument == instrument) & (event.occurred_at < before))
    traded = trade.filter((trade.instrument == instrument) & (trade.executed_at < before))
    steps = entered.to_pyarrow().to_pylist() + traded.to_pyarrow().to_pylist()
    yield from sorted(steps, key=lambda step: (step["sequence"], "trade_id" in step))


def _enter(standing: dict[str, Standing], step: Mapping[str, Any]) -> None:
    row = OpenOrder(**{name: step[name] for name in OpenOrder._fields})
    if row.quantity <= 0:
        standing.pop(row.order_id, None)
        return
    before = standing.get(row.order_id)
    keeps = before is not None and before.row.price == row.price and row.quantity <= before.row.quantity
    standing[row.order_id] = Standing(row, before.place if before is not None and keeps else step["sequence"])


def _fill(standing: dict[str, Standing], order_id: str | None, quantity: Decimal) -> None:
    order = standing.get(order_id or "")
    if order is None:
        return
    order.row = order.row._replace(quantity=order.row.quantity - quantity)
    if order.row.quantity <= 0:
        del standing[order.row.order_id]
