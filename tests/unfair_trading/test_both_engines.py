"""The same findings from DuckDB and from Spark, to the last digit."""

from __future__ import annotations

import pytest

from unfair_trading.books import accounts, books, entries, found_by, links
from unfair_trading.test_matched_orders import market, pair, resting
from unfair_trading.test_wash_trading import ring


@pytest.mark.usefixtures("spark")
@pytest.mark.parametrize("rule", ["wash_trading", "matched_orders"])
def test_duckdb_and_spark_agree(rule: str) -> None:
    quiet = market(150)
    rows = quiet + pair(5) + ring("R1", "R2", "R3", first=20) + pair(3, "L1", "L2")[2:]
    own = ({"trade_id": f"T{n}", "sequence": n, "buy_order_id": f"B{n}", "sell_order_id": f"S{n}"} for n in range(len(rows)))
    rows = [r | ids for r, ids in zip(rows, own, strict=True)]
    tables = {
        "order_event": entries(rows, {f"T{n}": seconds for n, seconds in enumerate(resting(quiet).values())}),
        "account": accounts({"L1": "P1", "L2": "P2", "M0": "P9"}, {"M0": "market_maker"}),
        "party_link": links(("P1", "P2", "controls")),
    }
    duckdb, spark = (found_by(rule, books(rows, engine, **tables)) for engine in ("duckdb", "spark"))
    assert duckdb
    assert spark == duckdb
