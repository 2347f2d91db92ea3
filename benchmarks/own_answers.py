"""Sekisho's own intermediate answers, in the form of ``benchmarks.pandas_reference``: is it really the same work?

Run: ``python -m benchmarks.own_answers FOLDER [THREADS]`` prints one JSON object.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from hashlib import blake2b
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.pandas_reference import DAY, EXCESS_MIN, FLOW_SHARE_MIN, MET_MIN, TURNS_MIN, UNIT, WEEK, digest
from sekisho.engine.order_streams import map_streams, map_windows
from sekisho.engine.windows import AHEAD, Window
from sekisho.engine.windows import DAY as DAY_LENGTH
from sekisho.records import open_records
from sekisho.typologies.layering import lives
from sekisho.typologies.matched import Pair, between, beyond_chance, met_in
from sekisho.typologies.meetings import Scope, dealings, merged, names, numbered, trades_at
from sekisho.typologies.order_book import best_prices
from sekisho.typologies.order_pairs import Closeness
from sekisho.typologies.order_stream import NO_PRICE, NOBODY, TRADE, OrderStream
from sekisho.typologies.ownership import ownership_of
from sekisho.typologies.rings import Circle, Flow, Turn, circulating_flows

EVER = date(2000, 1, 1)


def main() -> None:
    """Print every answer."""
    records = open_records(Path(sys.argv[1]), threads=int(sys.argv[2]) if len(sys.argv) > 2 else None)
    kernels = list(map_windows(records, _lives_and_best))
    answers = {
        "tied": digest(_tied(records)),
        "flows": digest(_flows(records)),
        "meetings": digest(_meetings(records)),
        "lives": [sum(one.lives[place] for _, one in kernels) for place in range(3)],
        "best": digest(_best_by_instrument(kernels)),
    }
    print(json.dumps(answers))


def _tied(records: Any) -> Iterator[str]:
    groups = ownership_of(records).groups
    found = map_streams(records, partial(_tied_here, groups=groups))
    yield from sorted(name for part in found for name in part)


def _tied_here(stream: OrderStream, groups: dict[str, str]) -> list[str]:
    done, tie = dealings(stream, _day_of(stream), DAY), numbered(stream, groups)
    together = (done.buyer == done.seller) | ((tie[done.buyer] >= 0) & (tie[done.buyer] == tie[done.seller]))
    return [trade.trade_id for trade in trades_at(stream, done.place[together])]


def _flows(records: Any) -> Iterator[str]:
    rows = (flow for part in map_streams(records, _flows_here) for flow in part)
    yield from sorted(f"{flow.instrument}|{flow.window}|{flow.seller}|{flow.buyer}\n" for flow in rows)


def _flows_here(stream: OrderStream) -> list[Flow]:
    circle = Circle(Turn(3, TURNS_MIN, Decimal("0.1")), 12, Decimal(str(FLOW_SHARE_MIN)), Decimal("0.5"))
    return circulating_flows(stream, dealings(stream, _day_of(stream), DAY), circle)


def _meetings(records: Any) -> Iterator[str]:
    pairs = frozenset(pair for part in map_streams(records, _often_here) for pair in part)
    near = Closeness(timedelta(seconds=60), Decimal("0.0005"), Decimal("0.9"))
    parts = list(map_streams(records, partial(between, pairs=pairs, closeness=near, scope=Scope(EVER, DAY))))
    met = {place: met for part in parts for place, met in part.met.items()}
    windows = met_in(met, merged(part.activity for part in parts), WEEK, DAY)
    beyond = (one for those in windows.values() for one in beyond_chance(those, MET_MIN, Decimal(str(EXCESS_MIN))))
    yield from sorted(f"{m.instrument}|{m.window}|{m.low}|{m.high}|{m.met}\n" for m in beyond)


def _often_here(stream: OrderStream) -> set[Pair]:
    done = dealings(stream, EVER, WEEK)
    pairs = np.column_stack([done.window, np.minimum(done.buyer, done.seller), np.maximum(done.buyer, done.seller)])
    met, times = np.unique(pairs[done.buyer != done.seller], axis=0, return_counts=True)
    one, other = (names(stream, met[times >= MET_MIN, column]) for column in (1, 2))
    return {(stream.instrument, min(pair), max(pair)) for pair in zip(one, other, strict=True)}


class Kernels(NamedTuple):
    """What a window adds: orders that first rested in its day, ended in it, and were filled in it; the best prices of the day."""

    lives: tuple[int, int, int]
    best: Any


def _lives_and_best(stream: OrderStream) -> Kernels:
    orders = lives(stream)
    resting, today = orders.born >= 0, stream.at >= stream.opens_at
    lot = int(stream.lot * UNIT)
    ended = resting & (orders.gone >= 0) & (orders.gone > orders.born)
    traded = np.flatnonzero(today & (stream.kind == TRADE))
    legs = [party[traded] for party in (stream.order, stream.contra_order)]
    filled = sum(int(stream.quantity[traded][(leg != NOBODY) & resting[leg]].sum()) for leg in legs) * lot
    first, last = (int(today[place].sum()) for place in (orders.born[resting], orders.gone[ended]))
    return Kernels((first, last, filled), _best(stream)[today])


def _best_by_instrument(kernels: list[tuple[Window, Kernels]]) -> Iterator[str]:
    for _, days in groupby(kernels, key=lambda one: one[0].instrument):
        yield blake2b(np.concatenate([one.best for _, one in days]).tobytes(), digest_size=8).hexdigest()


def _day_of(stream: OrderStream) -> date:
    """The Japan date a window judges; what comes before it is the day before's to answer."""
    return Window(stream.instrument, (stream.opens_at + AHEAD) // DAY_LENGTH).on


def _best(stream: OrderStream) -> Any:
    best, tick = best_prices(stream), int(stream.tick * UNIT)
    both = np.column_stack([best.bid, best.ask])
    return np.where(both == NO_PRICE, -1, both * tick)


if __name__ == "__main__":
    main()
