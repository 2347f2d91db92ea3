"""Margin: what a client holds on credit, what stands as deposit for it, and how much of an order adds to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import zip_longest
from typing import TYPE_CHECKING, NamedTuple

from sekisho.records.table import key_text
from sekisho.typologies.business_days import BusinessDays, days
from sekisho.typologies.material_facts import japan_date
from sekisho.typologies.valuation import in_utc

if TYPE_CHECKING:
    from sekisho.records import Records

_DAY = timedelta(days=1)


class Position(NamedTuple):
    """One row of ``margin_position`` while it is open; ``amount_jpy`` is the amount at its opening."""

    position_id: str
    instrument: str
    side: str
    quantity: Decimal
    amount_jpy: Decimal
    opened_at: datetime


class Valuation(NamedTuple):
    """One row of ``margin_valuation``: the deposit with profit and loss in it, and the amount of the trades."""

    valued_at: datetime
    deposit_jpy: Decimal
    amount_jpy: Decimal
    required_jpy: Decimal
    loss_jpy: Decimal
    loss_cut_at_jpy: Decimal | None

    def record_id(self, account_id: str) -> str:
        """As evidence names it: ``A1|2026-06-01T00:00:00.000000Z``."""
        return f"{account_id}|{key_text(self.valued_at)}"


class Call(NamedTuple):
    """One row of ``margin_call`` while it is neither met nor settled."""

    call_id: str
    determined_at: datetime
    shortfall_jpy: Decimal
    excuse: str | None


class Margin(NamedTuple):
    """What is on record of an account's margin trading: open positions and calls, and the last valuation."""

    positions: Sequence[Position]
    calls: Sequence[Call]
    valuation: Valuation | None


NONE = Margin((), (), None)


def adds(side: str, quantity: Decimal, positions: Iterable[Position], instrument: str) -> Decimal:
    """How much of an order opens new risk: what is left of it after it has closed the positions on the other side."""
    opposite = sum((p.quantity for p in positions if p.instrument == instrument and p.side != side), Decimal(0))
    return max(Decimal(0), quantity - opposite)


def valued_since(valuation: Valuation, day: date, calendar: BusinessDays) -> bool:
    """Whether a valuation is of the last business day before a Japan date, or later."""
    valued_on = japan_date(valuation.valued_at)
    return valued_on >= day or not any(calendar.is_open(each) for each in days(valued_on + _DAY, day - _DAY))


@dataclass(frozen=True, slots=True, kw_only=True)
class CallLife:
    """One row of ``margin_call`` to its end."""

    call_id: str
    account_id: str
    determined_at: datetime
    shortfall_jpy: Decimal
    ended_at: datetime | None
    excuse: str | None

    def open_at(self, moment: datetime) -> bool:
        """Whether it is neither met nor settled at a moment."""
        return self.determined_at <= moment and (self.ended_at is None or self.ended_at > moment)

    def overdue(self, due_at: datetime, now: datetime) -> bool:
        """Whether it was not met in time, as far as is known at a moment, and no excuse is on record."""
        late = now > due_at if self.ended_at is None else self.ended_at > due_at and now > due_at
        return late and self.excuse is None


class ValuedMargin(NamedTuple):
    """One row of ``margin_valuation`` and whether its client is a natural person, or not on record."""

    account_id: str
    valued_at: datetime
    deposit_jpy: Decimal
    amount_jpy: Decimal
    required_jpy: Decimal
    loss_jpy: Decimal
    loss_cut_at_jpy: Decimal | None
    person: bool

    @property
    def record_id(self) -> str:
        """As evidence names it."""
        return f"{self.account_id}|{key_text(self.valued_at)}"

    @property
    def paid_in_jpy(self) -> Decimal:
        """What the client had put in: the deposit without the loss that has been taken off it."""
        return self.deposit_jpy + self.loss_jpy


class PositionLife(NamedTuple):
    """When a position was opened and closed."""

    position_id: str
    opened_at: datetime
    closed_at: datetime | None


def is_called(valued: ValuedMargin, until: datetime, calls: Iterable[CallLife]) -> bool:
    """Whether a call of the account was open at the valuation, or was determined before the next one."""
    return any(
        call.account_id == valued.account_id and (call.open_at(valued.valued_at) or valued.valued_at <= call.determined_at < until)
        for call in calls
    )


def read_calls(records: Records) -> tuple[CallLife, ...]:
    """All calls in order of time; one that was met and settled ended with the first of both."""
    found = []
    for row in records.optional("margin_call").to_pyarrow().to_pylist():
        ends = [in_utc(row[name]) for name in ("met_at", "settled_at") if row[name] is not None]
        kept = {name: row[name] for name in ("call_id", "account_id", "shortfall_jpy", "excuse")}
        found.append(CallLife(**kept, determined_at=in_utc(row["determined_at"]), ended_at=min(ends, default=None)))
    return tuple(sorted(found, key=lambda call: (call.determined_at, call.call_id)))


def read_valuations(records: Records, end: datetime) -> Iterator[tuple[ValuedMargin, datetime]]:
    """The valuations before a moment, account by account in order of time, each with the moment of the next (or the end)."""
    account, party = records.optional("account"), records.optional("party")
    kinds = account.inner_join(party, "party_id").filter(party.kind == "corporate").select("account_id").distinct()
    firms = set(kinds.to_pyarrow()["account_id"].to_pylist())
    rows = records.optional("margin_valuation").to_pyarrow().to_pylist()
    valued = [
        ValuedMargin(**{**row, "valued_at": in_utc(row["valued_at"]), "person": row["account_id"] not in firms}) for row in rows
    ]
    valued = sorted((one for one in valued if one.valued_at < end), key=lambda one: (one.account_id, one.valued_at))
    for one, following in zip_longest(valued, valued[1:]):
        same = following is not None and following.account_id == one.account_id
        yield one, following.valued_at if same else end


def read_positions(records: Records) -> Mapping[str, Sequence[PositionLife]]:
    """All positions by account, in order of their ids."""
    found: dict[str, list[PositionLife]] = defaultdict(list)
    for row in records.optional("margin_position").order_by("position_id").to_pyarrow().to_pylist():
        closed = None if row["closed_at"] is None else in_utc(row["closed_at"])
        found[row["account_id"]].append(PositionLife(row["position_id"], in_utc(row["opened_at"]), closed))
    return found
