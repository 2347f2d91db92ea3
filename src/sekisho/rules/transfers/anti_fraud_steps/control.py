"""Steps against fraud: a transfer goes ahead only when every required step has an outcome on record."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sekisho.engine.answers import Evidence, Found, Outcome, Reason
from sekisho.engine.lookback import Sign, lookback, released, schemes, transfer_out
from sekisho.engine.request_steps import by_client, purpose_of
from sekisho.typologies.custody import share

if TYPE_CHECKING:
    from sekisho.engine.requests import Request, TransferRequest, View
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def decide(request: Request, view: View, p: Parameters) -> Iterator[Reason]:
    """Hold a transfer while a step has no outcome: the client's warning and purpose, the gate's monitoring and waiting."""
    asked = transfer_out(request, p.counterparties)
    if asked is not None:
        yield from (sign.reason for sign in _signs(asked, view, p))


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """Transfers that left although a step had no outcome on record."""
    books = {"account": None, "request_event": None}
    yield from schemes(lookback(records, p, _signs, released(records, p.counterparties), books))


def _signs(request: TransferRequest, view: View, p: Parameters) -> Iterator[Sign]:
    steps = p.steps if isinstance(p.steps, tuple) else tuple(word.strip() for word in p.steps.split(","))
    if strange := set(steps) - set(_KINDS):
        raise ValueError(f"'{min(strange)}' is not a step; steps are {', '.join(_KINDS)}")
    missing = [step for step in steps if not _taken(step, request, view)]
    if not missing:
        return
    taken = [event for event in view.events_of_request(request.transfer_id) if event.kind in _KINDS.values()]
    facts: dict[str, Any] = {"account": request.account_id, "address": request.address, "missing": missing, "steps": len(steps)}
    yield Sign(
        Reason(outcome=Outcome.hold, sentence="step_missing", facts=facts),
        since=request.requested_at,
        score=share(Decimal(len(missing)), Decimal(len(steps))),
        evidence=tuple(Evidence("request_event", event.event_id) for event in taken),
    )


_KINDS = {"warning": "warning_acknowledged", "purpose": "purpose_given", "monitoring": "monitored", "cooling_off": "waited"}
"""The step, and the event of the request that shows its outcome."""


def _taken(step: str, request: TransferRequest, view: View) -> bool:
    if step == "purpose":
        return purpose_of(request, view) is not None
    if step == "warning":
        return bool(by_client(request, view, _KINDS[step]))
    # Monitoring and waiting are the gate's own; it writes their outcome under the version of its rule set.
    return any(event.kind == _KINDS[step] for event in view.events_of_request(request.transfer_id))
