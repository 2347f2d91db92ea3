"""What is said when a request cannot be served: a problem document (RFC 9457) that names the field and the remedy."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

import msgspec

MEDIA_TYPE: Final = "application/problem+json"


class Kind(NamedTuple):
    """One kind of problem: its HTTP status, its title, and what a caller should do about it."""

    status: int
    title: str
    remedy: str


KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "malformed-json": Kind(400, "The body is not JSON", "send one JSON value in UTF-8"),
        "duplicate-key": Kind(400, "A key stands twice in one object", "send each key once"),
        "nesting-too-deep": Kind(400, "The body is nested too deeply", "send the fields of the description at /openapi.json"),
        "invalid-header": Kind(400, "A header cannot be used", "see the headers of the operation at /openapi.json"),
        "access-reason-missing": Kind(
            400, "A read of personal data needs a reason", "send the header Access-Reason with the case or the task it serves"
        ),
        "unauthenticated": Kind(401, "Nobody is known to be asking", "send Authorization: Bearer with a valid signed token"),
        "forbidden": Kind(403, "The caller's role may not do this", "ask with a role that the operation names"),
        "same-person": Kind(403, "Four eyes are needed", "let another person act than the one who asked or approved first"),
        "not-found": Kind(404, "There is no such thing here", "check the address and the id"),
        "method-not-allowed": Kind(405, "This address does not take this method", "use a method of the header Allow"),
        "conflict": Kind(409, "This contradicts what was asked before", "ask under a new id and key, or send what was sent first"),
        "request-in-progress": Kind(409, "The same key is being answered", "wait for the first answer and ask again"),
        "body-too-large": Kind(413, "The body is too large", "send less, or in several batches"),
        "address-too-long": Kind(414, "The address is too long", "use the addresses of /openapi.json"),
        "unsupported-media-type": Kind(415, "The body is of another kind", "send Content-Type: application/json"),
        "invalid-field": Kind(422, "A field cannot be used", "correct the field"),
        "too-many-requests": Kind(429, "Too many requests", "wait as many seconds as the header Retry-After says"),
        "headers-too-large": Kind(431, "The headers are too large", "send fewer or shorter headers"),
        "bad-request": Kind(400, "The request is not HTTP as the gate takes it", "send a well-formed HTTP/1.1 request"),
        "internal": Kind(500, "The gate failed", "nothing was decided; treat it as held and tell the operator the request's id"),
        "undecided": Kind(
            503, "The gate cannot decide now", "nothing was decided; treat it as held and ask again with the same key"
        ),
    }
)
"""Every kind of problem, by the name at the end of its ``type``."""


class Problem(Exception):  # noqa: N818 - the standard calls it a problem
    """A request that cannot be served, and why; becomes the answer. ``field`` is a JSON pointer or ``header NAME``."""

    def __init__(
        self, kind: str, detail: str = "", *, field: str | None = None, remedy: str | None = None, headers: Mapping[str, str] = {}
    ) -> None:
        assert kind in KINDS, kind
        self.kind, self.detail, self.field, self.headers = kind, detail, field, headers
        self.remedy = remedy or KINDS[kind].remedy
        super().__init__(kind, detail)

    @property
    def status(self) -> int:
        """The HTTP status."""
        return KINDS[self.kind].status

    def document(self, request_id: str = "") -> dict[str, object]:
        """The problem document; ``instance`` names the request as the gate's log does."""
        told: dict[str, object] = {
            "type": f"urn:sekisho:problem:{self.kind}",
            "title": KINDS[self.kind].title,
            "status": self.status,
            "remedy": self.remedy,
        }
        if self.detail:
            told["detail"] = self.detail
        if self.field is not None:
            told["field"] = self.field
        if request_id:
            told["instance"] = f"urn:sekisho:request:{request_id}"
        return told

    def body(self, request_id: str = "") -> bytes:
        """The problem document as JSON bytes."""
        return msgspec.json.encode(self.document(request_id))


def of_status(status: int) -> str:
    """The kind that stands for an HTTP status raised below the gate."""
    return next((name for name, kind in KINDS.items() if kind.status == status), "bad-request" if status < 500 else "internal")
