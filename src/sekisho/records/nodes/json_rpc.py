"""JSON-RPC over HTTP to a node: every call is answered, or stops with one sentence that says what to do.

Nothing is followed elsewhere: no redirect, no proxy. What identifies the caller comes from the environment or a file,
never from the command line, where every user of the machine could read it.
"""

from __future__ import annotations

import base64
import http.client
import json
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec

from sekisho.records.errors import RecordsError
from sekisho.records.nodes.answers import decode

T = TypeVar("T")
USER, PASSWORD, TOKEN = "SEKISHO_RPC_USER", "SEKISHO_RPC_PASSWORD", "SEKISHO_RPC_TOKEN"
"""Environment variables: a user and password (Basic), or a token (Bearer)."""

_PORTS = {"http": 80, "https": 443}
_BUSY = frozenset({429, 502, 503, 504})
_ANSWER_BYTES_MAX = 1 << 30
_RETRY_WAITS = (0.5, 2.0, 5.0)


class RpcError(RecordsError):
    """The node answered a call with an error. ``code`` and ``said`` are its own."""

    def __init__(self, node: str, method: str, code: int, said: str) -> None:
        super().__init__(node, f"{method} failed: {said} ({code})", "see the node's log")
        self.node, self.code, self.said = node, code, said


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a node listens. ``headers`` hold what identifies the caller; they are never shown."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeout_seconds: float = 30.0
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise RecordsError("--url", "is no address of a node", "write it as http://127.0.0.1:8332")
        if parts.username is not None or parts.password is not None:
            remedy = f"leave it out and set {USER} and {PASSWORD}, or give --cookie-file"
            raise RecordsError("--url", "holds a password, which every user of this machine can read there", remedy)

    @property
    def label(self) -> str:
        """What messages and accounts call the node: scheme, host and port. A path may hold a key and is not shown."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.hostname}:{parts.port or _PORTS[parts.scheme]}"


def headers_of(environment: Mapping[str, str], cookie_file: Path | None) -> dict[str, str]:
    """What identifies the caller: the node's cookie file, or what the environment says. Raises RecordsError."""
    if cookie_file is not None:
        try:
            secret = cookie_file.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            remedy = "it is .cookie in the node's data folder while the node runs, readable by its user"
            raise RecordsError(str(cookie_file), "cannot be read", remedy) from None
        if ":" not in secret:
            raise RecordsError(str(cookie_file), "is no cookie of a node", "give the file .cookie of its data folder")
        return {"Authorization": _basic(secret)}
    if USER in environment or PASSWORD in environment:
        missing = next((name for name in (USER, PASSWORD) if not environment.get(name)), None)
        if missing:
            raise RecordsError(missing, "is not set", "set user and password both, or neither")
        return {"Authorization": _basic(f"{environment[USER]}:{environment[PASSWORD]}")}
    token = environment.get(TOKEN)
    return {"Authorization": f"Bearer {token}"} if token else {}


def _basic(secret: str) -> str:
    return f"Basic {base64.b64encode(secret.encode()).decode()}"


class _Error(msgspec.Struct):
    code: int
    message: str = ""


class _Answer(msgspec.Struct):
    id: int | str | None = None
    result: msgspec.Raw = msgspec.Raw(b"null")
    error: _Error | None = None


class JsonRpc:
    """Calls to one endpoint."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.label = endpoint.label
        self.calls = 0

    def call(self, kind: type[T], method: str, *params: Any, timeout_seconds: float | None = None, once: bool = False) -> T:
        """One call. ``once``: do not repeat it where no answer came, because the node may still be at work on it."""
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
        text = self._post(method, json.dumps(request), timeout_seconds or self.endpoint.timeout_seconds, once=once)
        answer = decode(self.label, text, _Answer, remedy="this does not look like a node: check --url")
        return self._result(answer, method, kind)

    def batch(self, kind: type[T], calls: Sequence[tuple[str, list[Any]]]) -> list[T]:
        """Many calls in one request, answered in the order asked."""
        if not calls:
            return []
        methods = calls[0][0]
        asked = [{"jsonrpc": "2.0", "id": i, "method": m, "params": p} for i, (m, p) in enumerate(calls)]
        text = self._post(methods, json.dumps(asked), self.endpoint.timeout_seconds)
        if not text.lstrip().startswith(b"["):
            single = decode(self.label, text, _Answer, remedy="this does not look like a node: check --url")
            self._result(single, methods, msgspec.Raw)
            raise RecordsError(self.label, "does not answer batches of calls", "give a node or provider that does")
        answers = {a.id: a for a in decode(self.label, text, list[_Answer])}
        missing = next((i for i in range(len(calls)) if i not in answers), None)
        if missing is not None or len(answers) != len(calls):
            raise RecordsError(self.label, f"left a call of {methods} unanswered", "try again, or ask a node of your own")
        return [self._result(answers[i], method, kind) for i, (method, _) in enumerate(calls)]

    def _result(self, answer: _Answer, method: str, kind: type[T]) -> T:
        if answer.error is not None:
            raise RpcError(self.label, method, answer.error.code, answer.error.message)
        return decode(f"{self.label} {method}", bytes(answer.result), kind, remedy="this does not look like a node: check --url")

    def _post(self, method: str, body: str, timeout_seconds: float, *, once: bool = False) -> bytes:
        waits = () if once else _RETRY_WAITS
        for wait in (*waits, None):
            self.calls += 1
            try:
                return self._attempt(body, timeout_seconds)
            except RecordsError:
                raise
            except ssl.SSLError as error:
                problem = f"cannot be trusted: {error.reason or error}"
                raise RecordsError(self.label, problem, "check the certificate and the address") from None
            except (OSError, http.client.HTTPException) as error:
                if wait is None:
                    raise self._gone(method, error, timeout_seconds, len(waits) + 1) from None
                self.endpoint.sleep(wait)
        raise AssertionError("the last attempt returns or raises")

    def _attempt(self, body: str, timeout_seconds: float) -> bytes:
        parts = urlsplit(self.endpoint.url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=timeout_seconds)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        try:
            connection.request("POST", path, body, {"Content-Type": "application/json", **self.endpoint.headers})
            answer = connection.getresponse()
            text = answer.read(_ANSWER_BYTES_MAX + 1)
        finally:
            connection.close()
        if len(text) > _ANSWER_BYTES_MAX:
            raise RecordsError(self.label, "answered more than a gibibyte", "ask for fewer wallets at a time")
        self._check_status(answer.status, text)
        return text

    def _check_status(self, status: int, text: bytes) -> None:
        if status in (401, 403):
            remedy = f"give --cookie-file, or set {USER} and {PASSWORD} (Basic) or {TOKEN} (Bearer)"
            raise RecordsError(self.label, f"does not let us in ({status})", remedy)
        if status in _BUSY:
            raise _BusyError(f"the node is busy ({status})")
        # Bitcoin Core answers a failed call with status 500 or 404 and the error in the body.
        if status != 200 and not text.lstrip().startswith((b"{", b"[")):
            raise RecordsError(
                self.label, f"answered with status {status} and no JSON", "this does not look like a node: check --url"
            )

    def _gone(self, method: str, error: Exception, timeout_seconds: float, attempts: int) -> RecordsError:
        tried = f" ({attempts} attempts)" if attempts > 1 else ""
        if isinstance(error, TimeoutError):
            problem = f"did not answer {method} within {timeout_seconds:g} seconds{tried}"
            return RecordsError(self.label, problem, "give it more time with --timeout, or see whether it is overloaded")
        if isinstance(error, _BusyError):
            return RecordsError(self.label, f"is too busy to answer {method}{tried}", "try again later")
        said = str(error) or type(error).__name__
        return RecordsError(
            self.label, f"cannot be reached for {method}: {said}{tried}", "see that the node runs and --url is right"
        )


class _BusyError(OSError):
    """The node asks to come back later."""
