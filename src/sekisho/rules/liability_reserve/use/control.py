"""Use of the liability reserve: free, with approval only, or not, and the act on which that turns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from sekisho.engine.answers import Evidence, Found, Outcome, Reason, Severity
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
    """Whether a payment out of the reserve is free, waits for approval, or cannot be made. Other requests are not its concern."""
    if isinstance(request, ReserveUseRequest):
        used_on = (in_utc(request.requested_at) + JAPAN).date()
        use = Use(request.use_id, used_on, request.amount_jpy, request.purpose, request.act, request.approved_on)
        verdict = _verdict(use, request.reserve_jpy, request.releasable_jpy, p)
        if verdict is not None:
            yield Reason(outcome=verdict.outcome, sentence=verdict.sentence, facts=verdict.facts)


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """One finding for each payment the law did not allow. liability_reserve/accrual, which knows the ceiling, measures releases."""
    reserve = read_balances(records, "reserve")
    for use in read_uses(records):
        before = reserve.on(use.used_on - _DAY)
        held = before.amount if before else Decimal(0)
        verdict = _verdict(use, held, use.amount_jpy if use.purpose == "release" else None, p)
        if verdict is not None and verdict.outcome is not Outcome.allow:
            yield Found(
                subject_kind="exchange",
                subject_id="exchange",
                window_from=starts_at(use.used_on),
                window_until=starts_at(use.used_on + _DAY),
                score=share(use.amount_jpy, held) if held > 0 else Decimal(1),
                severity=Severity.critical if verdict.outcome is Outcome.refuse else None,
                sentence=verdict.sentence,
                amount_jpy=use.amount_jpy,
                evidence=(*((Evidence(*before.name),) if before else ()), Evidence("reserve_use", use.use_id)),
                facts={**verdict.facts, "use_id": use.use_id, "used_on": use.used_on, "purpose": use.purpose},
            )


class _Verdict(NamedTuple):
    outcome: Outcome
    sentence: str
    facts: Mapping[str, Any]


def _verdict(use: Use, reserve: Decimal, releasable: Decimal | None, p: Parameters) -> _Verdict | None:
    """What the law says of one payment; None where another rule judges it."""
    facts = {
        "amount": use.amount_jpy,
        "reserve": reserve,
        "releasable": Decimal(0) if releasable is None else releasable,
        "approved_on": use.approved_on,
        "act": use.act,
    }
    if use.amount_jpy > reserve:
        return _Verdict(Outcome.refuse, "above_reserve", facts)
    if use.act is not None and use.purpose in ("accident", "outflow"):
        return _Verdict(Outcome.allow, use.act, facts)
    if use.is_approved:
        return _Verdict(Outcome.allow, "approved", facts)
    if use.purpose == "release":
        shown = releasable is not None and use.amount_jpy <= releasable
        return _Verdict(Outcome.allow, "release", facts) if shown else _Verdict(Outcome.hold, "release_not_shown", facts)
    if use.purpose == "outflow":
        if p.outflow_by_level:
            return None
        return _Verdict(Outcome.hold, "outflow_open" if p.outflow_by_level is None else "outflow", facts)
    return _Verdict(Outcome.hold, "no_act" if use.purpose == "accident" else "default", facts)
