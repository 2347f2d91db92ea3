"""Heads: the journal's last line, written down outside the database after every commit, so that a cut or an old copy shows."""

from __future__ import annotations

import os
from pathlib import Path


def write_head(file: Path, number: int, check: str) -> None:
    """Write down the last line's number and hash, on disk before this returns."""
    with file.open("ab") as heads:
        heads.write(f"{number} {check}\n".encode())
        heads.flush()
        os.fsync(heads.fileno())


def read_heads(file: Path) -> list[tuple[int, str]]:
    """The heads in such a file; a torn last line is passed over. Raises ``ValueError`` for one that is not a head."""
    if not file.is_file():
        return []
    lines = file.read_text().split("\n")
    return [(int(number), check) for number, check in (line.split() for line in lines[:-1] if line)]
