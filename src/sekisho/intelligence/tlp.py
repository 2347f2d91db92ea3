"""The traffic light protocol: what of the intelligence received may be kept, shown to whom, and passed on.

TLP 1.0 (white, green, amber, red) and TLP 2.0 (clear, green, amber, amber+strict, red; FIRST, August 2022) are both read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sekisho.intelligence.stix.vocabularies import TLP, TLP_2, TLP_2_EXTENSION

LEVELS = ("clear", "green", "amber", "amber+strict", "red")
"""From what may be told to anybody to what only the persons present may know."""

AUDIENCES = {"public": "clear", "community": "green", "clients": "amber", "organisation": "amber+strict", "recipients": "red"}
"""Who is asking, and the strictest marking that may still be shown to them."""

KEPT_MAX = "amber+strict"
"""Red is for the persons it was given to: a system that others can read does not keep it."""

UNMARKED = "amber+strict"
"""What carries no marking, or one that cannot be read, stays inside the firm: silence of the source is no permission."""

_OLD_NAMES = {"white": "clear"}


def marking_of(given: Mapping[str, Any], definitions: Mapping[str, Mapping[str, Any]]) -> str:
    """The strictest marking of an object or of any part of it; ``definitions`` are the marking definitions known by id."""
    refs = {ref for ref in _refs(given) if isinstance(ref, str)}
    levels = {level for ref in refs if (level := _level(ref, definitions)) is not None}
    return max(levels, key=LEVELS.index) if levels else UNMARKED


def may_keep(marking: str) -> bool:
    """Whether something so marked may be kept."""
    return LEVELS.index(marking) <= LEVELS.index(KEPT_MAX)


def may_see(audience: str, marking: str) -> bool:
    """Whether an audience may be shown something so marked."""
    return LEVELS.index(marking) <= LEVELS.index(AUDIENCES[audience])


def may_pass_on(marking: str) -> bool:
    """Whether what was received so marked may be handed to another organisation of the community."""
    return may_see("community", marking)


def stix_marking(level: str) -> str:
    """The identifier of the marking definition of TLP 2.0."""
    return next(name for name, each in TLP_2.items() if each == level)


def definition(level: str) -> dict[str, Any]:
    """The marking definition of TLP 2.0 as the OASIS common object repository publishes it."""
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": stix_marking(level),
        "created": "2022-10-01T00:00:00.000Z",
        "name": f"TLP:{level.upper()}",
        "extensions": {TLP_2_EXTENSION: {"extension_type": "property-extension", "tlp_2_0": level}},
    }


def _refs(given: Mapping[str, Any]) -> Iterable[Any]:
    refs = given.get("object_marking_refs")
    yield from refs if isinstance(refs, list) else ()
    parts = given.get("granular_markings")
    for part in parts if isinstance(parts, list) else ():
        if isinstance(part, dict) and "marking_ref" in part:
            yield part["marking_ref"]


def _level(ref: str, definitions: Mapping[str, Mapping[str, Any]]) -> str | None:
    """The level a marking stands for; None for a statement, which limits nobody."""
    known = TLP.get(ref) or TLP_2.get(ref)
    if known is not None:
        return _OLD_NAMES.get(known, known)
    found = definitions.get(ref)
    if found is None:
        return UNMARKED
    inside = found.get("definition")
    word: Any = inside.get("tlp") if isinstance(inside, dict) else None
    extensions = found.get("extensions")
    for each in extensions.values() if isinstance(extensions, dict) else ():
        word = each.get("tlp_2_0", word) if isinstance(each, dict) else word
    if isinstance(word, str):
        level = _OLD_NAMES.get(word.lower(), word.lower())
        return level if level in LEVELS else UNMARKED
    return None if found.get("definition_type") == "statement" else UNMARKED
