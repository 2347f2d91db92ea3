"""High participation: share, influence and move must come together; the answer knows neither price, lot, side nor engine."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from rules.case import Case, cases_of
from sekisho.engine.answers import Found
from sekisho.engine.controls import load_control
from sekisho.records import records_of
from sekisho.rulebook import load_rulebook

(RULE,) = load_rulebook().matching("unfair_trading/high_participation")
FOUND = [case for case in cases_of(RULE) if case.expect.get("findings")]


def detect(recorded: dict[str, pa.Table], engine: str = "duckdb") -> list[Found]:
    control = load_control(RULE).detect
    assert control is not None
    day = date(2026, 6, 5)
    return list(control(records_of(recorded, engine=engine), RULE.parameters_in("PSA-2026", day, day, {})))


@pytest.mark.parametrize("case", FOUND[:1], ids=lambda case: case.name)
@pytest.mark.parametrize(("column", "factor"), [("quantity", "0.0001"), ("price", "1000")])
def test_the_score_knows_neither_lot_nor_tick(case: Case, column: str, factor: str) -> None:
    changed = {}
    for name, table in case.records.items():
        values = [None if value is None else value * Decimal(factor) for value in table[column].to_pylist()]
        changed[name] = table.set_column(table.column_names.index(column), column, pa.array(values, pa.decimal128(38, 18)))
    plain, other = detect(case.records), detect(changed)
    assert [(found.score, found.evidence) for found in plain] == [(found.score, found.evidence) for found in other]


def test_the_mirror_image_is_the_same_with_sales() -> None:
    mirrored = {}
    for name, table in FOUND[0].records.items():
        for column in {"side", "aggressor_side"} & set(table.column_names):
            words = [{"buy": "sell", "sell": "buy"}[word] for word in table[column].to_pylist()]
            table = table.set_column(table.column_names.index(column), column, pa.array(words, pa.string()))
        if name == "trade":
            swap = {"buy_order_id": "sell_order_id", "buy_account_id": "sell_account_id"}
            swap |= {there: here for here, there in swap.items()}
            table = table.rename_columns([swap.get(column, column) for column in table.column_names])
        prices = [2000 - price for price in table["price"].to_pylist()]
        mirrored[name] = table.set_column(table.column_names.index("price"), "price", pa.array(prices, pa.decimal128(38, 18)))
    (plain,), (other,) = detect(FOUND[0].records), detect(mirrored)
    assert (plain.score, plain.evidence) == (other.score, other.evidence)
    assert (plain.facts["side"], other.facts["side"]) == ("buy", "sell")
    assert plain.facts["moved"] == -other.facts["moved"]


def test_one_owner_with_many_accounts_is_one_trader() -> None:
    case = FOUND[0]
    trade = case.records["trade"]
    buyers = [f"A{n % 4}" if name == "A1" else name for n, name in enumerate(trade["buy_account_id"].to_pylist())]
    spread = trade.set_column(trade.column_names.index("buy_account_id"), "buy_account_id", pa.array(buyers, pa.string()))
    apart = {**case.records, "trade": spread}
    opened = pa.array([datetime(2026, 1, 1, tzinfo=UTC)] * 4, pa.timestamp("us", "UTC"))
    names = {"account_id": [f"A{n}" for n in range(4)], "party_id": ["P1"] * 4, "kind": ["customer"] * 4, "opened_at": opened}
    assert detect(apart) == []
    (found,) = detect({**apart, "account": pa.table(names)})
    assert found.evidence == detect(case.records)[0].evidence


def test_trades_alone_are_enough_where_they_say_who_took() -> None:
    (found,) = detect({"trade": FOUND[0].records["trade"]})
    assert found.subject_id == "A1"


def test_the_sentence_says_that_it_is_no_offence() -> None:
    text = (RULE.folder / "rule.yaml").read_text(encoding="utf-8")
    sentences = text[text.index("sentences:") : text.index("false_positives:")]
    assert sentences.count("not by itself an offence") == sentences.count("それ自体は違反ではない") == 2


@pytest.mark.usefixtures("spark")
def test_spark_finds_the_same() -> None:
    records = FOUND[0].records
    assert detect(records, "spark") == detect(records) != []
