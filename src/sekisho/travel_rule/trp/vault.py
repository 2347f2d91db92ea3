"""Encryption at rest: every personal payload is sealed with AES-256-GCM under a key that can be changed.

A key file has one key a line, ``ID BASE64`` with 32 bytes; the last line seals, all of them open. A new key is a new line; once
everything is sealed anew under it, the old line may go.
"""

from __future__ import annotations

import binascii
import os
import secrets
from base64 import b64decode, b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
ENVIRONMENT = "SEKISHO_TRAVEL_RULE_KEYS"
_NONCE_BYTES = 12
_PRIVATE = 0o600


class VaultError(Exception):
    """Keys are missing or wrong, or something sealed does not open: what, where, what to do."""


class Sealed(NamedTuple):
    """What was sealed, and by which key."""

    key_id: str
    content: bytes


class Vault:
    """The keys, of which the last one seals."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        assert keys, "a vault has a key"
        self._keys = {name: AESGCM(key) for name, key in keys.items()}
        self.key_id = list(keys)[-1]

    def seal(self, content: bytes, place: str) -> Sealed:
        """Seal content for one place; it opens nowhere else."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return Sealed(self.key_id, nonce + self._keys[self.key_id].encrypt(nonce, content, place.encode()))

    def open(self, sealed: Sealed, place: str) -> bytes:
        """The content sealed for a place. Raises VaultError for a key that is not there, or content that was changed or moved."""
        key = self._keys.get(sealed.key_id)
        if key is None:
            raise VaultError(f"key {sealed.key_id!r} is not in the key file; put its line back, or restore the file")
        try:
            return key.decrypt(sealed.content[:_NONCE_BYTES], sealed.content[_NONCE_BYTES:], place.encode())
        except InvalidTag:
            raise VaultError(f"{place}: does not open under key {sealed.key_id!r}: changed, moved, or another key") from None


def open_vault(file: Path | None) -> Vault:
    """The vault of a key file, or of the environment variable in its form. Raises VaultError."""
    if file is not None:
        try:
            return Vault(_keys(file.read_text("ascii"), str(file)))
        except (OSError, UnicodeDecodeError) as error:
            raise VaultError(f"{file}: cannot be read: {error}; 'sekisho travel-rule keys FILE' makes one") from None
    stated = os.environ.get(ENVIRONMENT)
    if not stated:
        raise VaultError(f"no keys: give --keys FILE ('sekisho travel-rule keys FILE' makes one) or set {ENVIRONMENT}")
    return Vault(_keys(stated, ENVIRONMENT))


def add_key(file: Path) -> str:
    """Add a new key as the last line of a key file, which is made where there is none; returns its id."""
    text = file.read_text("ascii") if file.exists() else ""
    number = len(_keys(text, str(file))) + 1 if text.strip() else 1
    while f"k{number} " in text:
        number += 1
    line = f"k{number} {b64encode(secrets.token_bytes(KEY_BYTES)).decode()}\n"
    part = file.with_name(f"{file.name}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _PRIVATE)
    with os.fdopen(descriptor, "w", encoding="ascii") as out:
        out.write(text + ("" if not text or text.endswith("\n") else "\n") + line)
        out.flush()
        os.fsync(out.fileno())
    part.replace(file)
    return f"k{number}"


def _keys(text: str, where: str) -> dict[str, bytes]:
    keys: dict[str, bytes] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        name, _, encoded = line.strip().partition(" ")
        try:
            key = b64decode(encoded, validate=True)
        except binascii.Error:
            key = b""
        if len(key) != KEY_BYTES or name in keys:
            raise VaultError(f"{where}, line {number}: not 'ID BASE64' with {KEY_BYTES} bytes and an id of its own")
        keys[name] = key
    if not keys:
        raise VaultError(f"{where}: holds no key; 'sekisho travel-rule keys FILE' makes one")
    return keys
