"""The other side of a transfer: an operator that must be notified, a wallet nobody answers for, or a place that is not known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from sekisho.typologies.correspondence import Counterparty, Name
from sekisho.typologies.valuation import JAPAN, in_utc

if TYPE_CHECKING:
    from sekisho.records import Records

HOME = "JP"


class Side(StrEnum):
    """Who keeps the wallet on the other side."""

    operator = "operator"
    """An operator here, or in a place whose law has an equal duty of notice."""
    place_not_covered = "place_not_covered"
    """An operator in a place that is not known to have one."""
    place_unknown = "place_unknown"
    """An operator nobody has placed."""
    unregistered = "unregistered"
    """An operator without registration where it is."""
    nobody = "nobody"
    """The holder alone, or no operator that is named."""


class Moved(NamedTuple):
    """A transfer at the moment at which it asks to go, or went: the columns of ``transfer`` (UTC)."""

    transfer_id: str
    at: datetime
    account_id: str
    direction: str
    asset: str
    value_jpy: Decimal
    address: str
    counterparty: str
    vasp_id: str | None
    country: str | None
    payload: str | None

    @property
    def day(self) -> date:
        """The Japan date of that moment."""
        return (self.at + JAPAN).date()

    @property
    def record(self) -> Name:
        """The transfer as evidence names it."""
        return "transfer", self.transfer_id


def side_of(moved: Moved, known: Counterparty | None, covered: str | Sequence[str]) -> Side:
    """Who is on the other side. ``covered`` lists places with the first day of their cover: ``US=2023-06-01``."""
    if moved.counterparty != "hosted" or moved.vasp_id is None:
        return Side.nobody
    if known is not None and not known.is_registered:
        return Side.unregistered
    country = country_of(moved, known)
    if country is None:
        return Side.place_unknown
    return Side.operator if country == HOME or covered_on(covered, country, moved.day) else Side.place_not_covered


def country_of(moved: Moved, known: Counterparty | None) -> str | None:
    """Where the operator is: as the register has it, else as the transfer says."""
    return (known.country if known is not None else None) or moved.country


def listed(stated: str | Sequence[str]) -> tuple[str, ...]:
    """Words stated as a list, or in one text with commas."""
    words = stated.split(",") if isinstance(stated, str) else stated
    return tuple(word.strip() for word in words if word.strip())


def covered_on(covered: str | Sequence[str], country: str, day: date) -> bool:
    """Whether a place was on the table of covered ones on a day. Raises ValueError for an entry that is not CC=YYYY-MM-DD."""
    for entry in listed(covered):
        place, equals, first = entry.partition("=")
        if not equals:
            raise ValueError(f"covered place {entry!r}: write the country and the first day of its cover, such as US=2023-06-01")
        if place.strip() == country and date.fromisoformat(first.strip()) <= day:
            return True
    return False


def moved_transfers(records: Records) -> list[Moved]:
    """Every transfer that was released or completed, by account and time; without a time of release, when it was asked for."""
    transfer = records.transfer
    columns = (
        "transfer_id", "requested_at", "released_at", "account_id", "direction", "asset", "value_jpy", "address",
        "counterparty", "counterparty_vasp", "counterparty_country", "travel_rule_payload",
    )  # fmt: skip
    rows = transfer.filter(transfer.status.isin(["released", "completed"])).select(*columns).to_pyarrow().to_pylist()
    moved = [
        Moved(
            row["transfer_id"],
            in_utc(row["released_at"] or row["requested_at"]),
            row["account_id"],
            row["direction"],
            row["asset"],
            row["value_jpy"],
            row["address"],
            row["counterparty"],
            row["counterparty_vasp"],
            row["counterparty_country"],
            row["travel_rule_payload"],
        )
        for row in rows
    ]
    return sorted(moved, key=lambda one: (one.account_id, one.at, one.transfer_id))


def first_releases(records: Records) -> Mapping[str, datetime]:
    """When somebody first released each request that was held, stated as an event of its own."""
    event = records.optional("request_event")
    first: dict[str, datetime] = {}
    for row in event.filter(event.kind == "released").select("request_id", "occurred_at").to_pyarrow().to_pylist():
        at = in_utc(row["occurred_at"])
        first[row["request_id"]] = min(at, first.get(row["request_id"], at))
    return first


def names_of(rows: Iterable[Moved]) -> list[str]:
    """The operators of some transfers, each once, in order."""
    return sorted({row.vasp_id for row in rows if row.vasp_id})
