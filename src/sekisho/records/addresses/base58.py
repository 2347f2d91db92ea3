"""Base58 and Base58Check: numbers written without the characters that people confuse, with a checksum of four bytes.

Sources: Bitcoin Core ``base58.cpp``; the XRP Ledger's dictionary (its documentation, "base58 encodings").
"""

from __future__ import annotations

from hashlib import sha256

BITCOIN = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
RIPPLE = "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz"

_VALUES = {alphabet: {ord(c): value for value, c in enumerate(alphabet)} for alphabet in (BITCOIN, RIPPLE)}
_LONGEST = 150
"""No address is longer; a text that is takes time quadratic in its length."""


def encoded(content: bytes, alphabet: str = BITCOIN) -> str:
    """Bytes as Base58; each leading zero byte is the alphabet's first character."""
    number = int.from_bytes(content, "big")
    digits: list[str] = []
    while number:
        number, digit = divmod(number, 58)
        digits.append(alphabet[digit])
    zeros = len(content) - len(content.lstrip(b"\0"))
    return alphabet[0] * zeros + "".join(reversed(digits))


def decoded(text: str, alphabet: str = BITCOIN) -> bytes | None:
    """The bytes of a Base58 text, or None where it is empty, too long for any address, or holds another character."""
    if not 0 < len(text) <= _LONGEST:
        return None
    values, number = _VALUES[alphabet], 0
    try:
        for code in map(ord, text):
            number = number * 58 + values[code]
    except KeyError:
        return None
    zeros = len(text) - len(text.lstrip(alphabet[0]))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")


def check_encoded(payload: bytes, alphabet: str = BITCOIN) -> str:
    """Base58Check: the payload with the first four bytes of its double SHA-256."""
    return encoded(payload + twice(payload)[:4], alphabet)


def check_decoded(text: str, alphabet: str = BITCOIN) -> bytes | None:
    """The payload of a Base58Check text, or None where it is not Base58 or the checksum differs."""
    whole = decoded(text, alphabet)
    if whole is None or len(whole) < 5 or twice(whole[:-4])[:4] != whole[-4:]:
        return None
    return whole[:-4]


def twice(content: bytes) -> bytes:
    """Double SHA-256."""
    return sha256(sha256(content).digest()).digest()
