"""Looking up a few orders or accounts among all order events and fills, without reading everything for each question.

Where the order streams of these records are kept already (``engine.order_streams``), they answer; otherwise the tables are asked.
Both give the same rows. What looks at few orders of a large book, such as a rule about known orders of clients, asks here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from sekisho.engine.order_streams import map_streams, streams_are_kept
from sekisho.engine.windows import DAY
from sekisho.typologies.meetings import trades_at
from sekisho.typologies.order_stream import KINDS, NO_PRICE, ORDER_TYPES, SIDES, TRADE, OrderStream
from sekisho.typologies.trades import Trade
from sekisho.typologies.valuation import in_utc

if TYPE_CHECKING:
    from sekisho.records import Records

EVENT_COLUMNS: Final = (
    "instrument",
    "sequence",
    "occurred_at",
    "order_id",
    "account_id",
    "side",
    "action",
    "order_type",
    "price",
    "quantity",
)
"""Columns of ``order_event`` that a row given here has."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ACTIONS, _SIDES, _TYPES = ({code: word for word, code in words.items()} for words in (KINDS, SIDES, ORDER_TYPES))


class Fill(NamedTuple):
    """What one trade filled of an order, in the base asset."""

    order_id: str
    sequence: int
    quantity: Decimal


def events_of(
    records: Records, *, orders: Iterable[str] = (), accounts: Iterable[str] = (), actions: Collection[str] = KINDS
) -> list[dict[str, Any]]:
    """Every event of these orders and of these accounts' orders, as EVENT_COLUMNS, in order of instrument and sequence."""
    names, whose = sorted(set(orders)), sorted(set(accounts))
    if not (names or whose) or "order_event" not in records.present:
        return []
    if streams_are_kept(records):
        look = partial(_events, orders=names, accounts=whose, kinds=[KINDS[action] for action in actions])
        return [row for rows in map_streams(records, look) for row in rows]
    event = records.order_event
    asked = []
    for column, wanted in (("order_id", names), ("account_id", whose)):
        if wanted:
            table = records.memory("asked", pa.table({column: pa.array(wanted, pa.string())}))
            asked.append(event.filter(event.action.isin(sorted(actions))).semi_join(table, column).select(*EVENT_COLUMNS))
    found: dict[tuple[object, ...], dict[str, Any]] = {}
    for rows in asked:
        for row in rows.to_pyarrow().to_pylist():
            row["occurred_at"] = in_utc(row["occurred_at"])
            found[row["instrument"], row["sequence"], row["order_id"], row["action"]] = row
    return [found[key] for key in sorted(found, key=lambda key: (str(key[0]), int(str(key[1])), str(key[2]), str(key[3])))]


def fills_of(records: Records, orders: Iterable[str]) -> list[Fill]:
    """Every fill of these orders, in order of instrument and sequence."""
    names = sorted(set(orders))
    if not names or "trade" not in records.present:
        return []
    if streams_are_kept(records):
        return [fill for fills in map_streams(records, partial(_fills, orders=names)) for fill in fills]
    trade, found = records.trade, []
    table = records.memory("asked", pa.table({"order_id": pa.array(names, pa.string())}))
    for side in ("buy_order_id", "sell_order_id"):
        rows = trade.semi_join(table, trade[side] == table.order_id).select("instrument", "sequence", "quantity", order=trade[side])
        found += [
            (row["instrument"], Fill(row["order"], row["sequence"], row["quantity"])) for row in rows.to_pyarrow().to_pylist()
        ]
    return [fill for _instrument, fill in sorted(found, key=lambda one: (one[0], one[1].sequence, one[1].order_id))]


def trades_of(records: Records, accounts: Iterable[str], instruments: Iterable[str]) -> list[Trade]:
    """Every trade of these accounts in these instruments, in order of sequence; an account that the record leaves open is None."""
    whose, where = sorted(set(accounts)), sorted(set(instruments))
    if not whose or not where or "trade" not in records.present:
        return []
    if streams_are_kept(records):
        found = {trade for part in map_streams(records, partial(_trades, accounts=whose, instruments=where)) for trade in part}
    else:
        trade, table = records.trade, records.memory("asked", pa.table({"account_id": pa.array(whose, pa.string())}))
        inside = trade.filter(trade.instrument.isin(where))
        sides = [inside.semi_join(table, inside[side] == table.account_id) for side in ("buy_account_id", "sell_account_id")]
        rows = [row for side in sides for row in side.select(*Trade._fields).to_pyarrow().to_pylist()]
        found = {Trade(**{**row, "executed_at": in_utc(row["executed_at"])}) for row in rows}
    return sorted(found, key=lambda one: (one.sequence, one.trade_id))


def _trades(stream: OrderStream, accounts: list[str], instruments: list[str]) -> list[Trade]:
    wanted = _among(stream.account_ids, accounts) if stream.instrument in instruments else np.zeros(0, np.bool_)
    if not wanted.any():
        return []
    mine = wanted[stream.account] | wanted[stream.contra_account]
    at = np.flatnonzero((stream.kind == TRADE) & mine & _of_the_day(stream))
    parties = (_names(stream.account_ids, codes[at]) for codes in (stream.account, stream.contra_account))
    told = zip(trades_at(stream, at), *parties, strict=True)
    return [trade._replace(buy_account_id=buyer, sell_account_id=seller) for trade, buyer, seller in told]


def _events(stream: OrderStream, orders: list[str], accounts: list[str], kinds: list[int]) -> list[dict[str, Any]]:
    by_order, by_account = _among(stream.order_ids, orders), _among(stream.account_ids, accounts)
    if not (by_order.any() or by_account.any()):
        return []
    chosen = (by_order[stream.order] | by_account[stream.account]) & np.isin(stream.kind, kinds) & _of_the_day(stream)
    at = np.flatnonzero(chosen)
    columns = (
        (stream.instrument for _ in at),
        stream.sequence[at].tolist(),
        _moments(stream, at),
        _names(stream.order_ids, stream.order[at]),
        _names(stream.account_ids, stream.account[at]),
        map(_SIDES.__getitem__, stream.side[at].tolist()),
        map(_ACTIONS.__getitem__, stream.kind[at].tolist()),
        map(_TYPES.__getitem__, stream.order_type[at].tolist()),
        (None if price == NO_PRICE else price * stream.tick for price in stream.price[at].tolist()),
        (lots * stream.lot for lots in stream.quantity[at].tolist()),
    )
    return [dict(zip(EVENT_COLUMNS, row, strict=True)) for row in zip(*columns, strict=True)]


def _fills(stream: OrderStream, orders: list[str]) -> list[Fill]:
    wanted = _among(stream.order_ids, orders)
    if not wanted.any():
        return []
    traded, found = (stream.kind == TRADE) & _of_the_day(stream), list[Fill]()
    for legs in (stream.order, stream.contra_order):
        at = np.flatnonzero(traded & wanted[legs])
        lots = (lots * stream.lot for lots in stream.quantity[at].tolist())
        found += map(Fill, _names(stream.order_ids, legs[at]), stream.sequence[at].tolist(), lots)
    return sorted(found, key=lambda fill: (fill.sequence, fill.order_id))


def _among(names: pa.Array, wanted: list[str]) -> NDArray[np.bool_]:
    """For each code whether its name is wanted; the last entry stands for nobody (-1)."""
    marked = np.zeros(len(names) + 1, np.bool_)
    if wanted:
        marked[:-1] = pc.is_in(names, value_set=pa.array(wanted, names.type)).to_numpy(zero_copy_only=False)
    return marked


def _of_the_day(stream: OrderStream) -> NDArray[np.bool_]:
    """What belongs to the judged day: the lookback, and the orders carried into it, are another window's."""
    return (stream.at >= stream.opens_at) & (stream.at - DAY < stream.opens_at)


def _moments(stream: OrderStream, at: NDArray[np.intp]) -> Iterator[datetime]:
    return (_EPOCH + timedelta(microseconds=micros) for micros in stream.at[at].tolist())


def _names(names: pa.Array, codes: NDArray[np.int32]) -> list[Any]:
    listed: list[Any] = names.take(pa.array(codes, pa.int32(), mask=codes < 0)).to_pylist()
    return listed
