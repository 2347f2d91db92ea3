"""Orders at the door: what the gate lets pass the inspection does not flag, and the reverse, for any history of orders."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sekisho.engine.answers import Outcome, Reason
from sekisho.engine.controls import load_control
from sekisho.engine.memory import Memory
from sekisho.engine.requests import OrderRequest, View
from sekisho.engine.view import RecordsView
from sekisho.records import records_of
from sekisho.rulebook import Parameters, load_rulebook
from unfair_trading.venue import KINDS, START, Tables, Venue, arrow, orders, who

DAY = date(2026, 6, 5)
QUICK = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
LOOKED_AT_TWICE = 3


def play(rule: str, rows: list[dict[str, Any]], tables: Tables, regime: str) -> tuple[set[str], set[str]]:
    """Orders that went in against the gate's word, and those that the inspection names.

    The gate answers from its memory, row by row; for a few orders the records as a whole, read up to that moment, are asked, too.
    """
    asked = load_rulebook()[f"unfair_trading/{rule}"]
    control, p = load_control(asked), asked.parameters_in(regime, DAY, DAY, {})
    memory, broken, answers = Memory(), set(), dict[str, list[Reason]]()
    for name, known in sorted(tables.items(), key=lambda each: each[0] != "instrument"):
        for row in known:
            if name != "customer_order_knowledge":
                memory.learn(name, row)
    knowledge = sorted(tables.get("customer_order_knowledge", ()), key=lambda row: row["learned_at"])
    venue = Venue(tables, memory.learn)
    for row in rows:
        while knowledge and knowledge[0]["learned_at"] < row["received_at"]:
            memory.learn("customer_order_knowledge", knowledge.pop(0))
        if row["cancels"] is not None:
            venue.withdraw(f"N{row['cancels']}", row["received_at"] - timedelta(milliseconds=1))
        answers[row["order_id"]] = _asked(control, row, memory, p)
        if max((reason.outcome for reason in answers[row["order_id"]]), default=Outcome.allow) >= Outcome.hold:
            if row["obeys"]:
                continue
            broken.add(row["order_id"])
        venue.accept(row)
    with records_of({n: arrow(n, r) for n, r in venue.tables.items() if r}) as records:
        for row in rows[-LOOKED_AT_TWICE:]:
            assert _asked(control, row, RecordsView(records, row["received_at"]), p) == answers[row["order_id"]]
        assert control.detect is not None
        found = list(control.detect(records, p)) if rule != "self_match" or venue.tables["trade"] else []
    events = {e["event_id"]: e["order_id"] for e in venue.tables["order_event"]}
    named = {e.id for one in found for e in one.evidence if e.table == "order"}
    return broken, named | {events[e.id] for one in found for e in one.evidence if e.table == "order_event"}


def _asked(control: Any, row: Mapping[str, Any], view: View, p: Parameters) -> list[Reason]:
    names = [n for n in row if n in OrderRequest.__struct_fields__]
    price = None if row["order_type"] == "market" else row["price"]
    return list(control.decide(OrderRequest(**{**{n: row[n] for n in names}, "price": price}), view, p))


@QUICK
@given(orders(), st.sampled_from(["controls", "same_owner", "household", "officer"]))
def test_self_match(rows: list[dict[str, Any]], relation: str) -> None:
    broken, named = play("self_match", rows, who([("P1", "P2", relation)]), "PSA-2026")
    assert broken <= named, "an order that went in against the gate met its own, and the trades show it"
    assert bool(named) == bool(broken), "orders that the gate let pass met no order of their own"


@QUICK
@given(
    orders(),
    st.lists(st.tuples(st.integers(0, 9), st.sampled_from(["P5", "EX"]), st.integers(0, 60)), max_size=12),
    st.lists(st.tuples(st.sampled_from(["P5", "EX"]), st.integers(-10, 30), st.integers(1, 8)), max_size=3),
)
def test_front_running_gate(
    rows: list[dict[str, Any]], seen: list[tuple[int, str, int]], planned: list[tuple[str, int, int]]
) -> None:
    known = {(f"N{number}", party): START + timedelta(hours=hours) for number, party, hours in seen}
    knowledge = [{"order_id": order, "party_id": party, "learned_at": at} for (order, party), at in known.items()]
    times = {"executes_from": START, "executes_until": START + timedelta(hours=60)}
    plans = [
        {"plan_id": f"PL{number}", "party_id": party, "asset": "ABC", "side": "buy", "quantity": Decimal(size)}
        | {"made_at": START + timedelta(hours=made), **times}
        for number, (party, made, size) in enumerate(planned)
    ]
    tables = {**who([]), "customer_order_knowledge": knowledge, "stated_plan": plans}
    broken, named = play("front_running_gate", rows, tables, "PSA-2026")
    inside = {row["order_id"] for row in rows if KINDS[row["account_id"]] in {"house", "staff"}}
    assert named & inside == broken


@QUICK
@given(orders(), st.integers(-5, 60), st.integers(1, 60))
def test_suspended_asset(rows: list[dict[str, Any]], begins: int, lasts: int) -> None:
    tables = who([])
    at = START + timedelta(hours=begins)
    tables["instrument"][0] |= {"listed_from": at, "listed_until": at + timedelta(hours=lasts)}
    broken, named = play("suspended_asset", rows, tables, "PSA-2026")
    assert named == broken


@QUICK
@given(
    orders(),
    st.sampled_from(["issuer", "exchange", "tippee"]),
    st.sampled_from(["PSA-2026", "WG4-SEED", "FIEA-ACT64"]),
    st.tuples(st.integers(-5, 40), st.integers(-5, 40), st.sampled_from([None, 20, 50])),
    st.sampled_from([None, -10, 30]),
)
def test_restricted_list(
    rows: list[dict[str, Any]], capacity: str, regime: str, hours: tuple[int, int, int | None], planned: int | None
) -> None:
    def at(hour: int) -> datetime:
        return START + timedelta(hours=hour)

    tables = who([("P1", "P2", "controls")])
    fact = {"fact_id": "F1", "asset": "ABC", "category": "issuer", "arose_at": at(hours[0]), "direction": "up", "summary": "s"}
    tables["material_fact"] = [fact]
    tables["fact_knowledge"] = [{"fact_id": "F1", "party_id": "P1", "learned_at": at(hours[1]), "capacity": capacity}]
    if hours[2] is not None:
        tables["publication"] = [{"fact_id": "F1", "channel": "exchange_website", "published_at": at(hours[2])}]
    if planned is not None:
        times = {"made_at": at(planned), "executes_from": at(0), "executes_until": at(70)}
        tables["stated_plan"] = [
            {"plan_id": "PL", "party_id": "P1", "asset": "ABC", "side": "buy", "quantity": Decimal(4), **times}
        ]
    broken, named = play("restricted_list", rows, tables, regime)
    assert named == broken
