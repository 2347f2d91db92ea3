"""Rumour and fraudulent means: what the excess of sales or purchases gained against the extreme price of the month after."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sekisho.engine.answers import Amount
from sekisho.engine.penalty_answers import amounts
from sekisho.engine.penalty_case import OWN, PenaltyCase, end_of, fees, fills, left_aside, position
from sekisho.typologies.monetary_penalty import month_after, position_amount

if TYPE_CHECKING:
    from sekisho.rulebook import Parameters


def compute(case: PenaltyCase, p: Parameters) -> Iterator[Amount]:
    """Each issue by itself with its opening position, then the fee of trading for others until the window ends."""
    window = month_after(case.ended_on, p.price_months)
    parts = [
        position_amount(position(case, name, prices, fills(trades, OWN, case, case.counted), window, "price_before"), matched=False)
        for name, prices, trades in case.each_issue()
    ]
    others = [t for t in case.trades if t.account == "other" and case.counted(t, end_of(window.last))]
    aside = left_aside(case, lambda trade: case.counted(trade, end_of(window.last) if trade.account == "other" else None))
    yield from amounts(p, parts, fees(case, others, p.fee_multiple), aside)
