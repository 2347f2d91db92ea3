"""Margin: what a client holds on credit, what stands as deposit for it, and how much of an order adds to it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple


class Position(NamedTuple):
    """One row of ``margin_position`` while it is open; ``amount_jpy`` is the amount at its opening."""

    position_id: str
    instrument: str
    side: str
    quantity: Decimal
    amount_jpy: Decimal
    opened_at: datetime


class Valuation(NamedTuple):
    """One row of ``margin_valuation``: the deposit with profit and loss in it, and the amount of the trades."""

    valued_at: datetime
    deposit_jpy: Decimal
    amount_jpy: Decimal
    required_jpy: Decimal
    loss_jpy: Decimal
    loss_cut_at_jpy: Decimal | None


class Call(NamedTuple):
    """One row of ``margin_call`` while it is neither met nor settled."""

    call_id: str
    determined_at: datetime
    shortfall_jpy: Decimal
    excuse: str | None


class Margin(NamedTuple):
    """What is on record of an account's margin trading: open positions and calls, and the last valuation."""

    positions: Sequence[Position]
    calls: Sequence[Call]
    valuation: Valuation | None


NONE = Margin((), (), None)


def adds(side: str, quantity: Decimal, positions: Iterable[Position], instrument: str) -> Decimal:
    """How much of an order opens new risk: what is left of it after it has closed the positions on the other side."""
    opposite = sum((p.quantity for p in positions if p.instrument == instrument and p.side != side), Decimal(0))
    return max(Decimal(0), quantity - opposite)
