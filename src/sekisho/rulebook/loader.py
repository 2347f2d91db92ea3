"""Finds every rule folder, reads it strictly, and answers which rules hold on a day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path

from sekisho.rulebook.parameters import Value, parse_assumption
from sekisho.rulebook.regimes import Regimes, read_regimes
from sekisho.rulebook.rule import Rule, read_rule
from sekisho.rulebook.strict_yaml import Mapped, RulebookError, read_yaml

RULES_FOLDER = Path(__file__).resolve().parent.parent / "rules"


@dataclass(frozen=True, slots=True)
class Rulebook:
    """All rules, all regimes, all documents they cite."""

    folder: Path
    regimes: Regimes
    documents: Mapping[str, Mapped]
    rules: Mapping[str, Rule]

    def __getitem__(self, path: str) -> Rule:
        try:
            return self.rules[path]
        except KeyError:
            raise RulebookError(f"rule '{path}' is not known; 'sekisho rules list' shows all") from None

    def matching(self, glob: str | None) -> tuple[Rule, ...]:
        """The rules whose path matches; several globs are separated by commas. None matches all."""
        if glob is None:
            return tuple(self.rules.values())
        patterns = [pattern.strip() for pattern in glob.split(",") if pattern.strip()]
        found = tuple(r for r in self.rules.values() if any(fnmatchcase(r.path, p) for p in patterns))
        if not found:
            raise RulebookError(f"--rules {glob}: no rule matches; 'sekisho rules list' shows all")
        return found

    def assumptions(self, texts: tuple[str, ...] | list[str]) -> dict[str, dict[str, Value]]:
        """Parse every --assume and check that rule and parameter exist.

        A name that several parameters begin with stands for all of them: ``cooling_off.days`` assumes both waiting periods.
        """
        assumed: dict[str, dict[str, Value]] = {}
        for text in texts:
            path, name, value = parse_assumption(text)
            rule = self[path]
            named = [name] if name in rule.parameters else [each for each in rule.parameters if each.startswith(f"{name}_")]
            if not named:
                known = ", ".join(rule.parameters) or "none"
                raise RulebookError(f"--assume {text}: rule {path} has no parameter '{name}'; it has {known}")
            assumed.setdefault(path, {}).update(dict.fromkeys(named, value))
        return assumed

    def regime_on(self, regime: str | None, day: date) -> tuple[str, date]:
        """The regime that judges ``day`` (the chosen one, or the one in force) and the day whose law applies."""
        chosen = self.regimes.chosen(regime) if regime else self.regimes.in_force_on(day)
        return chosen.id, self.regimes.law_day(chosen, day)


@lru_cache(maxsize=4)
def load_rulebook(folder: Path = RULES_FOLDER) -> Rulebook:
    """Read the whole rulebook; raises RulebookError naming file and line at the first thing that cannot be trusted."""
    regimes = read_regimes(folder / "regimes.yaml")
    documents = _documents(folder / "documents.yaml")
    anchors = _anchors(folder / "framework.yaml")
    rules = {}
    for file in sorted(folder.glob("*/*/rule.yaml")):
        path = file.parent.relative_to(folder).as_posix()
        rules[path] = read_rule(file.parent, path, frozenset(regimes.by_id), frozenset(documents), anchors)
    return Rulebook(folder, regimes, documents, rules)


def _documents(file: Path) -> dict[str, Mapped]:
    value = read_yaml(file)
    if not isinstance(value, Mapped):
        raise RulebookError(f"{file}:1: documents must be a mapping from key to document")
    documents = {}
    for key, entry in value.items():
        if not isinstance(entry, Mapped):
            raise RulebookError(f"{file}:{value.lines[key]}: document '{key}' must be a mapping")
        documents[key] = entry
    return documents


def _anchors(file: Path) -> frozenset[str] | None:
    if not file.exists():
        return None
    from sekisho.rulebook.framework import load_framework

    return frozenset(asked.id for asked in load_framework(file))
