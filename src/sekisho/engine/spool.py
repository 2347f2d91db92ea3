"""A spool: arrays put on disk and read by memory map, so that what is kept for the next rule costs no heap."""

from __future__ import annotations

import mmap
import os
import tempfile
import weakref
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any, Final, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sekisho.typologies.order_stream import Derived, Shelf

Number = TypeVar("Number", bound=np.generic)

SEGMENT: Final = 1 << 28
"""Bytes of one file; an array that needs more has a file of its own."""
_ALIGNED: Final = 64


class Spool:
    """Files in a temporary folder that goes with the spool. Threads may keep arrays side by side."""

    def __init__(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="sekisho-", ignore_cleanup_errors=True)
        self._lock = Lock()
        self._segment: _Segment | None = None
        self._files = 0

    def path(self, name: str) -> str:
        """Where a file of this name lies in the spool's folder."""
        return str(Path(self.folder.name) / name)

    def keep(self, array: NDArray[Number]) -> NDArray[Number]:
        """The same numbers on disk, read-only. Raises OSError where the disk is full."""
        array = np.ascontiguousarray(array)
        if not array.nbytes:
            array.setflags(write=False)
            return array
        segment, offset = self._place(array.nbytes)
        return segment.put(array, offset)

    def keep_names(self, names: pa.Array) -> pa.Array:
        """The same texts on disk. None of them is null."""
        _, offsets, data = names.buffers()
        starts: NDArray[Any] = np.frombuffer(offsets, np.int64 if names.type == pa.large_string() else np.int32)
        starts = starts[names.offset : names.offset + len(names) + 1]
        if not len(names):
            return pa.array([], names.type)
        spelt = np.frombuffer(data, np.uint8)[starts[0] : starts[-1]]
        kept = (pa.py_buffer(part) for part in (self.keep(starts - starts[0]), self.keep(spelt)))
        return pa.Array.from_buffers(names.type, len(names), [None, *kept])

    def _place(self, size: int) -> tuple[_Segment, int]:
        with self._lock:
            if self._segment is None or self._segment.used + size > self._segment.size:
                self._files += 1
                self._segment = _Segment(self.path(f"part-{self._files}"), max(SEGMENT, size))
            offset = self._segment.used
            self._segment.used += -(-size // _ALIGNED) * _ALIGNED
            return self._segment, offset


class _Segment:
    """One file of fixed size, written to by position and mapped for reading. It closes with the last array that lies in it."""

    def __init__(self, path: str, size: int) -> None:
        self.size, self.used = size, 0
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        weakref.finalize(self, os.close, self._file)
        os.truncate(self._file, size)
        self._map = mmap.mmap(self._file, size, access=mmap.ACCESS_READ)

    def put(self, array: NDArray[Number], offset: int) -> NDArray[Number]:
        data, place = array.reshape(-1).view(np.uint8).data, offset
        while data:
            written = os.pwrite(self._file, data, place)
            data, place = data[written:], place + written
        return np.frombuffer(self._map, array.dtype, array.size, offset).reshape(array.shape)


class KeptShelf(Shelf):
    """What has been derived from a stream that is kept in a spool, kept beside it."""

    def __init__(self, spool: Spool) -> None:
        super().__init__()
        self._spool = spool

    def once(self, name: str, kind: type[Derived], derive: Callable[[], Derived]) -> Derived:
        """The arrays ``derive`` gives; derived by the first rule that asks."""
        return super().once(name, kind, partial(self._kept_arrays, kind, derive))

    def _kept_arrays(self, kind: type[Derived], derive: Callable[[], Derived]) -> Derived:
        derived: Any = derive()
        return kind(*(self._spool.keep(column) for column in derived))
