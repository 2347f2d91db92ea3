"""One request as it came in, and the answer as it goes out; the body is read within its bounds."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Final

from sekisho.gate.http.problems import MEDIA_TYPE, Problem

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_JSON: Final = re.compile(rb'^application/json\s*(;\s*charset\s*=\s*"?utf-?8"?\s*)?$', re.IGNORECASE)
_KEY: Final = re.compile(r'^"?([A-Za-z0-9][A-Za-z0-9._:~-]{0,127})"?$')


@dataclass(slots=True)
class Exchange:
    """A request and what is known of it so far. ``params`` are the parts of the address in braces."""

    scope: Scope
    receive: Receive
    request_id: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: dict[bytes, bytes] = field(default_factory=dict)
    body: bytes = b""
    key_id: str = ""

    def __post_init__(self) -> None:
        for name, value in self.scope["headers"]:
            # A header that stands twice is refused where it is read; the first one is kept to be named.
            self.headers[name] = value if name not in self.headers else b"\x00" + self.headers[name]

    @property
    def target(self) -> str:
        """The address with its query, as it was sent."""
        query: bytes = self.scope.get("query_string", b"")
        raw: bytes = self.scope.get("raw_path") or self.scope["path"].encode()
        path = raw.partition(b"?")[0]
        return (path + (b"?" + query if query else b"")).decode("latin-1")

    def header(self, name: bytes) -> bytes | None:
        """One header's value; raises Problem where it stands twice."""
        value = self.headers.get(name)
        if value is not None and value[:1] == b"\x00":
            named = name.decode().title()
            raise Problem("invalid-header", f"the header {named} stands twice", field=f"header {named}", remedy="send it once")
        return value

    def idempotency_key(self) -> str | None:
        """The header Idempotency-Key; with or without quotes, as both are in use."""
        sent = self.header(b"idempotency-key")
        if sent is None:
            return None
        match = _KEY.match(sent.decode("latin-1"))
        if match is None:
            raise Problem(
                "invalid-header",
                "the header Idempotency-Key is not 1 to 128 letters, digits or . _ : ~ -",
                field="header Idempotency-Key",
                remedy="send a UUID, a new one for each request and the same one when you ask again",
            )
        return match[1]

    def access_reason(self) -> str:
        """The header Access-Reason: why personal data is read; kept in the access log."""
        sent = self.header(b"access-reason")
        reason = "" if sent is None else _text(sent).strip()
        if not reason:
            raise Problem("access-reason-missing", field="header Access-Reason")
        if len(reason) > 500 or not reason.isprintable():
            raise Problem(
                "invalid-header", "the header Access-Reason is not up to 500 readable characters", field="header Access-Reason"
            )
        return reason

    async def read_body(self, bytes_max: int) -> bytes:
        """The body, JSON by its own account and no longer than allowed."""
        self._expect_json(bytes_max)
        message = await self.receive()
        if message["type"] != "http.request":
            raise ConnectionResetError
        body: bytes = message.get("body", b"")
        if message.get("more_body"):
            parts, size = [body], len(body)
            while message.get("more_body"):
                message = await self.receive()
                if message["type"] != "http.request":
                    raise ConnectionResetError
                parts.append(message.get("body", b""))
                size += len(parts[-1])
                if size > bytes_max:
                    raise _too_large(bytes_max)
            body = b"".join(parts)
        if len(body) > bytes_max:
            raise _too_large(bytes_max)
        self.body = bytes(body)
        return self.body

    def take_body(self, body: bytes, bytes_max: int) -> None:
        """The same for a body that has come already, or at least more of it than is allowed."""
        self._expect_json(bytes_max)
        if len(body) > bytes_max:
            raise _too_large(bytes_max)
        self.body = body

    def _expect_json(self, bytes_max: int) -> None:
        kind = self.header(b"content-type")
        if kind is None or not _JSON.match(kind):
            raise Problem("unsupported-media-type", field="header Content-Type")
        if self.header(b"content-encoding") not in (None, b"identity"):
            raise Problem(
                "unsupported-media-type", "the body is compressed", field="header Content-Encoding", remedy="send it plain"
            )
        length = self.header(b"content-length")
        if length is not None and (not length.isdigit() or len(length) > 12 or int(length) > bytes_max):
            raise _too_large(bytes_max)


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes out: status, JSON body, further headers."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    problem: str | None = None

    @classmethod
    def of(cls, problem: Problem, request_id: str) -> Answer:
        """The answer that tells of a problem."""
        return cls(problem.status, problem.body(request_id), problem.headers, problem.kind)

    @property
    def media_type(self) -> str:
        """The kind of the body."""
        return MEDIA_TYPE if self.problem is not None else "application/json"

    def asgi_headers(self, request_id: str) -> list[tuple[bytes, bytes]]:
        """The headers as ASGI wants them. Nothing of the gate is ever kept by caches or shown in a frame."""
        told = [
            (b"content-type", self.media_type.encode()),
            (b"content-length", b"%d" % len(self.body)),
            (b"request-id", request_id.encode()),
            (b"cache-control", b"no-store"),
            (b"x-content-type-options", b"nosniff"),
        ]
        for name, value in self.headers.items():
            told.append((name.lower().encode(), value.encode("latin-1")))
        return told


def json_text(value: object) -> bytes:
    """A description as readable JSON bytes."""
    return json.dumps(value, ensure_ascii=False, indent=1).encode()


def _too_large(bytes_max: int) -> Problem:
    return Problem("body-too-large", f"at most {bytes_max} bytes are taken")


def _text(sent: bytes) -> str:
    """A header's text: UTF-8, which clients in Japan send, else Latin-1 as HTTP has it."""
    try:
        return sent.decode("utf-8")
    except UnicodeDecodeError:
        return sent.decode("latin-1")
