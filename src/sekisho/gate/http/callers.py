"""Who is asking: a signed token or a client certificate names a person or a system, and the gate's own list gives the roles.

A token (JWT) is signed with a key of the list, EdDSA (Ed25519) or ES256 as the key says, and short-lived. Keys are found by
``kid``; two keys of one caller may be valid side by side, which is how keys are renewed. Roles come from the list: what a token
claims can only narrow them. Acts of people need a fresh token that has not been used for an act before.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any, Final

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from sekisho.gate.http.problems import Problem
from sekisho.gate.http.roles import ROLES

AUDIENCE: Final = "sekisho-gate"
TOKEN_BYTES_MAX: Final = 4096
_REQUIRED: Final = ["sub", "aud", "iat", "nbf", "exp", "jti"]
_JTI: Final = re.compile(r"^[A-Za-z0-9_-]{16,64}$")
_CACHED_MAX: Final = 10_000
_ALGORITHMS: Final = {"EdDSA": Ed25519PublicKey, "ES256": EllipticCurvePublicKey}


class CallersError(ValueError):
    """The list of callers cannot be used; the message names file, entry and remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who is asking: the person or system by its party_id, what it may do, and by which key it is known."""

    party_id: str
    roles: frozenset[str]
    key_id: str
    jti: str = ""
    issued_at: float = 0.0
    expires_at: float = float("inf")
    bound_to: str | None = None
    by_certificate: bool = False


class _KeyEntry(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    kid: str
    algorithm: str
    party_id: str
    roles: list[str]
    public_key: str | None = None
    public_key_file: str | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    revoked: bool = False


class _CertificateEntry(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    subject: str
    party_id: str
    roles: list[str]
    revoked: bool = False


class _List(msgspec.Struct, forbid_unknown_fields=True):
    key: list[_KeyEntry] = []
    certificate: list[_CertificateEntry] = []


@dataclass(frozen=True, slots=True)
class _Key:
    entry: _KeyEntry
    public: Any
    roles: frozenset[str]
    opens_at: float
    closes_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenLimits:
    """How long tokens count, in seconds: longest life, how old at an act of a person, and how far clocks may differ."""

    lifetime: float = 3600.0
    act_age: float = 60.0
    leeway: float = 5.0
    acts_bound: bool = False


@dataclass(slots=True)
class Callers:
    """Everyone the gate knows, from one file (TOML), read again when it changes. Times are seconds since 1970 (UTC)."""

    file: Path
    limits: TokenLimits = field(default_factory=TokenLimits)
    use_once: Callable[[str, float, float], bool] | None = None
    """Notes for all gate processes that a token was used (name, until when that counts, now); False where one has noted it."""
    _keys: Mapping[str, _Key] = field(default_factory=dict)
    _certificates: Mapping[str, _CertificateEntry] = field(default_factory=dict)
    _read_as: tuple[int, int] = (0, 0)
    _looked_at: float = float("-inf")
    _known: OrderedDict[str, tuple[Caller, float, float]] = field(default_factory=OrderedDict)
    _used: OrderedDict[str, float] = field(default_factory=OrderedDict)
    _noting: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        self._read()

    def by_token(self, token: str, now: float) -> Caller:
        """The caller who signed this token; raises Problem where it does not hold now."""
        if now - self._looked_at >= 1.0:
            self.look(now)
        known = self._known.get(token)
        if known is None:
            known = self._verify(token, now)
            self._known[token] = known
            if len(self._known) > _CACHED_MAX:
                self._known.popitem(last=False)
        caller, starts_at, ends_at = known
        if now < starts_at - self.limits.leeway:
            raise _refused("the token is not valid yet")
        if now >= ends_at + self.limits.leeway:
            raise _refused("the token has expired", "sign a new one")
        return caller

    def by_certificate(self, subject: str, serial: str, now: float) -> Caller:
        """The caller to whom a client certificate with this subject (RFC 4514) belongs."""
        if now - self._looked_at >= 1.0:
            self.look(now)
        entry = self._certificates.get(subject)
        if entry is None or entry.revoked:
            raise _refused("the client certificate's subject is not on the gate's list", "use a certificate that is on the list")
        return Caller(
            party_id=entry.party_id, roles=frozenset(entry.roles), key_id=f"certificate {serial}"[:80], by_certificate=True
        )

    def check_act(self, caller: Caller, digest: str, now: float) -> None:
        """Whether this caller may act as a person now: a fresh token, once. A certificate's channel cannot be replayed.

        ``digest`` is request_digest of the act; a token that is bound must carry it.
        """
        if caller.bound_to is not None and caller.bound_to != digest:
            raise _refused("the token was signed for another request", "sign the token for this method, address, key and body")
        if caller.by_certificate:
            return
        if self.limits.acts_bound and caller.bound_to is None:
            raise _refused("acts need a token signed for this very request", "put the request's digest into the claim 'bound'")
        if now - caller.issued_at > self.limits.act_age + self.limits.leeway:
            raise _refused(f"acts need a token no older than {self.limits.act_age:.0f} seconds", "sign a new one for the act")
        with self._noting:
            self._use(f"{caller.key_id} {caller.jti}", now)

    def _use(self, name: str, now: float) -> None:
        while self._used and next(iter(self._used.values())) <= now:
            self._used.popitem(last=False)
        if name in self._used:
            raise _refused("the token was used for an act before", "sign a new one for each act")
        until = now + self.limits.act_age + 2 * self.limits.leeway
        self._used[name] = until
        if self.use_once is not None and not self.use_once(name, until, now):
            raise _refused("the token was used for an act before", "sign a new one for each act")

    def look(self, now: float) -> None:
        """Read the list again where its file has changed; one that cannot be read leaves nobody known."""
        self._looked_at = now
        try:
            stat = self.file.stat()
            changed = (stat.st_mtime_ns, stat.st_size) != self._read_as
        except OSError:
            changed = True
        if changed:
            try:
                self._read()
            except CallersError:
                # Fail closed: a list that cannot be read must not leave a revoked key in force.
                self._keys, self._certificates, self._read_as = {}, {}, (0, 0)
                self._known.clear()
                raise Problem("undecided", "the list of callers cannot be read", remedy="repair the list of callers") from None

    def _verify(self, token: str, now: float) -> tuple[Caller, float, float]:
        if len(token) > TOKEN_BYTES_MAX:
            raise _refused("the token is too long")
        try:
            header = jwt.get_unverified_header(token)
        except (jwt.InvalidTokenError, ValueError):
            raise _refused("the token is not a signed JWT") from None
        if any(name in header for name in ("jku", "jwk", "x5u", "x5c", "crit", "b64")):
            raise _refused("the token's header asks for more than alg, kid and typ")
        kid = header.get("kid")
        key = self._keys.get(kid) if isinstance(kid, str) else None
        if key is None or header.get("alg") != key.entry.algorithm:
            raise _refused("no such key", "sign with a key of the gate's list, and name it by kid")
        try:
            claims = jwt.decode(
                token,
                key.public,
                algorithms=[key.entry.algorithm],
                audience=AUDIENCE,
                options={"require": _REQUIRED, "verify_exp": False, "verify_nbf": False, "verify_iat": False, "strict_aud": True},
            )
        except jwt.InvalidAudienceError:
            raise _refused("the token is for somebody else", f"sign with aud {AUDIENCE}") from None
        except jwt.MissingRequiredClaimError as error:
            raise _refused(f"the token lacks {error.claim}", f"sign with {', '.join(_REQUIRED)}") from None
        except (jwt.InvalidTokenError, ValueError, TypeError):
            raise _refused("the token's signature does not hold") from None
        return self._caller(key, claims, now)

    def _caller(self, key: _Key, claims: Mapping[str, Any], now: float) -> tuple[Caller, float, float]:
        times = [claims[name] for name in ("iat", "nbf", "exp")]
        if not all(isinstance(each, int | float) and not isinstance(each, bool) and 0 <= each < 1e11 for each in times):
            raise _refused("iat, nbf and exp are not seconds since 1970")
        issued_at, starts_at, ends_at = map(float, times)
        if issued_at > now + self.limits.leeway:
            raise _refused("the token was issued in the future", "set the clock")
        if ends_at - issued_at > self.limits.lifetime:
            raise _refused(f"the token lives longer than {self.limits.lifetime:.0f} seconds", "sign a shorter one")
        if not key.opens_at <= now < key.closes_at:
            raise _refused("the key is not valid now", "sign with the key in force")
        if claims["sub"] != key.entry.party_id:
            raise _refused("the key belongs to another party than sub")
        jti, bound = claims["jti"], claims.get("bound")
        if not isinstance(jti, str) or not _JTI.match(jti):
            raise _refused("jti is not 16 to 64 letters, digits, - or _")
        if bound is not None and not isinstance(bound, str):
            raise _refused("bound is not a digest")
        roles = key.roles
        if "roles" in claims:
            asked = claims["roles"]
            if not isinstance(asked, list) or not all(isinstance(each, str) for each in asked) or not roles.issuperset(asked):
                raise _refused("the token claims roles its key does not have", "claim fewer")
            roles = frozenset(asked)
        caller = Caller(
            party_id=key.entry.party_id,
            roles=roles,
            key_id=key.entry.kid,
            jti=jti,
            issued_at=issued_at,
            expires_at=ends_at,
            bound_to=bound,
        )
        return caller, max(starts_at, key.opens_at), min(ends_at, key.closes_at)

    def _read(self) -> None:
        try:
            stat = self.file.stat()
            listed = msgspec.convert(tomllib.loads(self.file.read_text(encoding="utf-8")), _List)
        except OSError as error:
            raise CallersError(f"{self.file}: {error.strerror}; 'sekisho serve keys' makes a list to begin with") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
            raise CallersError(f"{self.file}: {error}; see docs/gate-http.md, Callers") from None
        keys: dict[str, _Key] = {}
        for entry in listed.key:
            if entry.kid in keys:
                raise CallersError(f"{self.file}: kid {entry.kid!r} stands twice; give each key its own")
            keys[entry.kid] = self._key(entry)
        certificates: dict[str, _CertificateEntry] = {}
        for certificate in listed.certificate:
            self._check_roles(certificate.subject, certificate.roles)
            if certificate.subject in certificates:
                raise CallersError(f"{self.file}: subject {certificate.subject!r} stands twice; list it once")
            certificates[certificate.subject] = certificate
        self._keys = {kid: key for kid, key in keys.items() if not key.entry.revoked}
        self._certificates = certificates
        self._read_as = (stat.st_mtime_ns, stat.st_size)
        self._known.clear()

    def _key(self, entry: _KeyEntry) -> _Key:
        self._check_roles(entry.kid, entry.roles)
        if entry.algorithm not in _ALGORITHMS:
            raise CallersError(f"{self.file}: key {entry.kid!r} has algorithm {entry.algorithm!r}; use EdDSA or ES256")
        if (entry.public_key is None) == (entry.public_key_file is None):
            raise CallersError(f"{self.file}: key {entry.kid!r} needs public_key or public_key_file, one of them")
        try:
            pem = entry.public_key or (self.file.parent / str(entry.public_key_file)).read_text(encoding="ascii")
            public = load_pem_public_key(pem.encode("ascii"))
        except (OSError, ValueError) as error:
            raise CallersError(f"{self.file}: key {entry.kid!r}: {error}; give a public key in PEM") from None
        curve = getattr(public, "curve", None)
        if not isinstance(public, _ALGORITHMS[entry.algorithm]) or (curve is not None and not isinstance(curve, SECP256R1)):
            raise CallersError(f"{self.file}: key {entry.kid!r} is no key for {entry.algorithm}; EdDSA needs Ed25519, ES256 P-256")
        for moment in (entry.valid_from, entry.valid_until):
            if moment is not None and moment.tzinfo is None:
                raise CallersError(f"{self.file}: key {entry.kid!r} has a time without zone; write 2026-12-01T00:00:00+09:00")
        return _Key(
            entry,
            public,
            frozenset(entry.roles),
            entry.valid_from.timestamp() if entry.valid_from else float("-inf"),
            entry.valid_until.timestamp() if entry.valid_until else float("inf"),
        )

    def _check_roles(self, name: str, roles: list[str]) -> None:
        unknown = sorted(set(roles) - set(ROLES))
        if unknown or not roles:
            raise CallersError(f"{self.file}: {name!r} has roles {unknown or 'none'}; known are {', '.join(ROLES)}")


def request_digest(method: str, target: str, key: str | None, body: bytes) -> str:
    """What a bound token is signed for: SHA-256 over method, address, idempotency key and body, in hex."""
    head = f"{method} {target}\n{key or ''}\n".encode()
    return hashlib.sha256(head + body).hexdigest()


def bearer(headers: Callable[[bytes], bytes | None]) -> str:
    """The token of the header Authorization; raises Problem without one."""
    sent = headers(b"authorization")
    if sent is None:
        raise _refused("there is no token")
    scheme, _, token = sent.decode("latin-1").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise _refused("Authorization is not 'Bearer TOKEN'")
    return token.strip()


def _refused(detail: str, remedy: str | None = None) -> Problem:
    return Problem("unauthenticated", detail, remedy=remedy, headers={"WWW-Authenticate": 'Bearer realm="sekisho-gate"'})
