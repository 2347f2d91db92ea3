"""Addresses as each asset writes them: right in form and checksum, and nobody's."""

from __future__ import annotations

from sekisho.records.addresses import base58, bech32, cashaddr, ethereum, stellar

HASH_BYTES = 32
"""How much randomness an address takes, whatever the chain."""
_BASE58_VERSIONS = {"DOGE": b"\x1e", "TRX": b"\x41", "MONA": b"\x32"}
_WITNESS_PREFIXES = {"BTC": "bc", "LTC": "ltc"}


def address(asset: str, seed: bytes) -> str:
    """What a seed of ``HASH_BYTES`` stands for on the chain of the asset; an asset without a form of its own lives on Ethereum."""
    assert len(seed) == HASH_BYTES
    if asset in _WITNESS_PREFIXES:
        return bech32.encoded(_WITNESS_PREFIXES[asset], [0, *bech32.five_bits(seed[:20])], bech32.BECH32)
    if asset in _BASE58_VERSIONS:
        return base58.check_encoded(_BASE58_VERSIONS[asset] + seed[:20])
    if asset == "XRP":
        return base58.check_encoded(b"\0" + seed[:20], base58.RIPPLE)
    if asset == "SOL":
        return base58.encoded(seed)
    if asset == "ADA":
        return bech32.encoded("addr", [*bech32.five_bits(b"\x61" + seed[:28])], bech32.BECH32)
    if asset == "XLM":
        return stellar.encoded("account", seed)
    if asset == "BCH":
        return cashaddr.encoded(cashaddr.MAIN, 0, seed[:20])
    return ethereum.checksummed(seed[:20].hex())


def look_alike(asked: str, other: str) -> str:
    """An address that begins and ends like ``asked``, filled from ``other``; on Ethereum one that its chain would take."""
    if asked.startswith("0x"):
        return ethereum.checksummed(asked[2:6].lower() + other[6:-4].lower() + asked[-4:].lower())
    return asked[:9] + other[9:-5] + asked[-5:]
