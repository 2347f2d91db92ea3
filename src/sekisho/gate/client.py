"""Asks a gate over HTTP from Python: typed questions and answers, and the same key when it must ask again.

    from sekisho.gate.client import GateClient, Signer

    with GateClient("http://127.0.0.1:8470", Signer.from_file("sekisho-gate/keys/wallet.pem")) as gate:
        decision = gate.decide(transfer)
        if decision.outcome == "allow":
            ...

``AsyncGateClient`` has the same methods to await. A request that was not answered was not decided: GateUnanswered says so, and the
transfer or order must be treated as held.
"""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import TracebackType
from typing import Any, Final, NamedTuple, Protocol, TypeVar
from urllib.parse import quote

import httpx
import msgspec

from sekisho.engine.requests import OrderRequest, TransferRequest
from sekisho.gate.http.callers import request_digest
from sekisho.gate.http.routes import BatchAnswer, BatchItem, History, Learnt, Refused, RuleSetShown, StepTaken
from sekisho.gate.http.tokens import Signer
from sekisho.gate.messages import Decision, GateError, GateRequest

__all__ = ["AsyncGateClient", "GateClient", "GateProblem", "GateUnanswered", "Retry", "Signer"]

_AGAIN: Final = frozenset({429, 502, 503, 504})
_DECIDE: Final[Mapping[type, str]] = {TransferRequest: "/v1/transfers/decisions", OrderRequest: "/v1/orders/decisions"}
_Read = TypeVar("_Read")


class GateProblem(GateError):  # noqa: N818 - the standard calls it a problem
    """The gate did not do what was asked; ``kind``, ``field`` and ``remedy`` are those of its problem document."""

    def __init__(self, problem: Refused) -> None:
        self.kind = problem.kind.rpartition(":")[2]
        self.status, self.field, self.remedy, self.detail = problem.status, problem.field, problem.remedy, problem.detail
        self.instance = problem.instance
        where = f" at {problem.field}" if problem.field else ""
        super().__init__(f"{problem.title}{where}{f': {problem.detail}' if problem.detail else ''}; {problem.remedy}")


class GateUnanswered(GateError):  # noqa: N818 - says what happened
    """No answer came, however often it was asked: nothing may go ahead; ask again with the same key."""

    def __init__(self, why: str, key: str | None) -> None:
        self.key = key
        super().__init__(
            f"the gate did not answer ({why}); treat it as held, and ask again with the same key{f' {key}' if key else ''}"
        )


class Signing(Protocol):
    """Whatever signs a token; Signer does."""

    def token(self, now: float, seconds: int = 300, *, roles: Sequence[str] | None = None, bound: str | None = None) -> str:
        """A new token."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """How often and for how long (seconds) to ask again; waits double from ``wait`` and are shortened by chance."""

    attempts: int = 5
    wait: float = 0.1
    wait_max: float = 5.0


@dataclass(frozen=True, slots=True)
class _Ask:
    """One request to be made, as often as it takes."""

    method: str
    path: str
    read: type[Any]
    body: bytes | None = None
    key: str | None = None
    reason: str | None = None
    act: bool = False


class _Wait(NamedTuple):
    """So many seconds to let pass."""

    seconds: float


_Flow = Generator["httpx.Request | _Wait", "httpx.Response | httpx.TransportError | None", Any]


class _Asking:
    """What both clients share: which requests are made, and what becomes of the answers; sending is theirs."""

    def __init__(
        self, address: str, caller: Signing | str | None, retry: Retry, clock: Callable[[], float], chance: Callable[[], float]
    ) -> None:
        self._address, self._caller, self._retry = address.rstrip("/"), caller, retry
        self._clock, self._chance = clock, chance
        self._token, self._token_until = "", 0.0

    def flow(self, ask: _Ask) -> _Flow:
        """The requests to send one after another; returns what the answer says. Raises GateProblem, GateUnanswered."""
        why = ""
        for attempt in range(self._retry.attempts):
            if attempt:
                longest = min(self._retry.wait * 2 ** (attempt - 1), self._retry.wait_max)
                yield _Wait(longest * (0.5 + self._chance() / 2))
            answered = yield self._request(ask)
            assert answered is not None
            if isinstance(answered, httpx.TransportError):
                why = type(answered).__name__
                continue
            if answered.status_code in _AGAIN:
                why = f"status {answered.status_code}"
                after = answered.headers.get("retry-after", "")
                if after.isdecimal() and attempt + 1 < self._retry.attempts:
                    yield _Wait(min(float(after), self._retry.wait_max))
                continue
            return _read(ask, answered)
        raise GateUnanswered(why, ask.key)

    def _request(self, ask: _Ask) -> httpx.Request:
        headers = {}
        if ask.body is not None:
            headers["Content-Type"] = "application/json"
        if ask.key is not None:
            headers["Idempotency-Key"] = ask.key
        if ask.reason is not None:
            # Reasons are written in any script; httpx would refuse what is not ASCII in a plain string.
            headers["Access-Reason"] = ask.reason.encode("utf-8")  # type: ignore[assignment]
        token = self._bearer(ask)
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return httpx.Request(ask.method, self._address + ask.path, content=ask.body, headers=headers)

    def _bearer(self, ask: _Ask) -> str | None:
        """The token: for an act of a person a new one, signed for this very request; otherwise one is used for some minutes."""
        if self._caller is None or isinstance(self._caller, str):
            return self._caller
        now = self._clock()
        if ask.act:
            return self._caller.token(now, 60, bound=request_digest(ask.method, ask.path, ask.key, ask.body or b""))
        if now >= self._token_until:
            self._token, self._token_until = self._caller.token(now, 300), now + 240
        return self._token


def _read(ask: _Ask, answered: httpx.Response) -> Any:
    if answered.status_code == 200:
        return msgspec.json.decode(answered.content, type=ask.read)
    try:
        problem = msgspec.json.decode(answered.content, type=Refused)
    except msgspec.MsgspecError:
        raise GateUnanswered(f"status {answered.status_code} from something that is no gate", ask.key) from None
    raise GateProblem(problem)


# --- what can be asked


def request_body(request: GateRequest) -> dict[str, Any]:
    """A request as the gate's description wants it: exact amounts as strings, times with their zone, nothing that is None."""
    told: dict[str, Any] = {}
    for name in request.__struct_fields__:
        value = getattr(request, name)
        if value is not None:
            told[name] = f"{value:f}" if isinstance(value, Decimal) else value
    return told


def _decide(request: GateRequest, key: str | None) -> _Ask:
    path = _DECIDE[type(request)]
    return _Ask("POST", path, Decision, msgspec.json.encode(request_body(request)), key or str(uuid.uuid4()))


def _decide_batch(requests: Iterable[GateRequest], key: str | None) -> _Ask:
    asked = list(requests)
    if not asked or len({type(each) for each in asked}) != 1:
        raise ValueError("a batch holds one request or more, all transfers or all orders")
    body = msgspec.json.encode({"requests": [request_body(each) for each in asked]})
    return _Ask("POST", f"{_DECIDE[type(asked[0])]}/batch", BatchAnswer, body, key or str(uuid.uuid4()))


def _tell(
    kind: str, request_id: str, event: str, party_id: str | None, version: str | None, text: str | None, key: str | None
) -> _Ask:
    told = {"kind": event, "party_id": party_id, "version": version, "text": text}
    body = msgspec.json.encode({name: value for name, value in told.items() if value is not None})
    path = f"/v1/{kind}s/decisions/{quote(request_id, safe='')}/events"
    return _Ask("POST", path, Decision, body, key or str(uuid.uuid4()), act=party_id is None)


def _history(kind: str, request_id: str, reason: str) -> _Ask:
    return _Ask("GET", f"/v1/{kind}s/decisions/{quote(request_id, safe='')}", History, reason=reason)


def _learn(table: str, rows: Iterable[Mapping[str, Any]], key: str | None) -> _Ask:
    told = [{name: f"{v:f}" if isinstance(v, Decimal) else v for name, v in row.items() if v is not None} for row in rows]
    return _Ask(
        "POST", f"/v1/records/{quote(table, safe='')}", Learnt, msgspec.json.encode({"rows": told}), key or str(uuid.uuid4())
    )


def _rule_step(step: str, rule_set: str | None, content: Mapping[str, Any] | None, why: str) -> _Ask:
    told: dict[str, Any] = {"why": why}
    if rule_set is not None:
        told["rule_set"] = rule_set
    if content is not None:
        told["content"] = content
    return _Ask("POST", f"/v1/rule-set/{quote(step, safe='')}", StepTaken, msgspec.json.encode(told), act=True)


_RULE_SET: Final = _Ask("GET", "/v1/rule-set", RuleSetShown)


class GateClient:
    """A gate at an address (https://gate.example:8470).

    ``caller`` is a Signer (its tokens are renewed by themselves), a ready token, or None where a client certificate says who asks;
    ``verify`` and ``cert`` are httpx's. One client may be used by several threads.
    """

    def __init__(
        self,
        address: str,
        caller: Signing | str | None = None,
        *,
        retry: Retry | None = None,
        timeout: float = 15.0,
        http: httpx.Client | None = None,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
        **options: Any,
    ) -> None:
        self._asking = _Asking(address, caller, retry or Retry(), clock, chance)
        self._http = http or httpx.Client(timeout=timeout, **options)
        self._sleep = sleep

    def decide(self, request: GateRequest, *, key: str | None = None) -> Decision:
        """May this transfer or order go ahead? Raises GateProblem, or GateUnanswered: then nothing was decided."""
        decision: Decision = self._ask(_decide(request, key))
        return decision

    def decide_batch(self, requests: Iterable[GateRequest], *, key: str | None = None) -> list[BatchItem]:
        """Several at once, each decided for itself and answered in order by a decision or a problem."""
        answer: BatchAnswer = self._ask(_decide_batch(requests, key))
        return answer.answers

    def tell(
        self,
        kind: str,
        request_id: str,
        event: str,
        *,
        party_id: str | None = None,
        version: str | None = None,
        text: str | None = None,
        key: str | None = None,
    ) -> Decision:
        """What somebody did about a ``transfer`` or an ``order``; it is decided again. Without party_id: the caller's own act."""
        decision: Decision = self._ask(_tell(kind, request_id, event, party_id, version, text, key))
        return decision

    def history(self, kind: str, request_id: str, reason: str) -> History:
        """Everything decided about a ``transfer`` or an ``order``; ``reason`` goes into the access log."""
        history: History = self._ask(_history(kind, request_id, reason))
        return history

    def learn(self, table: str, rows: Iterable[Mapping[str, Any]], *, key: str | None = None) -> int:
        """Facts, as rows of a record table; how many were taken in."""
        learnt: Learnt = self._ask(_learn(table, rows, key))
        return learnt.rows

    def rule_set(self) -> RuleSetShown:
        """The rule set in force."""
        shown: RuleSetShown = self._ask(_RULE_SET)
        return shown

    def rule(self, step: str, *, rule_set: str | None = None, content: Mapping[str, Any] | None = None, why: str = "") -> StepTaken:
        """A step in the life of a rule set: draft, shadow, unshadow, commit, activate, roll_back."""
        taken: StepTaken = self._ask(_rule_step(step, rule_set, content, why))
        return taken

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def __enter__(self) -> GateClient:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _ask(self, ask: _Ask) -> Any:
        flow = self._asking.flow(ask)
        answered: httpx.Response | httpx.TransportError | None = None
        try:
            while True:
                wanted = flow.send(answered)
                answered = None
                if isinstance(wanted, _Wait):
                    self._sleep(wanted.seconds)
                    continue
                try:
                    answered = self._http.send(wanted)
                except httpx.TransportError as error:
                    answered = error
        except StopIteration as ended:
            return ended.value


class AsyncGateClient:
    """The same as GateClient, to be awaited."""

    def __init__(
        self,
        address: str,
        caller: Signing | str | None = None,
        *,
        retry: Retry | None = None,
        timeout: float = 15.0,
        http: httpx.AsyncClient | None = None,
        clock: Callable[[], float] = time.time,
        chance: Callable[[], float] = random.random,
        **options: Any,
    ) -> None:
        self._asking = _Asking(address, caller, retry or Retry(), clock, chance)
        self._http = http or httpx.AsyncClient(timeout=timeout, **options)

    async def decide(self, request: GateRequest, *, key: str | None = None) -> Decision:
        """May this transfer or order go ahead? Raises GateProblem, or GateUnanswered: then nothing was decided."""
        decision: Decision = await self._ask(_decide(request, key))
        return decision

    async def decide_batch(self, requests: Iterable[GateRequest], *, key: str | None = None) -> list[BatchItem]:
        """Several at once, each decided for itself and answered in order by a decision or a problem."""
        answer: BatchAnswer = await self._ask(_decide_batch(requests, key))
        return answer.answers

    async def tell(
        self,
        kind: str,
        request_id: str,
        event: str,
        *,
        party_id: str | None = None,
        version: str | None = None,
        text: str | None = None,
        key: str | None = None,
    ) -> Decision:
        """What somebody did about a ``transfer`` or an ``order``; it is decided again. Without party_id: the caller's own act."""
        decision: Decision = await self._ask(_tell(kind, request_id, event, party_id, version, text, key))
        return decision

    async def history(self, kind: str, request_id: str, reason: str) -> History:
        """Everything decided about a ``transfer`` or an ``order``; ``reason`` goes into the access log."""
        history: History = await self._ask(_history(kind, request_id, reason))
        return history

    async def learn(self, table: str, rows: Iterable[Mapping[str, Any]], *, key: str | None = None) -> int:
        """Facts, as rows of a record table; how many were taken in."""
        learnt: Learnt = await self._ask(_learn(table, rows, key))
        return learnt.rows

    async def rule_set(self) -> RuleSetShown:
        """The rule set in force."""
        shown: RuleSetShown = await self._ask(_RULE_SET)
        return shown

    async def rule(
        self, step: str, *, rule_set: str | None = None, content: Mapping[str, Any] | None = None, why: str = ""
    ) -> StepTaken:
        """A step in the life of a rule set: draft, shadow, unshadow, commit, activate, roll_back."""
        taken: StepTaken = await self._ask(_rule_step(step, rule_set, content, why))
        return taken

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> AsyncGateClient:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()

    async def _ask(self, ask: _Ask) -> Any:
        flow = self._asking.flow(ask)
        answered: httpx.Response | httpx.TransportError | None = None
        try:
            while True:
                wanted = flow.send(answered)
                answered = None
                if isinstance(wanted, _Wait):
                    await asyncio.sleep(wanted.seconds)
                    continue
                try:
                    answered = await self._http.send(wanted)
                except httpx.TransportError as error:
                    answered = error
        except StopIteration as ended:
            return ended.value
