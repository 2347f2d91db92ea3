"""Wash trading over small books: what is found, what is let go, and what must not matter."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from unfair_trading.books import accounts, books, entries, found_by, links, row, trades_named


def ring(*members: str, turns: int = 2, first: int = 1) -> list[dict[str, Any]]:
    """A position that goes ``turns`` times round the members."""
    pairs = [(members[(k + 1) % len(members)], member) for _ in range(turns) for k, member in enumerate(members)]
    return [row(first + n, buyer, seller, second=60 * n) for n, (buyer, seller) in enumerate(pairs)]


def busy_market(first: int = 100, trades: int = 300, seed: int = 7) -> list[dict[str, Any]]:
    """Three market makers who serve fifty customers and now and then each other."""
    draw = random.Random(seed)
    makers, everybody = ["M1", "M2", "M3"], [f"C{n}" for n in range(50)] + ["M1", "M2", "M3"] * 5
    rows = []
    for n in range(trades):
        maker = draw.choice(makers)
        other = draw.choice([account for account in everybody if account != maker])
        buyer, seller = (maker, other) if draw.random() < 0.5 else (other, maker)
        rows.append(row(first + n, buyer, seller, str(draw.randint(1, 9)), second=draw.randrange(3600)))
    return rows


def test_market_makers_and_their_customers_are_no_ring() -> None:
    assert found_by("wash_trading", books(busy_market())) == ()


def test_a_ring_of_four_stands_out_of_a_busy_market() -> None:
    found = found_by("wash_trading", books(busy_market() + ring("R1", "R2", "R3", "R4", turns=5)))
    assert [one.subject_id for one in found] == ["R1|R2|R3|R4"]
    assert trades_named(found) == {f"T{n}" for n in range(1, 21)}


def test_a_ring_across_midnight_in_japan_is_one_scheme() -> None:
    midnight = datetime(2026, 6, 4, 15, tzinfo=UTC)
    late = [r | {"executed_at": midnight + timedelta(minutes=n - 4)} for n, r in enumerate(ring("R1", "R2", "R3", turns=3))]
    found = found_by("wash_trading", books(busy_market() + late))
    assert [one.subject_id for one in found] == ["R1|R2|R3"]
    assert len(trades_named(found)) == 9


def test_an_account_that_keeps_meeting_itself_by_chance_is_not_reported() -> None:
    """A maker on half of all trades without self-match prevention meets itself as often as it meets anybody."""
    draw = random.Random(3)
    rows = [row(n, draw.choice(["M1", f"C{n}"]), draw.choice(["M1", f"D{n}"]), second=n) for n in range(200)]
    selves = [r for r in rows if r["buy_account_id"] == r["sell_account_id"]]
    assert len(selves) > 30
    assert found_by("wash_trading", books(rows)) == ()


def test_a_ring_of_linked_accounts_is_reported_once_with_its_links() -> None:
    tables = {
        "account": accounts({"R1": "P1", "R2": "P2", "R3": "P3"}),
        "party_link": links(("P1", "P2", "same_owner"), ("P2", "P3", "same_owner")),
    }
    found = found_by("wash_trading", books(busy_market() + ring("R1", "R2", "R3", turns=3), **tables))
    assert [(one.subject_id, one.sentence) for one in found] == [("R1|R2|R3", "linked")]
    assert {e.id for e in found[0].evidence if e.table == "party_link"} == {"P1|P2|same_owner", "P2|P3|same_owner"}


def test_orders_alike_raise_the_score_and_orders_far_apart_do_not() -> None:
    rows = [row(n, "A1", "A2", second=n * 100) for n in (1, 2)]
    tables = {"account": accounts({"A1": "P1", "A2": "P1"})}
    background = [row(n, f"C{n}", f"D{n}", second=n) for n in range(50, 90)]
    rested = {r["trade_id"]: 600 for r in background}
    near = found_by("wash_trading", books(rows + background, order_event=entries(rows + background, rested), **tables))
    far_apart = rested | {r["trade_id"]: 600 for r in rows}
    far = found_by("wash_trading", books(rows + background, order_event=entries(rows + background, far_apart), **tables))
    assert near[0].score - far[0].score == Decimal("0.2")  # the weight of that sign


def test_amounts_are_exact_beyond_the_digits_of_ordinary_arithmetic() -> None:
    trade = row(1, "A1", "A1", "9999999999.99999999") | {"price": Decimal("9999999999.99999999")}
    (found,) = found_by("wash_trading", books([trade]))
    assert found.amount_jpy == Decimal("99999999999999999800.0000000000000001")


names = st.sampled_from(["A1", "A2", "A3", "A4", "A5"])
Hand = tuple[str, str, int, int]
hands = st.lists(st.tuples(names, names, st.integers(1, 5), st.integers(0, 7200)), min_size=1, max_size=25)


@settings(max_examples=5, deadline=None)
@given(hands, st.randoms(use_true_random=False))
def test_the_order_of_rows_and_the_names_of_accounts_do_not_matter(drawn: list[Hand], shuffle: random.Random) -> None:
    rows = [row(n, buyer, seller, str(quantity), second=second) for n, (buyer, seller, quantity, second) in enumerate(drawn)]
    tables = {"account": accounts({"A1": "P1", "A2": "P2"}), "party_link": links(("P1", "P2", "same_owner"))}
    shuffled = rows.copy()
    shuffle.shuffle(shuffled)
    found = found_by("wash_trading", books(rows, **tables))
    assert found_by("wash_trading", books(shuffled, **tables)) == found

    renamed = {"A1": "Z9", "A2": "K4", "A3": "B2", "A4": "Q0", "A5": "A1"}
    relabelled = [r | {side: renamed[r[side]] for side in ("buy_account_id", "sell_account_id")} for r in rows]
    tables["account"] = accounts({"Z9": "P1", "K4": "P2"})
    again = found_by("wash_trading", books(relabelled, **tables))
    assert {(one.evidence, one.score) for one in again} == {(one.evidence, one.score) for one in found}


@settings(max_examples=5, deadline=None)
@given(hands, st.lists(st.tuples(st.integers(0, 9), st.integers(10, 19)), max_size=30))
def test_unrelated_trades_never_remove_a_self_trade(drawn: list[Hand], others: list[tuple[int, int]]) -> None:
    rows = [row(n, buyer, seller, str(quantity), second=second) for n, (buyer, seller, quantity, second) in enumerate(drawn)]
    more = [row(100 + n, f"C{buyer}", f"C{seller}", second=60 * n) for n, (buyer, seller) in enumerate(others)]
    before, after = (found_by("wash_trading", books(trades)) for trades in (rows, rows + more))

    def selves(found: Any) -> set[str]:
        return trades_named(one for one in found if one.sentence == "default")

    assert selves(before) <= selves(after)
