"""What a fitted model sees of a name: short runs of its letters, with brands hidden, and the signs the rules see.

Brands are hidden so that what was learned from names that borrow one brand holds for every other. Of the suffix only the
registry's counts, never which host lends the name: popular names are hardly ever lent, and a model would learn just that.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from sekisho.typologies.host_names import HostName
from sekisho.typologies.scam_names import SIGNS, Judged, masked

LENT = "~"
"""Stands for every suffix of a host that lends names."""


class Marks(NamedTuple):
    """One name as the model sees it: its masked text in UTF-8 and the numbers of its signs."""

    text: bytes
    signs: tuple[int, ...]


_NUMBER_OF = {sign: number for number, sign in enumerate(SIGNS)}


def marks_of(judged: Judged) -> Marks:
    """The marks of a name."""
    name = judged.name
    return _marks(masked(name), LENT if name.hosting is not None else name.suffix, judged.signs)


def below(marks: Marks, label: str) -> Marks:
    """The same name with one more label in front."""
    return marks._replace(text=b"^" + label.encode() + b"." + marks.text[1:])


def lent(judged: Judged) -> Marks:
    """The same name, as if a host had lent it."""
    signs = tuple(sign for sign in judged.signs if sign != "cheap_suffix")
    return _marks(masked(judged.name), LENT, (*signs, "lent_name") if signs and "lent_name" not in signs else signs)


def _marks(text: str, suffix: str, signs: tuple[str, ...]) -> Marks:
    return Marks(f"^{text}$.{suffix}!".encode(), tuple(sorted(_NUMBER_OF[sign] for sign in signs)))


def is_empty(name: HostName) -> bool:
    """Whether nobody chose anything of this name: a bare suffix."""
    return not name.labels


@numba.njit(cache=True, nogil=True)
def runs_of(text: NDArray[np.uint8], shortest: int, longest: int, bits: int) -> NDArray[np.int64]:
    """The different runs of bytes of a text, each as the number of its hash below 2**bits, in order (FNV-1a, 64 bits)."""
    size = text.size
    found = np.empty(size * (longest - shortest + 1), np.int64)
    count = 0
    for start in range(size):
        value = np.uint64(14695981039346656037)
        for length in range(1, min(longest, size - start) + 1):
            value = (value ^ np.uint64(text[start + length - 1])) * np.uint64(1099511628211)
            if length >= shortest:
                mixed = value ^ (value >> np.uint64(29))
                found[count] = np.int64(mixed & np.uint64((1 << bits) - 1))
                count += 1
    ordered = np.sort(found[:count])
    kept = 0
    for i in range(count):
        if i == 0 or ordered[i] != ordered[i - 1]:
            ordered[kept] = ordered[i]
            kept += 1
    return ordered[:kept]


@numba.njit(cache=True, nogil=True)
def mean_weight(text: NDArray[np.uint8], shortest: int, longest: int, bits: int, weights: NDArray[np.float32]) -> float:
    """The sum of the weights of the runs of a text over the square root of their number."""
    runs = runs_of(text, shortest, longest, bits)
    if runs.size == 0:
        return 0.0
    total = 0.0
    for run in runs:
        total += weights[run]
    return float(total / np.sqrt(runs.size))
