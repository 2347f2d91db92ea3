"""Exposure one hop away: which share of an address's coins came from, or went to, listed addresses."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from sekisho.engine.answers import Evidence, Found, Outcome, Reason, Severity
from sekisho.engine.requests import TransferRequest
from sekisho.engine.screened import released
from sekisho.typologies.exposure import Exposure, Neighbour, beyond, exposures, read_movements, thresholds_of
from sekisho.typologies.listed import Listed, read_lists
from sekisho.typologies.listed_forms import normal_form
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
    window,
    words_of,
)
from sekisho.typologies.valuation import total

if TYPE_CHECKING:
    from sekisho.engine.requests import Request, View
    from sekisho.records import Records
    from sekisho.rulebook import Parameters

KINDS = ("sanctions", "illicit", "unregistered")
_SEVERITY = {"refuse": Severity.high, "hold": Severity.medium}


class _Exposed(NamedTuple):
    """What the firm wants done about an address, by which exposure and threshold."""

    outcome: str
    exposure: Exposure
    threshold: Decimal


def decide(request: Request, view: View, p: Parameters) -> Iterator[Reason]:
    """What the firm has laid down for the gravest exposure of the other side; nothing where no movement of it is known."""
    if not isinstance(request, TransferRequest):
        return
    at = request.requested_at

    def listed(address: str) -> Sequence[Listed]:
        return of_kind(view.listed("address", address, at, request.asset), *KINDS)

    exposed = _exposed(view.neighbours(request.address, request.asset, at), listed, p)
    if exposed is None:
        return
    outcome = allowed(exposed.outcome, request.direction)
    if outcome == "hold" and released(request, view):
        return
    one = exposed.exposure
    yield Reason(
        outcome=Outcome[outcome],
        sentence="exposed",
        facts={
            "transfer": request.transfer_id,
            "account": request.account_id,
            "direction": request.direction,
            "address": request.address,
            "category": one.category,
            "received_percent": _percent(one.share_received),
            "sent_percent": _percent(one.share_sent),
            "neighbours": len(one.neighbours),
            "lists": names(one.entries),
            "threshold": exposed.threshold,
        },
    )


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """Transfers that left although the firm wants to refuse or hold them; one finding for each account, outcome and category."""
    lists, looked_at, left = read_lists(records), releases(records), left_transfers(records)
    movements = read_movements(records, ((normal_form(one.address, one.asset), one.asset) for one in left))
    breaches: dict[tuple[str, str], list[tuple[Left, _Exposed]]] = {}
    for one in left:

        def listed(address: str, one: Left = one) -> Sequence[Listed]:
            return of_kind(lists.find("address", address, one.left_at, one.asset), *KINDS)

        exposed = _exposed(movements.neighbours(one.address, one.asset, one.left_at), listed, p)
        if exposed is None:
            continue
        outcome = allowed(exposed.outcome, one.direction)
        if outcome == "refuse" or (outcome == "hold" and not reviewed(one, looked_at)):
            breaches.setdefault((outcome, exposed.exposure.category), []).append((one, exposed))
    for (outcome, category), pairs in sorted(breaches.items()):
        exposed_of = {one.transfer_id: exposed for one, exposed in pairs}
        for account, transfers in by_account(one for one, _exposed in pairs):
            yield _found(account, transfers, outcome, category, [exposed_of[one.transfer_id].exposure for one in transfers])


def _exposed(neighbours: Sequence[Neighbour], listed: Callable[[str], Sequence[Listed]], p: Parameters) -> _Exposed | None:
    thresholds = _thresholds(p)
    if not neighbours:
        return None
    found = exposures(neighbours, listed)
    for outcome in OUTCOMES:
        reached = beyond(found, thresholds[outcome])
        if reached is not None:
            return _Exposed(outcome, reached, thresholds[outcome][reached.category])
    return None


def _thresholds(p: Parameters) -> Mapping[str, Mapping[str, Decimal]]:
    stated = {"refuse": p.shares_refused, "hold": p.shares_held, "warn": p.shares_warned}
    return {outcome: thresholds_of(words_of(words)) for outcome, words in stated.items()}


def _percent(share: Decimal) -> Decimal:
    return round(share.scaleb(2), 2)


def _found(account: str, transfers: Sequence[Left], outcome: str, category: str, found: Sequence[Exposure]) -> Found:
    entries = [entry for one in found for entry in one.entries]
    records = {one.record for one in transfers} | {hit.record for hit in entries} | {hit.version_record for hit in entries}
    share = max(one.share for one in found)
    return Found(
        subject_kind="account",
        subject_id=account,
        **window(transfers),
        score=round(share, 4),
        severity=_SEVERITY[outcome],
        amount_jpy=total(one.value_jpy for one in transfers),
        evidence=tuple(Evidence(*record) for record in sorted(records)),
        facts={
            "account": account,
            "count": len(transfers),
            "addresses": sorted({one.address for one in transfers}),
            "category": category,
            "share_percent": _percent(share),
            "lists": names(entries),
            "wanted": outcome,
        },
    )
