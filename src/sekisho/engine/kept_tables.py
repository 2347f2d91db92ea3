"""Reads what a gate keeps of clients out of a records folder: whole tables at once, as millions of rows need it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import ibis
import pyarrow as pa
from ibis import _

from sekisho.engine.kept_clients import SCHEMAS

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from sekisho.records import Records


def tables_of(records: Records, detail_from: datetime | None = None) -> dict[str, pa.Table]:
    """The tables of ``SCHEMAS`` as the records have them.

    Transfers, events and trades before ``detail_from`` (UTC) are left out; what they tell of addresses stays in the address book.
    """
    return {name: _as_kept(name, read(records, detail_from)) for name, read in _READ.items()}


def _as_kept(name: str, rows: ir.Table) -> pa.Table:
    schema = SCHEMAS[name]
    return rows.select(*schema.names).to_pyarrow().cast(schema)


def _whole(name: str) -> Callable[[Records, Any], ir.Table]:
    return lambda records, _from: records.optional(name)


def _transfers(records: Records, detail_from: datetime | None) -> ir.Table:
    rows = _since(records.optional("transfer"), "requested_at", detail_from)
    gone = ibis.ifelse(_.status.isin(["released", "completed"]), _.requested_at, ibis.null(_.requested_at.type()))
    return rows.mutate(left_at=ibis.coalesce(_.released_at, gone), refused=_.status == "refused")


def _books(records: Records, _from: datetime | None) -> ir.Table:
    out = records.optional("transfer").filter(_.direction == "out")
    used_at = ibis.least(_.requested_at, ibis.coalesce(_.address_first_used_at, _.requested_at))
    return out.group_by("account_id", "address").aggregate(first_used_at=used_at.min())


def _events(records: Records, detail_from: datetime | None) -> ir.Table:
    return _since(records.optional("account_event"), "occurred_at", detail_from)


def _trades(records: Records, detail_from: datetime | None) -> ir.Table:
    rows = _since(records.optional("trade"), "executed_at", detail_from)
    sides = [
        rows.filter(rows[f"{side}_account_id"].notnull()).mutate(account_id=rows[f"{side}_account_id"], side=ibis.literal(side))
        for side in ("buy", "sell")
    ]
    names = SCHEMAS["trade"].names
    return ibis.union(*(each.select(*names) for each in sides))


def _balances(records: Records, _from: datetime | None) -> ir.Table:
    rows = records.optional("customer_balance")
    latest = rows.group_by("account_id", "asset").aggregate(
        quantity=rows.quantity.argmax(rows.as_of_date), as_of_date=rows.as_of_date.max()
    )
    return latest.order_by("account_id", "asset")


def _since(rows: ir.Table, column: str, since: datetime | None) -> ir.Table:
    return rows if since is None else rows.filter(rows[column] >= since)


_READ: Final[Mapping[str, Callable[[Records, Any], ir.Table]]] = {
    "party": _whole("party"),
    "account": _whole("account"),
    "transfer": _transfers,
    "address_book": _books,
    "account_event": _events,
    "trade": _trades,
    "customer_balance": _balances,
}
