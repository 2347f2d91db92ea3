"""Winding down: which events of a firm's end count, which filing answers which event, and how many days have passed.

No law and no terms are here: rules say which events start a duty and how long it runs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from ibis import _

from sekisho.typologies.custody import Name, customers_balances
from sekisho.typologies.estate import ledger_day
from sekisho.typologies.valuation import JAPAN, in_utc, starts_at

if TYPE_CHECKING:
    from sekisho.records import Records


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a wind-down. ``effective_on`` is the day it takes effect, by default the day it happened."""

    event_id: str
    kind: str
    occurred_on: date
    effective_on: date
    whole: bool | None
    party_id: str | None
    decided_by: str | None

    @property
    def name(self) -> Name:
        """The record as evidence names it."""
        return "wind_down_event", self.event_id


@dataclass(frozen=True, slots=True)
class Filed:
    """One filing: what it is, the day it speaks of, and when it was made."""

    filing_id: str
    kind: str
    about_on: date
    filed_at: datetime
    shown_until: date | None

    @property
    def filed_on(self) -> date:
        """The Japan day on which it was made."""
        return (self.filed_at + JAPAN).date()

    @property
    def name(self) -> Name:
        """The record as evidence names it."""
        return "filing", self.filing_id


def read_events(records: Records, kinds: Collection[str], until: date) -> tuple[Event, ...]:
    """The events of some kinds that happened by a day, in order."""
    columns = ("event_id", "kind", "occurred_on", "effective_on", "whole", "party_id", "decided_by")
    table = records.optional("wind_down_event").filter(_.kind.isin(sorted(kinds)), _.occurred_on <= until).select(*columns)
    rows = table.order_by("occurred_on", "event_id").to_pyarrow().to_pylist()
    return tuple(Event(**{**row, "effective_on": row["effective_on"] or row["occurred_on"]}) for row in rows)


APPOINTED, DISCHARGED = "administrator_appointed", "administrator_discharged"


def in_office(records: Records, day: date) -> Event | None:
    """The appointment of the administrator who is in office on a day; None where there is none."""
    found = None
    events = (one for one in read_events(records, (APPOINTED, DISCHARGED), day) if one.effective_on <= day)
    for event in sorted(events, key=lambda one: (one.effective_on, one.kind == APPOINTED, one.event_id)):
        found = event if event.kind == APPOINTED else None
    return found


@dataclass(frozen=True, slots=True)
class Instruction:
    """One decision about the firm's business or assets, and whether it was followed."""

    instruction_id: str
    given_at: datetime
    party_id: str
    concerns: str
    wallet_id: str | None
    accepted: bool

    @property
    def name(self) -> Name:
        """The record as evidence names it."""
        return "instruction", self.instruction_id


def read_instructions(records: Records, until: date) -> tuple[Instruction, ...]:
    """The instructions given by the end of a day, in order."""
    table = records.optional("instruction").filter(_.given_at < starts_at(until + timedelta(days=1)))
    columns = ("instruction_id", "given_at", "party_id", "concerns", "wallet_id", "accepted")
    rows = table.select(*columns).order_by("given_at", "instruction_id").to_pyarrow().to_pylist()
    return tuple(Instruction(**{**row, "given_at": in_utc(row["given_at"])}) for row in rows)


def read_filings(records: Records, kinds: Collection[str], until: date) -> tuple[Filed, ...]:
    """The filings of some kinds made by the end of a day, in order of time."""
    columns = ("filing_id", "kind", "about_on", "filed_at", "shown_until")
    end = starts_at(until + timedelta(days=1))
    table = records.optional("filing").filter(_.kind.isin(sorted(kinds)), _.filed_at < end).select(*columns)
    rows = table.order_by("filed_at", "filing_id").to_pyarrow().to_pylist()
    return tuple(Filed(**{**row, "filed_at": in_utc(row["filed_at"])}) for row in rows)


def first_about(filings: Iterable[Filed], kind: str, day: date) -> Filed | None:
    """The first filing of a kind that speaks of a day."""
    return next((one for one in filings if one.kind == kind and one.about_on == day), None)


@dataclass(frozen=True, slots=True)
class Client:
    """What one account was owed of one asset when the end began, what went back since, and when last."""

    account_id: str
    asset: str
    owed: Decimal
    returned: Decimal
    last_at: datetime | None

    @property
    def outstanding(self) -> Decimal:
        """What is still to go back."""
        return max(Decimal(0), self.owed - self.returned)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the return of one asset has come."""

    asset: str
    owed: Decimal
    returned: Decimal
    clients: int
    clients_left: int
    largest: tuple[Client, ...]

    @property
    def outstanding(self) -> Decimal:
        """What is still to go back; never below 0."""
        return max(Decimal(0), self.owed - self.returned)


def progress(records: Records, began_on: date, as_of: date, listed: int) -> Iterator[Progress]:
    """The return of every asset since the end began, measured from the last ledger on or before that day.

    ``listed`` is how many of the largest claims still open are named for each asset.
    """
    day = ledger_day(records, began_on)
    if day is None:
        return
    owed = customers_balances(records).filter(_.as_of_date == day, _.quantity > 0).select("account_id", "asset", "quantity")
    done = records.optional("asset_return").filter(
        _.returned_at >= starts_at(began_on), _.returned_at < starts_at(as_of + timedelta(days=1))
    )
    done = done.group_by("account_id", "asset").aggregate(returned=_.quantity.sum(), last_at=_.returned_at.max())
    both = owed.left_join(done, ["account_id", "asset"]).mutate(returned=_.returned.fill_null(0))
    both = both.select("account_id", "asset", "quantity", "returned", "last_at").mutate(
        left=(_.quantity > _.returned).cast("int64")
    )
    sums = both.group_by("asset").aggregate(
        owed=_.quantity.sum(), returned=_.returned.sum(), clients=_.count(), clients_left=_.left.sum()
    )
    for row in sums.order_by("asset").to_pyarrow().to_pylist():
        open_claims = both.filter(_.asset == row["asset"], _.left == 1).mutate(rest=_.quantity - _.returned)
        largest = open_claims.order_by([_.rest.desc(), "account_id"]).limit(listed).to_pyarrow().to_pylist()
        yield Progress(
            row["asset"],
            row["owed"],
            row["returned"],
            row["clients"],
            row["clients_left"],
            tuple(
                Client(c["account_id"], c["asset"], c["quantity"], c["returned"], in_utc(c["last_at"]) if c["last_at"] else None)
                for c in largest
            ),
        )


def last_return(records: Records, began_on: date, as_of: date) -> tuple[str, datetime] | None:
    """The last return since the end began: its id and when it was."""
    table = records.optional("asset_return")
    rows = table.filter(_.returned_at >= starts_at(began_on), _.returned_at < starts_at(as_of + timedelta(days=1)))
    found = (
        rows.order_by([_.returned_at.desc(), _.return_id.desc()])
        .limit(1)
        .select("return_id", "returned_at")
        .to_pyarrow()
        .to_pylist()
    )
    return (found[0]["return_id"], in_utc(found[0]["returned_at"])) if found else None
