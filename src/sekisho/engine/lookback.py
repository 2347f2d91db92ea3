"""Lookback: transfers that left are put to the gate's question as of the moment they left; what it would have held is a finding."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

import ibis
from ibis import _

from sekisho.engine.answers import Evidence, Found, Outcome, Reason
from sekisho.engine.memory import Memory, Row, as_of, known_moments, transfers_with_refusals
from sekisho.engine.requests import TransferRequest
from sekisho.engine.view import transfer_request
from sekisho.typologies.payments import destination_kind, stated_words
from sekisho.typologies.valuation import in_utc, total
from sekisho.typologies.waiting import overlapping

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from sekisho.engine.requests import Request, View
    from sekisho.records import Records
    from sekisho.rulebook import Parameters

_MICROSECOND = timedelta(microseconds=1)


class Sign(NamedTuple):
    """Why a transfer should not go ahead: the gate's reason, since when it was so (UTC), how bad (0..1), and what proves it."""

    reason: Reason
    since: datetime
    score: Decimal
    evidence: tuple[Evidence, ...] = ()


Signs = Callable[[TransferRequest, "View", "Parameters"], Iterable[Sign]]
"""What a rule asks of one transfer: the same function answers the gate and the inspection."""


def transfer_out(request: Request, counterparties: tuple[str, ...] | str | None = None) -> TransferRequest | None:
    """The request, where it is a transfer out to one of these kinds of wallet (None: any); None for every other request."""
    if not isinstance(request, TransferRequest) or request.direction != "out":
        return None
    if counterparties is None:
        return request
    kind = destination_kind(request.counterparty, request.counterparty_vasp)
    return request if kind in stated_words(counterparties) else None


@dataclass(frozen=True, slots=True)
class Early:
    """One transfer that left although the gate would have held it at that moment."""

    transfer_id: str
    account_id: str
    account_known: bool
    address: str
    asset: str
    value_jpy: Decimal
    requested_at: datetime
    left_at: datetime
    signs: tuple[Sign, ...]

    @property
    def starts_at(self) -> datetime:
        """Since when there was something to stop for."""
        return min(self.requested_at, *(sign.since for sign in self.signs))

    @property
    def ends_at(self) -> datetime:
        """When the gate would have released it; where that is open, when it left."""
        return max(self.left_at, *(sign.reason.releases_at or self.left_at for sign in self.signs))

    @property
    def gravest(self) -> Sign:
        """The sign that weighs most, the first of equals."""
        return max(self.signs, key=lambda sign: sign.score)


def released(records: Records, counterparties: tuple[str, ...] | str | None = None) -> ir.Table:
    """Transfers out to these kinds of wallet (None: any) that left, with ``left_at``."""
    out = records.transfer.filter(_.direction == "out", _.status.isin(["released", "completed"]))
    if counterparties is not None:
        kind = ibis.ifelse((_.counterparty == "hosted") & _.counterparty_vasp.isnull(), "unknown", _.counterparty)
        out = out.filter(kind.isin(sorted(stated_words(counterparties))))
    return out.mutate(left_at=ibis.coalesce(_.released_at, _.requested_at))


def lookback(
    records: Records,
    p: Parameters,
    signs: Signs,
    asked: ir.Table,
    books: Mapping[str, timedelta | None],
    accounts: ir.Table | None = None,
) -> list[Early]:
    """The transfers of ``asked`` (rows of ``released``) that left against the rule, in the order in which they left.

    ``books`` names the tables the rule looks at, each with how far back before a transfer (None: all of it). What is read of
    them is what concerns the accounts of ``asked``, or, where given, the column account_id of ``accounts``.
    """
    rows = asked.to_pyarrow().to_pylist()
    if not rows:
        return []
    known = records.memory("asked", asked.select("transfer_id", "account_id", "left_at").to_pyarrow())
    memory, found = Memory(), []
    for _at, _order, table, row in sorted(_agenda(records, rows, known, books, accounts), key=lambda entry: entry[:2]):
        if table is not None:
            memory.learn(table, row)
            continue
        left_at = in_utc(row["left_at"])
        request = transfer_request({**row, "requested_at": left_at})
        broken = tuple(sign for sign in signs(request, memory, p) if sign.reason.outcome >= Outcome.hold)
        if broken:
            found.append(_early(row, left_at, broken, memory))
    return found


def schemes(early: Iterable[Early], subject: Callable[[Early], tuple[str, str]] | None = None) -> Iterator[Found]:
    """One finding for each subject (the account, where none is given) and spell of transfers that hang together in time."""
    by_subject: dict[tuple[str, str], list[Early]] = defaultdict(list)
    for each in early:
        by_subject[subject(each) if subject else ("account", each.account_id)].append(each)
    for (kind, name), members in sorted(by_subject.items()):
        for group in overlapping(members):
            yield _found(kind, name, group)


_Entry = tuple[datetime, int, str | None, Row]
_START = datetime(1, 1, 1, tzinfo=UTC)
_BALANCE, _QUESTION, _ROW = 0, 1, 2
"""At one moment balances of the day before are known, then questions are asked, then rows of that moment are learnt."""


def _agenda(
    records: Records,
    rows: Sequence[Row],
    known: ir.Table,
    books: Mapping[str, timedelta | None],
    accounts: ir.Table | None,
) -> Iterator[_Entry]:
    for row in rows:
        yield in_utc(row["left_at"]), _QUESTION, None, row
    for table, back in books.items():
        if table not in records.present:
            continue
        for row in _rows_of(records, table, back, known, accounts).to_pyarrow().to_pylist():
            times = known_moments(table, row)
            if not times:
                yield _START, _BALANCE, table, row
            for at in times:
                yield at, _BALANCE if table == "customer_balance" else _ROW, table, as_of(table, row, at + _MICROSECOND)


_TIMES = {"transfer": "requested_at", "account_event": "occurred_at", "trade": "executed_at", "quick_deposit": "deposited_at"}
_OF_PARTIES = ("party", "customer_check", "customer_risk")


def _rows_of(records: Records, table: str, back: timedelta | None, known: ir.Table, accounts: ir.Table | None) -> ir.Table:
    """The rows of a table that concern the accounts asked about, no further back than the rule looks."""
    rows: ir.Table = transfers_with_refusals(records) if table == "transfer" else getattr(records, table)
    if table == "reference_price":
        return rows
    if table == "request_event":
        return rows.semi_join(known, rows.request_id == known.transfer_id)
    ids = known.select("account_id").distinct() if accounts is None else accounts.select("account_id").distinct()
    if table in _OF_PARTIES:
        return rows.semi_join(records.optional("account").semi_join(ids, "account_id"), "party_id")
    if table == "trade":
        sides = (rows.buy_account_id.isin(ids.account_id), rows.sell_account_id.isin(ids.account_id))
        chosen = rows.filter(sides[0] | sides[1])
    else:
        chosen = rows.semi_join(ids, "account_id")
    if back is None or table not in _TIMES:
        return chosen
    first = known.left_at.min().to_pyarrow().as_py()
    return chosen.filter(chosen[_TIMES[table]] >= ibis.literal(in_utc(first) - back, "timestamp('UTC', 6)"))


def _early(row: Mapping[str, Any], left_at: datetime, signs: tuple[Sign, ...], memory: Memory) -> Early:
    try:
        memory.account(row["account_id"])
        known = True
    except KeyError:
        known = False
    return Early(
        row["transfer_id"],
        row["account_id"],
        known,
        row["address"],
        row["asset"],
        row["value_jpy"],
        in_utc(row["requested_at"]),
        left_at,
        signs,
    )


def _found(kind: str, name: str, group: Sequence[Early]) -> Found:
    proofs = {Evidence("transfer", each.transfer_id) for each in group}
    proofs |= {Evidence("account", each.account_id) for each in group if each.account_known}
    proofs |= {evidence for each in group for sign in each.signs for evidence in sign.evidence}
    assets = sorted({each.asset for each in group})
    gravest = max((each.gravest for each in group), key=lambda sign: sign.score)
    return Found(
        subject_kind=kind,
        subject_id=name,
        asset=assets[0] if len(assets) == 1 else None,
        window_from=min(each.starts_at for each in group),
        window_until=max(max(each.requested_at, each.left_at) for each in group) + _MICROSECOND,
        score=gravest.score,
        amount_jpy=total(each.value_jpy for each in group),
        evidence=tuple(sorted(proofs)),
        facts={
            **gravest.reason.facts,
            "accounts": sorted({each.account_id for each in group}),
            "count": len(group),
            "first_at": min(each.left_at for each in group),
            "last_at": max(each.left_at for each in group),
            "addresses": sorted({each.address for each in group}),
            "transfers": sorted({each.transfer_id for each in group}),
            "reasons": sorted({sign.reason.sentence for each in group for sign in each.signs}),
        },
    )
