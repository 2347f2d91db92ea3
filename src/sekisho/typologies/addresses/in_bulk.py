"""Many candidates at once: every core checks a stretch of them against the same books, and the verdicts come back in order."""

from __future__ import annotations

import gc
import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor

import msgspec

from sekisho.typologies.addresses.checking import Books, Candidate, Limits, verdict_of
from sekisho.typologies.addresses.telling import Told, told

STRETCH = 20_000
"""Candidates that one process checks before it hands back its verdicts."""


def told_in_order(candidates: Sequence[Candidate], books: Books, limits: Limits, cores: int | None = None) -> Iterator[list[Told]]:
    """The verdicts, a stretch at a time, in the order of the candidates; the same with any number of cores."""
    stretches = [range(at, min(at + STRETCH, len(candidates))) for at in range(0, len(candidates), STRETCH)]
    books.of(None)
    count = min(len(stretches), cores or os.cpu_count() or 1)
    if count < 2 or "fork" not in multiprocessing.get_all_start_methods():
        yield from (_checked(candidates, books, limits, stretch) for stretch in stretches)
        return
    global _work
    _work = (candidates, books, limits)
    gc.freeze()
    try:
        with ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("fork")) as pool:
            for packed in pool.map(_in_a_process, stretches):
                yield _DECODE(packed)
    finally:
        _work = None
        gc.unfreeze()


_work: tuple[Sequence[Candidate], Books, Limits] | None = None
"""What forked processes find as it was; nothing is copied to them."""
_DECODE = msgspec.msgpack.Decoder(list[Told]).decode


def _in_a_process(stretch: range) -> bytes:
    assert _work is not None
    return msgspec.msgpack.encode(_checked(*_work, stretch))


def _checked(candidates: Sequence[Candidate], books: Books, limits: Limits, stretch: range) -> list[Told]:
    return [told(verdict_of(candidates[at], books.of(candidates[at].client_id), limits)) for at in stretch]
