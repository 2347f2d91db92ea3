"""What a gate remembers: rows in any order, the state as it stood before a moment, and holdings that follow what moved."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from rules.case import table_of
from sekisho.engine.memory import Memory, memory_before
from sekisho.engine.view import RecordsView
from sekisho.records import records_of

TRANSFERS = """
transfer_id requested_at account_id direction asset quantity value_jpy address counterparty released_at status
T1 2026-06-01T00:00:00Z A1 in BTC 2 20000000 bc1a unhosted - completed
T2 2026-06-02T00:00:00Z A1 out BTC 1 10000000 bc1b unhosted 2026-06-05T00:00:00Z released
T3 2026-06-03T00:00:00Z A2 out BTC 1 10000000 bc1b hosted - refused
"""


def _at(day: int) -> datetime:
    return datetime(2026, 6, day, tzinfo=UTC)


def test_a_transfer_released_later_was_waiting() -> None:
    records = records_of({"transfer": table_of("transfer", TRANSFERS)})
    waiting, gone = memory_before(records, _at(4)), memory_before(records, _at(6))
    assert [t.left_at for t in waiting.transfers("A1", _at(2))] == [None]
    assert [t.left_at for t in gone.transfers("A1", _at(2))] == [_at(5)]
    assert [t.account_id for t in gone.transfers_with("bc1b", _at(1))] == ["A1", "A2"]
    assert [t.refused for t in gone.transfers("A2", _at(1))] == [True]
    assert gone.addresses_of("A1") == {"bc1b": _at(2)}


def test_holdings_start_from_the_last_balance_and_follow_what_moved_after_it() -> None:
    balance = "account_id asset as_of_date quantity\nA1 BTC 2026-06-01 5\nA1 JPY 2026-06-01 100"
    trade = (
        "trade_id sequence executed_at instrument price quantity buy_account_id sell_account_id\n"
        "X1 1 2026-06-01T12:00:00Z BTC/JPY 10 9 A1 A2\nX2 2 2026-06-03T00:00:00Z BTC/JPY 10 3 A1 A2"
    )
    event = "account_id occurred_at kind amount_jpy\nA1 2026-06-04T00:00:00Z fiat_deposit 50"
    rows = {"transfer": TRANSFERS, "customer_balance": balance, "trade": trade, "account_event": event}
    records = records_of({name: table_of(name, text) for name, text in rows.items()})
    view = RecordsView(records, _at(7))
    assert view.holdings("A1") == {"BTC": Decimal(7), "JPY": Decimal(120)}
    assert RecordsView(records, _at(2)).holdings("A1") == {"BTC": Decimal(5), "JPY": Decimal(100)}


def test_rows_learnt_in_any_order_or_twice_give_one_memory() -> None:
    rows = [
        {"transfer_id": f"T{n}", "requested_at": _at(1) + timedelta(hours=n % 7), "account_id": "A", "direction": "out"}
        | {"asset": "BTC", "quantity": Decimal(n), "value_jpy": Decimal(n), "address": f"bc1{n % 3}", "status": "held"}
        for n in range(20)
    ]
    one = Memory()
    for row in rows:
        one.learn("transfer", row)
    other = Memory()
    for row in random.Random(7).sample(rows + rows[:5], 25):
        other.learn("transfer", row)
    assert set(one.transfers("A", _at(1))) == set(other.transfers("A", _at(1)))
    assert len(other.transfers("A", _at(1))) == 20
    assert one.addresses_of("A") == other.addresses_of("A")


def test_holdings_asked_between_follow_every_row_as_if_added_up_anew() -> None:
    random_ = random.Random(11)
    kept, rows = Memory(), []
    for n in range(300):
        at = _at(1) + timedelta(hours=random_.randrange(600))
        kind = random_.choice(["transfer", "transfer", "trade", "account_event", "customer_balance"])
        row: dict[str, object] = {
            "account_id": "A",
            "asset": random_.choice(["BTC", "ETH"]),
            "quantity": Decimal(random_.randrange(9)),
        }
        if kind == "transfer":
            row |= {"transfer_id": f"T{random_.randrange(40)}", "requested_at": at, "released_at": random_.choice([None, at])}
            row |= {"direction": random_.choice(["in", "out"]), "value_jpy": Decimal(1), "address": "bc1", "status": "held"}
        elif kind == "trade":
            row |= {"trade_id": f"X{n}", "executed_at": at, "instrument": "BTC/JPY", "price": Decimal(3), "buy_account_id": "A"}
        elif kind == "account_event":
            row |= {"occurred_at": at, "kind": random_.choice(["fiat_deposit", "fiat_withdrawal"]), "amount_jpy": Decimal(5)}
        else:
            row |= {"as_of_date": at.date()}
        rows.append((kind, row))
        kept.learn(kind, row)
        anew = Memory()
        for table, each in rows:
            anew.learn(table, each)
        assert {a: q for a, q in kept.holdings("A").items() if q} == {a: q for a, q in anew.holdings("A").items() if q}


def test_what_is_written_into_a_row_later_was_not_known_before() -> None:
    suspicion = (
        "suspicion_id account_id arose_at source summary judged_at judgement cleared_at owner\n"
        "S1 A1 2026-06-02T00:00:00Z police theft 2026-06-04T00:00:00Z file 2026-06-06T00:00:00Z AML"
    )
    risk = "risk_id party_id ground since until owner\nR1 P1 foreign_pep 2026-06-02T00:00:00Z 2026-06-06T00:00:00Z AML"
    check = "check_id party_id checked_at kind means_checked owner\nC1 P1 2026-06-03T00:00:00Z enhanced true AML"
    quick = "deposit_id account_id deposited_at channel amount_jpy\nQ1 A1 2026-06-03T00:00:00Z quick 100"
    rows = {"suspicion": suspicion, "customer_risk": risk, "customer_check": check, "quick_deposit": quick}
    records = records_of({name: table_of(name, text) for name, text in rows.items()})
    views = {day: RecordsView(records, _at(day)) for day in (2, 3, 5, 7)}
    assert [len(view.suspicions("A1")) for view in views.values()] == [0, 1, 1, 1]
    assert [views[day].suspicions("A1")[0].judgement for day in (3, 5)] == [None, "file"]
    assert [views[day].suspicions("A1")[0].cleared_at for day in (5, 7)] == [None, _at(6)]
    assert [views[day].risks_of("P1")[0].until for day in (5, 7)] == [None, _at(6)]
    assert [len(view.checks_of("P1")) for view in views.values()] == [0, 0, 1, 1]
    assert [len(view.quick_deposits("A1", _at(1))) for view in views.values()] == [0, 0, 1, 1]


def test_who_used_a_device_is_known_with_the_last_time() -> None:
    memory = Memory()
    for account, day in (("A1", 3), ("A2", 1), ("A1", 2)):
        memory.learn(
            "account_event", {"account_id": account, "occurred_at": _at(day), "kind": "login", "device_id": "D", "ip": "::1"}
        )
    assert memory.accounts_seen("device_id", "D") == memory.accounts_seen("ip", "::1") == {"A1": _at(3), "A2": _at(1)}
    assert memory.accounts_seen("ip", "D") == {}
