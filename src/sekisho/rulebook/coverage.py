"""How much of what the framework asks for runs: computed from the rule folders, never kept by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from sekisho.rulebook.framework import Asked, load_framework
from sekisho.rulebook.loader import Rulebook
from sekisho.rulebook.strict_yaml import RulebookError

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


class _Standing(msgspec.Struct, frozen=True):
    """One item as the office exports it; what else it tells is not needed here."""

    item: str
    rule: str | None
    state: str
    in_force_until: date | None


class _Export(msgspec.Struct, frozen=True):
    items: tuple[_Standing, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vouched:
    """How people vouch for one rule: items that stand, items asked, and the first day on which one of those that stand runs out."""

    rule: str
    stands: int
    asked: int
    until: date | None

    @property
    def state(self) -> str:
        """vouched (every item stands), in part, or not."""
        return "vouched" if self.stands == self.asked else "in_part" if self.stands else "not_vouched"


def read_vouched(file: Path, on: date) -> Mapping[str, Vouched]:
    """What 'sekisho office attestations --json' wrote, by rule, as it counts on a day. Raises RulebookError naming the file."""
    try:
        export = msgspec.json.decode(file.read_bytes(), type=_Export)
    except OSError as error:
        raise RulebookError(
            f"{file}: cannot be read: {error.strerror}; give a file of 'sekisho office attestations --json'"
        ) from None
    except msgspec.MsgspecError as error:
        raise RulebookError(f"{file}: {error}; give a file of 'sekisho office attestations --json'") from None
    by_rule: dict[str, list[_Standing]] = {}
    for each in export.items:
        if each.rule is not None and each.state != "retired":
            by_rule.setdefault(each.rule, []).append(each)
    return {rule: _vouched(rule, items, on) for rule, items in sorted(by_rule.items())}


def _vouched(rule: str, items: list[_Standing], on: date) -> Vouched:
    stand = [
        each.in_force_until
        for each in items
        if each.state in ("in_force", "expiring") and each.in_force_until is not None and each.in_force_until >= on
    ]
    return Vouched(rule=rule, stands=len(stand), asked=len(items), until=min(stand, default=None))


def vouched_json(vouched: Mapping[str, Vouched], rules: tuple[str, ...]) -> list[dict[str, Any]]:
    """How people vouch for the rules that answer to one thing, for a program."""
    return [
        {
            "rule": rule,
            "state": vouched[rule].state,
            "stands": vouched[rule].stands,
            "asked": vouched[rule].asked,
            "until": None if vouched[rule].until is None else str(vouched[rule].until),
        }
        for rule in rules
        if rule in vouched
    ]
