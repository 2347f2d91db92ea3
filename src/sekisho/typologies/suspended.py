"""Orders and trades in a pair while it was not listed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from sekisho.typologies.handled_assets import Pair, read_handled
from sekisho.typologies.valuation import JAPAN, in_utc

if TYPE_CHECKING:
    from sekisho.records import Records


class Outside(NamedTuple):
    """What happened in one pair outside its listed period: ids of order events and of trades."""

    pair: Pair
    events: tuple[str, ...]
    trades: tuple[str, ...]
    first_at: datetime
    last_at: datetime


def outside_listing(records: Records, day: date) -> Iterator[Outside]:
    """Orders entered or changed, not rejected, and trades, outside the listed period; from a Japan date on, pair by pair."""
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) - JAPAN
    event, trade = records.optional("order_event"), records.optional("trade")
    rejected = event.filter(event.action == "reject").select("order_id").distinct()
    entered = event.filter(event.action.isin(["new", "replace"])).anti_join(rejected, "order_id")
    for _name, pair in sorted(read_handled(records, ()).pairs.items()):
        if not pair.ours or (pair.listed_from is None and pair.listed_until is None):
            continue
        orders = _outside(entered.filter(entered.instrument == pair.instrument), "event_id", "occurred_at", pair, start)
        trades = _outside(trade.filter(trade.instrument == pair.instrument), "trade_id", "executed_at", pair, start)
        times = [at for _id, at in (*orders, *trades)]
        if times:
            yield Outside(pair, tuple(i for i, _ in orders), tuple(i for i, _ in trades), min(times), max(times))


def _outside(rows: Any, name: str, at: str, pair: Pair, start: datetime) -> list[tuple[str, datetime]]:
    moment = rows[at]
    outside = moment < moment  # never
    if pair.listed_from is not None:
        outside = outside | (moment < pair.listed_from)
    if pair.listed_until is not None:
        outside = outside | (moment >= pair.listed_until)
    found = rows.filter(outside, moment >= start).select(name, at).to_pyarrow().to_pylist()
    return sorted(((row[name], in_utc(row[at])) for row in found), key=lambda one: (one[1], one[0]))
