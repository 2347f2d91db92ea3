"""Orders are looked up alike in the tables and in the streams that are kept of them, and two rules may ask at the same time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sekisho.engine.order_lookup import EVENT_COLUMNS, events_of, fills_of, trades_of
from sekisho.engine.order_streams import map_streams, streams_are_kept
from sekisho.engine.run import rules_at_once
from sekisho.findings.inspection import Inspector, Question
from sekisho.records import open_records
from sekisho.rulebook import load_rulebook
from sekisho.simulation import Options, simulate


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lookup") / "exchange"
    simulate(Options(seed=12, days=3, accounts=200, instruments=3, orders=9_000), folder)
    return folder


def test_streams_and_tables_answer_alike(exchange: Path) -> None:
    with open_records(exchange) as books:
        trade = books.trade.limit(400).select("buy_order_id", "sell_account_id", "sell_order_id").to_pyarrow()
        orders = {*trade["buy_order_id"].to_pylist()[::7], *trade["sell_order_id"].to_pylist()[::11], "nobody's"}
        accounts = {*trade["sell_account_id"].to_pylist()[::29], "unknown"}
        asked = {"orders": orders, "accounts": accounts}
        assert not streams_are_kept(books)
        instruments = books.instrument.select("instrument").to_pyarrow()["instrument"].to_pylist()[:2]

        def looked_up() -> tuple[list[Any], ...]:
            cancelled = events_of(books, accounts=accounts, actions=("cancel",))
            return events_of(books, **asked), fills_of(books, orders), cancelled, trades_of(books, accounts, instruments)

        table = looked_up()
        list(map_streams(books, len))
        assert streams_are_kept(books)
        kept = looked_up()
    for one, other in zip(table, kept, strict=True):
        assert one, "the books hold what is asked for"
        assert sorted(_plain(row) for row in one) == sorted(_plain(row) for row in other)
    assert tuple(table[0][0]) == EVENT_COLUMNS
    assert {row["instrument"] for row in table[0]} == {row["instrument"] for row in kept[0]}


def _plain(row: Any) -> str:
    """A row with numbers by value: a table writes 2.50 where a stream counts lots."""
    values = row.values() if isinstance(row, dict) else row
    return repr([value.normalize() if isinstance(value, Decimal) else value for value in values])


def test_rules_at_the_same_time_find_what_they_find_one_by_one(exchange: Path) -> None:
    question = Question(rules="unfair_trading/*")
    with open_records(exchange) as books:
        assert rules_at_once(books) == min(2, int(books.connection.raw_sql("SELECT current_setting('threads')").fetchall()[0][0]))
        together = Inspector(load_rulebook(), books).inspect(question).findings
    with open_records(exchange, threads=1) as books:
        assert rules_at_once(books) == 1
        alone = Inspector(load_rulebook(), books).inspect(question).findings
    assert together
    assert together == alone


def test_queries_of_two_threads_wait_for_one_another(exchange: Path) -> None:
    with open_records(exchange) as books, ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(lambda _: books.order_event.count().execute(), range(40)))
        sizes = list(pool.map(lambda _: books.trade.select("trade_id").to_pyarrow().num_rows, range(40)))
    assert len(set(counts)) == 1
    assert len(set(sizes)) == 1
