"""Due diligence on foreign operators: nothing moves with one whose row in the register is missing or has gaps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sekisho.engine.answers import Found, Outcome, Reason, Severity
from sekisho.engine.other_sides import Breach, facts_of, moved
from sekisho.engine.requests import TransferRequest
from sekisho.typologies.correspondence import Correspondence, Counterparty, Name, read_correspondence
from sekisho.typologies.other_side import HOME, Moved, country_of, moved_transfers

if TYPE_CHECKING:
    from sekisho.engine.requests import Request, View
    from sekisho.records import Records
    from sekisho.rulebook import Parameters

_SEVERITY = {"not_on_register": Severity.high, "gaps": Severity.medium}


def decide(request: Request, view: View, p: Parameters) -> Iterator[Reason]:
    """Hold until the foreign operator is on the register without gaps."""
    if not isinstance(request, TransferRequest):
        return
    one = moved(request)
    sentence, gaps, _proof = _gaps(one, view.correspondence())
    if sentence is not None:
        yield Reason(outcome=Outcome.hold, sentence=sentence, facts={**facts_of(one), "items": gaps})


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """Transfers with foreign operators that were not on the register, or with gaps; one finding for each operator."""
    known, breach = read_correspondence(records), Breach()
    for one in moved_transfers(records):
        sentence, gaps, proof = _gaps(one, known)
        if sentence is not None:
            breach.add(str(one.vasp_id), sentence, one, proof, gaps)
    yield from breach.found("counterparty", _SEVERITY)


def _gaps(one: Moved, known: Correspondence) -> tuple[str | None, list[str], list[Name]]:
    """What is missing about a foreign operator on the day of the transfer, and the row of the register."""
    row = known.counterparty(one.vasp_id, one.day)
    country = country_of(one, row)
    if one.counterparty != "hosted" or one.vasp_id is None or country in (None, HOME):
        return None, [], []
    if row is None:
        return "not_on_register", [], []
    gaps = _missing(row, one)
    return ("gaps" if gaps else None), gaps, [row.record]


def _missing(row: Counterparty, one: Moved) -> list[str]:
    done = {
        "assessment": row.assessed_on is not None and row.assessed_on <= one.day,
        "supervision": row.is_registered and row.supervised_by is not None,
        "no shell": not row.is_shell,
        "no dealings with unsupervised operators": not row.deals_with_unsupervised,
        "approval": row.approved_by is not None and row.approved_on is not None and row.approved_on <= one.day,
        "responsibilities in writing": row.responsibilities_on is not None and row.responsibilities_on <= one.day,
        "review": row.review_due_on is None or one.day <= row.review_due_on,
    }
    return [name for name, good in done.items() if not good]
