"""How long records of a kind are kept: each part says so of its own kinds, in ``KEPT`` of its ``access.py``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Final

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

AML: Final = "APTCP 6(2), 7(3)"
LONGEST: Final = "CAO 33(2)"
SHORTEST: Final = "FIB 157"
_UNNAMED: Final = gettext_lazy("no provision names it, so the longest term")
_MEANS: Final = gettext_lazy("a means of work; no provision names it, so the shortest term")


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """How long: years from the moment ``ends`` names (a field or a path of fields, or the first of several that is there).

    A record of which that moment is empty has not ended, and is kept. ``ends`` empty: it is never removed. ``file`` is the field
    that names a file of the store by its SHA-256: the file goes with the last record that names it.
    """

    years: int
    ends: tuple[str, ...]
    provision: str
    why: str | Promise
    file: str = ""


def client_matter(*ends: str, why: str | Promise, file: str = "") -> Keeping:
    """Seven years: what the law against laundering has an inquiry into a client's transactions kept for."""
    return Keeping(years=7, ends=ends, provision=AML, why=why, file=file)


def firm_matter(*ends: str, why: str | Promise | None = None, file: str = "") -> Keeping:
    """Ten years, the longest term of the books: no provision names such a record."""
    return Keeping(
        years=10, ends=ends, provision=LONGEST, why=why or gettext_lazy("no provision names it, so the longest term"), file=file
    )


def working_paper(*ends: str, why: str | Promise | None = None) -> Keeping:
    """Five years, the shortest term of the books: a means of work that decides nothing, which no provision names."""
    return Keeping(
        years=5,
        ends=ends,
        provision=SHORTEST,
        why=why or gettext_lazy("a means of work; no provision names it, so the shortest term"),
    )


def always(why: str | Promise) -> Keeping:
    """Never removed."""
    return Keeping(years=0, ends=(), provision=LONGEST, why=why)


@cache
def kept_for() -> Mapping[str, Keeping]:
    """Every kind of row and how long it is kept, as the parts declare it; a kind that none names is never removed."""
    found: dict[str, Keeping] = {}
    for area in settings.AREAS:
        name = f"sekisho.console.{area}.access"
        if find_spec(name) is None:
            continue
        declared: Mapping[str, Keeping] = getattr(import_module(name), "KEPT", {})
        twice = found.keys() & declared.keys()
        assert not twice, f"{name} says again how long is kept: {sorted(twice)}"
        found.update(declared)
    return found
