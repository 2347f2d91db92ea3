"""Bech32 and Bech32m: a readable part, groups of five bits, and a checksum that finds up to four wrong characters.

Sources: BIP-173, BIP-350; CIP-5 and CIP-19 for Cardano, whose texts are longer than the 90 characters of BIP-173.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
BECH32, BECH32M = 1, 0x2BC830A3

_GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_WORDS = bytes(CHARSET.find(chr(code)) & 0xFF for code in range(256))
_DIGITS = bytes(b"0123456789abcdefghijklmnopqrstuv"[code & 31] for code in range(256))


class Decoded(NamedTuple):
    """The parts of a text whose characters are right: ``words`` without the checksum; ``constant`` tells what the checksum is."""

    prefix: str
    words: bytes
    constant: int


def encoded(prefix: str, words: Sequence[int], constant: int) -> str:
    """The text of groups of five bits under a prefix."""
    check = _polymod(_expanded(prefix) + bytes([*words, 0, 0, 0, 0, 0, 0])) ^ constant
    return f"{prefix}1{''.join(CHARSET[w] for w in words)}{''.join(CHARSET[check >> shift & 31] for shift in range(25, -1, -5))}"


def decoded(text: str) -> Decoded | None:
    """The parts of a lower-case text, or None where the form is not Bech32's. Whether ``constant`` is right is for the caller."""
    prefix, mark, data = text.rpartition("1")
    if not mark or not prefix or len(data) < 6:
        return None
    words = words_of(data)
    if words is None:
        return None
    return Decoded(prefix, words[:-6], _polymod(_expanded(prefix) + words))


def words_of(text: str) -> bytes | None:
    """The groups of five bits that lower-case characters stand for, a byte each; None where another character is among them."""
    words = text.encode("ascii", "replace").translate(_WORDS)
    return None if 0xFF in words else words


def five_bits(content: bytes) -> Iterable[int]:
    """Bytes in groups of five bits, the last filled up with zeros."""
    bits = len(content) * 8
    padding = -bits % 5
    number = int.from_bytes(content, "big") << padding
    return ((number >> shift) & 31 for shift in range(bits + padding - 5, -1, -5))


def eight_bits(words: bytes) -> bytes | None:
    """Groups of five bits as bytes, or None where more than four bits are left over or one of them is set."""
    number = int(words.translate(_DIGITS), 32) if words else 0
    left = len(words) * 5 % 8
    if left > 4 or number & ((1 << left) - 1):
        return None
    return (number >> left).to_bytes(len(words) * 5 // 8, "big")


def stepping(generators: Sequence[int], top_bits: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """What the five (and the ten) highest bits of a checksum, of ``top_bits`` and five, feed back after one (and two) words."""
    one = []
    for top in range(32):
        fed_back = 0
        for bit, generator in enumerate(generators):
            fed_back ^= generator * (top >> bit & 1)
        one.append(fed_back)
    two = []
    for top in range(1024):
        check = top << (top_bits - 5)
        for _word in range(2):
            check = (check & ((1 << top_bits) - 1)) << 5 ^ one[check >> top_bits]
        two.append(check)
    return tuple(one), tuple(two)


_ONE, _TWO = stepping(_GENERATORS, 25)


def _expanded(prefix: str) -> bytes:
    return bytes([*(ord(c) >> 5 for c in prefix), 0, *(ord(c) & 31 for c in prefix)])


def _polymod(words: bytes) -> int:
    """The checksum, two words at a time."""
    check, at = 1, len(words) & 1
    if at:
        check = (check & 0x1FFFFFF) << 5 ^ words[0] ^ _ONE[check >> 25]
    for high, low in zip(words[at::2], words[at + 1 :: 2], strict=True):
        check = (check & 0xFFFFF) << 10 ^ high << 5 ^ low ^ _TWO[check >> 20]
    return check
