"""How much of what the framework asks for runs: computed from the rule folders, never kept by hand."""

from __future__ import annotations

from dataclasses import dataclass

from sekisho.rulebook.framework import Asked, load_framework
from sekisho.rulebook.loader import Rulebook

STATES = ("running", "written", "none")
"""A rule that runs; a rule still without a control (and nothing to attest); no rule at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """One thing the framework asks for, and the rules that answer to it."""

    asked: Asked
    state: str
    rules: tuple[str, ...]


def coverage(rulebook: Rulebook) -> tuple[Covered, ...]:
    """Every thing asked for, in the order of the framework, with its state."""
    answering: dict[str, list[str]] = {}
    for rule in rulebook.rules.values():
        for anchor in rule.anchors:
            answering.setdefault(anchor, []).append(rule.path)
    return tuple(
        _covered(asked, answering.get(asked.id, []), rulebook) for asked in load_framework(rulebook.folder / "framework.yaml")
    )


def _covered(asked: Asked, paths: list[str], rulebook: Rulebook) -> Covered:
    running = [p for p in paths if _runs(p, rulebook)]
    state = "running" if running else "written" if paths else "none"
    return Covered(asked=asked, state=state, rules=tuple(running or paths))


def _runs(path: str, rulebook: Rulebook) -> bool:
    rule = rulebook.rules[path]
    return rule.has_control or bool(rule.attestations)
