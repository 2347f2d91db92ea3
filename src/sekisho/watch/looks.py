"""A look: the rules run over what has been taken in so far, or over its tail. The whole look runs in a process of its own."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sekisho.findings.finding import Finding
from sekisho.findings.inspection import Inspector, Question
from sekisho.records.parts import open_parts
from sekisho.rulebook import Rulebook, load_rulebook

_PARENT_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Sight:
    """What a look saw: its findings, and how long it took (seconds)."""

    findings: tuple[Finding, ...]
    seconds: float


def look(files: Mapping[str, Sequence[Path]], folder: Path, question: Question, threads: int | None = None) -> Sight:
    """Inspect the parts given, which were checked when they came."""
    began = time.monotonic()
    with open_parts(files, folder, threads=threads) as records:
        inspection = Inspector(_rulebook(), records).inspect(question)
    return Sight(inspection.findings, time.monotonic() - began)


@cache
def _rulebook() -> Rulebook:
    return load_rulebook()


class WholeLooks:
    """Looks over everything, one at a time, in a second process, so that taking in and quick looks go on meanwhile."""

    def __init__(self) -> None:
        spawned = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(1, mp_context=spawned, initializer=_end_with, initargs=(os.getpid(),))

    def begin(self, files: Mapping[str, Sequence[Path]], folder: Path, question: Question) -> Future[Sight]:
        """Start a look; nothing that it reads may be removed before it is done."""
        return self._pool.submit(look, files, folder, question)

    def close(self) -> None:
        """Stop the process, whatever it does."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        for process in multiprocessing.active_children():
            process.kill()


def _end_with(parent: int) -> None:
    """Let this process end when the one that started it is gone, even if that was killed."""

    def guard() -> None:
        while os.getppid() == parent:
            time.sleep(_PARENT_SECONDS)
        os._exit(1)

    threading.Thread(target=guard, daemon=True).start()
