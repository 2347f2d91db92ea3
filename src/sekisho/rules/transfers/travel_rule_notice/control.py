"""Travel Rule, outgoing: a transfer to another operator goes with a complete notice, or waits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sekisho.engine.answers import Found, Outcome, Reason, Severity
from sekisho.engine.other_sides import Breach, facts_of, moved
from sekisho.engine.requests import TransferRequest
from sekisho.typologies.correspondence import Correspondence, Step, read_correspondence
from sekisho.typologies.notified_items import missing_items
from sekisho.typologies.other_side import Moved, Side, moved_transfers, side_of

if TYPE_CHECKING:
    from sekisho.engine.requests import Request, View
    from sekisho.records import Records
    from sekisho.rulebook import Parameters

_SEVERITY = {"items_missing": Severity.high, "rejected": Severity.high}


def decide(request: Request, view: View, p: Parameters) -> Iterator[Reason]:
    """Say whether a notice is due; hold while an item is missing, or the notice stands rejected."""
    if not isinstance(request, TransferRequest) or request.direction != "out":
        return
    one, known = moved(request), view.correspondence()
    if not _due(one, known, p):
        return
    items, rejection = _missing(one, p), _rejection(one, known)
    if items:
        yield Reason(outcome=Outcome.hold, sentence="items_missing", facts={**facts_of(one), "items": items})
    if rejection is not None:
        yield Reason(outcome=Outcome.hold, sentence="rejected", facts={**facts_of(one), "rejected_at": rejection.occurred_at})
    if not items and rejection is None:
        yield Reason(outcome=Outcome.allow, sentence="notice_due", facts=facts_of(one))


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """Transfers that left without a complete notice, or against a rejection; one finding for each account."""
    known, breach = read_correspondence(records), Breach()
    for one in moved_transfers(records):
        if one.direction != "out" or not _due(one, known, p):
            continue
        items, rejection = _missing(one, p), _rejection(one, known)
        if items:
            breach.add(one.account_id, "items_missing", one, items=items)
        if rejection is not None:
            breach.add(one.account_id, "rejected", one, [rejection.record])
    yield from breach.found("account", _SEVERITY)


def _due(one: Moved, known: Correspondence, p: Parameters) -> bool:
    return side_of(one, known.counterparty(one.vasp_id, one.day), p.covered) is Side.operator


def _missing(one: Moved, p: Parameters) -> tuple[str, ...]:
    return missing_items(one.payload, {"natural": p.originator_natural, "legal": p.originator_legal}, p.beneficiary)


def _rejection(one: Moved, known: Correspondence) -> Step | None:
    """The rejection of the last notice that was answered; None where it was accepted or nobody answered."""
    answers = [step for step in known.steps(one.transfer_id, one.at) if step.step in ("accepted", "rejected")]
    return answers[-1] if answers and answers[-1].step == "rejected" else None
