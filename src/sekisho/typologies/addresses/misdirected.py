"""Transfers to what is no address, or to one on which their asset does not live: before they leave, and among those that left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from sekisho.records.addresses import Address, AddressError
from sekisho.records.addresses.networks import STELLAR, XRP_LEDGER
from sekisho.records.addresses.problems import MALFORMED
from sekisho.typologies.addresses.poisoning import Payment, read_once
from sekisho.typologies.valuation import in_utc

if TYPE_CHECKING:
    from sekisho.records import Records


OLD_FORM = "legacy_for_bitcoin_cash"
"""The one reason for which the address may well be right."""


class Misdirected(NamedTuple):
    """A transfer that cannot arrive where it should: why, under the name of a reason with its facts. Times are UTC."""

    transfer_id: str
    account_id: str
    asset: str
    value_jpy: Decimal
    requested_at: datetime
    left_at: datetime | None
    address: str
    reason: str
    malformed: bool
    facts: Mapping[str, str | int | None]


def misdirected(payment: Payment) -> Misdirected | None:
    """What is wrong with the address of a payment; None where nothing is."""
    read = _read(payment)
    if not isinstance(read, AddressError):
        return None
    return Misdirected(
        payment.transfer_id,
        payment.account_id,
        payment.asset,
        payment.value_jpy,
        payment.requested_at,
        None,
        payment.address,
        read.reason,
        read.verdict == MALFORMED,
        read.facts,
    )


def lacks_tag(payment: Any) -> bool:
    """Whether a payment goes to another firm, on a network that tells a firm's clients apart by tags, without one."""
    read = _read(payment)
    if isinstance(read, AddressError) or payment.counterparty != "hosted":
        return False
    return read.network in (XRP_LEDGER, STELLAR) and read.tag is None


def left_misdirected(records: Records) -> Iterator[Misdirected]:
    """Transfers out that were released or completed although their address is wrong, in order of their ids."""
    transfer = records.transfer
    left = transfer.filter((transfer.direction == "out") & transfer.status.isin(["released", "completed"]))
    columns = ("transfer_id", "account_id", "asset", "value_jpy", "requested_at", "released_at", "address")
    for batch in left.select(*columns).order_by("transfer_id").to_pyarrow().to_batches(max_chunksize=_BATCH):
        for row in batch.to_pylist():
            released_at = row.pop("released_at")
            requested_at = row["requested_at"] = in_utc(row["requested_at"])
            wrong = misdirected(_Row(**row))
            if wrong is not None:
                yield wrong._replace(left_at=requested_at if released_at is None else in_utc(released_at))


_BATCH = 65_536


class _Row(NamedTuple):
    transfer_id: str
    account_id: str
    asset: str
    value_jpy: Decimal
    requested_at: datetime
    address: str


def _read(payment: Any) -> Address | AddressError:
    return read_once(payment.address, payment.asset, getattr(payment, "network", None), getattr(payment, "address_tag", None))
