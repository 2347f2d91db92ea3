"""Wallets of unregistered operators: named by address, or by the operator that the transfer says is on the other side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from sekisho.engine.answers import Evidence, Found, Outcome, Reason, Severity
from sekisho.engine.requests import TransferRequest
from sekisho.engine.screened import no_list, released, unscreened
from sekisho.typologies.listed import Listed, read_lists
from sekisho.typologies.screening import (
    OUTCOMES,
    Left,
    allowed,
    by_account,
    left_transfers,
    names,
    of_kind,
    releases,
    reviewed,
    subjects,
    window,
)
from sekisho.typologies.valuation import total

if TYPE_CHECKING:
    from sekisho.engine.requests import Request, View
    from sekisho.records import Records
    from sekisho.rulebook import Parameters

KIND = "unregistered"
_SEVERITY = {"refuse": Severity.high, "hold": Severity.medium}


def decide(request: Request, view: View, p: Parameters) -> Iterator[Reason]:
    """What the firm has laid down, where a list names the address or the operator on the other side."""
    if not isinstance(request, TransferRequest):
        return

    def look_up(entry_kind: str, value: str) -> Sequence[Listed]:
        return view.listed(entry_kind, value, request.requested_at, request.asset)

    hits = _hits(look_up, request.address, request.counterparty_vasp)
    outcome = allowed(_wanted(p), request.direction)
    if hits and not (outcome == "hold" and released(request, view)):
        yield Reason(
            outcome=Outcome[outcome],
            sentence="unregistered",
            facts={
                "transfer": request.transfer_id,
                "account": request.account_id,
                "direction": request.direction,
                "parties": _parties(hits),
                "lists": names(hits),
            },
        )
    yield from no_list(request, view, KIND)


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """Transfers that left although the firm wants to refuse or hold them; one finding for each account and outcome."""
    lists, looked_at, left = read_lists(records), releases(records), left_transfers(records)
    breaches: dict[str, list[Left]] = {outcome: [] for outcome in OUTCOMES}
    hits_of: dict[str, tuple[Listed, ...]] = {}
    for one in left:
        hits = _hits(lambda kind, value, o=one: lists.find(kind, value, o.left_at, o.asset), one.address, one.counterparty_vasp)  # type: ignore[misc]
        outcome = allowed(_wanted(p), one.direction)
        if hits and not (outcome == "hold" and reviewed(one, looked_at)):
            breaches[outcome].append(one)
            hits_of[one.transfer_id] = hits
    for outcome, severity in _SEVERITY.items():
        for account, transfers in by_account(breaches[outcome]):
            hits = tuple(hit for one in transfers for hit in hits_of[one.transfer_id])
            yield _found(account, transfers, outcome, severity, hits)
    yield from unscreened(left, lists, looked_at, KIND, p.transfers_named_max)


def _hits(look_up: Callable[[str, str], Sequence[Listed]], address: str, operator: str | None) -> tuple[Listed, ...]:
    by_name = look_up("name", operator) if operator else ()
    return of_kind((*look_up("address", address), *by_name), KIND)


def _wanted(p: Parameters) -> str:
    wanted = str(p.outcome)
    if wanted not in OUTCOMES:
        raise ValueError(f"outcome {wanted}: give one of {', '.join(OUTCOMES)}")
    return wanted


def _parties(hits: Sequence[Listed]) -> list[str]:
    return subjects(hits) or sorted({hit.value for hit in hits})


def _found(account: str, transfers: Sequence[Left], outcome: str, severity: Severity, hits: Sequence[Listed]) -> Found:
    records = {one.record for one in transfers} | {hit.record for hit in hits} | {hit.version_record for hit in hits}
    return Found(
        subject_kind="account",
        subject_id=account,
        **window(transfers),
        score=Decimal(1),
        severity=severity,
        amount_jpy=total(one.value_jpy for one in transfers),
        evidence=tuple(Evidence(*record) for record in sorted(records)),
        facts={
            "account": account,
            "count": len(transfers),
            "parties": _parties(hits),
            "lists": names(hits),
            "wanted": outcome,
        },
    )
