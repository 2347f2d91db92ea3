"""Small books for tests of the rules on unfair trading, and the rules' findings over them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa

from sekisho.engine.answers import Found
from sekisho.engine.run import Judged, run_rule
from sekisho.records import Records, records_of
from sekisho.rulebook import load_rulebook

START = datetime(2026, 6, 4, 1, tzinfo=UTC)
RULEBOOK = load_rulebook()
_QUANTITY = pa.decimal128(18, 8)
_TRADE = pa.schema(
    [
        ("trade_id", pa.string()),
        ("sequence", pa.int64()),
        ("executed_at", pa.timestamp("us", "UTC")),
        ("instrument", pa.string()),
        ("price", _QUANTITY),
        ("quantity", _QUANTITY),
        ("buy_order_id", pa.string()),
        ("sell_order_id", pa.string()),
        ("buy_account_id", pa.string()),
        ("sell_account_id", pa.string()),
    ]
)
_ORDER_EVENT = pa.schema(
    [
        ("event_id", pa.string()),
        ("sequence", pa.int64()),
        ("occurred_at", pa.timestamp("us", "UTC")),
        ("instrument", pa.string()),
        ("order_id", pa.string()),
        ("account_id", pa.string()),
        ("side", pa.string()),
        ("action", pa.string()),
        ("order_type", pa.string()),
        ("price", _QUANTITY),
        ("quantity", _QUANTITY),
    ]
)


def row(
    number: int, buyer: str, seller: str, quantity: str = "1", *, second: int = 0, instrument: str = "BTC/JPY"
) -> dict[str, Any]:
    """One trade, ``second`` seconds after the start; its orders are B<number> and S<number>."""
    return {
        "trade_id": f"T{number}",
        "sequence": number,
        "executed_at": START + timedelta(seconds=second),
        "instrument": "BTC/JPY",
        "price": Decimal(100),
        "quantity": Decimal(quantity),
        "buy_order_id": f"B{number}",
        "sell_order_id": f"S{number}",
        "buy_account_id": buyer,
        "sell_account_id": seller,
    }


def entries(rows: Iterable[Mapping[str, Any]], resting_seconds: Mapping[str, int] | None = None) -> pa.Table:
    """The entry of the orders behind the trades; a sell order entered earlier than its trade is bigger, too."""
    events = []
    for trade in rows:
        rested = (resting_seconds or {}).get(trade["trade_id"], 0)
        for side, order, account in (
            ("buy", trade["buy_order_id"], trade["buy_account_id"]),
            ("sell", trade["sell_order_id"], trade["sell_account_id"]),
        ):
            early = rested if side == "sell" else 0
            events.append(
                {
                    "event_id": f"E{order}",
                    "sequence": len(events),
                    "occurred_at": trade["executed_at"] - timedelta(seconds=early),
                    "instrument": trade["instrument"],
                    "order_id": order,
                    "account_id": account,
                    "side": side,
                    "action": "new",
                    "order_type": "limit",
                    "price": trade["price"],
                    "quantity": trade["quantity"] * (3 if early else 1),
                }
            )
    return pa.Table.from_pylist(events, schema=_ORDER_EVENT)


def accounts(parties: Mapping[str, str], kinds: Mapping[str, str] | None = None) -> pa.Table:
    """Accounts by their party."""
    return pa.table(
        {
            "account_id": list(parties),
            "party_id": list(parties.values()),
            "kind": [(kinds or {}).get(account, "customer") for account in parties],
            "opened_at": [START] * len(parties),
        }
    )


def links(*rows: tuple[str, str, str]) -> pa.Table:
    """Undated links: party, linked party, relation."""
    one, other, relation = zip(*rows, strict=True)
    return pa.table({"party_id": one, "linked_party_id": other, "relation": relation})


def books(trades: Sequence[Mapping[str, Any]], engine: str = "duckdb", **tables: pa.Table) -> Records:
    """Records in memory."""
    return records_of({"trade": pa.Table.from_pylist(list(trades), schema=_TRADE), **tables}, engine=engine)


def found_by(rule: str, records: Records) -> tuple[Found, ...]:
    """What a rule of the chapter on unfair trading finds on 5 June 2026."""
    day = date(2026, 6, 5)
    run = run_rule(RULEBOOK.rules[f"unfair_trading/{rule}"], records, Judged(regime="PSA-2026", law_day=day, as_of=day), (day, day))
    assert run.state == "ran", run.why
    return run.found


def trades_named(found: Iterable[Found]) -> set[str]:
    """The ids of the trades that findings rest on."""
    return {e.id for one in found for e in one.evidence if e.table == "trade"}
