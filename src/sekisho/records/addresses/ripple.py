"""The XRP Ledger: classic addresses, and X-addresses that carry the destination tag. Sources: xrpl.org; XLS-5d."""

from __future__ import annotations

from typing import NamedTuple

from sekisho.records.addresses import base58

TAG_MAX = 2**32 - 1
_ACCOUNT = b"\0"
_X_PREFIXES = {b"\x05\x44": True, b"\x04\x93": False}


class Packed(NamedTuple):
    """What an X-address holds: the classic address, its tag where it has one, and whether it is for the main net."""

    classic: str
    tag: int | None
    main: bool


def is_classic(text: str) -> bool:
    """Whether a text is a classic address with a right checksum."""
    payload = base58.check_decoded(text, base58.RIPPLE)
    return payload is not None and len(payload) == 21 and payload[:1] == _ACCOUNT


def unpacked(text: str) -> Packed | None:
    """The parts of an X-address, or None where checksum, prefix, flag or unused bytes are wrong."""
    payload = base58.check_decoded(text, base58.RIPPLE)
    if payload is None or len(payload) != 31:
        return None
    main, flag = _X_PREFIXES.get(payload[:2]), payload[22]
    tag = int.from_bytes(payload[23:27], "little")
    if main is None or flag > 1 or payload[27:] != bytes(4) or (flag == 0 and tag):
        return None
    return Packed(base58.check_encoded(_ACCOUNT + payload[2:22], base58.RIPPLE), tag if flag else None, main)


def packed(classic: str, tag: int | None, main: bool = True) -> str:
    """The X-address of a classic address; raises ValueError for one that is none."""
    payload = base58.check_decoded(classic, base58.RIPPLE)
    if payload is None or len(payload) != 21:
        raise ValueError(f"{classic}: no classic address")
    prefix = next(p for p, is_main in _X_PREFIXES.items() if is_main == main)
    number = (tag or 0).to_bytes(8, "little")
    return base58.check_encoded(prefix + payload[1:] + bytes([tag is not None]) + number, base58.RIPPLE)
