"""Penalty arithmetic: nothing is lost between balanced and excess, more gain is never less, days are counted as the law does."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.typologies.monetary_penalty import (
    Fill,
    Issue,
    MissingFigure,
    Reductions,
    back,
    directional_amount,
    month_after,
    ordered_amount,
    position_amount,
    quantity,
    rounded_down,
    split_earliest,
    split_latest,
    value,
    weeks_after,
)

START = datetime(2026, 9, 1, tzinfo=UTC)
UNIT = Decimal(10000)
numbers = st.decimals(min_value=Decimal("0.001"), max_value=Decimal(10000), places=3)
fill_lists = st.lists(
    st.builds(
        lambda minutes, side, size, price: Fill(
            at=START + timedelta(minutes=minutes), side=side, quantity=size, price=price, name=f"{minutes}"
        ),
        st.integers(0, 500),
        st.sampled_from(["buy", "sell"]),
        numbers,
        numbers,
    ),
    max_size=12,
)


@given(fill_lists)
def test_balanced_and_excess_are_all_there_is(fills: list[Fill]) -> None:
    for split in (split_earliest(fills), split_latest(fills)):
        sells = (*split.matched_sells, *split.excess_sells)
        buys = (*split.matched_buys, *split.excess_buys)
        for side, parts in (("sell", sells), ("buy", buys)):
            own = [f for f in fills if f.side == side]
            assert quantity(parts) == quantity(own)
            assert value(parts) == value(own)
        assert quantity(split.matched_sells) == quantity(split.matched_buys)
        assert not (split.excess_sells and split.excess_buys)


@given(fill_lists)
def test_the_two_allocations_take_from_opposite_ends(fills: list[Fill]) -> None:
    early, late = split_earliest(fills), split_latest(fills)
    for split in (early, late):
        for balanced, excess in ((split.matched_sells, split.excess_sells), (split.matched_buys, split.excess_buys)):
            if balanced and excess:
                assert max(f.at for f in balanced) <= min(f.at for f in excess)


@given(fill_lists, numbers, numbers, numbers)
def test_a_lower_low_and_a_higher_high_never_lower_the_penalty(
    fills: list[Fill], low: Decimal, high: Decimal, more: Decimal
) -> None:
    for matched in (False, True):
        one = position_amount(Issue(name="X", fills=tuple(fills), lowest=low, highest=high), matched=matched)
        graver = Issue(name="X", fills=tuple(fills), lowest=max(Decimal(0), low - more), highest=high + more)
        assert position_amount(graver, matched=matched).amount >= one.amount
        assert one.second >= 0
    insider = Issue(name="X", fills=tuple(fills), lowest=low, highest=high)
    assert directional_amount(graver).amount >= directional_amount(insider).amount


@given(fill_lists, numbers, numbers)
def test_without_the_balanced_part_the_excess_alone_is_left(fills: list[Fill], low: Decimal, high: Decimal) -> None:
    issue = Issue(name="X", fills=tuple(fills), lowest=low, highest=high)
    assert position_amount(issue, matched=False).first == 0
    assert quantity(position_amount(issue, matched=True).split.matched_sells) == min(  # type: ignore[union-attr]
        quantity(f for f in fills if f.side == "sell"), quantity(f for f in fills if f.side == "buy")
    )


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=2), st.decimals(min_value=0, max_value=10**9, places=0))
def test_an_order_is_whole_never_negative_and_never_above_what_was_computed(computed: Decimal, confiscated: Decimal) -> None:
    plain, _ = ordered_amount(computed, UNIT, UNIT, Reductions())
    less, _ = ordered_amount(computed, UNIT, UNIT, Reductions(confiscated=confiscated))
    more, _ = ordered_amount(computed, UNIT, UNIT, Reductions(repeat_multiple=Decimal("1.5")))
    assert plain % UNIT == 0
    assert 0 <= less <= plain <= max(computed, Decimal(0))
    assert more == plain * Decimal("1.5")


@pytest.mark.parametrize(("amount", "rounded"), [("9999.99", 0), ("10000", 10000), ("19999.99", 10000), ("-1", 0)])
def test_rounding(amount: str, rounded: int) -> None:
    assert rounded_down(Decimal(amount), UNIT, UNIT) == rounded


def test_a_figure_is_asked_for_only_where_the_formula_needs_it() -> None:
    sold = Fill(at=START, side="sell", quantity=Decimal(1), price=Decimal(10), name="T1")
    assert position_amount(Issue(name="X", fills=(sold,), lowest=Decimal(4)), matched=False).amount == 6
    with pytest.raises(MissingFigure, match="lowest_price"):
        position_amount(Issue(name="X", fills=(sold,), highest=Decimal(4)), matched=False)


@pytest.mark.parametrize(
    ("ended", "last"),
    [("2026-09-30", "2026-10-31"), ("2026-02-28", "2026-03-31"), ("2026-01-30", "2026-02-28"), ("2026-05-15", "2026-06-15")],
)
def test_a_month_after_the_end_is_a_month_of_the_civil_code(ended: str, last: str) -> None:
    window = month_after(date.fromisoformat(ended), 1)
    assert (window.first, window.last) == (date.fromisoformat(ended), date.fromisoformat(last))


def test_two_weeks_from_publication_end_fourteen_days_later_and_one_day_sooner_from_midnight() -> None:
    assert weeks_after(datetime(2026, 9, 10, 6, tzinfo=UTC), 2).last == date(2026, 9, 24)
    assert weeks_after(datetime(2026, 9, 9, 15, tzinfo=UTC), 2).first == date(2026, 9, 10)
    assert weeks_after(datetime(2026, 9, 9, 15, tzinfo=UTC), 2).last == date(2026, 9, 23)


def test_back_goes_to_the_corresponding_day_or_the_end_of_its_month() -> None:
    assert back(date(2026, 8, 31), months=6) == date(2026, 2, 28)
    assert back(date(2026, 9, 10), months=6) == date(2026, 3, 10)
    assert back(date(2024, 2, 29), years=5) == date(2019, 2, 28)
