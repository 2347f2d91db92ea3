"""Serves every operation of the gate: who asks, may he, is it well said; then the gate's own answer, in the gate's own words."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, Protocol

import msgspec

from sekisho.gate.access_log import FIRST_SEAL, Access, AccessLog, AccessLogDown, broken_at
from sekisho.gate.deciding import Asking
from sekisho.gate.http.bodies import BATCHES, EVENTS, ORDERS, TRANSFERS, Reader, TransferBody
from sekisho.gate.http.bridge import Bridge, Place
from sekisho.gate.http.callers import Caller, Callers, bearer, request_digest
from sekisho.gate.http.exchange import Answer, Exchange
from sekisho.gate.http.log import Log
from sekisho.gate.http.openapi import description
from sekisho.gate.http.problems import Problem
from sekisho.gate.http.rates import Rates
from sekisho.gate.http.roles import SYSTEM_KINDS, may
from sekisho.gate.http.routes import (
    BY_NAME,
    AccessLines,
    AccessShown,
    Health,
    History,
    Learnt,
    Refused,
    Route,
    Rows,
    RuleSetShown,
    StepBody,
    StepTaken,
)
from sekisho.gate.http.rows import read_row
from sekisho.gate.http.settings import Settings
from sekisho.gate.jobs import Job
from sekisho.gate.messages import (
    ORDER,
    TRANSFER,
    Decision,
    GateConflict,
    GateDown,
    GateError,
    GateSamePerson,
    GateUnknown,
    RequestEventIn,
    answer,
    encode,
)
from sekisho.gate.rendering import Answered
from sekisho.gate.rule_set import RuleSet

_ACCESS_LINES: Final = 1_000


class Deciding(Protocol):
    """What of the gate is used here; sekisho.gate.Gate is one."""

    down: str | None
    lists_down: str | None

    def ask_together(self, asks: Sequence[Job]) -> bool:
        """Ask; each ``told`` gets the decision (Answered) when it is durable, or a GateError. True where all have been told."""
        ...

    def tell(self, request_id: str, event: RequestEventIn, key: str | None = None) -> Decision:
        """What a person did about a request."""
        ...

    def learn(self, table: str, rows: list[Mapping[str, Any]], key: str | None = None) -> int:
        """Rows of a record table."""
        ...

    def decision(self, decision_id: str) -> Decision:
        """A decision with its full working."""
        ...

    def history(self, request_id: str) -> list[Decision]:
        """Every decision about a request."""
        ...

    def rule(self, step: str, rule_set: RuleSet | str, by: str, why: str = "") -> Any:
        """One step in the life of a rule set."""
        ...

    @property
    def life(self) -> Any:
        """The rule sets."""
        ...


@dataclass(frozen=True, slots=True)
class Doors:
    """Everything the service stands on. ``clock`` gives seconds since 1970 (UTC), ``ticks`` seconds that never go back."""

    gate: Deciding
    callers: Callers
    access_log: AccessLog
    log: Log
    rates: Rates
    settings: Settings
    clock: Callable[[], float] = time.time
    ticks: Callable[[], float] = time.monotonic


@dataclass(slots=True)
class Service:
    """The operations of the gate over HTTP, by the name of their route."""

    doors: Doors
    bridge: Bridge = field(init=False)
    _begun: str = field(default_factory=lambda: os.urandom(5).hex())
    _count: int = 0
    _seal: str = FIRST_SEAL
    _openapi: bytes = b""

    def __post_init__(self) -> None:
        self.bridge = Bridge(self.doors.gate, self.doors.settings.http.answer_seconds_max)

    def next_request_id(self) -> str:
        """A new name for a request: of this process, counted."""
        self._count += 1
        return f"{self._begun}-{self._count:x}"

    async def answer(self, route: Route, exchange: Exchange) -> Answer:
        """Serve one request whatever it is: an answer, or a problem that says what to do. Never raises for what was sent."""
        began = self.doors.ticks()
        try:
            answered = await self._operation(route, exchange)
        except Exception as error:
            answered = self.failed(error, exchange)
        self.note(route, exchange, answered, began)
        return answered

    def decide(self, route: Route, exchange: Exchange, body: bytes, place: Place) -> None:
        """Ask for one decision, with a body that is here, for somebody who has no task; ``place`` gets it on the loop, once."""
        try:
            caller = self._admitted(route, exchange)
            exchange.take_body(body, self.doors.settings.http.body_bytes_max)
            self._check_bound(route, exchange, caller)
            self._ask(route, exchange, caller, place)
        except Exception as error:
            place.set_exception(error)

    def failed(self, error: Exception, exchange: Exchange) -> Answer:
        """What is answered where an operation raised; what nobody foresaw is logged."""
        match error:
            case Problem():
                told = error
            case GateError():
                told = _problem(error)
            case AccessLogDown():
                why = "the access log cannot be written, so no personal data leaves"
                told = Problem("undecided", why, remedy="ask again later")
            case TimeoutError():
                told = Problem("undecided", "the answer did not become durable in time", headers={"Retry-After": "1"})
            case ConnectionResetError():
                told = Problem("bad-request", "the connection ended before the body")
            case _:
                self.doors.log.failure(exchange.request_id, error, self.doors.clock())
                told = Problem("internal")
        return Answer.of(told, exchange.request_id)

    def note(self, route: Route, exchange: Exchange, answered: Answer, began: float) -> None:
        """A line of the log for a request that was answered; ``began`` is in seconds of the ticks."""
        self.doors.log.request(
            exchange.request_id,
            f"{route.method} {route.path}",
            answered.status,
            self.doors.ticks() - began,
            exchange.key_id,
            answered.problem,
            self.doors.clock(),
        )

    def _operation(self, route: Route, exchange: Exchange) -> Awaitable[Answer]:
        """What serves the request, where the caller may ask for it; raises Problem where not."""
        if route.act is None:
            return self._open(route)
        caller = self._admitted(route, exchange)
        for name, words in (route.words or {}).items():
            if exchange.params[name] not in words:
                raise Problem("not-found", f"{name} is none of {', '.join(words)}")
        operation: Callable[[Route, Exchange, Caller], Awaitable[Answer]] = getattr(self, _OPERATIONS[route.name])
        return operation(route, exchange, caller)

    def _admitted(self, route: Route, exchange: Exchange) -> Caller:
        """Who asks, where he may."""
        caller = self._caller(exchange)
        if not may(caller.roles, route.act or ""):
            raise Problem("forbidden", f"'{route.act}' is not for {', '.join(sorted(caller.roles))}")
        return caller

    def _caller(self, exchange: Exchange) -> Caller:
        """Who asks, by certificate or token, counted against the caller's rate; failures count against the address."""
        doors = self.doors
        now, ticks = doors.clock(), doors.ticks()
        tls = (exchange.scope.get("extensions") or {}).get("tls")
        try:
            if tls is not None and tls.get("client_cert_name") and exchange.headers.get(b"authorization") is None:
                caller = doors.callers.by_certificate(tls["client_cert_name"], tls["client_cert_serial"], now)
            else:
                caller = doors.callers.by_token(bearer(exchange.header), now)
        except Problem as problem:
            if problem.kind == "unauthenticated":
                client = exchange.scope.get("client")
                doors.rates.take_unknown(client[0] if client else "", ticks)
            raise
        exchange.key_id = caller.key_id
        if caller.bound_to is not None:
            return caller  # counted when the body has been read and matches
        doors.rates.take(caller.party_id, caller.roles, ticks)
        return caller

    async def _read(self, route: Route, exchange: Exchange, caller: Caller) -> bytes:
        http = self.doors.settings.http
        body = await exchange.read_body(http.batch_bytes_max if route.batch else http.body_bytes_max)
        self._check_bound(route, exchange, caller)
        return body

    def _check_bound(self, route: Route, exchange: Exchange, caller: Caller) -> None:
        """A token that was signed for one request must be this one's; the caller is then counted."""
        if caller.bound_to is not None:
            key = exchange.header(b"idempotency-key")
            digest = request_digest(route.method, exchange.target, key.decode("latin-1") if key else None, exchange.body)
            if caller.bound_to != digest:
                raise Problem("unauthenticated", "the token was signed for another request", remedy="sign it for this very request")
            self.doors.rates.take(caller.party_id, caller.roles, self.doors.ticks())

    async def _act_as_person(self, route: Route, exchange: Exchange, caller: Caller) -> None:
        """What a person does needs a fresh token, used once."""
        key = exchange.header(b"idempotency-key")
        digest = request_digest(route.method, exchange.target, key.decode("latin-1") if key else None, exchange.body)
        await _in_thread(self.doors.callers.check_act, caller, digest, self.doors.clock())

    # --- decisions

    async def _decide(self, route: Route, exchange: Exchange, caller: Caller) -> Answer:
        await self._read(route, exchange, caller)
        future: asyncio.Future[Answered] = asyncio.get_running_loop().create_future()
        self._ask(route, exchange, caller, future)
        return Answer(200, (await future).body)

    def _ask(self, route: Route, exchange: Exchange, caller: Caller, place: Place) -> None:
        """Ask for one decision; the body is in the exchange."""
        reader: Reader[Any] = TRANSFERS if route.body is TransferBody else ORDERS
        request = reader.read(exchange.body).request()
        self.bridge.ask(Asking(request, _scoped(caller, exchange.idempotency_key()), caller.party_id), place)

    async def _decide_batch(self, route: Route, exchange: Exchange, caller: Caller) -> Answer:
        body = await self._read(route, exchange, caller)
        batch = BATCHES.read(body)
        reader: Reader[Any] = TRANSFERS if route.name == "decide_transfers" else ORDERS
        key = exchange.idempotency_key()
        self.doors.rates.take(caller.party_id, caller.roles, self.doors.ticks(), len(batch.requests) - 1)
        submitted: list[Problem | asyncio.Future[Answered]] = []
        loop = asyncio.get_running_loop()
        for number, raw in enumerate(batch.requests):
            try:
                request = reader.read(bytes(raw), checked=True).request()
                scoped = None if key is None else _scoped(caller, f"{key}/{number}")
                future: asyncio.Future[Answered] = loop.create_future()
                self.bridge.ask(Asking(request, scoped, caller.party_id), future)
                submitted.append(future)
            except Problem as problem:
                submitted.append(problem)
        items = [await self._item(each, exchange.request_id) for each in submitted]
        return Answer(200, b'{"answers":[' + b",".join(items) + b"]}")

    async def _item(self, submitted: Problem | asyncio.Future[Answered], request_id: str) -> bytes:
        try:
            if isinstance(submitted, Problem):
                raise submitted
            answered = await submitted
            return b'{"decision":' + answered.body + b',"problem":null}'
        except TimeoutError:
            problem = Problem("undecided", "the answer did not become durable in time")
        except GateError as error:
            problem = _problem(error)
        except Problem as told:
            problem = told
        return b'{"decision":null,"problem":' + problem.body(request_id) + b"}"

    async def _tell(self, route: Route, exchange: Exchange, caller: Caller) -> Answer:
        body = EVENTS.read(await self._read(route, exchange, caller))
        act = f"tell {body.kind}"
        if not may(caller.roles, act):
            raise Problem("forbidden", f"'{act}' is not for {', '.join(sorted(caller.roles))}", field="/kind")
        if body.kind in SYSTEM_KINDS:
            if body.party_id is None:
                raise Problem(
                    "invalid-field", "party_id is missing", field="/party_id", remedy="name the client who did it, or was shown it"
                )
            party_id = body.party_id
        elif body.kind == "cancelled" and body.party_id is not None and not caller.roles.isdisjoint({"wallet", "trading"}):
            party_id = body.party_id
        else:
            if body.party_id not in (None, caller.party_id):
                raise Problem(
                    "same-person" if body.kind in ("approved", "released") else "forbidden",
                    "this is the act of the person who signed in, and party_id names another",
                    field="/party_id",
                    remedy="leave party_id out",
                )
            await self._act_as_person(route, exchange, caller)
            party_id = caller.party_id
        request_id = await self._known_as(route, exchange.params["id"])
        event = RequestEventIn(kind=body.kind, party_id=party_id, version=body.version, text=body.text)
        key = _scoped(caller, exchange.idempotency_key())
        decision = await _in_thread(self.doors.gate.tell, request_id, event, key)
        return Answer(200, encode(answer(decision)))

    async def _history(self, route: Route, exchange: Exchange, caller: Caller) -> Answer:
        reason = exchange.access_reason()
        outcome, told = "nothing read", b""
        try:
            request_id = await self._known_as(route, exchange.params["id"])
            decisions = await _in_thread(self.doors.gate.history, request_id)
            told = encode(History(request_id=request_id, latest=decisions[-1], decisions=decisions))
            outcome = "read"
        finally:
            await self._read_by(caller, route.act or "", exchange.params["id"], reason, exchange.request_id, outcome)
        return Answer(200, told)

    async def _known_as(self, route: Route, name: str) -> str:
        """The request's id, for its own id or one of its decisions'; of the kind the address speaks of."""
        gate, kind = self.doors.gate, TRANSFER if "/transfers/" in route.path else ORDER

        def found() -> str:
            try:
                decision = gate.history(name)[-1]
            except GateUnknown:
                decision = gate.decision(name)
            if decision.kind != kind:
                raise GateUnknown("the id is of another kind of request")
            return decision.request_id

        if not name.isascii() or len(name) > 160:
            raise Problem("not-found")
        request_id: str = await _in_thread(found)
        return request_id

    async def _read_by(self, caller: Caller, what: str, subject: str, reason: str, request_id: str, outcome: str) -> None:
        """A read of personal data, on disk before the data leaves."""
        access = Access(
            at=datetime.fromtimestamp(self.doors.clock(), UTC),
            party_id=caller.party_id,
            key_id=caller.key_id,
            roles=tuple(sorted(caller.roles)),
            what=what,
            subject=subject[:160],
            reason=reason,
            request_id=request_id,
            outcome=outcome,
        )
        sealed = await _in_thread(self.doors.access_log.write, access)
        self._seal = sealed.seal
        self.doors.log.note("access", self.doors.clock(), number=sealed.number, seal=sealed.seal, request_id=request_id)

    # --- facts

    async def _learn(self, route: Route, exchange: Exchange, caller: Caller) -> Answer:
        table = exchange.params["table"]
        if not may(caller.roles, f"learn {table}"):
            raise Problem("forbidden", "these rows are not for this caller to tell, or no such table is told here", field="table")
        rows = _ROWS.read(await self._read(route, exchange, caller)).rows
        read = [read_row(table, bytes(raw), number) for number, raw in enumerate(rows)]
        key = _scoped(caller, exchange.idempotency_key())
        count = await _in_thread(self.doors.gate.learn, table, read, key)
        return Answer(200, encode(Learnt(table, count)))

    # --- rule sets

    async def _rule_set(self, route: Route, exchange: Exchange, caller: Caller) -> Answer:
        life = self.doors.gate.life
        active = life.active
        since = [step for step in life.history if step.step in ("activate", "roll_back")]
        shown = RuleSetShown(
            hash=life.in_force[-1] if life.in_force else None,
            name=active.name if active else None,
            in_force_since=since[-1].at.isoformat() if since else None,
            shadow=life.shadow,
            content=msgspec.to_builtins(active) if active else None,
        )
        return Answer(200, encode(shown))

    async def _rule_step(self, route: Route, exchange: Exchange, caller: Caller) -> Answer:
        step = exchange.params["step"]
        if not may(caller.roles, f"rule {step}"):
            raise Problem("forbidden", f"'rule {step}' is not for {', '.join(sorted(caller.roles))}", field="step")
        body = _STEPS.read(await self._read(route, exchange, caller))
        await self._act_as_person(route, exchange, caller)
        named: RuleSet | str = body.rule_set or ""
        if body.content is not None:
            try:
                named = msgspec.convert(body.content, RuleSet)
            except msgspec.ValidationError as error:
                raise Problem("invalid-field", str(error), field="/content") from None
        elif not named and step not in ("unshadow", "roll_back"):
            raise Problem("invalid-field", "rule_set is missing", field="/rule_set", remedy="name a rule set, or give its content")
        taken = await _in_thread(self.doors.gate.rule, step, named, caller.party_id, body.why)
        return Answer(200, encode(StepTaken(step=taken.step, rule_set=taken.rule_set, by=taken.by)))

    # --- the access log, and the gate's own state

    async def _access_log(self, route: Route, exchange: Exchange, caller: Caller) -> Answer:
        reason = exchange.access_reason()
        after = _number(exchange, "after")
        await self._read_by(caller, route.act or "", f"after {after}", reason, exchange.request_id, "read")
        log = self.doors.access_log
        lines = await _in_thread(log.lines, after, _ACCESS_LINES)
        broken = await _in_thread(broken_at, log, self._seal)
        shown = [
            AccessShown(number=each.number, seal=each.seal, **msgspec.to_builtins(each.access) | {"roles": each.access.roles})
            for each in lines
        ]
        more = lines[-1].number if len(lines) == _ACCESS_LINES else None
        return Answer(200, encode(AccessLines(intact=broken is None, lines=shown, next_after=more)))

    async def _open(self, route: Route) -> Answer:
        match route.name:
            case "openapi":
                self._openapi = self._openapi or description()
                return Answer(200, self._openapi)
            case "ready":
                because = self._not_ready()
                if because is not None:
                    return Answer(503, encode(Health(status="not ready", because=because)))
                stale = "the lists cannot be renewed; those read before stay in force" if self.doors.gate.lists_down else None
                return Answer(200, encode(Health(status="ready", because=stale)))
            case _:
                return Answer(200, encode(Health(status="up")))

    def _not_ready(self) -> str | None:
        if self.doors.gate.down is not None:
            return "the journal cannot be written"
        if self.doors.gate.life.active is None:
            return "no rule set is in force"
        return None


_ROWS: Final = Reader(Rows, {"rows": "send the rows in a list"})
_STEPS: Final = Reader(StepBody)
_OPERATIONS: Final = {
    "decide_transfer": "_decide",
    "decide_order": "_decide",
    "decide_transfers": "_decide_batch",
    "decide_orders": "_decide_batch",
    "tell_transfer": "_tell",
    "tell_order": "_tell",
    "transfer_decision": "_history",
    "order_decision": "_history",
    "learn": "_learn",
    "rule_set": "_rule_set",
    "rule_step": "_rule_step",
    "access_log": "_access_log",
}
assert {name for name, route in BY_NAME.items() if route.act} == set(_OPERATIONS)


def _scoped(caller: Caller, key: str | None) -> str | None:
    """A caller's key, which no other caller can meet."""
    return None if key is None else f"{caller.party_id} {key}"


def _problem(error: GateError) -> Problem:
    match error:
        case GateDown():
            return Problem("undecided", headers={"Retry-After": "1"})
        case GateUnknown():
            return Problem("not-found", str(error))
        case GateSamePerson():
            return Problem("same-person", str(error))
        case GateConflict():
            return Problem("conflict", str(error))
        case _:
            return Problem("invalid-field", str(error))


def _number(exchange: Exchange, name: str) -> int:
    """A number of the query; 0 where it is not given."""
    for part in exchange.scope.get("query_string", b"").decode("latin-1").split("&"):
        key, _, value = part.partition("=")
        if key == name:
            if not value.isascii() or not value.isdigit() or len(value) > 15:
                raise Problem("invalid-field", f"{name} is not a number", field=f"query {name}", remedy="give a number, 0 or more")
            return int(value)
    return 0


async def _in_thread(work: Callable[..., Any], *arguments: Any) -> Any:
    """What may wait for a disk, beside the event loop."""
    return await asyncio.get_running_loop().run_in_executor(None, partial(work, *arguments))


def refused(problem: Problem, request_id: str) -> Refused:
    """A problem as its document's class."""
    return msgspec.convert(problem.document(request_id), Refused)
