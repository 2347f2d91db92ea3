"""How to make an object for each address that names one, and a body for each act: of these the matrix's test is made.

A part of the console adds its own: in a module ``tests/console/<part>/objects.py`` with ``MAKERS`` (by the beginning of a path up
to its last parameter) and ``BODIES`` (by the name of an act). ``test_matrix.py`` fails for an address or act that has none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Final

CHAPTER: Final = "unfair_trading"
OTHER_CHAPTER: Final = "custody"
PARTY: Final = "P-CONCERNED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What object a situation wants: of which chapter, about which parties, and whose own work (an account's name)."""

    chapter: str = ""
    parties: tuple[str, ...] = ()
    own_of: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """An object: its ids in the path, and what it answers to.

    ``has_chapter`` and ``has_parties``: whether chapter and conflict of interest count for it. ``needs``: for each act or page
    that asks more than its own ``act``, the acts of which one must be allowed. ``own``: what each answers (JSON) to whoever's own
    work it is; an object that knows no own work leaves it empty. ``nobody``: acts of its owner alone.
    """

    ids: Mapping[str, Any]
    has_chapter: bool = False
    has_parties: bool = False
    needs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    own: Mapping[str, int] = field(default_factory=dict)
    nobody: frozenset[str] = frozenset()


Maker = Callable[[Wanted], Made]


def registered() -> tuple[dict[str, Maker], dict[str, Mapping[str, Any]]]:
    """Every part's makers and bodies."""
    makers: dict[str, Maker] = {}
    bodies: dict[str, Mapping[str, Any]] = {}
    for file in sorted(Path(__file__).parent.glob("*/objects.py")):
        module = import_module(f"console.{file.parent.name}.objects")
        makers.update(module.MAKERS)
        bodies.update(module.BODIES)
    return makers, bodies


def maker_of(path: str, makers: Mapping[str, Maker]) -> Maker | None:
    """The maker whose path the address begins with, the longest of them."""
    fitting = [key for key in makers if path.startswith(key)]
    return makers[max(fitting, key=len)] if fitting else None
