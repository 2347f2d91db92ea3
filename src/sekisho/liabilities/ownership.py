"""Does whoever signed a message control the address? Bitcoin signed messages (legacy, BIP-137, BIP-322 simple) and Ethereum.

Sources: Bitcoin Core ``signmessage``; BIP-137; BIP-143, BIP-173, BIP-350 and BIP-322 (P2WPKH); ERC-191 ``personal_sign``.
The curve is libsecp256k1 (coincurve), Keccak and RIPEMD-160 are PyCryptodome's.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from coincurve import PublicKey
from Crypto.Hash import RIPEMD160

from sekisho.records.addresses import base58, bech32
from sekisho.records.addresses.ethereum import is_checksummed, keccak_256


class NotOwnedError(ValueError):
    """The signature does not show control of the address; the text says why."""


class NotCheckedError(ValueError):
    """The kind of address or signature is not one that can be checked here; nothing is said about who controls it."""


@dataclass(frozen=True, slots=True)
class Signed:
    """One claim: who holds ``address`` signed ``message``."""

    network: str
    address: str
    message: str
    signature: str


_ETHEREUM_FORMS: dict[str, Callable[[bytes], bytes]] = {
    "the message": lambda message: message,
    "the Keccak-256 of the message": lambda message: keccak_256(message),
    "the Keccak-256 of the ABI-encoded message": lambda message: keccak_256(_abi_text(message)),
}
"""What venues sign: OKX publishes the second form, Summa the third."""


def check(claim: Signed) -> str:
    """The scheme under which the claim holds. Raises NotOwnedError or NotCheckedError."""
    network = claim.network.upper()
    if claim.address.startswith("0x") and len(claim.address) == 42:
        return _ethereum(claim)
    if network.startswith("BTC") or claim.address.startswith(("1", "3", "bc1")):
        return _bitcoin(claim)
    raise NotCheckedError(f"addresses of {claim.network or 'this kind'} are not checked here")


def _ethereum(claim: Signed) -> str:
    try:
        raw = bytes.fromhex(claim.signature.removeprefix("0x"))
    except ValueError:
        raise NotOwnedError("the signature is not hexadecimal") from None
    if len(raw) != 65 or raw[64] not in (0, 1, 27, 28):
        raise NotOwnedError("the signature is not 65 bytes r, s, v")
    scheme, digits = _ethereum_form(claim, raw), claim.address[2:]
    if digits not in (digits.lower(), digits.upper()) and not is_checksummed(digits):
        raise NotOwnedError("the address does not match its own checksum (ERC-55)")
    return f"Ethereum personal_sign (ERC-191) over {scheme}"


def _ethereum_form(claim: Signed, raw: bytes) -> str:
    for scheme, signed in _ETHEREUM_FORMS.items():
        text = signed(claim.message.encode())
        digest = keccak_256(b"\x19Ethereum Signed Message:\n" + str(len(text)).encode() + text)
        key = _recovered(raw[:64], raw[64] % 27, digest)
        if "0x" + keccak_256(key.format(compressed=False)[1:])[-20:].hex() == claim.address.lower():
            return scheme
    raise NotOwnedError("signed by another key, or another message")


def _bitcoin(claim: Signed) -> str:
    try:
        raw = base64.b64decode(claim.signature, validate=True)
    except binascii.Error:
        raise NotOwnedError("the signature is not Base64") from None
    if len(raw) == 65 and 27 <= raw[0] <= 42:
        return _compact(claim, raw)
    if claim.address.lower().startswith("bc1q"):
        return _simple(claim, raw)
    raise NotCheckedError("only P2PKH, P2SH-P2WPKH and P2WPKH addresses with one key are checked here")


def _compact(claim: Signed, raw: bytes) -> str:
    """A recoverable signature: the header tells the kind of address (BIP-137); wallets write 31 to 34 for all of them."""
    header = raw[0] - 27
    compressed = header >= 4
    message = claim.message.encode()
    digest = base58.twice(b"\x18Bitcoin Signed Message:\n" + _var_int(len(message)) + message)
    key = _recovered(raw[1:], header % 4, digest).format(compressed=compressed)
    makes: dict[str, Callable[[bytes], str]] = {"P2PKH": _p2pkh}
    if compressed:
        makes |= {"P2SH-P2WPKH": _p2sh_p2wpkh, "P2WPKH": _p2wpkh}
    for kind, make in makes.items():
        if make(key) == (claim.address.lower() if kind == "P2WPKH" else claim.address):
            return f"Bitcoin signed message, {kind} (BIP-137)"
    raise NotOwnedError(f"signed by the key of {_p2pkh(key)}")


def _simple(claim: Signed, raw: bytes) -> str:
    """BIP-322 simple: the witness of a transaction that could spend only a commitment to the message."""
    program = _witness_program(claim.address)
    if len(program) != 20:
        raise NotCheckedError("P2WSH addresses are not checked here")
    signature, key = _witness(raw)
    if _hash160(key) != program:
        raise NotOwnedError("the key is not the one of the address")
    tagged = sha256(b"BIP0322-signed-message").digest()
    message = sha256(tagged + tagged + claim.message.encode()).digest()
    script = b"\x00\x14" + program
    to_spend = b"\0" * 4 + b"\x01" + bytes(32) + b"\xff" * 4 + b"\x22\x00\x20" + message + bytes(4)
    to_spend += b"\x01" + bytes(8) + bytes([len(script)]) + script + bytes(4)
    spent = base58.twice(to_spend) + bytes(4)
    code = b"\x19\x76\xa9\x14" + program + b"\x88\xac"
    outputs = base58.twice(bytes(8) + b"\x01\x6a")
    preimage = (
        bytes(4)
        + base58.twice(spent)
        + base58.twice(bytes(4))
        + spent
        + code
        + bytes(8)
        + bytes(4)
        + outputs
        + bytes(4)
        + b"\x01\0\0\0"
    )
    if signature[-1:] != b"\x01":
        raise NotCheckedError("the signature is not over all of the transaction (SIGHASH_ALL)")
    try:
        holds = PublicKey(key).verify(signature[:-1], base58.twice(preimage), hasher=None)
    except ValueError:
        holds = False
    if not holds:
        raise NotOwnedError("the signature does not fit the message and the address")
    return "Bitcoin BIP-322 simple, P2WPKH"


def _witness(raw: bytes) -> tuple[bytes, bytes]:
    """Signature and key of a witness of two items."""
    items: list[bytes] = []
    at = 1
    while raw[:1] == b"\x02" and at < len(raw) and len(items) < 2:
        size = raw[at]
        items.append(raw[at + 1 : at + 1 + size])
        at += 1 + size
    if len(items) != 2 or at != len(raw) or len(items[1]) != 33 or len(items[0]) < 9:
        raise NotOwnedError("the signature is neither 65 bytes nor a witness of one signature and one key")
    return items[0], items[1]


def _recovered(compact: bytes, recovery: int, digest: bytes) -> PublicKey:
    r, s = int.from_bytes(compact[:32], "big"), int.from_bytes(compact[32:], "big")
    if not r or not s:
        raise NotOwnedError("the signature is no signature")
    try:
        return PublicKey.from_signature_and_message(compact + bytes([recovery]), digest, hasher=None)
    except Exception:
        raise NotOwnedError("no key can have made this signature") from None


def _abi_text(content: bytes) -> bytes:
    """One string as a contract call encodes it: offset, length, content filled up to 32 bytes."""
    return (32).to_bytes(32, "big") + len(content).to_bytes(32, "big") + content + bytes(-len(content) % 32)


def _hash160(content: bytes) -> bytes:
    return RIPEMD160.new(sha256(content).digest()).digest()


def _var_int(number: int) -> bytes:
    if number < 253:
        return bytes([number])
    return b"\xfd" + number.to_bytes(2, "little") if number < 1 << 16 else b"\xfe" + number.to_bytes(4, "little")


def _p2pkh(key: bytes) -> str:
    return base58.check_encoded(b"\0" + _hash160(key))


def _p2sh_p2wpkh(key: bytes) -> str:
    return base58.check_encoded(b"\x05" + _hash160(b"\0\x14" + _hash160(key)))


def _p2wpkh(key: bytes) -> str:
    return bech32.encoded("bc", [0, *bech32.five_bits(_hash160(key))], bech32.BECH32)


def _witness_program(address: str) -> bytes:
    """The program of a version 0 address (BIP-173)."""
    lower = address.lower()
    parts = bech32.decoded(lower) if address in (lower, address.upper()) else None
    if parts is None or parts.prefix != "bc":
        raise NotOwnedError("the address is not Bech32")
    program = bech32.eight_bits(parts.words[1:]) if parts.words and parts.words[0] == 0 else None
    if parts.constant != bech32.BECH32 or program is None:
        raise NotOwnedError("the address does not match its own checksum (BIP-173)")
    return program
