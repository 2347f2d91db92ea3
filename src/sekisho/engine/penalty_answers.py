"""How a penalty rule answers: an amount for each issue with the allocation of its fills, then the sum of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from sekisho.engine.answers import Amount, Step
from sekisho.typologies.monetary_penalty import ZERO, Fill, IssueAmount, Line, Split

if TYPE_CHECKING:
    from sekisho.rulebook import Parameters

ISSUE = "issue"
COMPUTED = "computed_jpy"


def amounts(
    p: Parameters, parts: Sequence[IssueAmount], others: tuple[Decimal, Iterable[Line]], aside: Iterable[Line] = ()
) -> Iterator[Amount]:
    """One amount for each issue, then the computed amount: the issues and what trading for others earned, added up.

    ``aside`` are the lines of trades that do not count: shown, and worth nothing.
    A negative issue is taken off the others; the sum itself may be negative, which gives no order.
    """
    fee, fee_lines = others
    for part in parts:
        yield Amount(
            name=ISSUE,
            as_of=p.as_of,
            value=part.amount,
            unit="JPY",
            working=tuple(Step(*line) for line in part.lines),
            evidence=(),
            facts={"instrument": part.name, "first": part.first, "second": part.second, "allocation": allocation(part.split)},
        )
    total = sum((part.amount for part in parts), ZERO) + fee
    steps = [Step(*line) for line in aside]
    steps += [Step(f"{part.name}: amount", "first part + second part", part.amount) for part in parts]
    steps += [Step(*line) for line in fee_lines]
    steps.append(Step("computed amount", "all issues + trades for others", total))
    yield Amount(name=COMPUTED, as_of=p.as_of, value=total, unit="JPY", working=tuple(steps), evidence=())


def allocation(split: Split | None) -> tuple[str, ...]:
    """Which part of which fill is balanced and which is excess: ``side|name|balanced or excess|quantity|price``."""
    if split is None:
        return ()
    told: list[str] = []
    for where, fills in (
        ("balanced", (*split.matched_sells, *split.matched_buys)),
        ("excess", (*split.excess_sells, *split.excess_buys)),
    ):
        told += [_told(fill, where) for fill in fills]
    return tuple(told)


def _told(fill: Fill, where: str) -> str:
    return f"{fill.side}|{fill.name}|{where}|{fill.quantity:f}|{fill.price:f}"
