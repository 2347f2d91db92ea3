"""Borrowed names: orders entered in step count only beyond chance, and every sign closes the gap to certainty by its weight."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pyarrow as pa
import pytest

from sekisho.typologies.one_hand import Together, Use, Weights, hands, in_step, sharing
from unfair_trading.books import START, accounts, books, entries, found_by, links, row

HALF = Weights(*(Decimal("0.5") for _ in range(5)))


def use(account: str, device: str | None = None, ip: str | None = None, matches: bool | None = None) -> Use:
    return Use(account, START, "login" if matches is None else "fiat_deposit", device, ip, matches)


def test_only_what_few_share_tells_and_only_between_strangers() -> None:
    uses = [use("A1", "D1"), use("A2", "D1"), use("A3", "D1"), use("A1", "D2"), use("A2", "D2")]
    circles = {"A1": "P1", "A2": "P2", "A3": "P1"}
    assert sharing(uses, "device_id", circles, 3) == {("A1", "A2"): {"D1", "D2"}, ("A2", "A3"): {"D1"}}
    assert sharing(uses, "device_id", circles, 2) == {("A1", "A2"): {"D2"}}


@pytest.mark.parametrize(("seen", "expected", "found"), [(4, 0.01, True), (3, 0.01, False), (4, 1.0, False), (40, 30.0, False)])
def test_orders_are_in_step_when_there_are_enough_and_chance_does_not_explain_them(seen: int, expected: float, found: bool) -> None:
    told = in_step([{("A1", "A2"): Together(seen, expected, ("O1", "O2"))}], 4, 6)
    assert told == ({("A1", "A2"): ("O1", "O2")} if found else {})


def test_each_sign_closes_half_of_the_gap() -> None:
    uses = [use("A1", "D1"), use("A2", "D1"), use("A2", matches=False)]
    (device,) = hands(uses[:2], ({("A1", "A2"): {"D1"}}, {}), {}, HALF)
    (funded,) = hands(uses, ({("A1", "A2"): {"D1"}}, {}), {}, HALF)
    (stepped,) = hands(uses, ({("A1", "A2"): {"D1"}}, {}), {("A1", "A2"): ("O1",)}, HALF)
    assert [one.score for one in (device, funded, stepped)] == [Decimal("0.5"), Decimal("0.75"), Decimal("0.875")]


def test_a_shared_address_joins_accounts_only_with_orders_in_step() -> None:
    uses = [use("A1", ip="1.1.1.1"), use("A2", ip="1.1.1.1")]
    shared: tuple[dict[tuple[str, str], set[str]], dict[tuple[str, str], set[str]]] = ({}, {("A1", "A2"): {"1.1.1.1"}})
    assert hands(uses, shared, {}, HALF) == []
    assert len(hands(uses, shared, {("A1", "A2"): ("O1",)}, HALF)) == 1


@pytest.mark.parametrize("engine", ["duckdb", "spark"])
def test_a_device_and_orders_in_step_are_found_on_both_engines(engine: str, request: pytest.FixtureRequest) -> None:
    if engine == "spark":
        request.getfixturevalue("spark")
    trades = [row(n, f"A{1 + n % 2}", "M1", second=600 * (n // 2) + n % 2) for n in range(12)]
    trades += [row(100 + n, f"C{n}", "M1", second=37 * n) for n in range(100)]
    events = pa.table(
        {
            "account_id": ["A1", "A2"],
            "occurred_at": pa.array([START, START + timedelta(seconds=5)], pa.timestamp("us", "UTC")),
            "kind": ["login", "login"],
            "device_id": ["D1", "D1"],
        }
    )
    tables = {"account_event": events, "order_event": entries(trades), "account": accounts({"A1": "P1", "A2": "P2"})}
    (found,) = found_by("name_lending", books(trades, engine, **tables))
    assert found.subject_id == "A1|A2"
    assert found.score == Decimal("0.75")
    assert found.facts["orders"] == 12
    assert found_by("name_lending", books(trades, engine, **tables, party_link=links(("P1", "P2", "household")))) == ()
