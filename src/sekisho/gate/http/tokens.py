"""Keys and tokens of callers: make a key, put it on the list, sign a token. The gate itself never holds a private key."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as generate_p256
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from sekisho.gate.http.callers import AUDIENCE, Callers, CallersError

_COMMENT: Final = """# Callers of the gate: for each key the party it belongs to and what that party may do (docs/gate-http.md).
# Renew a key by listing the new one beside the old; end the old one with valid_until, or revoked = true.
"""


class Signer:
    """Signs tokens with one private key; the key says the algorithm. Times are seconds since 1970 (UTC)."""

    def __init__(self, kid: str, party_id: str, private_key: bytes) -> None:
        self.kid, self.party_id = kid, party_id
        key = load_pem_private_key(private_key, password=None)
        if isinstance(key, Ed25519PrivateKey):
            self._algorithm = "EdDSA"
        elif isinstance(key, EllipticCurvePrivateKey) and isinstance(key.curve, SECP256R1):
            self._algorithm = "ES256"
        else:
            raise ValueError("the private key is neither Ed25519 nor P-256")
        self._key: Any = key

    @classmethod
    def from_file(cls, file: Path) -> Signer:
        """The signer of a key file as new_caller writes it: a line naming kid and party, then the key in PEM."""
        try:
            first, _, pem = file.read_text(encoding="utf-8").partition("\n")
            named = json.loads(first.removeprefix("# "))
            return cls(named["kid"], named["party_id"], pem.encode("ascii"))
        except OSError as error:
            raise CallersError(f"{file}: {error.strerror}; give the key file of a caller") from None
        except (ValueError, KeyError, TypeError):
            raise CallersError(f"{file}: is no key file of a caller; 'sekisho caller add' makes one") from None

    def token(self, now: float, seconds: int = 300, *, roles: Sequence[str] | None = None, bound: str | None = None) -> str:
        """A new token, good from now on for so many seconds; ``bound`` is request_digest of the one request it is for."""
        claims: dict[str, Any] = {
            "sub": self.party_id,
            "aud": AUDIENCE,
            "iat": int(now),
            "nbf": int(now),
            "exp": int(now) + seconds,
            "jti": secrets.token_urlsafe(18),
        }
        if roles is not None:
            claims["roles"] = list(roles)
        if bound is not None:
            claims["bound"] = bound
        return jwt.encode(claims, self._key, algorithm=self._algorithm, headers={"kid": self.kid})


def new_caller(callers: Path, key_file: Path, party_id: str, roles: Sequence[str], at: datetime, algorithm: str = "EdDSA") -> str:
    """Make a key for a party, write it to ``key_file`` (readable by its owner alone) and put its public half on the list.

    Returns the kid. Raises CallersError where the key file exists, or the list, old or new, cannot be used.
    """
    if key_file.exists():
        raise CallersError(f"{key_file}: exists already; give another --out, a key is never overwritten")
    if '"' in party_id or "\\" in party_id or not party_id.isprintable():
        raise CallersError(f"party {party_id!r}: has characters that an id does not")
    if algorithm not in ("EdDSA", "ES256"):
        raise CallersError(f"algorithm {algorithm}: choose EdDSA or ES256")
    private = Ed25519PrivateKey.generate() if algorithm == "EdDSA" else generate_p256(SECP256R1())
    kid = f"{''.join(c if c.isalnum() else '-' for c in party_id.lower())}-{at:%Y%m%d}-{secrets.token_hex(3)}"
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")
    listed = ", ".join(f'"{role}"' for role in roles)
    entry = (
        f'\n[[key]]\nkid = "{kid}"\nalgorithm = "{algorithm}"\nparty_id = "{party_id}"\nroles = [{listed}]\n'
        f'public_key = """\n{public}"""\n'
    )
    draft = callers.with_name(f".{callers.name}.partial")
    before = callers.read_text(encoding="utf-8") if callers.exists() else _COMMENT
    draft.write_text(before + entry, encoding="utf-8")
    try:
        Callers(draft)
        named = json.dumps({"kid": kid, "party_id": party_id})
        pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")
        key_file.parent.mkdir(parents=True, exist_ok=True)
        key_file.touch(mode=0o600, exist_ok=False)
        key_file.write_text(f"# {named}\n{pem}", encoding="utf-8")
        draft.replace(callers)
    finally:
        draft.unlink(missing_ok=True)
    return kid
