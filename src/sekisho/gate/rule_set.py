"""A rule set: which rules judge, under which law, with which values set by the firm, and what an open value means."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Final

import msgspec

from sekisho.gate.code_hash import code_hashes
from sekisho.gate.messages import encode
from sekisho.rulebook import Rule, Rulebook, RulebookError

LISTED: Final = "list"
"""What an undetermined rule means where the rule set lets it be: it is listed with every decision and holds nothing up."""


class RuleSet(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is drafted, tried in shadow, committed and put in force.

    ``regime`` None is the law in force on the day of each decision. ``rules`` are globs over rule paths. ``assume`` are values
    as for --assume. ``undetermined`` says by glob, the last one that matches, what a rule without a value means: hold, refuse or
    list. ``release_needs`` is how many different people must approve or release before a hold without end is lifted.
    ``folders`` is filled when the set is committed: each rule's path and the hash of its folder, and the code beneath all rules
    (``engine``, ``typologies``) and its hash.
    """

    name: str
    regime: str | None = None
    rules: tuple[str, ...] = ("*",)
    assume: tuple[str, ...] = ()
    undetermined: Mapping[str, str] = msgspec.field(default_factory=lambda: {"*": "hold"})
    release_needs: int = 2
    note: str = ""
    folders: Mapping[str, str] = {}

    @property
    def hash(self) -> str:
        """SHA-256 over the whole content: the name by which decisions call it."""
        return hashlib.sha256(encode(self)).hexdigest()

    def when_undetermined(self, rule: str) -> str:
        """``hold``, ``refuse`` or ``list`` for a rule that lacks a value."""
        meant = [what for glob, what in self.undetermined.items() if fnmatchcase(rule, glob)]
        return meant[-1] if meant else "hold"


def rules_of(rule_set: RuleSet, rulebook: Rulebook) -> tuple[Rule, ...]:
    """The rules the set chooses that answer before the event, in order of their paths."""
    return tuple(rule for rule in rulebook.matching(",".join(rule_set.rules)) if "decide" in rule.questions)


def checked(rule_set: RuleSet, rulebook: Rulebook) -> RuleSet:
    """The same set with the hash of every rule folder; raises RulebookError for what does not fit the rulebook."""
    if rule_set.regime is not None:
        rulebook.regimes.chosen(rule_set.regime)
    rulebook.assumptions(list(rule_set.assume))
    for glob, what in rule_set.undetermined.items():
        if what not in ("hold", "refuse", LISTED):
            raise RulebookError(f"rule set {rule_set.name}: undetermined.{glob} is {what!r}; choose hold, refuse or list")
    if rule_set.release_needs < 1:
        raise RulebookError(f"rule set {rule_set.name}: release_needs is {rule_set.release_needs}; at least one person releases")
    rules = rules_of(rule_set, rulebook)
    if not rules:
        raise RulebookError(f"rule set {rule_set.name}: none of its rules answers before the event")
    return msgspec.structs.replace(rule_set, folders={**code_hashes(), **{rule.path: rule.hash for rule in rules}})


def changes(one: RuleSet, other: RuleSet) -> dict[str, tuple[object, object]]:
    """What differs between two sets, field by field; rules and values one by one."""
    told: dict[str, tuple[object, object]] = {}
    before, after = (_flat(each) for each in (one, other))
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            told[name] = (before.get(name), after.get(name))
    return told


def _flat(rule_set: RuleSet) -> dict[str, object]:
    flat: dict[str, object] = {name: getattr(rule_set, name) for name in ("name", "regime", "rules", "release_needs", "note")}
    flat |= {f"assume {text.partition('=')[0]}": text.partition("=")[2] for text in rule_set.assume}
    flat |= {f"undetermined {glob}": what for glob, what in rule_set.undetermined.items()}
    return flat | {f"rule {path}": folder[:12] for path, folder in rule_set.folders.items()}
