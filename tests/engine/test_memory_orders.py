"""What a gate remembers of the market: the same books, orders and registers as the records tell, whatever happens to the orders."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rules.case import table_of
from sekisho.engine.memory import LEARNT, Memory, memory_before
from sekisho.engine.view import RecordsView
from sekisho.records import records_of
from sekisho.typologies.ownership import Link, Ownership
from unfair_trading.venue import arrow

START = datetime(2026, 6, 4, tzinfo=UTC)
ACCOUNTS = [
    {"account_id": a, "party_id": p, "kind": kind, "opened_at": START}
    for a, p, kind in [("A1", "P1", "customer"), ("A2", "P2", "customer"), ("W1", "P5", "staff"), ("H1", "EX", "house")]
]
PAIR = {"instrument": "ABC/JPY", "base_asset": "ABC", "quote_asset": "JPY", "tick_size": Decimal(1), "lot_size": Decimal(1)}
PLAN = {"plan_id": "PL", "party_id": "P1", "asset": "ABC", "side": "buy", "quantity": Decimal(9), "made_at": START}
PLAN |= {"executes_from": START + timedelta(seconds=4), "executes_until": START + timedelta(hours=9)}


@st.composite
def flows(draw: st.DrawFn) -> list[tuple[str, dict[str, Any]]]:
    """Steps of a venue in its order: orders entered, changed, filled, withdrawn and rejected, and who came to see them."""
    steps: list[tuple[str, dict[str, Any]]] = []
    orders: list[dict[str, Any]] = []
    for sequence in range(1, draw(st.integers(2, 25))):
        at, kind = START + timedelta(seconds=sequence), draw(st.sampled_from(["new", "new", "change", "fill", "gone", "see"]))
        if kind == "new" or not orders:
            order = {
                "order_id": f"O{draw(st.integers(0, 99)):02}x{sequence}",
                "account_id": draw(st.sampled_from(["A1", "A2", "H1", None])),
                "instrument": draw(st.sampled_from(["ABC/JPY", "ABC/JPY", "XYZ/ABC"])),
                "side": draw(st.sampled_from(["buy", "sell"])),
                "order_type": draw(st.sampled_from(["limit", "limit", "limit", "stop"])),
                "price": Decimal(draw(st.integers(99, 101))),
                "quantity": Decimal(draw(st.integers(1, 4))),
            }
            orders.append(order)
            steps.append(_event(order, sequence, at, "new"))
            continue
        order = draw(st.sampled_from(orders))
        if kind == "change":
            price = Decimal(draw(st.integers(99, 101)))
            order |= {"price": price, "quantity": Decimal(draw(st.integers(0, 5)))}
            steps.append(_event(order, sequence, at, "replace"))
        elif kind == "gone":
            steps.append(
                _event({**order, "quantity": Decimal(0)}, sequence, at, draw(st.sampled_from(["cancel", "expire", "reject"])))
            )
            orders.remove(order)
        elif kind == "see":
            party = draw(st.sampled_from(["P5", "EX"]))
            if not any(
                s == "customer_order_knowledge" and (r["order_id"], r["party_id"]) == (order["order_id"], party) for s, r in steps
            ):
                steps.append(("customer_order_knowledge", {"order_id": order["order_id"], "party_id": party, "learned_at": at}))
        else:
            side = order["side"]
            trade = {"trade_id": f"T{sequence}", "sequence": sequence, "executed_at": at, "instrument": order["instrument"]}
            trade |= {"price": order["price"], "quantity": Decimal(draw(st.integers(1, 3))), f"{side}_order_id": order["order_id"]}
            other = "sell" if side == "buy" else "buy"
            trade |= {f"{other}_order_id": None, "buy_account_id": order["account_id"], "sell_account_id": "A2"}
            steps.append(("trade", trade))
    return steps


def _event(order: dict[str, Any], sequence: int, at: datetime, action: str) -> tuple[str, dict[str, Any]]:
    return "order_event", {**order, "event_id": f"E{sequence}", "sequence": sequence, "occurred_at": at, "action": action}


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(flows(), st.integers(1, 26))
def test_the_market_is_what_the_records_say(steps: list[tuple[str, dict[str, Any]]], until: int) -> None:
    rejected = {row["order_id"] for table, row in steps if table == "order_event" and row["action"] == "reject"}
    before, memory = START + timedelta(seconds=until), Memory()
    known = {"instrument": [PAIR], "account": ACCOUNTS, "stated_plan": [PLAN]}
    for table, rows in known.items():
        for row in rows:
            memory.learn(table, row)
    for table, row in steps:
        if row.get("occurred_at") or row.get("executed_at") or row["learned_at"]:
            at = row.get("occurred_at") or row.get("executed_at") or row["learned_at"]
            if at < before:
                memory.learn(table, row)
    tables = {**known, **{name: [row for table, row in steps if table == name] for name in {table for table, _ in steps}}}
    with records_of({name: arrow(name, rows) for name, rows in tables.items()}) as records:
        view, read = RecordsView(records, before), memory_before(records, before)
        for instrument in ("ABC/JPY", "XYZ/ABC"):
            for side in ("buy", "sell"):
                expected = tuple(view.book(instrument, side))
                assert tuple(memory.book(instrument, side)) == tuple(read.book(instrument, side)) == expected
                assert len(memory.book(instrument, side)) == len(expected)
            for party in ("P5", "EX"):
                assert tuple(memory.orders_known_to(party, instrument)) == tuple(view.orders_known_to(party, instrument))
            assert memory.last_price(instrument) == view.last_price(instrument)
        if not rejected:
            for side in ("buy", "sell"):
                since = PLAN["executes_from"]
                assert memory.ordered("P1", "ABC", side, since) == view.ordered("P1", "ABC", side, since)
        for account in ("A1", "A2", "H1"):
            assert memory.open_orders(account, "spot") == view.open_orders(account, "spot")


@pytest.mark.parametrize("traded", [False, True])
def test_what_is_ordered_in_a_pair_that_is_not_on_record_counts_nowhere(traded: bool) -> None:
    order = {"order_id": "O1", "account_id": "A1", "instrument": "XYZ/ABC", "side": "buy", "order_type": "limit"}
    order |= {"price": Decimal(9), "quantity": Decimal(1)}
    steps = [_event(order, 5, START + timedelta(seconds=5), "new")]
    if traded:
        trade = {"trade_id": "T6", "sequence": 6, "executed_at": START + timedelta(seconds=6), "instrument": "XYZ/ABC"}
        trade |= {"price": Decimal(9), "quantity": Decimal(1), "buy_order_id": "O1", "sell_order_id": None}
        steps.append(("trade", trade | {"buy_account_id": "A1", "sell_account_id": "A2"}))
    tables = {"instrument": [PAIR], "account": ACCOUNTS, "stated_plan": [PLAN]} | {name: [row] for name, row in steps}
    before, since = START + timedelta(minutes=1), PLAN["executes_from"]
    with records_of({name: arrow(name, rows) for name, rows in tables.items()}) as records:
        view, memory = RecordsView(records, before), memory_before(records, before)
        for side in ("buy", "sell"):
            assert memory.ordered("P1", "ABC", side, since) == view.ordered("P1", "ABC", side, since) == 0


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(*[st.sampled_from("PQRS")] * 2, st.sampled_from(["controls", "household", "officer"]), st.integers(0, 3)))
)
def test_links_learnt_one_by_one_tie_as_those_read_at_once(rows: list[tuple[str, str, str, int]]) -> None:
    accounts = {f"A{party}": party for party in "PQRS"}
    memory = Memory()
    for account, party in accounts.items():
        memory.learn("account", {"account_id": account, "party_id": party, "kind": "customer", "opened_at": START})
    current: dict[tuple[str, str, str], Link] = {}
    for party, other, relation, days in rows:
        until = date(2026, 6, 4) + timedelta(days=days) if days else None
        current[party, other, relation] = Link(party, other, relation, None, until)
        memory.learn("party_link", {"party_id": party, "linked_party_id": other, "relation": relation, "until": until})
    once = Ownership(accounts, current.values())
    for one in accounts:
        for other in accounts:
            for day in (date(2026, 6, 4), date(2026, 6, 6)):
                assert memory.registers().owners.chain(one, other, day) == once.chain(one, other, day)


def test_registers_are_the_same_object_until_something_changes() -> None:
    memory = Memory()
    first = memory.registers()
    memory.learn("account", {"account_id": "A", "party_id": "P", "kind": "customer", "opened_at": START})
    assert memory.registers() is first
    memory.learn("account", {"account_id": "S", "party_id": "Q", "kind": "staff", "opened_at": START})
    assert memory.registers() is not first
    assert memory.registers().circle.serves_exchange("Q", date(2026, 6, 4)) == (True, ())
    memory.learn("account", {"account_id": "S", "party_id": "Q", "kind": "customer", "opened_at": START})
    assert memory.registers().circle.serves_exchange("Q", date(2026, 6, 4)) == (False, ())


def test_an_administrator_is_in_office_from_the_day_it_takes_effect_until_discharged() -> None:
    memory = Memory()
    rows = [("W1", "administrator_appointed", 4, 6, "PX"), ("W2", "administrator_discharged", 8, None, None)]
    for event, kind, day, effective, party in rows:
        on = None if effective is None else date(2026, 6, effective)
        row = {"event_id": event, "kind": kind, "occurred_on": date(2026, 6, day), "effective_on": on, "party_id": party}
        memory.learn("wind_down_event", row)
    in_office = [memory.administrator(datetime(2026, 6, day, tzinfo=UTC)) for day in (5, 6, 7, 8)]
    assert [None if one is None else one.party_id for one in in_office] == [None, "PX", "PX", None]


def test_a_device_keeps_its_first_connection_and_a_corrected_entry_replaces_the_old_one() -> None:
    memory = Memory()
    key = {"wallet_id": "W", "key_id": "K1", "since": date(2026, 6, 1), "device": "D"}
    memory.learn("wallet_key", {**key, "connected_at": START})
    memory.learn("wallet_key", {**key, "key_id": "K2", "connected_at": START + timedelta(days=1)})
    assert memory.first_connected_at("D") == START
    memory.learn("wallet_key", {**key, "connected_at": None})
    assert memory.first_connected_at("D") == START + timedelta(days=1)


def test_what_was_ordered_before_a_plan_was_on_record_is_not_known_so_the_plan_has_no_room() -> None:
    memory = Memory()
    for row in ACCOUNTS:
        memory.learn("account", row)
    order = {
        "order_id": "O1",
        "account_id": "A1",
        "instrument": "ABC/JPY",
        "side": "buy",
        "order_type": "limit",
        "price": Decimal(1),
    }
    _, event = _event({**order, "quantity": Decimal(1)}, 1, START + timedelta(seconds=5), "new")
    memory.learn("order_event", event)
    memory.learn("stated_plan", PLAN)
    assert memory.ordered("P1", "ABC", "buy", PLAN["executes_from"]) == Decimal("Infinity")
    assert memory.ordered("P1", "ABC", "buy", START + timedelta(seconds=6)) == 0


TEXTS = {
    "suitability_check": "check_id account_id checked_at occasion result capacity_jpy\n"
    "C1 A1 2026-06-01T00:00:00Z start suitable 100\nC2 A1 2026-06-05T00:00:00Z change suitable 50",
    "margin_position": "position_id account_id instrument side quantity amount_jpy opened_at closed_at closed_by\n"
    "M1 A1 ABC/JPY buy 1 100 2026-06-01T00:00:00Z 2026-06-05T00:00:00Z client\nM2 A1 ABC/JPY buy 2 200 2026-06-02T00:00:00Z - -",
    "margin_call": "call_id account_id determined_at shortfall_jpy met_at\n"
    "L1 A1 2026-06-01T00:00:00Z 10 2026-06-05T00:00:00Z\nL2 A1 2026-06-06T00:00:00Z 10 -",
    "issuer_breach": "breach_id asset kind found_by recorded_at remedied_at\n"
    "B1 ABC late authority 2026-06-01T00:00:00Z 2026-06-05T00:00:00Z",
    "document_delivery": "delivery_id account_id document delivered_at method\n"
    "D1 A1 nature_explanation 2026-06-02T00:00:00Z screen\nD2 A1 nature_explanation 2026-06-01T00:00:00Z screen\n"
    "D3 A1 receipt 2026-06-01T00:00:00Z screen",
    "margin_ratio": "instrument since ratio computed_by\nABC/JPY 2026-06-01 0.2 firm\nABC/JPY 2026-06-03 0.3 firm",
}


def _day(day: int) -> datetime:
    return datetime(2026, 6, day, tzinfo=UTC)


def test_registers_of_the_office_as_they_stood() -> None:
    records = records_of({name: table_of(name, text) for name, text in TEXTS.items()})
    early, late = RecordsView(records, _day(4)), RecordsView(records, _day(7))

    def ids(rows: Sequence[Any]) -> list[str]:
        return [row[0] for row in rows]

    assert [view.check("A1").capacity_jpy for view in (early, late)] == [Decimal(100), Decimal(50)]
    assert [ids(view.margin("A1").positions) for view in (early, late)] == [["M1", "M2"], ["M2"]]
    assert [ids(view.margin("A1").calls) for view in (early, late)] == [["L1"], ["L2"]]
    assert [view.breaches("ABC")[0].lasts(_day(4)) for view in (early, late)] == [True, True]
    assert [view.breaches("ABC")[0].lasts(_day(6)) for view in (early, late)] == [False, False]
    assert early.documents("A1") == {("nature_explanation", None)}
    ratios = [early.margin_ratio("ABC/JPY", date(2026, 5, 31)), *(early.margin_ratio("ABC/JPY", date(2026, 6, d)) for d in (2, 3))]
    assert ratios == [None, Decimal("0.2"), Decimal("0.3")]


def test_a_table_that_no_gate_learns_is_refused() -> None:
    with pytest.raises(KeyError):
        Memory().learn("filing", {})
    assert "order_event" in LEARNT


def test_a_memory_told_the_rows_of_the_office_again_knows_the_same() -> None:
    records = records_of({name: table_of(name, text) for name, text in TEXTS.items()})
    known, again = memory_before(records, _day(4)), Memory()
    rows = list(known.office_rows())
    assert {table for table, _ in rows} == set(TEXTS)
    for table, row in rows:
        again.learn(table, row)
    assert list(again.office_rows()) == rows
    assert again.margin("A1") == known.margin("A1")
    assert again.documents("A1") == known.documents("A1")


def test_the_registers_know_the_way_from_parties_to_accounts_and_back() -> None:
    memory = Memory()
    owners = memory.registers().owners
    for account, party in (("A2", "P1"), ("A1", "P1"), ("A3", "P2")):
        memory.learn(
            "account", {"account_id": account, "party_id": party, "kind": "customer", "opened_at": datetime(2026, 1, 1, tzinfo=UTC)}
        )
    assert dict(owners.party_of) == {"A1": "P1", "A2": "P1", "A3": "P2"}
    assert dict(owners.accounts_of) == {"P1": ("A1", "A2"), "P2": ("A3",)}
