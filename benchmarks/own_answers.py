"""Sekisho's own intermediate answers, in the form of ``benchmarks.pandas_reference``: is it really the same work?

Run: ``python -m benchmarks.own_answers FOLDER [THREADS]`` prints one JSON object.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from decimal import Decimal
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.pandas_reference import DAY, EXCESS_MIN, FLOW_SHARE_MIN, MET_MIN, TURNS_MIN, UNIT, WEEK, digest
from sekisho.engine.order_streams import map_streams
from sekisho.records import open_records
from sekisho.typologies.activity import both_sides
from sekisho.typologies.layering import lives
from sekisho.typologies.matched import meetings_beyond_chance
from sekisho.typologies.order_book import best_prices
from sekisho.typologies.order_stream import NO_PRICE, TRADE, OrderStream
from sekisho.typologies.ownership import ownership_of
from sekisho.typologies.rings import Circle, Turn, circulating_flows, turning_accounts
from sekisho.typologies.trades import between_known_accounts


def main() -> None:
    """Print every answer."""
    records = open_records(Path(sys.argv[1]), threads=int(sys.argv[2]) if len(sys.argv) > 2 else None)
    kernels = list(map_streams(records, _lives_and_best))
    answers = {
        "tied": digest(_tied(records)),
        "flows": digest(_flows(records)),
        "meetings": digest(_meetings(records)),
        "lives": [sum(one[place] for one in kernels) for place in range(3)],
        "best": digest(one[3] for one in kernels),
    }
    print(json.dumps(answers))


def _tied(records: Any) -> Iterator[str]:
    groups = ownership_of(records).groups
    trade = between_known_accounts(records.trade).select("trade_id", "buy_account_id", "sell_account_id").to_pyarrow()
    columns = (trade[name].to_pylist() for name in ("trade_id", "buy_account_id", "sell_account_id"))
    yield from sorted(name for name, one, other in zip(*columns, strict=True) if groups.get(one, one) == groups.get(other, other))


def _flows(records: Any) -> Iterator[str]:
    trade = between_known_accounts(records.trade)
    circle = Circle(Turn(3, TURNS_MIN, Decimal("0.1")), 12, Decimal(str(FLOW_SHARE_MIN)), Decimal("0.5"))
    with both_sides(records, trade, DAY) as sides:
        rows = circulating_flows(trade, turning_accounts(sides, TURNS_MIN), DAY, circle).to_pyarrow().to_pylist()
    yield from sorted(f"{r['instrument']}|{r['window']}|{r['seller']}|{r['buyer']}\n" for r in rows)


def _meetings(records: Any) -> Iterator[str]:
    trade = between_known_accounts(records.trade)
    pairs = meetings_beyond_chance(records, trade, WEEK, MET_MIN, Decimal(str(EXCESS_MIN)), frozenset())
    met = (meeting for meetings in pairs.values() for meeting in meetings)
    yield from sorted(f"{m.instrument}|{m.window}|{m.low}|{m.high}|{m.met}\n" for m in met)


def _lives_and_best(stream: OrderStream) -> tuple[int, int, int, str]:
    orders = lives(stream)
    resting = orders.born >= 0
    lot = int(stream.lot * UNIT)
    ended = int((resting & (orders.gone >= 0) & (orders.gone > orders.born)).sum())
    filled = sum(int(lots) for lots in orders.filled[resting]) * lot
    return int(resting.sum()), ended, filled, blake2b(_best(stream).tobytes(), digest_size=8).hexdigest()


def _best(stream: OrderStream) -> Any:
    best, tick = best_prices(stream), int(stream.tick * UNIT)
    both = np.column_stack([best.bid, best.ask])
    assert len(both) == len(stream.kind), TRADE
    return np.where(both == NO_PRICE, -1, both * tick)


if __name__ == "__main__":
    main()
