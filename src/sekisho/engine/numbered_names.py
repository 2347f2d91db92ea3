"""Names that are one prefix and a number of fixed length, as venues number orders and accounts: encoded as numbers, exactly.

``O1000000017`` among names of eleven characters that all begin with ``O1`` is told from every other by its digits alone, and its
bytes are kept as they are. What does not have this form is left to the general way.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Bytes = NDArray[np.uint8]

_DIGITS_MAX: Final = 18
_NONE: Final = -1
_SPREAD_MAX: Final = 16
"""Numbers may lie this much further apart than there are names to be looked up by place rather than by hash."""
_MIX: Final = 0x1E3779B97F4A7C15


def numbered_codes(chunks: Sequence[pa.Array]) -> tuple[Int32, pa.Array] | None:
    """Codes in order of first appearance (-1 for null) and the names; None where the names are not numbered alike."""
    shape = _shape(chunks)
    if shape is None:
        return None
    length, prefix, first = shape
    count = sum(len(chunk) for chunk in chunks)
    numbers, place = np.empty(count, np.int64), 0
    for chunk in chunks:
        part = numbers[place : place + len(chunk)]
        present, offsets, data = _parts(chunk)
        if not _parse(offsets, data, present, first, prefix, part):
            return None
        place += len(chunk)
    known = numbers[numbers != _NONE] if any(chunk.null_count for chunk in chunks) else numbers
    low, high = int(known.min()), int(known.max())
    codes, used = np.empty(count, np.int32), np.empty(len(known), np.int64)
    if high - low < _SPREAD_MAX * count + (1 << 16):
        names = _by_place(numbers, low, np.full(high - low + 1, _NONE, np.int32), codes, used)
    else:
        names = _by_hash(numbers, np.full(1 << (2 * count).bit_length(), _NONE, np.int32), codes, used)
    return codes, _written(used[:names], first, prefix, length)


def _shape(chunks: Sequence[pa.Array]) -> tuple[int, int, Bytes] | None:
    """Length of the names, how much of them is prefix, and the first name."""
    first = next((name for chunk in chunks for name in chunk.drop_null().slice(0, 1).to_pylist()), None)
    if first is None:
        return None
    spelt = np.frombuffer(first.encode(), np.uint8)
    others = np.flatnonzero((spelt < ord("0")) | (spelt > ord("9")))
    prefix = max(int(others[-1]) + 1 if len(others) else 0, len(spelt) - _DIGITS_MAX)
    return (len(spelt), prefix, spelt) if prefix < len(spelt) else None


def _parts(chunk: pa.Array) -> tuple[Any, Any, Any]:
    """Which names are there (empty: all), where each begins, and the bytes."""
    _, offsets, data = chunk.buffers()
    starts = np.frombuffer(offsets, np.int32)[chunk.offset : chunk.offset + len(chunk) + 1]
    present = np.asarray(chunk.is_valid()) if chunk.null_count else np.empty(0, np.bool_)
    return present, starts, np.frombuffer(data, np.uint8) if data is not None else np.empty(0, np.uint8)


@njit(cache=True, nogil=True)
def _parse(offsets: Int32, data: Bytes, present: NDArray[np.bool_], first: Bytes, prefix: int, numbers: Int64) -> bool:
    length = len(first)
    for i in range(len(numbers)):
        if len(present) > 0 and not present[i]:
            numbers[i] = -1
            continue
        start = offsets[i]
        if offsets[i + 1] - start != length:
            return False
        for j in range(prefix):
            if data[start + j] != first[j]:
                return False
        number = 0
        for j in range(prefix, length):
            digit = int(data[start + j]) - 48
            if digit < 0 or digit > 9:
                return False
            number = 10 * number + digit
        numbers[i] = number
    return True


@njit(cache=True, nogil=True)
def _by_place(numbers: Int64, low: int, code: Int32, codes: Int32, used: Int64) -> int:
    count = 0
    for i in range(len(numbers)):
        if numbers[i] < 0:
            codes[i] = -1
            continue
        place = numbers[i] - low
        if code[place] < 0:
            code[place], used[count] = count, numbers[i]
            count += 1
        codes[i] = code[place]
    return count


@njit(cache=True, nogil=True)
def _by_hash(numbers: Int64, table: Int32, codes: Int32, used: Int64) -> int:
    mask, count = len(table) - 1, 0
    for i in range(len(numbers)):
        if numbers[i] < 0:
            codes[i] = -1
            continue
        mixed = numbers[i] * _MIX
        slot = (mixed ^ (mixed >> 32)) & mask
        while table[slot] >= 0 and used[table[slot]] != numbers[i]:
            slot = (slot + 1) & mask
        if table[slot] < 0:
            table[slot], used[count] = count, numbers[i]
            count += 1
        codes[i] = table[slot]
    return count


def _written(numbers: Int64, first: Bytes, prefix: int, length: int) -> pa.Array:
    """The names of these numbers."""
    spelt = np.empty(len(numbers) * length, np.uint8)
    _write(numbers, first, prefix, spelt)
    if len(spelt) > np.iinfo(np.int32).max:
        offsets, kind = np.arange(len(numbers) + 1, dtype=np.int64) * length, pa.large_string()
    else:
        offsets, kind = np.arange(len(numbers) + 1, dtype=np.int32) * np.int32(length), pa.string()
    return pa.Array.from_buffers(kind, len(numbers), [None, pa.py_buffer(offsets), pa.py_buffer(spelt)])


@njit(cache=True, nogil=True)
def _write(numbers: Int64, first: Bytes, prefix: int, spelt: Bytes) -> None:
    length = len(first)
    for i in range(len(numbers)):
        number = numbers[i]
        for j in range(prefix):
            spelt[i * length + j] = first[j]
        for j in range(length - 1, prefix - 1, -1):
            spelt[i * length + j] = 48 + number % 10
            number //= 10
