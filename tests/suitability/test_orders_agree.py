"""Clients' orders: what the gate would have stopped is what the inspection names, for any history of orders and of the office."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sekisho.engine.answers import Outcome
from sekisho.engine.controls import Control, load_control
from sekisho.engine.memory import ENDS, KNOWN_AT, Memory, as_of
from sekisho.engine.requests import OrderRequest
from sekisho.records import TABLES, Records, records_of
from sekisho.rulebook import Parameters, load_rulebook
from unfair_trading.venue import START, Venue, arrow

DAY = date(2026, 6, 7)
ASSUMED: dict[str, dict[str, Any]] = {
    "risk_tolerance": {"confirm_share": Decimal("0.5"), "form_version": "v1"},
    "elderly": {"age_from": 75, "value_jpy_min": Decimal(200)},
    "price_collar": {"share_through": Decimal("0.05"), "share_away": Decimal("0.1")},
    "client_review": {"months_max": 1},
    "holding_limit": {},
    "order_limit": {},
    "trading_start": {},
    "minors": {},
    "information_before_trading": {},
    "margin_leverage": {},
    "margin_call": {},
    "issuer_in_breach": {},
}
PARTIES = [
    {"party_id": "P1", "kind": "individual", "country": "JP", "born_on": date(2008, 6, 5), "registered_on": None},
    {"party_id": "P2", "kind": "individual", "country": "JP", "born_on": date(1951, 6, 5), "registered_on": None},
    {"party_id": "PC", "kind": "corporate", "country": "JP", "born_on": None, "registered_on": None},
]
ACCOUNTS = ("A1", "A2", "C1", "M1")
NEEDED = {table for name in ASSUMED for table in load_rulebook()[f"suitability/{name}"].needs}
Row = dict[str, Any]


def _at(hours: int) -> datetime:
    return START + timedelta(hours=hours, minutes=30)


hours = st.integers(0, 70)
ends = st.sampled_from([None, None, 5, 30])
account_ids = st.sampled_from(ACCOUNTS[:3])


@st.composite
def orders(draw: st.DrawFn) -> list[Row]:
    """Orders on the hour, so that nothing of the office happens at the same moment."""
    rows, at = list[Row](), START
    for number in range(draw(st.integers(1, 12))):
        at += timedelta(hours=draw(st.integers(1, 8)))
        kind = draw(st.sampled_from(["limit", "limit", "limit", "market"]))
        rows.append(
            {
                "order_id": f"N{number}",
                "received_at": at,
                "account_id": draw(st.sampled_from(ACCOUNTS)),
                "instrument": draw(st.sampled_from(["ABC/JPY", "ABC/JPY", "XYZ/ABC"])),
                "side": draw(st.sampled_from(["buy", "sell"])),
                "order_type": kind,
                "price": Decimal(draw(st.integers(92, 108))),
                "quantity": Decimal(draw(st.integers(1, 6))),
                "product": draw(st.sampled_from(["spot", "spot", "margin"])),
                "leverage": draw(st.sampled_from([None, Decimal(2), Decimal(3)])),
                "accepted": draw(st.sampled_from([True, True, True, False])),
                "cancels": draw(st.sampled_from([None, None, *range(max(1, number))])),
            }
        )
    return rows


@st.composite
def office(draw: st.DrawFn) -> list[tuple[str, Row]]:
    """What the office keeps: a few rows of every register."""
    rows: list[tuple[str, Row]] = []

    def some(most: int) -> Iterator[int]:
        yield from range(draw(st.integers(0, most)))

    def amount(*choices: int) -> Decimal:
        return Decimal(draw(st.sampled_from(choices)))

    for number in some(3):
        row = {
            "check_id": f"S{number}",
            "account_id": draw(account_ids),
            "checked_at": _at(draw(hours) - 24 * 31),
            "occasion": "start",
        }
        row |= {"result": draw(st.sampled_from(["suitable", "suitable", "unsuitable"])), "capacity_jpy": amount(300, 900, 5000)}
        rows.append(("suitability_check", {**row, "experience": draw(st.sampled_from([None, "none", "years"]))}))
    since = {"since": START.date(), "until": draw(st.sampled_from([None, date(2026, 6, 5)])), "owner": "risk"}
    for number in some(2):
        row = {"criterion_id": f"K{number}", "product": draw(st.sampled_from([None, "margin"])), "asset": None, "client_kind": None}
        row |= {"age_min": draw(st.sampled_from([None, 18])), "age_max": None, "net_worth_jpy_min": None, "income_jpy_min": None}
        rows.append(
            (
                "trading_criterion",
                {**row, "experience": None, "risk_tolerance_min": None, "needs_check": draw(st.booleans()), **since},
            )
        )
    for number in some(4):
        row = {"limit_id": f"L{number}", "kind": draw(st.sampled_from(["order", "holding"])), "client_kind": None, "age_from": None}
        row |= {
            "product": draw(st.sampled_from([None, None, "spot", "margin"])),
            "asset": draw(st.sampled_from([None, None, "ABC"])),
        }
        row |= {"age_until": draw(st.sampled_from([None, 18])), "net_worth_jpy_until": None, "income_jpy_until": None}
        row |= {"experience": draw(st.sampled_from([None, "none"])), "risk_tolerance": None, "set_by": "firm"}
        if number < 2 and draw(st.booleans()):  # Often enough everybody has some limit, so that not every order waits for one.
            row |= {"kind": ("order", "holding")[number], "product": None, "asset": None, "age_until": None, "experience": None}
        rows.append(("trading_limit", {**row, "limit_jpy": amount(150, 400, 1000), **since}))
    for number in some(2):
        row = {
            "consent_id": f"G{number}",
            "account_id": "A1",
            "guardian_party_id": "PG",
            "product": None,
            "given_at": _at(draw(hours) - 30),
        }
        end = draw(ends)
        row |= {"limit_jpy": draw(st.sampled_from([None, Decimal(300)])), "withdrawn_at": None if end is None else _at(end)}
        rows.append(("guardian_consent", row))
    for number, document in enumerate(
        (
            "nature_explanation",
            "transaction_information",
            "contract_information",
            "margin_information",
            "margin_contract_information",
        )
    ):
        for account in draw(st.lists(account_ids, max_size=2, unique=True)):
            row = {"delivery_id": f"D{number}{account}", "account_id": account, "document": document, "method": "screen"}
            row |= {"asset": draw(st.sampled_from([None, None, "ABC"])), "delivered_at": _at(draw(hours) - 50)}
            rows.append(("document_delivery", row))
    for number in some(1):
        end = draw(ends)
        row = {"breach_id": f"B{number}", "asset": "ABC", "issuer_party_id": None, "kind": "late", "found_by": "authority"}
        row |= {"recorded_at": _at(draw(hours) - 20), "remedied_at": None if end is None else _at(end)}
        rows.append(("issuer_breach", row))
    for number in some(3):
        end = draw(ends)
        row = {
            "position_id": f"M{number}",
            "account_id": draw(account_ids),
            "instrument": "ABC/JPY",
            "side": draw(st.sampled_from(["buy", "sell"])),
        }
        row |= {
            "quantity": amount(1, 3),
            "amount_jpy": amount(100, 300),
            "opened_at": _at(-9),
            "closed_at": None if end is None else _at(end),
        }
        rows.append(("margin_position", row))
    for account in ACCOUNTS[:3]:
        for day in some(3):
            row = {
                "account_id": account,
                "valued_at": _at(24 * day - 3),
                "deposit_jpy": amount(100, 400),
                "amount_jpy": amount(0, 300),
            }
            rows.append(
                ("margin_valuation", {**row, "required_jpy": amount(0, 150), "loss_jpy": Decimal(0), "loss_cut_at_jpy": None})
            )
    for number in some(2):
        end = draw(ends)
        row = {
            "call_id": f"Q{number}",
            "account_id": draw(account_ids),
            "determined_at": _at(draw(hours) - 50),
            "shortfall_jpy": Decimal(9),
        }
        row |= {"met_at": None if end is None else max(_at(end), row["determined_at"]), "settled_at": None, "excuse": None}
        rows.append(("margin_call", row))
    for number in some(4):
        row = {"event_id": f"V{number}", "request_id": f"N{draw(st.integers(0, 11))}", "occurred_at": _at(draw(hours) - 40)}
        row |= {
            "kind": draw(st.sampled_from(["risk_confirmed", "approved"])),
            "party_id": draw(st.sampled_from(["P1", "P2", "P9"])),
        }
        rows.append(("request_event", {**row, "version": "v1", "text": None}))
    for asset, quantity in (("ABC", 2), ("JPY", 900)):
        row = {"account_id": draw(account_ids), "asset": asset, "as_of_date": date(2026, 6, 3), "quantity": Decimal(quantity)}
        rows.append(("customer_balance", row))
    for number in some(2):
        row = {
            "transfer_id": f"X{number}",
            "account_id": draw(account_ids),
            "direction": "in",
            "asset": "ABC",
            "quantity": Decimal(2),
        }
        row |= {"value_jpy": Decimal(200), "address": "x", "counterparty": "unhosted", "requested_at": _at(draw(hours))}
        rows.append(("transfer", {**row, "released_at": row["requested_at"] + timedelta(hours=4), "status": "completed"}))
    for asset in ("ABC", "XYZ"):
        for day in some(2):
            price = {"asset": asset, "quoted_at": _at(24 * day - 3), "price_jpy": amount(90, 100, 110), "source": "S"}
            rows.append(("reference_price", price))
    return rows


def test_the_rules_played_are_all_that_decide_and_detect_orders() -> None:
    twins = {
        path
        for path, rule in load_rulebook().rules.items()
        if path.startswith("suitability/") and {"decide", "detect"} <= set(rule.questions)
    }
    assert twins == {f"suitability/{name}" for name in ASSUMED}


@settings(
    max_examples=4, phases=[Phase.generate], deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(orders(), office())
def test_gate_and_inspection_agree(placed: list[Row], kept: list[tuple[str, Row]]) -> None:
    rules = {name: _rule(name) for name in ASSUMED}
    stopped: dict[str, set[str]] = {name: set() for name in ASSUMED}
    tables: dict[str, list[Row]] = {"party": PARTIES, **_market()}
    for table, row in kept:
        tables.setdefault(table, []).append(row)
    memory, waiting = Memory(), sorted(_told(kept), key=lambda step: step[0])
    for table in ("party", "account", "instrument"):
        for row in tables[table]:
            memory.learn(table, row)
    venue = Venue(tables, memory.learn)
    venue.tables["margin_order"] = []
    for order in placed:
        while waiting and waiting[0][0] < order["received_at"]:
            memory.learn(*waiting.pop(0)[1:])
        if order["cancels"] is not None:
            venue.withdraw(f"N{order['cancels']}", order["received_at"] - timedelta(milliseconds=1))
        if not order["accepted"]:
            continue
        for name, (control, p) in rules.items():
            if _outcome(control, order, memory, p) >= Outcome.hold:
                stopped[name].add(order["order_id"])
        if order["product"] == "margin":
            row = {"order_id": order["order_id"], "leverage": order["leverage"]}
            venue.tables["margin_order"].append(row)
            memory.learn("margin_order", row)
        venue.accept(order)
    empty = {name: TABLES[name].arrow_schema.empty_table() for name in ("order_event", *sorted(NEEDED))}
    with records_of(empty | {name: arrow(name, rows) for name, rows in venue.tables.items() if rows}) as records:
        for name, (control, p) in rules.items():
            assert _named(control, records, p) == stopped[name], name


def _rule(name: str) -> tuple[Control, Parameters]:
    rule = load_rulebook()[f"suitability/{name}"]
    regime = "WG-REPORT" if name == "issuer_in_breach" else "PSA-2026"
    return load_control(rule), rule.parameters_in(regime, DAY, DAY, ASSUMED[name])


def _told(kept: list[tuple[str, Row]]) -> Iterator[tuple[datetime, str, Row]]:
    """Rows as they become known, and again when something of them ends."""
    for table, row in kept:
        column = KNOWN_AT.get(table)
        known_at = datetime.min.replace(tzinfo=UTC) if column is None else row[column]
        yield known_at, table, as_of(table, row, known_at) if column is not None else row
        for end in (row[name] for name in ENDS.get(table, ()) if row.get(name) is not None):
            yield end, table, as_of(table, row, end + timedelta.resolution)


def _outcome(control: Control, order: Row, memory: Memory, p: Parameters) -> Outcome:
    columns = {name: order[name] for name in order if name in OrderRequest.__struct_fields__}
    columns["price"] = None if order["order_type"] == "market" else order["price"]
    columns["leverage"] = order["leverage"] if order["product"] == "margin" else None
    assert control.decide is not None
    return max((reason.outcome for reason in control.decide(OrderRequest(**columns), memory, p)), default=Outcome.allow)


def _named(control: Control, records: Records, p: Parameters) -> set[str]:
    assert control.detect is not None
    return {evidence.id for found in control.detect(records, p) for evidence in found.evidence if evidence.table == "order"}


def _market() -> dict[str, list[Row]]:
    parties = {"A1": "P1", "A2": "P2", "C1": "PC", "M1": "PM"}
    accounts = [
        {"account_id": a, "party_id": p, "kind": "market_maker" if a == "M1" else "customer", "opened_at": START}
        for a, p in parties.items()
    ]
    sizes = {"tick_size": Decimal(1), "lot_size": Decimal(1), "listed_from": None, "listed_until": None}
    pairs = [("ABC/JPY", "ABC", "JPY"), ("XYZ/ABC", "XYZ", "ABC")]
    return {"account": accounts, "instrument": [{"instrument": i, "base_asset": b, "quote_asset": q, **sizes} for i, b, q in pairs]}
