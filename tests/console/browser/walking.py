"""Walking through the office as its people would, link by link, so that no page is left out by forgetting it."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from typing import Any, Final
from urllib.parse import urlsplit

from django.urls import Resolver404, resolve
from playwright.sync_api import APIRequestContext, Browser, BrowserContext

PEOPLE: Final = ("tanaka", "sato", "ono", "suzuki", "abe", "mori", "hara")
"""One of each role that sees other pages than those before: compliance, supervisor, administrator, operations, audit, board,
self-regulatory organisation."""
FILES: Final = frozenset(
    {
        "attestation evidence", "case summary", "certificate file", "deadlines as calendar", "filing document",
        "incident file", "incident stix", "register file",
    }
)  # fmt: skip
"""What a link leads to that is no page: taking it is an act, written into the journal."""
SEVERAL: Final = {"alert": 2, "attestation": 3, "case": 3, "filing": 3, "incident": 2, "proposal": 4, "request at the gate": 2}
"""How many of a kind are looked at where they differ among each other; of all other kinds one."""
_LINK: Final = re.compile(r'<a\s[^>]*?href="([^"#]+)')
_TAG: Final = re.compile(r"<([a-z]\w*)((?:\s[^>]*)?)>")
_SHAPING: Final = re.compile(r'\b(?:class|type|role|scope)="[^"]*"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A page somebody came to: its kind (the name it is declared under), which of the kind, its address, and what it answered."""

    kind: str
    number: int
    address: str
    account: str
    status: int
    linked_from: str
    made_of: frozenset[str]

    @property
    def name(self) -> str:
        """What its pictures are called."""
        return re.sub(r"[^a-z0-9]+", "-", self.kind) + (f"-{self.number}" if self.number > 1 else "")


@dataclass(frozen=True)
class StillOffice:
    """An office whose clock stands still: its address, the pages each person can reach, and everybody's session."""

    address: str
    new_password: str
    places: dict[str, list[Place]]
    sessions: dict[str, Any]

    def context(self, browser: Browser, account: str | None, lang: str, **look: Any) -> BrowserContext:
        """A browser of somebody who is signed in (None: of nobody), in a language."""
        session = {} if account is None else {"storage_state": self.sessions[account]}
        return browser.new_context(base_url=self.address, locale={"en": "en-GB", "ja": "ja-JP"}[lang], **session, **look)


def places(request: APIRequestContext, account: str) -> Iterator[Place]:
    """The pages that whoever is signed in can reach by links from the first page."""
    seen: dict[str, int] = {}
    queue, known = deque([("/", "")]), {"/"}
    while queue:
        address, linked_from = queue.popleft()
        kind = _kind_of(address)
        if kind is None or kind in FILES or seen.get(kind, 0) >= SEVERAL.get(kind, 1):
            continue
        answer = request.get(address)
        assert "text/html" in answer.headers.get("content-type", ""), f"{address} is no page: name {kind!r} among FILES"
        seen[kind] = seen.get(kind, 0) + 1
        page = answer.text()
        main = page[page.find("<main") :]
        yield Place(
            kind=kind, number=seen[kind], address=address, account=account, status=answer.status, linked_from=linked_from,
            made_of=frozenset(tag + "".join(sorted(_SHAPING.findall(how))) for tag, how in _TAG.findall(main)),
        )  # fmt: skip
        for link in map(unescape, _LINK.findall(page)):
            parts = urlsplit(link)
            if parts.netloc or not parts.path.startswith("/") or "as=" in parts.query or parts.path in known:
                continue
            known.add(parts.path)
            queue.append((parts.path, address))


def _kind_of(address: str) -> str | None:
    try:
        name = resolve(urlsplit(address).path).url_name or ""
    except Resolver404:
        return None
    return None if name.endswith("as JSON") else name
