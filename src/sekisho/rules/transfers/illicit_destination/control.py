"""Addresses tagged as illicit: the firm says what happens with each category of tag."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from sekisho.engine.answers import Evidence, Found, Outcome, Reason, Severity
from sekisho.engine.requests import TransferRequest
from sekisho.engine.screened import no_list, released, unscreened
from sekisho.typologies.exposure import category_of
from sekisho.typologies.listed import Listed, read_lists
from sekisho.typologies.screening import (
    IGNORED,
    UNNAMED,
    Left,
    allowed,
    by_account,
    gravest,
    left_transfers,
    names,
    of_kind,
    releases,
    reviewed,
    subjects,
    window,
    words_of,
)
from sekisho.typologies.valuation import total

if TYPE_CHECKING:
    from sekisho.engine.requests import Request, View
    from sekisho.records import Records
    from sekisho.rulebook import Parameters

KIND = "illicit"
_SEVERITY = {"refuse": Severity.high, "hold": Severity.medium}


def decide(request: Request, view: View, p: Parameters) -> Iterator[Reason]:
    """Refuse, hold or warn by the gravest category of the entries that name the other side."""
    if not isinstance(request, TransferRequest):
        return
    hits = of_kind(view.listed("address", request.address, request.requested_at, request.asset), KIND)
    wanted = gravest(map(category_of, hits), _wanted(p))
    outcome = _outcome(wanted, request.direction)
    if outcome is not None and not (outcome == "hold" and released(request, view)):
        meant = _meant(hits, wanted, p)
        yield Reason(
            outcome=Outcome[outcome],
            sentence="unnamed" if wanted == UNNAMED else "illicit",
            facts={
                "transfer": request.transfer_id,
                "account": request.account_id,
                "direction": request.direction,
                "address": request.address,
                "categories": sorted(set(map(category_of, meant))),
                "lists": names(meant),
                "subjects": subjects(meant),
            },
        )
    yield from no_list(request, view, KIND)


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """Transfers that left although the firm wants to refuse or hold them; one finding for each account and outcome."""
    lists, looked_at, left = read_lists(records), releases(records), left_transfers(records)
    breaches: dict[str, list[Left]] = {"refuse": [], "hold": []}
    hits_of: dict[str, tuple[Listed, ...]] = {}
    for one in left:
        hits = of_kind(lists.find("address", one.address, one.left_at, one.asset), KIND)
        wanted = gravest(map(category_of, hits), _wanted(p))
        outcome = _outcome(wanted, one.direction)
        if outcome == "refuse" or (outcome == "hold" and not reviewed(one, looked_at)):
            breaches[outcome].append(one)
            hits_of[one.transfer_id] = _meant(hits, wanted, p)
    for outcome, ones in breaches.items():
        for account, transfers in by_account(ones):
            yield _found(account, transfers, outcome, [hit for one in transfers for hit in hits_of[one.transfer_id]])
    yield from unscreened(left, lists, looked_at, KIND, p.transfers_named_max)


def _wanted(p: Parameters) -> Mapping[str, tuple[str, ...]]:
    return {
        "refuse": words_of(p.categories_refused),
        "hold": words_of(p.categories_held),
        "warn": words_of(p.categories_warned),
        IGNORED: words_of(p.categories_ignored),
    }


def _outcome(wanted: str | None, direction: str) -> str | None:
    if wanted in (None, IGNORED):
        return None
    return "hold" if wanted == UNNAMED else allowed(str(wanted), direction)


def _meant(hits: Sequence[Listed], wanted: str | None, p: Parameters) -> tuple[Listed, ...]:
    """The entries whose category calls for what is done."""
    return tuple(hit for hit in hits if gravest([category_of(hit)], _wanted(p)) == wanted)


def _found(account: str, transfers: Sequence[Left], outcome: str, hits: Sequence[Listed]) -> Found:
    records = {one.record for one in transfers} | {hit.record for hit in hits} | {hit.version_record for hit in hits}
    return Found(
        subject_kind="account",
        subject_id=account,
        **window(transfers),
        score=Decimal(1),
        severity=_SEVERITY[outcome],
        amount_jpy=total(one.value_jpy for one in transfers),
        evidence=tuple(Evidence(*record) for record in sorted(records)),
        facts={
            "account": account,
            "count": len(transfers),
            "addresses": sorted({one.address for one in transfers}),
            "lists": names(hits),
            "categories": sorted(set(map(category_of, hits))),
            "wanted": outcome,
        },
    )
