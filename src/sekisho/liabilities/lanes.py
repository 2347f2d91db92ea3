"""SHA-256 (FIPS 180-4) of many messages at a time: the same step for 128 messages side by side, which processors do at once.

``hashlib`` hashes one message per call and holds the interpreter lock for short ones; a tree needs millions of short ones.
A test compares both over random messages of every length.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

LANES = 128
BLOCK = 64
DIGEST = 32

_u = np.uint32
_HEX = (
    "428a2f98 71374491 b5c0fbcf e9b5dba5 3956c25b 59f111f1 923f82a4 ab1c5ed5 d807aa98 12835b01 243185be 550c7dc3 72be5d74"
    " 80deb1fe 9bdc06a7 c19bf174 e49b69c1 efbe4786 0fc19dc6 240ca1cc 2de92c6f 4a7484aa 5cb0a9dc 76f988da 983e5152 a831c66d"
    " b00327c8 bf597fc7 c6e00bf3 d5a79147 06ca6351 14292967 27b70a85 2e1b2138 4d2c6dfc 53380d13 650a7354 766a0abb 81c2c92e"
    " 92722c85 a2bfe8a1 a81a664b c24b8b70 c76c51a3 d192e819 d6990624 f40e3585 106aa070 19a4c116 1e376c08 2748774c 34b0bcb5"
    " 391c0cb3 4ed8aa4a 5b9cca4f 682e6ff3 748f82ee 78a5636f 84c87814 8cc70208 90befffa a4506ceb bef9a3f7 c67178f2"
)
_K = np.array([int(word, 16) for word in _HEX.split()], np.uint32)
START = np.array(
    [0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19],
    np.uint32,
)
"""State before the first block."""

kernel = numba.njit(nogil=True, cache=True, error_model="numpy")


def width(longest: int) -> int:
    """Bytes of a row that holds a message of ``longest`` bytes and its padding."""
    return (longest + 9 + BLOCK - 1) // BLOCK * BLOCK


@kernel
def pad(row: Any, length: int, before: int) -> int:
    """Pads the message in ``row[:length]``, which follows ``before`` bytes hashed already; the number of blocks in the row."""
    blocks = (length + 9 + 63) // 64
    row[length] = 0x80
    row[length + 1 : blocks * 64] = 0
    bits = (length + before) * 8
    at = blocks * 64 - 1
    while bits:
        row[at] = bits & 255
        bits >>= 8
        at -= 1
    return blocks


@numba.njit(inline="always")
def _turned(x: Any, n: int) -> Any:
    return _u(_u(x >> _u(n)) | _u(x << _u(32 - n)))


@kernel
def hash_rows(rows: Any, blocks: Any, count: int, start: Any, out: Any) -> None:
    """Hashes ``count`` padded rows (uint8 [rows, width]) of so many ``blocks`` each, from ``start``, into ``out`` [rows, 32]."""
    words = np.empty((64, LANES), np.uint32)
    state = np.empty((8, LANES), np.uint32)
    v = np.empty((8, LANES), np.uint32)
    for first in range(0, count, LANES):
        many = min(LANES, count - first)
        most = 0
        for lane in range(many):
            most = max(most, blocks[first + lane])
        for j in range(8):
            for lane in range(LANES):
                state[j, lane] = start[j]
        for block in range(most):
            for lane in range(many):
                if block < blocks[first + lane]:
                    row = rows[first + lane]
                    for t in range(16):
                        at = block * 64 + t * 4
                        words[t, lane] = (
                            (_u(row[at]) << _u(24)) | (_u(row[at + 1]) << _u(16)) | (_u(row[at + 2]) << _u(8)) | _u(row[at + 3])
                        )
            _step(words, state, v, many)
            for lane in range(many):
                if block < blocks[first + lane]:
                    for j in range(8):
                        state[j, lane] = _u(state[j, lane] + v[j, lane])
        for lane in range(many):
            for j in range(8):
                word = state[j, lane]
                out[first + lane, 4 * j] = word >> _u(24)
                out[first + lane, 4 * j + 1] = (word >> _u(16)) & _u(255)
                out[first + lane, 4 * j + 2] = (word >> _u(8)) & _u(255)
                out[first + lane, 4 * j + 3] = word & _u(255)


def state_after(block: Any) -> Any:
    """The state after one whole block (uint8 [64]) from the start: what a keyed hash begins with."""
    words, v = np.zeros((64, LANES), np.uint32), np.empty((8, LANES), np.uint32)
    words[:16] = block.view(">u4").astype(np.uint32)[:, np.newaxis]
    state = np.repeat(START[:, np.newaxis], LANES, axis=1)
    _step(words, state, v, 1)
    return state[:, 0] + v[:, 0]


@kernel
def _step(w: Any, state: Any, v: Any, used: int) -> None:
    """The 64 rounds on one block in each of the first ``used`` lanes; ``v`` is what is to be added to the state."""
    for t in range(16, 64):
        for lane in range(used):
            a, c = w[t - 15, lane], w[t - 2, lane]
            s0 = _u(_u(_turned(a, 7) ^ _turned(a, 18)) ^ _u(a >> _u(3)))
            s1 = _u(_u(_turned(c, 17) ^ _turned(c, 19)) ^ _u(c >> _u(10)))
            w[t, lane] = _u(_u(w[t - 16, lane] + w[t - 7, lane]) + _u(s0 + s1))
    for j in range(8):
        for lane in range(used):
            v[j, lane] = state[j, lane]
    for t in range(0, 64, 8):
        for r in range(8):
            # The eight variables stay where they are; their names move one place on with every round.
            ia, ib, ic, id_ = (8 - r) & 7, (9 - r) & 7, (10 - r) & 7, (11 - r) & 7
            ie, if_, ig, ih = (12 - r) & 7, (13 - r) & 7, (14 - r) & 7, (15 - r) & 7
            k = _K[t + r]
            for lane in range(used):
                a, b, c = v[ia, lane], v[ib, lane], v[ic, lane]
                e, f, g = v[ie, lane], v[if_, lane], v[ig, lane]
                s1 = _u(_u(_turned(e, 6) ^ _turned(e, 11)) ^ _turned(e, 25))
                chosen = _u(g ^ _u(e & _u(f ^ g)))
                t1 = _u(_u(v[ih, lane] + s1) + _u(chosen + _u(k + w[t + r, lane])))
                s0 = _u(_u(_turned(a, 2) ^ _turned(a, 13)) ^ _turned(a, 22))
                majority = _u(_u(a & b) | _u(c & _u(a | b)))
                v[id_, lane] = _u(v[id_, lane] + t1)
                v[ih, lane] = _u(t1 + _u(s0 + majority))
