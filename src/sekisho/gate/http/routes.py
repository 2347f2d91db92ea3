"""The addresses of the gate: one table from which routing, roles, the description (OpenAPI) and the tests are made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import msgspec

from sekisho.gate.http.bodies import Batch, EventBody, OrderBody, TransferBody
from sekisho.gate.life import STEPS
from sekisho.gate.messages import Decision

Header = Literal["Idempotency-Key", "Access-Reason"]


class Rows(msgspec.Struct, forbid_unknown_fields=True):
    """Rows of one record table, under the names of its columns; amounts are strings, times carry their zone."""

    rows: list[msgspec.Raw]


class Learnt(msgspec.Struct, frozen=True):
    """How many rows the gate has taken in, on disk by now."""

    table: str
    rows: int


class Refused(msgspec.Struct, frozen=True, kw_only=True, rename={"kind": "type"}, omit_defaults=True):
    """A problem document (RFC 9457): what is wrong, in which field, and what to do."""

    kind: str
    title: str
    status: int
    remedy: str
    detail: str | None = None
    field: str | None = None
    instance: str | None = None


class BatchItem(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to one request of a batch: a decision or a problem, never both."""

    decision: Decision | None = None
    problem: Refused | None = None


class BatchAnswer(msgspec.Struct, frozen=True):
    """The answers to a batch, in the order of its requests."""

    answers: list[BatchItem]


class History(msgspec.Struct, frozen=True, kw_only=True):
    """Everything decided about one request, oldest first, each with every rule that was applied."""

    request_id: str
    latest: Decision
    decisions: list[Decision]


class RuleSetShown(msgspec.Struct, frozen=True, kw_only=True):
    """The rule set in force and the one in shadow; ``content`` is what was committed."""

    hash: str | None
    name: str | None
    in_force_since: str | None
    shadow: str | None
    content: dict[str, Any] | None


class StepBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One step in the life of a rule set. ``rule_set`` names one by hash or name; ``content`` brings one (draft, shadow)."""

    rule_set: str | None = None
    content: dict[str, Any] | None = None
    why: str = ""


class StepTaken(msgspec.Struct, frozen=True, kw_only=True):
    """A step that was taken, on disk by now."""

    step: str
    rule_set: str
    by: str


class AccessShown(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the access log with its seal."""

    number: int
    seal: str
    at: str
    party_id: str
    key_id: str
    roles: tuple[str, ...]
    what: str
    subject: str
    reason: str
    request_id: str
    outcome: str


class AccessLines(msgspec.Struct, frozen=True, kw_only=True):
    """Lines of the access log; ``intact`` says whether every seal of the whole log holds."""

    intact: bool
    lines: list[AccessShown]
    next_after: int | None


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the gate runs, and can decide."""

    status: str
    because: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One operation. ``act`` is what the caller's role must allow, {} filled from the address; None: anybody may ask."""

    name: str
    method: Literal["GET", "POST"]
    path: str
    summary: str
    act: str | None
    answer: type
    body: Any = None
    status: int = 200
    headers: tuple[Header, ...] = ()
    batch: bool = False
    words: Mapping[str, tuple[str, ...]] | None = None

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names in braces of the address."""
        return tuple(part[1:-1] for part in self.path.split("/") if part.startswith("{"))


def _decisions(kind: str, named: str, asked: str, body: Any, bodies: Any) -> tuple[Route, ...]:
    """The four operations on decisions about one kind of request: ask for one, for many, tell what people did, read."""
    where = f"/v1/{kind}s/decisions"
    asks: dict[str, Any] = {"method": "POST", "act": f"decide {kind}", "headers": ("Idempotency-Key",)}
    return (
        Route(
            name=f"decide_{kind}",
            path=where,
            summary=f"May this {kind} {asked}? Answered when the decision is on disk.",
            body=body,
            answer=Decision,
            **asks,
        ),
        Route(
            name=f"decide_{kind}s",
            path=f"{where}/batch",
            summary=f"May these {kind}s {asked}? Each is decided for itself.",
            body=bodies,
            answer=BatchAnswer,
            batch=True,
            **asks,
        ),
        Route(
            name=f"tell_{kind}",
            path=f"{where}/{{id}}/events",
            summary=f"Tell what a person did about {named} {kind}; it is decided again.",
            body=EventBody,
            answer=Decision,
            **asks | {"act": f"tell {kind}"},
        ),
        Route(
            name=f"{kind}_decision",
            method="GET",
            path=f"{where}/{{id}}",
            summary=f"Everything decided about {named} {kind} (by its {kind}_id or a decision_id), with the full working.",
            act=f"read {kind}",
            answer=History,
            headers=("Access-Reason",),
        ),
    )


ROUTES: Final[tuple[Route, ...]] = (
    *_decisions("transfer", "a", "go ahead", TransferBody, Batch[TransferBody]),
    *_decisions("order", "an", "enter the book", OrderBody, Batch[OrderBody]),
    Route(
        name="learn",
        method="POST",
        path="/v1/records/{table}",
        summary="Tell the gate facts: accounts, events, trades, balances, prices, as rows of a record table.",
        act="learn",
        body=Rows,
        answer=Learnt,
        batch=True,
    ),
    Route(
        name="rule_set",
        method="GET",
        path="/v1/rule-set",
        summary="The rule set in force, and the one in shadow.",
        act="read rule set",
        answer=RuleSetShown,
    ),
    Route(
        name="rule_step",
        method="POST",
        path="/v1/rule-set/{step}",
        summary="A step in the life of a rule set; it is put in force by another person than who drafted or committed it.",
        act="rule",
        body=StepBody,
        answer=StepTaken,
        words={"step": STEPS},
    ),
    Route(
        name="access_log",
        method="GET",
        path="/v1/access-log",
        summary="Who read which personal data, when and why; reading this is logged too.",
        act="read access log",
        answer=AccessLines,
        headers=("Access-Reason",),
    ),
    Route(name="health", method="GET", path="/health", summary="Does the gate run?", act=None, answer=Health),
    Route(name="ready", method="GET", path="/ready", summary="Can the gate decide now?", act=None, answer=Health),
    Route(name="openapi", method="GET", path="/openapi.json", summary="This description.", act=None, answer=dict),
)
"""Every operation of the gate."""

BY_NAME: Final[Mapping[str, Route]] = {route.name: route for route in ROUTES}
