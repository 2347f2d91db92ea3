"""Outflow matching: every coin that left a custody wallet, held against what was asked for and approved.

The relational part settles what agrees to the last digit, however many movements there are; what is left over is small
in honest books and is judged one by one in ``outflow``. A transaction is read in either of two forms: rows from an
address to an address, or, where an exporter keeps inputs and outputs apart, rows from an address to the transaction
and from the transaction to an address (``to_address`` or ``from_address`` equal to ``txid``); the fee is then what
went in and did not come out.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import ibis
import pyarrow as pa
from ibis import _

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from sekisho.records import Records

_CAPITALS = ("BC1", "TB1", "LTC1")
"""Segregated-witness addresses written in capitals, as QR codes carry them."""

APPROVED = ("released", "completed")
"""States of a transfer that somebody let go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """What still counts as agreeing. ``difference`` is by asset, in units of the asset; ``share`` where an asset has no price."""

    difference: Mapping[str, Decimal]
    network_fee: Mapping[str, Decimal]
    share: Decimal
    skew: timedelta
    age: timedelta


def plain_address(address: ir.StringValue) -> ir.StringValue:
    """An address in the one form in which two spellings of it are equal: hexadecimal and witness addresses in small letters."""
    either_case = address.startswith("0x") | address.startswith("0X")
    for prefix in _CAPITALS:
        either_case = either_case | (address.startswith(prefix) & (address == address.upper()))
    return ibis.ifelse(either_case, address.lower(), address)


class Matched:
    """The movements of the records sorted into legs, and the authorisations they are held against, as expressions."""

    def __init__(self, records: Records, holders: tuple[str, ...], fee_addresses: tuple[str, ...], tolerance: Tolerance) -> None:
        self.records, self.holders, self.tolerance = records, holders, tolerance
        self._fee_addresses = fee_addresses
        self._stack = ExitStack()

    def __enter__(self) -> Matched:
        # Every question below reads these: the joins are made once.
        kept = self.records.kept
        self.legs = self._stack.enter_context(kept("legs", self._legs()))
        self.terms = self._stack.enter_context(kept("terms", self._terms()))
        self.judged = self._stack.enter_context(kept("judged", self._judged()))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _legs(self) -> ir.Table:
        """Rows of movements with who is at either end: custody, own (any wallet of the register), or nobody known."""
        wallet = self.records.wallet
        owners = wallet.group_by(address=plain_address(wallet.address)).aggregate(
            custody=_.holder.isin(self.holders).max(), house=(_.holder == "own").max()
        )
        moved = self.records.chain_movement
        plain = moved.select(
            "txid", "occurred_at", "asset", "quantity", "authorised_by",
            from_address=plain_address(moved.from_address), to_address=plain_address(moved.to_address),
            row_from=moved.from_address, row_to=moved.to_address,
        )  # fmt: skip
        plain = self._without_hubs(plain)
        givers = owners.select(giver="address", from_custody="custody", from_house="house")
        takers = owners.select(taker="address", to_custody="custody", to_house="house")
        joined = plain.left_join(givers, plain.from_address == givers.giver).drop("giver")
        joined = joined.left_join(takers, joined.to_address == takers.taker).drop("taker")
        return joined.mutate(
            from_custody=_.from_custody.fill_null(False),
            from_own=_.from_custody.notnull(),
            to_own=_.to_custody.notnull(),
            to_house=_.to_house.fill_null(False) & ~_.to_custody.fill_null(False),
            is_fee=_.to_address.isin(self._fee_addresses),
        ).drop("to_custody", "from_house")

    def _without_hubs(self, moved: ir.Table) -> ir.Table:
        """Rows over a transaction as a hub, rewritten from the largest input to each output, with the fee as a row of its own."""
        over_hub = (moved.to_address == moved.txid) | (moved.from_address == moved.txid)
        if not moved.filter(over_hub).limit(1).count().to_pyarrow().as_py():
            return moved
        inputs = moved.filter(_.to_address == _.txid)
        outputs = moved.filter(_.from_address == _.txid)
        owned = self.records.wallet.select(own=plain_address(self.records.wallet.address)).distinct()
        held = inputs.left_join(owned, inputs.from_address == owned.own).mutate(is_own=_.own.notnull())
        largest = held.mutate(
            place=ibis.row_number().over(
                group_by=["txid", "asset"], order_by=[ibis.desc("is_own"), ibis.desc("quantity"), "from_address"]
            )
        ).filter(_.place == 0)
        spent = held.group_by("txid", "asset").aggregate(total_in=_.quantity.sum(), all_own=_.is_own.min())
        first = largest.select("txid", "asset", "occurred_at", input_address="from_address", input_row="row_from")
        heads = first.join(spent, ["txid", "asset"])
        columns = moved.columns
        paid = outputs.join(heads.drop("occurred_at"), ["txid", "asset"])
        paid = paid.mutate(from_address=_.input_address, row_from=_.input_row).select(*columns)
        came_out = outputs.group_by("txid", "asset").aggregate(total_out=_.quantity.sum())
        fees = heads.join(came_out, ["txid", "asset"]).filter(_.all_own, _.total_in > _.total_out)
        fee_word = self._fee_addresses[0] if self._fee_addresses else "fee"
        fees = fees.mutate(
            quantity=(_.total_in - _.total_out).cast(moved.quantity.type()),
            authorised_by=ibis.null("string"),
            from_address=_.input_address,
            to_address=ibis.literal(fee_word),
            row_from=_.input_row,
            row_to=ibis.literal(fee_word),
        ).select(*columns)
        return ibis.union(moved.filter(~over_hub), paid, fees)

    def _terms(self) -> ir.Table:
        """One row for each authorisation: what may leave, to where, since when. ``contested``: not everybody saw the same."""
        columns = [
            "id",
            "kind",
            "asset",
            "quantity",
            "address",
            "state",
            "approved_at",
            "txid",
            "account_id",
            "value_jpy",
            "contested",
        ]
        transfer = self.records.transfer.filter(_.direction == "out")
        asked = transfer.select(
            "asset", "quantity", "txid", "account_id", "value_jpy",
            id=transfer.transfer_id, kind=ibis.literal("transfer"), address=plain_address(transfer.address),
            state=ibis.ifelse(transfer.status.isin(APPROVED), "approved", transfer.status),
            approved_at=ibis.coalesce(transfer.released_at, transfer.requested_at),
        )  # fmt: skip
        if "movement_approval" not in self.records.present:
            return asked.mutate(contested=ibis.literal(False)).select(*columns)
        acts = self.records.movement_approval
        acts = acts.filter(_.act != "reconciled").mutate(address=plain_address(acts.to_address))
        seen = acts.group_by(id=acts.movement_id).aggregate(
            address_low=_.address.min(), address_high=_.address.max(),
            quantity_low=_.quantity.min(), quantity_high=_.quantity.max(),
            seen_asset=_.asset.min(), first_approved_at=_.acted_at.min(where=_.act == "approved"),
        )  # fmt: skip
        acted = seen.rename(seen_id="id")
        both = asked.left_join(acted, asked.id == acted.seen_id)
        disputed = (
            (both.address_low != both.address) | (both.address_high != both.address)
            | (both.quantity_low != both.quantity) | (both.quantity_high != both.quantity)
        )  # fmt: skip
        transfers = both.mutate(
            approved_at=ibis.coalesce(ibis.least(both.approved_at, both.first_approved_at), both.approved_at),
            contested=disputed.fill_null(False),
        ).select(*columns)
        others = seen.anti_join(asked, seen.id == asked.id).filter(_.seen_asset != "JPY")
        internal = others.mutate(
            kind=ibis.literal("internal"), asset=_.seen_asset, quantity=_.quantity_low, address=_.address_low,
            state=ibis.ifelse(_.first_approved_at.notnull(), "approved", "requested"), approved_at=_.first_approved_at,
            txid=ibis.null("string"), account_id=ibis.null("string"), value_jpy=ibis.null(asked.value_jpy.type()),
            contested=(_.address_low != _.address_high) | (_.quantity_low != _.quantity_high),
        ).select(*columns)  # fmt: skip
        return ibis.union(transfers, internal)

    def _by_asset(self, table: ir.Table, name: str, limits: Mapping[str, Decimal]) -> ir.Table:
        """Join a limit by asset; null where the asset has none."""
        content = {"limit_asset": pa.array(list(limits), pa.string()), name: pa.array(list(limits.values()), pa.decimal128(38, 18))}
        known = self.records.memory("limits", pa.table(content))
        return table.left_join(known, table.asset == known.limit_asset).drop("limit_asset")

    def with_allowed(self, table: ir.Table) -> ir.Table:
        """Join by asset what still counts as agreeing; an asset without a price allows none."""
        joined = self._by_asset(table, "allowed", self.tolerance.difference)
        return joined.mutate(allowed=joined.allowed.fill_null(Decimal(0)))

    def _judged(self) -> ir.Table:
        """Every leg to somebody outside, with its authorisation and how it agrees: ``clean`` or what is left to be judged.

        ``before`` is what the same authorisation had already paid to the right address.
        """
        share = self.tolerance.share
        out = self.legs.filter(_.from_custody, ~_.to_own, ~_.is_fee)
        terms = self.terms.rename(
            term_id="id", term_asset="asset", term_quantity="quantity", term_address="address", term_txid="txid"
        )
        held = out.left_join(terms, out.authorised_by == terms.term_id)
        held = self._by_asset(held, "allowed", self.tolerance.difference)
        right = (held.term_asset == held.asset) & (held.term_address == held.to_address)
        held = held.mutate(
            right=right.fill_null(False),
            allowed=held.allowed.fill_null((held.quantity * share).cast("decimal(38, 18)")),
        )
        running = ibis.cumulative_window(
            group_by=["term_id", "right"], order_by=["occurred_at", "txid", "from_address", "to_address"]
        )
        held = held.mutate(paid=_.quantity.sum().over(running))
        skew, age = (_interval(each) for each in (self.tolerance.skew, self.tolerance.age))
        in_time = (held.occurred_at >= held.approved_at - skew) & (held.occurred_at <= held.approved_at + age)
        within = held.paid <= held.term_quantity + held.allowed
        before = held.paid - held.quantity  # what was let go is paid already: a second use, however small, is no fee
        within = within & ~((before > 0) & (before >= held.term_quantity - held.allowed))
        clean = held.right & (held.state == "approved") & ~held.contested & in_time & within
        return held.mutate(clean=clean.fill_null(False))

    def free_terms(self) -> ir.Table:
        """Approved authorisations that no movement to their address names."""
        named = self.judged.filter(_.right).select(used="term_id").distinct()
        approved = self.terms.filter(_.state == "approved", ~_.contested)
        return approved.anti_join(named, approved.id == named.used)

    def by_content(self) -> ir.Table:
        """Legs that name nothing known, paired by asset, address and quantity, the nth with the nth, with what was let go."""
        window: dict[str, Any] = {"group_by": ["asset", "address", "quantity"]}
        nameless = self.judged.filter(_.term_id.isnull()).select(
            "txid", "occurred_at", "asset", "quantity", "from_address", address="to_address"
        )
        nameless = nameless.mutate(place=ibis.row_number().over(**window, order_by=["occurred_at", "txid", "from_address"]))
        free = self.free_terms().select("id", "asset", "address", "quantity", "approved_at")
        free = free.mutate(place=ibis.row_number().over(**window, order_by=["approved_at", "id"]))
        paired = nameless.join(free, ["asset", "address", "quantity", "place"])
        skew, age = (_interval(each) for each in (self.tolerance.skew, self.tolerance.age))
        return paired.filter(_.occurred_at >= _.approved_at - skew, _.occurred_at <= _.approved_at + age).select(
            "txid", "asset", "from_address", "address", "id"
        )

    def large_fees(self) -> ir.Table:
        """Fees beyond what a network takes, whatever moved."""
        fees = self._by_asset(self.legs.filter(_.from_custody, _.is_fee), "limit_max", self.tolerance.network_fee)
        whole = self.legs.filter(~_.is_fee).group_by(moved_txid="txid", moved_asset="asset").aggregate(moved=_.quantity.sum())
        beside = fees.left_join(whole, [fees.txid == whole.moved_txid, fees.asset == whole.moved_asset])
        share = (beside.moved * self.tolerance.share).cast("decimal(38, 18)")
        return beside.filter(beside.quantity > beside.limit_max.fill_null(share.fill_null(Decimal(0))))


def _interval(span: timedelta) -> Any:
    return ibis.interval(seconds=int(span.total_seconds()))
