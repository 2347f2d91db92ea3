"""STIX patterns: are they well formed (section 9), and which addresses, domains and URLs do they name?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from stix2patterns.inspector import INDEX_STAR
from stix2patterns.v21.pattern import Pattern
from stix2patterns.validator import run_validator

_TYPE = re.compile(r"[a-z0-9][a-z0-9-]{1,248}[a-z0-9]")
_PROPERTY = re.compile(r"[a-z0-9_]{3,250}|id", re.IGNORECASE)


class Comparison(NamedTuple):
    """One comparison of a pattern: on which type of object, which path in it, how, with what, and whether negated."""

    object_type: str
    path: tuple[str, ...]
    operator: str
    value: str
    negated: bool


@lru_cache(1024)
def pattern_problems(pattern: str) -> tuple[str, ...]:
    """What is wrong with a pattern; empty where nothing is."""
    try:
        compared = comparisons(pattern)
    except ValueError:
        problems = run_validator(pattern, stix_version="2.1") or ["cannot be read"]
        return tuple(f"is not a pattern: {str(problem).removeprefix('FAIL: ')}" for problem in problems)
    found = []
    for one in compared:
        if not _TYPE.fullmatch(one.object_type):
            found.append(f"'{one.object_type}' is not the name of a type of object")
        if one.path and not _PROPERTY.fullmatch(one.path[0]):
            found.append(f"'{one.path[0]}' is not the name of a property")
    return tuple(dict.fromkeys(found))


def comparisons(pattern: str) -> tuple[Comparison, ...]:
    """Every comparison of a well-formed pattern, in order of type. Raises ValueError for one that is not."""
    try:
        told: dict[str, list[tuple[list[Any], str, str]]] = Pattern(pattern).inspect().comparisons
    except Exception as error:  # the parser's own kinds of error are not part of its interface
        raise ValueError(f"not a pattern: {error}") from error
    return tuple(_comparisons(told))


def _comparisons(told: dict[str, list[tuple[list[Any], str, str]]]) -> Iterator[Comparison]:
    for object_type, those in told.items():
        for path, operator, value in those:
            steps = tuple("*" if step is INDEX_STAR else str(step) for step in path)
            negated = operator.upper().startswith("NOT ") or operator == "!="
            yield Comparison(object_type, steps, operator.upper().removeprefix("NOT "), value, negated)
