"""Gaps in the logs of movements: approvals without a movement, movements nobody logged, numbers that are missing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import ibis
import pyarrow as pa
from ibis import _

from sekisho.records.table import key_text
from sekisho.typologies.custody import Name
from sekisho.typologies.outflow import EARLY, SEEN_OTHERWISE, STALE, Judged
from sekisho.typologies.outflow_matching import Matched, plain_address
from sekisho.typologies.valuation import EXACT, in_utc, total

if TYPE_CHECKING:
    import ibis.expr.types as ir

NOT_MOVED, PAID_LESS, INTERNAL = "approved_not_moved", "paid_less", "internal_without_approval"
MISSING_NUMBERS, NOT_LOGGED = "missing_numbers", "balance_not_explained"
GAPS = (NOT_LOGGED, EARLY, STALE, SEEN_OTHERWISE, NOT_MOVED, PAID_LESS, INTERNAL, MISSING_NUMBERS)
ZERO = Decimal(0)
MOMENT = "timestamp('UTC', 6)"
"""Spark names no zone in a table it works out anew; its session is in UTC, so naming it moves nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """One kind of gap over the whole of the records: how often, since when, and the records that show it.

    ``items`` are told one by one to a reader; ``quantity`` is by asset, where the gap has one.
    """

    kind: str
    number: int
    items: tuple[str, ...]
    first_at: datetime
    last_at: datetime
    names: frozenset[Name]
    quantity: tuple[tuple[str, Decimal], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long a movement may take after its approval, how dense numbers must be for one to be missed, and how much is listed."""

    settlement: timedelta
    dense_share_min: Decimal
    listed_max: int


def gaps(matched: Matched, judged: Judged, limits: Limits) -> Iterator[Gap]:
    """Every kind of gap there is."""
    yield from _irregular(judged, limits)
    period = matched.legs.aggregate(first=_.occurred_at.min(), last=_.occurred_at.max()).to_pyarrow().to_pylist()[0]
    if period["first"] is None:
        return
    yield from _not_moved(matched, judged, limits, period)
    yield from _paid_less(matched, limits)
    yield from _internal(matched, limits)
    yield from _missing_numbers(matched, limits, period)
    yield from _not_explained(matched, limits)


def _gap(kind: str, rows: Sequence[dict[str, Any]], number: int) -> Gap:
    """A gap from rows with ``item``, ``names``, ``at`` and, where there is one, ``asset`` and ``quantity``."""
    quantity: dict[str, list[Decimal]] = defaultdict(list)
    for row in rows:
        if row.get("quantity") is not None:
            quantity[row["asset"]].append(row["quantity"])
    return Gap(
        kind=kind,
        number=number,
        items=tuple(row["item"] for row in rows),
        first_at=min(row["at"] for row in rows),
        last_at=max(row["at"] for row in rows),
        names=frozenset(name for row in rows for name in row["names"]),
        quantity=tuple((asset, total(each)) for asset, each in sorted(quantity.items())),
    )


def _irregular(judged: Judged, limits: Limits) -> Iterator[Gap]:
    """Movements that were approved, but not when they left, or of which somebody saw something else."""
    for kind in (EARLY, STALE, SEEN_OTHERWISE):
        found = [each for each in judged.irregular if each.kind == kind]
        rows = [
            {
                "item": each.term.id,
                "at": each.payment.occurred_at,
                "asset": each.payment.asset,
                "quantity": each.payment.quantity,
                "names": each.names,
            }
            for each in found
        ]
        if rows:
            yield _gap(kind, rows[: limits.listed_max], len(rows))


def _counted(table: ir.Table, limits: Limits, *order: str) -> tuple[int, list[dict[str, Any]]]:
    rows = table.order_by(*order).limit(limits.listed_max + 1).to_pyarrow().to_pylist()
    number = len(rows) if len(rows) <= limits.listed_max else table.count().to_pyarrow().as_py()
    return number, rows[: limits.listed_max]


def _not_moved(matched: Matched, judged: Judged, limits: Limits, period: dict[str, Any]) -> Iterator[Gap]:
    """What was let go, while the log of the chain runs, and never left: the movement is not in the log, or did not happen."""
    free = matched.free_terms().filter(_.approved_at >= period["first"], _.approved_at <= period["last"] - limits.settlement)
    legs = matched.legs
    paid = matched.by_content().select(paid="id").distinct()
    free = free.anti_join(paid, free.id == paid.paid)
    owned = legs.filter(_.to_own).select(owned="to_address").distinct()
    free = free.anti_join(owned, free.address == owned.owned)
    covered = matched.records.memory("covered", pa.table({"covered": pa.array(sorted(judged.covered), pa.string())}))
    free = free.anti_join(covered, free.id == covered.covered)
    named = legs.filter(_.authorised_by.notnull()).select(named="authorised_by").distinct()
    free = free.anti_join(named, free.id == named.named)
    number, rows = _counted(free, limits, "approved_at", "id")
    if number:
        told = [{**r, "item": r["id"], "at": in_utc(r["approved_at"]), "names": _names_of(r)} for r in rows]
        yield _gap(NOT_MOVED, told, number)


def _names_of(row: dict[str, Any]) -> set[Name]:
    return {("transfer", row["id"])} if row["kind"] == "transfer" else set(row.get("also", ()))


def _paid_less(matched: Matched, limits: Limits) -> Iterator[Gap]:
    """Authorisations of which less left than was let go, by more than a fee."""
    right = matched.judged.filter(_.right, _.state == "approved", ~_.contested)
    sums = right.group_by("term_id", "asset").aggregate(
        paid=_.quantity.sum(), wanted=_.term_quantity.max(), allowed=_.allowed.max(), at=_.occurred_at.max(),
        txid=_.txid.max(), kind=_.kind.max(),
    )  # fmt: skip
    short = sums.filter(_.paid + _.allowed < _.wanted)
    number, rows = _counted(short, limits, "at", "term_id")
    if number:
        told = [
            {
                "item": r["term_id"],
                "at": in_utc(r["at"]),
                "asset": r["asset"],
                "quantity": EXACT.subtract(r["wanted"], r["paid"]),
                "names": {("chain_movement", r["txid"])} | ({("transfer", r["term_id"])} if r["kind"] == "transfer" else set()),
            }
            for r in rows
        ]
        yield _gap(PAID_LESS, told, number)


def _internal(matched: Matched, limits: Limits) -> Iterator[Gap]:
    """Movements between the firm's own wallets that name no approval; change of a payment is none, nor what went to the house."""
    legs = matched.legs
    inside = legs.filter(_.from_custody, _.to_own, ~_.to_house, _.authorised_by.isnull(), _.from_address != _.to_address)
    told = legs.filter(_.authorised_by.notnull() | ~(_.to_own | _.is_fee)).select(told="txid").distinct()
    inside = inside.anti_join(told, inside.txid == told.told)
    number, rows = _counted(inside, limits, "occurred_at", "txid", "to_address")
    if number:
        yield _gap(
            INTERNAL,
            [{**r, "item": r["txid"], "at": in_utc(r["occurred_at"]), "names": {("chain_movement", r["txid"])}} for r in rows],
            number,
        )


def _missing_numbers(matched: Matched, limits: Limits, period: dict[str, Any]) -> Iterator[Gap]:
    """Numbers missing from ids that otherwise run without a hole: a record that was there and no longer is."""
    ids = matched.legs.filter(_.authorised_by.notnull()).select(id="authorised_by")
    transfers = matched.records.transfer.select(id="transfer_id")
    every = ibis.union(ids, transfers)
    if "movement_approval" in matched.records.present:
        every = ibis.union(every, matched.records.movement_approval.select(id="movement_id"))
    numbered = every.distinct().filter(_.id.re_search(r"^[^0-9]*[0-9]{1,15}$"))
    parts = numbered.select(stem=numbered.id.re_replace(r"[0-9]+$", ""), digits=numbered.id.re_extract(r"([0-9]+)$", 1))
    parts = parts.mutate(number=parts.digits.cast("int64")).select("stem", "number").distinct()
    runs = parts.group_by("stem").aggregate(low=_.number.min(), high=_.number.max(), there=_.number.nunique())
    for run in runs.order_by("stem").to_pyarrow().to_pylist():
        whole = run["high"] - run["low"] + 1
        missing = whole - run["there"]
        if not missing or Decimal(run["there"]) / whole < limits.dense_share_min:
            continue
        of_run = parts.filter(_.stem == run["stem"]).select("number")
        after = of_run.mutate(following=_.number.lead().over(ibis.window(order_by="number"))).filter(_.following > _.number + 1)
        holes = after.order_by("number").limit(limits.listed_max).to_pyarrow().to_pylist()
        rows = [
            {"item": _hole(run["stem"], h["number"] + 1, h["following"] - 1), "at": in_utc(period["first"]), "names": set()}
            for h in holes
        ]
        rows += [{"item": "", "at": in_utc(period["last"]), "names": _neighbours(matched, run["stem"], holes)}]
        gap = _gap(MISSING_NUMBERS, rows, missing)
        yield Gap(kind=gap.kind, number=missing, items=gap.items[:-1], first_at=gap.first_at, last_at=gap.last_at, names=gap.names)


def _hole(head: str, low: int, high: int) -> str:
    return f"{head}{low}" if low == high else f"{head}{low}–{head}{high}"


def _neighbours(matched: Matched, head: str, holes: Sequence[dict[str, Any]]) -> set[Name]:
    """The records on either side of each hole, as transfers or movements name them."""
    numbers = {n for hole in holes for n in (hole["number"], hole["following"])}
    ids = matched.records.memory("beside", pa.table({"beside": pa.array(sorted(f"{head}{n}" for n in numbers), pa.string())}))
    transfer, legs = matched.records.transfer, matched.legs
    names: set[Name] = set()
    for row in transfer.semi_join(ids, transfer.transfer_id == ids.beside).select("transfer_id").to_pyarrow().to_pylist():
        names.add(("transfer", row["transfer_id"]))
    for row in legs.semi_join(ids, legs.authorised_by == ids.beside).select("txid").distinct().to_pyarrow().to_pylist():
        names.add(("chain_movement", row["txid"]))
    return names


def _not_explained(matched: Matched, limits: Limits) -> Iterator[Gap]:
    """Wallets that held less than their last balance and the logged movements since make it: something left that no log shows."""
    records = matched.records
    if "wallet_balance" not in records.present:
        return
    legs = matched.legs
    flows = ibis.union(
        legs.filter(_.from_own).select("asset", "occurred_at", address="from_address", delta=-legs.quantity, out=ibis.literal(1)),
        legs.filter(_.to_own).select("asset", "occurred_at", address="to_address", delta=legs.quantity, out=ibis.literal(0)),
    )
    change = flows.group_by("asset", "address", at="occurred_at").aggregate(delta=_.delta.sum(), out=_.out.sum())
    wallet = records.wallet.select("wallet_id", "asset", address=plain_address(records.wallet.address))
    alone = wallet.group_by("asset", "address").aggregate(wallet_id=_.wallet_id.min(), number=_.count()).filter(_.number == 1)
    seen = records.wallet_balance.join(alone, "wallet_id").select(
        "asset", "address", "wallet_id", "quantity", at="observed_at", kind=ibis.literal(1)
    )
    moved = change.semi_join(alone, ["asset", "address"])
    decimal = seen.quantity.type()
    lines = ibis.union(
        moved.select(
            "asset", "address", at=_.at.cast(MOMENT), wallet_id=ibis.null("string"), quantity=ibis.null(decimal),
            delta=_.delta.cast("decimal(38, 18)"), out=_.out.cast("int64"), kind=ibis.literal(0),
        ),
        seen.select(
            "asset", "address", "wallet_id", "quantity", at=_.at.cast(MOMENT),
            delta=ibis.literal(ZERO).cast("decimal(38, 18)"), out=ibis.literal(0).cast("int64"), kind=ibis.literal(1),
        ),
    )  # fmt: skip
    running = ibis.cumulative_window(group_by=["asset", "address"], order_by=["at", "kind"])
    summed = lines.mutate(flow=_.delta.sum().over(running), outs=_.out.sum().over(running)).filter(_.kind == 1)
    along: dict[str, Any] = {"group_by": ["asset", "address"], "order_by": "at"}
    steps = summed.mutate(
        before=_.quantity.lag().over(**along), flow_before=_.flow.lag().over(**along), outs_before=_.outs.lag().over(**along),
        since=_.at.lag().over(**along),
    ).filter(_.before.notnull())  # fmt: skip
    steps = steps.mutate(missing=(_.before - _.quantity) + (_.flow - _.flow_before), moved_out=_.outs - _.outs_before)
    steps = matched.with_allowed(steps)
    short = steps.filter(_.missing > _.allowed * ibis.greatest(_.moved_out, 1)).select(
        "wallet_id", "asset", "at", "since", missing=_.missing.cast("decimal(38, 18)")
    )
    number, rows = _counted(short, limits, "at", "wallet_id")
    if number:
        told = [
            {
                "item": r["wallet_id"],
                "at": in_utc(r["at"]),
                "asset": r["asset"],
                "quantity": r["missing"],
                "names": {
                    ("wallet", r["wallet_id"]),
                    ("wallet_balance", f"{r['wallet_id']}|{key_text(in_utc(r['since']))}"),
                    ("wallet_balance", f"{r['wallet_id']}|{key_text(in_utc(r['at']))}"),
                },
            }
            for r in rows
        ]
        yield _gap(NOT_LOGGED, told, number)
