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

from sekisho.console.desk.pages import ENTRIES
from sekisho.console.people.models import Account

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
    work it is; an object that knows no own work leaves it empty. ``nobody``: acts of its owner alone. ``only_chapter``: the one
    chapter all objects of its kind are of. ``settings``: what the console is set to while it is asked.
    """

    ids: Mapping[str, Any]
    has_chapter: bool = False
    has_parties: bool = False
    needs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    own: Mapping[str, int] = field(default_factory=dict)
    nobody: frozenset[str] = frozenset()
    only_chapter: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)


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


def concerned(wanted: Wanted) -> list[str]:
    """The parties an object is about; where it is to be somebody's own, he himself."""
    if wanted.own_of is None:
        return list(wanted.parties)
    return [*wanted.parties, Account.objects.get(username=wanted.own_of).person.party_id]


def refused(path: str, status: int = 403) -> dict[str, int]:
    """What is answered to whoever an object is about, at every address that begins so: that it is not for him."""
    return {entry.name: status for entry in ENTRIES.values() if entry.path.startswith(path)}


def maker_key(path: str, makers: Mapping[str, Maker]) -> str | None:
    """The path whose maker makes what the address names: the longest it begins with."""
    return max((key for key in makers if path.startswith(key)), key=len, default=None)


def maker_of(path: str, makers: Mapping[str, Maker]) -> Maker | None:
    """The maker of what the address names."""
    key = maker_key(path, makers)
    return None if key is None else makers[key]
