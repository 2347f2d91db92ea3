"""Wallet services: which transfers went to or came from a wallet service without custody that an unregistered operator offers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from ibis import _

from sekisho.typologies.registers import Name, holds_on
from sekisho.typologies.valuation import japan_day

if TYPE_CHECKING:
    from sekisho.records import Records


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One known address of a service, for a period."""

    service_id: str
    name: str
    operator: str
    address: str
    since: date
    until: date | None

    @property
    def record(self) -> Name:
        """The record as evidence names it."""
        return "wallet_service", f"{self.service_id}|{self.address}|{self.since}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transferred:
    """A transfer that involves a service."""

    transfer_id: str
    account_id: str
    day: date
    value_jpy: Decimal


@dataclass(frozen=True, slots=True)
class Involved:
    """A service and the transfers that involve it."""

    service: Service
    transfers: tuple[Transferred, ...]

    @property
    def first(self) -> date:
        """The day of the first transfer."""
        return min(each.day for each in self.transfers)

    @property
    def last(self) -> date:
        """The day of the last one."""
        return max(each.day for each in self.transfers)


def read_unregistered(records: Records) -> tuple[Service, ...]:
    """The services without custody whose operators are not registered, by id, address and day."""
    table = records.optional("wallet_service").filter(_.non_custodial & ~_.registered)
    rows = table.select(*Service.__dataclass_fields__).order_by("service_id", "address", "since").to_pyarrow().to_pylist()
    return tuple(Service(**row) for row in rows)


def involved_transfers(records: Records) -> Iterator[Involved]:
    """For each such service the transfers to or from its address, or with it by name, on the days its entry holds.

    What was refused did not take place and is left out.
    """
    services = read_unregistered(records)
    words = sorted({word for each in services for word in (each.name, each.operator)})
    transfers = records.transfer.filter(_.status != "refused").filter(
        _.address.isin(sorted({each.address for each in services})) | _.counterparty_vasp.isin(words)
    )
    rows = transfers.mutate(day=japan_day(transfers.requested_at)).select(
        "transfer_id", "account_id", "day", "value_jpy", "address", "counterparty_vasp"
    )
    found: dict[str, tuple[Service, list[Transferred]]] = {}
    for row in rows.order_by("transfer_id").to_pyarrow().to_pylist():
        address, vasp = row.pop("address"), row.pop("counterparty_vasp")
        for service in services:
            if holds_on(service, row["day"]) and (address == service.address or vasp in (service.name, service.operator)):
                found.setdefault(service.service_id, (service, []))[1].append(Transferred(**row))
                break
    for _service_id, (service, each) in sorted(found.items()):
        yield Involved(service, tuple(each))
