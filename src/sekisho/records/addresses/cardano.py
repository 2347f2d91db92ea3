"""Cardano addresses: Shelley's in Bech32, Byron's in Base58 with a CRC-32. Sources: CIP-19, CIP-5; Byron's CDDL."""

from __future__ import annotations

import zlib

from sekisho.records.addresses import base58

SHELLEY_PREFIXES = {"addr": True, "addr_test": False, "stake": True, "stake_test": False}
"""Prefix, and whether it says main net."""

_PAYMENT_BYTES = {**dict.fromkeys((0, 1, 2, 3), (57, 57)), 4: (32, 58), 5: (32, 58), 6: (29, 29), 7: (29, 29)}
_STAKE_BYTES = {14: (29, 29), 15: (29, 29)}


def shelley_is_sound(prefix: str, content: bytes) -> bool:
    """Whether kind, length and network of the header fit the prefix."""
    if not content:
        return False
    allowed = (_STAKE_BYTES if prefix.startswith("stake") else _PAYMENT_BYTES).get(content[0] >> 4)
    network = content[0] & 15
    return allowed is not None and allowed[0] <= len(content) <= allowed[1] and network == SHELLEY_PREFIXES[prefix]


def byron_is_main(text: str) -> bool | None:
    """True on the main net, False on a test net (which names its number), None where it is no Byron address.

    The text is CBOR: ``[24(payload), crc32]`` with ``payload = [root of 28 bytes, attributes, kind]``.
    """
    whole = base58.decoded(text)
    if whole is None or len(whole) < 10 or whole[:4] != b"\x82\xd8\x18\x58" or len(whole) < 5 + whole[4]:
        return None
    payload, rest = whole[5 : 5 + whole[4]], whole[5 + whole[4] :]
    if rest[:1] != b"\x1a" or len(rest) != 5 or int.from_bytes(rest[1:], "big") != zlib.crc32(payload):
        return None
    if payload[:3] != b"\x83\x58\x1c" or len(payload) < 33 or payload[31] not in (0xA0, 0xA1, 0xA2):
        return None
    # Attribute 1 holds the derivation path of a Daedalus wallet, attribute 2 the number of a test net.
    attributes = payload[32:-1]
    if payload[31] == 0xA0:
        return True
    if payload[31] == 0xA1:
        return attributes[:1] != b"\x02"
    return False
