"""Pegging and rumour: the same answer whatever the lot, the tick and the engine."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.test_layering import scaled
from rules.case import cases_of
from sekisho.engine.answers import Found
from sekisho.engine.controls import load_control
from sekisho.engine.order_streams import order_streams
from sekisho.records import records_of
from sekisho.rulebook import load_rulebook
from sekisho.typologies.pegging import stints_of
from sekisho.typologies.rumour import DOWN, UP, Post, Words, claims, quotations

RULEBOOK = load_rulebook()
DAY = date(2026, 6, 5)
WORDS = Words(
    ("BTC=ビットコイン", "NEAR=near protocol"),
    ("soar", "爆上げ"),
    ("crash",),
    ("{asset} trades at {price}", "{asset}の価格は{price}"),
)


def first_case(rule: str) -> dict[str, pa.Table]:
    return next(case for case in cases_of(RULEBOOK.rules[rule]) if case.expect.get("findings")).records


def detect(rule: str, recorded: dict[str, pa.Table], engine: str = "duckdb") -> list[Found]:
    control = load_control(RULEBOOK.rules[rule]).detect
    assert control is not None
    return list(control(records_of(recorded, engine=engine), RULEBOOK.rules[rule].parameters_in("PSA-2026", DAY, DAY, {})))


@pytest.mark.parametrize(("column", "factor"), [("quantity", "0.0001"), ("quantity", "1000"), ("price", "0.001")])
def test_a_peg_knows_neither_lot_nor_tick(column: str, factor: str) -> None:
    recorded = first_case("unfair_trading/pegging")
    plain, changed = (detect("unfair_trading/pegging", books) for books in (recorded, scaled(recorded, column, factor)))
    assert plain
    assert [(found.score, found.evidence) for found in plain] == [(found.score, found.evidence) for found in changed]


@pytest.mark.usefixtures("spark")
@pytest.mark.parametrize("rule", ["unfair_trading/pegging", "unfair_trading/rumour"])
def test_duckdb_and_spark_agree(rule: str) -> None:
    recorded = first_case(rule)
    plain = detect(rule, recorded)
    assert plain
    assert detect(rule, recorded, "spark") == plain


def test_stints_hold_every_fill_once() -> None:
    recorded = first_case("unfair_trading/pegging")
    (stream,) = order_streams(records_of(recorded))
    stints = stints_of(stream)
    assert (stints.since < stints.until).all()
    assert int(stints.filled.sum()) * stream.lot == sum(recorded["trade"]["quantity"].to_pylist())


def post(text: str) -> Post:
    return Post("M1", datetime(2026, 6, 4, tzinfo=UTC), "press", "P1", "en", text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("BTC will soar", [("BTC", UP)]),
        ("ビットコインは爆上げ", [("BTC", UP)]),
        ("BTC may crash", [("BTC", DOWN)]),
        ("BTC and NEAR are discussed", [("BTC", 0), ("NEAR", 0)]),
        ("come near, BTCX will soar", []),
    ],
)
def test_what_a_text_speaks_of(text: str, said: list[tuple[str, int]]) -> None:
    assert [(claim.asset, claim.direction) for claim in claims([post(text)], ["BTC", "NEAR"], WORDS)] == said


@given(st.integers(1, 10**9))
def test_a_quotation_is_read_with_the_yen_and_not_without(price: int) -> None:
    read = quotations([post(f"BTC trades at {price:,} yen"), post(f"BTCの価格は{price}円")], ["BTC"], WORDS)
    assert [quotation.price for quotation in read] == [price, price]
    assert quotations([post(f"BTC trades at {price} dollars")], ["BTC"], WORDS) == []
