"""Covered places: a transfer with an operator whose place is not on the list of that day goes to a person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sekisho.engine.answers import Found, Outcome, Reason, Severity
from sekisho.engine.other_sides import Breach, facts_of, moved, released, released_by
from sekisho.engine.requests import TransferRequest
from sekisho.typologies.correspondence import Correspondence, Name, read_correspondence
from sekisho.typologies.other_side import Moved, Side, country_of, first_releases, moved_transfers, side_of

if TYPE_CHECKING:
    from sekisho.engine.requests import Request, View
    from sekisho.records import Records
    from sekisho.rulebook import Parameters

_SENTENCES = {Side.place_not_covered: "not_covered", Side.place_unknown: "place_unknown"}
_SEVERITY = {"not_covered": Severity.medium, "place_unknown": Severity.medium}


def decide(request: Request, view: View, p: Parameters) -> Iterator[Reason]:
    """Hold for a person where the place is not on the list of that day, or not known."""
    if not isinstance(request, TransferRequest) or released(request, view):
        return
    one, known = moved(request), view.correspondence()
    sentence, country, _proof = _unclear(one, known, p)
    if sentence is not None:
        yield Reason(outcome=Outcome.hold, sentence=sentence, facts={**facts_of(one), "country": country})


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """Transfers that were let through without a person's decision; one finding for each account."""
    known, releases, breach = read_correspondence(records), first_releases(records), Breach()
    for one in moved_transfers(records):
        sentence, country, proof = _unclear(one, known, p)
        if sentence is not None and not released_by(one, releases):
            breach.add(one.account_id, sentence, one, proof, [country])
    yield from breach.found("account", _SEVERITY)


def _unclear(one: Moved, known: Correspondence, p: Parameters) -> tuple[str | None, str, list[Name]]:
    """The sentence where the place is not clear, the place, and the row of the register it comes from."""
    row = known.counterparty(one.vasp_id, one.day)
    sentence = _SENTENCES.get(side_of(one, row, p.covered))
    return sentence, country_of(one, row) or "-", [] if row is None else [row.record]
