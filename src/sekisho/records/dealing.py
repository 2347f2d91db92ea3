"""Deals hashes into groups by their first bits, so that equal ones meet in one group and each group fits a cache."""

from __future__ import annotations

import numpy as np
from numba import njit

Hashes = np.ndarray[tuple[int], np.dtype[np.uint64]]
GROUPS = 256
_FIRST_BITS = np.uint64(56)


@njit(cache=True, nogil=True)
def deal(
    hashes: Hashes, dealt: np.ndarray[tuple[int, int], np.dtype[np.uint64]], filled: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> bool:
    """Append each hash to the row of ``dealt`` its first eight bits name; ``filled`` counts. False when a row has no room left."""
    room = dealt.shape[1]
    for number in hashes:
        group = number >> _FIRST_BITS
        place = filled[group]
        if place == room:
            return False
        dealt[group, place] = number
        filled[group] = place + 1
    return True
