"""Compiled loops and their random numbers, so that the same seed gives the same exchange on every run.

Numba's own generators are shared between threads; these carry their state in an array of one word instead.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

Loop = TypeVar("Loop", bound=Callable[..., Any])
Words = NDArray[np.int32]
Longs = NDArray[np.int64]
Reals = NDArray[np.float64]
Dice = NDArray[np.uint64]
Table = NDArray[np.void]

_STEP = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
_UNIT = 1.0 / 9007199254740992.0


def compiled(loop: Loop) -> Loop:
    """Compile a loop to machine code that runs without the interpreter's lock; the result is cached on disk.

    The cache follows the file a loop is written in, not the files of the loops it calls: after editing one of those,
    remove ``__pycache__``.
    """
    return cast(Loop, numba.njit(cache=True, nogil=True, error_model="numpy")(loop))


def whole(number: int) -> int:
    """A constant of the compiled loops. As an int64 it does not make them compile anew for every value it takes."""
    return cast(int, np.int64(number))


def dice(*entropy: int) -> Dice:
    """A random state that depends on all numbers given (seed, day, instrument …) and on nothing else."""
    return np.asarray(np.random.SeedSequence(list(entropy)).generate_state(1, np.uint64), dtype=np.uint64)


@compiled
def uniform(dice: Dice) -> float:
    """A number in [0, 1): splitmix64, the top 53 bits."""
    dice[0] += _STEP
    z = dice[0]
    z = (z ^ (z >> _S30)) * _MIX_1
    z = (z ^ (z >> _S27)) * _MIX_2
    z = z ^ (z >> _S31)
    return float(z >> _S11) * _UNIT


@compiled
def exponential(dice: Dice) -> float:
    """A waiting time of mean one."""
    return float(-np.log(1.0 - uniform(dice)))


@compiled
def normal(dice: Dice) -> float:
    """A standard normal number (Box and Muller, one of the pair)."""
    radius = np.sqrt(2.0 * exponential(dice))
    return float(radius * np.cos(2.0 * np.pi * uniform(dice)))
