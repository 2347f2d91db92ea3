"""How the rulebook differs between two regimes: which rules come, go or change, value by value."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sekisho.rulebook.loader import Rulebook
from sekisho.rulebook.parameters import Value
from sekisho.rulebook.rule import Holding, Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueChange:
    """A parameter under each regime; None is undetermined."""

    name: str
    unit: str
    before: Value | None
    after: Value | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleDifference:
    """One rule under two regimes. ``change`` is comes, goes, changes, same or neither."""

    rule: Rule
    change: str
    before: Holding | None
    after: Holding | None
    values: tuple[ValueChange, ...]


def difference(rulebook: Rulebook, before: str, after: str, as_of: date) -> tuple[RuleDifference, ...]:
    """Every rule under both regimes, judged for ``as_of`` (a Japan date)."""
    one, day_one = rulebook.regime_on(before, as_of)
    other, day_other = rulebook.regime_on(after, as_of)
    return tuple(_difference(rule, (one, day_one), (other, day_other), as_of) for rule in rulebook.rules.values())


def _difference(rule: Rule, one: tuple[str, date], other: tuple[str, date], as_of: date) -> RuleDifference:
    before, after = rule.holding(*one), rule.holding(*other)
    values = _values(rule, one, other, as_of) if before and after else ()
    return RuleDifference(rule=rule, change=_change(before, after, values), before=before, after=after, values=values)


def _values(rule: Rule, one: tuple[str, date], other: tuple[str, date], as_of: date) -> tuple[ValueChange, ...]:
    old = rule.parameters_in(*one, as_of, {})
    new = rule.parameters_in(*other, as_of, {})
    return tuple(
        ValueChange(name=was.name, unit=was.unit, before=was.value, after=becomes.value)
        for was, becomes in zip(old, new, strict=True)
        if was.value != becomes.value
    )


def _change(before: Holding | None, after: Holding | None, values: tuple[ValueChange, ...]) -> str:
    if before is None or after is None:
        return "neither" if before is after else "comes" if before is None else "goes"
    moved = (
        values
        or before.status != after.status
        or before.consequences != after.consequences
        or before.provisions != after.provisions
    )
    return "changes" if moved else "same"
