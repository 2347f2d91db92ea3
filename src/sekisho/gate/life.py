"""The life of rule sets: drafted, tried in shadow, committed, put in force by a second person, rolled back in one step.

Every step is an entry of the journal, so it is durable, dated and signed with a name, and every gate process follows it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from sekisho.gate.messages import GateConflict, GateSamePerson, GateUnknown
from sekisho.gate.rule_set import RuleSet

STEPS: Final = ("draft", "shadow", "unshadow", "commit", "activate", "roll_back")


class Ruled(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One step in the life of a rule set: ``rule_set`` is its hash, ``content`` is given where the step brings it."""

    step: str
    by: str
    at: datetime
    rule_set: str
    content: RuleSet | None = None
    why: str = ""


class RuleLife:
    """Which sets there are and which one is in force, from the steps taken."""

    def __init__(self) -> None:
        self.drafts: dict[str, str] = {}
        self.contents: dict[str, RuleSet] = {}
        self.authors: dict[str, set[str]] = {}
        self.committed: dict[str, Ruled] = {}
        self.in_force: list[str] = []
        self.shadow: str | None = None
        self.history: list[Ruled] = []

    @property
    def active(self) -> RuleSet | None:
        """The set in force; None before the first is activated."""
        return self.contents[self.in_force[-1]] if self.in_force else None

    @property
    def shadowed(self) -> RuleSet | None:
        """The set that runs beside it without effect."""
        return None if self.shadow is None else self.contents[self.shadow]

    def named(self, name: str) -> str:
        """The hash of a set called by hash, the beginning of one, or name (its latest draft or commit)."""
        found = [each for each in self.contents if each.startswith(name) and len(name) >= 6]
        if len(found) == 1:
            return found[0]
        for step in reversed(self.history):
            if step.rule_set in self.contents and self.contents[step.rule_set].name == name:
                return step.rule_set
        raise GateUnknown(f"rule set {name!r} is not known; 'sekisho gate rules show' lists all")

    def check(self, step: Ruled) -> None:
        """Whether a step may be taken now; raises GateConflict saying why not."""
        name = step.content.name if step.content else self.contents[step.rule_set].name
        if step.content is not None and step.content.hash != step.rule_set:
            raise GateConflict(f"{step.step} is about {step.rule_set[:12]} and brings another set, {name}; leave that out")
        if not step.by:
            raise GateConflict(f"{step.step} {name}: somebody must answer for it; give --by NAME")
        match step.step:
            case "commit" if step.rule_set in self.committed:
                raise GateConflict(f"rule set {name} is committed already as {step.rule_set[:12]}")
            case "activate":
                committed = self.committed.get(step.rule_set)
                if committed is None:
                    raise GateConflict(f"rule set {name} is a draft; commit it before it is activated")
                if step.by in self.authors.get(step.rule_set, set()):
                    raise GateSamePerson(f"rule set {name} was drafted or committed by {step.by}; a second person activates it")
                if self.in_force and self.in_force[-1] == step.rule_set:
                    raise GateConflict(f"rule set {name} is in force already")
            case "roll_back" if len(self.in_force) < 2:
                raise GateConflict("there is no earlier rule set to go back to")
            case "unshadow" if self.shadow is None:
                raise GateConflict("no rule set is in shadow")

    def take(self, step: Ruled) -> None:
        """Take in a step that was checked, or read from the journal."""
        self.history.append(step)
        if step.content is not None:
            self.contents[step.rule_set] = step.content
        match step.step:
            case "draft":
                # One that is known by name may be drafted again, without being told again.
                self.drafts[self.contents[step.rule_set].name] = step.rule_set
                self.authors.setdefault(step.rule_set, set()).add(step.by)
            case "commit":
                drafted_by = self.authors.get(self.drafts.pop(self.contents[step.rule_set].name, ""), set())
                self.authors.setdefault(step.rule_set, set()).update({step.by}, drafted_by)
                self.committed[step.rule_set] = step
            case "shadow":
                self.shadow = step.rule_set
            case "unshadow":
                self.shadow = None
            case "activate":
                self.in_force.append(step.rule_set)
                if self.shadow == step.rule_set:
                    self.shadow = None
            case "roll_back":
                self.in_force.pop()
