"""What the gate would have stopped: the records of some accounts played back in their order, the rule asked before every order.

A ``detect`` that asks here agrees with its ``decide`` by construction. It is for the few accounts that a rule cannot clear with
one question over all of them; for those the record tables are read once and learnt row by row, as a live gate learns them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

from sekisho.engine.answers import Evidence, Fact, Found, Outcome, Reason
from sekisho.engine.memory import ENDS, LEARNT, Memory, as_of, known_from
from sekisho.engine.memory_orders import FLOW
from sekisho.engine.requests import OrderRequest, View
from sekisho.typologies.valuation import in_utc, starts_at

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.rulebook import Parameters

Decide = Callable[[Any, View, Any], Iterable[Reason]]
Row = Mapping[str, Any]

_OWN = frozenset(
    {
        "account", "transfer", "account_event", "customer_balance", "suitability_check", "guardian_consent",
        "document_delivery", "margin_position", "margin_valuation", "margin_call",
    }
)  # fmt: skip
"""Tables of which only the rows of the accounts looked at are read."""
_SHARED = ("instrument", "reference_price", "trading_criterion", "trading_limit", "issuer_breach", "margin_ratio")
_EVIDENCE = {
    "check": "suitability_check",
    "criterion": "trading_criterion",
    "limit": "trading_limit",
    "consent": "guardian_consent",
    "breach": "issuer_breach",
    "call": "margin_call",
    "valuation": "margin_valuation",
}
"""Facts of a reason that name a record, and its table."""
_FIRST = datetime.min.replace(tzinfo=UTC)


class Stopped(NamedTuple):
    """An order that went in although the gate would have stopped it, and why."""

    request: OrderRequest
    reason: Reason


def stopped(records: Records, accounts: Collection[str], decide: Decide, p: Parameters, since: date) -> Iterator[Stopped]:
    """The orders that these accounts entered or changed since a Japan date against the word of a rule, in order of time."""
    memory, start = Memory(), starts_at(since)
    margin = _margin_orders(records, accounts)
    rejected = _rejected(records, accounts)
    for moment, order, _, table, row in _timeline(records, accounts):
        if order and table == "order_event" and row["action"] in ("new", "replace") and row["order_id"] not in rejected:
            if moment >= start:
                request = _request(row, margin)
                worst = max(decide(request, memory, p), key=lambda reason: reason.outcome, default=None)
                if worst is not None and worst.outcome >= Outcome.hold:
                    yield Stopped(request, worst)
            if row["order_id"] in margin:
                memory.learn("margin_order", {"order_id": row["order_id"]})
        memory.learn(table, row)


def by_account(rows: Iterable[Stopped], score: Decimal, said: Mapping[str, str]) -> Iterator[Found]:
    """One finding for each account and reason, with the orders and the records that the reasons name.

    ``said`` gives for the sentence of a reason the sentence of the finding. A reason that states ``worth_jpy`` or ``after_jpy``
    gives the finding its amount: the highest of them.
    """
    groups: dict[tuple[str, str], list[Stopped]] = defaultdict(list)
    for row in rows:
        groups[row.request.account_id, row.reason.sentence].append(row)
    found = [_found(account, group, score, said[sentence]) for (account, sentence), group in groups.items()]
    yield from sorted(found, key=lambda one: (one.window_from, one.subject_id, one.sentence))


def ordering(records: Records, kinds: Collection[str]) -> frozenset[str]:
    """The accounts of some kinds, and those not on record, that entered an order."""
    event, account = records.optional("order_event"), records.optional("account")
    entered = event.filter(event.action.isin(["new", "replace"])).select("account_id").distinct()
    others = account.filter(~account.kind.isin(sorted(kinds)))
    kept = entered.filter(entered.account_id.notnull()).anti_join(others, "account_id")
    return frozenset(kept.to_pyarrow()["account_id"].to_pylist())


def _found(account: str, group: list[Stopped], score: Decimal, sentence: str) -> Found:
    first, last = group[0], group[-1]
    names = {Evidence("order", one.request.order_id) for one in group}
    for one in group:
        names |= {Evidence(_EVIDENCE[name], str(fact)) for name, fact in one.reason.facts.items() if name in _EVIDENCE and fact}
    told = (one.reason.facts.get(name) for one in group for name in ("after_jpy", "worth_jpy"))
    amounts = [amount for amount in told if isinstance(amount, Decimal)]
    facts: dict[str, Fact] = {
        **first.reason.facts,
        "orders": len({one.request.order_id for one in group}),
        "first_at": first.request.received_at,
        "last_at": last.request.received_at,
    }
    instruments = {one.request.instrument for one in group}
    return Found(
        subject_kind="account",
        subject_id=account,
        instrument=first.request.instrument if len(instruments) == 1 else None,
        window_from=first.request.received_at,
        window_until=last.request.received_at + timedelta.resolution,
        score=score,
        amount_jpy=max(amounts, default=None),
        sentence=sentence,
        evidence=tuple(sorted(names)),
        facts=facts,
    )


def _request(row: Row, margin: Mapping[str, Decimal | None]) -> OrderRequest:
    order_id = row["order_id"]
    return OrderRequest(
        order_id=order_id,
        received_at=in_utc(row["occurred_at"]),
        account_id=row["account_id"],
        instrument=row["instrument"],
        side=row["side"],
        order_type=row["order_type"],
        quantity=row["quantity"],
        price=row["price"],
        product="margin" if order_id in margin else "spot",
        leverage=margin.get(order_id),
    )


def _timeline(records: Records, accounts: Collection[str]) -> Iterator[tuple[datetime, bool, int, str, Row]]:
    """Rows as they became known: before an order of the same moment nothing but the venue's own earlier steps."""
    steps: list[tuple[datetime, bool, int, str, Row]] = []
    for table, row in _rows(records, accounts):
        known_at = known_from(table, row)
        if table in FLOW:
            assert known_at is not None
            steps.append((known_at, True, 2 * row["sequence"] + (table == "trade"), table, row))
            continue
        steps.append((known_at or _FIRST, False, 0, table, as_of(table, row, known_at) if known_at else row))
        ends = sorted({in_utc(row[name]) for name in ENDS.get(table, ()) if row.get(name) is not None})
        steps += [(end, False, 1, table, as_of(table, row, end + timedelta.resolution)) for end in ends]
    return iter(sorted(steps, key=lambda step: (step[0], not step[1], step[2])))


def _rows(records: Records, accounts: Collection[str]) -> Iterator[tuple[str, Row]]:
    wanted = records.memory("asked", pa.table({"account_id": pa.array(sorted(accounts), pa.string())}))
    for table in (name for name in LEARNT if name in records.present):
        source = records.optional(table)
        if table in _SHARED:
            rows = source
        elif table in _OWN or table == "order_event":
            rows = source.semi_join(wanted, "account_id")
        elif table == "trade":
            rows = source.filter(source.buy_account_id.isin(wanted.account_id) | source.sell_account_id.isin(wanted.account_id))
        elif table == "party":
            parties = records.optional("account").semi_join(wanted, "account_id").select("party_id").distinct()
            rows = source.semi_join(parties, "party_id")
        elif table == "request_event":
            own = records.optional("order_event").semi_join(wanted, "account_id").select(request_id="order_id").distinct()
            rows = source.semi_join(own, "request_id")
        else:
            continue
        yield from ((table, row) for row in rows.to_pyarrow().to_pylist())


def _margin_orders(records: Records, accounts: Collection[str]) -> Mapping[str, Decimal | None]:
    if "margin_order" not in records.present:
        return {}
    wanted = records.memory("asked", pa.table({"account_id": pa.array(sorted(accounts), pa.string())}))
    own = records.optional("order_event").semi_join(wanted, "account_id").select("order_id").distinct()
    rows = records.optional("margin_order").semi_join(own, "order_id").to_pyarrow().to_pylist()
    return {row["order_id"]: row["leverage"] for row in rows}


def _rejected(records: Records, accounts: Collection[str]) -> frozenset[str]:
    event = records.optional("order_event")
    wanted = records.memory("asked", pa.table({"account_id": pa.array(sorted(accounts), pa.string())}))
    rows = event.filter(event.action == "reject").semi_join(wanted, "account_id").select("order_id").distinct()
    return frozenset(rows.to_pyarrow()["order_id"].to_pylist())
