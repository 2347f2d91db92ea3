"""Which code judges: a hash over what the rule folders build on, so that a committed rule set is judged by that very code alone."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

_HOUSE: Final = Path(__file__).resolve().parent.parent
BENEATH: Final = ("engine", "typologies")
"""Folders of the house on which every rule stands: what a rule may ask, and the shapes and arithmetic it uses."""
_READ: Final = frozenset({".py", ".txt"})


@cache
def code_hashes() -> Mapping[str, str]:
    """The hash of each folder of BENEATH, under its name."""
    return {name: _hash(_HOUSE / name) for name in BENEATH}


def _hash(folder: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(one for one in folder.rglob("*") if one.suffix in _READ):
        content = file.read_bytes()
        digest.update(f"{file.relative_to(folder).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()
