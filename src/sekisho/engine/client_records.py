"""Clients as the records tell of them over time: what each check found out, and who met every criterion whenever he ordered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from ibis import _

from sekisho.typologies.material_facts import japan_date
from sekisho.typologies.suitability import Check, Client, Criterion, age_on, unmet
from sekisho.typologies.valuation import in_utc

if TYPE_CHECKING:
    from sekisho.records import Records


class _Ordering(NamedTuple):
    """An account that ordered: what is on record of it, its first and its last order, and its checks in order."""

    row: dict[str, Any]
    checks: list[Check]


def always_meeting(records: Records) -> frozenset[str]:
    """The accounts that met all criteria there ever were, at every state their records tell of, on their first and last order.

    None of them can have ordered against a criterion; of the others that is to be looked at order by order. Where no criterion
    speaks of everybody from the first order on, nobody is cleared.
    """
    criteria = [_tuple(Criterion, row) for row in records.optional("trading_criterion").to_pyarrow().to_pylist()]
    found = list(_ordering(records))
    first = min((one.row["first"] for one in found), default=None)
    general = (c for c in criteria if c.product is None and c.asset is None and c.client_kind is None and c.until is None)
    if first is None or not any(c.since <= japan_date(first) for c in general):
        return frozenset()
    return frozenset(one.row["account_id"] for one in found if all(_meets(client, criteria) for client in _states(one)))


def _meets(client: Client, criteria: list[Criterion]) -> bool:
    mine = (c for c in criteria if c.client_kind in (None, client.kind))
    return client.kind is not None and all(unmet(criterion, client) is None for criterion in mine)


def _states(one: _Ordering) -> Iterator[Client]:
    """The client as he was known at one time or another from his first order on."""
    row, before = one.row, [check for check in one.checks if check.checked_at < one.row["first"]]
    checks: Iterator[Check | None] = chain(before[-1:] or (None,), (check for check in one.checks if check not in before))
    for check in checks:
        for at in (row["first"], row["last"]):
            yield Client(
                row["account_id"],
                row["party_id"],
                row["kind"],
                age_on(row["born_on"], japan_date(at)),
                row["experience"] if check is None or check.experience is None else check.experience,
                row["net_worth_jpy"] if check is None or check.net_worth_jpy is None else check.net_worth_jpy,
                row["income_jpy"] if check is None or check.income_jpy is None else check.income_jpy,
                (check.risk_tolerance if check else None) or row["risk_tolerance"],
                check,
            )


def _ordering(records: Records) -> Iterator[_Ordering]:
    event, account, party = records.optional("order_event"), records.optional("account"), records.optional("party")
    entered = event.filter(_.action.isin(["new", "replace"]), _.account_id.notnull())
    spans = entered.group_by("account_id").aggregate(first=_.occurred_at.min(), last=_.occurred_at.max())
    told = account.select("account_id", "party_id", "experience", "net_worth_jpy", "income_jpy", "risk_tolerance")
    named = spans.inner_join(told, "account_id").left_join(party.select("party_id", "kind", "born_on"), "party_id")
    checks: dict[str, list[Check]] = defaultdict(list)
    for row in records.optional("suitability_check").semi_join(spans, "account_id").to_pyarrow().to_pylist():
        checks[row["account_id"]].append(_tuple(Check, row))
    for row in named.to_pyarrow().to_pylist():
        row |= {"first": in_utc(row["first"]), "last": in_utc(row["last"])}
        yield _Ordering(row, sorted(checks[row["account_id"]], key=lambda check: (check.checked_at, check.check_id)))


def _tuple(kind: Any, row: dict[str, Any]) -> Any:
    return kind(*[in_utc(row[name]) if isinstance(row[name], datetime) else row[name] for name in kind._fields])
