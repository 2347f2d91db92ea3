"""Painting the tape: what the painter plays is found, ordinary flow scores low, and no unit or side changes the answer."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import comb
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.engine.order_streams import order_streams
from sekisho.records import records_of
from sekisho.rulebook import load_rulebook
from sekisho.typologies.order_stream import OrderStream
from sekisho.typologies.painting import Painting, Shape, paintings

START = datetime(2026, 6, 4, tzinfo=UTC)
MAKER, PAINTER = "M1", "A1"
_EXACT = pa.decimal128(28, 10)
(RULE,) = load_rulebook().matching("unfair_trading/painting_the_tape")
_VALUES = RULE.parameters_in("PSA-2026", START.date(), START.date(), {})
SHAPE = Shape(
    pause=_VALUES.pause_seconds_max,
    prints=_VALUES.prints_min,
    small=_VALUES.small_max,
    uptick_share=_VALUES.uptick_share_min,
    against_chance=_VALUES.against_chance_min,
    against_chance_together=_VALUES.against_chance_together_min,
    together=_VALUES.together_share_min,
    score=_VALUES.score_min,
)
OPEN = replace(SHAPE, uptick_share=0, against_chance=0, against_chance_together=0, score=0)
"""Every series is told, however weak: what the score alone says."""


@dataclass(frozen=True)
class Print:
    """One order of ``taker`` against ``maker``, as one or several trades (price, size)."""

    second: int
    side: str
    taker: str
    fills: tuple[tuple[int, int], ...]
    maker: str = MAKER


def one(second: int, side: str, taker: str, price: int, size: int, maker: str = MAKER) -> Print:
    return Print(second, side, taker, ((price, size),), maker)


def stream(prints: Sequence[Print], quotes: Sequence[tuple[int, int, int]] = (), tick: str = "1", lot: str = "0.01") -> OrderStream:
    """The prints as a stream; ``quotes`` (second, bid, ask) each replace the maker's two standing orders."""
    trades: list[dict[str, Any]] = []
    for number, told in enumerate(prints):
        for part, (price, size) in enumerate(told.fills):
            taken, met = f"O{number}", f"Q{number}.{part}"
            buys = told.side == "buy"
            trades.append(
                {
                    "trade_id": f"T{number}.{part}",
                    "sequence": 10 * (told.second * 100 + part) + 5,
                    "executed_at": START + timedelta(seconds=told.second),
                    "instrument": "ABC/JPY",
                    "price": price * Decimal(tick),
                    "quantity": size * Decimal(lot),
                    "buy_order_id": taken if buys else met,
                    "sell_order_id": met if buys else taken,
                    "buy_account_id": told.taker if buys else told.maker,
                    "sell_account_id": told.maker if buys else told.taker,
                    "aggressor_side": told.side,
                }
            )
    kinds = {name: pa.string() for name in trades[0]} | {
        "sequence": pa.int64(), "executed_at": pa.timestamp("us", "UTC"), "price": _EXACT, "quantity": _EXACT,
    }  # fmt: skip
    tables = {"trade": pa.Table.from_pylist(trades, pa.schema(list(kinds.items())))}
    if quotes:
        tables["order_event"] = _quotes(quotes, tick)
    (only,) = order_streams(records_of(tables))
    return only


def _quotes(quotes: Sequence[tuple[int, int, int]], tick: str) -> pa.Table:
    events: list[dict[str, Any]] = []
    for number, (second, *prices) in enumerate(quotes):
        for side, price in zip(("buy", "sell"), prices, strict=True):
            for action, which in (("cancel", number - 1), ("new", number)):
                if which >= 0:
                    events.append(
                        {
                            "event_id": f"E{len(events)}", "sequence": 10 * second * 100 + len(events) % 4,
                            "occurred_at": START + timedelta(seconds=second), "instrument": "ABC/JPY",
                            "order_id": f"{side}{which}", "account_id": MAKER, "side": side, "action": action,
                            "order_type": "limit", "price": price * Decimal(tick), "quantity": Decimal(1000),
                        }
                    )  # fmt: skip
    kinds = {name: pa.string() for name in events[0]} | {
        "sequence": pa.int64(), "occurred_at": pa.timestamp("us", "UTC"), "price": _EXACT, "quantity": _EXACT,
    }  # fmt: skip
    return pa.Table.from_pylist(events, pa.schema(list(kinds.items())))


def market(seed: int, count: int = 240, climb: float = 0.0) -> list[Print]:
    """Strangers who sell at the bid and buy at the ask of a price that wanders (or climbs), two a minute; no series by anybody."""
    draw, middle, side, prints = random.Random(seed), 10_000.0, "buy", []
    for number in range(count):
        middle += draw.gauss(climb, 0.15)
        if draw.random() < 0.4:
            side = "sell" if side == "buy" else "buy"
        price = round(middle) + (1 if side == "buy" else -1)
        prints.append(one(30 * number, side, f"C{draw.randrange(40)}", price, draw.randrange(40, 160)))
    return prints


def painted(count: int = 14, since: int = 7300, size: int = 10, taker: str = PAINTER) -> list[Print]:
    """Tiny purchases, each a tick above the last, while others sell at the old price in between."""
    prints = []
    for n in range(count):
        prints += [one(since + 40 * n, "sell", f"C{n % 40}", 9_999, 80), one(since + 40 * n + 5, "buy", taker, 10_001 + n, size)]
    return prints


def found(prints: Sequence[Print], shape: Shape = SHAPE, *, owners: Mapping[str, str] | None = None, **more: Any) -> list[Painting]:
    return paintings(stream(prints, **more), owners or {}, frozenset({MAKER}), shape)


def steps(prints: Sequence[Print]) -> Iterator[tuple[Print, int]]:
    """Each print and how far its first price lies beyond the last price of the print before."""
    last = None
    for told in prints:
        first = told.fills[0][0]
        yield told, 0 if last is None else (first - last) * (1 if told.side == "buy" else -1)
        last = told.fills[-1][0]


def test_the_painter_is_found_with_all_his_prints_and_nobody_elses() -> None:
    (told,) = found(market(1) + painted())
    assert (told.account_ids, told.side, told.prints) == ((PAINTER,), "buy", 14)
    assert {trade.buy_account_id for trade in told.trades} == {PAINTER}
    assert len(told.trades) == len(told.orders) == 14
    assert told.proof == {trade.trade_id for trade in told.trades} | set(told.orders)
    assert (told.begins_at, told.ends_at) == (START + timedelta(seconds=7305), START + timedelta(seconds=7305 + 13 * 40))


@given(seed=st.integers(0, 10_000), climb=st.sampled_from([0.0, 0.1, -0.1]))
@settings(max_examples=8, deadline=None)
def test_innocent_flow_scores_low(seed: int, climb: float) -> None:
    """A patient buyer of small lots at the ask, wherever the market stands, in a market that wanders, climbs or falls."""
    draw, prints = random.Random(seed), []
    for told in market(seed, climb=climb):
        patient = told.side == "buy" and draw.random() < 0.4
        prints.append(one(told.second, "buy", "P1", told.fills[0][0], draw.randrange(5, 40)) if patient else told)
    flow = stream(prints)
    assert paintings(flow, {}, frozenset({MAKER}), SHAPE) == []
    weak = [each.score for each in paintings(flow, {}, frozenset({MAKER}), OPEN) if "P1" in each.account_ids]
    assert weak, "without thresholds the patient buyer has a score"
    (planted,) = found(prints + painted(20))  # where the market itself climbs, fourteen prints need not speak against chance
    assert planted.account_ids == (PAINTER,)
    assert max(weak) + Decimal("0.05") < planted.score


@given(seed=st.integers(0, 10_000))
@settings(max_examples=8, deadline=None)
def test_upticks_are_counted_as_anyone_would_and_held_against_what_others_do(seed: int) -> None:
    prints = market(seed) + painted()
    (told,) = found(prints)
    own = [step for each, step in steps(prints) if each.taker == PAINTER]
    others = [step for each, step in steps(prints) if each.side == "buy" and each.taker != PAINTER]
    usual = Decimal(1 + sum(step > 0 for step in others)) / (2 + len(others))
    assert told.upticks == sum(step > 0 for step in own[1:])
    assert abs(told.expected - (len(own) - 1) * usual) <= Decimal("0.0001")
    chance = sum(comb(13, k) * usual**k * (1 - usual) ** (13 - k) for k in range(told.upticks, 14))
    just_under, just_over = (replace(SHAPE, against_chance=-chance.log10() + Decimal(aside)) for aside in ("-0.000001", "0.000001"))
    assert found(prints, just_under)
    assert found(prints, just_over) == []


@pytest.mark.parametrize(("tick", "lot"), [("0.0001", "0.01"), ("500", "0.01"), ("1", "7"), ("1", "0.00001")])
def test_neither_tick_nor_lot_matters(tick: str, lot: str) -> None:
    (plain,), (other,) = found(market(3) + painted()), found(market(3) + painted(), tick=tick, lot=lot)
    assert (plain.score, plain.proof, plain.expected) == (other.score, other.proof, other.expected)


def test_a_fall_is_painted_as_a_climb_is() -> None:
    turned = [
        replace(told, side="sell" if told.side == "buy" else "buy", fills=tuple((20_000 - price, n) for price, n in told.fills))
        for told in market(4) + painted()
    ]
    (up,), (down,) = found(market(4) + painted()), found(turned)
    assert (up.side, down.side) == ("buy", "sell")
    assert (up.score, up.upticks, up.expected, up.begins_at) == (down.score, down.upticks, down.expected, down.begins_at)


def test_more_prints_and_smaller_ones_are_the_stronger_case() -> None:
    few, many = (found(market(5) + painted(count), OPEN) for count in (8, 20))
    large, tiny = (found(market(5) + painted(size=size), OPEN) for size in (50, 2))

    def score(told: list[Painting]) -> Decimal:
        return next(each.score for each in told if each.account_ids == (PAINTER,))

    assert score(few) < score(many)
    assert score(large) < score(tiny)


def test_prints_of_ordinary_size_are_no_painting() -> None:
    assert found(market(6) + painted(size=100), OPEN) == []


def test_one_print_fewer_than_a_series_is_none() -> None:
    six, five = (found(market(7) + painted(count), OPEN) for count in (6, 5))
    assert [each.account_ids for each in six] == [(PAINTER,)]
    assert five == []


def test_a_pause_too_long_ends_the_series() -> None:
    far = painted(7, since=7300) + painted(7, since=7300 + 6 * 40 + int(SHAPE.pause) + 1)
    near = painted(7, since=7300) + painted(7, since=7300 + 6 * 40 + int(SHAPE.pause))
    assert [each.prints for each in found(market(8) + far, OPEN)] == [7, 7]
    assert [each.prints for each in found(market(8) + near, OPEN)] == [14]


def test_an_order_that_takes_several_levels_is_one_print() -> None:
    once = [
        replace(told, fills=((told.fills[0][0], 4), (told.fills[0][0], 6))) if told.taker == PAINTER else told for told in painted()
    ]
    (plain,), (in_parts,) = found(market(9) + painted()), found(market(9) + once)
    assert (plain.prints, plain.score, plain.orders) == (in_parts.prints, in_parts.score, in_parts.orders)
    assert len(in_parts.trades) == 2 * len(plain.trades)


def test_quotes_that_follow_make_it_a_move_of_the_market() -> None:
    prints = market(10) + [told for told in painted() if told.taker == PAINTER]
    still = [(7200, 9_999, 10_001)]
    follow = still + [(7300 + 40 * n + 6, 10_000 + n, 10_002 + n) for n in range(13)]
    (quiet,), moved = found(prints, quotes=still), found(prints, OPEN, quotes=follow)
    theirs = next(each for each in moved if each.account_ids == (PAINTER,))
    assert quiet.quotes == 0
    assert theirs.quotes > Decimal("0.8")
    assert theirs.score + Decimal("0.2") < quiet.score


def test_what_happens_between_two_climbs_is_nobodys_print() -> None:
    once, later = ([told for told in painted(7, since=since) if told.taker == PAINTER] for since in (7300, 8180))
    again = [replace(told, fills=tuple((price + 3, size) for price, size in told.fills)) for told in later]
    lifted, lowered = ([(7200, 9_999, 10_001), (7900, 9_999 + step, 10_001 + step)] for step in (40, -40))
    (up,), (down,) = (found(market(14) + once + again, quotes=quotes) for quotes in (lifted, lowered))
    assert (up.prints, up.upticks, up.quotes) == (14, 12, 0)
    assert (up.score, up.upticks, up.quotes) == (down.score, down.upticks, down.quotes)


def test_accounts_of_one_owner_paint_as_one() -> None:
    by_turns = [
        replace(told, taker=("A1", "A2")[n // 2 % 2]) if told.taker == PAINTER else told for n, told in enumerate(painted())
    ]
    (told,) = found(market(11) + by_turns, owners={"A1": "A1", "A2": "A1"})
    assert (told.account_ids, told.prints) == (("A1", "A2"), 14)


def test_accounts_that_print_with_one_another_paint_as_one() -> None:
    pair = ("A1", "A2")
    by_turns = [
        replace(told, taker=pair[n // 2 % 2], maker=pair[1 - n // 2 % 2]) if told.taker == PAINTER else told
        for n, told in enumerate(painted())
    ]
    (told,) = found(market(12) + by_turns)
    assert (told.account_ids, told.prints) == (pair, 14)
    assert len(told.orders) == 28


def test_a_climb_of_two_accounts_is_one_whatever_others_buy_meanwhile() -> None:
    climb, pair = [told for told in painted() if told.taker == PAINTER], ("A1", "A2")
    by_turns = [replace(told, taker=pair[n % 2], maker=pair[1 - n % 2]) for n, told in enumerate(climb)]
    others = [one(told.second - 3, "buy", f"C{n}", 10_020, 80) for n, told in enumerate(climb)]
    (told,) = found(market(12) + sorted(by_turns + others, key=lambda each: each.second))
    assert (told.account_ids, told.prints, told.upticks) == (pair, 14, 13)
    alone = sorted(climb + others, key=lambda each: each.second)
    assert not [each for each in found(market(12) + alone) if PAINTER in each.account_ids]


def test_whoever_stands_outside_is_never_judged_and_the_unnamed_are_nobody() -> None:
    assert paintings(stream(market(13) + painted()), {}, frozenset({MAKER, PAINTER}), OPEN) == []
    unnamed = [replace(told, taker=None) if told.taker == PAINTER else told for told in painted()]  # type: ignore[arg-type]
    assert found(market(13) + unnamed, OPEN) == []
