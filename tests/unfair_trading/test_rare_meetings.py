"""One meeting counts only when the orders are far larger than the market's and either account's own, and of no round size."""

from __future__ import annotations

from typing import Any

import pytest

from unfair_trading.books import books, entries, found_by, row


def found(quantity: str, *, own_large: bool = False) -> tuple[Any, ...]:
    """Two accounts with twenty small orders each in a quiet market, which meet once."""
    rows = [row(n, ("X", "Y")[n % 2], f"C{n}", "1", second=120 * n) for n in range(44)]
    rows += [row(100 + n, f"D{n}", f"E{n}", str(1 + n % 7), second=120 * n + 60) for n in range(400)]
    if own_large:
        rows += [row(600 + n, "X", f"F{n}", quantity, second=120 * n + 30) for n in range(3)]
    rows.append(row(999, "X", "Y", quantity, second=60000))
    resting = {one["trade_id"]: 3600 for one in rows if one["trade_id"] != "T999"}
    return found_by("matched_orders", books(rows, order_event=entries(rows, resting)))


@pytest.mark.parametrize(("quantity", "reported"), [("123", True), ("100", False), ("7", False)])
def test_a_single_meeting(quantity: str, reported: bool) -> None:
    told = found(quantity)
    assert [one.subject_id for one in told] == (["X|Y"] if reported else [])
    assert all(one.sentence == "once" and one.facts["expected"] < 1 for one in told)


def test_for_a_trader_of_blocks_a_block_is_nothing_special() -> None:
    assert found("123", own_large=True) == ()
