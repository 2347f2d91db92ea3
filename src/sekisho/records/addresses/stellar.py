"""Stellar's StrKey: version, key and a checksum of two bytes in Base32. Sources: SEP-23; CRC16/XMODEM."""

from __future__ import annotations

import base64
import binascii
from typing import NamedTuple

_VERSIONS = {6 << 3: "account", 12 << 3: "muxed", 2 << 3: "contract"}
_CONTENT_BYTES = {"account": 32, "muxed": 40, "contract": 32}


class Key(NamedTuple):
    """``kind`` is account (G…), muxed (M…, an account with an id) or contract (C…)."""

    kind: str
    content: bytes


def decoded(text: str) -> Key | None:
    """The key of an upper-case text, or None where it is no StrKey or its checksum differs."""
    if not text.isascii() or not text.isalnum():
        return None
    try:
        whole = base64.b32decode(text + "=" * (-len(text) % 8))
    except binascii.Error:
        return None
    if len(whole) < 3 or binascii.crc_hqx(whole[:-2], 0).to_bytes(2, "little") != whole[-2:]:
        return None
    kind = _VERSIONS.get(whole[0])
    content = whole[1:-2]
    if kind is None or len(content) != _CONTENT_BYTES[kind] or encoded(kind, content) != text:
        return None
    return Key(kind, content)


def encoded(kind: str, content: bytes) -> str:
    """The text of a key."""
    version = next(v for v, name in _VERSIONS.items() if name == kind)
    whole = bytes([version]) + content
    return base64.b32encode(whole + binascii.crc_hqx(whole, 0).to_bytes(2, "little")).decode().rstrip("=")
