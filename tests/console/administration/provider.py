"""A small OpenID provider for tests: real signatures, a real port, and every way to be wrong."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any
from urllib.parse import parse_qs
from wsgiref.simple_server import WSGIRequestHandler, make_server

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Nothing."""


class Provider:
    """It tells of one person at a time; ``claims``, ``person`` and the key it signs by may be changed to wrong ones."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.signed_by = self.key
        self.algorithm = "RS256"
        self.issuer = ""
        self.codes: dict[str, dict[str, str]] = {}
        self.claims: dict[str, Any] = {}
        self.person: dict[str, Any] = {"sub": "1", "email": "audit@example.com", "email_verified": True}
        self.down = False

    def authorize(self, query: dict[str, list[str]]) -> tuple[str, str]:
        """What the browser is sent back with: a code, and the state."""
        code = f"code-{len(self.codes)}"
        self.codes[code] = {name: values[0] for name, values in query.items()}
        return code, self.codes[code]["state"]

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        """The provider's own addresses."""
        if self.down:
            start("503 Service Unavailable", [])
            return [b""]
        answer = {"/token": self._token, "/jwks": self._jwks, "/user": self._user}[environ["PATH_INFO"]](environ)
        start("200 OK" if answer is not None else "400 Bad Request", [("Content-Type", "application/json")])
        return [json.dumps(answer).encode()]

    def _token(self, environ: dict[str, Any]) -> dict[str, Any] | None:
        sent = parse_qs(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).decode())
        asked = self.codes.pop(sent["code"][0], None)
        verifier = sent.get("code_verifier", [""])[0]
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        if asked is None or challenge != asked["code_challenge"] or sent["client_secret"] != ["hush"]:
            return None
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": "sekisho",
            "sub": "1",
            "exp": now + 60,
            "iat": now,
            "nonce": asked["nonce"],
            **self.claims,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        key: Any = self.signed_by if self.algorithm == "RS256" else ("" if self.algorithm == "none" else "hush" * 10)
        token = jwt.encode(claims, key or None, algorithm=self.algorithm, headers={"kid": "k1"})
        return {"access_token": "open", "id_token": token, "token_type": "Bearer"}

    def _jwks(self, environ: dict[str, Any]) -> dict[str, Any]:
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
        return {"keys": [{**public, "kid": "k1", "alg": "RS256", "use": "sig"}]}

    def _user(self, environ: dict[str, Any]) -> dict[str, Any] | None:
        return self.person if environ["HTTP_AUTHORIZATION"] == "Bearer open" else None


@contextmanager
def running() -> Iterator[Provider]:
    """A provider on a free port."""
    provider = Provider()
    server = make_server("127.0.0.1", 0, provider, handler_class=_Quiet)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    # It looks this often (in seconds) whether it is to stop; every test waits for that.
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
