"""Ethereum's checksum: capital letters where the Keccak-256 of the address has a high digit. Source: ERC-55 (EIP-55)."""

from __future__ import annotations

from Crypto.Hash import keccak


def keccak_256(content: bytes) -> bytes:
    """Keccak-256 as Ethereum uses it (not SHA3-256)."""
    return keccak.new(digest_bits=256, data=content).digest()


def checksummed(digits: str) -> str:
    """40 lower-case hexadecimal digits with the capitals of their checksum and ``0x`` before them."""
    flags = f"{_high(digits):040x}"
    return "0x" + "".join(u if flag == "8" else c for c, u, flag in zip(digits, digits.upper(), flags, strict=True))


def is_checksummed(digits: str) -> bool:
    """Whether the capitals among 40 hexadecimal digits are those of their checksum."""
    return int(digits.translate(_CAPITALS), 16) == _high(digits.lower()) & int(digits.translate(_LETTERS), 16)


def _high(lower: str) -> int:
    """For each digit, 8 where the digit of the hash is 8 or more."""
    return int.from_bytes(keccak_256(lower.encode())[:20], "big") & _EIGHTS


_EIGHTS = int("8" * 40, 16)
_CAPITALS = str.maketrans("0123456789abcdefABCDEF", "0" * 16 + "8" * 6)
_LETTERS = str.maketrans("0123456789abcdefABCDEF", "0" * 10 + "8" * 12)
