"""Unlawful stabilisation: what the series earned, and what the position held at its start was spared or gained."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sekisho.engine.answers import Amount
from sekisho.engine.penalty_answers import amounts
from sekisho.engine.penalty_case import PenaltyCase, end_of, fees, fills, left_aside, position
from sekisho.typologies.monetary_penalty import month_after, stabilising_amount

if TYPE_CHECKING:
    from sekisho.rulebook import Parameters

# FIEA 174-3 deems nobody else's trades own; close persons count through the position at the start only (174-3(5)(6)).
_OWN = frozenset({"own", "issuer"})


def compute(case: PenaltyCase, p: Parameters) -> Iterator[Amount]:
    """Own trades of the series, own later trades as far as they close it, the opening position, the fee for others."""
    window = month_after(case.ended_on, p.price_months)
    until = end_of(window.last)
    parts = []
    for name, prices, trades in case.each_issue():
        series = fills(trades, _OWN, case, case.counted)
        later = fills(trades, _OWN, case, lambda trade: not case.counted(trade) and case.counted(trade, until))
        parts.append(stabilising_amount(position(case, name, prices, series, window, "start_price", extremes=False), later))
    others = [t for t in case.trades if t.account == "other" and case.counted(t, until)]
    aside = left_aside(case, lambda trade: trade.account != "close_person" and case.counted(trade, until))
    yield from amounts(p, parts, fees(case, others, p.fee_multiple), aside)
