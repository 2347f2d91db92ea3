"""Travel Rule, incoming: coins from another operator are held until its notice is there, or a person releases them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sekisho.engine.answers import Found, Outcome, Reason, Severity
from sekisho.engine.other_sides import Breach, facts_of, moved, released, released_by
from sekisho.engine.requests import TransferRequest
from sekisho.typologies.correspondence import Correspondence, read_correspondence
from sekisho.typologies.notified_items import NO_PAYLOAD, missing_items
from sekisho.typologies.other_side import Moved, Side, first_releases, moved_transfers, side_of

if TYPE_CHECKING:
    from sekisho.engine.requests import Request, View
    from sekisho.records import Records
    from sekisho.rulebook import Parameters

_SEVERITY = {"no_notice": Severity.high, "items_missing": Severity.medium}


def decide(request: Request, view: View, p: Parameters) -> Iterator[Reason]:
    """Hold what comes in without a complete notice, until it is there or a person releases it."""
    if not isinstance(request, TransferRequest) or request.direction != "in" or released(request, view):
        return
    one, known = moved(request), view.correspondence()
    items = _missing(one, known, p) if _due(one, known, p) else ()
    if items:
        yield Reason(outcome=Outcome.hold, sentence=_sentence(items), facts={**facts_of(one), "items": items})


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """Transfers that were credited without a complete notice and without a release; one finding for each account."""
    known, releases, breach = read_correspondence(records), first_releases(records), Breach()
    for one in moved_transfers(records):
        if one.direction == "in" and _due(one, known, p) and not released_by(one, releases):
            items = _missing(one, known, p)
            if items:
                breach.add(one.account_id, _sentence(items), one, items=items)
    yield from breach.found("account", _SEVERITY)


def _due(one: Moved, known: Correspondence, p: Parameters) -> bool:
    return side_of(one, known.counterparty(one.vasp_id, one.day), p.covered) is Side.operator


def _missing(one: Moved, known: Correspondence, p: Parameters) -> tuple[str, ...]:
    """What the fullest notice lacks: the one kept with the transfer, or any received about it."""
    received = [step.payload for step in known.steps(one.transfer_id, one.at) if step.step == "received"]
    required = {"natural": p.originator_natural, "legal": p.originator_legal}
    told = [missing_items(payload, required, p.beneficiary) for payload in (one.payload, *received)]
    return min(told, key=lambda items: (items == (NO_PAYLOAD,), len(items)))


def _sentence(items: tuple[str, ...]) -> str:
    return "no_notice" if items == (NO_PAYLOAD,) else "items_missing"
