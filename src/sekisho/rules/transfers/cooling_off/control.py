"""Cooling-off: a transfer out waits after the account was opened and after an address was first asked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import ibis
from ibis import _

from sekisho.engine.answers import Evidence, Found, Outcome, Reason
from sekisho.engine.requests import TransferRequest
from sekisho.typologies.custody import share
from sekisho.typologies.listed_forms import destination_form
from sekisho.typologies.valuation import in_utc, total
from sekisho.typologies.waiting import length_of, overlapping

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from sekisho.engine.requests import Request, View
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def decide(request: Request, view: View, p: Parameters) -> Iterator[Reason]:
    """Hold a transfer out until both periods have passed; a request at the very end of a period goes ahead."""
    if not isinstance(request, TransferRequest):
        return
    kind = "unknown" if request.counterparty == "hosted" and request.counterparty_vasp is None else request.counterparty
    if request.direction != "out" or kind not in _scope(p):
        return
    facts: dict[str, Any] = {"account": request.account_id, "address": request.address}
    try:
        opened_at = view.account(request.account_id).opened_at
    except KeyError:
        yield Reason(outcome=Outcome.hold, sentence="account_unknown", facts=facts)
    else:
        releases_at = opened_at + length_of(p.days_new_account)
        if request.requested_at < releases_at:
            facts_now = {**facts, "opened_at": opened_at, "releases_at": releases_at}
            yield Reason(outcome=Outcome.hold, sentence="new_account", facts=facts_now, releases_at=releases_at)
    first_used_at = view.first_used_at(request.account_id, request.address) or request.requested_at
    releases_at = first_used_at + length_of(p.days_new_address)
    if request.requested_at < releases_at:
        facts_now = {**facts, "first_used_at": first_used_at, "releases_at": releases_at}
        yield Reason(outcome=Outcome.hold, sentence="new_address", facts=facts_now, releases_at=releases_at)


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """Transfers that left before the gate would have released them; one finding for each account and overlapping periods."""
    by_account: dict[str, list[_Early]] = defaultdict(list)
    released_early = _released_early(records, p)
    rows = released_early.to_pyarrow().to_pylist()
    forms = _first_uses_by_form(records, released_early) if rows else {}
    for row in rows:
        early = _early({**row, "first_used_at": forms[row["account_id"], destination_form(row["address"])]}, p)
        if early.account_until is None or early.left_at < max(early.account_until, early.address_until):
            by_account[early.account_id].append(early)
    for _account, earlies in sorted(by_account.items()):
        for group in overlapping(earlies):
            yield _found(group)


def _scope(p: Parameters) -> frozenset[str]:
    stated = p.counterparties
    return frozenset(stated if isinstance(stated, tuple) else (word.strip() for word in stated.split(",")))


def _released_early(records: Records, p: Parameters) -> ir.Table:
    """Transfers out within scope that were released before one of their periods had passed."""
    out = records.transfer.filter(_.direction == "out")
    first_uses = _first_uses(out)
    kind = ibis.ifelse((_.counterparty == "hosted") & _.counterparty_vasp.isnull(), "unknown", _.counterparty)
    released = out.filter(_.status.isin(["released", "completed"]), kind.isin(sorted(_scope(p)))).select(
        "transfer_id", "account_id", "address", "asset", "value_jpy", "requested_at",
        left_at=ibis.coalesce(_.released_at, _.requested_at),
    )  # fmt: skip
    dated = released.inner_join(first_uses, ["account_id", "address"]).left_join(
        records.account.select("account_id", "opened_at"), "account_id"
    )
    return dated.filter(
        _.opened_at.isnull()
        | (_.left_at < _.opened_at + _interval(p.days_new_account))
        | (_.left_at < _.first_used_at + _interval(p.days_new_address))
    ).select("transfer_id", "account_id", "address", "asset", "value_jpy", "requested_at", "left_at", "first_used_at", "opened_at")


def _first_uses(out: ir.Table) -> ir.Table:
    return out.group_by("account_id", "address").aggregate(
        first_used_at=ibis.least(_.requested_at, ibis.coalesce(_.address_first_used_at, _.requested_at)).min()
    )


def _first_uses_by_form(records: Records, some: ir.Table) -> dict[tuple[str, str], datetime]:
    """When the accounts of some transfers first used each destination, however it was written then."""
    first: dict[tuple[str, str], datetime] = {}
    out = records.transfer.filter(_.direction == "out")
    for row in _first_uses(out).semi_join(some.select("account_id").distinct(), "account_id").to_pyarrow().to_pylist():
        key = (row["account_id"], destination_form(row["address"]))
        first[key] = min(row["first_used_at"], first.get(key, row["first_used_at"]))
    return first


def _interval(days: Decimal | int) -> ir.IntervalScalar:
    return ibis.interval(microseconds=length_of(days) // timedelta(microseconds=1))


@dataclass(frozen=True, slots=True)
class _Early:
    """One transfer that left too early."""

    transfer_id: str
    account_id: str
    address: str
    asset: str
    value_jpy: Decimal
    requested_at: datetime
    left_at: datetime
    account_until: datetime | None
    address_until: datetime
    longest: timedelta

    @property
    def starts_at(self) -> datetime:
        return self.requested_at

    @property
    def ends_at(self) -> datetime:
        """When the gate would have released it; an unknown account is never released, its spell ends when it left."""
        return max(self.account_until or self.left_at, self.address_until, self.left_at)

    @property
    def score(self) -> Decimal:
        """How much of the waiting was skipped."""
        if self.account_until is None:
            return Decimal(1)
        skipped = (self.ends_at - self.left_at) // timedelta(microseconds=1)
        return share(Decimal(skipped), Decimal(self.longest // timedelta(microseconds=1)))


def _early(row: dict[str, Any], p: Parameters) -> _Early:
    opened_at, account_period, address_period = row["opened_at"], length_of(p.days_new_account), length_of(p.days_new_address)
    return _Early(
        row["transfer_id"],
        row["account_id"],
        row["address"],
        row["asset"],
        row["value_jpy"],
        in_utc(row["requested_at"]),
        in_utc(row["left_at"]),
        None if opened_at is None else in_utc(opened_at) + account_period,
        in_utc(row["first_used_at"]) + address_period,
        max(account_period, address_period),
    )


def _found(group: Sequence[_Early]) -> Found:
    account = group[0].account_id
    known = group[0].account_until is not None
    names = {Evidence("transfer", one.transfer_id) for one in group} | ({Evidence("account", account)} if known else set())
    assets = sorted({one.asset for one in group})
    return Found(
        subject_kind="account",
        subject_id=account,
        asset=assets[0] if len(assets) == 1 else None,
        window_from=min(one.requested_at for one in group),
        window_until=max(max(one.requested_at, one.left_at) for one in group) + timedelta(microseconds=1),
        score=max(one.score for one in group),
        amount_jpy=total(one.value_jpy for one in group),
        sentence="default" if known else "account_unknown",
        evidence=tuple(sorted(names)),
        facts={
            "account": account,
            "count": len(group),
            "releases_at": max(one.ends_at for one in group),
            "early_for_account": sum(one.account_until is None or one.left_at < one.account_until for one in group),
            "early_for_address": sum(one.left_at < one.address_until for one in group),
            "addresses": sorted({one.address for one in group}),
        },
    )
