"""Registers: who may do what with client assets, with which keys, by which procedure, through whom, and on which days.

An entry holds from its first day until the day before ``until``; an open end is None. Days are Japan dates.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from sekisho.typologies.valuation import in_utc

if TYPE_CHECKING:
    from sekisho.records import Records

Name = tuple[str, str]
"""A record as evidence names it: table and id."""


class Entry(Protocol):
    """Something that holds for a period."""

    @property
    def since(self) -> date:
        """First day on which it holds."""
        ...

    @property
    def until(self) -> date | None:
        """First day on which it no longer holds; None where it still does."""
        ...


E = TypeVar("E", bound=Entry)


def holds_on(entry: Entry, day: date) -> bool:
    """Whether an entry holds on a day."""
    return entry.since <= day and (entry.until is None or day < entry.until)


def held_together(one: Entry, other: Entry, last: date) -> date | None:
    """The first day on which both hold, no later than ``last``; None where there is none."""
    first = max(one.since, other.since)
    return first if first <= last and holds_on(one, first) and holds_on(other, first) else None


def in_force(entries: Iterable[E], day: date) -> tuple[E, ...]:
    """The entries that hold on a day, in their order."""
    return tuple(entry for entry in entries if holds_on(entry, day))


@dataclass(frozen=True, slots=True, kw_only=True)
class Procedure:
    """What the firm asks of every movement out of one wallet."""

    wallet_id: str
    since: date
    until: date | None
    approvals_min: int
    signatures_min: int
    listed_destinations_only: bool
    quantity_max: Decimal | None
    window_quantity_max: Decimal | None
    window_minutes: int | None

    @property
    def name(self) -> Name:
        """The record as evidence names it."""
        return "wallet_procedure", f"{self.wallet_id}|{self.since}"

    @property
    def has_cap(self) -> bool:
        """Whether a movement, or what leaves within a short time, is capped."""
        return self.quantity_max is not None or (self.window_quantity_max is not None and self.window_minutes is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """An address that is allowed for a wallet."""

    wallet_id: str
    address: str
    since: date
    until: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key of a wallet, or a backup of it, in somebody's hands."""

    wallet_id: str
    key_id: str
    use: str
    party_id: str | None
    place: str
    device: str | None
    connected_at: datetime | None
    since: date
    until: date | None

    @property
    def name(self) -> Name:
        """The record as evidence names it."""
        return "wallet_key", f"{self.wallet_id}|{self.key_id}|{self.since}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """What a person does with client assets of one kind."""

    party_id: str
    duty: str
    asset: str
    since: date
    until: date | None
    owner: str

    @property
    def name(self) -> Name:
        """The record as evidence names it."""
        return "custody_duty", f"{self.party_id}|{self.duty}|{self.asset}|{self.since}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A service that somebody outside the firm gives."""

    provider_id: str
    name: str
    service: str
    hired_by: str | None
    touches: str
    in_group: bool
    returns_assets_by: str | None
    open_to_inspection: bool
    notified_on: date | None
    since: date
    until: date | None

    @property
    def record(self) -> Name:
        """The record as evidence names it."""
        return "provider", f"{self.provider_id}|{self.service}|{self.since}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One act of one person on one movement."""

    movement_id: str
    act: str
    party_id: str
    acted_at: datetime
    asset: str
    quantity: Decimal
    to_address: str
    txid: str | None
    device: str | None

    @property
    def name(self) -> Name:
        """The record as evidence names it."""
        return "movement_approval", f"{self.movement_id}|{self.act}|{self.party_id}"


def read_procedures(records: Records) -> dict[str, tuple[Procedure, ...]]:
    """The procedures of each wallet, the oldest first."""
    return _by_wallet(Procedure(**row) for row in _rows(records, "wallet_procedure", Procedure))


def read_destinations(records: Records) -> dict[str, tuple[Destination, ...]]:
    """The allowed destinations of each wallet."""
    return _by_wallet(Destination(**row) for row in _rows(records, "wallet_destination", Destination))


def read_keys(records: Records) -> dict[str, tuple[Key, ...]]:
    """The keys of each wallet."""
    return _by_wallet(Key(**row) for row in _rows(records, "wallet_key", Key))


def read_duties(records: Records) -> tuple[Duty, ...]:
    """Every duty, by person, duty, asset and day."""
    duties = (Duty(**row) for row in _rows(records, "custody_duty", Duty))
    return tuple(sorted(duties, key=lambda d: (d.party_id, d.duty, d.asset, d.since)))


def read_providers(records: Records) -> tuple[Provider, ...]:
    """Every service of every provider."""
    providers = (Provider(**row) for row in _rows(records, "provider", Provider))
    return tuple(sorted(providers, key=lambda p: (p.provider_id, p.service, p.since)))


def _by_wallet(entries: Iterable[Any]) -> dict[str, tuple[Any, ...]]:
    found: dict[str, list[Any]] = {}
    for entry in sorted(entries, key=lambda e: (e.wallet_id, e.since)):
        found.setdefault(entry.wallet_id, []).append(entry)
    return {wallet: tuple(each) for wallet, each in found.items()}


def _rows(records: Records, table: str, kind: type) -> Iterator[Mapping[str, Any]]:
    """The rows of a register with the columns a reader needs; times in UTC."""
    columns = list(kind.__dataclass_fields__)  # type: ignore[attr-defined]
    for row in records.optional(table).select(*columns).to_pyarrow().to_pylist():
        yield {name: in_utc(value) if isinstance(value, datetime) else value for name, value in row.items()}
