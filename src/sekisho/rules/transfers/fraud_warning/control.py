"""Fraud warnings: before a transfer goes ahead the client has been shown, and has acknowledged, the warnings that fit it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from sekisho.engine.answers import Evidence, Found, Outcome, Reason
from sekisho.engine.lookback import Sign, lookback, released, schemes, transfer_out
from sekisho.engine.request_steps import by_client, purpose_of
from sekisho.typologies.payments import destination_kind, stated_words
from sekisho.typologies.scam_patterns import EXCHANGE, GENERAL, INVESTMENT, REMOTE_CONTROL, in_order, patterns_in
from sekisho.typologies.waiting import length_of_hours

if TYPE_CHECKING:
    from sekisho.engine.requests import Request, RequestEvent, TransferRequest, View
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def decide(request: Request, view: View, p: Parameters) -> Iterator[Reason]:
    """Hold a transfer until each warning that fits it is acknowledged: the general one first, then those of a pattern."""
    asked = transfer_out(request, p.counterparties)
    if asked is not None:
        yield from (sign.reason for sign in _signs(asked, view, p))


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """Transfers that left before every fitting warning had been shown in a version on record and acknowledged."""
    period = length_of_hours(p.hours_before)
    books = {"account": None, "account_event": period, "trade": period, "request_event": None}
    yield from schemes(lookback(records, p, _signs, released(records, p.counterparties), books))


def _signs(request: TransferRequest, view: View, p: Parameters) -> Iterator[Sign]:
    shown = by_client(request, view, "warning_shown")
    acknowledged = by_client(request, view, "warning_acknowledged")
    if not _settled(GENERAL, shown, acknowledged, p):
        # Fitted warnings come at the next stage: of several at once nobody reads any.
        yield _sign(request, GENERAL, shown, stage=1)
        return
    for pattern in in_order(_patterns(request, view, p)):
        if not _settled(pattern, shown, acknowledged, p):
            yield _sign(request, pattern, shown, stage=2)


def _patterns(request: TransferRequest, view: View, p: Parameters) -> set[str]:
    """The patterns to which the purpose, and what happened to the account before, point."""
    purpose = purpose_of(request, view)
    found = set() if purpose is None else set(patterns_in(purpose))
    since = request.requested_at - length_of_hours(p.hours_before)
    for event in view.events(request.account_id, since):
        if event.occurred_at > since and event.kind in _POINTS_TO:
            found.add(_POINTS_TO[event.kind])
    if destination_kind(request.counterparty, request.counterparty_vasp) in stated_words(p.purchase_counterparties):
        for trade in reversed(view.trades(request.account_id, since)):
            if trade.side == "buy" and trade.executed_at > since and trade.instrument.partition("/")[0] == request.asset:
                found.add(INVESTMENT)
                break
    return found


_POINTS_TO = {"device_added": REMOTE_CONTROL, "password_changed": EXCHANGE, "phone_changed": EXCHANGE}


def _settled(key: str, shown: Sequence[RequestEvent], acknowledged: Sequence[RequestEvent], p: Parameters) -> bool:
    """Whether a warning was acknowledged in a version that had been shown before, one of those in use where these are stated."""
    first_shown: dict[str, datetime] = {}
    for event in shown:
        if event.version is not None:
            first_shown.setdefault(event.version, event.occurred_at)
    for event in acknowledged:
        version = event.version
        if (
            version is None
            or version.partition(":")[0] != key
            or (p.versions is not None and version not in stated_words(p.versions))
        ):
            continue
        if version in first_shown and first_shown[version] <= event.occurred_at:
            return True
    return False


def _sign(request: TransferRequest, key: str, shown: Sequence[RequestEvent], stage: int) -> Sign:
    mine = [event for event in shown if (event.version or "").partition(":")[0] == key]
    return Sign(
        Reason(
            outcome=Outcome.hold,
            sentence="not_acknowledged" if mine else "not_shown",
            facts={
                "account": request.account_id,
                "address": request.address,
                "warning": key,
                "stage": stage,
                "shown_at": mine[-1].occurred_at if mine else None,
            },
        ),
        since=request.requested_at,
        score=Decimal(1),
        evidence=tuple(Evidence("request_event", event.event_id) for event in mine),
    )
