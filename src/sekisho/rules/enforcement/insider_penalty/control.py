"""Insider dealing: what the trades before publication gained against the extreme price of the weeks after it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sekisho.engine.answers import Amount
from sekisho.engine.penalty_answers import amounts
from sekisho.engine.penalty_case import (
    OWN,
    PenaltyCase,
    Trade,
    before_publication,
    fees,
    fills,
    left_aside,
    weeks_after_publication,
)
from sekisho.typologies.monetary_penalty import Issue, back, directional_amount

if TYPE_CHECKING:
    from sekisho.rulebook import Parameters


def compute(case: PenaltyCase, p: Parameters) -> Iterator[Amount]:
    """Every own sale and purchase of the months before publication, then the fee of trading for others."""
    window = weeks_after_publication(case, p.price_weeks)
    since = back(window.first, months=p.lookback_months)

    def counted(trade: Trade) -> bool:
        in_time = not (case.violation_from and case.violation_until) or case.counted(trade)
        return in_time and before_publication(case, trade) and trade.day >= since

    parts = []
    for name, prices, trades in case.each_issue():
        own = fills(trades, OWN, case, counted)
        sides = {fill.side for fill in own}
        low = prices.extreme("low", window, f"issue {name}") if "sell" in sides else None
        high = prices.extreme("high", window, f"issue {name}") if "buy" in sides else None
        parts.append(directional_amount(Issue(name=name, fills=own, lowest=low, highest=high)))
    # FIEA 175(1)(iii) limits trades for others to the violation, not to the six months of items (i) and (ii).
    others = [t for t in case.trades if t.account == "other" and before_publication(case, t)]
    aside = left_aside(case, lambda trade: trade in others if trade.account == "other" else counted(trade))
    yield from amounts(p, parts, fees(case, others, p.fee_multiple), aside)
