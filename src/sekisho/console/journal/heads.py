"""Heads: the journal's last line, written down outside the database after every commit, so that a cut or an old copy shows."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

_HEAD: Final = re.compile(r"(\d+) ([0-9a-f]{64})")
_TORN: Final = re.compile(r"\d*( [0-9a-f]{0,63})?")


def write_head(file: Path, number: int, check: str) -> None:
    """Write down the last line's number and hash, on disk before this returns. Several processes may do so at once."""
    with file.open("a+b") as heads:
        size = heads.seek(0, os.SEEK_END)
        heads.seek(max(0, size - 1))
        # Whoever was stopped in the middle of a head leaves it torn; ours begins on a line of its own.
        begin = b"\n" if size and heads.read(1) != b"\n" else b""
        heads.write(begin + f"{number} {check}\n".encode())
        heads.flush()
        os.fsync(heads.fileno())


def read_heads(file: Path) -> list[tuple[int, str]]:
    """The heads in such a file; torn ones are passed over. Raises ``ValueError`` naming a line that is neither."""
    if not file.is_file():
        return []
    heads = []
    for number, line in enumerate(file.read_text().splitlines(), 1):
        if head := _HEAD.fullmatch(line):
            heads.append((int(head[1]), head[2]))
        elif not _TORN.fullmatch(line):
            raise ValueError(f"{file}, line {number} is not a head (a number and a hash)")
    return heads


def last_head(file: Path) -> tuple[int, str] | None:
    """The last head in such a file, however long it is."""
    if not file.is_file():
        return None
    with file.open("rb") as heads:
        size = heads.seek(0, os.SEEK_END)
        heads.seek(max(0, size - 1_000))
        whole = [head for line in heads.read().decode().splitlines() if (head := _HEAD.fullmatch(line))]
    return (int(whole[-1][1]), whole[-1][2]) if whole else None
