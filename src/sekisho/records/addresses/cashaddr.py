"""CashAddr: how Bitcoin Cash writes an address, with or without its prefix. Source: the CashAddr specification of Bitcoin Cash."""

from __future__ import annotations

from sekisho.records.addresses.bech32 import CHARSET, eight_bits, five_bits, stepping, words_of

MAIN, TEST, REGTEST = "bitcoincash", "bchtest", "bchreg"
SIZES = (20, 24, 28, 32, 40, 48, 56, 64)
"""Bytes of the hash, by the last three bits of the version."""

_ONE, _TWO = stepping((0x98F2BC8E61, 0x79B76D99E2, 0xF33E5FB3C4, 0xAE2EABE2A8, 0x1E4F43E470), 35)


def encoded(prefix: str, kind: int, content: bytes) -> str:
    """The address of a hash; ``kind`` is 0 for a key, 1 for a script (2 and 3: the same that may hold tokens)."""
    words = [*five_bits(bytes([kind << 3 | SIZES.index(len(content))]) + content)]
    check = _polymod(_expanded(prefix) + bytes([*words, *bytes(8)]))
    letters = [*words, *(check >> shift & 31 for shift in range(35, -1, -5))]
    return f"{prefix}:{''.join(CHARSET[w] for w in letters)}"


def decoded(prefix: str, data: str) -> tuple[int, bytes] | None:
    """Kind and hash of the lower-case text after the colon, or None where characters, checksum, padding or size are wrong."""
    words = words_of(data)
    if words is None or len(words) < 8 or _polymod(_expanded(prefix) + words):
        return None
    content = eight_bits(words[:-8])
    if not content or content[0] & 0x80 or len(content) - 1 != SIZES[content[0] & 7]:
        return None
    return content[0] >> 3, content[1:]


def _expanded(prefix: str) -> bytes:
    return bytes([*(ord(c) & 31 for c in prefix), 0])


def _polymod(words: bytes) -> int:
    """The checksum, two words at a time."""
    check, at = 1, len(words) & 1
    if at:
        check = (check & 0x07FFFFFFFF) << 5 ^ words[0] ^ _ONE[check >> 35]
    for high, low in zip(words[at::2], words[at + 1 :: 2], strict=True):
        check = (check & 0x3FFFFFFF) << 10 ^ high << 5 ^ low ^ _TWO[check >> 30]
    return check ^ 1
