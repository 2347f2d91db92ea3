"""Entitlements: what each client gets of what is there, to the last smallest unit, and never more than there is.

A share is ``claim x pool / owed``, at most the claim, rounded down to the smallest unit of the asset; what rounding leaves
over is shown, not given to anybody. The arithmetic is done in whole numbers of 1e-18 (the scale of the record tables) on
128 bits, column by column: two numbers of 128 bits are multiplied and divided without the product ever being formed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Context, Decimal, localcontext

import numba
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sekisho.typologies.valuation import EXACT, total

PLACES = 18
"""Decimal places of quantities and yen in the record tables."""

MOST = Decimal(2**126 - 1).scaleb(-PLACES, Context(prec=60))
"""The largest sum of claims or assets that can be shared out: about 85 quintillion units of an asset."""

QUANTITY = pa.decimal128(38, PLACES)
WHOLE = pa.decimal128(38, 0)
_SHARE_STEP = Decimal("0.000000000001")
_ONE, _TOP = np.uint64(1), np.uint64(63)
_ZERO = np.uint64(0)
_HALF, _HALF_BITS = np.uint64(2**32 - 1), np.uint64(32)
_GUESSED, _GUESSABLE = np.uint64(2**50), np.uint64(2**56)

Word = np.uint64
Limbs = NDArray[np.uint64]
"""Numbers of 128 bits as rows of two words, the low one first, as Arrow keeps decimals."""


@dataclass(frozen=True, slots=True)
class Share:
    """What is there for the holders of one right in one asset, against what they are owed. Exact quantities."""

    owed: Decimal
    pool: Decimal
    unit: Decimal

    @property
    def short(self) -> Decimal:
        """What is missing; 0 when there is enough."""
        return max(Decimal(0), EXACT.subtract(self.owed, self.pool))

    @property
    def surplus(self) -> Decimal:
        """What is left when everybody has all; 0 when there is not enough."""
        return max(Decimal(0), EXACT.subtract(self.pool, self.owed))

    @property
    def payable(self) -> Decimal:
        """The most that can be paid out: the smaller of what is there and what is owed."""
        return min(self.pool, self.owed)

    @property
    def ratio(self) -> Decimal:
        """The share of each claim that is covered, to twelve decimals, rounded down; 1 when there is enough."""
        if self.pool >= self.owed:
            return Decimal(1)
        with localcontext(Context(prec=100, rounding=ROUND_FLOOR)):
            return (self.pool / self.owed).quantize(_SHARE_STEP)

    def of(self, claim: Decimal) -> Decimal:
        """One client's part, in exact arithmetic: the smaller of claim and claim x pool / owed, rounded down to the unit."""
        if not claim:
            return Decimal(0)
        numerator, denominator = claim, Decimal(1)
        if self.pool < self.owed:
            numerator, denominator = EXACT.multiply(claim, self.pool), self.owed
        units = EXACT.divide_int(numerator, EXACT.multiply(denominator, self.unit))
        return EXACT.multiply(units, self.unit)


def parts(claims: pa.Array, pools: pa.Array, owed: pa.Array, units: pa.Array) -> pa.Array:
    """``Share.of`` for whole columns: every row has its claim and the pool, sum owed and unit of its asset (decimal128(38, 18))."""
    found = np.empty((len(claims), 2), np.uint64)
    _parts(limbs(claims), limbs(pools), limbs(owed), limbs(units), found)
    return from_limbs(found, QUANTITY)


def fractions(numbers: pa.Array, numerators: pa.Array, denominators: pa.Array) -> pa.Array:
    """``number x numerator / denominator`` rounded down, for columns of whole numbers; a numerator is at most its denominator."""
    found = np.empty((len(numbers), 2), np.uint64)
    _fractions(limbs(numbers), limbs(numerators), limbs(denominators), found)
    return from_limbs(found, WHOLE)


def yen(quantities: pa.Array, prices: pa.Array) -> pa.Array:
    """Quantity x price in whole yen, rounded down (decimal128(38, 18) both; a price is below 1e18 yen)."""
    found = np.empty((len(quantities), 2), np.uint64)
    one = np.array([divmod(10 ** (2 * PLACES), 2**64)[::-1]], np.uint64)
    _fractions(limbs(quantities), limbs(prices), np.broadcast_to(one, found.shape), found)
    return from_limbs(found, WHOLE)


def limbs(column: pa.Array | pa.ChunkedArray) -> Limbs:
    """A column of decimals, none of them null or negative, as numbers of 128 bits."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    assert column.null_count == 0, "an entitlement needs every number"
    words = np.frombuffer(column.buffers()[1], np.uint64, 2 * (column.offset + len(column)))
    return words.reshape(-1, 2)[column.offset :]


def from_limbs(numbers: Limbs, kind: pa.DataType) -> pa.Array:
    """Numbers of 128 bits as a column of decimals."""
    return pa.Array.from_buffers(kind, len(numbers), [None, pa.py_buffer(numbers)])


@numba.njit(cache=True, nogil=True)
def _parts(claims: Limbs, pools: Limbs, owed: Limbs, units: Limbs, found: Limbs) -> None:
    for row in range(found.shape[0]):
        low, high = claims[row, 0], claims[row, 1]
        unit_low, unit_high = units[row, 0], units[row, 1]
        if _less(pools[row, 0], pools[row, 1], owed[row, 0], owed[row, 1]):
            if unit_high == _ZERO and _small(low, high, unit_low):
                count, rest = _units(low, high, unit_low)
                if rest == _ZERO:
                    # A claim of whole units: share out the units, there are fewer bits to go through.
                    low, high = _fraction(count, _ZERO, pools[row, 0], pools[row, 1], owed[row, 0], owed[row, 1])
                    found[row, 0], found[row, 1] = _times(low, unit_low, _ZERO)
                    continue
            low, high = _fraction(low, high, pools[row, 0], pools[row, 1], owed[row, 0], owed[row, 1])
        # floor(floor(x) / unit) is floor(x / unit): rounding to 1e-18 first loses nothing.
        found[row, 0], found[row, 1] = _down_to(low, high, unit_low, unit_high)


@numba.njit(cache=True, nogil=True)
def _fractions(numbers: Limbs, numerators: Limbs, denominators: Limbs, found: Limbs) -> None:
    for row in range(found.shape[0]):
        low, high = numbers[row, 0], numbers[row, 1]
        if _less(numerators[row, 0], numerators[row, 1], denominators[row, 0], denominators[row, 1]):
            low, high = _fraction(low, high, numerators[row, 0], numerators[row, 1], denominators[row, 0], denominators[row, 1])
        found[row, 0], found[row, 1] = low, high


@numba.njit(cache=True, nogil=True, inline="always")
def _less(low: Word, high: Word, than_low: Word, than_high: Word) -> np.bool_:
    return high < than_high or (high == than_high and low < than_low)


@numba.njit(cache=True, nogil=True)
def _fraction(low: Word, high: Word, top_low: Word, top_high: Word, bottom_low: Word, bottom_high: Word) -> tuple[Word, Word]:
    """``number x top / bottom`` rounded down, with top < bottom < 2^126."""
    if high == _ZERO and low < _GUESSED and bottom_high < _GUESSABLE:
        return _guessed(low, top_low, top_high, bottom_low, bottom_high), _ZERO
    # Bit by bit: top x (bits so far) = quotient x bottom + rest.
    quotient_low = quotient_high = rest_low = rest_high = _ZERO
    for bit in range(_bits(low, high) - 1, -1, -1):
        word = high if bit >= 64 else low
        quotient_high = (quotient_high << _ONE) | (quotient_low >> _TOP)
        quotient_low = quotient_low << _ONE
        rest_high = (rest_high << _ONE) | (rest_low >> _TOP)
        rest_low = rest_low << _ONE
        if not _less(rest_low, rest_high, bottom_low, bottom_high):
            rest_low, rest_high = _minus(rest_low, rest_high, bottom_low, bottom_high)
            quotient_low |= _ONE
        if (word >> np.uint64(bit & 63)) & _ONE:
            rest_low, rest_high = _plus(rest_low, rest_high, top_low, top_high)
            if not _less(rest_low, rest_high, bottom_low, bottom_high):
                rest_low, rest_high = _minus(rest_low, rest_high, bottom_low, bottom_high)
                quotient_low, quotient_high = _plus(quotient_low, quotient_high, _ONE, _ZERO)
    return quotient_low, quotient_high


@numba.njit(cache=True, nogil=True)
def _guessed(number: Word, top_low: Word, top_high: Word, bottom_low: Word, bottom_high: Word) -> Word:
    """The same for a number below 2^50 and a bottom below 2^120: a guess in floating point, corrected until it is exact.

    The guess is off by 1 at most, so number x top - guess x bottom lies within 2^121 of 0 and its lowest 128 bits tell it.
    """
    ratio = (float(top_high) * 2.0**64 + float(top_low)) / (float(bottom_high) * 2.0**64 + float(bottom_low))
    guess = np.uint64(float(number) * ratio)
    product_low, product_high = _times(number, top_low, top_high)
    taken_low, taken_high = _times(guess, bottom_low, bottom_high)
    rest_low, rest_high = _minus(product_low, product_high, taken_low, taken_high)
    while rest_high >> _TOP:  # below 0
        rest_low, rest_high = _plus(rest_low, rest_high, bottom_low, bottom_high)
        guess -= _ONE
    while not _less(rest_low, rest_high, bottom_low, bottom_high):
        rest_low, rest_high = _minus(rest_low, rest_high, bottom_low, bottom_high)
        guess += _ONE
    return guess


@numba.njit(cache=True, nogil=True, inline="always")
def _small(low: Word, high: Word, unit: Word) -> bool:
    """Whether the number holds fewer than 2^50 units, so that floating point tells how many."""
    return (float(high) * 2.0**64 + float(low)) / float(unit) < 2.0**50 - 1


@numba.njit(cache=True, nogil=True, inline="always")
def _units(low: Word, high: Word, unit: Word) -> tuple[Word, Word]:
    """How many units a ``_small`` number holds, and what is left."""
    guess = np.uint64((float(high) * 2.0**64 + float(low)) / float(unit))
    taken_low, taken_high = _times(guess, unit, _ZERO)
    rest_low, rest_high = _minus(low, high, taken_low, taken_high)
    while rest_high >> _TOP:  # below 0
        rest_low, rest_high = _plus(rest_low, rest_high, unit, _ZERO)
        guess -= _ONE
    while not _less(rest_low, rest_high, unit, _ZERO):
        rest_low, rest_high = _minus(rest_low, rest_high, unit, _ZERO)
        guess += _ONE
    return guess, rest_low


@numba.njit(cache=True, nogil=True, inline="always")
def _times(number: Word, low: Word, high: Word) -> tuple[Word, Word]:
    """The lowest 128 bits of a product."""
    a, b = number & _HALF, number >> _HALF_BITS
    c, d = low & _HALF, low >> _HALF_BITS
    first, second, third = a * c, a * d, b * c
    middle = (first >> _HALF_BITS) + (second & _HALF) + (third & _HALF)
    carried = (second >> _HALF_BITS) + (third >> _HALF_BITS) + (middle >> _HALF_BITS)
    return number * low, b * d + carried + number * high


@numba.njit(cache=True, nogil=True)
def _bits(low: Word, high: Word) -> int:
    """How many bits the number has up to its highest one."""
    bits, word = (64, high) if high != _ZERO else (0, low)
    while word != _ZERO:
        word = word >> _ONE
        bits += 1
    return bits


@numba.njit(cache=True, nogil=True)
def _down_to(low: Word, high: Word, unit_low: Word, unit_high: Word) -> tuple[Word, Word]:
    """The number less what is left when it is divided by the unit."""
    if unit_high == _ZERO and _small(low, high, unit_low):
        return _minus(low, high, _units(low, high, unit_low)[1], _ZERO)
    rest_low = rest_high = _ZERO
    for bit in range(127, -1, -1):
        rest_high = (rest_high << _ONE) | (rest_low >> _TOP)
        rest_low = (rest_low << _ONE) | (((high if bit >= 64 else low) >> np.uint64(bit & 63)) & _ONE)
        if not _less(rest_low, rest_high, unit_low, unit_high):
            rest_low, rest_high = _minus(rest_low, rest_high, unit_low, unit_high)
    return _minus(low, high, rest_low, rest_high)


@numba.njit(cache=True, nogil=True, inline="always")
def _plus(low: Word, high: Word, more_low: Word, more_high: Word) -> tuple[Word, Word]:
    found = low + more_low
    return found, high + more_high + (_ONE if found < low else _ZERO)


@numba.njit(cache=True, nogil=True, inline="always")
def _minus(low: Word, high: Word, less_low: Word, less_high: Word) -> tuple[Word, Word]:
    return low - less_low, high - less_high - (_ONE if low < less_low else _ZERO)


@dataclass(frozen=True, slots=True)
class Pooled:
    """The other reading of a right over all assets together: yen there, yen owed, and the assets without a price."""

    pool_jpy: Decimal
    owed_jpy: Decimal
    not_valued: tuple[str, ...]

    @property
    def ratio(self) -> Decimal | None:
        """The share of every claim in yen that is covered; None when an asset cannot be valued."""
        return None if self.not_valued else Share(self.owed_jpy, self.pool_jpy, Decimal(1)).ratio


def pooled(shares: Mapping[str, Share], prices: Mapping[str, Decimal | None]) -> Pooled:
    """All assets of a right valued together. An asset that nobody is owed and of which nothing is there needs no price."""
    needed = {asset: share for asset, share in shares.items() if share.owed or share.pool}
    missing = tuple(sorted(asset for asset in needed if prices.get(asset) is None))
    return Pooled(
        _worth(((share.pool, prices.get(asset)) for asset, share in needed.items())),
        _worth(((share.owed, prices.get(asset)) for asset, share in needed.items())),
        missing,
    )


def _worth(valued: Iterable[tuple[Decimal, Decimal | None]]) -> Decimal:
    return total(EXACT.multiply(quantity, price) for quantity, price in valued if price is not None)


def claimed_and_covered(share: Share, price: Decimal | None) -> tuple[Decimal | None, Decimal | None]:
    """What is owed and what can be paid of it, in yen; None without a price."""
    if price is None:
        return None, None
    return EXACT.multiply(share.owed, price), EXACT.multiply(share.payable, price)
