"""Pumps: the onset looks back only and knows no units; pump and dump names those who held, drove and sold, and nobody else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.records import records_of
from sekisho.typologies.price_runs import Shape, price_runs
from sekisho.typologies.pump_onset import Burst, pump_onsets
from sekisho.typologies.trade_tape import Tape
from unfair_trading.books import START, accounts, found_by, links, trades_named

HOUR = 3_600_000_000
BURST = Burst(
    window_seconds=25,
    apart_seconds=300,
    rise_seconds=60,
    history_hours=24,
    warm_up_hours=12,
    merge_minutes=30,
    moments_min=10,
    strength_min=3,
    each_min=Decimal("1.5"),
    rise_min=1,
)
SHAPE = Shape(
    level_minutes=30, rise_minutes=60, fall_minutes=240, history_hours=24, rise_min=Decimal("1.5"), back_min=Decimal("0.5")
)


# --- onset


def flow(seed: int, hours: int = 30, each_hour: int = 40) -> Tape:
    """Ordinary trading: independent moments, small steps of the price, sizes with a heavy tail."""
    random = np.random.default_rng(seed)
    count = hours * each_hour
    at = np.sort(random.integers(0, hours * HOUR, count)).astype(np.int64)
    price = 100 * np.exp(np.cumsum(random.normal(0, 0.0005, count)))
    quantity = random.lognormal(0, 1, count)
    return Tape("ABC/JPY", at, price, quantity, random.choice(np.array([-1, 1], np.int8), count))


def with_burst(tape: Tape, at: int, buys: int, rise: float, *, side: int = 1) -> Tape:
    """The same with one trade of ten usual sizes every half second for a while, each a step dearer."""
    times = at + 500_000 * np.arange(buys)
    price = tape.price[np.searchsorted(tape.at, at) - 1] * (1 + rise * np.arange(1, buys + 1) / buys)
    order = np.argsort(np.concatenate([tape.at, times]), kind="stable")
    added = (times, price, np.full(buys, 10.0), np.full(buys, side, np.int8))
    columns = (tape.at, tape.price, tape.quantity, tape.side)
    return Tape(tape.instrument, *(np.concatenate(pair)[order] for pair in zip(columns, added, strict=True)))  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(20))
def test_ordinary_trading_has_no_onset(seed: int) -> None:
    assert pump_onsets(flow(seed, hours=60), BURST) == []


@pytest.mark.parametrize("seed", range(10))
def test_a_rush_is_told_within_its_first_seconds(seed: int) -> None:
    at = 26 * HOUR
    (onset,) = pump_onsets(with_burst(flow(seed), at, buys=60, rise=0.05), BURST)
    seconds = onset.ends_at.timestamp() - at / 1e6
    assert 0 <= seconds <= 30
    assert onset.ends_at - onset.begins_at < timedelta(seconds=25)
    assert onset.strength >= BURST.strength_min


def test_a_rush_of_sellers_or_without_rise_is_none() -> None:
    assert pump_onsets(with_burst(flow(1), 26 * HOUR, buys=60, rise=-0.05, side=-1), BURST) == []
    assert pump_onsets(with_burst(flow(1), 26 * HOUR, buys=60, rise=0.0), BURST) == []


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000), hour=st.integers(13, 28), cut=st.floats(0.3, 1.0))
def test_an_onset_looks_back_only(seed: int, hour: int, cut: float) -> None:
    whole = with_burst(flow(seed), hour * HOUR, buys=60, rise=0.05)
    end = int(cut * len(whole))
    part = Tape(whole.instrument, whole.at[:end], whole.price[:end], whole.quantity[:end], whole.side[:end])
    last = whole.at[end - 1] / 1e6
    assert pump_onsets(part, BURST) == [one for one in pump_onsets(whole, BURST) if one.ends_at.timestamp() <= last]


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000), price=st.integers(-8, 8), lot=st.integers(-8, 8))
def test_an_onset_knows_no_units(seed: int, price: int, lot: int) -> None:
    tape = with_burst(flow(seed), 20 * HOUR, buys=60, rise=0.05)
    other = Tape(tape.instrument, tape.at, tape.price * 2.0**price, tape.quantity * 2.0**lot, tape.side)
    assert pump_onsets(other, BURST) == pump_onsets(tape, BURST)


def test_a_gap_in_the_records_is_no_past() -> None:
    """After months without records the first busy minute is not abnormal: nothing is known it could be held against."""
    tape = flow(3)
    later = with_burst(flow(4, hours=8), 2 * HOUR, buys=60, rise=0.05)
    columns = (
        (tape.at, later.at + 2000 * HOUR),
        (tape.price, later.price),
        (tape.quantity, later.quantity),
        (tape.side, later.side),
    )
    both = Tape("ABC/JPY", *(np.concatenate(pair) for pair in columns))  # type: ignore[arg-type]
    assert pump_onsets(both, BURST) == []


# --- runs of the price


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000))
def test_a_run_begins_rises_and_falls_in_this_order(seed: int) -> None:
    for run in price_runs(flow(seed, each_hour=200), replace(SHAPE, rise_min=Decimal("0.5"))):
        assert run.begins_at <= run.half_at <= run.peaks_at < run.back_at
        assert run.rise > 0
        assert run.back >= SHAPE.back_min


def test_no_single_print_makes_a_run() -> None:
    minutes = np.arange(400, dtype=np.int64)
    at = np.repeat(minutes, 3) * 60_000_000 + np.tile([0, 1_000_000, 2_000_000], 400)
    price = 100 + (minutes.repeat(3) % 2) * 0.1
    price[900] = 150
    tape = Tape("ABC/JPY", at, price, np.ones(1200), np.ones(1200, np.int8))
    assert price_runs(tape, SHAPE) == []


# --- pump and dump


def play(drivers: Sequence[str], holders: Sequence[str], sellers: Sequence[str]) -> list[dict[str, Any]]:
    """Four quiet hours in which ``holders`` buy, a minute in which ``drivers`` do, followers, ``sellers``, and the way back."""
    rows: list[tuple[float, float, float, str, str, str]] = []
    rows += [(360.0 * n, 100 + n % 2, 1, f"C{n % 5}", "M1", "buy" if n % 2 else "sell") for n in range(40)]
    rows += [(3600 + 1500 * n + 90 * i, 100, 2, who, f"C{n % 5}", "buy") for i, who in enumerate(holders) for n in range(6)]
    rows += [(14400 + i + 2 * n, 104 + 2 * n, 3, who, "M1", "buy") for i, who in enumerate(drivers) for n in range(3)]
    rows += [(14525 + 60 * n, 111, 2, f"F{n}", "M1", "buy") for n in range(8)]
    rows += [(14610 + 120 * n + i, 110, 4, f"C{n}", who, "sell") for i, who in enumerate(sellers) for n in range(4)]
    rows += [(15120 + 360 * n, 100 + n % 2, 1, f"C{n % 5}", "M1", "sell" if n % 2 else "buy") for n in range(28)]
    return [
        {
            "trade_id": f"T{number}",
            "sequence": number,
            "executed_at": START + timedelta(seconds=second),
            "instrument": "ABC/JPY",
            "price": Decimal(str(price)),
            "quantity": Decimal(str(quantity)),
            "buy_order_id": f"B{number}",
            "sell_order_id": f"S{number}",
            "buy_account_id": buyer,
            "sell_account_id": seller,
            "aggressor_side": side,
        }
        for number, (second, price, quantity, buyer, seller, side) in enumerate(sorted(rows), start=1)
    ]


def tables(rows: list[dict[str, Any]], **more: pa.Table) -> dict[str, pa.Table]:
    exact = pa.decimal128(18, 8)
    table = pa.Table.from_pylist(rows)
    for name in ("price", "quantity"):
        table = table.set_column(table.schema.get_field_index(name), name, table[name].cast(exact))
    return {"trade": table, **more}


def test_the_group_is_named_with_its_phases() -> None:
    rows = play(("A1", "A2"), ("A1", "A2"), ("A1", "A2"))
    (one,) = found_by("pump_and_dump", records_of(tables(rows)))
    assert one.subject_id == "A1|A2"
    assert (one.facts["bought"], one.facts["driven"], one.facts["sold"]) == (24, 18, 32)
    own = {r["trade_id"] for r in rows if {"A1", "A2"} & {r["buy_account_id"], r["sell_account_id"]}}
    assert trades_named([one]) == own
    # bought 24 at 100 and 18 at 106, sold 32 at 110: the gain on what was both bought and sold
    assert one.amount_jpy == int(32 * 110 - Decimal(32) / 42 * (24 * 100 + 18 * 106))


@pytest.mark.parametrize(
    ("drivers", "holders", "sellers"),
    [
        (("F8", "F9"), (), ("F8", "F9")),
        (("F8", "F9"), ("A1", "A2"), ("A1", "A2")),
        (("A1", "A2"), ("A1", "A2"), ()),
        ((), ("A1", "A2"), ("A1", "A2")),
    ],
    ids=["held nothing", "drove nothing", "sold nothing", "nobody drove"],
)
def test_who_did_not_do_all_of_it_is_not_named(drivers: Sequence[str], holders: Sequence[str], sellers: Sequence[str]) -> None:
    assert found_by("pump_and_dump", records_of(tables(play(drivers, holders, sellers)))) == ()


def test_a_follower_among_the_first_is_not_named_with_the_group() -> None:
    rows = play(("A1", "A2", "F9"), ("A1", "A2"), ("A1", "A2", "F9"))
    (one,) = found_by("pump_and_dump", records_of(tables(rows)))
    assert one.subject_id == "A1|A2"


@pytest.mark.usefixtures("spark")
def test_duckdb_and_spark_agree_on_pumps() -> None:
    rows = play(("A1",), ("A1", "A2"), ("A2",))
    quiet = [
        {
            **rows[0],
            "trade_id": f"Q{n}",
            "sequence": 10_000 + n,
            "instrument": "DEF/JPY",
            "executed_at": START + timedelta(minutes=10 * n),
        }
        for n in range(100)
    ]
    rush = [
        {
            **quiet[-1],
            "trade_id": f"R{n}",
            "sequence": 11_000 + n,
            "price": Decimal(105),
            "executed_at": quiet[-1]["executed_at"] + timedelta(seconds=n + 1),
        }
        for n in range(20)
    ]
    for row in (*quiet, *rush):
        row["aggressor_side"] = "buy"
    recorded = tables(rows + quiet + rush, account=accounts({"A1": "P1", "A2": "P2"}), party_link=links(("P1", "P2", "same_owner")))
    for rule, subject in (("pump_and_dump", "A1|A2"), ("pump_onset", "DEF/JPY")):
        duckdb, spark = (found_by(rule, records_of(recorded, engine=engine)) for engine in ("duckdb", "spark"))
        assert [one.subject_id for one in duckdb] == [subject]
        assert spark == duckdb


def test_every_phase_comes_after_the_one_before() -> None:
    (one,) = found_by("pump_and_dump", records_of(tables(play(("A1", "A2"), ("A1", "A2"), ("A1", "A2")))))
    moments = [
        one.facts[name] for name in ("bought_from", "bought_until", "driven_from", "driven_until", "sold_from", "sold_until")
    ]
    assert all(earlier <= later for earlier, later in pairwise(moments))  # type: ignore[operator]
