"""Orders at the door: what the gate lets pass the inspection does not flag, and the reverse, for any history of orders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sekisho.engine.answers import Outcome
from sekisho.engine.controls import load_control
from sekisho.engine.requests import Account, OpenOrder, OrderRequest, Registers, SeenOrder
from sekisho.records import TABLES, records_of
from sekisho.rulebook import Parameters, load_rulebook
from sekisho.typologies.handled_assets import Pair
from sekisho.typologies.material_facts import read_circle, read_facts
from sekisho.typologies.ownership import ownership_of

START = datetime(2026, 6, 4, tzinfo=UTC)
DAY = date(2026, 6, 5)
KINDS = {"H1": "house", "W1": "staff", "A1": "customer", "A2": "customer", "A3": "customer", "O1": "omnibus"}
PARTIES = {"H1": "EX", "W1": "P5", "A1": "P1", "A2": "P2", "A3": "P1", "O1": "PO"}
QUICK = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def orders(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Orders in order of time; ``obeys`` says whether the venue listens to its gate, ``cancels`` names one to withdraw before."""
    rows, at = [], START
    for number in range(draw(st.integers(1, 10))):
        at += timedelta(hours=draw(st.integers(0, 9)), seconds=1)
        rows.append(
            {
                "order_id": f"N{number}",
                "received_at": at,
                "account_id": draw(st.sampled_from(sorted(KINDS))),
                "instrument": draw(st.sampled_from(["ABC/JPY", "ABC/JPY", "ABC/JPY", "XYZ/ABC"])),
                "side": draw(st.sampled_from(["buy", "sell"])),
                "order_type": draw(st.sampled_from(["limit", "limit", "limit", "market"])),
                "price": Decimal(draw(st.integers(99, 101))),
                "quantity": Decimal(draw(st.integers(1, 4))),
                "obeys": draw(st.booleans()),
                "cancels": draw(st.sampled_from([None, None, *range(max(1, number))])),
            }
        )
    return rows


class Venue:
    """A book with priority of price, then time, whose whole log is the records that both the gate and the inspection read."""

    def __init__(self, tables: Mapping[str, list[dict[str, Any]]]) -> None:
        self.tables = {**tables, "order_event": [], "trade": []}
        self.resting: list[dict[str, Any]] = []
        self._sequence = 0

    def log(self, row: Mapping[str, Any], action: str) -> None:
        self._sequence += 1
        columns = {n: row[n] for n in ("order_id", "account_id", "instrument", "side", "order_type")}
        price, left = (None if row["order_type"] == "market" else row["price"]), row["quantity"] if action == "new" else Decimal(0)
        event = {"event_id": f"E{self._sequence}", "sequence": self._sequence, "occurred_at": row["received_at"], "action": action}
        self.tables["order_event"].append({**columns, **event, "price": price, "quantity": left})

    def accept(self, row: dict[str, Any]) -> None:
        """Enter an order, let it trade, and rest what is left of a limit order."""
        self.log(row, "new")
        left, sign = row["quantity"], 1 if row["side"] == "buy" else -1
        others = [o for o in self.resting if o["instrument"] == row["instrument"] and o["side"] != row["side"]]
        for other in sorted(others, key=lambda o: (sign * o["price"], o["place"])):
            if left <= 0 or (row["order_type"] == "limit" and sign * other["price"] > sign * row["price"]):
                break
            met = min(left, other["left"])
            left, other["left"] = left - met, other["left"] - met
            self._trade(row, other, met)
        self.resting = [o for o in self.resting if o["left"] > 0]
        if left > 0 and row["order_type"] == "limit":
            self.resting.append({**row, "left": left, "place": self._sequence})
        elif left > 0:
            self.log(row, "expire")

    def withdraw(self, order_id: str, at: datetime) -> None:
        """Cancel an order that still rests."""
        for order in [o for o in self.resting if o["order_id"] == order_id]:
            self.resting.remove(order)
            self.log({**order, "received_at": at}, "cancel")

    def _trade(self, taker: Mapping[str, Any], maker: Mapping[str, Any], quantity: Decimal) -> None:
        self._sequence += 1
        buyer, seller = (taker, maker) if taker["side"] == "buy" else (maker, taker)
        self.tables["trade"].append(
            {
                "trade_id": f"T{self._sequence}",
                "sequence": self._sequence,
                "executed_at": taker["received_at"],
                "instrument": taker["instrument"],
                "price": maker["price"],
                "quantity": quantity,
                "buy_order_id": buyer["order_id"],
                "sell_order_id": seller["order_id"],
                "buy_account_id": buyer["account_id"],
                "sell_account_id": seller["account_id"],
                "aggressor_side": taker["side"],
            }
        )


Tables = Mapping[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class Live:
    """A gate that keeps the book and the registers in memory, as a live one does."""

    venue: Venue
    kept: Registers
    at: datetime

    def account(self, account_id: str) -> Account:
        return Account(account_id=account_id, party_id=PARTIES[account_id], kind=KINDS[account_id], opened_at=START)

    def first_used_at(self, _account_id: str, _address: str) -> None:
        return None

    def registers(self) -> Registers:
        return self.kept

    def pair(self, instrument: str) -> Pair:
        row = next(row for row in self.venue.tables["instrument"] if row["instrument"] == instrument)
        return Pair(instrument, row["base_asset"], row["quote_asset"], row["listed_from"], row["listed_until"])

    def book(self, instrument: str, side: str) -> list[OpenOrder]:
        sign = -1 if side == "buy" else 1
        rows = [o for o in self.venue.resting if o["instrument"] == instrument and o["side"] == side]
        return [_open(o) for o in sorted(rows, key=lambda o: (sign * o["price"], o["place"]))]

    def orders_known_to(self, party_id: str, instrument: str) -> list[SeenOrder]:
        rows = self.venue.tables.get("customer_order_knowledge", ())
        seen = {row["order_id"]: row["learned_at"] for row in rows if row["party_id"] == party_id and row["learned_at"] < self.at}
        here = [o for o in self.venue.resting if o["order_id"] in seen and o["instrument"] == instrument]
        return [SeenOrder(_open(o), seen[o["order_id"]]) for o in here]

    def ordered(self, party_id: str, asset: str, side: str, since: datetime) -> Decimal:
        total = Decimal(0)
        for event in self.venue.tables["order_event"]:
            mine = PARTIES[event["account_id"]] == party_id and event["action"] == "new" and event["occurred_at"] >= since
            base, _, quote = event["instrument"].partition("/")
            taken = {base: event["side"], quote: "sell" if event["side"] == "buy" else "buy"}
            total += event["quantity"] if mine and taken.get(asset) == side else 0
        return total


def _open(order: Mapping[str, Any]) -> OpenOrder:
    names = {name: order[name] for name in ("order_id", "account_id", "instrument", "side", "order_type", "price")}
    return OpenOrder(**names, quantity=order["left"])


def play(rule: str, rows: list[dict[str, Any]], tables: Tables, regime: str) -> tuple[set[str], set[str]]:
    """Orders that went in against the gate's word, and those that the inspection names."""
    asked = load_rulebook()[f"unfair_trading/{rule}"]
    control, p = load_control(asked), asked.parameters_in(regime, DAY, DAY, {})
    venue, broken = Venue(tables), set()
    with records_of({n: _arrow(n, r) for n, r in tables.items() if r}) as kept:
        registers = Registers(ownership_of(kept), read_facts(kept), read_circle(kept))
    for row in rows:
        if row["cancels"] is not None:
            venue.withdraw(f"N{row['cancels']}", row["received_at"] - timedelta(milliseconds=1))
        if _outcome(control, row, Live(venue, registers, row["received_at"]), p) >= Outcome.hold:
            if row["obeys"]:
                continue
            broken.add(row["order_id"])
        venue.accept(row)
    with records_of({n: _arrow(n, r) for n, r in venue.tables.items() if r}) as records:
        assert control.detect is not None
        found = list(control.detect(records, p)) if rule != "self_match" or venue.tables["trade"] else []
    events = {e["event_id"]: e["order_id"] for e in venue.tables["order_event"]}
    named = {e.id for one in found for e in one.evidence if e.table == "order"}
    return broken, named | {events[e.id] for one in found for e in one.evidence if e.table == "order_event"}


def _outcome(control: Any, row: Mapping[str, Any], view: Live, p: Parameters) -> Outcome:
    names = [n for n in row if n in OrderRequest.__dataclass_fields__]
    price = None if row["order_type"] == "market" else row["price"]
    request = OrderRequest(**{**{n: row[n] for n in names}, "price": price})
    reasons = list(control.decide(request, view, p))
    return max((reason.outcome for reason in reasons), default=Outcome.allow)


@QUICK
@given(orders(), st.sampled_from(["controls", "same_owner", "household", "officer"]))
def test_self_match(rows: list[dict[str, Any]], relation: str) -> None:
    broken, named = play("self_match", rows, _who([("P1", "P2", relation)]), "PSA-2026")
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
    tables = {**_who([]), "customer_order_knowledge": knowledge, "stated_plan": plans}
    broken, named = play("front_running_gate", rows, tables, "PSA-2026")
    inside = {row["order_id"] for row in rows if KINDS[row["account_id"]] in {"house", "staff"}}
    assert named & inside == broken


@QUICK
@given(orders(), st.integers(-5, 60), st.integers(1, 60))
def test_suspended_asset(rows: list[dict[str, Any]], begins: int, lasts: int) -> None:
    tables = _who([])
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

    tables = _who([("P1", "P2", "controls")])
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


def _who(links: list[tuple[str, str, str]]) -> dict[str, list[dict[str, Any]]]:
    accounts = [{"account_id": a, "party_id": PARTIES[a], "kind": kind, "opened_at": START} for a, kind in KINDS.items()]
    pairs = [("ABC/JPY", "ABC", "JPY"), ("XYZ/ABC", "XYZ", "ABC")]
    sizes = {"tick_size": Decimal(1), "lot_size": Decimal(1), "listed_from": None, "listed_until": None}
    return {
        "account": accounts,
        "party_link": [{"party_id": a, "linked_party_id": b, "relation": relation} for a, b, relation in links],
        "instrument": [{"instrument": i, "base_asset": b, "quote_asset": q, **sizes} for i, b, q in pairs],
    }


def _arrow(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=pa.schema([f for f in TABLES[name].arrow_schema if f.name in rows[0]]))
