"""Unhosted and similar wallets: the holder is recorded and the risk evaluated before coins move."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sekisho.engine.answers import Found, Outcome, Reason, Severity
from sekisho.engine.other_sides import Breach, facts_of, moved
from sekisho.engine.requests import TransferRequest
from sekisho.typologies.correspondence import Correspondence, Evaluated, read_correspondence
from sekisho.typologies.other_side import Moved, Side, moved_transfers, side_of

if TYPE_CHECKING:
    from sekisho.engine.requests import Request, View
    from sekisho.records import Records
    from sekisho.rulebook import Parameters

_SEVERITY = {"not_evaluated": Severity.medium, "holder_unnamed": Severity.medium, "suspicious": Severity.high}


def decide(request: Request, view: View, p: Parameters) -> Iterator[Reason]:
    """Hold until holder and risk are on record; where judged suspicious refuse what goes out and hold what came in."""
    if not isinstance(request, TransferRequest):
        return
    one, known = moved(request), view.correspondence()
    sentence, evaluation = _open(one, known, p)
    if sentence is None:
        return
    refused = sentence == "suspicious" and one.direction == "out"
    yield Reason(
        outcome=Outcome.refuse if refused else Outcome.hold,
        sentence=sentence,
        facts={**facts_of(one), "evaluation": evaluation.evaluation_id if evaluation else "-"},
    )


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """Transfers with wallets nobody answers for that moved all the same; one finding for each account and failing."""
    known, breach = read_correspondence(records), Breach()
    for one in moved_transfers(records):
        sentence, evaluation = _open(one, known, p)
        if sentence is not None:
            breach.add(one.account_id, sentence, one, [evaluation.record] if evaluation else [], [one.address])
    yield from breach.found("account", _SEVERITY)


def _open(one: Moved, known: Correspondence, p: Parameters) -> tuple[str | None, Evaluated | None]:
    """What is not settled about the wallet by then, and its last evaluation."""
    if side_of(one, known.counterparty(one.vasp_id, one.day), p.covered) is Side.operator:
        return None, None
    evaluation = known.evaluation(one.address, one.account_id, one.at)
    if evaluation is None:
        return "not_evaluated", None
    if evaluation.suspicious:
        return "suspicious", evaluation
    # Of what comes in only what could be known is recorded (Rule 24(ix)ニ), so a name is asked for outgoing transfers alone.
    unnamed = one.direction == "out" and evaluation.holder_name is None
    return ("holder_unnamed" if unnamed else None), evaluation
