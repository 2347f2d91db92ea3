"""Tipping and recommending: half of what the recipient gained, or what the recipient paid a broker or an offering firm."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from sekisho.engine.answers import Amount
from sekisho.engine.penalty_answers import amounts
from sekisho.engine.penalty_case import (
    PenaltyCase,
    Tip,
    Trade,
    after_tip,
    before_publication,
    fills,
    left_aside,
    weeks_after_publication,
)
from sekisho.typologies.monetary_penalty import ZERO, Issue, IssueAmount, Line, MissingFigure, directional_amount

if TYPE_CHECKING:
    from sekisho.rulebook import Parameters

_ANY_ACCOUNT = frozenset({"own", "close_person", "issuer", "other"})


def compute(case: PenaltyCase, p: Parameters) -> Iterator[Amount]:
    """Nothing unless the recipient traded before publication; then by the business in which the tip was given."""
    tip = case.tip or Tip()

    def counted(trade: Trade) -> bool:
        return after_tip(case, trade) and before_publication(case, trade)

    if not case.trades:
        raise MissingFigure("the recipient's 'trades' are not given; without one before publication there is no order")
    aside = left_aside(case, counted)
    if not any(counted(trade) for trade in case.trades):
        yield from amounts(p, (), (ZERO, [Line("recipient's trades before publication", "none: no order", ZERO)]), aside)
    elif tip.business == "none":
        parts = tuple(_gains(case, p, counted))
        gain = sum((part.amount for part in parts), ZERO)
        lines = [line for part in parts for line in part.lines]
        lines += [
            Line("recipient's gain", "all issues", gain),
            Line("share of it", f"{p.gain_share} x {gain}", gain * p.gain_share),
        ]
        yield from amounts(p, (), (gain * p.gain_share, lines), aside)
    else:
        yield from amounts(p, (), _consideration(tip, p), aside)


def _gains(case: PenaltyCase, p: Parameters, counted: object) -> Iterator[IssueAmount]:
    # FIEA 175-2(3) knows neither the six months of 175(1) nor a difference between own and other accounts.
    window = weeks_after_publication(case, p.price_weeks)
    for name, prices, trades in case.each_issue():
        theirs = fills(trades, _ANY_ACCOUNT, case, counted)
        sides = {fill.side for fill in theirs}
        low = prices.extreme("low", window, f"issue {name}") if "sell" in sides else None
        high = prices.extreme("high", window, f"issue {name}") if "buy" in sides else None
        yield directional_amount(Issue(name=name, fills=theirs, lowest=low, highest=high))


def _consideration(tip: Tip, p: Parameters) -> tuple[Decimal, list[Line]]:
    monthly = _given(tip.monthly_consideration_jpy, "monthly_consideration_jpy")
    total = monthly * p.consideration_multiple
    lines = [Line("broking paid by the recipient in the month of the tip", f"{p.consideration_multiple} x {monthly}", total)]
    if tip.business == "offering":
        offering = _given(tip.offering_consideration_jpy, "offering_consideration_jpy")
        part = ZERO if tip.offering_already_ordered else offering * p.offering_share / tip.decisions_on_same_offering
        how = f"{p.offering_share} x {offering} / {tip.decisions_on_same_offering} decisions"
        lines.append(Line("offering and underwriting", "already ordered" if tip.offering_already_ordered else how, part))
        total += part
    return total, lines


def _given(figure: Decimal | None, name: str) -> Decimal:
    if figure is None:
        raise MissingFigure(f"'tip.{name}' is not given and the formula needs it")
    return figure
