"""Correspondence with other operators: the register of counterparties, their networks, wallets evaluated, and notices exchanged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from sekisho.typologies.registers import in_force
from sekisho.typologies.valuation import in_utc

if TYPE_CHECKING:
    from sekisho.records import Records

Row = Mapping[str, Any]
Name = tuple[str, str]


class Counterparty(NamedTuple):
    """An operator on the other side: the columns of ``counterparty_vasp``."""

    vasp_id: str
    name: str
    country: str | None
    lei: str | None
    is_registered: bool
    supervised_by: str | None
    is_shell: bool
    deals_with_unsupervised: bool
    assessed_on: date | None
    approved_by: str | None
    approved_on: date | None
    responsibilities_on: date | None
    review_due_on: date | None
    since: date
    until: date | None

    @property
    def record(self) -> Name:
        """The row as evidence names it."""
        return "counterparty_vasp", f"{self.vasp_id}|{self.since.isoformat()}"


class Reached(NamedTuple):
    """A network through which an operator takes notices: the columns of ``counterparty_network``."""

    vasp_id: str
    network: str
    reference: str | None
    since: date
    until: date | None

    @property
    def record(self) -> Name:
        """The row as evidence names it."""
        return "counterparty_network", f"{self.vasp_id}|{self.network}|{self.since.isoformat()}"


class Evaluated(NamedTuple):
    """An evaluation of a wallet outside: the columns of ``counterparty_wallet`` (UTC)."""

    evaluation_id: str
    address: str
    account_id: str | None
    evaluated_at: datetime
    evaluated_by: str
    holder: str
    holder_name: str | None
    on_chain: bool
    risk: str
    suspicious: bool
    ground: str | None

    @property
    def record(self) -> Name:
        """The row as evidence names it."""
        return "counterparty_wallet", self.evaluation_id


class Step(NamedTuple):
    """One step of a notice: the columns of ``travel_rule_notice`` (UTC)."""

    notice_id: str
    step: str
    occurred_at: datetime
    transfer_id: str | None
    role: str
    vasp_id: str | None
    network: str | None
    payload: str | None
    txid: str | None

    @property
    def record(self) -> Name:
        """The row as evidence names it."""
        return "travel_rule_notice", f"{self.notice_id}|{self.step}"


class Correspondence:
    """What is known of other operators, wallets and notices, learnt row by row; a row with a known key replaces the old one."""

    def __init__(self) -> None:
        self._counterparties: dict[str, dict[date, Counterparty]] = defaultdict(dict)
        self._networks: dict[str, dict[tuple[str, date], Reached]] = defaultdict(dict)
        self._evaluations: dict[str, dict[str, Evaluated]] = defaultdict(dict)
        self._steps: dict[tuple[str, str], Step] = {}
        self._by_transfer: dict[str, dict[tuple[str, str], Step]] = defaultdict(dict)

    def learn(self, table: str, row: Row) -> None:
        """Take in one row; raises KeyError for a table that is none of ``LEARNT``."""
        _LEARN[table](self, row)

    def counterparty(self, vasp_id: str | None, day: date) -> Counterparty | None:
        """The operator as the register has it on a day; None where it has no row."""
        if vasp_id is None:
            return None
        rows = in_force(self._counterparties.get(vasp_id, {}).values(), day)
        return max(rows, key=lambda row: row.since, default=None)

    def networks(self, vasp_id: str, day: date) -> tuple[Reached, ...]:
        """Through which networks the operator is reached on a day, in order of their names."""
        rows = in_force(self._networks.get(vasp_id, {}).values(), day)
        return tuple(sorted(rows, key=lambda row: (row.network, row.since)))

    def evaluation(self, address: str, account_id: str, by: datetime) -> Evaluated | None:
        """The last evaluation of a wallet for a customer, or for all, made by a moment."""
        rows = [
            row
            for row in self._evaluations.get(address, {}).values()
            if row.account_id in (None, account_id) and row.evaluated_at <= by
        ]
        return max(rows, key=lambda row: (row.evaluated_at, row.evaluation_id), default=None)

    def steps(self, transfer_id: str, by: datetime) -> Sequence[Step]:
        """What happened with notices about a transfer by a moment, oldest first."""
        rows = (row for row in self._by_transfer.get(transfer_id, {}).values() if row.occurred_at <= by)
        return sorted(rows, key=lambda row: (row.occurred_at, row.notice_id, row.step))

    def _learn_counterparty(self, row: Row) -> None:
        one = Counterparty(*(row.get(name) for name in Counterparty._fields))  # type: ignore[arg-type]
        self._counterparties[one.vasp_id][one.since] = one

    def _learn_network(self, row: Row) -> None:
        one = Reached(*(row.get(name) for name in Reached._fields))  # type: ignore[arg-type]
        self._networks[one.vasp_id][one.network, one.since] = one

    def _learn_evaluation(self, row: Row) -> None:
        known: dict[str, Any] = {name: row.get(name) for name in Evaluated._fields}
        one = Evaluated(**known | {"evaluated_at": in_utc(row["evaluated_at"])})
        self._evaluations[one.address][one.evaluation_id] = one

    def _learn_step(self, row: Row) -> None:
        known: dict[str, Any] = {name: row.get(name) for name in Step._fields}
        one = Step(**known | {"occurred_at": in_utc(row["occurred_at"])})
        key = (one.notice_id, one.step)
        old = self._steps.get(key)
        if old is not None and old.transfer_id is not None:
            self._by_transfer[old.transfer_id].pop(key, None)
        self._steps[key] = one
        if one.transfer_id is not None:
            self._by_transfer[one.transfer_id][key] = one


_LEARN: dict[str, Callable[[Correspondence, Row], None]] = {
    "counterparty_vasp": Correspondence._learn_counterparty,
    "counterparty_network": Correspondence._learn_network,
    "counterparty_wallet": Correspondence._learn_evaluation,
    "travel_rule_notice": Correspondence._learn_step,
}
LEARNT = tuple(_LEARN)
"""The record tables of correspondence."""


def read_correspondence(records: Records) -> Correspondence:
    """All of it, from the records; every row carries its own time."""
    known = Correspondence()
    for table in LEARNT:
        for row in records.optional(table).to_pyarrow().to_pylist():
            known.learn(table, row)
    return known
