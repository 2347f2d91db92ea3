"""Orders and trades in a pair while it was not listed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

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
    bounded = [p for p in read_handled(records, ()).pairs.values() if p.ours and (p.listed_from or p.listed_until)]
    orders = _outside(records, event, ("event_id", "occurred_at"), bounded, start)
    trades = _outside(records, trade, ("trade_id", "executed_at"), bounded, start)
    for pair in sorted(bounded, key=lambda each: each.instrument):
        own, done = orders.get(pair.instrument, []), trades.get(pair.instrument, [])
        times = [at for _id, at in (*own, *done)]
        if times:
            yield Outside(pair, tuple(i for i, _ in own), tuple(i for i, _ in done), min(times), max(times))


def _outside(
    records: Records, rows: Any, names: tuple[str, str], pairs: list[Pair], start: datetime
) -> dict[str, list[tuple[str, datetime]]]:
    """Ids and times by instrument. Pairs whose listing spans all that is on record are not looked for: mostly, all of them."""
    name, at = names
    span = rows.aggregate(low=rows[at].min(), high=rows[at].max()).to_pyarrow().to_pylist()[0]
    if span["low"] is None:
        return {}
    low, high = in_utc(span["low"]), in_utc(span["high"])
    judged = [pair for pair in pairs if not (pair.trades_at(low) and pair.trades_at(high))]
    if not judged:
        return {}
    columns = {
        "listed_from": pa.array([pair.listed_from for pair in judged], pa.timestamp("us", "UTC")),
        "listed_until": pa.array([pair.listed_until for pair in judged], pa.timestamp("us", "UTC")),
    }
    bounds = records.memory("listed", pa.table({"instrument": [pair.instrument for pair in judged], **columns}))
    near = rows.filter(rows.action.isin(["new", "replace"])) if "action" in rows.columns else rows
    joined = near.filter(near[at] >= start).inner_join(bounds, "instrument")
    early, late = joined[at] < joined.listed_from, joined[at] >= joined.listed_until
    outside = joined.filter(early.fill_null(False) | late.fill_null(False))
    if "action" in rows.columns:
        outside = outside.anti_join(rows.filter(rows.action == "reject").select("order_id").distinct(), "order_id")
    found: dict[str, list[tuple[str, datetime]]] = defaultdict(list)
    for row in outside.select("instrument", name, at).to_pyarrow().to_pylist():
        found[row["instrument"]].append((row[name], in_utc(row[at])))
    return {instrument: sorted(each, key=lambda one: (one[1], one[0])) for instrument, each in found.items()}
