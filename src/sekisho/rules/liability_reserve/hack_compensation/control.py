"""Compensation of a hack: without approval of the single case only from a reserve that stood at the appropriate level."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from sekisho.engine.answers import Evidence, Fact, Found, Outcome, Reason
from sekisho.engine.requests import ReserveUseRequest
from sekisho.typologies.custody import share
from sekisho.typologies.liability_reserve import Use, read_balances, read_uses
from sekisho.typologies.valuation import JAPAN, in_utc, starts_at

if TYPE_CHECKING:
    from sekisho.engine.requests import Request, View
    from sekisho.records import Records
    from sekisho.rulebook import Parameters

_DAY = timedelta(days=1)


def decide(request: Request, view: View, p: Parameters) -> Iterator[Reason]:
    """Allow a payment for a theft without fault from a reserve at its level, hold it else; others are not its concern."""
    if isinstance(request, ReserveUseRequest):
        used_on = (in_utc(request.requested_at) + JAPAN).date()
        use = Use(request.use_id, used_on, request.amount_jpy, request.purpose, request.act, request.approved_on)
        if _is_hack(use):
            at_level = request.reserve_jpy >= p.required_jpy
            yield Reason(
                outcome=Outcome.allow if at_level else Outcome.hold,
                sentence="at_level" if at_level else "default",
                facts=_facts(use, request.reserve_jpy, p),
            )


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """One finding for each payment for a theft without fault and without approval from a reserve below its level."""
    reserve = read_balances(records, "reserve")
    for use in read_uses(records):
        before = reserve.on(use.used_on - _DAY)
        held = before.amount if before else Decimal(0)
        if _is_hack(use) and held < p.required_jpy:
            yield Found(
                subject_kind="exchange",
                subject_id="exchange",
                window_from=starts_at(use.used_on),
                window_until=starts_at(use.used_on + _DAY),
                score=share(p.required_jpy - held, p.required_jpy),
                amount_jpy=use.amount_jpy,
                evidence=(*((Evidence(*before.name),) if before else ()), Evidence("reserve_use", use.use_id)),
                facts={**_facts(use, held, p), "use_id": use.use_id, "used_on": use.used_on},
            )


def _is_hack(use: Use) -> bool:
    """A theft without an act of the firm, not approved: the one case in which the level decides."""
    return use.purpose == "outflow" and use.act is None and not use.is_approved


def _facts(use: Use, reserve: Decimal, p: Parameters) -> Mapping[str, Fact]:
    return {"amount": use.amount_jpy, "reserve": reserve, "required": p.required_jpy}
