"""Bitcoin scripts: the address that an output's locking script pays to.

Base58Check as Bitcoin Core has it, Bech32 by BIP 173, Bech32m by BIP 350. Only the encoding is needed: a script is what
the chain holds, an address is how people write it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_BECH32_CONSTANT, _BECH32M_CONSTANT = 1, 0x2BC830A3


class Network(NamedTuple):
    """How addresses of a network begin."""

    key_hash: int
    script_hash: int
    witness: str


NETWORKS = {
    "main": Network(0x00, 0x05, "bc"),
    "test": Network(0x6F, 0xC4, "tb"),
    "testnet4": Network(0x6F, 0xC4, "tb"),
    "signet": Network(0x6F, 0xC4, "tb"),
    "regtest": Network(0x6F, 0xC4, "bcrt"),
}
"""The networks under the names ``getblockchaininfo`` gives them."""


def address_of(script: bytes, network: Network) -> str | None:
    """The address of a locking script, or None where it has none (a bare key, a bare multisig, data)."""
    if len(script) == 25 and script[:3] == b"\x76\xa9\x14" and script[23:] == b"\x88\xac":
        return _base58check(bytes([network.key_hash]) + script[3:23])
    if len(script) == 23 and script[:2] == b"\xa9\x14" and script[22:] == b"\x87":
        return _base58check(bytes([network.script_hash]) + script[2:22])
    return _witness_address(script, network.witness)


def _witness_address(script: bytes, prefix: str) -> str | None:
    if not 4 <= len(script) <= 42 or script[1] != len(script) - 2:
        return None
    opcode, program = script[0], script[2:]
    if opcode == 0 and len(program) in (20, 32):
        version, constant = 0, _BECH32_CONSTANT
    elif 0x51 <= opcode <= 0x60:
        version, constant = opcode - 0x50, _BECH32M_CONSTANT
    else:
        return None
    values = [version, *_five_bits(program)]
    expanded = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    check = _polymod([*expanded, *values, 0, 0, 0, 0, 0, 0]) ^ constant
    values += [(check >> 5 * (5 - i)) & 31 for i in range(6)]
    return f"{prefix}1{''.join(_BECH32[v] for v in values)}"


def _five_bits(program: bytes) -> Iterable[int]:
    """The program in groups of five bits, the last padded with zeros."""
    bits = len(program) * 8
    padding = -bits % 5
    number = int.from_bytes(program, "big") << padding
    return ((number >> shift) & 31 for shift in range(bits + padding - 5, -1, -5))


def _polymod(values: Sequence[int]) -> int:
    checksum = 1
    for value in values:
        top = checksum >> 25
        checksum = (checksum & 0x1FFFFFF) << 5 ^ value
        for i, generator in enumerate(_GENERATORS):
            if top >> i & 1:
                checksum ^= generator
    return checksum


def _base58check(payload: bytes) -> str:
    whole = payload + hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4]
    number = int.from_bytes(whole, "big")
    digits = ""
    while number:
        number, digit = divmod(number, 58)
        digits = _BASE58[digit] + digits
    return "1" * (len(whole) - len(whole.lstrip(b"\0"))) + digits
