"""How far a long run is, in a file: for whatever started it and shows it to people, such as the office."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import typer

ProgressFile = Annotated[Path | None, typer.Option("--progress", help="File in which is kept how far it is, as JSON.")]
_STEPS: Final = 200


class Noted:
    """Called with (what is done now, done, of how many); the file holds the last of it, replaced whole."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._last: tuple[str, int] | None = None

    def __call__(self, what: str, done: int, of: int) -> None:
        """Write it down where it differs by a step."""
        now = (what, done * _STEPS // of if of else 0)
        if now == self._last:
            return
        self._last = now
        beside = self._file.with_name(f".{self._file.name}.new")
        beside.write_text(json.dumps({"what": what, "done": done, "of": of}), encoding="utf-8")
        beside.replace(self._file)


@contextmanager
def noted_in(file: Path) -> Iterator[Noted]:
    """Progress kept in a file."""
    yield Noted(file)


def read_progress(file: Path) -> dict[str, Any] | None:
    """What a run last noted; None before it noted anything."""
    try:
        read: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return read
