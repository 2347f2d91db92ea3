"""Travel Rule, passing on: an operator that relays coins tells the next one what it was told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sekisho.engine.answers import Found, Outcome, Reason, Severity
from sekisho.engine.other_sides import Breach, facts_of, moved
from sekisho.engine.requests import TransferRequest
from sekisho.typologies.correspondence import Correspondence, Step, read_correspondence
from sekisho.typologies.notified_items import changed_items
from sekisho.typologies.other_side import Moved, moved_transfers

if TYPE_CHECKING:
    from sekisho.engine.requests import Request, View
    from sekisho.records import Records
    from sekisho.rulebook import Parameters

_SEVERITY = {"changed": Severity.high}


def decide(request: Request, view: View, p: Parameters) -> Iterator[Reason]:
    """Hold coins that are passed on while the notice that goes with them lacks or changes an item received."""
    if not isinstance(request, TransferRequest) or request.direction != "out":
        return
    one = moved(request)
    for step, items in _changed(one, view.correspondence()):
        facts = {**facts_of(one), "notice": step.notice_id, "items": items}
        yield Reason(outcome=Outcome.hold, sentence="changed", facts=facts)


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """Coins that were passed on without the notice received; one finding for each account."""
    known, breach = read_correspondence(records), Breach()
    for one in moved_transfers(records):
        if one.direction == "out":
            for step, items in _changed(one, known):
                breach.add(one.account_id, "changed", one, [step.record], items)
    yield from breach.found("account", _SEVERITY)


def _changed(one: Moved, known: Correspondence) -> Iterator[tuple[Step, tuple[str, ...]]]:
    """Notices received to be relayed by this transfer, with the items that do not go on as they came."""
    for step in known.steps(one.transfer_id, one.at):
        if step.step == "received" and step.role == "to_relay":
            items = changed_items(step.payload, one.payload)
            if items:
                yield step, items
