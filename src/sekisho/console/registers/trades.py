"""Staff trades held against clearances: what the books show on accounts of the staff, and what nobody cleared."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from sekisho.console.desk.pages import Unfit
from sekisho.console.journal.acting import Author, acting
from sekisho.console.registers.models import Clearance, MaterialFact, StaffTrade
from sekisho.console.registers.restricted import restricted
from sekisho.records import RecordsError, open_records


def compare(author: Author, books: Path, at: datetime) -> dict[str, int]:
    """Take in the staff trades of the books that are not here yet, each with its verdict; gives the new ones by verdict."""
    rows = _of_books(books)
    known = set(StaffTrade.objects.values_list("key", flat=True))
    new = [row for row in rows if row["key"] not in known]
    facts = list(MaterialFact.objects.all())
    left = _left()
    trades, counts = [], dict[str, int]()
    for row in sorted(new, key=lambda row: (row["at"], row["key"])):
        verdict, clearance = _verdict(row, facts, left)
        trades.append(StaffTrade(**row, verdict=verdict, clearance=clearance))
        counts[verdict] = counts.get(verdict, 0) + 1
    digest = hashlib.sha256("\n".join(sorted(each.key for each in trades)).encode()).hexdigest()
    with acting(author, "compare staff trades", at=at):
        StaffTrade.objects.take_in(trades, f"staff trades of {books.name}", digest)
    return counts


def _of_books(books: Path) -> list[dict[str, Any]]:
    try:
        with open_records(books, only={"account", "trade", "instrument"}) as records:
            if not records.present >= {"account", "trade", "instrument"}:
                raise Unfit("the books hold no accounts, trades or instruments")
            account, trade, pair = records.account, records.trade, records.instrument
            staff = account.filter(account.kind == "staff").select("account_id", "party_id")
            sides = []
            for side in ("buy", "sell"):
                one = trade.select("trade_id", "executed_at", "instrument", "quantity", account_id=trade[f"{side}_account_id"])
                joined = one.join(staff, "account_id").join(pair.select("instrument", "base_asset"), "instrument")
                sides += [(side, row) for row in joined.to_pyarrow().to_pylist()]
    except RecordsError as error:
        raise Unfit(str(error)) from None
    return [
        {
            "key": f"{row['trade_id']}|{row['account_id']}|{side}",
            "trade_id": row["trade_id"],
            "account_id": row["account_id"],
            "party_id": row["party_id"],
            "asset": row["base_asset"],
            "side": side,
            "quantity": Decimal(row["quantity"]),
            "at": row["executed_at"].astimezone(UTC),
        }
        for side, row in sides
    ]


def _left() -> list[tuple[Clearance, list[Decimal]]]:
    """Clearances with what is left of each, after the trades that are here already."""
    rows: Iterable[Clearance] = Clearance.objects.filter(state="cleared").order_by("decided_at", "pk")
    used: dict[int, Decimal] = {}
    for pk, quantity in StaffTrade.objects.filter(verdict="cleared").values_list("clearance", "quantity"):
        used[pk] = used.get(pk, Decimal(0)) + quantity
    return [(row, [row.quantity - used.get(row.pk, Decimal(0))]) for row in rows]


def _verdict(
    row: dict[str, Any], facts: list[MaterialFact], left: list[tuple[Clearance, list[Decimal]]]
) -> tuple[str, Clearance | None]:
    """How one trade stands: restricted at its time, within a clearance, beyond one, outside its time, or without any."""
    own = [
        (one, rest) for one, rest in left if (one.account_id, one.asset, one.side) == (row["account_id"], row["asset"], row["side"])
    ]
    in_time = [
        (one, rest) for one, rest in own if one.decided_at and one.expires_at and one.decided_at <= row["at"] < one.expires_at
    ]
    of_asset = [fact for fact in facts if fact.asset == row["asset"]]
    if any(ground.scope != "house" for ground in restricted(row["at"], row["asset"], of_asset)):
        return "restricted", in_time[0][0] if in_time else None
    for one, rest in in_time:
        if row["quantity"] <= rest[0]:
            rest[0] -= row["quantity"]
            return "cleared", one
    if in_time:
        return "beyond", in_time[0][0]
    return ("late", own[0][0]) if own else ("none", None)
