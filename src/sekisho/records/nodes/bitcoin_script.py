"""Bitcoin scripts: the address that an output's locking script pays to.

A script is what the chain holds, an address is how people write it (Base58Check, Bech32, Bech32m).
"""

from __future__ import annotations

from typing import NamedTuple

from sekisho.records.addresses import base58, bech32


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
        return base58.check_encoded(bytes([network.key_hash]) + script[3:23])
    if len(script) == 23 and script[:2] == b"\xa9\x14" and script[22:] == b"\x87":
        return base58.check_encoded(bytes([network.script_hash]) + script[2:22])
    return _witness_address(script, network.witness)


def _witness_address(script: bytes, prefix: str) -> str | None:
    if not 4 <= len(script) <= 42 or script[1] != len(script) - 2:
        return None
    opcode, program = script[0], script[2:]
    if opcode == 0 and len(program) in (20, 32):
        version, constant = 0, bech32.BECH32
    elif 0x51 <= opcode <= 0x60:
        version, constant = opcode - 0x50, bech32.BECH32M
    else:
        return None
    return bech32.encoded(prefix, [version, *bech32.five_bits(program)], constant)
