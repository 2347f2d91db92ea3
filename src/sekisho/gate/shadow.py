"""A rule set in shadow: asked beside the one in force, without effect, and every difference kept."""

from __future__ import annotations

import msgspec

from sekisho.gate.deciding import Deciding, judge
from sekisho.gate.entries import Decided, Shadowed
from sekisho.gate.plan import Plan
from sekisho.gate.rule_set import RuleSet
from sekisho.gate.state import GateView, State


def compared(decided: Decided, deciding: Deciding, rule_set: RuleSet, plan: Plan, state: State, view: GateView) -> Decided:
    """The decision with what the shadow would have said, where outcome or reasons differ."""
    other = judge(deciding, plan, 0, state, view, rule_set)
    mine, theirs = ({(one.key, one.outcome) for one in each.said} for each in (decided, other))
    if decided.outcome == other.outcome and mine == theirs:
        return decided
    rules = tuple(sorted({key for key, _ in mine ^ theirs}))
    return msgspec.structs.replace(decided, shadow=Shadowed(rule_set=rule_set.hash, outcome=other.outcome, rules=rules))
