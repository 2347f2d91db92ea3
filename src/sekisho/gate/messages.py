"""What the gate is told and what it answers: the same words in the library, over HTTP and in the journal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

import msgspec

from sekisho.engine.requests import OrderRequest, TransferRequest

TRANSFER: Final = "transfer"
ORDER: Final = "order"
OUTCOMES: Final = ("allow", "warn", "hold", "refuse")
"""From the mildest to the gravest; the gravest of all reasons wins."""
TOLD: Final = (
    "warning_shown",
    "warning_acknowledged",
    "purpose_given",
    "risk_confirmed",
    "approved",
    "released",
    "refused",
    "cancelled",
)
"""What people may tell of a request: the kinds of ``request_event``."""

GateRequest = TransferRequest | OrderRequest


class GateError(Exception):
    """The gate did not decide; the message says why and what to do."""


class GateConflict(GateError):  # noqa: N818 - the word people use at the gate
    """What is asked contradicts what was asked before: another body under a known key, an act by the wrong person."""


class GateSamePerson(GateConflict):
    """Four eyes are needed, and the second pair belongs to who asked, drafted or approved first."""


class GateUnknown(GateError, LookupError):  # noqa: N818 - the word people use at the gate
    """No such request, decision or rule set."""


class GateDown(GateError):  # noqa: N818 - the word people use at the gate
    """The gate cannot make its answer durable, or has no rules to judge by; nothing was decided. Ask again with the same key."""


class Said(msgspec.Struct, frozen=True):
    """One text in English and Japanese."""

    en: str
    ja: str


class Cited(msgspec.Struct, frozen=True):
    """A provision a rule rests on, with its Japanese sentence where it was read."""

    document: str
    provision: str | None
    quote: str | None


class ValueUsed(msgspec.Struct, frozen=True, kw_only=True):
    """A parameter of a rule as it was used, and where its value comes from; no value means undetermined or optional."""

    value: Any
    unit: str
    set_by: str
    assumed: bool
    source: str | None


class Applied(msgspec.Struct, frozen=True, kw_only=True):
    """One rule as it was applied: what it said, by which values and provisions.

    ``sentence`` is the key of its sentence in rule.yaml (docs/rules); None where the rule had nothing to say. ``undetermined``
    names the parameters without value; such a rule was not asked, and ``outcome`` is what the rule set says about that.
    """

    rule: str
    title: Said
    status: str
    outcome: str
    sentence: str | None = None
    text: Said | None = None
    facts: Mapping[str, Any] = {}
    releases_at: datetime | None = None
    undetermined: tuple[str, ...] = ()
    parameters: Mapping[str, ValueUsed] = {}
    provisions: tuple[Cited, ...] = ()
    rule_hash: str = ""


class Release(msgspec.Struct, frozen=True, kw_only=True):
    """What would let a request go ahead: ``kind`` is ``time`` (at ``at``) or the kind of request event that is missing."""

    kind: str
    text: Said
    at: datetime | None = None
    rules: tuple[str, ...] = ()


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What the gate says about a request. Times are UTC; ``as_of`` is the Japan date whose law judged.

    ``releases_at`` is the earliest moment a hold can end by itself; None where a person must act, or nothing can help.
    ``applied`` lists every rule that was applied; the answer to a request leaves out those that had nothing to say and gives
    their number in ``rules_applied``. ``client_text`` is all that may be shown to the client.
    """

    decision_id: str
    request_id: str
    kind: str
    outcome: str
    decided_at: datetime
    regime: str
    as_of: date
    rule_set: str
    lists: Mapping[str, str]
    releases_at: datetime | None
    releases: tuple[Release, ...]
    client_text: Said
    rules_applied: int
    applied: tuple[Applied, ...]
    after: str | None = None
    case_id: str | None = None


class RequestEventIn(msgspec.Struct, frozen=True, kw_only=True):
    """What a person did, or was shown, about a request; ``kind`` is one of TOLD."""

    kind: str
    party_id: str
    version: str | None = None
    text: str | None = None

    def __post_init__(self) -> None:
        if self.kind not in TOLD:
            raise ValueError(f"kind {self.kind!r} is none of {', '.join(TOLD)}")
        if not self.party_id:
            raise ValueError("party_id is empty; an event names who acted")


def request_id(request: GateRequest) -> str:
    """The id under which a request is known: its transfer_id or order_id."""
    return request.transfer_id if isinstance(request, TransferRequest) else request.order_id


def kind_of(request: GateRequest) -> str:
    """``transfer`` or ``order``."""
    return TRANSFER if isinstance(request, TransferRequest) else ORDER


def asked_at(request: GateRequest) -> datetime:
    """When the request asked to go ahead (UTC)."""
    return request.requested_at if isinstance(request, TransferRequest) else request.received_at


_ENCODER = msgspec.json.Encoder(order="deterministic")


def encode(message: Any) -> bytes:
    """JSON bytes; the same message gives the same bytes."""
    return _ENCODER.encode(message)


def answer(decision: Decision) -> Decision:
    """The decision as it answers a request: without the rules that had nothing to say."""
    spoke = tuple(one for one in decision.applied if one.sentence is not None or one.undetermined)
    return decision if len(spoke) == len(decision.applied) else msgspec.structs.replace(decision, applied=spoke)
