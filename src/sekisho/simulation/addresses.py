"""Addresses as each asset writes them, from random bytes: right in form and checksum, and nobody's."""

from __future__ import annotations

from hashlib import sha256

from sekisho.records.addresses import base58, bech32, cashaddr, ethereum, stellar

_BASE58_VERSIONS = {"DOGE": b"\x1e", "TRX": b"\x41", "MONA": b"\x32"}
_WITNESS_PREFIXES = {"BTC": "bc", "LTC": "ltc"}


def address_from(content: bytes, asset: str) -> str:
    """The address of ``asset`` that these bytes stand for; an asset without a form of its own lives on Ethereum."""
    key = sha256(content).digest()
    if asset in _WITNESS_PREFIXES:
        return bech32.encoded(_WITNESS_PREFIXES[asset], [0, *bech32.five_bits(key[:20])], bech32.BECH32)
    if asset in _BASE58_VERSIONS:
        return base58.check_encoded(_BASE58_VERSIONS[asset] + key[:20])
    if asset == "XRP":
        return base58.check_encoded(b"\0" + key[:20], base58.RIPPLE)
    if asset == "SOL":
        return base58.encoded(key)
    if asset == "ADA":
        return bech32.encoded("addr", [*bech32.five_bits(b"\x61" + key[:28])], bech32.BECH32)
    if asset == "XLM":
        return stellar.encoded("account", key)
    if asset == "BCH":
        return cashaddr.encoded(cashaddr.MAIN, 0, key[:20])
    return ethereum.checksummed(key[:20].hex())
