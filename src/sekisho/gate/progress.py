"""Shows how far a long step has come, where somebody watches a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

Shown = Callable[[str, int, int], None]
"""Takes what is being done, how many parts are done, and of how many."""


@contextmanager
def progress() -> Iterator[Shown]:
    """A line on stderr as long as the block lasts; nothing where that is no terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _what, _done, _of: None
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bars:
        task = bars.add_task("reading the records", total=None)
        yield lambda what, done, of: bars.update(task, description=what, completed=done, total=of)
