"""Matched orders: meetings beyond chance, and the many meetings of busy traders that are not."""

from __future__ import annotations

import random
from math import exp, factorial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.typologies.chance import expected_meetings, unlikelihood
from unfair_trading.books import accounts, books, entries, found_by, links, row, trades_named


def market(trades: int = 400, makers: int = 2, seed: int = 5) -> list[dict[str, Any]]:
    """A few makers on one side of every trade; customers, and the other makers, on the other."""
    draw = random.Random(seed)
    houses = [f"M{n}" for n in range(makers)]
    rows = []
    for n in range(trades):
        maker = draw.choice(houses)
        other = draw.choice([h for h in houses if h != maker] + [f"C{draw.randrange(80)}" for _ in range(2)])
        buyer, seller = (maker, other) if draw.random() < 0.5 else (other, maker)
        rows.append(row(1000 + n, buyer, seller, str(draw.randint(1, 9)), second=n * 9))
    return rows


def resting(rows: list[dict[str, Any]], seed: int = 11) -> dict[str, int]:
    """How long each sell order had rested: mostly for minutes, now and then not at all."""
    draw = random.Random(seed)
    return {r["trade_id"]: draw.choice([0, 90, 300, 600, 900]) for r in rows}


def pair(count: int, one: str = "A1", other: str = "A2") -> list[dict[str, Any]]:
    return [row(n, *((one, other) if n % 2 else (other, one)), "5", second=500 * n) for n in range(1, count + 1)]


def test_market_makers_meet_all_day_and_are_not_flagged() -> None:
    rows = market(800)
    met = sum({r["buy_account_id"], r["sell_account_id"]} == {"M0", "M1"} for r in rows)
    assert met > 200
    assert found_by("matched_orders", books(rows)) == ()
    assert found_by("matched_orders", books(rows, order_event=entries(rows, resting(rows)))) == ()


def test_a_pair_that_also_trades_with_others_is_found_by_its_orders_and_only_those_prove_it() -> None:
    rows = market() + pair(6)
    rows += [row(50 + n, "A1", f"M{n % 2}", second=30 * n) for n in range(6)]
    rows += [row(70, "A1", "A2", "5", second=3000)]
    apart = resting(market()) | {f"T{n}": 400 for n in range(50, 56)} | {"T70": 700}
    found = found_by("matched_orders", books(rows, order_event=entries(rows, apart)))
    assert [one.subject_id for one in found] == ["A1|A2"]
    assert trades_named(found) == {f"T{n}" for n in range(1, 7)}


def test_a_link_raises_the_score_and_stands_in_the_evidence() -> None:
    rows = market() + pair(5)
    account = accounts({"A1": "P1", "A2": "P2"})
    (alone,) = found_by("matched_orders", books(rows, account=account))
    (linked,) = found_by("matched_orders", books(rows, account=account, party_link=links(("P2", "P1", "employee"))))
    assert linked.score > alone.score
    assert ("party_link", "P2|P1|employee") in linked.evidence


def test_what_goes_round_three_accounts_is_left_to_the_rule_on_wash_trading() -> None:
    members = ["A1", "A2", "A3"]
    rows = market() + [row(n, members[(n + 1) % 3], members[n % 3], "5", second=100 * n) for n in range(1, 16)]
    records = books(rows, order_event=entries(rows, resting(market())))
    assert found_by("matched_orders", records) == ()
    assert [one.subject_id for one in found_by("wash_trading", records)] == ["A1|A2|A3"]


def test_two_periods_apart_are_two_schemes() -> None:
    later = [r | {"executed_at": r["executed_at"].replace(day=6), "trade_id": f"L{r['trade_id']}"} for r in pair(4)]
    rows = (
        market()
        + pair(4)
        + [r | {"sequence": 100 + r["sequence"], "buy_order_id": f"X{n}", "sell_order_id": f"Y{n}"} for n, r in enumerate(later)]
    )
    found = found_by("matched_orders", books(rows, order_event=entries(rows, resting(market()))))
    assert [len(trades_named([one])) for one in found] == [4, 4]


def test_expectation_under_independence_and_its_two_ends() -> None:
    assert expected_meetings(bought=30, sold=40, met=12, market=100, share=0) == pytest.approx(12)
    assert expected_meetings(bought=12, sold=12, met=12, market=100, share=1) == 0
    assert expected_meetings(bought=12, sold=12, met=12, market=100, share=1, unseen=1) == pytest.approx(1 / 89)


@given(st.integers(1, 40), st.floats(0.01, 30))
def test_the_bound_never_claims_more_than_the_exact_tail(seen: int, expected: float) -> None:
    exact = 1 - sum(exp(-expected) * expected**k / factorial(k) for k in range(seen))
    assert 10 ** -unlikelihood(seen, expected) >= exact - 1e-12


@settings(max_examples=4, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(3, 6))
def test_the_order_of_rows_and_the_names_of_accounts_do_not_matter(shuffle: random.Random, count: int) -> None:
    rows = market(120) + pair(count)
    events = entries(rows, resting(market(120)))
    shuffled = rows.copy()
    shuffle.shuffle(shuffled)
    found = found_by("matched_orders", books(rows, order_event=events))
    assert found
    assert found_by("matched_orders", books(shuffled, order_event=events)) == found
    renamed = {"A1": "Z1", "A2": "B7"}
    relabelled = [r | {side: renamed.get(r[side], r[side]) for side in ("buy_account_id", "sell_account_id")} for r in rows]
    again = found_by("matched_orders", books(relabelled, order_event=events))
    assert [(one.evidence, one.score) for one in again] == [(one.evidence, one.score) for one in found]
