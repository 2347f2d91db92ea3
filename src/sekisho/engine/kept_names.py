"""Millions of names in little memory: texts side by side in one block of bytes, found by hash in about two microseconds."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray

_OFFSET: Final = np.uint64(14695981039346656037)
_PRIME: Final = np.uint64(1099511628211)
_MIX: Final = np.uint64(0xFF51AFD7ED558CCD)
_SHIFT: Final = np.uint64(33)


class Texts:
    """A column of texts: byte offsets and the bytes of UTF-8, as Arrow keeps them."""

    def __init__(self, column: pa.ChunkedArray | pa.Array) -> None:
        self.array = one_array(column)
        if not pa.types.is_string(self.array.type) and not pa.types.is_large_string(self.array.type):
            self.array = self.array.cast(pa.string())
        wide = pa.types.is_large_string(self.array.type)
        _, offsets, data = self.array.buffers()
        self.count = len(self.array)
        kind, start = (np.int64, self.array.offset * 8) if wide else (np.int32, self.array.offset * 4)
        self.offsets: NDArray[Any] = (
            np.frombuffer(offsets, kind, self.count + 1, start) if offsets is not None and offsets.size else np.zeros(1, kind)
        )
        self.data: NDArray[np.uint8] = np.frombuffer(data, np.uint8) if data is not None and data.size else np.zeros(1, np.uint8)
        self._bytes = self.data.data
        self._null = np.asarray(self.array.is_null().to_numpy(zero_copy_only=False)) if self.array.null_count else None

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, row: int) -> str:
        return bytes(self._bytes[self.offsets.item(row) : self.offsets.item(row + 1)]).decode()

    def maybe(self, row: int) -> str | None:
        """The text, or None where there is none."""
        return None if self._null is not None and self._null.item(row) else self[row]


def one_array(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """One block; a column whose bytes do not fit 32-bit offsets gets 64-bit ones."""
    if isinstance(column, pa.Array):
        return column
    if column.num_chunks == 1:
        return column.chunk(0)
    if column.nbytes >= 2**31 - 2**20 and pa.types.is_string(column.type):
        column = column.cast(pa.large_string())
    combined = column.combine_chunks()
    return combined if isinstance(combined, pa.Array) else pa.concat_arrays(combined.chunks)


class Names:
    """Texts found by themselves: the row of a text, the last one where it stands twice; -1 where it is not there."""

    def __init__(self, texts: Texts) -> None:
        self.texts = texts
        size = 1 << max(4, int(len(texts) * 3 // 2).bit_length())
        self._slots = np.full(size, -1, np.int32)
        self._unique = bool(_enter(self._slots, texts.offsets, texts.data))
        self._last = ("", self._look(""))

    def __len__(self) -> int:
        return len(self.texts)

    def row(self, text: str) -> int:
        """The row of a text. Whoever asks about one account asks several times: the last answer is known by heart."""
        last, row = self._last
        if text != last:
            row = self._look(text)
            self._last = (text, row)
        return row

    def _look(self, text: str) -> int:
        return int(_find_one(self._slots, self.texts.offsets, self.texts.data, text.encode()))

    def rows(self, texts: Texts) -> NDArray[np.int32]:
        """The rows of many texts."""
        return _find_all(self._slots, self.texts.offsets, self.texts.data, texts.offsets, texts.data, self._unique)  # type: ignore[no-any-return]


@njit(cache=True, nogil=True)
def _hash(data: Any, start: int, end: int) -> Any:
    value = _OFFSET
    for place in range(start, end):
        value = (value ^ np.uint64(data[place])) * _PRIME
    value = (value ^ (value >> _SHIFT)) * _MIX
    return value ^ (value >> _SHIFT)


@njit(cache=True, nogil=True)
def _same(data: Any, start: int, end: int, other: Any, first: int, last: int) -> bool:
    if end - start != last - first:
        return False
    for place in range(end - start):  # noqa: SIM110 - Numba compiles the loop
        if data[start + place] != other[first + place]:
            return False
    return True


@njit(cache=True, nogil=True)
def _enter(slots: Any, offsets: Any, data: Any) -> bool:
    unique = True
    mask = np.uint64(len(slots) - 1)
    for row in range(len(offsets) - 1):
        start, end = offsets[row], offsets[row + 1]
        slot = _hash(data, start, end) & mask
        while slots[slot] >= 0:
            known = slots[slot]
            if _same(data, offsets[known], offsets[known + 1], data, start, end):
                unique = False
                break
            slot = (slot + np.uint64(1)) & mask
        slots[slot] = row
    return unique


@njit(cache=True, nogil=True)
def _find(slots: Any, offsets: Any, data: Any, key: Any, first: int, last: int) -> int:
    mask = np.uint64(len(slots) - 1)
    slot = _hash(key, first, last) & mask
    while slots[slot] >= 0:
        row = slots[slot]
        if _same(data, offsets[row], offsets[row + 1], key, first, last):
            return int(row)
        slot = (slot + np.uint64(1)) & mask
    return -1


@njit(cache=True, nogil=True)
def _find_one(slots: Any, offsets: Any, data: Any, key: bytes) -> int:
    return _find(slots, offsets, data, key, 0, len(key))


@njit(cache=True, nogil=True)
def _find_all(slots: Any, offsets: Any, data: Any, key_offsets: Any, keys: Any, unique: bool) -> Any:
    # Keys mostly come in the order of the names, each several times: the last one found and the one after it are tried first.
    found = np.empty(len(key_offsets) - 1, np.int32)
    last, rows = -1, len(offsets) - 1
    for number in range(len(found)):
        start, end = key_offsets[number], key_offsets[number + 1]
        if last >= 0 and _same(data, offsets[last], offsets[last + 1], keys, start, end):
            found[number] = last
            continue
        after = last + 1
        if after < rows and _same(data, offsets[after], offsets[after + 1], keys, start, end):
            # A name that stands twice is known by its last row, which only the slots tell.
            last = _find(slots, offsets, data, keys, start, end) if not unique else after
        else:
            last = _find(slots, offsets, data, keys, start, end)
        found[number] = last
    return found
