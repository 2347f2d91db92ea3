"""Loads the control of a rule: at most one function for each question, and no other public name."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any

from sekisho.rulebook import Parameters, Rule, RulebookError

if TYPE_CHECKING:
    from sekisho.engine.answers import Amount, Found, Obligation, Reason
    from sekisho.engine.calendar import Calendar
    from sekisho.engine.requests import Request, View
    from sekisho.records import Records

_FUNCTIONS = ("detect", "decide", "compute", "due")


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """The functions of one control.py; None for a question the rule does not ask.

    ``compute`` takes the records, or for a rule with ``over: case`` a penalty case.
    """

    detect: Callable[[Records, Parameters], Iterable[Found]] | None = None
    decide: Callable[[Request, View, Parameters], Iterable[Reason]] | None = None
    compute: Callable[[Any, Parameters], Iterable[Amount]] | None = None
    due: Callable[[Calendar, Parameters], Iterable[Obligation]] | None = None


def load_control(rule: Rule) -> Control:
    """The control of a rule; raises RulebookError where its functions and the questions of rule.yaml differ."""
    asked = set(rule.questions) & set(_FUNCTIONS)
    if not asked:
        return Control()
    module = _module(rule)
    answered = {name for name in _FUNCTIONS if callable(getattr(module, name, None))}
    if answered != asked:
        raise RulebookError(
            f"{rule.folder / 'control.py'}: rule.yaml asks {', '.join(sorted(asked))}, "
            f"control.py answers {', '.join(sorted(answered)) or 'nothing'}"
        )
    return Control(**{name: getattr(module, name) for name in answered})


def _module(rule: Rule) -> ModuleType:
    name = f"sekisho.rules.{rule.path.replace('/', '.')}.control"
    file = rule.folder / "control.py"
    loaded = sys.modules.get(name)
    if loaded is not None and loaded.__file__ == str(file):
        return loaded
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
