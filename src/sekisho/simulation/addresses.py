"""Addresses as each chain writes them, with its checksum, so that what reads the records may check them."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable

from Crypto.Hash import keccak

_BITCOIN = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_RIPPLE = "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
HASH_BYTES = 32
"""How much randomness an address takes, whatever the chain."""


def address(asset: str, seed: bytes) -> str:
    """What a seed of ``HASH_BYTES`` stands for on the chain of the asset; assets whose chain is not told here live on Ethereum."""
    assert len(seed) == HASH_BYTES
    return _WRITTEN.get(asset, _ethereum)(seed)


def look_alike(asked: str, other: str) -> str:
    """An address that begins and ends like ``asked``, filled from ``other``; on Ethereum one that its chain would take."""
    if asked.startswith("0x"):
        return _mixed_case(asked[2:6].lower() + other[6:-4].lower() + asked[-4:].lower())
    return asked[:9] + other[9:-5] + asked[-5:]


def _ethereum(seed: bytes) -> str:
    return _mixed_case(seed[:20].hex())


def _mixed_case(digits: str) -> str:
    """EIP-55: a letter is a capital where the hash of all has a half byte above seven."""
    hashed = keccak.new(data=digits.encode("ascii"), digest_bits=256).hexdigest()
    return "0x" + "".join(digit.upper() if int(nibble, 16) > 7 else digit for digit, nibble in zip(digits, hashed, strict=False))


def _witness(prefix: str, payload: bytes, version: int | None) -> str:
    """BIP 173: groups of five bits and six of checksum; a version comes first where the chain has one."""
    values = _five_bits(payload) if version is None else [version, *_five_bits(payload)]
    expanded = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    check = _polymod([*expanded, *values, *[0] * 6]) ^ 1
    return f"{prefix}1" + "".join(_BECH32[v] for v in [*values, *((check >> 5 * (5 - i)) & 31 for i in range(6))])


def _five_bits(payload: bytes) -> list[int]:
    bits = "".join(f"{byte:08b}" for byte in payload)
    return [int(bits[at : at + 5].ljust(5, "0"), 2) for at in range(0, len(bits), 5)]


def _polymod(values: Iterable[int]) -> int:
    check = 1
    for value in values:
        top, check = check >> 25, (check & 0x1FFFFFF) << 5 ^ value
        for place, generator in enumerate(_GENERATORS):
            check ^= generator if top >> place & 1 else 0
    return check


def _base58(payload: bytes, alphabet: str) -> str:
    number, written = int.from_bytes(payload), ""
    while number:
        number, digit = divmod(number, 58)
        written = alphabet[digit] + written
    return alphabet[0] * (len(payload) - len(payload.lstrip(b"\0"))) + written


def _checked(payload: bytes, alphabet: str = _BITCOIN) -> str:
    """Base58Check: four bytes of a double SHA-256 at the end."""
    return _base58(payload + hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4], alphabet)


def _stellar(seed: bytes) -> str:
    """SEP-23: version, key and CRC16-XModem, lowest byte first, in base 32."""
    payload = bytes([6 << 3]) + seed
    check = 0
    for byte in payload:
        check ^= byte << 8
        for _bit in range(8):
            check = (check << 1 ^ 0x1021 if check & 0x8000 else check << 1) & 0xFFFF
    return base64.b32encode(payload + check.to_bytes(2, "little")).decode("ascii")


_WRITTEN: dict[str, Callable[[bytes], str]] = {
    "BTC": lambda seed: _witness("bc", seed[:20], 0),
    "LTC": lambda seed: _witness("ltc", seed[:20], 0),
    "BCH": lambda seed: _checked(b"\x00" + seed[:20]),
    "DOGE": lambda seed: _checked(b"\x1e" + seed[:20]),
    "XRP": lambda seed: _checked(b"\x00" + seed[:20], _RIPPLE),
    "XLM": _stellar,
    "SOL": lambda seed: _base58(seed, _BITCOIN),
    "ADA": lambda seed: _witness("addr", b"\x61" + seed[:28], None),
    "ATOM": lambda seed: _witness("cosmos", seed[:20], None),
}
