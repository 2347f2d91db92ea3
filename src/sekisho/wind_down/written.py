"""Writes a folder whole or not at all: what is seen there is always finished."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from sekisho.records import RecordsError

PIECE = 1 << 20


@contextmanager
def whole_folder(out: Path) -> Iterator[Callable[[str], Path]]:
    """A place for files of a new folder ``out``, which appears when all are written. Raises RecordsError where one is in use."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise RecordsError(str(out), "is there already and not empty", "give another --out or remove it first")
    out.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))

    def place(name: str) -> Path:
        file = beside / name
        file.parent.mkdir(parents=True, exist_ok=True)
        return file

    try:
        yield place
        beside.chmod(0o755)
        if out.exists():
            out.rmdir()
        beside.rename(out)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def sha256_of(file: Path) -> str:
    """SHA-256 of a file in hexadecimal, read piece by piece."""
    digest = hashlib.sha256()
    with file.open("rb") as content:
        while piece := content.read(PIECE):
            digest.update(piece)
    return digest.hexdigest()


def json_bytes(value: object) -> bytes:
    """JSON as people read it, the same bytes for the same value."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"
