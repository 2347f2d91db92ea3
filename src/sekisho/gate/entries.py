"""What the journal keeps: every decision, everything learnt and every change of rules, in the order in which it happened."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from functools import cached_property
from typing import Any, Final, NamedTuple

import msgspec

from sekisho.engine.requests import OrderRequest, TransferRequest
from sekisho.gate.life import Ruled
from sekisho.gate.messages import Applied, GateRequest, Release, Said, encode

DECIDED: Final = "decided"
LEARNED: Final = "learned"
PLANNED: Final = "planned"
RULED: Final = "ruled"
BASED: Final = "based"
LISTED: Final = "listed"


class Entry(NamedTuple):
    """One line of the journal. ``check`` is the SHA-256 over the line before and this one: a broken chain shows."""

    number: int
    kind: str
    request_id: str | None
    body: bytes
    check: bytes


class CaseRecord(NamedTuple):
    """One row of the store's table ``gate_case``: a case opened about a request; ``body`` is a GateCase as JSON."""

    case_id: str
    request_id: str
    opened_at: str
    number: int
    body: bytes


FIRST_CHECK: Final = bytes(32)
_SAID: Final = ("outcome", "sentence", "text", "facts", "releases_at")
"""What a rule says itself: these fields stand together, in this order, in Spoken and in Applied."""
assert Applied.__struct_fields__[3:8] == _SAID


def _around(card: Applied) -> tuple[bytes, bytes]:
    fields = {name: encode(getattr(card, name)) for name in Applied.__struct_fields__ if name not in _SAID}
    told = [b'"%s":%s' % (name.encode(), value) for name, value in fields.items()]
    return b"{" + b",".join(told[:3]) + b",", b"," + b",".join(told[3:]) + b"}"


def next_entry(number: int, before: bytes, kind: str, request_id: str | None, body: bytes) -> Entry:
    """The line that follows one whose check is ``before``."""
    head = f"{number}\0{kind}\0{request_id or ''}\0".encode()
    return Entry(number, kind, request_id, body, hashlib.sha256(before + head + body).digest())


class Spoken(msgspec.Struct, frozen=True, kw_only=True):
    """What one rule (by its place among the plan's cards) said; ``key`` is rule and sentence, the name under which it is lifted."""

    card: int
    key: str
    outcome: str
    sentence: str
    text: Said
    facts: Mapping[str, Any] = {}
    releases_at: datetime | None = None


class Acted(msgspec.Struct, frozen=True):
    """A request event as it was taken in."""

    event_id: str
    occurred_at: datetime
    kind: str
    party_id: str
    version: str | None = None
    text: str | None = None


class Shadowed(msgspec.Struct, frozen=True, kw_only=True):
    """What the rule set in shadow would have said, where that differs."""

    rule_set: str
    outcome: str
    rules: tuple[str, ...]


class Decided(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One decision. ``plan`` is the number of the entry that lists the rules applied; exactly one request is given.

    ``acts`` are what people have done, ``steps`` what the gate itself did now (own_steps.py).
    """

    plan: int
    decided_at: datetime
    outcome: str
    lists: Mapping[str, str] = {}
    transfer: TransferRequest | None = None
    order: OrderRequest | None = None
    said: tuple[Spoken, ...] = ()
    own: tuple[Applied, ...] = ()
    releases_at: datetime | None = None
    releases: tuple[Release, ...] = ()
    client_text: Said | None = None
    asked_by: str | None = None
    key: str | None = None
    event: Acted | None = None
    after: int | None = None
    acts: tuple[Acted, ...] = ()
    steps: tuple[Acted, ...] = ()
    lifted: tuple[str, ...] = ()
    case: bool = False
    case_opened: bool = False
    shadow: Shadowed | None = None

    @property
    def request(self) -> GateRequest:
        """The transfer or order decided about."""
        request = self.transfer or self.order
        assert request is not None
        return request

    @property
    def closed(self) -> str | None:
        """``refused`` or ``cancelled`` once a person has done so; None before."""
        return next((act.kind for act in self.acts if act.kind in ("refused", "cancelled")), None)


class Planned(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """The rules of a set as they stand on one Japan date, with values and provisions: what decisions of that day refer to."""

    rule_set: str
    regime: str
    law_day: date
    as_of: date
    cards: tuple[Applied, ...]
    kinds: Mapping[str, tuple[int, ...]]

    @cached_property
    def listed(self) -> Mapping[str, tuple[int, ...]]:
        """The rules without a value, for each kind of request: an answer names them though they were not asked."""
        return {kind: tuple(n for n in numbers if self.cards[n].undetermined) for kind, numbers in self.kinds.items()}

    @cached_property
    def around(self) -> tuple[tuple[bytes, bytes], ...]:
        """Of each rule as it is answered, the JSON before and after what it says: written once for all decisions of the day."""
        return tuple(_around(card) for card in self.cards)


class Learned(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of one record table, as they were told."""

    table: str
    rows: tuple[dict[str, Any], ...]


class Based(msgspec.Struct, frozen=True, kw_only=True):
    """The first entry of a journal that began with what books held: the digest of that base."""

    digest: str
    at: datetime


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """The lists from here on: the last version of each, and the SHA-256 of its entries."""

    at: datetime
    versions: Mapping[str, int]
    entries: Mapping[str, str]


_DECODERS: Final[Mapping[str, msgspec.json.Decoder[Any]]] = {
    DECIDED: msgspec.json.Decoder(Decided),
    PLANNED: msgspec.json.Decoder(Planned),
    LEARNED: msgspec.json.Decoder(Learned),
    RULED: msgspec.json.Decoder(Ruled),
    BASED: msgspec.json.Decoder(Based),
    LISTED: msgspec.json.Decoder(Listing),
}


def decode(entry: Entry) -> Any:
    """What an entry says, as the class of its kind; raises msgspec.ValidationError for one that cannot be read."""
    return _DECODERS[entry.kind].decode(entry.body)


def body_hash(*told: Any) -> bytes:
    """What makes two requests, or two events, the same."""
    return hashlib.sha256(encode(told)).digest()
