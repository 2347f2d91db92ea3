"""Roles, and for each act the roles that may do it. What no area declares nobody may do."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Final, Literal, get_args

from django.conf import settings

Role = Literal["operations", "compliance", "supervisor", "audit", "director", "investigator", "sro", "auditor", "administrator"]
"""First line (operations), second line (compliance, and its supervisor who approves), third line (audit: internal audit); director,
who oversees; investigator, self-regulatory organisation and external auditor, who read what they are let see; administrator of
accounts."""
ROLES: Final[tuple[Role, ...]] = get_args(Role)

SECOND_LINE: Final = frozenset[Role]({"compliance", "supervisor"})
READERS: Final = frozenset[Role]({"compliance", "supervisor", "audit", "investigator", "sro", "auditor"})
EVERYBODY: Final = frozenset[Role](ROLES)

LINES: Final[tuple[frozenset[Role], ...]] = (
    frozenset({"operations"}),
    frozenset({"compliance", "supervisor"}),
    frozenset({"audit"}),
    frozenset({"director"}),
    frozenset({"investigator"}),
    frozenset({"sro"}),
    frozenset({"auditor"}),
    frozenset({"administrator"}),
)
"""Roles of different lines no person holds together: who does, watches, audits, oversees, is let in, keeps the accounts."""


@cache
def matrix() -> Mapping[str, frozenset[Role]]:
    """Every act of the console and the roles that may do it, as the areas' ``access.py`` declare them."""
    acts: dict[str, frozenset[Role]] = {}
    for area in settings.AREAS:
        name = f"sekisho.console.{area}.access"
        if find_spec(name) is None:
            continue
        declared: Mapping[str, Collection[Role]] = import_module(name).ACCESS
        twice = acts.keys() & declared.keys()
        assert not twice, f"{name} declares again what may be done: {sorted(twice)}"
        acts.update({act: frozenset(roles) for act, roles in declared.items()})
    return acts
