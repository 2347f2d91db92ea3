"""Millions of clients in columns answer as the same rows learnt one by one would, before and after more is learnt above them."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from sekisho.engine.kept_clients import SCHEMAS, KeptClients, exact
from sekisho.engine.kept_names import Names, Texts
from sekisho.engine.kept_tables import tables_of
from sekisho.engine.memory import LEARNT, Memory, memory_before
from sekisho.gate.snapshot import clients_of
from sekisho.records import TABLES, Records, records_of

START = datetime(2026, 6, 1, tzinfo=UTC)
EVER = datetime(2000, 1, 1, tzinfo=UTC)


def _books(seed: int) -> dict[str, list[dict[str, Any]]]:
    """Rows of a small exchange; some transfers and events are of accounts that are not on record."""
    rng = random.Random(seed)
    accounts = [f"A{n}" for n in range(12)]
    others = [*accounts, "stranger"]

    def at() -> datetime:
        return START + timedelta(minutes=rng.randrange(60_000))

    def number() -> Decimal:
        return Decimal(rng.randrange(1, 10**6)).scaleb(-rng.randrange(6))

    return {
        "party": [
            {"party_id": f"P{n}", "kind": "individual", "country": "JP", "born_on": rng.choice([None, date(1950 + n, 1, 2)])}
            for n in range(8)
        ],
        "account": [
            {
                "account_id": account,
                "party_id": f"P{rng.randrange(10)}",
                "kind": rng.choice(["customer", "house"]),
                "opened_at": at(),
                "net_worth_jpy": rng.choice([None, number()]),
                "risk_tolerance": rng.choice([None, "low", "high"]),
            }
            for account in accounts
        ],
        "transfer": [
            {
                "transfer_id": f"T{n}",
                "requested_at": at(),
                "account_id": rng.choice(others),
                "direction": rng.choice(["in", "out"]),
                "asset": rng.choice(["BTC", "ETH"]),
                "quantity": number(),
                "value_jpy": number(),
                "address": f"bc{rng.randrange(15)}",
                "counterparty": rng.choice(["hosted", "unhosted", "unknown"]),
                "counterparty_vasp": rng.choice([None, "V1"]),
                "released_at": rng.choice([None, at()]),
                "status": rng.choice(["requested", "held", "released", "refused", "completed"]),
            }
            for n in range(120)
        ],
        "account_event": [
            {
                "account_id": rng.choice(others),
                "occurred_at": at(),
                "kind": rng.choice(["login", "fiat_deposit"]),
                "amount_jpy": rng.choice([None, number()]),
                "device_id": rng.choice([None, "D1", "D2"]),
                "ip": None,
                "remitter_name_matches": rng.choice([None, True, False]),
            }
            for _ in range(60)
        ],
        "trade": [
            {
                "trade_id": f"X{n}",
                "sequence": n,
                "executed_at": at(),
                "instrument": "BTC/JPY",
                "price": number(),
                "quantity": number(),
                "buy_account_id": rng.choice(others),
                "sell_account_id": rng.choice([None, *others]),
            }
            for n in range(60)
        ],
        "customer_balance": [
            {"account_id": account, "asset": asset, "as_of_date": date(2026, 6, day), "quantity": number()}
            for account in others
            for asset in ("BTC", "JPY")
            for day in (1, 2)
            if rng.random() < 0.6
        ],
        "reference_price": [{"asset": "BTC", "quoted_at": START, "source": "s", "price_jpy": Decimal(10)}],
    }


def _records(books: dict[str, list[dict[str, Any]]]) -> Records:
    def table(name: str) -> pa.Table:
        return pa.table({c.name: pa.array([row.get(c.name) for row in books[name]], c.arrow_type) for c in TABLES[name].columns})

    return records_of({name: table(name) for name in books})


def _answers(memory: Memory) -> list[Any]:
    """Everything a rule may ask about everybody, at several moments."""
    told: list[Any] = [row for row in memory.rows() if row[0] != "price"]
    for since in (EVER, START + timedelta(days=9), START + timedelta(days=20), START + timedelta(days=99)):
        for account in [*(f"A{n}" for n in range(12)), "stranger", "nobody"]:
            told += [memory.transfers(account, since), sorted(memory.events(account, since), key=repr)]
            told += [sorted(memory.trades(account, since)), dict(memory.holdings(account)), dict(memory.addresses_of(account))]
        for n in range(16):
            told.append(sorted(memory.transfers_with(f"bc{n}", since)))
    told += [memory.known_transfer(f"T{n}") for n in range(125)]
    told += [memory.first_used_at(f"A{n}", f"bc{m}") for n in range(12) for m in range(15)]
    return [list(one) if isinstance(one, tuple) and not one else one for one in told]


@pytest.mark.parametrize("seed", range(5))
def test_columns_answer_as_rows_do(seed: int) -> None:
    books = _books(seed)
    records = _records(books)
    rows, columns = memory_before(records, START + timedelta(days=999)), Memory(KeptClients(tables_of(records)))
    assert _answers(columns) == _answers(rows)
    assert columns.parties_with("house") == rows.parties_with("house")
    assert dict(columns.accounts_by_party) == dict(rows.accounts_by_party)
    more = _books(seed + 100)
    for table in ("transfer", "account", "trade", "account_event", "customer_balance", "party"):
        for row in more[table][::3]:
            told = {**row, "transfer_id": f"N{row['transfer_id']}"} if table == "transfer" and row["transfer_id"] > "T5" else row
            rows.learn(table, told)
            columns.learn(table, told)
    assert _answers(columns) == _answers(rows)
    again = Memory(KeptClients(clients_of(columns)))
    assert _answers(again) == _answers(rows)
    assert _answers(Memory(KeptClients(clients_of(rows)))) == _answers(rows)


def test_what_was_forgotten_for_a_moment_comes_back() -> None:
    records = _records(_books(1))
    columns = Memory(KeptClients(tables_of(records)))
    before = _answers(columns)
    known = columns.known_transfer("T7")
    assert known is not None
    with columns.without("T7"):
        assert known not in columns.transfers(known.account_id, EVER)
        assert known not in columns.transfers_with(known.address, EVER)
        assert columns.known_transfer("T7") is None
    assert _answers(columns) == before
    row = {**_books(1)["transfer"][7], "address": "bcnew", "status": "refused"}
    take_back = columns.taking_back("transfer", row)
    columns.learn("transfer", row)
    assert _answers(columns) != before
    take_back()
    assert _answers(columns) == before


def test_detail_before_a_day_stays_in_the_address_book() -> None:
    records = _records(_books(2))
    since = START + timedelta(days=20)
    whole, short = Memory(KeptClients(tables_of(records))), Memory(KeptClients(tables_of(records, since)))
    for n in range(12):
        assert short.addresses_of(f"A{n}") == whole.addresses_of(f"A{n}")
        assert list(short.transfers(f"A{n}", EVER)) == list(whole.transfers(f"A{n}", since))


def test_names_are_found_whatever_they_are() -> None:
    texts = ["", "a", "ab", "ア", "a\0b", *(f"n{n}" for n in range(5000)), "a"]
    names = Names(Texts(pa.array(texts)))
    assert [names.row(text) for text in texts[2:-1]] == list(range(2, len(texts) - 1))
    assert (names.row("a"), names.row(""), names.row("b")) == (len(texts) - 1, 0, -1)
    assert np.array_equal(names.rows(Texts(pa.array(["zz", "n7", ""]))), [-1, 12, 0])
    assert len(Names(Texts(pa.array([], pa.string())))) == 0
    assert Names(Texts(pa.array([], pa.string()))).row("x") == -1


def test_zeros_at_the_end_do_not_count() -> None:
    for text, plain in (("0.50", "0.5"), ("1E+3", "1000"), ("0.000", "0"), ("-2.0", "-2"), ("12.345", "12.345")):
        assert str(exact(Decimal(text))) == plain
    many = "98765432109876543210.123456789012345678"
    assert str(exact(Decimal(many))) == many


def test_no_digit_is_lost_on_the_way_through_columns() -> None:
    many = ["98765432109876543210.123456789012345678", "-0.000000000000000001", "12000.5", "12000", "0", None]
    one = {"party_id": "P", "kind": "customer", "opened_at": START}
    rows = [{**one, "account_id": f"A{n}", "net_worth_jpy": number and Decimal(number)} for n, number in enumerate(many)]
    columns = {"account": pa.Table.from_pylist(rows, SCHEMAS["account"])}
    held = [{"account_id": f"A{n}", "asset": "X", "as_of_date": date(2026, 1, 1), "quantity": Decimal(many[0])} for n in (0, 1)]
    sent = {"transfer_id": "T", "requested_at": START, "account_id": "A1", "direction": "out", "asset": "X", "address": "b"}
    sent |= {"quantity": Decimal("0.000000000000000001"), "value_jpy": Decimal(1), "left_at": datetime(2026, 2, 1, tzinfo=UTC)}
    sent |= {"counterparty": "hosted", "refused": False}
    columns["customer_balance"] = pa.Table.from_pylist(held, SCHEMAS["customer_balance"])
    columns["transfer"] = pa.Table.from_pylist([sent], SCHEMAS["transfer"])
    memory = Memory(KeptClients(columns))
    told = [memory.account(f"A{n}").net_worth_jpy for n in range(len(many))]
    assert [None if each is None else format(each, "f") for each in told] == many
    assert str(memory.holdings("A0")["X"]) == many[0]
    assert str(memory.holdings("A1")["X"]) == "98765432109876543210.123456789012345677"


def test_a_client_has_the_birth_date_of_his_party_whoever_tells_it() -> None:
    born, later = date(1980, 1, 2), date(1990, 3, 4)
    rows = [{"account_id": f"A{n}", "party_id": f"P{n}", "kind": "customer", "opened_at": START} for n in (1, 2)]
    parties = [{"party_id": "P1", "kind": "individual", "country": "JP", "born_on": born}]
    memory = Memory(
        KeptClients(
            {
                "account": pa.Table.from_pylist(rows, SCHEMAS["account"]),
                "party": pa.Table.from_pylist(parties, SCHEMAS["party"]),
            }
        )
    )
    assert [memory.account(each).born_on for each in ("A1", "A2")] == [born, None]
    for party_id in ("P1", "P2"):
        memory.learn("party", {"party_id": party_id, "kind": "individual", "country": "JP", "born_on": later})
    assert [memory.account(each).born_on for each in ("A1", "A2")] == [later, later]
    memory.learn("party", {"party_id": "P1", "kind": "individual", "country": "JP", "born_on": None})
    assert memory.account("A1").born_on is None
    assert set(SCHEMAS) - {"address_book"} <= set(LEARNT)
