"""From the computed amount to the order: rounding, early report, repetition, confiscation, limitation and day of payment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from sekisho.engine.answers import Amount, Step
from sekisho.engine.penalty_case import PenaltyCase, PriorOrder, japan_day
from sekisho.typologies.business_days import months_elapsed_on
from sekisho.typologies.monetary_penalty import ZERO, Line, MissingFigure, Reductions, back, ordered_amount

if TYPE_CHECKING:
    from sekisho.rulebook import Parameters


def compute(case: PenaltyCase, p: Parameters) -> Iterator[Amount]:
    """The amount of the order for a case whose ``computed_jpy`` is known."""
    if case.computed_jpy is None:
        raise MissingFigure("'computed_jpy' is not given; it is what the formula of the violation comes to")
    changes = Reductions(
        repeat_multiple=p.repeat_multiple if _repeats(case, p) else None,
        halved=_halved(case),
        halved_share=p.self_report_share,
        confiscated=ZERO if case.violation == "tipping" else case.confiscation_jpy,
    )
    amount, lines = ordered_amount(case.computed_jpy, p.round_down_jpy, p.least_jpy, changes)
    if _barred(case, p):
        lines.append(Line("limitation", f"proceedings opened more than {p.limitation_years} years after", ZERO))
        amount = ZERO
    clock = case.judgment_final_on or case.decision_dispatched_on
    yield Amount(
        name="amount_jpy",
        as_of=p.as_of,
        value=amount,
        unit="JPY",
        working=(*(Step(*line) for line in lines), Step("amount of the order", "no order where it is 0", amount)),
        evidence=(),
        facts={"due_on": months_elapsed_on(clock, p.payment_months) if clock and amount > 0 else None},
    )


def _days(case: PenaltyCase) -> list[date]:
    """The days the law counts from: of each trade (insider), of the tip, or of the start of the violation."""
    if case.violation == "insider":
        last = japan_day(case.publication.published_at) if case.publication else date.max
        return [trade.day for trade in case.trades if trade.day <= last]
    tipped_at = case.tip.tipped_at if case.tip and case.violation == "tipping" else None
    text = tipped_at or case.violation_from
    return [japan_day(text)] if text else []


def _repeats(case: PenaltyCase, p: Parameters) -> bool:
    """Whether an order that is not under appeal fell within the years before one of those days."""
    orders = [o if isinstance(o, PriorOrder) else PriorOrder(ordered_on=o) for o in case.prior_orders]
    if orders and not _days(case):
        raise MissingFigure("'prior_orders' are given, the day of the violation they are counted back from is not")
    return any(
        back(day, years=p.repeat_years) <= order.ordered_on <= day
        for day in _days(case)
        for order in orders
        if not order.lawsuit_pending
    )


def _halved(case: PenaltyCase) -> Decimal:
    """What an early report reduces: of the cases here, only an issuer's purchases of its own shares, the latest of them."""
    if not (case.self_reported and case.own_share_acquisition and case.violation == "insider" and not case.tender_offer):
        return ZERO
    assert case.computed_jpy is not None
    return case.computed_jpy if case.latest_trade_jpy is None else case.latest_trade_jpy


def _barred(case: PenaltyCase, p: Parameters) -> bool:
    """Whether proceedings were opened too late. Trades of one insider case lapse one by one; a mixed case is refused."""
    if case.proceedings_opened_on is None:
        return False
    limit = back(case.proceedings_opened_on, years=p.limitation_years)
    days = [case.ended_on] if case.violation not in {"insider", "tipping"} else _days(case)
    late = [day for day in days if day < limit]
    if late and len(late) < len(days):
        raise MissingFigure(f"trades before {limit} can no longer be proceeded against; take them out of the case")
    return bool(late)
