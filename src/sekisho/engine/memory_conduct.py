"""What a gate remembers of clients' conduct: who was seen on which device, suspicions, verifications, quick deposits.

Rows may come in any order; one with a known id replaces what was known.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sekisho.engine.requests import CustomerCheck, CustomerRisk, QuickDeposit, Suspicion
from sekisho.typologies.valuation import in_utc

if TYPE_CHECKING:
    from sekisho.engine.kept_clients import KeptClients

Row = Mapping[str, Any]
_PLACES: Final = ("device_id", "ip")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ConductMemory:
    """Sightings, suspicions, checks, grounds of risk and quick deposits; ``kept`` are the clients that lie below in columns."""

    def __init__(self, kept: KeptClients | None = None) -> None:
        self._below = None if kept is None else _Sightings(kept)
        self._seen: dict[tuple[str, str], dict[str, datetime]] = defaultdict(dict)
        self._suspicions: dict[str, dict[str, Suspicion]] = defaultdict(dict)
        self._checks: dict[str, dict[str, CustomerCheck]] = defaultdict(dict)
        self._risks: dict[str, dict[str, CustomerRisk]] = defaultdict(dict)
        self._quick: dict[str, dict[str, QuickDeposit]] = defaultdict(dict)

    def learn(self, table: str, row: Row) -> None:
        """Take in one row of a record table; a table that says nothing of conduct is passed over."""
        take = _LEARN.get(table)
        if take is not None:
            take(self, row)

    def accounts_seen(self, kind: str, value: str) -> dict[str, datetime]:
        """The accounts that used a device or a network address, each with the last time; who came last stands last."""
        above = self._seen.get((kind, value), {})
        below = {} if self._below is None else self._below.of(kind, value)
        if not below:
            return above
        last = {**below, **{each: max(at, below.get(each, at)) for each, at in above.items()}}
        return dict(sorted(last.items(), key=lambda seen: (seen[1], seen[0])))

    def suspicions(self, account_id: str) -> Sequence[Suspicion]:
        """Every suspicion about the account, oldest first."""
        return sorted(self._suspicions.get(account_id, {}).values(), key=lambda s: (s.arose_at, s.suspicion_id))

    def checks_of(self, party_id: str) -> Sequence[CustomerCheck]:
        """The verifications of a client, oldest first."""
        return sorted(self._checks.get(party_id, {}).values(), key=lambda c: (c.checked_at, c.check_id))

    def risks_of(self, party_id: str) -> Sequence[CustomerRisk]:
        """The grounds for enhanced care with a client, oldest first."""
        return sorted(self._risks.get(party_id, {}).values(), key=lambda r: (r.since, r.risk_id))

    def quick_deposits(self, account_id: str, since: datetime) -> Sequence[QuickDeposit]:
        """What was paid in by quick payment or at a convenience store since a moment, oldest first."""
        deposits = (d for d in self._quick.get(account_id, {}).values() if d.deposited_at >= since)
        return sorted(deposits, key=lambda d: (d.deposited_at, d.deposit_id))

    def _learn_event(self, row: Row) -> None:
        occurred_at = in_utc(row["occurred_at"])
        for kind in _PLACES:
            value = row.get(kind)
            if value is not None:
                seen = self._seen[kind, value]
                last = seen.pop(row["account_id"], occurred_at)
                seen[row["account_id"]] = max(last, occurred_at)

    def _learn_suspicion(self, row: Row) -> None:
        suspicion = Suspicion(
            row["suspicion_id"],
            row["account_id"],
            row.get("transfer_id"),
            in_utc(row["arose_at"]),
            row["source"],
            _utc(row.get("judged_at")),
            row.get("judgement"),
            _utc(row.get("filed_at")),
            _utc(row.get("cleared_at")),
        )
        self._suspicions[suspicion.account_id][suspicion.suspicion_id] = suspicion

    def _learn_check(self, row: Row) -> None:
        check = CustomerCheck(
            row["check_id"],
            in_utc(row["checked_at"]),
            row.get("transfer_id"),
            row["kind"],
            row.get("means_checked"),
            row.get("approved_by_party_id"),
        )
        self._checks[row["party_id"]][check.check_id] = check

    def _learn_risk(self, row: Row) -> None:
        risk = CustomerRisk(row["risk_id"], row["ground"], in_utc(row["since"]), _utc(row.get("until")))
        self._risks[row["party_id"]][risk.risk_id] = risk

    def _learn_quick_deposit(self, row: Row) -> None:
        deposit = QuickDeposit(row["deposit_id"], in_utc(row["deposited_at"]), row["channel"], row["amount_jpy"])
        self._quick[row["account_id"]][deposit.deposit_id] = deposit


_LEARN: dict[str, Callable[[ConductMemory, Row], None]] = {
    "account_event": ConductMemory._learn_event,
    "suspicion": ConductMemory._learn_suspicion,
    "customer_check": ConductMemory._learn_check,
    "customer_risk": ConductMemory._learn_risk,
    "quick_deposit": ConductMemory._learn_quick_deposit,
}
LEARNT_OF_CONDUCT = tuple(_LEARN)
"""The record tables a memory of conduct takes in."""


class _Sightings:
    """Who was seen where among the clients kept in columns; sorted at the first question, then found by halving."""

    def __init__(self, kept: KeptClients) -> None:
        self._kept = kept

    def of(self, kind: str, value: str) -> dict[str, datetime]:
        """The accounts seen at a device or network address, each with the last time, who came last at the end."""
        words, starts, rows, events = self._sorted[kind]
        place = bisect_left(words, value)
        if place == len(words) or words[place] != value:
            return {}
        found = events.take(pa.array(rows[starts[place] : starts[place + 1]]))
        times = found["occurred_at"].cast(pa.int64()).to_pylist()
        seen: dict[str, datetime] = {}
        for at, account_id in sorted(zip(times, found["account_id"].to_pylist(), strict=True)):
            seen.pop(account_id, None)
            seen[account_id] = _EPOCH + timedelta(microseconds=at)
        return seen

    @cached_property
    def _sorted(self) -> dict[str, tuple[_Texts, Any, Any, pa.Table]]:
        events = self._kept.table("account_event", [])
        return {kind: (*_groups(events[kind].combine_chunks()), events) for kind in _PLACES}


class _Texts(Sequence[str]):
    """A column of texts as a sequence that makes a Python text only of what is looked at."""

    def __init__(self, column: pa.Array) -> None:
        self._column = column

    def __getitem__(self, place: Any) -> Any:
        return self._column[place].as_py()

    def __len__(self) -> int:
        return len(self._column)


def _groups(column: pa.Array) -> tuple[_Texts, Any, Any]:
    """The distinct texts of a column in order, where the rows of each begin, and the rows; rows without a text are left out."""
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    words = encoded.dictionary.cast(pa.string())
    order = pc.sort_indices(words).to_numpy()
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    ranks = np.where(codes < 0, -1, rank[codes]) if len(order) else np.full(len(codes), -1)
    rows = np.argsort(ranks, kind="stable")[np.count_nonzero(ranks < 0) :]
    starts = np.searchsorted(ranks[rows], np.arange(len(order) + 1))
    return _Texts(words.take(pa.array(order))), starts, rows


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else in_utc(moment)
