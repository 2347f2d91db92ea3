"""A console served beside the gate: what the gate knows of it, which is that it is a process, not what it is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The console that is wanted: its settings file, where it listens, and for one that is only for trying what it is filled from.

    ``trying`` is the folder of a gate for trying (None: a console of its own settings); ``journal`` is where that gate's journal
    is, ``records`` are the books it was taught.
    """

    settings: Path
    host: str
    port: int
    trying: Path | None = None
    journal: str = ""
    records: Path | None = None
    quiet: bool = False


class Beside(Protocol):
    """A console in a process of its own; it stops when this process does, however that ends."""

    def gate_at(self, address: str) -> None:
        """Tell it where the gate listens; it begins to serve."""
        ...

    def ready(self) -> dict[str, Any]:
        """Wait until it serves; its address, and for trying its accounts. Raises RecordsError where it does not come up."""
        ...

    def wait(self) -> str:
        """Wait until it ends, and why it did."""
        ...

    def stop(self) -> None:
        """Stop it."""
        ...


OpenConsole = Callable[[Wanted], Beside]
