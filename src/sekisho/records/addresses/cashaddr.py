"""CashAddr: how Bitcoin Cash writes an address, with or without its prefix. Source: the CashAddr specification of Bitcoin Cash."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sekisho.records.addresses.bech32 import CHARSET, eight_bits, five_bits

MAIN, TEST, REGTEST = "bitcoincash", "bchtest", "bchreg"
SIZES = (20, 24, 28, 32, 40, 48, 56, 64)
"""Bytes of the hash, by the last three bits of the version."""

_VALUES = {ord(c): value for value, c in enumerate(CHARSET)}
_GENERATORS = (0x98F2BC8E61, 0x79B76D99E2, 0xF33E5FB3C4, 0xAE2EABE2A8, 0x1E4F43E470)
_FED_BACK = []
for _top in range(32):
    _all = 0
    for _bit, _generator in enumerate(_GENERATORS):
        _all ^= _generator * (_top >> _bit & 1)
    _FED_BACK.append(_all)


def encoded(prefix: str, kind: int, content: bytes) -> str:
    """The address of a hash; ``kind`` is 0 for a key, 1 for a script (2 and 3: the same that may hold tokens)."""
    words = [*five_bits(bytes([kind << 3 | SIZES.index(len(content))]) + content)]
    check = _polymod([*_expanded(prefix), *words, *(0,) * 8])
    letters = [*words, *(check >> shift & 31 for shift in range(35, -1, -5))]
    return f"{prefix}:{''.join(CHARSET[w] for w in letters)}"


def decoded(prefix: str, data: str) -> tuple[int, bytes] | None:
    """Kind and hash of the lower-case text after the colon, or None where characters, checksum, padding or size are wrong."""
    try:
        words = [_VALUES[code] for code in map(ord, data)]
    except KeyError:
        return None
    if len(words) < 8 or _polymod(_expanded(prefix) + words):
        return None
    content = eight_bits(words[:-8])
    if not content or content[0] & 0x80 or len(content) - 1 != SIZES[content[0] & 7]:
        return None
    return content[0] >> 3, content[1:]


def _expanded(prefix: str) -> list[int]:
    return [*(ord(c) & 31 for c in prefix), 0]


def _polymod(words: Iterable[int] | Sequence[int]) -> int:
    check = 1
    for word in words:
        check = (check & 0x07FFFFFFFF) << 5 ^ word ^ _FED_BACK[check >> 35]
    return check ^ 1
