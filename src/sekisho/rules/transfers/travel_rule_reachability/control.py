"""Reachability: a notice travels only through a network that both operators use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sekisho.engine.answers import Found, Outcome, Reason, Severity
from sekisho.engine.other_sides import Breach, facts_of, moved
from sekisho.engine.requests import TransferRequest
from sekisho.typologies.correspondence import Correspondence, Reached, read_correspondence
from sekisho.typologies.other_side import Moved, Side, listed, moved_transfers, side_of

if TYPE_CHECKING:
    from sekisho.engine.requests import Request, View
    from sekisho.records import Records
    from sekisho.rulebook import Parameters

_SEVERITY = {"unreachable": Severity.medium}
_NONE_KNOWN = "none known"


def decide(request: Request, view: View, p: Parameters) -> Iterator[Reason]:
    """Hold where no common network reaches the other operator and no notice has been sent some other way."""
    if not isinstance(request, TransferRequest):
        return
    one = moved(request)
    theirs = _theirs(one, view.correspondence(), p)
    if theirs is not None:
        facts = {**facts_of(one), "items": _named(theirs), "networks": sorted(_ours(p))}
        yield Reason(outcome=Outcome.hold, sentence="unreachable", facts=facts)


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """Transfers to operators that no common network reached, without a notice sent; one finding for each operator."""
    known, breach = read_correspondence(records), Breach()
    for one in moved_transfers(records):
        theirs = _theirs(one, known, p)
        if theirs is not None:
            breach.add(str(one.vasp_id), "unreachable", one, [row.record for row in theirs], _named(theirs))
    yield from breach.found("counterparty", _SEVERITY)


def _theirs(one: Moved, known: Correspondence, p: Parameters) -> tuple[Reached, ...] | None:
    """The other operator's networks where none is ours and nobody has been notified; None where all is well."""
    if one.direction != "out" or side_of(one, known.counterparty(one.vasp_id, one.day), p.covered) is not Side.operator:
        return None
    theirs = known.networks(str(one.vasp_id), one.day)
    sent = any(step.step == "sent" for step in known.steps(one.transfer_id, one.at))
    return None if sent or _ours(p) & {row.network for row in theirs} else theirs


def _ours(p: Parameters) -> frozenset[str]:
    return frozenset(word.upper() for word in listed(p.networks))


def _named(theirs: tuple[Reached, ...]) -> list[str]:
    return sorted({row.network for row in theirs}) or [_NONE_KNOWN]
