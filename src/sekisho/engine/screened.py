"""What the rules that screen against lists have in common: a hold that somebody released, and what happens without a list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from sekisho.engine.answers import Evidence, Found, Outcome, Reason, Severity
from sekisho.typologies.screening import Left, reviewed, window
from sekisho.typologies.valuation import total

if TYPE_CHECKING:
    from sekisho.engine.requests import TransferRequest, View
    from sekisho.typologies.listed import Lists


def released(request: TransferRequest, view: View) -> bool:
    """Whether somebody has looked at a transfer that waited, and released it."""
    return any(event.kind == "released" for event in view.events_of_request(request.transfer_id))


def no_list(request: TransferRequest, view: View, kind: str) -> Iterator[Reason]:
    """Hold a transfer while no list of a kind is in force: what was not looked up is not clean."""
    if kind not in view.list_kinds(request.requested_at) and not released(request, view):
        facts = {"transfer": request.transfer_id, "account": request.account_id, "address": request.address}
        yield Reason(outcome=Outcome.hold, sentence="no_list", facts=facts)


def unscreened(left: Sequence[Left], lists: Lists, looked_at: Mapping[str, datetime], kind: str, named_max: int) -> Iterator[Found]:
    """One finding about all transfers that left while no list of a kind was in force, unless somebody released them."""
    ones = [one for one in left if kind not in lists.kinds(one.left_at) and not reviewed(one, looked_at)]
    if not ones:
        return
    largest = sorted(ones, key=lambda one: (-one.value_jpy, one.transfer_id))[:named_max]
    yield Found(
        subject_kind="exchange",
        subject_id="exchange",
        **window(ones),
        score=Decimal(1),
        severity=Severity.high,
        amount_jpy=total(one.value_jpy for one in ones),
        sentence="unscreened",
        evidence=tuple(Evidence(*record) for record in sorted(one.record for one in largest)),
        facts={
            "count": len(ones),
            "first_at": min(one.left_at for one in ones),
            "last_at": max(one.left_at for one in ones),
        },
    )
