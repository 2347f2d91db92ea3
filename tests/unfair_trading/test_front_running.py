"""Front running by the pattern alone: what is plain is found, what an account's own busyness explains is not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from sekisho.engine.answers import Found
from sekisho.engine.order_streams import map_streams
from sekisho.typologies.front_running import Lead, Shape, against_chance, suspected_leads
from unfair_trading.books import _ORDER_EVENT, START, books, found_by, row

SHAPE = Shape(ahead=60, reversal=60, heavy_share=0.99, smaller=0.5, even=0.9, score=0.75)
Order = tuple[str, str, str, float, str, str]
"""Order, account, side, second, price, quantity."""


def tables(orders: Iterable[Order], fills: Iterable[tuple[str, str, float]]) -> tuple[list[dict[str, Any]], pa.Table]:
    """Trades and order events; a fill (order, other account, second) takes the whole order at its price."""
    by_name = {order[0]: order for order in orders}
    timed = [(second, "order", name) for name, (_, _, _, second, _, _) in by_name.items()]
    timed += [(second, "fill", f"{name}|{other}") for name, other, second in fills]
    events, trades = [], []
    for sequence, (second, what, label) in enumerate(sorted(timed)):
        name, _, other = label.partition("|")
        _, account, side, _, price, quantity = by_name[name]
        at = START + timedelta(seconds=second)
        if what == "order":
            events.append(
                {
                    "event_id": f"E{sequence}", "sequence": sequence, "occurred_at": at, "instrument": "BTC/JPY",
                    "order_id": name, "account_id": account, "side": side, "action": "new", "order_type": "limit",
                    "price": Decimal(price), "quantity": Decimal(quantity),
                }
            )  # fmt: skip
            continue
        buyer, seller = (account, other) if side == "buy" else (other, account)
        names = {"buy_order_id": name if side == "buy" else None, "sell_order_id": None if side == "buy" else name}
        trades.append(row(sequence, buyer, seller, quantity) | names | {"executed_at": at, "price": Decimal(price)})
    return trades, pa.Table.from_pylist(events, schema=_ORDER_EVENT)


def quiet_market(seed: int = 3) -> tuple[list[Order], list[tuple[str, str, float]]]:
    """Three hundred small orders of a hundred accounts in an hour, each filled within ten seconds."""
    dice = np.random.default_rng(seed)
    orders: list[Order] = []
    fills = []
    for number in range(300):
        second, side = round(float(dice.uniform(0, 3600)), 3), "buy" if dice.random() < 0.5 else "sell"
        orders.append((f"Q{number}", f"C{number % 100}", side, second, "100", str(1 + int(dice.integers(5)))))
        fills.append((f"Q{number}", f"C{(number + 7) % 100}", second + float(dice.uniform(1, 10))))
    return orders, fills


CLIENT: Order = ("BIG", "CLIENT", "buy", 1000, "101", "40")
RUN: list[Order] = [("R1", "RUNNER", "buy", 1000.5, "100", "4"), ("R2", "RUNNER", "sell", 1061, "102", "4")]
FILLED = [("R1", "C1", 1001.0), ("BIG", "C2", 1060.0), ("R2", "C3", 1062.0)]


def said(orders: list[Order], fills: list[tuple[str, str, float]], **more: pa.Table) -> tuple[Found, ...]:
    trades, events = tables(orders, fills)
    return found_by("front_running", books(trades, order_event=events, **more))


def test_a_run_and_its_reversal_around_a_heavy_order_are_found() -> None:
    orders, fills = quiet_market()
    (found,) = said([*orders, CLIENT, *RUN], [*fills, *FILLED])
    assert found.subject_id == "RUNNER"
    assert {e.id for e in found.evidence if e.table == "order"} == {"BIG", "R1", "R2"}
    assert found.sentence == "suspected"
    assert found.facts["gain"] == Decimal(8)


@pytest.mark.parametrize(
    "changed",
    [
        {"R1": ("R1", "RUNNER", "sell", 1000.5, "100", "4")},  # the other side
        {"R2": ("R2", "RUNNER", "sell", 1061, "99", "4")},  # at a loss
        {"R2": ("R2", "RUNNER", "sell", 1061, "102", "1")},  # keeps most of it
        {"R1": ("R1", "RUNNER", "buy", 1000.5, "102", "4")},  # dearer than the order he is said to run ahead of
        {"R1": ("R1", "CLIENT", "buy", 1000.5, "100", "4"), "R2": ("R2", "CLIENT", "sell", 1061, "102", "4")},  # his own order
        {"R1": ("R1", "RUNNER", "buy", 1000.5, "100", "30"), "R2": ("R2", "RUNNER", "sell", 1061, "102", "30")},  # not smaller
        {"R2": ("R2", "RUNNER", "sell", 1119, "102", "4")},  # a minute after: not because of the fill
    ],
)
def test_what_lacks_one_sign_is_not_found(changed: Mapping[str, Order]) -> None:
    orders, fills = quiet_market()
    run = [changed.get(order[0], order) for order in RUN]
    later = [("R1", "C1", 1001.0), ("BIG", "C2", 1060.0), ("R2", "C3", max(1062.0, run[1][3] + 1))]
    assert said([*orders, CLIENT, *run], [*fills, *later]) == ()


def test_one_who_quotes_all_the_time_runs_ahead_of_nobody() -> None:
    orders, fills = quiet_market()
    for number in range(400):
        side = "buy" if number % 2 else "sell"
        orders.append((f"MM{number}", "RUNNER", side, 600 + 2.3 * number, "100", "4"))
        fills.append((f"MM{number}", f"C{number % 100}", 600 + 2.3 * number + 1))
    assert said([*orders, CLIENT, *RUN], [*fills, *FILLED]) == ()


@pytest.mark.parametrize(("runners", "found"), [(1, 1), (2, 2), (3, 0)])
def test_who_runs_with_a_crowd_follows_what_all_of_them_saw(runners: int, found: int) -> None:
    orders, fills = quiet_market()
    run = [(f"{name}-{one}", f"RUNNER{one}", *rest) for one in range(runners) for name, _, *rest in RUN]
    done = [(f"{name}-{one}", other, second) for one in range(runners) for name, other, second in FILLED if name != "BIG"]
    assert len(said([*orders, CLIENT, *run], [*fills, FILLED[1], *done])) == found  # type: ignore[list-item]


def test_chance_is_told_by_how_often_the_account_enters_orders() -> None:
    orders, fills = quiet_market()
    trades, events = tables([*orders, CLIENT, *RUN], [*fills, *FILLED])
    (leads,) = map_streams(books(trades, order_event=events), lambda stream: suspected_leads(stream, {}, SHAPE))
    (lead,) = leads
    assert isinstance(lead, Lead)
    once, twice = against_chance([lead], lead.traders), against_chance([lead, lead], lead.traders)
    assert twice < once < 0.1
    assert against_chance([lead], 2 * lead.traders) == pytest.approx(2 * once)


def test_both_engines_say_the_same(spark: object) -> None:
    orders, fills = quiet_market()
    trades, events = tables([*orders, CLIENT, *RUN], [*fills, *FILLED])
    duckdb, spark_said = (found_by("front_running", books(trades, engine, order_event=events)) for engine in ("duckdb", "spark"))
    assert duckdb
    assert duckdb == spark_said
