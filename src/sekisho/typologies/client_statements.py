"""Statements to clients: between which two of them, or since which first trade, too much time went by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from sekisho.typologies.business_days import months_end_on
from sekisho.typologies.material_facts import japan_date
from sekisho.typologies.valuation import in_utc

if TYPE_CHECKING:
    from sekisho.records import Records


class Gap(NamedTuple):
    """Too long without a statement: the last one or the first trade, when the next was due, and when it came (None: not yet)."""

    account_id: str
    last_on: date
    due_on: date
    given_on: date | None
    deliveries: tuple[str, ...]


def gaps(records: Records, document: str, kinds: Collection[str], months: int, as_of: date) -> Iterator[Gap]:
    """The first gap of each account of some kinds, in order of their ids."""
    on_margin = document == "margin_statement"
    spans = _positions(records) if on_margin else {one: (day, None) for one, day in _first_trades(records).items()}
    account = records.optional("account")
    rows = account.filter(account.kind.isin(sorted(kinds))).select("account_id", "closed_at").to_pyarrow().to_pylist()
    closed = {row["account_id"]: row["closed_at"] for row in rows}
    given: dict[str, list[tuple[date, str]]] = defaultdict(list)
    delivery = records.optional("document_delivery")
    for row in delivery.filter(delivery.document == document).to_pyarrow().to_pylist():
        given[row["account_id"]].append((japan_date(in_utc(row["delivered_at"])), row["delivery_id"]))
    for account_id in sorted(set(spans) & set(closed)):
        start, settled_on = spans[account_id]
        ended = closed[account_id]
        until = min(as_of, settled_on or as_of, as_of if ended is None else japan_date(in_utc(ended)))
        gap = _gap(account_id, start, sorted(given[account_id]), months, until)
        if gap is not None:
            yield gap


def _gap(account_id: str, start: date, given: list[tuple[date, str]], months: int, until: date) -> Gap | None:
    last, names = start, tuple[str, ...]()
    for day, name in [each for each in given if each[0] <= until]:
        due = months_end_on(last, months)
        if day > due:
            return Gap(account_id, last, due, day, (*names, name))
        if day >= last:
            last, names = day, (name,)
    due = months_end_on(last, months)
    return Gap(account_id, last, due, None, names) if until > due else None


def _first_trades(records: Records) -> dict[str, date]:
    trade, first = records.optional("trade"), dict[str, date]()
    for side in ("buy_account_id", "sell_account_id"):
        rows = trade.filter(trade[side].notnull()).group_by(account_id=trade[side]).aggregate(first=trade.executed_at.min())
        for row in rows.to_pyarrow().to_pylist():
            day = japan_date(in_utc(row["first"]))
            first[row["account_id"]] = min(day, first.get(row["account_id"], day))
    return first


def _positions(records: Records) -> dict[str, tuple[date, date | None]]:
    """When each account opened its first position, and when it had settled all of them (None: not yet)."""
    position = records.optional("margin_position")
    spans = position.group_by("account_id").aggregate(
        first=position.opened_at.min(), last=position.closed_at.max(), open=position.closed_at.isnull().sum()
    )
    return {
        row["account_id"]: (japan_date(in_utc(row["first"])), None if row["open"] else japan_date(in_utc(row["last"])))
        for row in spans.to_pyarrow().to_pylist()
    }
