"""A case filled from a finding: own trades of the period, prices after the end by Japan day, and what the books do not show."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from rules.case import table_of
from sekisho.cases.from_finding import case_of
from sekisho.cases.penalty import penalty
from sekisho.records import Records, RecordsError, records_of
from sekisho.rulebook import load_rulebook

TRADES = """
    trade_id  sequence  executed_at                  instrument  price  quantity  buy_account_id  sell_account_id
    T0        1         2026-09-01T00:00:00Z         ABC/JPY     1000   5         B               C
    T1        2         2026-09-01T01:00:00Z         ABC/JPY     1200   100       A               A
    T2        3         2026-09-01T02:00:00Z         ABC/JPY     1300   40        B               A
    T3        4         2026-09-01T03:00:00Z         ABC/JPY     700    1         B               C
    T4        5         2026-09-20T03:00:00Z         ABC/JPY     900    1         B               C
    T5        6         2026-10-01T14:59:59Z         ABC/JPY     800    1         B               C
    T6        7         2026-10-01T15:00:00Z         ABC/JPY     1      1         B               C
"""


def _books(trades: str = TRADES, **more: str) -> Records:
    return records_of({"trade": table_of("trade", trades), **{name: table_of(name, text) for name, text in more.items()}})


def _finding(rule: str = "unfair_trading/wash_trading", **changed: Any) -> dict[str, Any]:
    start = datetime(2026, 9, 1, 1, tzinfo=UTC)
    return {
        "finding_id": "F1",
        "rule": rule,
        "subject_kind": "account",
        "subject_id": "A",
        "instrument": "ABC/JPY",
        "window_from": start,
        "window_until": start + timedelta(hours=1, microseconds=1),
        "evidence": [{"table": "trade", "id": "T1"}],
        "summary_en": "",
        "summary_ja": "",
        **changed,
    }


def test_all_own_trades_of_the_period_and_the_lowest_price_of_the_month_after() -> None:
    case = case_of(_finding(), _books())
    assert [(t.trade_id, t.side) for t in case.trades] == [("T1", "sell"), ("T1", "buy"), ("T2", "sell")]
    assert case.start_price == 1000
    assert [row.low for row in case.prices_after] == [Decimal(700), Decimal(900), Decimal(800)]
    answer = penalty(load_rulebook(), case)
    assert answer["computed_jpy"] == "24000"  # 40 x (1300 - 700): the latest sale is the excess
    assert answer["amount_jpy"] == 20000


def test_of_a_series_only_the_trades_named_count() -> None:
    case = case_of(_finding("unfair_trading/layering", evidence=[{"table": "trade", "id": "T2"}]), _books())
    assert (case.violation, [t.trade_id for t in case.trades]) == ("manipulation", ["T2"])


def test_a_tape_that_ends_too_soon_leaves_the_amount_open() -> None:
    short = "\n".join(line for line in TRADES.splitlines() if not line.strip().startswith(("T5", "T6")))
    answer = penalty(load_rulebook(), case_of(_finding(), _books(short)))
    assert answer["amount_jpy"] is None
    assert "known until 2026-09-20 only; the window ends on 2026-10-01" in answer["undetermined"][0]


def test_the_position_held_the_evening_before_is_taken_from_the_books() -> None:
    held = "account_id asset as_of_date quantity\nA ABC 2026-08-31 25\nB ABC 2026-08-31 99"
    case = case_of(_finding(), _books(customer_balance=held))
    assert case.opening.long == 25
    answer = penalty(load_rulebook(), case)
    assert answer["computed_jpy"] == "9000"  # 15 x (1300 - 700)


def test_a_finding_whose_rule_knows_no_penalty_asks_which() -> None:
    with pytest.raises(RecordsError, match="give --violation"):
        case_of(_finding("client_assets/cold_storage"), _books())
    assert case_of(_finding("client_assets/cold_storage"), _books(), "rumour").violation == "rumour"
