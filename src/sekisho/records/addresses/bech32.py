"""Bech32 and Bech32m: a readable part, groups of five bits, and a checksum that finds up to four wrong characters.

Sources: BIP-173, BIP-350; CIP-5 and CIP-19 for Cardano, whose texts are longer than the 90 characters of BIP-173.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
BECH32, BECH32M = 1, 0x2BC830A3

_VALUES = {ord(c): value for value, c in enumerate(CHARSET)}
_GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_FED_BACK = tuple(
    generators
    for top in range(32)
    for generators in (
        (_GENERATORS[0] * (top & 1))
        ^ (_GENERATORS[1] * (top >> 1 & 1))
        ^ (_GENERATORS[2] * (top >> 2 & 1))
        ^ (_GENERATORS[3] * (top >> 3 & 1))
        ^ (_GENERATORS[4] * (top >> 4)),
    )
)


class Decoded(NamedTuple):
    """The parts of a text whose characters are right: ``words`` without the checksum; ``constant`` tells what the checksum is."""

    prefix: str
    words: Sequence[int]
    constant: int


def encoded(prefix: str, words: Sequence[int], constant: int) -> str:
    """The text of groups of five bits under a prefix."""
    check = _polymod([*_expanded(prefix), *words, 0, 0, 0, 0, 0, 0]) ^ constant
    return f"{prefix}1{''.join(CHARSET[w] for w in words)}{''.join(CHARSET[check >> shift & 31] for shift in range(25, -1, -5))}"


def decoded(text: str) -> Decoded | None:
    """The parts of a lower-case text, or None where the form is not Bech32's. Whether ``constant`` is right is for the caller."""
    prefix, mark, data = text.rpartition("1")
    if not mark or not prefix or len(data) < 6:
        return None
    try:
        words = [_VALUES[code] for code in map(ord, data)]
    except KeyError:
        return None
    return Decoded(prefix, words[:-6], _polymod(_expanded(prefix) + words))


def five_bits(content: bytes) -> Iterable[int]:
    """Bytes in groups of five bits, the last filled up with zeros."""
    bits = len(content) * 8
    padding = -bits % 5
    number = int.from_bytes(content, "big") << padding
    return ((number >> shift) & 31 for shift in range(bits + padding - 5, -1, -5))


def eight_bits(words: Sequence[int]) -> bytes | None:
    """Groups of five bits as bytes, or None where more than four bits are left over or one of them is set."""
    number = 0
    for word in words:
        number = number << 5 | word
    left = len(words) * 5 % 8
    if left > 4 or number & ((1 << left) - 1):
        return None
    return (number >> left).to_bytes(len(words) * 5 // 8, "big")


def _expanded(prefix: str) -> list[int]:
    return [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]


def _polymod(words: Iterable[int]) -> int:
    check, fed_back = 1, _FED_BACK
    for word in words:
        check = (check & 0x1FFFFFF) << 5 ^ word ^ fed_back[check >> 25]
    return check
