"""Ethereum's checksum: capital letters where the Keccak-256 of the address has a high digit. Source: ERC-55 (EIP-55)."""

from __future__ import annotations

from Crypto.Hash import keccak


def keccak_256(content: bytes) -> bytes:
    """Keccak-256 as Ethereum uses it (not SHA3-256)."""
    return keccak.new(digest_bits=256, data=content).digest()


def checksummed(digits: str) -> str:
    """40 lower-case hexadecimal digits with the capitals of their checksum and ``0x`` before them."""
    high = int.from_bytes(keccak_256(digits.encode())[:20], "big") & _HIGH_BITS
    upper = digits.upper()
    flags = f"{high:040x}"
    return "0x" + "".join(u if flag == "8" else c for c, u, flag in zip(digits, upper, flags, strict=True))


_HIGH_BITS = int("8" * 40, 16)
